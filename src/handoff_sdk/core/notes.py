"""A bot's dialogues in one conversation, as they are kept in its ``state``, and which of them a turn belongs to.

There may be several: those that sleep, one that waits for people, and those that asked something (the latest question
gets the answer). They are written twice:

- ``_dialogue`` together with the acknowledgement of a turn, which the engine refuses to whoever does not hold the turn;
- ``_ahead.<n>`` in the middle of a turn: before a step after which the turn is void (a hand-off), and after one that
  must not run twice. Nothing fences that write, so each has a number of its own and counts only while no higher one is
  there: a process that lost its turn and wakes up late overwrites nothing that counts.

Source: sdk.md, A bot; lifecycle.md, 2.2 and 2.3 (what voids a turn).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from pydantic import ValidationError

from handoff_sdk.core.dialogue import LARGEST, Dialogue, DialogueTooLong
from handoff_sdk.models.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from handoff_sdk.core.dialogue import Waiting
    from handoff_sdk.models.noun import JsonObject

__all__ = [
    "Notes",
    "Picked",
    "ahead",
    "for_message",
    "for_return",
    "for_timer",
    "interrupted",
    "is_private",
    "notes_of",
    "timers_of",
    "written",
]

_KEPT: Final = "_dialogue"
_AHEAD: Final = "_ahead."
_MOST_OPEN: Final = 20
_LARGEST_TOGETHER: Final = 2 * LARGEST


class Notes(Noun):
    """The dialogues that are open, the one that went on last at the end.

    ``n`` counts the turns in which they were written. The others are only set where they were written in the middle of
    a turn: ``turn`` says which one, ``current`` which dialogue it was about, ``failed`` why people were to get it.
    """

    bot: str
    n: int = 0
    turn: str = ""
    current: str = ""
    failed: str = ""
    open: tuple[Dialogue, ...] = ()

    def to(self, turn_id: str) -> Notes:
        """These notes, as they are written in a turn: under the next number, or still the same one."""
        if self.turn == turn_id:
            return self
        return self.model_copy(update={"n": self.n + 1, "turn": turn_id, "current": "", "failed": ""})

    def having(self, dialogue: Dialogue | None, *, current: bool = False) -> Notes:
        """These notes with one more dialogue, the latest.

        Raises:
            DialogueTooLong: They are more than a conversation may hold.
        """
        dialogues = self.open if dialogue is None else (*self.open, dialogue)
        notes = self.model_copy(
            update={"open": dialogues, "current": dialogue.id if dialogue is not None and current else ""}
        )
        if len(dialogues) > _MOST_OPEN:
            raise DialogueTooLong(f"{len(dialogues)} dialogues of {self.bot} are open in one conversation: too many.")
        if len(notes.model_dump_json(exclude_defaults=True)) > _LARGEST_TOGETHER:
            raise DialogueTooLong(
                f"What {self.bot} would keep of its dialogues in one conversation is larger than {_LARGEST_TOGETHER} "
                f"bytes: keep large things elsewhere and let chat.once(...) answer only their ids."
            )
        return notes


class Picked(NamedTuple):
    """The dialogue that a turn belongs to, and the notes without it and without those that are over."""

    dialogue: Dialogue | None
    notes: Notes


def is_private(name: str) -> bool:
    """Whether a key of a conversation's state is not the bot author's but ours."""
    return name == _KEPT or name.startswith(_AHEAD)


def notes_of(state: Mapping[str, object], bot: str) -> Notes:
    """The notes that count: those of the highest number. Another bot's are empty, but their number goes on."""
    found = [_read(value, bot) for name, value in state.items() if is_private(name)]
    # Where both have a number, the acknowledged ones came later: they name no turn.
    latest = max(found, key=lambda notes: (notes.n, not notes.turn), default=Notes(bot=bot))
    return latest if latest.bot == bot else Notes(bot=bot, n=latest.n)


