"""Webhooks: where the engine posts events to.

Source: api.md, Resources (webhooks) and Webhooks out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from handoff_sdk.client.answer import noun_of
from handoff_sdk.client.request import body_of, command, given, path
from handoff_sdk.models.webhook import (
    CreateWebhook,
    Delivery,
    ResumeWebhook,
    RotateSecret,
    UpdateWebhook,
    Webhook,
    WebhookWithSecret,
)

from .resource import Resource

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    from handoff_sdk.client.pages import Pages
    from handoff_sdk.models.webhook import DeliveryState

__all__ = ["WebhookChanges", "Webhooks"]


class WebhookChanges(TypedDict, total=False):
    """What may be changed of a webhook; what is left out stays."""

    url: str
    events: Sequence[str]
    name: str | None


class Webhooks(Resource):
    """``client.webhooks``. Keys of integrators and admins may use it."""

    async def create(
        self,
        url: str,
        *,
        events: Sequence[str],
        secret: str | None = None,
        name: str | None = None,
        idempotency_key: str | None = None,
    ) -> WebhookWithSecret:
        """Have events posted to a URL from now on. This answer alone has the secret.

        Args:
            url: Where to: ``https://...``.
            events: Types (``ticket.solved``), all of a noun (``ticket.*``), or ``*``.
            secret: ``whsec_`` and the base64 of 24 to 64 bytes; made if left out.
            name: What people call it.
            idempotency_key: Makes a repeated call harmless; one is made if left out.
        """
        asked = command(CreateWebhook, given(url=url, events=tuple(events), secret=secret, name=name))
        answer = await self._send("POST", path("webhooks"), body_of(asked), idempotency_key=idempotency_key)
        return noun_of(WebhookWithSecret, answer)

    async def get(self, webhook_id: str) -> Webhook:
        """One webhook, and whether it works."""
        return await self._get(Webhook, path("webhooks", webhook_id))

    def list(self) -> Pages[Webhook]:
        """All webhooks, oldest first."""
        return self._list(Webhook, path("webhooks"))

    async def update(self, webhook_id: str, **changes: Unpack[WebhookChanges]) -> Webhook:
        """Change a webhook.

        Raises:
            Conflict: It stands in the configuration.
        """
        values = {name: tuple(value) if name == "events" else value for name, value in changes.items()}  # type: ignore[arg-type]
        asked = command(UpdateWebhook, {"webhook_id": webhook_id, **values})
        return noun_of(Webhook, await self._send("PATCH", path("webhooks", webhook_id), body_of(asked, "webhook_id")))

    async def delete(self, webhook_id: str) -> None:
        """Forget a webhook and its deliveries.

        Raises:
            Conflict: It stands in the configuration.
        """
        await self._send("DELETE", path("webhooks", webhook_id))

    async def rotate(
        self, webhook_id: str, *, secret: str | None = None, idempotency_key: str | None = None
    ) -> WebhookWithSecret:
        """Give a webhook another secret, which this answer alone has; the one before signs too for 24 hours."""
        asked = command(RotateSecret, given(webhook_id=webhook_id, secret=secret))
        where, body = path("webhooks", webhook_id, "rotate"), body_of(asked, "webhook_id")
        return noun_of(WebhookWithSecret, await self._send("POST", where, body, idempotency_key=idempotency_key))

    async def disable(self, webhook_id: str) -> Webhook:
        """Post nothing any more until it is resumed."""
        return noun_of(Webhook, await self._send("POST", path("webhooks", webhook_id, "disable")))

    async def resume(self, webhook_id: str, *, skip: bool = False) -> Webhook:
        """Post again, from where it stopped, or with ``skip`` only what happens from now on."""
        asked = command(ResumeWebhook, {"webhook_id": webhook_id, "skip": skip})
        where = path("webhooks", webhook_id, "resume")
        return noun_of(Webhook, await self._send("POST", where, body_of(asked, "webhook_id")))

    async def test(self, webhook_id: str) -> Delivery:
        """Post a ``webhook.test`` once; how that went is not kept."""
        return noun_of(Delivery, await self._send("POST", path("webhooks", webhook_id, "test")))

    def deliveries(
        self, webhook_id: str, *, state: DeliveryState | None = None, limit: int | None = None
    ) -> Pages[Delivery]:
        """Deliveries to a webhook, newest first: those that wait, and the last thousand or so.

        Args:
            webhook_id: The webhook.
            state: Only those in this state.
            limit: How many a page.
        """
        return self._list(Delivery, path("webhooks", webhook_id, "deliveries"), state=state, limit=limit)

    async def redeliver(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Try a delivery at once, also one that was settled.

        Raises:
            Conflict: The webhook is disabled, so much waits already, or the event is not kept any more.
        """
        where = path("webhooks", webhook_id, "deliveries", delivery_id, "redeliver")
        return noun_of(Delivery, await self._send("POST", where))
