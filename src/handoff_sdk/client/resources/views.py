"""Views: tickets that are looked at together.

Source: api.md, Resources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.client.request import path
from handoff_sdk.models.ticket import Ticket
from handoff_sdk.models.view import ViewName

from .resource import Resource

if TYPE_CHECKING:
    from handoff_sdk.client.pages import Pages

__all__ = ["Views"]


class Views(Resource):
    """``client.views``."""

    def list(self) -> Pages[ViewName]:
        """All views, as configured."""
        return self._list(ViewName, path("views"))

    def tickets(self, name: str, *, limit: int | None = None) -> Pages[Ticket]:
        """The tickets of a view that the agent of this client may see, in the view's order.

        Args:
            name: The view.
            limit: How many a page.

        Raises:
            NotFound: There is no such view.
        """
        return self._list(Ticket, path("views", name, "tickets"), limit=limit)
