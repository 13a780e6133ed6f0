"""One question: how it is asked, and how what comes back is read.

A question knows its kind (text, number, yes or no, choice, date, several of them, or whatever pydantic reads), offers
quick replies where there is something to choose, and answers in JSON, so that what was said can be kept in a journal.
Whether a value is good beyond its kind (``ge=1``, a validator) is the form's to say.

Source: sdk.md, A bot (forms).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from handoff_sdk.core.answers import Answer, calendar_date, number, plain, skips, yes_no
from handoff_sdk.core.texts import in_language
from handoff_sdk.models.message import Reply

if TYPE_CHECKING:
    from handoff_sdk.models.noun import JsonObject

__all__ = ["Asked", "Choice", "Kind", "Question", "Read", "Text", "check_text", "choices_of"]

Text: TypeAlias = str | Mapping[str, str]
"""What is said: in one language, or by language."""

Kind = Literal["text", "integer", "number", "yes_no", "choice", "date", "several", "other"]

_MOST_REPLIES: Final = 20
_LONGEST_LABEL: Final = 128
_SKIP: Final = "skip"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is posted: the words in the customer's language, and the quick replies below them."""

    text: str
    replies: tuple[Reply, ...] = ()

    @property
    def content(self) -> JsonObject:
        """The message's content."""
        replies = [reply.model_dump(exclude_none=True) for reply in self.replies]
        return {"type": "text", "text": self.text} | ({"replies": replies} if replies else {})


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose: its value (JSON) and what the customer sees."""

    value: str | int | float | bool | None
    label: Text

    @property
    def payload(self) -> str:
        """What a tapped reply sends back."""
        return _payload(self.value)


@dataclass(frozen=True, slots=True)
class Read:
    """An answer that was understood. ``skipped`` where the customer left the question out."""

    value: object = None
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question.

    Args:
        text: The words.
        kind: What kind of answer it takes; of a ``several``, what each one is, is ``item``.
        pattern: A regular expression that the whole of a text answer must match.
        retry: What is said instead of the question when the answer is none; by default a line for the kind.
        choices: What there is to choose.
        optional: Whether it may be left out.
        item: What each answer of a ``several`` is.
    """

    text: Text
    kind: Kind = "text"
    pattern: str | None = None
    retry: Text | None = None
    choices: tuple[Choice, ...] = ()
    optional: bool = False
    item: Question | None = None

    def asked(self, language: str | None = None) -> Asked:
        """How the question is put to a customer of a language."""
        return Asked(in_language(_by_language(self.text), language), self._replies(language))

    def again(self, language: str | None = None) -> Asked:
        """How it is put again after an answer that was none."""
        retry = _RETRY[self.item.kind if self.item else self.kind] if self.retry is None else self.retry
        return Asked(in_language(_by_language(retry), language), self._replies(language))

    def read(self, answer: Answer, language: str | None = None) -> Read | None:
        """What an answer says, as JSON; ``None`` where it does not answer the question."""
        if self.kind == "choice" and (chosen := self._chosen(answer)) is not None:
            return Read(chosen.value)
        if self.kind == "yes_no" and answer.payload in {"yes", "no"}:
            return Read(answer.payload == "yes")
        if self.optional and (answer.payload == _SKIP or skips(answer.text)):
            return Read(skipped=True)
        return self._said(answer.text, language) if answer.text else None

    def _said(self, text: str, language: str | None) -> Read | None:
        if self.kind == "several":
            return self._several(text, language)
        if self.kind == "text" and self.pattern is not None and re.fullmatch(self.pattern, text) is None:
            return None
        value = _READERS[self.kind](text, language)
        return None if value is None else Read(value)

    def _several(self, text: str, language: str | None) -> Read | None:
        item = self.item or Question("")
        parts = re.split(r"[;\n]" if re.search(r"[;\n]", text) else r"[,;\n]", text)
        read = [item.read(Answer(part.strip()), language) for part in parts if part.strip()]
        values = [one.value for one in read if one is not None]
        return Read(values) if values and len(values) == len(read) else None

    def _chosen(self, answer: Answer) -> Choice | None:
        """The choice with this payload, value, label or number in the list; ``None`` where none or several have it."""
        for choice in self.choices:
            if choice.payload == answer.payload:
                return choice
        said = plain(answer.text)
        exact = [choice for choice in self.choices if answer.text in _names(choice)]
        alike = exact or [choice for choice in self.choices if said and said in map(plain, _names(choice))]
        if len(alike) == 1:
            return alike[0]
        place = int(said) if said.isascii() and said.isdigit() and len(said) <= len(str(len(self.choices))) else 0
        return self.choices[place - 1] if not alike and 0 < place <= len(self.choices) else None

    def _replies(self, language: str | None) -> tuple[Reply, ...]:
        choices = (Choice("yes", _YES), Choice("no", _NO)) if self.kind == "yes_no" else self.choices
        if self.optional:
            choices = (*choices, Choice(_SKIP, _LEAVE_OUT))
        if len(choices) > _MOST_REPLIES:
            return ()
        labels = [in_language(_by_language(choice.label), language)[:_LONGEST_LABEL] for choice in choices]
        return tuple(Reply(text=label, payload=choice.payload) for label, choice in zip(labels, choices, strict=True))

    def maybe(self) -> Question:
        """The same question, which may be left out."""
        return replace(self, optional=True)


