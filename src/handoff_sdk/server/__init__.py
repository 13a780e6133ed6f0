"""The HTTP API: one table of routes, their OpenAPI document, who may call them, and the feed as it happens."""

from __future__ import annotations

from .app import SERVICE, make_app
from .limits import Limits, Rate
from .table import ROUTES

__all__ = ["ROUTES", "SERVICE", "Limits", "Rate", "make_app"]
