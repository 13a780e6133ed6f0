"""The one way in which a step makes its scenario fail."""

from __future__ import annotations

__all__ = ["Stuck"]


class Stuck(Exception):
    """The scenario fails here; the text says why."""
