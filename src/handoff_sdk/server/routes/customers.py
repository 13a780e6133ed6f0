"""Customers: anonymous ones, profiles, and who turns out to be whom.

Source: api.md, Who calls and Resources.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import Field, model_validator
from pydantic_core import from_json, to_json

from handoff_sdk.desk.exporting import conversations_of, exported
from handoff_sdk.errors import Conflict, Forbidden, InvalidRequest, NotFound, RateLimited
from handoff_sdk.models.customer import BlockCustomer, Customer, CustomerProfile, Language, TimeZone, UpdateCustomer
from handoff_sdk.models.export import CustomerExport, GivenRating
from handoff_sdk.models.noun import Command, Identifier, Instant, Noun
from handoff_sdk.server import shown
from handoff_sdk.server.route import BOT, BUSINESS, CUSTOMER, STAFF, Route
from handoff_sdk.server.tokens import ANONYMOUS_FOR

if TYPE_CHECKING:
    from aiohttp import web

    from handoff_sdk.server.call import Call

__all__ = ["ROUTES", "require_own"]

_ME = "me"
_OWN = frozenset({"name", "email", "language", "timezone"})


class Nothing(Noun):
    """Done; there is nothing to tell."""


class NewAnonymous(Command):
    """What somebody without an account says of themselves."""

    name: str | None = Field(default=None, max_length=255)
    email: str | None = Field(default=None, max_length=320)
    language: Language | None = None
    timezone: TimeZone | None = None


class Anonymous(Noun):
    """An anonymous customer, and the token that they come with from now on."""

    customer: Customer
    token: str
    expires_at: Instant


class Merge(Command):
    """Who the customer was before: by the token they had (customers), or by id (integrators)."""

    anonymous_token: str | None = Field(default=None, max_length=8192)
    anonymous_id: Identifier | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Merge:
        if (self.anonymous_token is None) == (self.anonymous_id is None):
            message = "give either 'anonymous_token' or 'anonymous_id'"
            raise ValueError(message)
        return self


async def make_anonymous(call: Call, command: NewAnonymous) -> web.StreamResponse:
    """Make an anonymous customer and their token."""
    if not call.desk.config.auth.anonymous:
        raise Forbidden("Customers have to sign in here.")
    address = f"address:{call.address}"
    call.service.anonymous.take(address)

    async def make() -> object:
        profile = CustomerProfile.model_validate(command.model_dump(exclude_unset=True))
        customer = await call.desk.identify(profile)
        expires_at = (call.desk.clock.now() + ANONYMOUS_FOR).replace(microsecond=0)
        return {"customer": shown.customer(None, customer), "expires_at": expires_at}

    async def reveal(kept: bytes) -> bytes:
        """The token opens the customer's conversations: it is made anew, not kept."""
        answer = from_json(kept)
        token = await call.service.authority.anonymous_token(
            answer["customer"]["id"], datetime.fromisoformat(answer["expires_at"])
        )
        return to_json(answer | {"token": token})

    return await call.once(make, 201, scope=address, reveal=reveal)


async def read(call: Call) -> web.StreamResponse:
    """Read a profile."""
    return call.told(shown.customer(call.caller, await call.desk.queries.customer(_customer_id(call))))


async def update(call: Call, command: UpdateCustomer) -> web.StreamResponse:
    """Change a profile."""
    caller = call.caller
    if caller.capacity == "customer":
        call.service.writes.take(caller.scope)
        require_own(command)
    customer = await call.desk.update_customer(_customer_id(call), command)
    call.service.authority.forget(customer.id)
    return call.told(shown.customer(caller, customer))


async def merge(call: Call, command: Merge) -> web.StreamResponse:
    """Give an anonymous customer's conversations to the one who signed in."""
    caller, customer_id = call.caller, _customer_id(call)
    if caller.capacity == "customer" and (caller.anonymous or command.anonymous_token is None):
        raise Forbidden("A signed-in customer brings the anonymous_token that they had before.")

    async def merged() -> object:
        anonymous_id = command.anonymous_id
        if command.anonymous_token is not None:
            anonymous_id = await call.service.authority.anonymous_customer(command.anonymous_token)
        if anonymous_id is None or anonymous_id == customer_id:
            raise InvalidRequest("A customer cannot be merged with themselves.")
        customer = await call.desk.merge(anonymous_id, customer_id)
        call.service.authority.forget(anonymous_id)
        call.service.streams.end(f"customer:{anonymous_id}")
        return shown.customer(caller, customer)

    return await call.once(merged)


