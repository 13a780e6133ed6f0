"""Forms: what a bot must know before it can go on, as a pydantic model, and the machine that collects it.

``ask`` says what is posted next, ``check`` what an answer changes, ``done`` whether all is known, ``result`` is the
filled form. The machine waits for nothing and keeps what it knows as JSON, so that it can go on in another process.

Source: sdk.md, A bot (forms); house page (``forms.py``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypedDict, TypeVar, cast, dataclass_transform

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import PydanticUndefined, to_jsonable_python

from handoff_sdk.core.answers import Answer
from handoff_sdk.core.asking import Wording, question_of
from handoff_sdk.core.questions import Asked, Question, Read, Text, choices_of
from handoff_sdk.core.refusals import refused
from handoff_sdk.errors import FieldError, InvalidRequest, MissingFields
from handoff_sdk.models.ticket import Form

if TYPE_CHECKING:
    from typing import Unpack

    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

    from handoff_sdk.models.noun import JsonObject

__all__ = ["Collecting", "HandoffForm", "fields_of", "form_of", "from_fields", "question", "questions_of"]


class Constraints(TypedDict, total=False):
    """What pydantic checks of a field's value."""

    ge: Any
    gt: Any
    le: Any
    lt: Any
    multiple_of: Any
    min_length: int
    max_length: int
    max_digits: int
    decimal_places: int


def question(
    text: Text,
    *,
    pattern: str | None = None,
    retry: Text | None = None,
    default: object = PydanticUndefined,
    choices: Sequence[str] | Mapping[str, Text] | None = None,
    title: str | None = None,
    **constraints: Unpack[Constraints],
) -> Any:  # noqa: ANN401 - it stands where the field's value will
    """A field of a ``HandoffForm`` that the customer is asked for.

    ::

        class Refund(HandoffForm):
            order: str = question("What is your order number?", pattern=r"[0-9]{4,}", retry="That is no order number.")
            urgent: bool = question({"en": "Is it urgent?", "de": "Ist es dringend?"})

    Args:
        text: What is asked, or what is asked by language. Whoever speaks none of these is asked the first.
        pattern: A regular expression that the whole answer must match.
        retry: What is said when the answer is none; by default a line of ours.
        default: The value where the customer leaves the question out. Without it only a field that may be ``None`` can
            be left out.
        choices: What there is to choose, or by value what the customer sees: ``{"s": "Small", "l": "Large"}``.
        title: What people see beside the value; by default the field's name.
        constraints: What else a value must be: ``ge``, ``max_length`` and the like, as in ``pydantic.Field``.

    Raises:
        ValueError: ``pattern`` is not a regular expression, or ``text`` or ``choices`` is empty.
    """
    wording = Wording(text, pattern, retry, None if choices is None else choices_of(choices))
    shown = text if isinstance(text, str) else next(iter(text.values()))
    examples = None if wording.choices is None else [choice.value for choice in wording.choices]
    made = Field(default, title=title, description=shown, examples=examples, **constraints)
    info = cast("FieldInfo", made)
    info.metadata.append(wording)
    return info


