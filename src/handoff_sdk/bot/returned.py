"""What a handler learns when control comes back.

Source: lifecycle.md, 2.7; sdk.md, A bot (forms).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, TypeVar

from handoff_sdk.core.forms import HandoffForm, from_fields
from handoff_sdk.models import conversation

if TYPE_CHECKING:
    from handoff_sdk.models.noun import JsonObject

__all__ = ["Returned", "record_of"]

F = TypeVar("F", bound=HandoffForm)

_MOST_BYTES: Final = 16_000


class Returned(conversation.Returned):
    """The record of what people did. ``messages`` are the latest of them, up to 16 kB; ``chat.history`` has all."""

    def form(self, form: type[F]) -> F:
        """The form that was handed over, with what people corrected in it.

        Raises:
            MissingFields: The ticket has no value for a field that must have one.
            InvalidRequest: A value is not one that the form takes.
        """
        return from_fields(form, self.fields)


def record_of(returned: conversation.Returned) -> JsonObject:
    """A record as it is kept in a journal: JSON, and not larger than a journal bears."""
    record = returned.model_dump(mode="json", exclude_none=True)
    messages: list[JsonObject] = []
    room = _MOST_BYTES
    for message in reversed(returned.messages):
        room -= len(json.dumps(message, ensure_ascii=False).encode())
        if room < 0:
            break
        messages.insert(0, message)
    return record | {"messages": messages}
