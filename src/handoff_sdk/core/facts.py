"""What conditions ask about: the fields of a conversation with one of its tickets, now and before a transaction.

Source: config.md, Conditions; lifecycle.md, 8 (a ticket's own clocks).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.conditions import counts_down
from handoff_sdk.core.hours import is_open, schedule_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.core.thread import Clocks
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.conversation import Conversation
    from handoff_sdk.models.customer import Customer
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.models.ticket import Status, Ticket

__all__ = ["Asked", "View", "instant_of", "view_of"]


@dataclass(frozen=True, slots=True)
class View:
    """A conversation and one of its tickets at an instant; ``event`` and ``message`` are those that a rule looks at."""

    conversation: Conversation
    customer: Customer
    ticket: Ticket | None
    clocks: Clocks
    now: datetime
    config: DeskConfig
    event: str | None = None
    message: JsonObject | None = None


class Asked:
    """The facts of a view, each looked up once; ``earlier`` is the same before the transaction."""

    __slots__ = ("_earlier", "_found", "_view")

    def __init__(self, view: View, earlier: View | None = None) -> None:
        self._view = view
        self._earlier = earlier
        self._found: dict[str, object] = {}

    def now(self, field: str) -> object:
        """What a field holds; ``None`` where it is empty or there is no ticket."""
        if field not in self._found:
            self._found[field] = _read(field, self._view)
        return self._found[field]

    def before(self, field: str) -> object:
        """What a field held before the transaction."""
        return self.now(field) if self._earlier is None else _read(field, self._earlier)


def view_of(draft: Draft, ticket: Ticket | None, event: str | None = None, message: JsonObject | None = None) -> View:
    """A draft as it is now."""
    return View(
        draft.conversation, draft.before.customer, ticket, draft.clocks, draft.now, draft.config, event, message
    )


def instant_of(field: str, view: View) -> datetime | None:
    """The instant that a ``since_`` field counts from, or an ``until_`` field counts down to."""
    read = _INSTANTS.get(field)
    return read(view) if read is not None else None


def _read(field: str, view: View) -> object:
    read = _READERS.get(field)
    if read is not None:
        return read(view)
    if field in _INSTANTS:
        at = _INSTANTS[field](view)
        return None if at is None else _span(field, at, view.now)
    kind, _, name = field.partition(".")
    if kind == "fields":
        return view.ticket.fields.get(name) if view.ticket else None
    return view.customer.attributes.get(name)


def _span(field: str, at: datetime, now: datetime) -> timedelta:
    return at - now if counts_down(field) else now - at


def _of_ticket(name: str) -> Callable[[View], object]:
    return lambda view: getattr(view.ticket, name) if view.ticket else None


def _of_conversation(name: str) -> Callable[[View], object]:
    return lambda view: getattr(view.conversation, name)


def _of_customer(name: str) -> Callable[[View], object]:
    return lambda view: getattr(view.customer, name)


def _language(view: View) -> object:
    """The language that is spoken with the customer."""
    brand = view.config.brands.get(view.conversation.brand)
    return view.customer.language or (brand.language if brand else None)


def _text(view: View) -> object:
    return view.message["content"].get("text") if view.message else None


def _author(view: View) -> object:
    return view.message["author"]["type"] if view.message else None


def _hours(view: View) -> object:
    return "open" if is_open(schedule_of(view.conversation.brand, view.config), view.now) else "closed"


def _in_status(status: Status) -> Callable[[View], datetime | None]:
    return lambda view: view.ticket.status_at if view.ticket and view.ticket.status == status else None


def _created(view: View) -> datetime | None:
    return view.ticket.created_at if view.ticket else None


def _updated(view: View) -> datetime | None:
    return view.ticket.updated_at if view.ticket else None


def _customer_wrote(view: View) -> datetime | None:
    return view.clocks.customer_at if view.ticket is None or view.ticket.live else view.ticket.customer_at


def _agent_wrote(view: View) -> datetime | None:
    ticket = view.ticket
    if ticket is not None and not ticket.live:
        return ticket.agent_at
    at = view.clocks.agent_at
    return None if at is None or (ticket is not None and at < ticket.created_at) else at


_READERS: Final[dict[str, Callable[[View], object]]] = {
    **{name: _of_ticket(name) for name in ("status", "priority", "group", "assignee", "queue", "style")},
    **{name: _of_ticket(name) for name in ("tags", "subject", "reopens")},
    **{name: _of_conversation(name) for name in ("channel", "brand", "owner", "session")},
    **{f"customer.{name}": _of_customer(name) for name in ("name", "email", "language")},
    "previous_conversations": _of_conversation("previous"),
    "language": _language,
    "event": lambda view: view.event,
    "message.text": _text,
    "message.author": _author,
    "hours": _hours,
}

_INSTANTS: Final[dict[str, Callable[[View], datetime | None]]] = {
    "since_created": _created,
    "since_updated": _updated,
    "since_new": _in_status("new"),
    "since_open": _in_status("open"),
    "since_pending": _in_status("pending"),
    "since_on_hold": _in_status("on_hold"),
    "since_solved": _in_status("solved"),
    "since_customer_message": _customer_wrote,
    "since_agent_message": _agent_wrote,
    "until_sla_breach": lambda view: view.ticket.breach_at if view.ticket else None,
}
