"""Turns: what a bot has to do, leased to one process at a time, and what follows when no process does it.

A turn belongs to the bot that owns the conversation. Every change of owner and the end of the session void the open
ones; passing to another bot gives them to it.

Source: lifecycle.md, 2.3, 2.6; api.md, bots.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.fence import check_bot
from handoff_sdk.errors import ControlLost, InvalidRequest
from handoff_sdk.models.turn import OpenTurn, TurnKind

if TYPE_CHECKING:
    from handoff_sdk.core.draft import Draft
    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.command import CompleteTurn, ExtendTurn, ReleaseTurn
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.prompt import LeaseTurn, RenewTurns, StayWithTurn

__all__ = [
    "LEASE",
    "answer_due",
    "complete",
    "conversation_of",
    "extend",
    "hand_over_turns",
    "leasable",
    "lease",
    "open_turn",
    "release",
    "renew",
    "ring",
    "stay_with",
    "timer_due",
    "type_on",
    "void_turns",
]

LEASE: Final = timedelta(seconds=30)
"""How long a process has a turn before another one may get it; a post or typing of the bot extends it."""


def open_turn(draft: Draft, kind: TurnKind, about: str) -> None:
    """Give the bot that owns the conversation something to do; nothing where no bot owns it."""
    if draft.conversation.owner == "bot":
        draft.turn_count += 1
        turn_id = f"trn_{draft.conversation.id.partition('_')[2]}_{draft.turn_count}"
        draft.turns = (*draft.turns, OpenTurn(id=turn_id, kind=kind, about=about, at=draft.now))


def conversation_of(turn_id: str) -> str:
    """The id of the conversation that a turn belongs to: its own id says it.

    >>> conversation_of("trn_01a2_7")
    'cnv_01a2'
    """
    return f"cnv_{turn_id.removeprefix('trn_').rpartition('_')[0]}"


def void_turns(draft: Draft) -> None:
    """Take everything back that the bot had to do."""
    draft.turns = ()


def hand_over_turns(draft: Draft) -> None:
    """Let another bot's processes have the open turns."""
    draft.turns = tuple(turn.model_copy(update={"consumer": None, "leased_until": None}) for turn in draft.turns)


def leasable(thread: Thread) -> tuple[OpenTurn, datetime | None] | None:
    """The turn that a process may get next, and from when on; ``None`` for the instant means now.

    It is the oldest one, and it waits while another turn of the conversation is leased.
    """
    if thread.conversation.owner != "bot" or not thread.turns:
        return None
    leases = [turn.leased_until for turn in thread.turns if turn.leased_until is not None]
    return thread.turns[0], max(leases, default=None)


def answer_due(thread: Thread, config: DeskConfig) -> datetime | None:
    """When the engine hands off because the bot is silent; ``None`` while no customer waits for its answer.

    Counted from the customer's message, the bot's latest typing or its latest post.
    """
    within = config.brand(thread.conversation.brand).bot_answer_within
    waiting = [turn.at for turn in thread.turns if turn.kind == "message"]
    if within == "never" or not waiting or thread.conversation.owner != "bot":
        return None
    return max(min(waiting), thread.clocks.bot_at or min(waiting)) + within


def timer_due(thread: Thread) -> datetime | None:
    """When the bot's next timer rings; it waits while the bot does not own the conversation."""
    if thread.conversation.owner != "bot":
        return None
    return min(thread.timers.values(), default=None)


def ring(draft: Draft) -> None:
    """Make a turn of every timer of the bot that is due, in the order of their instants."""
    for name, at in sorted(draft.timers.items(), key=_instant):
        if at <= draft.now:
            draft.timers = {other: then for other, then in draft.timers.items() if other != name}
            open_turn(draft, "timer", name)


def lease(draft: Draft, command: LeaseTurn) -> None:
    """Lease the next turn to a process of the bot; nothing where there is none now."""
    found = leasable(draft.before)
    if found is None or draft.conversation.bot != command.bot or (found[1] is not None and found[1] > draft.now):
        return
    turn, _ = found
    _replace(draft, turn, attempt=turn.attempt + 1, consumer=command.consumer, leased_until=draft.now + LEASE)
    draft.turn_id = turn.id


def stay_with(draft: Draft) -> None:
    """Extend the running lease, because the bot posts or types."""
    for turn in draft.turns:
        if turn.leased_until is not None and turn.leased_until > draft.now:
            _replace(draft, turn, leased_until=draft.now + LEASE)


def extend(draft: Draft, command: ExtendTurn) -> None:
    """Extend the lease of a turn that takes longer.

    Raises:
        ControlLost: The turn is void, or another process has it.
    """
    turn = _held(draft, command.turn_id, command.consumer)
    _replace(draft, turn, leased_until=draft.now + LEASE)
    draft.turn_id = turn.id


def complete(draft: Draft, command: CompleteTurn) -> None:
    """Acknowledge a turn; keep the bot's notes and timers with it.

    Raises:
        ControlLost: The turn is void, or another process has it.
        InvalidRequest: The notes would grow beyond what is kept.
    """
    turn = _held(draft, command.turn_id, command.consumer)
    draft.turns = tuple(other for other in draft.turns if other.id != turn.id)
    if command.state:
        merged = draft.conversation.state | command.state
        draft.set_conversation(state={key: value for key, value in merged.items() if value is not None})
    if command.timers:
        timers = draft.timers | command.timers
        draft.timers = {name: at for name, at in timers.items() if at is not None}
        if len(draft.timers) > _MOST_TIMERS:
            raise InvalidRequest(f"A conversation has at most {_MOST_TIMERS} timers; these are {len(draft.timers)}.")


def release(draft: Draft, command: ReleaseTurn) -> None:
    """Acknowledge the turn a process has, or else the oldest one, without a word.

    Raises:
        ControlLost: The epoch is stale, or the conversation is not the bot's.
    """
    check_bot(draft, draft.actor.id if draft.actor.type == "bot" else None, command.epoch)
    leased = [turn for turn in draft.turns if turn.leased_until is not None and turn.leased_until > draft.now]
    done = next(iter(leased or draft.turns), None)
    draft.turns = tuple(turn for turn in draft.turns if turn is not done)


def type_on(draft: Draft, _command: StayWithTurn) -> None:
    """Let the time in which the bot must answer begin anew, because it types."""
    if draft.turns:
        draft.set_clocks(bot_at=draft.now)
        stay_with(draft)


def renew(draft: Draft, _command: RenewTurns) -> None:
    """Give open turns and leases their full time anew, as at a start of the engine."""
    draft.set_clocks(bot_at=draft.now)
    for turn in draft.turns:
        if turn.leased_until is not None:
            _replace(draft, turn, leased_until=draft.now + LEASE)


_MOST_TIMERS: Final = 50


def _held(draft: Draft, turn_id: str, consumer: str) -> OpenTurn:
    for turn in draft.turns:
        if turn.id == turn_id and turn.consumer == consumer:
            return turn
    raise ControlLost(
        f"The turn {turn_id} is not {consumer!r}'s any more: it was acknowledged, leased to another process, or "
        "voided by a change of owner; nothing was kept."
    )


def _replace(draft: Draft, turn: OpenTurn, **changes: object) -> None:
    changed = turn.model_copy(update=changes)
    draft.turns = tuple(changed if other.id == turn.id else other for other in draft.turns)


def _instant(timer: tuple[str, datetime]) -> tuple[datetime, str]:
    return (timer[1], timer[0])
