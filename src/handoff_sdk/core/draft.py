"""The working copy of one decision: what has changed so far, and what happened, in the order the law gives.

A step of the rules changes the draft and says what happened; ``finished`` numbers the events and sums up.

Source: lifecycle.md, 10 (order of one transaction's events) and 3 (``ticket.updated`` last, once, with all changes).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from handoff_sdk.core.circumstances import ALONE, Circumstances
from handoff_sdk.core.views import is_public
from handoff_sdk.models.event import Actor, Event
from handoff_sdk.models.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from handoff_sdk.core.pace import Slot
    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.followup import Followup
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.models.ticket import Ticket

__all__ = ["SYSTEM", "AgentFact", "Decision", "Draft"]

SYSTEM = Actor(type="system")

_ORDER = (
    ("conversation.created",),
    ("session.started", "session.active", "session.inactive"),
    ("followup.scheduled",),
    ("message.created",),
    ("message.delivered", "message.failed", "message.read", "message.redacted"),
    ("followup.sent", "followup.skipped"),
    ("followup.stopped",),
    ("ticket.created",),
    ("control.passed", "control.taken_over"),
    ("rule.fired", "rule.stopped"),
    ("ticket.transferred",),
    ("ticket.reopened",),
    ("ticket.unassigned",),
    ("ticket.offer_declined", "ticket.offer_lapsed", "ticket.offer_withdrawn"),
    ("ticket.queued",),
    ("ticket.offered", "ticket.assigned"),
    ("ticket.opened", "ticket.pending", "ticket.on_hold"),
    ("ticket.solved",),
    ("survey.asked", "survey.answered"),
    ("ticket.closed",),
    ("session.ended",),
    ("control.returned",),
    ("sla.started", "sla.warning", "sla.breached", "sla.fulfilled"),
    ("ticket.updated",),
)
_RANK = {event_type: rank for rank, types in enumerate(_ORDER) for event_type in types}

_TOLD = (
    "status", "custom_status", "priority", "group", "queue", "assignee", "style", "close_after", "subject", "summary",
    "tags", "fields", "skills", "prefer_skills", "live", "abandoned", "reopens",
    "routing_channel",
)  # fmt: skip
"""The fields whose changes ``ticket.updated`` tells, in this order."""


@dataclass(frozen=True, slots=True)
class AgentFact:
    """Something that a decision about a conversation means for an agent."""

    agent_id: str
    what: Literal["given", "accepted", "declined", "lapsed"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided: the thread as it is afterwards and what happened, in order.

    ``ticket_id`` names the ticket the command was about or made. ``message`` is the message that was posted,
    ``followup`` the follow-up that was asked for, as it stands. ``slot`` went to a held message, and in ``left`` one
    left; the pacer must know. ``stretch`` stands with a ``control.returned``: the human stretch is what was said after
    this ``seq`` in this epoch; who commits the decision puts its messages into the record. ``redacted`` is the id of
    the message whose content goes wherever it is kept.
    """

    thread: Thread
    events: tuple[Event, ...] = ()
    agents: tuple[AgentFact, ...] = ()
    ticket_id: str | None = None
    turn_id: str | None = None
    message: Message | None = None
    followup: Followup | None = None
    slot: Slot | None = None
    left: Slot | None = None
    stretch: tuple[int, int] | None = None
    redacted: str | None = None


