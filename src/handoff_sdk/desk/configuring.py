"""Configuring: which configuration runs, and putting another one in force while the desk runs.

A configuration is checked whole before anything changes, kept with the event that tells of it in one transaction, and
counts for all from then on. Each version stays in the store.

- At a start the file is a new version where it says something else than the last file did. Where it says the same, the
  last version stands, whoever put it in force: a change over the API outlives a restart, until the file is edited.
- The queue is not pulled between two configurations: what waits is brought in line before it is given to anybody.

Source: api.md, Resources (``/v1/config``); house page, decision 3.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff_sdk.core.agents import next_due, under
from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.core.lint import inspected
from handoff_sdk.core.masking import masked, unmasked
from handoff_sdk.errors import ConfigError, Conflict
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.event import Event
from handoff_sdk.models.finding import Finding
from handoff_sdk.ports import AgentChange, Change, Due, KeptConfig

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from handoff_sdk.desk.commits import Commits
    from handoff_sdk.desk.in_force import InForce
    from handoff_sdk.desk.relay import Relay
    from handoff_sdk.desk.sweep import Sweep
    from handoff_sdk.models.agent import Agent
    from handoff_sdk.models.event import Actor
    from handoff_sdk.models.noun import JsonObject
    from handoff_sdk.ports import ConfigSource

__all__ = ["Configuring", "Vetting"]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Vetting:
    """What a configuration must pass beside its own rules.

    ``environ`` fills its ``${NAME}``; without it they stay as they are. ``vet`` raises ``ConfigError`` for what only
    the world around the desk can tell.
    """

    environ: Mapping[str, str] | None = None
    vet: Callable[[DeskConfig], None] = lambda _: None

    def findings(self, written: Mapping[str, object]) -> tuple[Finding, ...]:
        """What is found in a configuration: errors, or else warnings."""
        found = inspected(written, environ=self.environ)
        if not any(finding.level == "error" for finding in found):
            try:
                self.checked(written)
            except ConfigError as error:
                return _as_findings(error)
        return found

    def checked(self, written: Mapping[str, object]) -> DeskConfig:
        """The configuration that was written.

        Raises:
            ConfigError: It cannot be used; ``errors`` says where.
        """
        config = DeskConfig.parse(written, environ=self.environ)
        self.vet(config)
        return config


class Configuring:
    """Puts configurations in force.

    Args:
        commits: Writes, and knows who must hear of it.
        rules: The configuration in force; at first that of the file.
        vetting: What another one must pass.
        webhooks: The webhooks of the configuration are theirs to begin and to end.
        sweep: Brings conversations in line.
    """

    def __init__(self, commits: Commits, rules: InForce, vetting: Vetting, webhooks: Relay, sweep: Sweep) -> None:
        self._commits = commits
        self._rules = rules
        self._vetting = vetting
        self._webhooks = webhooks
        self._sweep = sweep
        self._in_turn = asyncio.Lock()
        self._applying: asyncio.Task[None] | None = None
        self.source: ConfigSource = "file"

    @property
    def version(self) -> int:
        """The version in force."""
        return self._rules.version

    @property
    def written(self) -> JsonObject:
        """The configuration in force as it was written, secrets and all."""
        return self._rules.written

    def shown(self) -> JsonObject:
        """The configuration in force as it was written, without its secrets."""
        return masked(self._rules.written)

    def findings(self, written: Mapping[str, object]) -> tuple[Finding, ...]:
        """What is found in a configuration, if it were to be put in force: errors, or else warnings."""
        try:
            meant = unmasked(written, self._rules.written)
        except ConfigError as error:
            return _as_findings(error)
        return self._vetting.findings(meant)

    async def choose(self) -> KeptConfig | None:
        """Find out which configuration runs, and let it count; the answer is to be kept, where it is a new version.

        Raises:
            ConfigError: The one that was put in force over the API cannot be used any more.
        """
        rules, store = self._rules, self._commits.store
        last, last_file = await store.config(), await store.config("file")
        if last is None or last_file is None or last_file.written != rules.written:
            version = last.version + 1 if last else 1
            new = KeptConfig(version, self._commits.clock.now(), "file", SYSTEM, rules.written)
            rules.replace(rules.config, new)
            return new
        config = rules.config
        if last.source != "file":
            try:
                config = self._vetting.checked(last.written)
            except ConfigError as error:
                raise ConfigError(
                    f"Version {last.version}, which was put in force over the API, cannot be used: {error.detail}",
                    error.errors,
                ) from None
        self.source = last.source
        rules.replace(config, last)
        return None

    async def keep_chosen(self, new: KeptConfig) -> None:
        """Keep the version that a start has made, with what it means for the agents; a store's first is not told."""
        last = await self._commits.store.config()
        events = (self._told(new, _rewritten(last.written, new.written)),) if last else ()
        await self._commits.written(self._change(new, self._rules.config, events))

    async def replace(
        self,
        written: Mapping[str, object],
        *,
        by: Actor,
        if_version: int | None = None,
        source: ConfigSource = "api",
    ) -> int:
        """Put another configuration in force; its version. Where it says what the present one does, nothing changes.

        Everything follows at once but conversations that nobody waits in, which do so when they are touched, and by a
        sweep. Who is not among the agents any more is offline, and what they hold goes back to the queue.

        Args:
            written: The whole configuration, as a file would have it.
            by: Who wants it.
            if_version: The version that was read; ``None``: whichever is in force.
            source: Whether it is that of the file, which the next start compares with.

        Raises:
            ConfigError: It cannot be used; ``errors`` says where. The one in force stays.
            Conflict: ``if_version`` is not in force any more.
        """
        async with self._in_turn:
            rules = self._rules
            if if_version not in {None, rules.version}:
                raise Conflict(
                    f"The configuration is at version {rules.version}, not at {if_version} any more; read it again."
                )
            kept_as = unmasked(written, rules.written)
            config = self._vetting.checked(kept_as)
            if config == rules.config and kept_as == rules.written:
                return rules.version
            # Whoever asked may go away meanwhile; what is kept must count.
            self._applying = asyncio.create_task(self._apply(config, kept_as, by, source), name="configuring")
            await asyncio.shield(self._applying)
            return rules.version

    async def _apply(self, config: DeskConfig, written: JsonObject, by: Actor, source: ConfigSource) -> None:
        commits, rules = self._commits, self._rules
        new = KeptConfig(rules.version + 1, commits.clock.now(), source, by, written)
        changed = [name for name in DeskConfig.model_fields if getattr(config, name) != getattr(rules.config, name)]
        async with commits.router.pulling:
            await commits.written(self._change(new, config, (self._told(new, changed),)))
            rules.replace(config, new)
            self.source = source
            commits.roster.configure(config)
            commits.router.configure()
            await self._sweep.take([ticket.conversation_id for ticket in commits.router.undecided()])
        await self._webhooks.configure(config)
        commits.router.wake.set()
        _log.info("configuration version %d is in force; changed: %s", new.version, ", ".join(changed) or "nothing")

    def _change(self, new: KeptConfig, config: DeskConfig, events: tuple[Event, ...]) -> Change:
        """What is written with a version: what it means for each agent, and when something falls due for them now."""
        told: list[Event] = []
        before = None if new.version == self._rules.version else self._rules.config
        changes = tuple(self._agents(before, config, told))
        return Change(events=(*events, *told), agents=changes, config=new)

    def _agents(self, before: DeskConfig | None, config: DeskConfig, told: list[Event]) -> Iterator[AgentChange]:
        """The agents for whom something changes; without the configuration before, all of them."""
        commits = self._commits
        for agent in commits.roster.all_ever():
            changed, events = under(agent, config, now=commits.clock.now(), new_id=commits.new_id)
            told += events
            due = _due(changed, config)
            if changed is not agent or before is None or due != _due(agent, before):
                yield AgentChange(changed, due=due)

    def _told(self, new: KeptConfig, changed: list[str]) -> Event:
        commits = self._commits
        data = {"version": new.version, "changed": changed}
        return Event(id=commits.new_id("evt"), type="config.changed", at=new.at, actor=new.by, data=data)


def _as_findings(error: ConfigError) -> tuple[Finding, ...]:
    told = [(problem.path, problem.message) for problem in error.errors] or [("", error.detail)]
    return tuple(Finding(level="error", path=path, message=message) for path, message in told)


def _due(agent: Agent, config: DeskConfig) -> Due | None:
    item = next_due(agent, config) if agent.id in config.agents else None
    return Due("agent", agent.id, item.at, item.order) if item else None


def _rewritten(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    """The top-level keys that two versions write differently."""
    return [name for name in DeskConfig.model_fields if before.get(name) != after.get(name)]
