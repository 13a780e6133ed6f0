"""What a decision knows beside its conversation: facts that belong to the channel, the queue, or the customer.

Source: lifecycle.md, 2.1 (whose a conversation is), 3 (``reopen_elsewhere``), 6.15 (place and wait), 7 (``pace``,
breaker, ``max_per_day``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff_sdk.core.pace import Pacer
    from handoff_sdk.models.followup import Breaker
    from handoff_sdk.models.ticket import Ticket
    from handoff_sdk.models.wait import Place

__all__ = ["ALONE", "NEW", "Arrival", "Circumstances"]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is known beside a conversation.

    ``pacer`` gives held follow-ups their second; without one they all leave at once. ``breaker`` is the fuse of the
    conversation's channel; ``sent_today`` how many follow-ups the customer got on this calendar day of theirs, over all
    conversations. ``assignee_status`` is the status of the agent who has the live ticket, and ``place_of`` tells which
    place a ticket has in its queue, or would have.
    """

    pacer: Pacer | None = None
    breaker: Breaker | None = None
    sent_today: int = 0
    assignee_status: str | None = None
    place_of: Callable[[Ticket], Place] | None = None


ALONE = Circumstances()
"""Nothing is known beside the conversation."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known of a customer whose conversation starts.

    ``registered`` is the bot that registered for the brand first; it counts where the configuration names none.
    ``connected`` says whether a stream of the customer is open, ``previous`` how many conversations they had before.
    """

    registered: str | None = None
    connected: bool = False
    previous: int = 0


NEW = Arrival()
"""A customer who comes for the first time, and of whom no stream is open."""
