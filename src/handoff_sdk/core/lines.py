"""The engine's lines: what customers are told of what became of their conversation, where nobody else says it.

A transaction says at most one line: the first of the table that fits is the most telling one. It is said when all else
is settled, so what rules did counts, and a line never makes a rule fire. Lines are nobody's words: they arm and stop
nothing, and count as no message of an owner. Where a channel's window is closed none is said, and none by email.

Source: docs/lines.md; lifecycle.md, 2.6 (why control returns), 5 (the end of a session), 6.15.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.hours import is_open, schedule_of
from handoff_sdk.core.persona import tell
from handoff_sdk.core.status import eligible
from handoff_sdk.core.texts import LINES
from handoff_sdk.core.window import window_open

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.conversation import ReturnReason
    from handoff_sdk.models.lines import LineName
    from handoff_sdk.models.ticket import Ticket

__all__ = ["settle"]


_TAKEN: Final = frozenset({"offer", "hand", "transfer"})
"""How a person takes a ticket. Whom the engine or a rule has chosen alone is heard of when they write."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """What a transaction did, as far as lines are about it.

    ``returned`` is why control came back, ``ticket`` the live one, and ``before`` how it was before; ``assigned`` is
    how somebody got it. ``bot``: there is one to come back to; ``closed``: people are asked for outside of the brand's
    hours; ``agent_wrote``: an agent said something to the customer.
    """

    returned: ReturnReason | None
    ended: bool
    bot: bool
    closed: bool
    ticket: Ticket | None
    before: Ticket | None
    assigned: str | None
    agent_wrote: bool

    @property
    def queued(self) -> bool:
        """Whether people were asked for and the customer now waits for them; not whether they wait again."""
        return self.ticket is not None and self.before is None and eligible(self.ticket)

    @property
    def accepted(self) -> bool:
        """Whether a person whom the customer does not know to be there took the ticket, and has not said so."""
        ticket = self.ticket
        if ticket is None or self.assigned not in _TAKEN or ticket.accepted_at is None or self.agent_wrote:
            return False
        return ticket.introduced != ticket.assignee

    @property
    def introduced(self) -> bool:
        """Whether the customer knows from now on who has the ticket, or will hear it from them."""
        return self.accepted or self.agent_wrote or self.assigned == "auto"

    @property
    def slipped(self) -> bool:
        """Whether what was promised has slipped just now."""
        return _has_slipped(self.ticket) and not _has_slipped(self.before)


def settle(draft: Draft) -> None:
    """Say the line that the transaction gives reason for, if there is one and the brand has not muted it."""
    moment = _moment(draft)
    line = next((name for name, fits in _LINES.items() if fits(moment)), None)
    if moment.introduced and moment.ticket is not None:
        draft.set_ticket(moment.ticket, introduced=moment.ticket.assignee)
    if line is not None and draft.conversation.channel != "email" and window_open(draft):
        words = _words(draft, line)
        if words:
            tell(draft, line, words)


def _moment(draft: Draft) -> _Moment:
    returned, ended, assigned, agent_wrote = None, False, None, False
    for event_type, _, data in draft.told:
        if event_type == "control.returned":
            returned = data["returned"]["reason"]
        elif event_type == "session.ended":
            ended = True
        elif event_type == "ticket.assigned":
            assigned = data["by"]
        elif event_type == "message.created":
            message = data["message"]
            agent_wrote |= message["author"]["type"] == "agent" and message["visibility"] == "public"
    ticket = draft.live
    before = draft.before.ticket(ticket.id) if ticket else None
    asked_for = ticket is not None and before is None  # only then the hours matter
    return _Moment(
        returned=returned,
        ended=ended,
        bot=draft.conversation.bot is not None,
        closed=asked_for and not is_open(schedule_of(draft.conversation.brand, draft.config), draft.now),
        ticket=ticket,
        before=before,
        assigned=assigned,
        agent_wrote=agent_wrote,
    )


def _words(draft: Draft, line: LineName) -> Mapping[str, str]:
    brand = draft.config.brand(draft.conversation.brand)
    own = brand.lines.words(line)
    if own is None and line == "closed":
        own = brand.closed_text
    return LINES[line] if own is None else own


def _has_slipped(ticket: Ticket | None) -> bool:
    return ticket is not None and ticket.promised_wait is not None and ticket.promised_wait.slipped


_LINES: Final[Mapping[LineName, Callable[[_Moment], bool]]] = {
    "back": lambda moment: moment.returned == "handed_back" and moment.bot,
    "session_ended": lambda moment: moment.ended,
    "nobody_available": lambda moment: moment.returned == "nobody_available",
    "left": lambda moment: moment.returned in {"customer_left", "cancelled"},
    "accepted": lambda moment: moment.accepted,
    "closed": lambda moment: moment.queued and moment.closed,
    "queued": lambda moment: moment.queued,
    "slipped": lambda moment: moment.slipped,
}
"""For each line when it is said, the most telling first."""