@dataclass_transform(kw_only_default=True, field_specifiers=(question, Field))
class HandoffForm(BaseModel):
    """What the people who take over need to know. Each field that a customer is asked for is a ``question``.

    The class's name, its JSON schema and the values travel with the hand-off, so that the console shows them.

    Raises:
        TypeError: At definition: a field cannot be asked for in one line, or has neither a question nor a default.
    """

    model_config = ConfigDict(populate_by_name=True)

    __questions__: ClassVar[Mapping[str, Question]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse what cannot be asked, where the class is written."""
        super().__pydantic_init_subclass__(**kwargs)
        if cls.__pydantic_complete__:
            questions_of(cls)


F = TypeVar("F", bound=HandoffForm)


def questions_of(form: type[HandoffForm]) -> Mapping[str, Question]:
    """The questions of a form by field name, in the order they are asked."""
    if "__questions__" not in vars(form):
        form.model_rebuild()
        found = {name: question_of(form.__name__, name, info) for name, info in form.model_fields.items()}
        form.__questions__ = {name: asked for name, asked in found.items() if asked is not None}
    return form.__questions__


@dataclass(frozen=True, slots=True)
class Collecting(Generic[F]):
    """The collecting of one form, as far as it is.

    Args:
        form: The form.
        values: What is known, as JSON by field name.
        skipped: The fields that the customer left out.

    >>> class Refund(HandoffForm):
    ...     order: str = question("Which order?", pattern=r"[0-9]{4,}")
    >>> start = Collecting(Refund)
    >>> start.ask().text
    'Which order?'
    >>> start.check(Answer("4711")).result()
    Refund(order='4711')
    """

    form: type[F]
    values: Mapping[str, object] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()

    @classmethod
    def knowing(cls, form: type[F], known: Mapping[str, object]) -> Collecting[F]:
        """A beginning that asks for nothing which is known already.

        Raises:
            ValueError: A name is not a field's, or its value is not valid.
        """
        begun = cls(form, {name: to_jsonable_python(value) for name, value in known.items() if value is not None})
        unknown = [name for name in known if name not in form.model_fields]
        wrong = [name for name in begun.values if name in form.model_fields and begun.faults(name)]
        if unknown or wrong:
            raise ValueError(f"{form.__name__}: not a field, or not a value of it: {', '.join([*unknown, *wrong])}.")
        return begun

    @classmethod
    def resumed(cls, form: type[F], kept: JsonObject) -> Collecting[F]:
        """The collecting that ``kept`` was; fields that the form does not have any more are forgotten."""
        values = {name: value for name, value in kept.get("values", {}).items() if name in form.model_fields}
        return cls(form, values, tuple(name for name in kept.get("skipped", ()) if name in form.model_fields))

    @property
    def kept(self) -> JsonObject:
        """All of it as JSON, but for the form's class."""
        return {"values": dict(self.values), "skipped": list(self.skipped)}

    @property
    def next(self) -> str | None:
        """The name of the field that is asked for next."""
        return next((name for name in questions_of(self.form) if name not in self._settled), None)

    @property
    def done(self) -> bool:
        """Whether nothing is left to ask."""
        return self.next is None

    def ask(self, language: str | None = None) -> Asked:
        """What is posted next.

        Raises:
            LookupError: Nothing is left to ask.
        """
        name = self.next
        if name is None:
            raise LookupError(f"{self.form.__name__} is filled in; nothing is left to ask.")
        return questions_of(self.form)[name].asked(language)

    def check(self, answer: Answer, language: str | None = None) -> Collecting[F] | Asked:
        """The collecting after an answer to what was asked, or how it is asked again."""
        if answer.fields:
            return self._check_fields(answer, language)
        name = self.next
        if name is None:
            return self
        asked = questions_of(self.form)[name]
        read = asked.read(answer, language)
        return asked.again(language) if read is None else self.answered(name, read, language)

    def result(self) -> F:
        """The filled form.

        Raises:
            ValidationError: pydantic's; only where ``done`` is not true.
        """
        return self.form.model_validate(self._given)

    @property
    def _settled(self) -> frozenset[str]:
        return frozenset((*self.values, *self.skipped))

    @property
    def _given(self) -> dict[str, object]:
        """What pydantic validates: left out where there is a default, ``None`` where there is not."""
        empty = {name: None for name in self.skipped if self.form.model_fields[name].is_required()}
        return {**self.values, **empty}

    def answered(self, name: str, read: Read, language: str | None = None) -> Collecting[F] | Asked:
        """The collecting with what was read for a field, or how it is asked again where the form refuses that."""
        asked = questions_of(self.form)[name]
        if read.skipped:
            after = replace(self, skipped=(*self.skipped, name))
        else:
            after = replace(self, values={**self.values, name: read.value})
        problem = after.problem_with(name)
        return after if problem is None else refused(asked, problem, language)

    def _check_fields(self, answer: Answer, language: str | None) -> Collecting[F] | Asked:
        """All the fields of a filled-in form that can be read; what is left is asked for one by one."""
        after, trouble = self, None
        for name, asked in questions_of(self.form).items():
            if name in after._settled or answer.fields.get(name) in (None, ""):
                continue
            given = answer.fields[name]
            read = asked.read(Answer(given), language) if isinstance(given, str) else Read(given)
            outcome = asked.again(language) if read is None else after.answered(name, read, language)
            after, trouble = (after, outcome) if isinstance(outcome, Asked) else (outcome, trouble)
        return trouble if trouble is not None and after == self else after

    def faults(self, name: str) -> bool:
        """Whether the form refuses the value of this field; others may be missing still."""
        return any(problem["loc"][:1] == (name,) for problem in self._problems())

    def problem_with(self, name: str) -> ErrorDetails | None:
        """What the form has against the value of this field; where nothing is left to ask, also against the whole."""
        found = self._problems()
        of_the_whole = [problem for problem in found if not problem["loc"]] if self.done else []
        of_the_field = [problem for problem in found if problem["loc"][:1] == (name,)]
        return next(iter([*of_the_whole, *of_the_field, *(found if self.done else [])]), None)

    def _problems(self) -> list[ErrorDetails]:
        try:
            self.result()
        except ValidationError as error:
            return error.errors()
        return []


def form_of(form: type[HandoffForm]) -> Form:
    """What a hand-off says of a form: its name and JSON schema."""
    schema = form.model_json_schema(mode="serialization")
    required = [name for name, asked in questions_of(form).items() if not asked.optional]
    return Form(name=form.__name__, schema=schema | {"required": required})


def fields_of(form: HandoffForm) -> JsonObject:
    """A form's values as a hand-off's fields."""
    return form.model_dump(mode="json", exclude_none=True)


def from_fields(form: type[F], fields: Mapping[str, object]) -> F:
    """The form that a ticket's fields are, also after a person corrected them. Keys of other things are ignored.

    Raises:
        MissingFields: A field without a default is not there.
        InvalidRequest: A value is not one that the field takes; ``errors`` has each one.
    """
    asked = questions_of(form)
    given: dict[str, object] = {}
    for name, value in fields.items():
        if name not in form.model_fields or value is None:
            continue
        given[name] = value
        # People write into a console as customers do: "12,50", "ja".
        if isinstance(value, str) and name in asked and Collecting(form, given).faults(name):
            read = asked[name].read(Answer(value.strip()))
            given[name] = value if read is None else read.value
    for name, info in form.model_fields.items():
        if name not in given and info.is_required() and asked[name].optional:
            given[name] = None
    try:
        return form.model_validate(given)
    except ValidationError as error:
        missing = [problem for problem in error.errors() if problem["type"] == "missing"]
        errors = [
            FieldError(".".join(map(str, problem["loc"])), problem["msg"]) for problem in missing or error.errors()
        ]
        named = ", ".join(found.path or found.message for found in errors)
        if missing:
            raise MissingFields(
                f"The ticket has no value for these fields of {form.__name__}: {named}.", errors
            ) from None
        raise InvalidRequest(f"These fields of the ticket do not fit {form.__name__}: {named}.", errors) from None
