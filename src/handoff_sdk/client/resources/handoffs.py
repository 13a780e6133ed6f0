"""Hand-offs: where one stands, at any time and from anywhere."""

from __future__ import annotations

from handoff_sdk.client.request import path
from handoff_sdk.models.handoff import Handoff

from .resource import Resource

__all__ = ["Handoffs"]


class Handoffs(Resource):
    """``client.handoffs``."""

    async def get(self, handoff_id: str) -> Handoff:
        """One hand-off: queued (with its position), offered, accepted or returned (with the record)."""
        return await self._get(Handoff, path("handoffs", handoff_id))
