"""One webhook's courier: follows the feed from where it stopped, posts what matches, and keeps how that went.

- At least once: the kept cursor never passes an event that is neither settled nor a kept delivery.
- In order within a conversation: its first event that is not settled holds up those behind it, and nothing else.
- Bounded: so many lanes and attempts, one page of events, one buffer of the hub. Where they are full the courier reads
  no further and lags; nobody waits for it.

Source: api.md, Webhooks out; house page, decision 8.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.hooks import heard, round_again, signed_headers, tried, verdict, wanted
from handoff_sdk.core.views import STAFF
from handoff_sdk.desk.jobs import until
from handoff_sdk.desk.lanes import Lane, Lanes
from handoff_sdk.desk.ledger import Ledger
from handoff_sdk.desk.office import event_about
from handoff_sdk.errors import Unavailable
from handoff_sdk.models.webhook import TURN_WAITS, Delivery
from handoff_sdk.ports import EventFilter, KeptWebhook

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from handoff_sdk.desk.hub import Listener
    from handoff_sdk.desk.office import Office
    from handoff_sdk.models.event import Event
    from handoff_sdk.models.webhook import Webhook
    from handoff_sdk.ports import HookSecret, Posted

__all__ = ["Courier"]

_log = logging.getLogger(__name__)

_LANES: Final = 256
_AT_ONCE: Final = 8
_PAGE: Final = 200
_KEPT: Final = 1_000
"""Settled deliveries that are kept for people to look at."""
_FORGET_EVERY: Final = 100
_CALLS: Final = 1_000
"""Calls that wait to be posted; where there are more, the oldest are dropped and come again later."""
_LOOK_EVERY: Final = 60.0
_START_AGAIN_AFTER: Final = 1.0


class Courier:
    """Posts to one webhook. ``run`` goes on by itself; ``rest`` does what can be done at this instant.

    What the store cannot do now is done later; nothing more is posted before what was posted is kept.

    Args:
        office: What it works with.
        kept: The webhook.
        pending: Deliveries to it that are not settled.
    """

    def __init__(self, office: Office, kept: KeptWebhook, pending: Iterable[Delivery] = ()) -> None:
        self.secrets = kept.secrets
        self._office = office
        self._webhook = kept.webhook
        self._position = kept.webhook.cursor
        self._lanes = Lanes(_LANES)
        for delivery in pending:
            key = delivery.id if delivery.redelivery else delivery.conversation_id or ""
            until = delivery.cursor if delivery.redelivery else self._position
            self._lanes.open(Lane(key, delivery, None, delivery.cursor, until))
        self._feed: Listener | None = None
        self._unread: deque[tuple[Event, bool]] = deque()  # what has found no room yet, and whether it came late
        self._calls: deque[Event] = deque(maxlen=_CALLS)
        self._calling = 0
        self._room, self._work = asyncio.Event(), asyncio.Event()
        self._ledger = Ledger(office.write, self._position)
        self._trouble: Unavailable | None = None
        self._settled = 0

    @property
    def webhook(self) -> Webhook:
        """The webhook as things stand now."""
        return self._webhook.model_copy(update={"cursor": self._position})

    @property
    def calls_bots(self) -> bool:
        """Whether it posts that a turn waits."""
        return TURN_WAITS in self._webhook.events and self._webhook.state != "disabled"

    @property
    def next_at(self) -> datetime | None:
        """When there is something to do by itself; ``None``: not before something happens."""
        return self._lanes.next_at() if self._free > 0 else None

    async def run(self) -> None:
        """Post what happens, for as long as the task lives; what the store cannot do now is done later."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read())
            group.create_task(self._send(group))

    async def rest(self) -> bool:
        """Read and post everything that can be at this instant; whether there was anything."""
        did = False
        while True:
            read = await self._take_in(0)
            due, calls = self._due(), self._due_calls()
            if not read and not due and not calls:
                await self.save()
                return did
            await asyncio.gather(*map(self._attempt, due), *map(self._call, calls))
            if self._trouble is not None:
                trouble, self._trouble = self._trouble, None
                raise trouble
            did = True

    def call(self, event: Event) -> None:
        """Post an event once, soon; it is kept nowhere, and holds up nothing."""
        self._calls.append(event)
        self._work.set()

    def leave(self) -> None:
        """Follow the feed no more."""
        if self._feed is not None:
            self._office.hub.remove(self._feed)
        self._feed = None

    async def save(self) -> None:
        """Keep what has changed, all of it in one transaction."""
        await self._ledger.save(lambda: KeptWebhook(self.webhook, self.secrets))

    async def set(self, webhook: Webhook, secrets: tuple[HookSecret, ...] | None = None, *events: Event) -> None:
        """Go on as a webhook with other settings, and keep them; the cursor stays where it is."""
        self._webhook, self.secrets = webhook, self.secrets if secrets is None else secrets
        for event in events:
            self._ledger.tell(event)
        await self._again()

    async def resume(self, webhook: Webhook, *, skip: bool) -> None:
        """Post again: what waits at once, or, with ``skip``, only what happens from now on."""
        now = self._office.clock.now()
        for lane in self._lanes:
            if skip:
                lane.until = lane.position
                lane.waiting.clear()
            if lane.busy:
                continue
            delivery = round_again(lane.delivery, now, redelivery=lane.delivery.redelivery)
            if skip:
                delivery = delivery.model_copy(update={"state": "skipped", "next_at": None})
                self._lanes.close(lane)
            self._change(lane, delivery)
        if skip:
            self._position = max(self._position, self._office.hub.cursor)
            self._unread.clear()
        await self.set(webhook)

    async def redeliver(self, delivery: Delivery) -> Delivery:
        """Try a delivery at once: one that waits, or a settled one again, which then holds up nothing."""
        now = self._office.clock.now()
        lane = self._lanes.of(delivery.id)
        if lane is None:
            delivery = round_again(delivery, now, redelivery=True)
            self._lanes.open(lane := Lane(delivery.id, delivery, None, delivery.cursor, delivery.cursor))
        elif not lane.busy:
            delivery = round_again(lane.delivery, now, redelivery=lane.delivery.redelivery)
        self._change(lane, delivery)
        await self._again()
        return delivery

    @property
    def full(self) -> bool:
        """Whether so much waits that no more is taken."""
        return self._lanes.full

    @property
    def _free(self) -> int:
        """How many more attempts may be under way; a webhook that is failing gets one at a time."""
        if self._webhook.state == "disabled":
            return 0
        return (1 if self._webhook.state == "failing" else _AT_ONCE) - self._lanes.busy - self._calling

    async def _again(self) -> None:
        self._ledger.touch()
        self._room.set()
        self._work.set()
        await self.save()

    def _change(self, lane: Lane, delivery: Delivery) -> None:
        lane.delivery = delivery
        self._ledger.note(delivery)

    # Reading

    async def _listen(self) -> None:
        """Follow the feed from where it was read to."""
        self.leave()
        self._unread.clear()
        self._feed = await self._office.hub.follow(STAFF, after=self._position).__aenter__()

    async def _read(self) -> None:
        while True:
            self._room.clear()
            try:
                await self._take_in(_LOOK_EVERY)
                self._work.set()
                await self._ledger.save(lambda: KeptWebhook(self.webhook, self.secrets), idle=True)
            except Unavailable as error:
                _log.warning("webhook %s waits for the store: %s", self._webhook.id, error)
                await asyncio.sleep(_START_AGAIN_AFTER)
                await self._listen()
            if self._unread:
                await self._room.wait()

    async def _take_in(self, wait: float) -> bool:
        """Read on where all that was read is under way; whether something was read."""
        if self._feed is None:
            await self._listen()
        read = False
        if not self._unread and self._feed is not None:
            self._unread.extend((each.event, each.late) for each in await self._feed.next(wait))
            read = bool(self._unread)
        while self._unread and self._webhook.state != "disabled":
            event, late = self._unread[0]
            if not self._take(event, late=late):
                break
            self._unread.popleft()
        return read

    def _take(self, event: Event, *, late: bool) -> bool:
        """Take an event in: its lane begins, or has one more waiting. ``False``: there is no room for it."""
        if event.cursor <= self._position and not late:  # it was skipped, or is one that is kept nowhere
            return True
        if wanted(self._webhook, event):
            lane = self._lanes.find(event.conversation_id or "")
            if lane is not None:
                lane.until = max(lane.until, event.cursor)
                lane.position = min(lane.position, event.cursor - 1)
            elif self._lanes.full:
                return False
            else:
                self._lanes.open(Lane(event.conversation_id or "", self._new(event), event, event.cursor, event.cursor))
        self._position = max(self._position, event.cursor)
        return True

    def _new(self, event: Event) -> Delivery:
        now = self._office.clock.now()
        delivery = Delivery(
            id=self._office.new_id("dlv"),
            webhook_id=self._webhook.id,
            event_id=event.id,
            event_type=event.type,
            conversation_id=event.conversation_id,
            cursor=event.cursor,
            created_at=now,
            round_at=now,
            next_at=now,
        )
        self._ledger.note(delivery)
        return delivery

    # Posting

    async def _send(self, group: asyncio.TaskGroup) -> None:
        while True:
            while self._trouble is not None:
                _log.warning("webhook %s waits for the store: %s", self._webhook.id, self._trouble)
                self._trouble = None
                await asyncio.sleep(_START_AGAIN_AFTER)
                await self._save_if_possible()
            self._work.clear()
            for lane in self._due():
                group.create_task(self._attempt(lane))
            for event in self._due_calls():
                group.create_task(self._call(event))
            await until(self._work, self.next_at, self._office.clock)

    async def _save_if_possible(self) -> None:
        try:
            await self.save()
        except Unavailable as error:
            self._trouble = error

    def _due(self) -> list[Lane]:
        """The lanes whose turn it is; they are busy from then on."""
        free = self._free
        due = self._lanes.due(self._office.clock.now(), free) if free > 0 else []
        for lane in due:
            lane.busy = True
        return due

    def _due_calls(self) -> list[Event]:
        """The calls that are posted now; nothing is owed to a webhook that is disabled."""
        if self._webhook.state == "disabled":
            self._calls.clear()
        due = [self._calls.popleft() for _ in range(min(len(self._calls), max(self._free, 0)))]
        self._calling += len(due)
        return due

    async def _call(self, event: Event) -> None:
        try:
            if (kept := self._kept(event)) is not None:
                self._heard(await self.post(kept))
                await self.save()
        except Unavailable as error:
            self._trouble = error
        finally:
            self._calling -= 1
            self._work.set()

    async def _attempt(self, lane: Lane) -> None:
        try:
            event = self._kept(lane.event or await self._office.store.event(lane.delivery.event_id))
            if event is None:
                error = "The event is not kept any more."
                await self._settle(lane, lane.delivery.model_copy(update={"state": "failed", "error": error}))
            else:
                await self._hear(lane, await self.post(event))
            await self.save()
            await self._forget()
        except Unavailable as error:
            self._trouble = error
        finally:
            lane.busy = False
            self._work.set()

    def _kept(self, event: Event | None) -> Event | None:
        """An event as it is kept by now, if it is."""
        return None if event is None else self._office.hub.kept(event)

    async def post(self, event: Event) -> Posted:
        """Post one event, whatever else is under way."""
        now = self._office.clock.now()
        body = event.model_dump_json().encode()
        secrets = [each.secret for each in self.secrets if each.until is None or each.until > now]
        headers = {"Content-Type": "application/json", **signed_headers(secrets, event.id, now, body)}
        return await self._office.sender.post(self._webhook.url, headers, body)

    async def _hear(self, lane: Lane, posted: Posted) -> None:
        """Take in what was answered to a delivery."""
        now = self._office.clock.now()
        delivery = tried(
            lane.delivery, posted.status, posted.seconds, posted.error, now=now, chance=self._office.chance()
        )
        self._heard(posted)
        self._ledger.touch()
        if self._webhook.state == "disabled" and delivery.state == "failed":
            delivery = delivery.model_copy(update={"state": "pending", "next_at": now})
        await self._settle(lane, delivery)

    def _heard(self, posted: Posted) -> None:
        """Take in what an answer says of the webhook; where it works again, all that waits is tried at once."""
        now, was = self._office.clock.now(), self._webhook
        self._webhook, change = heard(was, verdict(posted.status), now)
        if self._webhook is not was:
            self._ledger.touch()
        if change is not None:
            error = {"status": posted.status, "error": posted.error}
            self._ledger.tell(event_about(self.webhook, change, now, self._office.new_id, **error))
        if was.state == "failing" and self._webhook.state == "active":
            for other in self._lanes:
                if other.delivery.round_attempts and not other.busy:
                    self._change(other, other.delivery.model_copy(update={"next_at": now}))

    async def _settle(self, lane: Lane, delivery: Delivery) -> None:
        """Take in what became of a lane's first delivery; where it is done with, the next one's turn has come."""
        if delivery.state == "pending":
            lane.let_go(delivery)
            self._ledger.note(delivery)
            return
        following = await self._following(lane)
        # From here on nothing waits: a delivery is settled and the one behind it begun at once, or neither is.
        self._ledger.note(delivery)
        self._settled += 1
        if following is None:
            self._lanes.close(lane)
            self._room.set()
        else:
            lane.delivery, lane.event = self._new(following), following

    async def _following(self, lane: Lane) -> Event | None:
        """The next event that waits in a lane."""
        while not lane.waiting and lane.position < lane.until:
            until = lane.until
            which = EventFilter(conversation_id=lane.key or None)
            page = await self._office.store.events(which, after=lane.position, limit=_PAGE)
            mine = [event for event in page if event.cursor <= until]
            lane.position = mine[-1].cursor if len(mine) == _PAGE else until
            lane.waiting += (
                event for event in mine if (event.conversation_id or "") == lane.key and wanted(self._webhook, event)
            )
        return lane.waiting.popleft() if lane.waiting else None

    async def _forget(self) -> None:
        if self._settled >= _FORGET_EVERY:
            self._settled = 0
            await self._office.store.forget_deliveries(self._webhook.id, _KEPT)
