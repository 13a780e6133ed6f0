"""Customers: finding, making, changing and merging them.

Source: api.md, Who calls; facts on authentication (an email of somebody else's is refused).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handoff_sdk.desk.locks import KeyedLock
from handoff_sdk.errors import Conflict, Forbidden, InvalidRequest, NotFound
from handoff_sdk.models.customer import Customer
from handoff_sdk.ports import Change, IdentityTaken

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff_sdk.desk.threads import Threads
    from handoff_sdk.models.command import SendProactive
    from handoff_sdk.models.customer import BlockCustomer, CustomerProfile, UpdateCustomer
    from handoff_sdk.ports import Clock, Store

__all__ = ["People"]

_FIELDS = ("external_id", "name", "email", "language", "timezone")


class People:
    """The desk's customers."""

    def __init__(self, store: Store, clock: Clock, new_id: Callable[[str], str], threads: Threads) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._threads = threads
        self._locks = KeyedLock()

    async def identify(self, profile: CustomerProfile) -> Customer:
        """The customer of a profile, found by external id or made, with what the profile says."""
        known = profile.external_id and await self._store.customer_by(external_id=profile.external_id)
        customer = known or Customer(id=self._new_id("cus"), created_at=self._clock.now())
        try:
            return await self._keep(customer, profile, new=not known)
        except IdentityTaken:
            return await self.identify(profile)

    async def addressed(self, command: SendProactive) -> Customer:
        """Whom a proactive message is for: the conversation's customer, or the one described; made if need be.

        With ``dry_run`` nobody is made, and what is said of the customer is not kept.

        Raises:
            NotFound: There is no such conversation.
            InvalidRequest: It is somebody else's.
        """
        described = command.customer
        if command.conversation_id is not None:
            customer = (await self._threads.get(command.conversation_id)).customer
            if described.external_id is None:
                return customer
            if described.external_id != customer.external_id:
                raise InvalidRequest(f"conversation_id: it is not one of the customer {described.external_id!r}.")
        if not command.dry_run:
            return await self.identify(described)
        known = await self._store.customer_by(external_id=described.external_id)
        return _with(known or Customer(id=self._new_id("cus"), created_at=self._clock.now()), described)

    async def update(self, customer_id: str, profile: UpdateCustomer) -> Customer:
        """A customer with a changed profile."""
        customer = await self._store.customer(customer_id)
        if customer is None:
            raise NotFound(f"There is no customer {customer_id}.")
        try:
            return await self._keep(customer, profile)
        except IdentityTaken:
            raise Forbidden(f"The external id {profile.external_id!r} belongs to another customer.") from None

    async def merge(self, anonymous_id: str, customer_id: str) -> Customer:
        """The signed-in customer, who now has the anonymous one's conversations."""
        anonymous, customer = await self._store.customer(anonymous_id), await self._store.customer(customer_id)
        if anonymous is None or customer is None:
            raise NotFound(f"There is no customer {customer_id if anonymous else anonymous_id}.")
        if not anonymous.anonymous:
            raise Conflict(
                "Only an anonymous customer's conversations can be given to another; this one has signed in."
            )
        if anonymous_id != customer_id:
            for conversation_id in await self._store.merge_customers(anonymous_id, customer_id):
                self._threads.forget(conversation_id)
        return customer

    async def block(self, command: BlockCustomer) -> Customer:
        """A customer who is kept from writing, or is not any more."""
        async with self._locks(command.customer_id):
            customer = await self._store.customer(command.customer_id)
            if customer is None:
                raise NotFound(f"There is no customer {command.customer_id}.")
            reason = command.reason if command.blocked else None
            changed = customer.model_copy(update={"blocked": command.blocked, "blocked_reason": reason})
            if changed != customer:
                await self._store.submit(Change(customer=changed))
                self._threads.update_customer(changed)
            return changed

    async def forget(self, customer_id: str) -> None:
        """Forget a customer who has no conversations any more."""
        async with self._locks(customer_id):
            await self._store.erase_customer(customer_id)
            self._threads.forget_customer(customer_id)

    async def _keep(self, customer: Customer, profile: CustomerProfile, *, new: bool = False) -> Customer:
        changed = _with(customer, profile)
        if changed == customer and not new:
            return customer
        async with self._locks(customer.id):
            # As it is now: whoever changed it meanwhile is not undone.
            latest = None if new else await self._store.customer(customer.id)
            if latest is not None:
                customer, changed = latest, _with(latest, profile)
            if changed.email is not None and changed.email != customer.email:
                await self._check_email(changed)
            await self._store.submit(Change(customer=changed))
            if not new:
                self._threads.update_customer(changed)
            return changed

    async def _check_email(self, customer: Customer) -> None:
        owner = await self._store.customer_by(email=customer.email)
        if owner is not None and owner.id != customer.id and owner.external_id is not None:
            raise Forbidden(f"The email {customer.email!r} belongs to another customer.")


def _with(customer: Customer, profile: CustomerProfile) -> Customer:
    """A customer with what a profile says of them."""
    given = profile.model_fields_set
    changes: dict[str, Any] = {name: getattr(profile, name) for name in _FIELDS if name in given}
    if profile.attributes:
        merged = customer.attributes | profile.attributes
        changes["attributes"] = {name: value for name, value in merged.items() if value is not None}
    return customer.model_copy(update=changes)
