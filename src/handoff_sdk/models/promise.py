"""Promises: how soon something is done for a ticket's customer.

Source: lifecycle.md, 8.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

from .duration import KeptDuration
from .noun import Instant, Noun

__all__ = ["METRICS", "Metric", "Promise"]

Metric = Literal["first_reply", "next_reply", "resolution"]
METRICS: Final[tuple[Metric, ...]] = get_args(Metric)


class Promise(Noun):
    """A promise that runs, or ran, for a ticket.

    ``fulfilled`` in time, ``breached`` for good once it is late, ``stopped`` where nobody waits for it any more. It was
    made at ``started_at``, is ``due`` then, and is over at ``ended_at``; ``warned`` where its warning was given.
    """

    state: Literal["active", "fulfilled", "breached", "stopped"] = "active"
    policy: str
    target: KeptDuration
    started_at: Instant
    due: Instant
    ended_at: Instant | None = None
    warned: bool = False
