"""What is said in a conversation, and by whom.

Content comes in ten types. The engine takes these and no other (``PostMessage`` holds a ``Content``); a stored or
received ``Message`` may also hold an ``UnknownContent``, so that a client shows as text what a newer engine sends.

Source: api.md, Message content.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from .noun import Identifier, Instant, JsonObject, Noun

__all__ = [
    "KNOWN_CONTENT",
    "LONGEST_TEXT",
    "Author",
    "AuthorType",
    "CarouselContent",
    "Content",
    "FileContent",
    "FormContent",
    "FormField",
    "FormResponseContent",
    "ImageContent",
    "ListContent",
    "LocationContent",
    "Message",
    "RedactedContent",
    "Reply",
    "TemplateContent",
    "TextContent",
    "UnknownContent",
    "Via",
    "Visibility",
]

AuthorType = Literal["customer", "bot", "agent", "system"]
Visibility = Literal["public", "internal"]
Via = Literal["followup", "rule", "proactive", "survey", "email"]

LONGEST_TEXT: Final = 4096
"""Characters of a text."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEXT)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=128)]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2048)]


class Author(Noun):
    """Who speaks: ``id`` is a customer's, bot's or agent's id; system lines have none."""

    type: AuthorType
    id: Identifier | None = None
    name: str | None = None


class Reply(Noun):
    """A quick reply the customer may tap; ``payload`` comes back with the text."""

    text: Label
    payload: str | None = Field(default=None, max_length=1024)


class Item(Noun):
    """One card of a carousel or list."""

    title: Label
    description: str | None = Field(default=None, max_length=1024)
    url: Url | None = None
    actions: tuple[JsonObject, ...] = Field(default=(), max_length=10)


class FormField(Noun):
    """One field of a form; ``options`` are what a ``select`` offers."""

    name: Label
    label: Label
    type: Literal["text", "email", "select", "number", "date"]
    required: bool = True
    options: tuple[Reply | str, ...] = Field(default=(), max_length=200)


class TextContent(Noun):
    """Plain text, with quick replies or actions below it. ``payload`` is that of the reply the customer tapped."""

    type: Literal["text"] = "text"
    text: Text
    replies: tuple[Reply, ...] = Field(default=(), max_length=20)
    actions: tuple[JsonObject, ...] = Field(default=(), max_length=10)
    payload: str | None = Field(default=None, max_length=1024)


class ImageContent(Noun):
    """A picture; ``size`` in bytes."""

    type: Literal["image"]
    url: Url
    alt: str | None = Field(default=None, max_length=1024)
    name: str | None = Field(default=None, max_length=255)
    size: int | None = Field(default=None, ge=0)


class FileContent(Noun):
    """A file; ``size`` in bytes."""

    type: Literal["file"]
    url: Url
    alt: str | None = Field(default=None, max_length=1024)
    name: str | None = Field(default=None, max_length=255)
    size: int | None = Field(default=None, ge=0)


class CarouselContent(Noun):
    """Cards side by side."""

    type: Literal["carousel"]
    items: tuple[Item, ...] = Field(min_length=1, max_length=10)


class ListContent(Noun):
    """Cards one below the other."""

    type: Literal["list"]
    items: tuple[Item, ...] = Field(min_length=1, max_length=10)


class FormContent(Noun):
    """Questions the customer fills in at once; each has a name of its own."""

    type: Literal["form"]
    fields: tuple[FormField, ...] = Field(min_length=1, max_length=20)

    @model_validator(mode="after")
    def _can_be_filled_in(self) -> Self:
        names = [field.name for field in self.fields]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two fields are called {name!r}")
        for field in self.fields:
            if field.type == "select" and not field.options:
                raise ValueError(f"the field {field.name!r} has no options to select from")
        return self


class FormResponseContent(Noun):
    """A filled-in form: ``form`` is the id of the form's message, ``fields`` the values by field name."""

    type: Literal["form_response"]
    form: Identifier
    fields: JsonObject


class LocationContent(Noun):
    """A place: degrees, WGS 84."""

    type: Literal["location"]
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    name: str | None = Field(default=None, max_length=255)
    address: str | None = Field(default=None, max_length=1024)


class TemplateContent(Noun):
    """A template the channel has approved: what may be sent while its window is closed."""

    type: Literal["template"]
    name: Label
    language: str = Field(max_length=35)
    values: JsonObject = Field(default_factory=dict)


Content = Annotated[
    TextContent
    | ImageContent
    | FileContent
    | CarouselContent
    | ListContent
    | FormContent
    | FormResponseContent
    | LocationContent
    | TemplateContent,
    Field(discriminator="type"),
]
KNOWN_CONTENT: frozenset[str] = frozenset(
    {"text", "image", "file", "carousel", "list", "form", "form_response", "location", "template"}
)


class RedactedContent(Noun):
    """What stands where content was taken back; nobody can send it."""

    type: Literal["redacted"] = "redacted"


class UnknownContent(Noun):
    """Content of a type that this version does not know; everything it held is kept as it came."""

    model_config = ConfigDict(extra="allow")

    type: str
    text: str | None = None


class Message(Noun):
    """One message, note or system line. ``epoch`` is the one it was said in; ``seq`` and ``public_seq`` its event's.

    ``channel`` is set where it goes another way than the conversation: by email.
    """

    id: Identifier
    conversation_id: Identifier
    author: Author
    content: Annotated[Content | RedactedContent | UnknownContent, Field(union_mode="left_to_right")]
    visibility: Visibility = "public"
    channel: Literal["email"] | None = None
    via: Via | None = None
    ticket_id: Identifier | None = None
    epoch: int
    seq: int
    public_seq: int | None = None
    at: Instant
    metadata: dict[str, Any] = Field(default_factory=dict)

    @property
    def text(self) -> str | None:
        """The message's text; ``None`` for content without one."""
        return getattr(self.content, "text", None)
