"""Which sites a brand's widget may stand on: those of ``auth.origins``, or those that the brand names itself.

A brand's own pages are the engine's: where the browser says that a call comes from the address it goes to, it may.

Source: config.md (``auth``, ``brands``); the Fetch standard, CORS protocol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from handoff_sdk.errors import Forbidden

if TYPE_CHECKING:
    from handoff_sdk.models.config import DeskConfig

__all__ = ["is_listed", "require_listed"]


def is_listed(origin: str, config: DeskConfig) -> bool:
    """Whether a site may speak to the engine at all."""
    return origin in config.auth.origins or any(origin in (brand.origins or ()) for brand in config.brands.values())


def require_listed(origin: str | None, host: str, brand: str, config: DeskConfig) -> None:
    """Let a site have a brand's widget.

    Args:
        origin: The site, as a browser says it; ``None``: it is no browser, or the engine's own page.
        host: What the call was sent to.
        brand: Whose widget.
        config: The configuration in force.

    Raises:
        Forbidden: It is on another list, or on none.
    """
    if origin is None or urlsplit(origin).netloc == host:
        return
    configured = config.brands.get(brand)
    named = configured.origins if configured else None
    if origin not in (config.auth.origins if named is None else named):
        raise Forbidden(f"{origin} is not among the origins that may embed the widget of {brand!r}.")
