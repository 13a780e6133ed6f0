"""One statement of a change.

Source: steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from handoff_sdk.store.statement import Row

__all__ = ["Step"]


class Step(NamedTuple):
    """One statement with its values, and the exception that says it could not be done."""

    sql: str
    row: Row
    refusal: type[Exception]
