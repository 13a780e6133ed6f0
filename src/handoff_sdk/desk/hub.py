"""Fan-out: everyone who listens gets what happened past their cursor, once and in order.

The event table is the truth; the hub only spares reading it. A listener holds a bounded buffer; one who is too slow
loses the buffer, never an event: it goes on from the store at its cursor.

Source: house page, decision 8; api.md, Resources (events).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Self

from handoff_sdk.core.redaction import without
from handoff_sdk.core.views import Audience, for_customer
from handoff_sdk.ports import EventFilter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import TracebackType

    from handoff_sdk.models.event import Event
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.ports import Store

__all__ = ["Delivery", "Hub", "Listener"]

_BUFFERED = 1_000
"""Events a listener may lag behind before it goes on from the store."""
_PAGE = 500
_REMEMBERED = 10_000
"""What was redacted or erased last: what was read before, and lies in a buffer, is not given out any more."""


_MESSAGES: dict[str, Callable[[JsonObject], Sequence[JsonObject]]] = {
    "message.created": lambda data: [data["message"]],
    "control.returned": lambda data: data.get("returned", {}).get("messages", ()),
}
"""The events that hold messages, and which."""


class Delivery:
    """An event as its audience may see it, encoded once for all; ``cursor`` is 0 where nobody is to go on from it."""

    __slots__ = ("_json", "cursor", "event")

    def __init__(self, event: Event, cursor: int) -> None:
        self.event = event
        self.cursor = cursor
        self._json: bytes | None = None

    @property
    def late(self) -> bool:
        """Whether it comes after events that happened later."""
        return self.cursor < self.event.cursor

    @property
    def json(self) -> bytes:
        """The event as JSON."""
        if self._json is None:
            self._json = self.event.model_dump_json().encode()
        return self._json


class Listener:
    """One who follows the feed, read up to ``cursor``. Use it as an async context manager."""

    def __init__(self, hub: Hub, audience: Audience, after: int | None, conversation_id: str | None) -> None:
        self.audience = audience
        self.conversation_id = conversation_id
        self._hub = hub
        self.cursor = hub.cursor if after is None else after
        self._behind = False
        self._buffer: deque[Delivery] = deque()
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._hub.add(self)
        self._behind = self.cursor < self._hub.cursor
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hub.remove(self)

    def give(self, delivery: Delivery) -> None:
        """Take in what happened, unless it was read from the store already; called by the hub."""
        if 0 < delivery.cursor <= self.cursor:
            return
        if len(self._buffer) >= _BUFFERED:
            self._buffer.clear()
            self._behind = True
        if not self._behind:
            self._buffer.append(delivery)
        self._news.set()

    async def next(self, timeout: float) -> tuple[Delivery, ...]:  # noqa: ASYNC109 - the wait is the method's meaning
        """What happened since the last call; empty where nothing did within ``timeout`` seconds."""
        if batch := await self._ready():
            return batch
        self._news.clear()
        try:
            async with asyncio.timeout(timeout):
                await self._news.wait()
        except TimeoutError:
            return ()
        return await self._ready()

    async def _ready(self) -> tuple[Delivery, ...]:
        while self._behind:
            self._behind = False
            try:
                batch = await self._read()
            except BaseException:
                self._behind = True
                raise
            if batch:
                return batch
        self.cursor = max((self.cursor, *(delivery.cursor for delivery in self._buffer)))
        batch = self._hub.current(self._buffer)
        self._buffer.clear()
        return batch

    async def _read(self) -> tuple[Delivery, ...]:
        """Read the next page from the store. What was given meanwhile is in the page or after it."""
        events = await self._hub.store.events(self._filter(), after=self.cursor, limit=_PAGE)
        if len(events) == _PAGE:
            self._behind = True
            self._buffer.clear()
        if events:
            self.cursor = events[-1].cursor
            kept = [delivery for delivery in self._buffer if delivery.cursor == 0 or delivery.cursor > self.cursor]
            self._buffer = deque(kept)
        shown = (delivery for event in events if (delivery := self._hub.projected(event, self.audience)))
        return self._hub.current(shown)

    def _filter(self) -> EventFilter:
        customer = self.audience.id if self.audience.kind == "customer" else None
        return EventFilter(
            conversation_id=self.conversation_id, customer_id=customer, public=self.audience.kind == "customer"
        )


class Hub:
    """All who listen. ``cursor`` is that of the latest event."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.cursor = 0
        self._staff: set[Listener] = set()
        self._customers: dict[str, set[Listener]] = {}
        self._redacted: OrderedDict[str, None] = OrderedDict()
        self._erased: OrderedDict[str, None] = OrderedDict()

    def follow(self, audience: Audience, *, after: int | None = None, conversation_id: str | None = None) -> Listener:
        """A listener past the cursor ``after``, or from now on."""
        return Listener(self, audience, after, conversation_id)

    def publish(self, events: Iterable[Event], customer_id: str | None) -> None:
        """Give events, in the order of their cursors, to whoever may see them.

        ``customer_id`` is that of the conversation's customer; ``None`` for events that belong to no conversation.
        """
        customers = tuple(self._customers.get(customer_id or "", ()))
        staff = tuple(self._staff)
        for event in events:
            self.cursor = max(self.cursor, event.cursor)
            if staff:
                delivery = Delivery(event, event.cursor)
                for listener in staff:
                    if listener.conversation_id in {None, event.conversation_id}:
                        listener.give(delivery)
            if customers and (shown := for_customer(event)) is not None:
                delivery = Delivery(shown, event.cursor)
                for listener in customers:
                    if listener.conversation_id in {None, event.conversation_id}:
                        listener.give(delivery)

    def tell_late(self, events: Iterable[Event], customer_id: str | None) -> None:
        """Give events that nobody was told of when it was their turn; who has read past them gets them all the same."""
        for event in events:
            self.cursor = max(self.cursor, event.cursor)
            for listener in (*self._staff, *self._customers.get(customer_id or "", ())):
                shown = self.projected(event, listener.audience)
                if shown is not None and listener.conversation_id in {None, event.conversation_id}:
                    listener.give(shown if listener.cursor < event.cursor else Delivery(shown.event, 0))

    def redact(self, message_id: str) -> None:
        """Give out nothing more of what a message said, also where it was read before."""
        _remember(self._redacted, message_id)

    def erase(self, conversation_id: str) -> None:
        """Give out nothing more of a conversation, also what was read before."""
        _remember(self._erased, conversation_id)

    def current(self, deliveries: Iterable[Delivery]) -> tuple[Delivery, ...]:
        """Those of some deliveries that are left, as they are now that messages were redacted."""
        if not (self._redacted or self._erased):
            return tuple(deliveries)
        kept = ((delivery, self.kept(delivery.event)) for delivery in deliveries)
        return tuple(
            delivery if event is delivery.event else Delivery(event, delivery.cursor)
            for delivery, event in kept
            if event is not None
        )

    def kept(self, event: Event) -> Event | None:
        """An event as it is kept now that messages were redacted; ``None`` where it was erased."""
        if event.conversation_id in self._erased:
            return None
        if not self._redacted or event.type not in _MESSAGES:
            return event
        data = event.data
        for message in _MESSAGES[event.type](data):
            if message["id"] in self._redacted:
                data = without(data, message["id"])
        return event if data == event.data else event.model_copy(update={"data": data})

    def projected(self, event: Event, audience: Audience) -> Delivery | None:
        """An event as an audience sees it; ``None`` where it does not."""
        shown = for_customer(event) if audience.kind == "customer" else event
        return Delivery(shown, event.cursor) if shown else None

    def add(self, listener: Listener) -> None:
        """Begin to give events to a listener."""
        self._group(listener).add(listener)

    def remove(self, listener: Listener) -> None:
        """Stop giving events to a listener."""
        group = self._group(listener)
        group.discard(listener)
        if not group and listener.audience.kind == "customer":
            self._customers.pop(listener.audience.id or "", None)

    def _group(self, listener: Listener) -> set[Listener]:
        if listener.audience.kind != "customer":
            return self._staff
        return self._customers.setdefault(listener.audience.id or "", set())


def _remember(latest: OrderedDict[str, None], one: str) -> None:
    latest[one] = None
    if len(latest) > _REMEMBERED:
        latest.popitem(last=False)