async def export(call: Call) -> web.StreamResponse:
    """Read all that is kept of a customer."""
    desk, attachments = call.desk, call.service.attachments
    customer = await desk.queries.customer(call.request.match_info["customer_id"])
    conversations = await exported(desk.store, customer.id)
    rated = (ticket for each in conversations for ticket in each.tickets)
    stored = [await desk.store.attachments_of(each.conversation.id) for each in conversations]
    call.audit(f"exported customer {customer.id}")
    told = CustomerExport(
        customer=customer,
        at=desk.clock.now(),
        conversations=tuple(conversations),
        ratings=tuple(
            GivenRating(ticket_id=ticket.id, rating=ticket.rating, comment=ticket.rating_comment)
            for ticket in rated
            if ticket.rating is not None
        ),
        attachments=tuple([await attachments.link(each) for of_one in stored for each in of_one]),
    ).model_dump(mode="json")
    for each in told["conversations"]:
        each["messages"] = [attachments.shown(message) for message in each["messages"]]
    return call.told(told)


async def erase(call: Call) -> web.StreamResponse:
    """Erase a customer."""
    desk, store = call.desk, call.desk.store
    customer = await desk.queries.customer(call.request.match_info["customer_id"])
    # From here on they send nothing more, so no file comes behind our back.
    await desk.block(BlockCustomer(customer_id=customer.id, blocked=True, reason="is being erased"))
    call.service.authority.forget(customer.id)
    call.service.streams.end(f"customer:{customer.id}")
    async for conversation in conversations_of(store, customer.id):
        for attachment in await store.attachments_of(conversation.id):
            await call.service.attachments.forget(attachment.id)
    await desk.erase(customer.id)
    call.service.authority.forget(customer.id)
    call.audit(f"erased customer {customer.id}")
    return call.told({})


async def block(call: Call, command: BlockCustomer) -> web.StreamResponse:
    """Keep a customer from writing, or let them again."""

    async def blocked() -> object:
        customer = await call.desk.block(command)
        call.service.authority.forget(customer.id)
        if customer.blocked:
            call.service.streams.end(f"customer:{customer.id}")
        call.audit(f"{'blocked' if customer.blocked else 'unblocked'} customer {customer.id}")
        return customer

    return await call.once(blocked)


def require_own(profile: CustomerProfile) -> None:
    """Let customers say of themselves what is theirs to say: who they are and what they pay is the application's.

    Raises:
        Forbidden: the profile says more.
    """
    if not profile.model_fields_set | profile.attributes.keys() <= _OWN:
        raise Forbidden(f"Customers say of themselves {', '.join(sorted(_OWN))}, and nothing else.")


def _customer_id(call: Call) -> str:
    """Which customer the path names; for customers only they themselves are there.

    Raises:
        NotFound: it is somebody else.
    """
    named, own = call.request.match_info["customer_id"], call.caller.customer_id
    if own is None:
        return named
    if named not in (_ME, own):
        raise NotFound(f"There is no customer {named}.")
    return own


ROUTES = (
    Route(
        method="POST",
        path="/v1/customers/anonymous",
        handler=make_anonymous,
        summary="Become an anonymous customer",
        who=None,
        command=NewAnonymous,
        answer=Anonymous,
        status=201,
        errors=(Forbidden, RateLimited),
    ),
    Route(
        method="GET",
        path="/v1/customers/{customer_id}",
        handler=read,
        summary="A customer's profile; customers call themselves 'me'",
        who=BUSINESS | CUSTOMER,
        answer=Customer,
    ),
    Route(
        method="PATCH",
        path="/v1/customers/{customer_id}",
        handler=update,
        summary="Change a profile: keys given are set, null clears",
        who=CUSTOMER | BOT | STAFF,
        command=UpdateCustomer,
        answer=Customer,
    ),
    Route(
        method="POST",
        path="/v1/customers/{customer_id}/merge",
        handler=merge,
        summary="Give an anonymous customer's conversations to the one who signed in",
        who=CUSTOMER | STAFF,
        command=Merge,
        answer=Customer,
        errors=(Conflict,),
    ),
    Route(
        method="POST",
        path="/v1/customers/{customer_id}/block",
        handler=block,
        summary="Keep a customer from writing and from starting conversations, or let them again",
        who=STAFF,
        command=BlockCustomer,
        answer=Customer,
    ),
    Route(
        method="GET",
        path="/v1/customers/{customer_id}/export",
        handler=export,
        summary="All that is kept of a customer, as one document",
        who=STAFF,
        answer=CustomerExport,
    ),
    Route(
        method="DELETE",
        path="/v1/customers/{customer_id}",
        handler=erase,
        summary="Erase a customer with all that was said; what is counted stays, as numbers",
        who=STAFF,
        answer=Nothing,
    ),
)
