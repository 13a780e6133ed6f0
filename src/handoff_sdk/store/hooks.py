"""Webhooks and their deliveries to rows and back. Nothing here reads or writes; all stores share it.

Source: schema; ports (``HookChange``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json

from handoff_sdk.errors import Conflict, NotFound
from handoff_sdk.models.webhook import Delivery, Webhook
from handoff_sdk.ports import HookSecret, KeptWebhook
from handoff_sdk.store.rows import instant, micros
from handoff_sdk.store.step import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff_sdk.ports import HookChange
    from handoff_sdk.store.statement import Row
    from handoff_sdk.store.statements import Statements

__all__ = ["delivery", "hook_steps", "webhook"]


def hook_steps(change: HookChange, to: Statements) -> Iterator[Step]:
    """What writes a change of a webhook."""
    row = _webhook_row(change.kept)
    if change.new:
        yield Step(to.add_webhook.sql, to.add_webhook.row(row), Conflict)
    else:
        row["this"] = row["id"]
        yield Step(to.change_webhook.sql, to.change_webhook.row(row), NotFound)
    for each in change.deliveries:
        yield Step(to.keep_delivery.sql, to.keep_delivery.row(_delivery_row(each)), Conflict)


def webhook(row: Row) -> KeptWebhook:
    """A webhook, from its secrets and its body."""
    secrets, body = row
    kept = (HookSecret(text, None if until is None else instant(until)) for text, until in from_json(secrets))
    return KeptWebhook(Webhook.model_validate_json(body), tuple(kept))


def delivery(body: str) -> Delivery:
    """A delivery, from its body."""
    return Delivery.model_validate_json(body)


def _webhook_row(kept: KeptWebhook) -> dict[str, Any]:
    secrets = [(each.secret, None if each.until is None else micros(each.until)) for each in kept.secrets]
    body = kept.webhook.model_dump_json(exclude_none=True)
    return {"id": kept.webhook.id, "secrets": to_json(secrets).decode(), "body": body}


def _delivery_row(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "webhook_id": delivery.webhook_id,
        "state": delivery.state,
        "body": delivery.model_dump_json(exclude_none=True),
    }
