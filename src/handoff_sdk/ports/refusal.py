"""Why a store writes nothing, or may not have. But for ``InDoubt`` the desk answers them before anybody is told.

Source: house page, decisions 6 and 7.
"""

from __future__ import annotations

from handoff_sdk.errors import Unavailable

__all__ = ["AnswerKept", "CapacityReached", "IdentityTaken", "InDoubt", "StaleVersion"]


class InDoubt(Unavailable):
    """The answer of the database was lost: a change may be written or not."""


class StaleVersion(Exception):
    """The thread was changed by another commit since it was read."""


class CapacityReached(Exception):
    """The agent's load would exceed the maximum that the engine may give."""


class AnswerKept(Exception):
    """An answer is kept under this idempotency key already."""


class IdentityTaken(Exception):
    """Another customer has this external id."""
