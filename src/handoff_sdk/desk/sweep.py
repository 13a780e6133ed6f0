"""The sweep: brings conversations in line with another configuration that nobody touches meanwhile.

Whatever touches a conversation does so first, so the sweep may take its time, and a restart loses nothing: the store
knows by which configuration each was decided.

Source: house page, decision 3.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from handoff_sdk.errors import NotFound, Unavailable
from handoff_sdk.models.prompt import Reconfigure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

    from handoff_sdk.desk.in_force import InForce
    from handoff_sdk.models.command import ConversationCommand
    from handoff_sdk.ports import Store

__all__ = ["Sweep"]

_log = logging.getLogger(__name__)

_PAGE: Final = 16
"""How many conversations are taken on together."""
_IDLE: Final = 2.0
"""How many times as long as a page took the desk has to itself before the next one."""
_AGAIN_AFTER: Final = 30.0
"""Seconds until what could not be done is tried again."""


class Sweep:
    """Goes through the conversations that are behind; ``act`` carries out what the configuration means for one."""

    def __init__(
        self,
        store: Store,
        rules: InForce,
        act: Callable[[ConversationCommand], Awaitable[object]],
    ) -> None:
        self._store = store
        self._rules = rules
        self._act = act

    async def take(self, conversation_ids: Iterable[str]) -> None:
        """Bring these in line, in this order."""
        for conversation_id in conversation_ids:
            await self._one(conversation_id)

    async def rest(self) -> None:
        """Bring all in line."""
        while self._rules.behind.is_set():
            self._rules.behind.clear()
            async for ids in self._pages():
                await self.take(ids)

    async def run(self) -> None:
        """Bring all in line whenever there may be some, page by page, and leave most of the time to others."""
        now = asyncio.get_running_loop().time
        while True:
            await self._rules.behind.wait()
            self._rules.behind.clear()
            failed = False
            try:
                began = now()
                async for ids in self._pages():
                    failed |= not all(await asyncio.gather(*map(self._one, ids)))
                    await asyncio.sleep(_IDLE * (now() - began))
                    began = now()
            except Unavailable as error:
                _log.warning("the sweep after a change of the configuration waits: %s", error.detail)
                failed = True
            if failed:
                await asyncio.sleep(_AGAIN_AFTER)
                self._rules.behind.set()

    async def _pages(self) -> AsyncIterator[Sequence[str]]:
        after = ""
        while ids := await self._store.behind(self._rules.version, after=after, limit=_PAGE):
            yield ids
            after = ids[-1]

    async def _one(self, conversation_id: str) -> bool:
        """Bring one in line; whether it could be done."""
        version = self._rules.version
        try:
            await self._act(Reconfigure(conversation_id=conversation_id, config_version=version))
        except NotFound:  # it was forgotten meanwhile
            return True
        except Exception:  # noqa: BLE001 - whatever it is, the next ones are behind all the same
            _log.exception("configuration %d could not be applied to conversation %s", version, conversation_id)
            return False
        return True
