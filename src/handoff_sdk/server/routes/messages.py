"""Messages, and what happens around them: typing, reading, delivery.

Source: api.md, Resources and Who calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from handoff_sdk.core.responses import check_response
from handoff_sdk.core.views import message_for_customer
from handoff_sdk.errors import ControlLost, Forbidden, InvalidRequest, MissingFields, NotFound, SessionEnded
from handoff_sdk.models.command import PostMessage, RecordActivity, RedactMessage
from handoff_sdk.models.message import Author, FormResponseContent, Message
from handoff_sdk.models.noun import Command, Identifier, Noun
from handoff_sdk.server import shown
from handoff_sdk.server.page import Page
from handoff_sdk.server.route import AGENT, ANYBODY, STAFF, Route

if TYPE_CHECKING:
    from aiohttp import web

    from handoff_sdk.models.conversation import Conversation
    from handoff_sdk.models.event import Actor
    from handoff_sdk.models.message import AuthorType
    from handoff_sdk.server.auth import Caller
    from handoff_sdk.server.call import Call
    from handoff_sdk.server.route import Capacity

__all__ = ["ROUTES"]

_RECEIPTS = frozenset({"delivered", "failed"})
_SPEAKS_AS: dict[Capacity, AuthorType] = {"customer": "customer", "bot": "bot", "staff": "customer", "agent": "agent"}


class HistoryQuery(Command):
    """Which part of the history, oldest first: the latest, what is ``before`` a message, or ``after`` one."""

    before: Identifier | None = None
    after: Identifier | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 25

    @model_validator(mode="after")
    def _one_way(self) -> HistoryQuery:
        if self.before is not None and self.after is not None:
            message = "give 'before' or 'after', not both"
            raise ValueError(message)
        return self


class Nothing(Noun):
    """Done; there is nothing to tell."""


async def post(call: Call, command: PostMessage) -> web.StreamResponse:
    """Post a message or a note."""
    caller = call.caller
    if caller.capacity == "customer":
        call.service.writes.take(caller.scope)
    conversation = await call.conversation(command.conversation_id)
    actor = call.actor(conversation)
    command = command.model_copy(update={"author": _author(caller, actor, command.author)})
    if isinstance(command.content, FormResponseContent):
        asked = await call.desk.store.message(command.content.form)
        check_response(command.content, asked if asked and asked.conversation_id == conversation.id else None)
    command = await call.service.attachments.sent(command, conversation.id, caller)
    return await call.handle(command, actor, lambda outcome: shown.message(caller, outcome.message), 201)


def _author(caller: Caller, actor: Actor, given: Author | None) -> Author:
    """Who speaks: the one the body names, if the credential may speak as them; else the one it speaks as by itself.

    Raises:
        Forbidden: the credential may not speak as them.
    """
    if given is not None:
        if given.type != actor.type:
            raise Forbidden(_not_as(given.type, caller.capacity))
        # A bot that names itself is checked where the conversation's owner is.
        if given.id not in (None, actor.id) and caller.capacity != "bot":
            raise Forbidden(f"The credential does not speak as the {given.type} {given.id!r} here.")
    if caller.capacity == "bot":
        return Author(type="bot", id=given.id if given and given.id else actor.id)
    name = given.name if given and caller.capacity == "staff" else caller.name
    return Author(type=given.type if given else _SPEAKS_AS[caller.capacity], id=actor.id, name=name)


def _not_as(author: str, capacity: str) -> str:
    if author == "system":
        return "System lines are the engine's own."
    if capacity == "staff":
        agent = " Say for which agent with the header Handoff-Agent." if author == "agent" else ""
        return f"An integrator's or admin's key speaks as the customer or for an agent.{agent}"
    return f"The credential speaks as {capacity}, not as {author}."


async def history(call: Call, query: HistoryQuery) -> web.StreamResponse:
    """Read the history."""
    conversation = await call.conversation(call.request.match_info["conversation_id"])
    caller = call.caller
    found = await call.desk.queries.messages(
        conversation.id, before=query.before, after=query.after, limit=query.limit + 1, audience=caller.audience
    )
    more = len(found) > query.limit
    forward = query.after is not None
    items = found[: query.limit] if forward else found[-query.limit :]
    last = items[-1 if forward else 0].id if more else None
    signed = call.service.attachments.shown
    told = [
        signed(message_for_customer(each) if caller.customer_id else each.model_dump(mode="json")) for each in items
    ]
    return call.told({"items": told, "next": last})


async def redact(call: Call, command: RedactMessage) -> web.StreamResponse:
    """Take back what a message said."""
    conversation = await call.conversation(command.conversation_id)
    message = await call.desk.store.message(command.message_id)
    if message is None or message.conversation_id != conversation.id:
        raise NotFound(f"There is no message {command.message_id} in conversation {conversation.id}.")
    await _require_theirs(call, conversation, message)
    # The file goes first: a call that broke off is made again while the message still names it.
    await call.service.attachments.drop(message)
    return await call.handle(command, call.auditor, lambda outcome: shown.message(call.caller, outcome.message))


async def _require_theirs(call: Call, conversation: Conversation, message: Message) -> None:
    """Let agents redact in what they work on, and leads anywhere.

    Raises:
        Forbidden: it is none of the agent's business.
    """
    caller = call.caller
    if caller.capacity != "agent" or caller.leads:
        return
    tickets = [conversation.ticket]
    if message.ticket_id is not None:
        tickets.append(await call.desk.store.ticket(message.ticket_id))
    if caller.agent_id not in {ticket.assignee for ticket in tickets if ticket is not None}:
        raise Forbidden("Messages are redacted by the agent who has the ticket, or by a lead.")


async def activity(call: Call, command: RecordActivity) -> web.StreamResponse:
    """Record typing or a receipt."""
    caller = call.caller
    if caller.capacity == "customer":
        call.service.activity.take(caller.scope)
    if command.type in _RECEIPTS:
        if caller.capacity != "staff":
            raise Forbidden("Channel adapters report what was delivered or failed, with an integrator's key.")
        if command.message_id is None:
            raise InvalidRequest(f"Which message was {command.type}? Give its 'message_id'.")
    conversation = await call.conversation(command.conversation_id)
    actor = call.actor(conversation)

    async def record() -> object:
        await call.desk.handle(command, actor)
        return {}

    return await call.once(record)


ROUTES = (
    Route(
        method="POST",
        path="/v1/conversations/{conversation_id}/messages",
        handler=post,
        summary="Post a message, or an internal note",
        who=ANYBODY,
        command=PostMessage,
        answer=Message,
        status=201,
        errors=(ControlLost, MissingFields, SessionEnded),
    ),
    Route(
        method="GET",
        path="/v1/conversations/{conversation_id}/messages",
        handler=history,
        summary="The history, oldest first; 'next' is the id for 'after' where that was asked for, else for 'before'",
        who=ANYBODY,
        query=HistoryQuery,
        answer=Page[Message],
    ),
    Route(
        method="POST",
        path="/v1/conversations/{conversation_id}/messages/{message_id}/redact",
        handler=redact,
        summary="Take back what a message said, everywhere it is kept, with its attachment",
        who=STAFF | AGENT,
        command=RedactMessage,
        answer=Message,
    ),
    Route(
        method="POST",
        path="/v1/conversations/{conversation_id}/activity",
        handler=activity,
        summary="Tell of typing, reading or delivery",
        who=ANYBODY,
        command=RecordActivity,
        answer=Nothing,
    ),
)
