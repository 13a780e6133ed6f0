"""How tickets find their agents, as a configuration writes it.

Source: config.md (``routing``); lifecycle.md, 6.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Literal

from .agent import OFFLINE
from .duration import Duration
from .section import FROM_LIST, Count, PositiveDuration, Section

__all__ = ["KEEP", "Lapses", "Routing"]

KEEP: Final = "keep"
"""What ``on_disconnect`` says where a lost connection changes no status."""


class Lapses(Section):
    """After ``count`` lapsed offers in a row an agent gets this ``status``; never, where it is 0."""

    count: Count = 3
    status: str = "away"


class Routing(Section):
    """Which agent gets a ticket, whether they are asked, and for how long.

    An agent whose last console closed gets the status ``on_disconnect`` after ``disconnect_grace``. At a status of
    ``reassign_on`` an agent's open active tickets go back to their queue after a minute; at one of ``reopen_elsewhere``
    a ticket that the customer reopens does.
    """

    method: Literal["spare_capacity", "spare_share", "round_robin"] = "spare_capacity"
    accept: Literal["offer", "auto"] = "offer"
    offer_timeout: PositiveDuration = timedelta(seconds=30)
    inactive_after: Duration = timedelta(minutes=10)
    order: Literal["priority", "sla"] = "priority"
    skill_timeout: Duration = timedelta(seconds=30)
    lapses: Lapses = Lapses()
    count_inactive: bool = False
    max_inactive_per_agent: Count = 20
    on_disconnect: str = OFFLINE
    disconnect_grace: Duration = timedelta(seconds=30)
    reassign_on: Annotated[tuple[str, ...], FROM_LIST] = ()
    reopen_elsewhere: Annotated[tuple[str, ...], FROM_LIST] = ()
