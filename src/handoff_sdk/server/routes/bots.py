"""Bots: register, take turns, acknowledge them; look before a hand-off, pass on, stay silent.

Source: api.md, bots; lifecycle.md, 2.3.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from handoff_sdk.errors import ControlLost, InvalidRequest, UnknownGroup, UnknownSkill
from handoff_sdk.models.bot import RegisteredBot
from handoff_sdk.models.command import (
    CompleteTurn,
    ExtendTurn,
    PassControl,
    Preview,
    RegisterBot,
    ReleaseTurn,
)
from handoff_sdk.models.conversation import Conversation
from handoff_sdk.models.duration import Duration
from handoff_sdk.models.event import Actor
from handoff_sdk.models.handoff import Previewed
from handoff_sdk.models.noun import Command, Identifier, Noun
from handoff_sdk.models.turn import Turn
from handoff_sdk.server import shown
from handoff_sdk.server.route import BOT, BUSINESS, STAFF, Route

if TYPE_CHECKING:
    from aiohttp import web

    from handoff_sdk.server.call import Call

__all__ = ["ROUTES"]

_LONGEST_WAIT = timedelta(seconds=60)


def _not_too_long(wait: timedelta) -> timedelta:
    if wait > _LONGEST_WAIT:
        message = "wait at most '60s', then ask again"
        raise ValueError(message)
    return wait


class TurnsQuery(Command):
    """For which process, of which conversation, how many at the most, and how long to wait for the first one."""

    consumer: Annotated[str, Field(min_length=1, max_length=128)]
    conversation: Identifier | None = None
    max: Annotated[int, Field(ge=1, le=200)] = 50
    wait: Annotated[Duration, AfterValidator(_not_too_long), Field(default_factory=lambda: timedelta(seconds=25))]


class Turns(Noun):
    """Leased turns, the oldest first, at most one a conversation."""

    items: list[Turn]


class Nothing(Noun):
    """Done; there is nothing to tell."""


async def register(call: Call, command: RegisterBot) -> web.StreamResponse:
    """Register a bot for brands."""
    return call.told(await call.desk.bots.register(command))


async def take(call: Call, query: TurnsQuery) -> web.StreamResponse:
    """Lease turns to a process of a bot, if it is still there when they come."""
    bot = call.request.match_info["bot"]
    turns: list[Turn] = []
    wait = min(query.wait, timedelta(seconds=call.service.limits.wait))
    async with call.service.streams.opened(call.caller, call.request) as reader:
        turns = await call.desk.turns.take(
            bot,
            query.consumer,
            most=query.max,
            wait=wait,
            conversation_id=query.conversation,
            wanted=lambda: not reader.gone,
        )
    return call.told(Turns(items=turns))


async def complete(call: Call, command: CompleteTurn) -> web.StreamResponse:
    """Acknowledge a turn."""
    return await call.handle(command, Actor(type="bot", id=command.bot), lambda _: Nothing())


async def extend(call: Call, command: ExtendTurn) -> web.StreamResponse:
    """Extend the lease of a turn."""
    return await call.handle(command, Actor(type="bot", id=command.bot), lambda _: Nothing())


async def preview(call: Call, command: Preview) -> web.StreamResponse:
    """Tell what a hand-off would meet."""
    conversation = await call.conversation(command.conversation_id)
    if command.epoch is not None and command.epoch > conversation.epoch:
        raise InvalidRequest(f"The conversation has not reached epoch {command.epoch} yet.")
    return await call.once(lambda: call.desk.queries.preview(command, call.caller.audience))


async def pass_on(call: Call, command: PassControl) -> web.StreamResponse:
    """Pass the conversation to another bot."""
    return await _moved(call, command)


async def release(call: Call, command: ReleaseTurn) -> web.StreamResponse:
    """Acknowledge the open turn without a word."""
    return await _moved(call, command)


async def _moved(call: Call, command: PassControl | ReleaseTurn) -> web.StreamResponse:
    conversation = await call.conversation(command.conversation_id)
    return await call.handle(
        command, call.actor(conversation), lambda outcome: shown.thread(call.caller, outcome.thread)
    )


ROUTES = (
    Route(
        method="GET",
        path="/v1/bots/{bot}/turns",
        handler=take,
        summary="Lease a bot's turns to one of its processes; waits for the first one",
        who=BOT,
        query=TurnsQuery,
        answer=Turns,
        live=True,
    ),
    Route(
        method="POST",
        path="/v1/bots/{bot}/turns/{turn_id}/done",
        handler=complete,
        summary="Acknowledge a turn, and keep the bot's state and timers with it",
        who=BOT,
        command=CompleteTurn,
        answer=Nothing,
        errors=(ControlLost,),
    ),
    Route(
        method="POST",
        path="/v1/bots/{bot}/turns/{turn_id}/extend",
        handler=extend,
        summary="Keep a turn for longer",
        who=BOT,
        command=ExtendTurn,
        answer=Nothing,
        errors=(ControlLost,),
    ),
    Route(
        method="PUT",
        path="/v1/bots/{bot}",
        handler=register,
        summary="Register a bot for brands; the first one owns new conversations where none is configured",
        who=BOT | STAFF,
        command=RegisterBot,
        answer=RegisteredBot,
    ),
    Route(
        method="POST",
        path="/v1/conversations/{conversation_id}/preview",
        handler=preview,
        summary="What a hand-off would meet now: who could take it, and its place in the queue",
        who=BUSINESS,
        command=Preview,
        answer=Previewed,
        errors=(UnknownGroup, UnknownSkill),
    ),
    Route(
        method="POST",
        path="/v1/conversations/{conversation_id}/pass",
        handler=pass_on,
        summary="Pass the conversation to another bot",
        who=BOT,
        command=PassControl,
        answer=Conversation,
        errors=(ControlLost,),
    ),
    Route(
        method="POST",
        path="/v1/conversations/{conversation_id}/release",
        handler=release,
        summary="Acknowledge the bot's open turn without a word",
        who=BOT,
        command=ReleaseTurn,
        answer=Conversation,
        errors=(ControlLost,),
    ),
)
