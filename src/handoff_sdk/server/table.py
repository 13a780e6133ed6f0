"""The one table of the API: what is not in it is not there, and what is, is in the OpenAPI document.

The most frequent first: aiohttp tries the paths in this order.

Source: api.md, Resources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handoff_sdk.server.routes import (
    agents,
    attachments,
    bots,
    config,
    conversations,
    customers,
    events,
    followups,
    handoffs,
    health,
    messages,
    offers,
    reports,
    sessions,
    tickets,
    views,
    webhooks,
    widget,
)

if TYPE_CHECKING:
    from handoff_sdk.server.route import Route

__all__ = ["ROUTES"]

ROUTES: Final[tuple[Route, ...]] = (
    *messages.ROUTES,
    *conversations.ROUTES,
    *bots.ROUTES,
    *handoffs.ROUTES,
    *followups.ROUTES,
    *tickets.ROUTES,
    *agents.ROUTES,
    *offers.ROUTES,
    *sessions.ROUTES,
    *attachments.ROUTES,
    *events.ROUTES,
    *customers.ROUTES,
    *views.ROUTES,
    *webhooks.ROUTES,
    *config.ROUTES,
    *reports.ROUTES,
    *widget.ROUTES,
    *health.ROUTES,
)