def check_text(text: object) -> None:
    """Let only texts through.

    Raises:
        TypeError: It is neither a text, nor texts by language.
        ValueError: It is a text in no language.
    """
    words = list(text.values()) if isinstance(text, Mapping) else [text]
    if not words:
        message = "There is no text, in no language."
        raise ValueError(message)
    if not all(isinstance(word, str) for word in words):
        raise TypeError(f"What is said is a text, or texts by language ({{'en': ..., 'de': ...}}), not {text!r}.")


def choices_of(given: Sequence[str] | Mapping[str, Text]) -> tuple[Choice, ...]:
    """The choices that values, or values with what the customer sees, mean.

    Raises:
        ValueError: There are none, or one is empty.
    """
    pairs = given.items() if isinstance(given, Mapping) else [(value, value) for value in given]
    choices = tuple(Choice(value, label) for value, label in pairs)
    if not choices or not all(choice.label for choice in choices):
        raise ValueError("choices: give at least one, and none that is empty.")
    return choices


def _whole(text: str, language: str | None) -> int | None:
    amount = number(text, language)
    return int(amount) if amount is not None and amount == amount.to_integral_value() else None


def _amount(text: str, language: str | None) -> str | None:
    amount = number(text, language)
    return None if amount is None else str(amount)


def _day(text: str, language: str | None) -> str | None:
    day = calendar_date(text, language)
    return None if day is None else day.isoformat()


_READERS: Final[dict[Kind, Callable[[str, str | None], object]]] = {
    "text": lambda text, _: text,
    "other": lambda text, _: text,
    "yes_no": lambda text, _: yes_no(text),
    "integer": _whole,
    "number": _amount,
    "date": _day,
    "choice": lambda _, __: None,
}
"""What a text says to a question of a kind, as JSON; ``None`` where it says nothing to it."""


def _payload(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def _names(choice: Choice) -> list[str]:
    return [choice.payload, *_by_language(choice.label).values()]


def _by_language(text: Text) -> Mapping[str, str]:
    return {"": text} if isinstance(text, str) else text


_YES: Final = {"en": "Yes", "de": "Ja", "fr": "Oui", "es": "Sí", "pt": "Sim"}
_NO: Final = {"en": "No", "de": "Nein", "fr": "Non", "es": "No", "pt": "Não"}
_LEAVE_OUT: Final = {"en": "Skip", "de": "Überspringen", "fr": "Passer", "es": "Omitir", "pt": "Pular"}

_UNREADABLE: Final = {
    "en": "Sorry, I did not understand that. Please try again.",
    "de": "Das habe ich leider nicht verstanden. Bitte versuchen Sie es noch einmal.",
    "fr": "Je n'ai pas compris. Veuillez réessayer.",
    "es": "No lo he entendido. Inténtelo de nuevo, por favor.",
    "pt": "Não entendi. Tente de novo, por favor.",
}
_NUMBER: Final = {
    "en": "Please answer with a number.",
    "de": "Bitte antworten Sie mit einer Zahl.",
    "fr": "Veuillez répondre par un nombre.",
    "es": "Responda con un número, por favor.",
    "pt": "Responda com um número, por favor.",
}
_RETRY: Final[dict[Kind, Mapping[str, str]]] = {
    "text": _UNREADABLE,
    "several": _UNREADABLE,
    "other": _UNREADABLE,
    "integer": _NUMBER,
    "number": _NUMBER,
    "yes_no": {
        "en": "Please answer with yes or no.",
        "de": "Bitte antworten Sie mit Ja oder Nein.",
        "fr": "Veuillez répondre par oui ou par non.",
        "es": "Responda con sí o no, por favor.",
        "pt": "Responda com sim ou não, por favor.",
    },
    "choice": {
        "en": "Please choose one of these.",
        "de": "Bitte wählen Sie eine der Möglichkeiten.",
        "fr": "Veuillez choisir une des possibilités.",
        "es": "Elija una de las opciones, por favor.",
        "pt": "Escolha uma das opções, por favor.",
    },
    "date": {
        "en": "Please write the date like this: 2026-03-31.",
        "de": "Bitte schreiben Sie das Datum so: 31.03.2026.",
        "fr": "Veuillez écrire la date ainsi : 31/03/2026.",
        "es": "Escriba la fecha así, por favor: 31/03/2026.",
        "pt": "Escreva a data assim, por favor: 31/03/2026.",
    },
}
