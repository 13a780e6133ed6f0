"""Conversations: start, list, read, annotate, end.

Source: api.md, Resources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from handoff_sdk.core.responses import check_response
from handoff_sdk.errors import Conflict, ControlLost, Forbidden, MessagingOff, SessionEnded
from handoff_sdk.models.command import AnswerSurvey, EndSession, LeaveQueue, StartConversation, UpdateConversation
from handoff_sdk.models.conversation import Conversation, Owner
from handoff_sdk.models.customer import UpdateCustomer
from handoff_sdk.models.duration import Duration  # noqa: TC001 - pydantic reads it
from handoff_sdk.models.event import Actor
from handoff_sdk.models.message import Author, FormResponseContent, Message
from handoff_sdk.models.noun import Noun
from handoff_sdk.models.ticket import Status  # noqa: TC001 - pydantic reads it
from handoff_sdk.ports import ConversationFilter
from handoff_sdk.server import shown
from handoff_sdk.server.origins import require_listed
from handoff_sdk.server.page import Page, PageQuery, page
from handoff_sdk.server.route import ANYBODY, BOT, BUSINESS, CUSTOMER, STAFF, Route
from handoff_sdk.server.routes.customers import require_own

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp import web

    from handoff_sdk.models.customer import CustomerProfile
    from handoff_sdk.server.call import Call

__all__ = ["ROUTES", "Snapshot"]


class ConversationQuery(PageQuery):
    """Which conversations, newest first. ``customer``: an id of the desk's or the application's.

    ``status`` is the latest ticket's; ``silent_for``: no message for so long. Customers choose by ``brand`` alone.
    """

    customer: Annotated[str, Field(max_length=255)] | None = None
    owner: Owner | None = None
    brand: str | None = None
    status: Status | None = None
    silent_for: Duration | None = None
    last_author: Literal["customer", "bot", "agent"] | None = None


class Snapshot(Noun):
    """A conversation and its latest messages, as the caller may see them; events go on after ``cursor``.

    A customer's conversation says ``position``, ``wait``, ``speaker``, ``unread``, ``read_up_to`` (what agents have
    read) and ``survey`` (the latest) too.
    """

    conversation: Conversation
    messages: list[Message]
    cursor: str


async def start(call: Call, command: StartConversation) -> web.StreamResponse:
    """Start a conversation."""
    caller = call.caller
    if not caller.may_see(command.brand):
        raise Forbidden(f"The token is not good for the brand {command.brand!r}.")
    if command.message is not None and (caller.capacity == "bot" or not _by_customer(command.message.author)):
        raise Forbidden("A conversation's first message is its customer's; post others after it has started.")
    if caller.capacity == "customer":
        require_listed(call.request.headers.get("Origin"), call.request.host, command.brand, call.desk.config)
        call.service.writes.take(caller.scope)
    async with call.alone():
        kept = await call.replayed()
        if kept is not None:
            return kept
        customer_id = await _customer_of(call, command.customer)
        if command.message is not None:
            call.service.attachments.require_none(command.message.content)
            if isinstance(command.message.content, FormResponseContent):
                check_response(command.message.content, None)
            author = Author(type="customer", id=customer_id, name=command.customer.name or caller.name)
            message = command.message.model_copy(update={"author": author})
            command = command.model_copy(update={"message": message})
        actor = Actor(type="customer", id=customer_id)
        return await call.handle(command, actor, lambda outcome: shown.thread(caller, outcome.thread), 201)


def _by_customer(author: Author | None) -> bool:
    return author is None or author.type == "customer"


async def _customer_of(call: Call, profile: CustomerProfile) -> str:
    """The id of the customer whose conversation it will be, after what is said of them was taken in."""
    own = call.caller.customer_id
    if own is None:
        return (await call.desk.identify(profile)).id
    require_own(profile)
    if profile.model_fields_set:
        await call.desk.update_customer(own, UpdateCustomer.model_validate(profile.model_dump(exclude_unset=True)))
    return own


async def find(call: Call, query: ConversationQuery) -> web.StreamResponse:
    """List conversations."""
    caller = call.caller
    if caller.customer_id is not None and query.model_fields_set - {"brand", "limit", "page"}:
        raise Forbidden("Customers see their own conversations, and choose by 'brand' alone.")
    customer_id = caller.customer_id
    if query.customer is not None:
        customer = await call.desk.store.customer(query.customer)
        customer = customer or await call.desk.store.customer_by(external_id=query.customer)
        if customer is None:
            return call.told({"items": [], "next": None})
        customer_id = customer.id
    which = ConversationFilter(
        customer_id=customer_id,
        owner=query.owner,
        brand=query.brand,
        status=query.status,
        last_author=query.last_author,
        silent_since=call.desk.clock.now() - query.silent_for if query.silent_for is not None else None,
    )
    found = await _visible(call, which, query)
    return call.told(
        page(found, query.limit, lambda one: shown.conversation(caller, one), lambda one: one.id),
    )


async def _visible(call: Call, which: ConversationFilter, query: PageQuery) -> Sequence[Conversation]:
    """One more conversation than the page holds, of the brands that the caller may see."""
    found: list[Conversation] = []
    before, wanted = query.page, query.limit + 1
    while len(found) < wanted:
        batch = await call.desk.queries.conversations(which, before, wanted)
        found += [conversation for conversation in batch if call.caller.may_see(conversation.brand)]
        if len(batch) < wanted:
            break
        before = batch[-1].id
    return found[:wanted]


async def read(call: Call) -> web.StreamResponse:
    """Read a conversation."""
    conversation = await call.conversation(call.request.match_info["conversation_id"])
    return call.told(shown.conversation(call.caller, conversation))


async def update(call: Call, command: UpdateConversation) -> web.StreamResponse:
    """Change metadata or state."""
    conversation = await call.conversation(command.conversation_id)
    caller = call.caller
    actor = Actor(type=caller.role) if caller.capacity == "staff" and caller.role else call.actor(conversation)
    return await call.handle(command, actor, lambda outcome: shown.thread(caller, outcome.thread))


async def snapshot(call: Call) -> web.StreamResponse:
    """Read a conversation with its messages."""
    conversation = await call.conversation(call.request.match_info["conversation_id"])
    told = await call.desk.snapshots.of(conversation.id, call.caller.audience)
    messages = [call.service.attachments.shown(message) for message in told["messages"]]
    return call.told(told | {"messages": messages})


async def end_session(call: Call, command: EndSession) -> web.StreamResponse:
    """End the session."""
    return await _ended(call, command)


async def leave_queue(call: Call, command: LeaveQueue) -> web.StreamResponse:
    """Leave the queue."""
    return await _ended(call, command)


async def answer_survey(call: Call, command: AnswerSurvey) -> web.StreamResponse:
    """Answer how it went."""
    return await _ended(call, command)


async def _ended(call: Call, command: EndSession | LeaveQueue | AnswerSurvey) -> web.StreamResponse:
    caller = call.caller
    if caller.capacity == "customer":
        call.service.writes.take(caller.scope)
    conversation = await call.conversation(command.conversation_id)
    return await call.handle(command, call.actor(conversation), lambda outcome: shown.thread(caller, outcome.thread))


ROUTES = (
    Route(
        method="POST",
        path="/v1/conversations",
        handler=start,
        summary="Start a conversation",
        who=CUSTOMER | BOT | STAFF,
        command=StartConversation,
        answer=Conversation,
        status=201,
        errors=(MessagingOff,),
    ),
    Route(
        method="GET",
        path="/v1/conversations",
        handler=find,
        summary="List conversations, newest first",
        who=ANYBODY,
        query=ConversationQuery,
        answer=Page[Conversation],
    ),
    Route(
        method="GET",
        path="/v1/conversations/{conversation_id}",
        handler=read,
        summary="One conversation, with its owner, epoch, session and latest ticket",
        who=ANYBODY,
        answer=Conversation,
    ),
    Route(
        method="PATCH",
        path="/v1/conversations/{conversation_id}",
        handler=update,
        summary="Change the application's metadata or the bot's state",
        who=BUSINESS,
        command=UpdateConversation,
        answer=Conversation,
    ),
    Route(
        method="GET",
        path="/v1/conversations/{conversation_id}/snapshot",
        handler=snapshot,
        summary="A conversation with its latest messages, as the caller may see it; events go on after its cursor",
        who=ANYBODY,
        answer=Snapshot,
    ),
    Route(
        method="POST",
        path="/v1/conversations/{conversation_id}/end_session",
        handler=end_session,
        summary="End the session; with a live ticket control returns",
        who=ANYBODY,
        command=EndSession,
        answer=Conversation,
        errors=(ControlLost, SessionEnded),
    ),
    Route(
        method="POST",
        path="/v1/conversations/{conversation_id}/leave_queue",
        handler=leave_queue,
        summary="Leave the queue as the customer, or cancel the hand-off as the bot",
        who=CUSTOMER | BOT | STAFF,
        command=LeaveQueue,
        answer=Conversation,
        errors=(Conflict,),
    ),
    Route(
        method="POST",
        path="/v1/conversations/{conversation_id}/survey",
        handler=answer_survey,
        summary="Answer how the latest solved ticket went; a later answer replaces it",
        who=CUSTOMER | STAFF,
        command=AnswerSurvey,
        answer=Conversation,
        errors=(Conflict,),
    ),
)
