"""Hand-offs: a bot gives a conversation to people, and asks where that stands.

Source: api.md, Resources; lifecycle.md, 2.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.errors import (
    AlreadyOpen,
    ControlLost,
    MissingFields,
    NotFound,
    UnknownGroup,
    UnknownLadder,
    UnknownSkill,
)
from handoff_sdk.models.command import HandOff
from handoff_sdk.models.event import Actor
from handoff_sdk.models.handoff import HandedOff, Handoff
from handoff_sdk.server import shown
from handoff_sdk.server.route import BOT, BUSINESS, STAFF, Route

if TYPE_CHECKING:
    from aiohttp import web

    from handoff_sdk.desk.desk import Outcome
    from handoff_sdk.server.call import Call

__all__ = ["ROUTES"]


async def hand_off(call: Call, command: HandOff) -> web.StreamResponse:
    """Hand a conversation to people, as its bot."""
    conversation = await call.conversation(command.conversation_id)
    caller = call.caller

    def answer(outcome: Outcome) -> object:
        ticket = shown.ticket(outcome)
        handoff = call.desk.queries.standing(ticket)
        return {"handoff": handoff, "ticket": ticket, "conversation": shown.thread(caller, outcome.thread)}

    return await call.handle(command, Actor(type="bot", id=conversation.bot), answer, 201)


async def read(call: Call) -> web.StreamResponse:
    """Tell where a hand-off stands."""
    handoff_id = call.request.match_info["handoff_id"]
    handoff = await call.desk.queries.handoff(handoff_id)
    if call.caller.brands is not None:
        conversation = await call.desk.queries.conversation(handoff.conversation_id)
        if not call.caller.may_see(conversation.brand):
            raise NotFound(f"There is no hand-off {handoff_id}.")
    return call.told(handoff)


ROUTES = (
    Route(
        method="POST",
        path="/v1/conversations/{conversation_id}/handoff",
        handler=hand_off,
        summary="Hand the conversation to people",
        who=BOT | STAFF,
        command=HandOff,
        answer=HandedOff,
        status=201,
        errors=(AlreadyOpen, ControlLost, MissingFields, UnknownGroup, UnknownLadder, UnknownSkill),
    ),
    Route(
        method="GET",
        path="/v1/handoffs/{handoff_id}",
        handler=read,
        summary="Where a hand-off stands: queued, offered, accepted or returned",
        who=BUSINESS,
        answer=Handoff,
    ),
)
