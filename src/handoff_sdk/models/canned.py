"""Canned replies, filled in for an agent and a ticket.

Source: config.md (``canned``).
"""

from __future__ import annotations

from .noun import Noun

__all__ = ["CannedReply"]


class CannedReply(Noun):
    """A canned reply: its name in the configuration, and its text in the customer's language, ready to be sent."""

    name: str
    text: str