class Draft:
    """A thread being changed by one command, and what the decision knows beside it."""

    def __init__(
        self,
        thread: Thread,
        *,
        actor: Actor,
        now: datetime,
        config: DeskConfig,
        new_id: Callable[[str], str],
        beside: Circumstances = ALONE,
    ) -> None:
        self.before = thread
        self.conversation = thread.conversation
        self.clocks = thread.clocks
        self.tickets = {ticket.id: ticket for ticket in thread.tickets}
        self._told = dict(self.tickets)
        self.handoff_keys = thread.handoff_keys
        self.turns = thread.turns
        self.turn_count = thread.turn_count
        self.timers = thread.timers
        self.followups = thread.followups
        self.rules = thread.rules
        self.stretch_from = thread.stretch_from
        self.config_version = thread.config_version
        self.counts_inactive = thread.counts_inactive
        self.stretch: tuple[int, int] | None = None
        self.actor = actor
        self.now = now
        self.at = now.isoformat().replace("+00:00", "Z")
        self.config = config
        self.new_id = new_id
        self.beside = beside
        self.followup: Followup | None = None
        self.slot: Slot | None = None
        self.left: Slot | None = None
        self.ticket_id: str | None = None
        self.turn_id: str | None = None
        self.message: JsonObject | None = None
        self.redacted: str | None = None
        self._events: list[tuple[int, str, str | None, Actor, JsonObject]] = []
        self._agents: list[AgentFact] = []
        self._by_rule = False

    @property
    def live(self) -> Ticket | None:
        """The live ticket as it is in the draft."""
        for ticket in self.tickets.values():
            if ticket.live:
                return ticket
        return None

    @property
    def told(self) -> Iterator[tuple[str, str | None, JsonObject]]:
        """What happened so far, in the order of the calls: type, ticket's id and data."""
        return ((event_type, ticket_id, data) for _, event_type, ticket_id, _, data in self._events)

    def tell(
        self, event_type: str, data: JsonObject, ticket: Ticket | None = None, *, actor: Actor | None = None
    ) -> None:
        """Say that something happened. The law's order is kept whatever the order of the calls."""
        rank = _RANK["rule.fired" if self._by_rule else event_type]
        self._events.append((rank, event_type, ticket.id if ticket else None, actor or self.actor, data))

    @contextmanager
    def as_rule(self, actor: Actor) -> Iterator[None]:
        """Let a rule act: what happens stands together with its firing, and is not what the command posted."""
        before, self.actor, self._by_rule, message = self.actor, actor, True, self.message
        yield
        self.actor, self._by_rule, self.message = before, False, message

    @property
    def changed(self) -> Iterator[str]:
        """The tickets of which something changed that ``ticket.updated`` tells."""
        return (old.id for old in self._told.values() if _changes(old, self.tickets[old.id]))

    def fact(self, agent_id: str, what: Literal["given", "accepted", "declined", "lapsed"]) -> None:
        """Say what this means for an agent."""
        self._agents.append(AgentFact(agent_id, what))

    def set_conversation(self, **changes: Any) -> None:
        """Change fields of the conversation."""
        self.conversation = self.conversation.model_copy(update=changes)

    def set_clocks(self, **changes: Any) -> None:
        """Change clocks."""
        self.clocks = self.clocks.model_copy(update=changes)

    def add_ticket(self, ticket: Ticket) -> None:
        """Add a new ticket, and tell of it as it is now."""
        self.tickets[ticket.id] = self._told[ticket.id] = ticket
        self.tell("ticket.created", {"ticket": ticket.model_dump(mode="json")}, ticket)

    def set_followups(self, **changes: Any) -> None:
        """Change what is kept of follow-ups."""
        self.followups = self.followups.model_copy(update=changes)

    def set_ticket(self, ticket: Ticket, **changes: Any) -> Ticket:
        """Change fields of a ticket; answers the ticket as it is then."""
        ticket = self.tickets[ticket.id]
        changed = {field: value for field, value in changes.items() if getattr(ticket, field) != value}
        if changed:
            ticket = self.tickets[ticket.id] = ticket.model_copy(update=changed)
        return ticket

    def finished(self) -> Decision:
        """The decision: events in the order of the law with their numbers, tickets with their versions."""
        thread = self.before
        if not self._changed():
            return Decision(thread, ticket_id=self.ticket_id, message=self._said(), followup=self.followup)
        self._tell_updates()
        seq, public_seq = thread.seq, thread.public_seq
        events: list[Event] = []
        for _, event_type, ticket_id, actor, data in sorted(self._events, key=_rank):
            seq += 1
            public = is_public(event_type, data)
            public_seq += public
            if event_type == "message.created":
                data["message"]["seq"] = seq
                data["message"]["public_seq"] = public_seq if public else None
            events.append(
                Event(
                    id=self.new_id("evt"),
                    seq=seq,
                    public_seq=public_seq if public else None,
                    cursor=0,
                    type=event_type,
                    at=self.now,
                    conversation_id=self.conversation.id,
                    ticket_id=ticket_id,
                    actor=actor,
                    standby=self.conversation.owner != "bot",
                    data=data,
                )
            )
        return Decision(
            thread=thread.model_copy(
                update={
                    "conversation": self.conversation,
                    "tickets": self._kept_tickets(),
                    "clocks": self.clocks,
                    "handoff_keys": self.handoff_keys,
                    "turns": self.turns,
                    "turn_count": self.turn_count,
                    "timers": self.timers,
                    "followups": self.followups,
                    "rules": self.rules,
                    "stretch_from": self.stretch_from,
                    "config_version": self.config_version,
                    "counts_inactive": self.counts_inactive,
                    "decided_at": self.now,
                    "version": thread.version + 1,
                    "seq": seq,
                    "public_seq": public_seq,
                }
            ),
            events=tuple(events),
            agents=tuple(self._agents),
            ticket_id=self.ticket_id,
            turn_id=self.turn_id,
            message=self._said(),
            followup=self.followup,
            slot=self.slot,
            left=self.left,
            stretch=self.stretch,
            redacted=self.redacted,
        )

    def _said(self) -> Message | None:
        return Message.model_validate(self.message) if self.message else None

    def _changed(self) -> bool:
        before = self.before
        return bool(
            self._events
            or self.conversation is not before.conversation
            or self.clocks is not before.clocks
            or self.turns is not before.turns
            or self.timers is not before.timers
            or self.followups is not before.followups
            or self.rules is not before.rules
            or self.config_version != before.config_version
            or self._tickets_changed()
        )

    def _tickets_changed(self) -> bool:
        tickets = self.before.tickets
        return len(tickets) != len(self.tickets) or any(self.tickets[ticket.id] is not ticket for ticket in tickets)

    def _tell_updates(self) -> None:
        for old in self._told.values():
            new = self.tickets[old.id]
            changes = _changes(old, new)
            if changes:
                version = old.version + 1
                versions = old.field_versions | dict.fromkeys(changes, version)
                new = self.set_ticket(new, version=version, field_versions=versions, updated_at=self.now)
                self.tell("ticket.updated", {"changes": changes, "version": version}, new)

    def _kept_tickets(self) -> tuple[Ticket, ...]:
        """The tickets of the thread afterwards; one that this decision closed stays until the next."""
        if not self._tickets_changed():
            return self.before.tickets
        before = {ticket.id: ticket for ticket in self.before.tickets}
        latest = next(reversed(self.tickets), None)
        return tuple(
            ticket
            for ticket in self.tickets.values()
            if ticket.status != "closed" or ticket.id == latest or ticket is not before.get(ticket.id)
        )


_TOLD_SET = set(_TOLD)


def _changes(old: Ticket, new: Ticket) -> dict[str, list[object]]:
    """What ``ticket.updated`` tells: each field that changed, from what and to what."""
    if new is old:
        return {}
    before, after = old.model_dump(mode="json", include=_TOLD_SET), new.model_dump(mode="json", include=_TOLD_SET)
    return {field: [before[field], after[field]] for field in _TOLD if before[field] != after[field]}


def _rank(entry: tuple[int, str, str | None, Actor, JsonObject]) -> int:
    return entry[0]
