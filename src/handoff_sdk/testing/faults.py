"""What may go wrong between a virtual desk and those it delivers to: bots get turns, receivers get webhooks.

Each fault is for the next delivery; several for one wait in line.

Source: sdk.md, Testing your bot (``faults``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.models.duration import parse_duration
from handoff_sdk.testing.receiver import OnTheWay, Receiver

if TYPE_CHECKING:
    from datetime import timedelta

    from handoff_sdk.bot.bot import Bot
    from handoff_sdk.testing.crew import BotCrew

__all__ = ["Faults"]


class Faults:
    """Lets deliveries go wrong. ``to`` is a bot that works at the desk, or what ``desk.webhook`` gave."""

    def __init__(self, crew: BotCrew) -> None:
        self._crew = crew

    def duplicate(self, to: Bot | Receiver) -> None:
        """The next delivery comes twice.

        A webhook with the same ``webhook-id``; a turn to another process of the bot, when it is done already.
        """
        if isinstance(to, Receiver):
            to.faults.append(OnTheWay("duplicate"))
        else:
            self._crew.trouble(to, "duplicate")

    def late(self, to: Bot | Receiver, by: str | timedelta = "10m") -> None:
        """The next delivery comes late.

        To a receiver nothing gets through for so long; then the desk's retries do. A turn stays with a process that
        does nothing until its lease is over and another process has done it (``by`` is the lease's 30 seconds there).
        """
        if isinstance(to, Receiver):
            lasts = parse_duration(by) if isinstance(by, str) else by
            to.faults.append(OnTheWay("late", lasts=lasts))
        else:
            self._crew.trouble(to, "late")

    def reordered(self, to: Receiver) -> None:
        """The next webhook comes after the one that follows it; or when time passes, where none does."""
        self._of_webhooks("reordered", to).faults.append(OnTheWay("reordered"))

    def bad_signature(self, to: Receiver) -> None:
        """Before the next webhook comes a copy that somebody else has signed."""
        self._of_webhooks("bad_signature", to).faults.append(OnTheWay("bad_signature"))

    def rate_limited(self, to: Bot | Receiver, times: int = 1) -> None:
        """429: for a webhook it is answered before the receiver gets it; a bot gets it for what it sends next."""
        if times < 1:
            raise ValueError("times: once or more often")
        if isinstance(to, Receiver):
            to.faults.append(OnTheWay("rate_limited", times=times))
        else:
            self._crew.refuse(to, times)

    def _of_webhooks(self, fault: str, to: object) -> Receiver:
        if not isinstance(to, Receiver):
            raise TypeError(
                f"faults.{fault} is for webhooks: turns are not signed, and those of one conversation come one by one. "
                f"Give what desk.webhook() gave you."
            )
        return to
