"""The relay: outgoing webhooks, each with a courier of its own, and what people do with them.

Those of the configuration are changed there alone; the store knows them again by their name, or else by their URL, so
that a restart goes on where they stopped.

Source: api.md, Resources (webhooks) and Webhooks out; house page, rooms (``relay.py``).
"""

from __future__ import annotations

import secrets as chance
from base64 import b64encode
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.core.hooks import OVERLAP, disabled, resumed, tried
from handoff_sdk.desk.courier import Courier
from handoff_sdk.desk.office import event_about
from handoff_sdk.errors import Conflict, FieldError, InvalidRequest, NotFound, Unavailable
from handoff_sdk.models.event import Event
from handoff_sdk.models.webhook import WHSEC, Delivery, Webhook, WebhookWithSecret
from handoff_sdk.ports import Change, HookChange, HookSecret, KeptWebhook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from handoff_sdk.desk.jobs import Jobs
    from handoff_sdk.desk.office import Office
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.outbound import WebhookConfig
    from handoff_sdk.models.webhook import CreateWebhook, DeliveryState, ResumeWebhook, RotateSecret, UpdateWebhook

__all__ = ["Relay"]

_MOST_WEBHOOKS: Final = 100
_MOST_SECRETS: Final = 5
_MOST_PENDING: Final = 10_000
_SECRET_BYTES: Final = 32


