"""The turns that one process plays: one a conversation, each in a task of its own whose lease is renewed.

A handler whose conversation somebody else owns by now is cancelled, also in the middle of a slow call of its own.

Source: sdk.md, A bot (turns, fencing); lifecycle.md, 2.3.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from handoff_sdk.bot.runner import Runner
from handoff_sdk.errors import ControlLost, HandoffError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from handoff_sdk.bot.runner import Playable
    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.models.event import Event
    from handoff_sdk.models.turn import Turn

__all__ = ["LOSSES", "Playing", "end"]

_log = logging.getLogger("handoff_sdk.bot")

LOSSES: Final = frozenset({"control.passed", "control.taken_over"})
"""Events that tell of another owner, who is people or another bot."""

_EXTEND_EVERY: Final = 10.0
"""Seconds: a third of a lease."""


class Playing:
    """What is played now.

    Args:
        bot: The bot.
        consumer: For whom turns are leased: this process.
    """

    def __init__(self, bot: Playable, consumer: str) -> None:
        self._bot = bot
        self._consumer = consumer
        self._played: dict[str, tuple[Runner, asyncio.Task[None]]] = {}
        self._ended = asyncio.Event()

    def __len__(self) -> int:
        return len(self._played)

    @property
    def tasks(self) -> set[asyncio.Task[None]]:
        """The tasks in which turns are played."""
        return {task for _, task in self._played.values()}

    def begin(self, turn: Turn, client: HandoffClient) -> asyncio.Task[None]:
        """Play a turn. Its task fails with nothing, also when the turn is lost."""
        runner = Runner(self._bot, turn, client, consumer=self._consumer)
        _, before = self._played.get(turn.conversation.id, (None, None))
        playing = self._play(runner, turn, client, before)
        task = asyncio.create_task(playing, name=f"{self._bot.name}: {turn.id}")
        self._played[turn.conversation.id] = runner, task
        return task

    def lose(self, event: Event) -> None:
        """End the playing of a conversation that somebody else owns from now on."""
        runner, task = self._played.get(event.conversation_id or "", (None, None))
        epoch = event.data.get("epoch")
        if runner is None or task is None or runner.parting or (isinstance(epoch, int) and epoch <= runner.epoch):
            return
        _log.info("%s: lost control of %s (%s)", self._bot.name, event.conversation_id, event.type)
        task.cancel()

    async def fewer_than(self, most: int) -> int:
        """Wait until fewer turns are played; how many more may be."""
        while (room := most - len(self._played)) <= 0:
            self._ended.clear()
            await self._ended.wait()
        return room

    async def _play(self, runner: Runner, turn: Turn, client: HandoffClient, before: asyncio.Task[None] | None) -> None:
        """One turn, with its lease renewed. An earlier one of the conversation has lost its lease, and is ended."""
        conversation_id = turn.conversation.id
        task = asyncio.current_task()
        keeping = asyncio.create_task(self._keep(runner, turn, client, task)) if task is not None else None
        try:
            if before is not None:
                await end({before})
            await runner.play()
        except asyncio.CancelledError:
            _log.info("%s: turn %s of %s was cancelled", self._bot.name, turn.id, conversation_id)
        finally:
            if keeping is not None:
                await end({keeping})
            if self._played.get(conversation_id) == (runner, task):
                del self._played[conversation_id]
            self._ended.set()

    async def _keep(self, runner: Runner, turn: Turn, client: HandoffClient, task: asyncio.Task[Any]) -> None:
        """Renew a turn's lease for as long as it is played; end the playing of one that is void."""
        while True:
            await asyncio.sleep(_EXTEND_EVERY)
            try:
                await client.bots.extend(self._bot.name, turn.id, consumer=self._consumer)
            except ControlLost:
                if not runner.parting:
                    task.cancel()
                return
            except HandoffError as error:
                _log.warning("%s: the lease of turn %s was not renewed: %s", self._bot.name, turn.id, error)


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel what still runs, and wait until nothing does."""
    waited = set(tasks)
    for task in waited:
        task.cancel()
    await asyncio.gather(*waited, return_exceptions=True)
