"""Handing off from a handler: looking first, giving the conversation away, watching, and waiting for its return.

Source: sdk.md, A bot (``preview``, ``handoff``, ``Handoff``); lifecycle.md, 2.4, 2.6 (return) and 6.15 (preview).
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from zoneinfo import ZoneInfo

from handoff_sdk.bot.returned import Returned, record_of
from handoff_sdk.core.forms import fields_of, form_of
from handoff_sdk.errors import ControlLost, HandoffError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Generator
    from typing import Unpack

    from handoff_sdk.bot.run import Run
    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.client.resources.conversations import HandoffDetails
    from handoff_sdk.core.dialogue import Place
    from handoff_sdk.core.forms import HandoffForm
    from handoff_sdk.models.event import Event
    from handoff_sdk.models.handoff import Handoff
    from handoff_sdk.models.noun import JsonObject

__all__ = ["HandingOff", "Plan", "Progress", "details_of", "watch"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a hand-off is. ``position`` (1 = next) and ``wait`` (seconds, where known) are those of ``queued``.

    ``idle``: the customer fell silent. ``left``: the customer left.
    """

    kind: Literal["queued", "offered", "accepted", "idle", "left"]
    position: int | None = None
    wait: float | None = None
    agent: str | None = None


class HandingOff(Awaitable[Returned]):
    """A hand-off that a handler makes. Awaited, it hands off and waits, for hours or days, until control is back."""

    def __init__(self, run: Run, details: HandoffDetails) -> None:
        self._run = run
        self._details = details
        self._handoff: Handoff | None = None
        self._returned: Returned | None = None
        self._watched = False
        run.unawaited.add(id(self))

    def __await__(self) -> Generator[Any, None, Returned]:
        return self.result().__await__()

    async def result(self) -> Returned:
        """Hand off, and what happened once control is back.

        Raises:
            ControlLost: People, or another bot, own the conversation already.
            UnknownGroup, UnknownSkill, UnknownLadder: The details name something that there is not.
        """
        if self._returned is None:
            self._returned = await self._made()
        return self._returned

    async def progress(self) -> AsyncIterator[Progress]:
        """Hand off, and what happens while people have it; ends when they give it back.

        It is watched only while this process lives: what must happen in any case comes after ``await`` of the hand-off.
        """
        self._watched = True
        try:
            self._returned = await self._made()
        except _Begun as begun:
            handoff = begun.handoff
        else:
            return
        finally:
            self._watched = False
        async for progress in watch(self._run.client, handoff):
            yield progress

    async def cancel(self) -> None:
        """Take the hand-off back while nobody has accepted it; the reason of its return is ``cancelled``.

        Raises:
            Conflict: An agent has accepted.
        """
        if self._handoff is not None and self._returned is None:
            await self._run.client.conversations.leave_queue(self._run.conversation_id)

    async def _made(self) -> Returned:
        self._run.unawaited.discard(id(self))
        return Returned.model_validate(await self._run.step("handoff", self._act))

    async def _act(self, place: Place) -> JsonObject:
        run = self._run
        if place.waiting is not None and place.waiting.epoch < run.epoch:
            if run.turn.returned is None:
                raise AssertionError("control came back without a record")
            return record_of(run.turn.returned)
        key = self._details.get("key") or run.lasting_key(place)
        if self._handoff is None:
            # Once it has happened the turn is void: how to go on must be written down before.
            await run.write_ahead(run.waits("handoff", name=key))
            run.parting = True
            try:
                details: HandoffDetails = {**self._details, "key": key}
                handed = await run.client.conversations.handoff(run.conversation_id, epoch=run.epoch, **details)
            except HandoffError:
                run.parting = False
                raise
            if handed.conversation.owner != "human":  # the author's key is that of an earlier hand-off, which is over
                run.parting = False
                return await self._earlier(handed.handoff)
            run.void = True
            self._handoff = handed.handoff
        if self._watched:
            raise _Begun(self._handoff)
        if run.may_wait:
            return run.wait("handoff", name=key)
        return run.leave()

    async def _earlier(self, handoff: Handoff) -> JsonObject:
        found = await self._run.client.handoffs.get(handoff.id)
        if found.returned is None:
            raise ControlLost(f"Hand-off {handoff.id} has no record of its return.")
        return record_of(found.returned)


class _Begun(BaseException):
    """The hand-off has begun, and is to be watched before its end is waited for."""

    def __init__(self, handoff: Handoff) -> None:
        super().__init__(handoff.id)
        self.handoff = handoff


class Plan:
    """What a hand-off would meet. ``handoff`` makes it.

    Attributes:
        open: Whether people are there now.
        opens_at: When they are next, in the customer's time zone where it is known; ``None`` where that is not known.
        queue: The queue it would wait in.
        agents: The ids of those who could take it now.
        out: Why each other one could not, by id.
        position: Its place in the queue, 1 = next.
        missing_fields: Fields that are required and were not given.
    """

    def __init__(self, run: Run, details: HandoffDetails, seen: JsonObject, timezone: str | None) -> None:
        self._run = run
        self._details = details
        opens_at = seen.get("opens_at")
        zone = ZoneInfo(timezone) if timezone else None
        self.open: bool = seen["open"]
        self.opens_at = (
            datetime.fromisoformat(opens_at).astimezone(zone)
            if opens_at and zone
            else (datetime.fromisoformat(opens_at) if opens_at else None)
        )
        self.queue: str = seen.get("queue", "standard")
        self.agents: tuple[str, ...] = tuple(seen.get("agents", ()))
        self.out: dict[str, str] = dict(seen.get("out", {}))
        self.position: int | None = seen.get("position")
        self.missing_fields: tuple[str, ...] = tuple(seen.get("missing_fields", ()))

    def handoff(self, **details: Unpack[HandoffDetails]) -> HandingOff:
        """Hand off as it was looked at, but for what ``details`` say. Await it: see ``Chat.handoff``."""
        return HandingOff(self._run, {**self._details, **details})


def details_of(form: HandoffForm | None, details: HandoffDetails) -> HandoffDetails:
    """The details of a hand-off with those that a form brings along."""
    if form is None:
        return details
    schema = form_of(type(form)).model_dump(by_alias=True)
    return {**details, "form": schema, "fields": {**fields_of(form), **details.get("fields", {})}}


_OVER: Final = "control.returned"


async def watch(client: HandoffClient, handoff: Handoff) -> AsyncIterator[Progress]:
    """What happens to a hand-off from now on, first how it stands; ends when control is back."""
    cursor = (await client.events.list(after=None, conversation=handoff.conversation_id)).cursor
    now = await client.handoffs.get(handoff.id)
    if now.state == "returned":
        return
    yield Progress(now.state, position=now.position)
    async with client.events.follow(cursor=cursor, conversation=handoff.conversation_id) as events:
        async for event in events:
            if event.type == _OVER:
                return
            progress = _progress_of(event)
            if progress is not None and event.ticket_id in {handoff.ticket_id, None}:
                yield progress


def _progress_of(event: Event) -> Progress | None:
    data = event.data
    match event.type:
        case "ticket.queued" | "ticket.position":
            return Progress("queued", position=data.get("position"), wait=data.get("wait_seconds"))
        case "ticket.offered":
            return Progress("offered", agent=data.get("agent_id"))
        case "ticket.assigned":
            return Progress("accepted", agent=data.get("agent_id"))
        case "session.inactive":
            return Progress("idle")
        case "session.ended":
            return Progress("left") if data.get("reason") == "customer" else None
    return None