class Relay:
    """The desk's webhooks.

    Args:
        office: What couriers work with; ``None``: nothing is posted, and no webhook can be made.
        jobs: Where couriers run; ``None``: they do only what ``rest`` has them do.
    """

    def __init__(self, office: Office | None, jobs: Jobs | None) -> None:
        self._office = office
        self._jobs = jobs
        self._couriers: dict[str, Courier] = {}
        self._testing: set[str] = set()
        self._allowed: Sequence[str] = ()

    async def start(self, config: DeskConfig) -> None:
        """Go on with all webhooks where they stopped, those of the configuration as it has them."""
        office = self._office
        if office is None:
            return
        await self._allow(office, config.webhooks_allow)
        kept = {one.webhook.id: one for one in await office.store.webhooks()}
        wanted = _wanted(config)
        revived: set[str] = set()
        for webhook_id, configured in wanted.items():
            known = kept.get(webhook_id)
            made = _as_configured(configured, known, webhook_id, office.hub.cursor, office.clock.now())
            if made != known:
                await office.write(Change(hook=HookChange(made, new=known is None)))
                kept[webhook_id] = made
                if known is not None and known.webhook.url != made.webhook.url:
                    revived.add(webhook_id)
        for one in kept.values():
            if one.webhook.source == "config" and one.webhook.id not in wanted:
                await office.store.drop_webhook(one.webhook.id)
            else:
                pending = await office.store.deliveries(one.webhook.id, state="pending", limit=_MOST_PENDING)
                courier = Courier(office, one, pending)
                if one.webhook.id in revived:
                    await courier.resume(one.webhook, skip=False)
                self._begin(courier)

    async def configure(self, config: DeskConfig) -> None:
        """Have the webhooks of another configuration: new ones begin, those that are gone are forgotten."""
        office = self._office
        if office is None:
            return
        await self._allow(office, config.webhooks_allow)
        wanted = _wanted(config)
        for webhook in self.all():
            if webhook.source == "config" and webhook.id not in wanted:
                await self._forget(webhook.id)
        for webhook_id, configured in wanted.items():
            courier = self._couriers.get(webhook_id)
            known = KeptWebhook(courier.webhook, courier.secrets) if courier is not None else None
            made = _as_configured(configured, known, webhook_id, office.hub.cursor, office.clock.now())
            if courier is None or known is None:
                await office.write(Change(hook=HookChange(made, new=True)))
                self._begin(Courier(office, made))
            elif made != known:
                await courier.set(made.webhook, made.secrets)
                if known.webhook.url != made.webhook.url:
                    await courier.resume(courier.webhook, skip=False)

    async def stop(self) -> None:
        """Keep where all of them stand, and let go of connections; the couriers' jobs have been stopped before."""
        for courier in self._couriers.values():
            # What cannot be kept is posted again at the next start.
            with suppress(Unavailable):
                await courier.save()
            courier.leave()
        self._couriers.clear()
        if self._office is not None:
            await self._office.sender.close()

    async def rest(self) -> None:
        """Post everything that can be at this instant."""
        while any([await courier.rest() for courier in self._couriers.values()]):
            pass

    @property
    def calls_bots(self) -> bool:
        """Whether one of the webhooks wants to hear that turns wait."""
        return any(courier.calls_bots for courier in self._couriers.values())

    def call(self, event: Event) -> None:
        """Post that a turn waits to the webhooks that want to hear of it: once, kept nowhere."""
        for courier in self._couriers.values():
            if courier.calls_bots:
                courier.call(event)

    def next_due(self) -> datetime | None:
        """The earliest instant at which something is tried again."""
        return min((at for courier in self._couriers.values() if (at := courier.next_at) is not None), default=None)

    def all(self) -> list[Webhook]:
        """All webhooks, oldest first."""
        webhooks = [courier.webhook for courier in self._couriers.values()]
        return sorted(webhooks, key=lambda webhook: (webhook.created_at, webhook.id))

    def find(self, webhook_id: str) -> Webhook:
        """One webhook.

        Raises:
            NotFound: There is none of this id.
        """
        return self._courier(webhook_id).webhook

    def with_secret(self, webhook_id: str) -> WebhookWithSecret:
        """A webhook and its present secret, to be told to who made or changed it."""
        courier = self._courier(webhook_id)
        return WebhookWithSecret(**courier.webhook.model_dump(), secret=courier.secrets[0].secret)

    async def create(self, command: CreateWebhook) -> Webhook:
        """Make a webhook, which gets what happens from now on.

        Raises:
            InvalidRequest: Nothing will be posted to this URL.
            Conflict: There are too many.
        """
        office = self._reachable(command.url)
        if len(self._couriers) >= _MOST_WEBHOOKS:
            raise Conflict(f"There are {_MOST_WEBHOOKS} webhooks already; delete one that is not used any more.")
        webhook = Webhook(
            id=office.new_id("whk"),
            url=command.url,
            name=command.name,
            events=command.events,
            created_at=office.clock.now(),
            cursor=office.hub.cursor,
        )
        kept = KeptWebhook(webhook, (HookSecret(command.secret or _fresh_secret()),))
        await office.write(Change(hook=HookChange(kept, new=True)))
        self._begin(Courier(office, kept))
        return webhook

    async def update(self, command: UpdateWebhook) -> Webhook:
        """Change a webhook's URL, events or name.

        Raises:
            NotFound: There is none of this id.
            Conflict: It is the configuration's.
            InvalidRequest: Nothing will be posted to this URL.
        """
        courier = self._own(command.webhook_id)
        if command.url is not None:
            self._reachable(command.url)
        changes = {name: getattr(command, name) for name in command.model_fields_set - {"webhook_id"}}
        if None in (changes.get("url", ""), changes.get("events", ())):
            raise InvalidRequest("A webhook has a url and events; they cannot be null.")
        await courier.set(courier.webhook.model_copy(update=changes))
        return courier.webhook

    async def rotate(self, command: RotateSecret) -> Webhook:
        """Give a webhook another secret; the one before signs too for a day.

        Raises:
            NotFound: There is none of this id.
            Conflict: It is the configuration's, or was changed too often within a day.
            InvalidRequest: It is the secret already.
        """
        courier, office = self._own(command.webhook_id), self._at_work()
        now = office.clock.now()
        secret = command.secret or _fresh_secret()
        if secret == courier.secrets[0].secret:
            raise InvalidRequest("This is the webhook's secret already.", [FieldError("secret", "is in use already")])
        secrets = _rotated(courier.secrets, secret, now)
        if len(secrets) > _MOST_SECRETS:
            raise Conflict(f"The secret was changed {_MOST_SECRETS - 1} times within a day; wait until one is over.")
        await courier.set(courier.webhook.model_copy(update={"overlap_until": now + OVERLAP}), secrets)
        return courier.webhook

    async def disable(self, webhook_id: str) -> Webhook:
        """Post nothing any more to a webhook until it is resumed."""
        courier, office = self._courier(webhook_id), self._at_work()
        if courier.webhook.state != "disabled":
            now = office.clock.now()
            webhook = disabled(courier.webhook, "by_hand", now)
            await courier.set(webhook, None, event_about(webhook, "webhook.disabled", now, office.new_id))
        return courier.webhook

    async def resume(self, command: ResumeWebhook) -> Webhook:
        """Post again, and what waits at once; or, with ``skip``, only what happens from now on."""
        courier = self._courier(command.webhook_id)
        await courier.resume(resumed(courier.webhook), skip=command.skip)
        return courier.webhook

    async def delete(self, webhook_id: str) -> None:
        """Forget a webhook and its deliveries.

        Raises:
            NotFound: There is none of this id.
            Conflict: It is the configuration's.
        """
        self._own(webhook_id)
        await self._forget(webhook_id)

    async def test(self, webhook_id: str) -> Delivery:
        """Post a ``webhook.test`` once, whatever state the webhook is in; it is neither kept nor tried again.

        Raises:
            NotFound: There is no such webhook.
            Conflict: Another test of it is under way.
        """
        courier, office = self._courier(webhook_id), self._at_work()
        if webhook_id in self._testing:
            raise Conflict("A test of this webhook is under way.")
        now = office.clock.now()
        data = {"webhook_id": webhook_id}
        event = Event(id=office.new_id("evt"), type="webhook.test", at=now, actor=SYSTEM, data=data)
        self._testing.add(webhook_id)
        try:
            posted = await courier.post(event)
        finally:
            self._testing.discard(webhook_id)
        delivery = Delivery(
            id=office.new_id("dlv"),
            webhook_id=webhook_id,
            event_id=event.id,
            event_type=event.type,
            created_at=now,
            round_at=now,
        )
        over = tried(delivery, posted.status, posted.seconds, posted.error, now=office.clock.now(), chance=0)
        return over if over.state == "delivered" else over.model_copy(update={"state": "failed", "next_at": None})

    async def deliveries(
        self, webhook_id: str, state: DeliveryState | None, before: str | None, limit: int
    ) -> Sequence[Delivery]:
        """Deliveries to a webhook, newest first: those that wait, and the last thousand or so."""
        await self._courier(webhook_id).save()
        return await self._at_work().store.deliveries(webhook_id, state=state, before=before, limit=limit)

    async def redeliver(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Try a delivery at once, also one that was settled.

        Raises:
            NotFound: There is no such delivery.
            Conflict: The webhook is disabled, so much waits already, or the event is not kept any more.
        """
        courier, office = self._courier(webhook_id), self._at_work()
        await courier.save()
        delivery = await office.store.delivery(delivery_id)
        if delivery is None or delivery.webhook_id != webhook_id:
            raise NotFound(f"There is no delivery {delivery_id} to this webhook.")
        if courier.webhook.state == "disabled":
            raise Conflict("The webhook is disabled; resume it first.")
        if delivery.state != "pending" and courier.full:
            raise Conflict("Too many deliveries to this webhook wait; try again when there are fewer.")
        if await office.store.event(delivery.event_id) is None:
            raise Conflict("The event is not kept any more.")
        return await courier.redeliver(delivery)

    def _begin(self, courier: Courier) -> None:
        webhook_id = courier.webhook.id
        self._couriers[webhook_id] = courier
        if self._jobs is not None:
            self._jobs.start(_job(webhook_id), courier.run)

    async def _allow(self, office: Office, hosts: Sequence[str]) -> None:
        if hosts != self._allowed:
            await office.sender.allow(hosts)
            self._allowed = hosts

    async def _forget(self, webhook_id: str) -> None:
        courier = self._couriers.pop(webhook_id)
        if self._jobs is not None:
            await self._jobs.stop(_job(webhook_id))
        courier.leave()
        await self._at_work().store.drop_webhook(webhook_id)

    def _courier(self, webhook_id: str) -> Courier:
        courier = self._couriers.get(webhook_id)
        if courier is None:
            raise NotFound(f"There is no webhook {webhook_id}.")
        return courier

    def _own(self, webhook_id: str) -> Courier:
        """The courier of a webhook that may be changed here."""
        courier = self._courier(webhook_id)
        if courier.webhook.source == "config":
            raise Conflict("This webhook stands in the configuration; change it there.")
        return courier

    def _at_work(self) -> Office:
        if self._office is None:
            raise Unavailable("This desk posts nothing: it was made without a sender.")
        return self._office

    def _reachable(self, url: str) -> Office:
        office = self._at_work()
        problem = office.sender.refusal(url)
        if problem is not None:
            raise InvalidRequest(f"url: {problem}", [FieldError("url", problem)])
        return office


def _job(webhook_id: str) -> str:
    return f"webhook {webhook_id}"


def _wanted(config: DeskConfig) -> dict[str, WebhookConfig]:
    return {_configured_id(webhook): webhook for webhook in config.webhooks}


def _configured_id(config: WebhookConfig) -> str:
    return f"whk_{sha256(config.key.encode()).hexdigest()[:28]}"


def _as_configured(
    config: WebhookConfig, known: KeptWebhook | None, webhook_id: str, cursor: int, now: datetime
) -> KeptWebhook:
    """A webhook as the configuration has it. One with another URL begins anew; another secret overlaps with the old."""
    if known is None:
        webhook = Webhook(
            id=webhook_id,
            url=config.url,
            name=config.name,
            events=config.events,
            source="config",
            created_at=now,
            cursor=cursor,
        )
        return KeptWebhook(webhook, (HookSecret(config.secret),))
    changes = {"url": config.url, "events": config.events, "name": config.name}
    webhook = known.webhook.model_copy(update=changes)
    if config.url != known.webhook.url:
        webhook = resumed(webhook)
    if config.secret == known.secrets[0].secret:
        return replace(known, webhook=webhook)
    webhook = webhook.model_copy(update={"overlap_until": now + OVERLAP})
    return KeptWebhook(webhook, _rotated(known.secrets, config.secret, now)[:_MOST_SECRETS])


def _rotated(secrets: Sequence[HookSecret], secret: str, now: datetime) -> tuple[HookSecret, ...]:
    """Secrets with another one in front; those before sign until they are over."""
    over = (HookSecret(each.secret, each.until or now + OVERLAP) for each in secrets)
    still = (each for each in over if each.until is not None and each.until > now)
    return (HookSecret(secret), *still)


def _fresh_secret() -> str:
    return WHSEC + b64encode(chance.token_bytes(_SECRET_BYTES)).decode()
