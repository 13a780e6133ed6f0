"""The steps that ask: a question waits for its answer over as many messages and days as it takes.

Source: sdk.md, A bot (``ask``, ``ask_yes_no``, ``ask_choice``, ``collect``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar
from zlib import crc32

from pydantic import ValidationError

from handoff_sdk.core.dialogue import DialogueChanged
from handoff_sdk.core.forms import Collecting, HandoffForm
from handoff_sdk.core.questions import Asked, check_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff_sdk.bot.run import Run
    from handoff_sdk.core.dialogue import Place, Waiting
    from handoff_sdk.core.questions import Question, Text
    from handoff_sdk.models.noun import JsonObject

__all__ = ["answer_to", "collected", "key_of"]

F = TypeVar("F", bound=HandoffForm)

_LONGEST_KEY = 60


def key_of(text: Text, name: str | None) -> str:
    """What tells a question from others: the name its author gave it, else its words.

    Raises:
        TypeError: The question is no text.
        ValueError: It is a text in no language.
    """
    check_text(text)
    if name is not None:
        return name
    words = text if isinstance(text, str) else next(iter(text.values()))
    return words if len(words) <= _LONGEST_KEY else f"{words[:_LONGEST_KEY]}...{crc32(words.encode()):08x}"


async def answer_to(run: Run, kind: str, question: Question, key: str, language: str | None) -> Any:  # noqa: ANN401 - JSON
    """Ask, and wait until there is an answer."""

    async def act(place: Place) -> object:
        if place.waiting is None:
            await _put(run, place, question.asked(language))
        read = question.read(run.answer, language)
        if read is None:
            await _put_again(run, place, place.waiting, question.again(language), place.waiting.pending)
        return read.value

    return await run.step(kind, act, key)


async def collected(run: Run, form: type[F], known: Mapping[str, object], language: str | None) -> F:
    """Ask for all of a form that is not known, and wait until it is filled in.

    Raises:
        DialogueChanged: What was collected does not fit the form's class any more.
    """

    async def act(place: Place) -> JsonObject:
        waiting = place.waiting
        before = Collecting.knowing(form, known) if waiting is None else Collecting.resumed(form, waiting.pending)
        if before.done:
            return before.kept
        if waiting is None or waiting.pending.get("asked") != before.next:
            await _put(run, place, before.ask(language), _pending(before))
        after = before.check(run.answer, language)
        if isinstance(after, Asked):
            await _put_again(run, place, waiting, after, _pending(before))
        if not after.done:
            await _put(run, place, after.ask(language), _pending(after))
        return after.kept

    kept = await run.step("collect", act, form.__name__)
    try:
        return Collecting.resumed(form, kept).result()
    except ValidationError as error:
        raise DialogueChanged(f"What was collected does not fit {form.__name__} any more: {error}") from None


def _pending(collecting: Collecting[F]) -> JsonObject:
    return collecting.kept | {"asked": collecting.next}


async def _put(run: Run, place: Place, asked: Asked, pending: JsonObject | None = None) -> NoReturn:
    """Post a question and end the run."""
    run.check_may_wait()
    message = await run.post(place, asked.content)
    run.wait("answer", pending={**(pending or {}), "seq": message.seq if message is not None else 0})


async def _put_again(run: Run, place: Place, waiting: Waiting, asked: Asked, pending: JsonObject) -> NoReturn:
    """Ask again, unless the customer wrote this before they could have read the question."""
    seq = waiting.pending.get("seq", 0)
    if run.turn.message is not None and run.turn.message.seq < seq:
        run.wait("answer", pending={**pending, "seq": seq})
    await _put(run, place, asked, pending)
