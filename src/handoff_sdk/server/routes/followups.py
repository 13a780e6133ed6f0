"""Follow-ups: schedule, list and cancel them; proactive messages; the fuses of the channels.

Source: api.md, Resources; lifecycle.md, 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.errors import (
    Conflict,
    ControlLost,
    Forbidden,
    InvalidRequest,
    MessagingOff,
    NotFound,
    TemplateError,
    WindowClosed,
)
from handoff_sdk.models.command import CancelFollowup, ResumeFollowups, ScheduleFollowup, SendProactive
from handoff_sdk.models.event import Actor
from handoff_sdk.models.followup import Breaker, Followup
from handoff_sdk.models.noun import Noun
from handoff_sdk.server.route import BOT, BUSINESS, STAFF, Route

if TYPE_CHECKING:
    from aiohttp import web

    from handoff_sdk.desk.desk import Outcome
    from handoff_sdk.models.conversation import Conversation
    from handoff_sdk.server.call import Call

__all__ = ["ROUTES"]


class Followups(Noun):
    """A conversation's follow-ups, in the order they came up."""

    items: list[Followup]
    next: None = None


class Breakers(Noun):
    """The fuses of the channels on which follow-ups were sent, by channel."""

    items: list[Breaker]
    next: None = None


class Nothing(Noun):
    """Done; there is nothing to tell."""


async def schedule(call: Call, command: ScheduleFollowup) -> web.StreamResponse:
    """Schedule a follow-up."""
    conversation = await call.conversation(command.conversation_id)
    return await call.handle(command, _actor(call, conversation), _followup, 201)


async def listed(call: Call) -> web.StreamResponse:
    """List follow-ups."""
    conversation = await call.conversation(call.request.match_info["conversation_id"])
    return call.told(Followups(items=list(await call.desk.queries.followups(conversation.id))))


async def cancel(call: Call, command: CancelFollowup) -> web.StreamResponse:
    """Cancel a follow-up."""
    conversation = await call.conversation(command.conversation_id)
    return await call.handle(command, _actor(call, conversation), lambda _: Nothing())


async def proactive(call: Call, command: SendProactive) -> web.StreamResponse:
    """Send a proactive message."""
    if not call.caller.may_see(command.brand):
        raise Forbidden(f"The credential is not good for the brand {command.brand!r}.")
    if command.conversation_id is not None:
        await call.conversation(command.conversation_id)
    return await call.handle(command, Actor(type=call.caller.role or "integrator"), _followup, 201)


async def breakers(call: Call) -> web.StreamResponse:
    """List fuses."""
    return call.told(Breakers(items=list(call.desk.outreach.breakers())))


async def resume(call: Call, command: ResumeFollowups) -> web.StreamResponse:
    """Let follow-ups go out again on a channel."""
    return await call.once(lambda: call.desk.outreach.resume(command))


def _actor(call: Call, conversation: Conversation) -> Actor:
    """Staff schedule in their own name, bots and agents in theirs."""
    caller = call.caller
    return Actor(type=caller.role or "integrator") if caller.capacity == "staff" else call.actor(conversation)


def _followup(outcome: Outcome) -> Followup:
    if outcome.followup is None:
        raise TypeError(outcome)
    return outcome.followup


ROUTES = (
    Route(
        method="POST",
        path="/v1/conversations/{conversation_id}/followups",
        handler=schedule,
        summary="Schedule a follow-up: after a time, after a silence, or now; or try what it would meet",
        who=BUSINESS,
        command=ScheduleFollowup,
        answer=Followup,
        status=201,
        errors=(Conflict, ControlLost, TemplateError, WindowClosed),
    ),
    Route(
        method="GET",
        path="/v1/conversations/{conversation_id}/followups",
        handler=listed,
        summary="A conversation's follow-ups, with when they go out, their receipts, or why they were not sent",
        who=BUSINESS,
        answer=Followups,
    ),
    Route(
        method="DELETE",
        path="/v1/conversations/{conversation_id}/followups/{followup_id}",
        handler=cancel,
        summary="Cancel a follow-up; a ladder's step cancels the ladder",
        who=BUSINESS,
        command=CancelFollowup,
        answer=Nothing,
    ),
    Route(
        method="POST",
        path="/v1/proactive",
        handler=proactive,
        summary="Send one message to a customer who did not ask, or try what it would meet",
        who=STAFF | BOT,
        command=SendProactive,
        answer=Followup,
        status=201,
        errors=(Conflict, InvalidRequest, MessagingOff, NotFound, TemplateError, WindowClosed),
    ),
    Route(
        method="GET",
        path="/v1/followups/breakers",
        handler=breakers,
        summary="Channels, with the latest 50 follow-ups sent on each and which failed; 'open': no more are sent on it",
        who=STAFF,
        answer=Breakers,
    ),
    Route(
        method="POST",
        path="/v1/followups/breakers/{channel}/resume",
        handler=resume,
        summary="Send follow-ups on a channel again, on which too many had failed; it counts anew",
        who=STAFF,
        command=ResumeFollowups,
        answer=Breaker,
    ),
)
