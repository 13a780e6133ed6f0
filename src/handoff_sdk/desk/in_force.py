"""The configuration in force: whoever needs it asks here each time, so that another one counts for all at once.

Source: house page, decision 3.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from pydantic_core import from_json, to_json

if TYPE_CHECKING:
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.ports import KeptConfig

__all__ = ["InForce"]


class InForce:
    """A configuration, as it was written, and its version: 1 for a store's first, 0 before the desk has started.

    ``behind`` is set when a conversation may have been decided by an earlier one. Without ``written`` it is written as
    it is, its secrets too.
    """

    def __init__(self, config: DeskConfig, written: JsonObject | None = None) -> None:
        self.config = config
        plain = config.model_dump(mode="json", exclude_unset=True, by_alias=True) if written is None else written
        self.written: JsonObject = from_json(to_json(plain))
        self.version = 0
        self.behind = asyncio.Event()

    def replace(self, config: DeskConfig, kept: KeptConfig) -> None:
        """Let another one count from now on."""
        self.config, self.written, self.version = config, kept.written, kept.version
        self.behind.set()