def written(notes: Notes, state: Mapping[str, object], *, always: bool = False) -> JsonObject:
    """The change of ``state`` that goes along with an acknowledgement: the notes, and nothing written ahead any more.

    Args:
        notes: What is open after the turn.
        state: The state as it is.
        always: Whether even notes of nothing are written, so that later turns see that there was one.
    """
    if not notes.open and not always and not any(is_private(name) for name in state):
        return {}
    kept = notes.model_copy(update={"turn": "", "current": "", "failed": ""})
    return {name: None for name in state if name.startswith(_AHEAD)} | {_KEPT: _json(kept)}


def ahead(notes: Notes) -> JsonObject:
    """The change of ``state`` in the middle of a turn."""
    return {f"{_AHEAD}{notes.n}": _json(notes)}


def for_message(notes: Notes, turn_id: str, epoch: int) -> Picked:
    """Whose answer a message is: that of the dialogue which asked last, if that was in this epoch.

    Nobody waits for people any more: a bot gets messages only while it owns the conversation.
    """
    if notes.turn == turn_id:
        return _current(notes)
    asking = [one for one, waiting in _waiting(notes, "answer") if waiting.epoch == epoch]
    sleeping = [one for one, _ in _waiting(notes, "sleep")]
    return _picked(notes, asking[-1] if asking else None, [*sleeping, *asking])


def for_return(notes: Notes, turn_id: str, epoch: int, handoff_key: str | None) -> Picked:
    """Which dialogue waited for control to come back: the one that handed off, also where people took over since."""
    if notes.turn == turn_id:
        return _current(notes)
    parted = [(one, waiting.name) for one, waiting in _waiting(notes, "handoff") if waiting.epoch < epoch]
    named = [(one, name) for one, name in parted if name == handoff_key] or parted
    sleeping = [one for one, _ in _waiting(notes, "sleep")]
    return _picked(notes, named[-1][0] if named else None, sleeping)


def for_timer(notes: Notes, turn_id: str, name: str, at: datetime) -> Picked:
    """Which dialogue sleeps until this timer. One that rang before its time was set for an earlier sleep."""
    if notes.turn == turn_id:
        return _current(notes)
    due = [one for one, sleep in _waiting(notes, "sleep") if sleep.name == name and sleep.until and sleep.until <= at]
    return _picked(notes, due[0] if due else None, [one for one in notes.open if one.waiting is not None])


def timers_of(notes: Notes) -> dict[str, datetime]:
    """When the sleeping dialogues wake, by the names of their timers."""
    return {sleep.name: sleep.until for _, sleep in _waiting(notes, "sleep") if sleep.until is not None}


def interrupted(notes: Notes) -> Notes:
    """The notes when the customer wants something else: what was asked is not asked any more."""
    asking = [one for one, _ in _waiting(notes, "answer")]
    return notes.model_copy(update={"open": tuple(one for one in notes.open if one not in asking)})


def _current(notes: Notes) -> Picked:
    """The turn is delivered again: go on with the dialogue that it was about."""
    chosen = next((one for one in notes.open if one.id == notes.current), None)
    return _picked(notes, chosen, list(notes.open))


def _picked(notes: Notes, chosen: Dialogue | None, stay: list[Dialogue]) -> Picked:
    rest = tuple(one for one in notes.open if one in stay and one is not chosen)
    return Picked(chosen, notes.model_copy(update={"open": rest}))


def _waiting(notes: Notes, on: str) -> list[tuple[Dialogue, Waiting]]:
    return [(one, one.waiting) for one in notes.open if one.waiting is not None and one.waiting.on == on]


def _read(value: object, bot: str) -> Notes:
    try:
        return Notes.model_validate(value)
    except ValidationError:
        # Not ours, or of a version to come: begin anew rather than fail at every message.
        return Notes(bot=bot)


def _json(notes: Notes) -> JsonObject:
    return notes.model_dump(mode="json", exclude_defaults=True) | {"bot": notes.bot, "n": notes.n}
