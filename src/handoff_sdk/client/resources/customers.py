"""Customers: who writes.

Source: api.md, Who calls and Resources.
"""

from __future__ import annotations

from handoff_sdk.client.answer import noun_of
from handoff_sdk.client.request import body_of, command, given, path
from handoff_sdk.errors import FieldError, InvalidRequest
from handoff_sdk.models.customer import BlockCustomer, Customer, CustomerProfile, UpdateCustomer
from handoff_sdk.models.export import CustomerExport
from handoff_sdk.models.noun import Instant, Noun

from .resource import Resource

__all__ = ["AnonymousCustomer", "Customers"]


class AnonymousCustomer(Noun):
    """A customer without a name, and the token that speaks for them: ``HandoffClient(url, token=...)``."""

    customer: Customer
    token: str
    expires_at: Instant | None = None


class Customers(Resource):
    """``client.customers``."""

    async def anonymous(
        self,
        *,
        name: str | None = None,
        email: str | None = None,
        language: str | None = None,
        timezone: str | None = None,
        idempotency_key: str | None = None,
    ) -> AnonymousCustomer:
        """Make a customer who has not signed in. Needs no credential.

        Args:
            name: What they say of themselves, as all of these.
            email: Where they can be reached.
            language: A tag: ``de``, ``pt-BR``.
            timezone: A name: ``Europe/Berlin``.
            idempotency_key: Makes a repeated call harmless; one is made if left out.
        """
        said = given(name=name, email=email, language=language, timezone=timezone)
        body = body_of(command(CustomerProfile, said))
        answer = await self._send("POST", path("customers", "anonymous"), body, idempotency_key=idempotency_key)
        return noun_of(AnonymousCustomer, answer)

    async def get(self, customer_id: str) -> Customer:
        """One customer; with a customer's token ``"me"`` is the id of whose it is."""
        return await self._get(Customer, path("customers", customer_id))

    async def update(self, customer_id: str, **profile: object) -> Customer:
        """Change a customer's profile: keys given are set, ``None`` clears.

        Args:
            customer_id: The customer.
            profile: ``name``, ``email``, ``language``, ``timezone``, ``external_id``; further keys become attributes.
        """
        body = body_of(command(UpdateCustomer, profile))
        return noun_of(Customer, await self._send("PATCH", path("customers", customer_id), body))

    async def block(
        self, customer_id: str, *, blocked: bool = True, reason: str | None = None, idempotency_key: str | None = None
    ) -> Customer:
        """Keep a customer from writing and from starting conversations: both are ``forbidden``, and streams end.

        Args:
            customer_id: The customer.
            blocked: ``False`` lets them again.
            reason: Why; only staff sees it.
            idempotency_key: Makes a repeated call harmless; one is made if left out.
        """
        asked = command(BlockCustomer, given(customer_id=customer_id, blocked=blocked, reason=reason))
        where, body = path("customers", customer_id, "block"), body_of(asked, "customer_id")
        return noun_of(Customer, await self._send("POST", where, body, idempotency_key=idempotency_key))

    async def export(self, customer_id: str) -> CustomerExport:
        """All that is kept of a customer: profile, conversations with messages and tickets, ratings, attachments.

        Notes of agents are in it; look it through before you hand it on.
        """
        return await self._get(CustomerExport, path("customers", customer_id, "export"))

    async def delete(self, customer_id: str) -> None:
        """Erase a customer: conversations, tickets, attachments, who they were. Figures stay; it cannot be undone.

        Raises:
            Unavailable: It was not finished; the customer is blocked meanwhile. Ask again.
        """
        await self._send("DELETE", path("customers", customer_id))

    async def merge(
        self,
        customer_id: str,
        *,
        anonymous_token: str | None = None,
        anonymous_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Give an anonymous customer's conversations to the one they signed in as, and forget the anonymous one.

        Args:
            customer_id: Who signed in.
            anonymous_token: The token they had before. A customer's client must give it.
            anonymous_id: Or who they were before.
            idempotency_key: Makes a repeated call harmless; one is made if left out.

        Raises:
            InvalidRequest: Both were given, or neither.
        """
        if (anonymous_token is None) == (anonymous_id is None):
            problem = "give either anonymous_token or anonymous_id"
            raise InvalidRequest(f"anonymous_id: {problem}.", [FieldError("anonymous_id", problem)])
        body = given(anonymous_token=anonymous_token, anonymous_id=anonymous_id)
        where = path("customers", customer_id, "merge")
        return noun_of(Customer, await self._send("POST", where, body, idempotency_key=idempotency_key))
