"""Webhooks: where events are posted to, and how that goes.

Source: api.md, Resources (webhooks) and Webhooks out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic_core import from_json, to_json

from handoff_sdk.errors import Conflict
from handoff_sdk.models.noun import Noun
from handoff_sdk.models.webhook import (
    CreateWebhook,
    Delivery,
    DeliveryState,
    ResumeWebhook,
    RotateSecret,
    UpdateWebhook,
    Webhook,
    WebhookWithSecret,
)
from handoff_sdk.server.page import Page, PageQuery, page
from handoff_sdk.server.route import STAFF, Route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from handoff_sdk.server.call import Call

__all__ = ["ROUTES"]


class Webhooks(Noun):
    """All webhooks, oldest first."""

    items: list[Webhook]
    next: None


class Forgotten(Noun):
    """Done; there is nothing to tell."""


class DeliveryQuery(PageQuery):
    """Which deliveries, newest first."""

    state: DeliveryState | None = None


async def find(call: Call) -> web.StreamResponse:
    """List all webhooks."""
    return call.told({"items": call.desk.webhooks.all(), "next": None})


async def create(call: Call, command: CreateWebhook) -> web.StreamResponse:
    """Make a webhook."""
    return await call.once(lambda: call.desk.webhooks.create(command), 201, reveal=_revealed(call))


async def read(call: Call) -> web.StreamResponse:
    """Read a webhook."""
    return call.told(call.desk.webhooks.find(_id(call)))


async def update(call: Call, command: UpdateWebhook) -> web.StreamResponse:
    """Change a webhook."""
    return call.told(await call.desk.webhooks.update(command))


async def delete(call: Call) -> web.StreamResponse:
    """Forget a webhook."""
    await call.desk.webhooks.delete(_id(call))
    return call.told(Forgotten())


async def rotate(call: Call, command: RotateSecret) -> web.StreamResponse:
    """Give a webhook another secret."""
    return await call.once(lambda: call.desk.webhooks.rotate(command), reveal=_revealed(call))


async def disable(call: Call) -> web.StreamResponse:
    """Post nothing any more."""
    return await call.once(lambda: call.desk.webhooks.disable(_id(call)))


async def resume(call: Call, command: ResumeWebhook) -> web.StreamResponse:
    """Post again."""
    return await call.once(lambda: call.desk.webhooks.resume(command))


async def test(call: Call) -> web.StreamResponse:
    """Post something to try it."""
    return await call.once(lambda: call.desk.webhooks.test(_id(call)))


async def deliveries(call: Call, query: DeliveryQuery) -> web.StreamResponse:
    """List deliveries."""
    found = await call.desk.webhooks.deliveries(_id(call), query.state, query.page, query.limit + 1)
    return call.told(page(found, query.limit, lambda one: one, lambda one: one.id))


async def redeliver(call: Call) -> web.StreamResponse:
    """Try a delivery at once."""
    delivery_id = call.request.match_info["delivery_id"]
    return await call.once(lambda: call.desk.webhooks.redeliver(_id(call), delivery_id))


def _id(call: Call) -> str:
    return call.request.match_info["webhook_id"]


def _revealed(call: Call) -> Callable[[bytes], Awaitable[bytes]]:
    """Puts the secret into an answer; what is kept for an idempotency key has it not."""

    async def revealed(body: bytes) -> bytes:
        told = from_json(body)
        return to_json({**told, "secret": call.desk.webhooks.with_secret(told["id"]).secret})

    return revealed


ROUTES = (
    Route(
        method="GET",
        path="/v1/webhooks",
        handler=find,
        summary="All webhooks, oldest first",
        who=STAFF,
        answer=Webhooks,
    ),
    Route(
        method="POST",
        path="/v1/webhooks",
        handler=create,
        summary="Have events posted to a URL from now on; the secret is told this once",
        who=STAFF,
        command=CreateWebhook,
        answer=WebhookWithSecret,
        status=201,
        errors=(Conflict,),
    ),
    Route(
        method="GET",
        path="/v1/webhooks/{webhook_id}",
        handler=read,
        summary="One webhook, and whether it works",
        who=STAFF,
        answer=Webhook,
    ),
    Route(
        method="PATCH",
        path="/v1/webhooks/{webhook_id}",
        handler=update,
        summary="Change a webhook's url, events or name",
        who=STAFF,
        command=UpdateWebhook,
        answer=Webhook,
        errors=(Conflict,),
    ),
    Route(
        method="DELETE",
        path="/v1/webhooks/{webhook_id}",
        handler=delete,
        summary="Forget a webhook and its deliveries",
        who=STAFF,
        answer=Forgotten,
        errors=(Conflict,),
    ),
    Route(
        method="POST",
        path="/v1/webhooks/{webhook_id}/rotate",
        handler=rotate,
        summary="Give a webhook another secret, told this once; the one before signs too for 24 hours",
        who=STAFF,
        command=RotateSecret,
        answer=WebhookWithSecret,
        errors=(Conflict,),
    ),
    Route(
        method="POST",
        path="/v1/webhooks/{webhook_id}/disable",
        handler=disable,
        summary="Post nothing any more until the webhook is resumed",
        who=STAFF,
        answer=Webhook,
    ),
    Route(
        method="POST",
        path="/v1/webhooks/{webhook_id}/resume",
        handler=resume,
        summary="Post again, from where it stopped, or with 'skip' from now on",
        who=STAFF,
        command=ResumeWebhook,
        answer=Webhook,
    ),
    Route(
        method="POST",
        path="/v1/webhooks/{webhook_id}/test",
        handler=test,
        summary="Post a webhook.test once and tell what was answered; it is not kept",
        who=STAFF,
        answer=Delivery,
        errors=(Conflict,),
    ),
    Route(
        method="GET",
        path="/v1/webhooks/{webhook_id}/deliveries",
        handler=deliveries,
        summary="Deliveries to a webhook, newest first: those that wait, and the last thousand or so",
        who=STAFF,
        query=DeliveryQuery,
        answer=Page[Delivery],
    ),
    Route(
        method="POST",
        path="/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
        handler=redeliver,
        summary="Try a delivery at once, also one that was settled",
        who=STAFF,
        answer=Delivery,
        errors=(Conflict,),
    ),
)
