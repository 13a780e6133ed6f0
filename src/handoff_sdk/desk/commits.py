"""Committing: a decision becomes one transaction, and then the memory of the desk follows it.

Memory follows only what is durable, in the order of the transactions, also where the caller has gone meanwhile.

Source: house page, decisions 3 to 8.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydantic_core import from_json, to_json

from handoff_sdk.core.agents import after as agent_after
from handoff_sdk.core.agents import next_due as agent_next_due
from handoff_sdk.core.redaction import without
from handoff_sdk.core.routing import email_agent, inactive_agent, load_agent, load_agents
from handoff_sdk.ports import AgentChange, Answer, Change, Due, InDoubt, Redaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff_sdk.core.draft import Decision
    from handoff_sdk.core.thread import Thread
    from handoff_sdk.desk.doubts import Doubts
    from handoff_sdk.desk.hub import Hub
    from handoff_sdk.desk.in_force import InForce
    from handoff_sdk.desk.outreach import Outreach
    from handoff_sdk.desk.roster import Roster
    from handoff_sdk.desk.router import Router
    from handoff_sdk.desk.threads import Threads
    from handoff_sdk.desk.ticker import Ticker
    from handoff_sdk.desk.turns import Turns
    from handoff_sdk.models.agent import Agent
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.event import Event
    from handoff_sdk.models.followup import Followup
    from handoff_sdk.models.message import Message
    from handoff_sdk.models.ticket import Ticket
    from handoff_sdk.ports import Clock, Store

__all__ = ["Commits", "Once", "Outcome"]

_STRETCH = 10_000
"""The most messages that a returned record holds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command did: the thread afterwards, what happened, and what the command was about."""

    thread: Thread | None
    events: tuple[Event, ...] = ()
    message: Message | None = None
    ticket: Ticket | None = None
    agent: Agent | None = None
    turn_id: str | None = None
    followup: Followup | None = None


@dataclass(frozen=True, slots=True)
class Once:
    """A request that takes effect once: ``answer`` renders what is kept with the effect, in the same transaction."""

    scope: str
    key: str
    digest: bytes
    answer: Callable[[Outcome], tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class Commits:
    """Turns decisions into transactions."""

    store: Store
    rules: InForce
    clock: Clock
    new_id: Callable[[str], str]
    threads: Threads
    roster: Roster
    ticker: Ticker
    router: Router
    turns: Turns
    outreach: Outreach
    hub: Hub
    doubts: Doubts

    @property
    def config(self) -> DeskConfig:
        """The configuration in force."""
        return self.rules.config

    async def decided(
        self, before: Thread, decision: Decision, once: Once | None = None, *, new: bool = False
    ) -> Outcome:
        """Commit a decision about the thread ``before``; where nothing follows from it, nothing is written.

        Args:
            before: The thread that was decided about.
            decision: What was decided.
            once: Keeps the answer with it.
            new: The conversation is not in the store yet.

        Raises:
            StaleVersion, CapacityReached, AnswerKept: As ``Store.submit``; nothing was written.
        """
        if decision.stretch is not None:
            await self._complete_record(decision)
        thread = decision.thread
        if new:
            thread = thread.model_copy(update={"config_version": self.rules.version})
        redaction = await self._redaction(decision)
        ticket = await self._ticket_of(decision)

        def outcome_of(events: tuple[Event, ...]) -> Outcome:
            return Outcome(thread, events, decision.message, ticket, None, decision.turn_id, decision.followup)

        outcome = outcome_of(decision.events)
        if thread is before:
            if once is not None:
                await self.written(Change(answer=self._answer(once, outcome)))
            return outcome
        agents, told = self._agent_changes(before, decision)
        due = self.threads.next_due(thread, self.config)
        stored = await self.written(
            Change(
                before=None if new else before,
                after=thread,
                events=decision.events + told,
                load_agent=load_agent(thread),
                due=Due("conversation", thread.conversation.id, due.at, due.order) if due else None,
                agents=agents,
                answer=self._answer(once, outcome) if once else None,
                slot=decision.slot,
                breaker=self.outreach.breaker_after(decision),
                redaction=redaction,
            )
        )
        return outcome_of(stored[: len(decision.events)])

    async def agent_set(self, agent: Agent, events: tuple[Event, ...], once: Once | None = None) -> Outcome:
        """Commit what happened to an agent."""
        outcome = Outcome(thread=None, events=events, agent=agent)
        answer = self._answer(once, outcome) if once else None
        await self.written(
            Change(events=events, agents=(AgentChange(agent, due=self._agent_due(agent)),), answer=answer)
        )
        return outcome

    async def written(self, change: Change) -> tuple[Event, ...]:
        """Write a change and let memory follow; its events with their cursors, once they are durable.

        Agents show the change at once, so that nobody gives the same capacity away twice; a failure takes it back.

        Raises:
            InDoubt: It may be written or not; memory follows when that is known.
            Unavailable: It cannot be written, or another change is in doubt.
        """
        self.doubts.begin()
        agents_before = {item.agent.id: self.roster.holder(item.agent.id) or item.agent for item in change.agents}
        future = self.store.submit(change)
        self.roster.apply(change.agents)

        def follow(done: asyncio.Future[tuple[Event, ...]]) -> None:
            error = asyncio.CancelledError() if done.cancelled() else done.exception()
            if error is not None:
                self.roster.take_back(change.agents, agents_before)
            else:
                self._follow(change, done.result())
            self.doubts.end(change if isinstance(error, InDoubt) else None)
            if change.agents:
                self.router.wake.set()

        future.add_done_callback(follow)
        return await asyncio.shield(future)

    def _follow(self, change: Change, events: tuple[Event, ...]) -> None:
        thread = change.after
        if thread is not None:
            self.threads.put(thread)
            self.ticker.note(change.due)
            self.router.note(change.before, thread)
            self.turns.note(change.before, thread)
            if change.redaction is not None:
                self.hub.redact(change.redaction.message_id)
            if thread.config_version < self.rules.version:
                self.rules.behind.set()
        for agent in change.agents:
            self.ticker.note(agent.due)
        self.hub.publish(events, thread.customer.id if thread else None)

    def _agent_changes(self, before: Thread, decision: Decision) -> tuple[tuple[AgentChange, ...], tuple[Event, ...]]:
        """What a decision does to agents: their capacity, their row of lapses, whose turn it is."""
        if not decision.agents and _uses_the_same(before, decision.thread):
            return (), ()
        routing, now = self.config.routing, self.clock.now()
        changed: dict[str, Agent] = {}
        events: tuple[Event, ...] = ()
        for fact in decision.agents:
            agent = changed.get(fact.agent_id) or self.roster.holder(fact.agent_id)
            if agent is not None:
                changed[agent.id], told = agent_after(agent, fact, lapses=routing.lapses, now=now, new_id=self.new_id)
                events += told
        load = Counter(load_agents(decision.thread))
        load.subtract(load_agents(before))
        inactive = Counter(filter(None, (inactive_agent(decision.thread),)))
        inactive.subtract(filter(None, (inactive_agent(before),)))
        emails = Counter(filter(None, map(email_agent, decision.thread.tickets)))
        emails.subtract(filter(None, map(email_agent, before.tickets)))
        for agent_id in (*load, *inactive, *emails):
            agent = self.roster.holder(agent_id)
            if agent is not None and (load[agent_id] or inactive[agent_id] or emails[agent_id]):
                changed.setdefault(agent.id, agent)
        given = {fact.agent_id for fact in decision.agents if fact.what == "given"}
        changes = (
            AgentChange(
                agent,
                load=load[agent.id],
                inactive=inactive[agent.id],
                email=emails[agent.id],
                limit=agent.capacity.messaging if agent.id in given and load[agent.id] > 0 else None,
                due=self._agent_due(agent),
            )
            for agent in changed.values()
        )
        return tuple(changes), events

    def _agent_due(self, agent: Agent) -> Due | None:
        due = agent_next_due(agent, self.config) if agent.id in self.config.agents else None
        return Due("agent", agent.id, due.at, due.order) if due else None

    async def _complete_record(self, decision: Decision) -> None:
        """Put the messages of the human stretch into the returned record."""
        after_seq, epoch = decision.stretch or (0, 0)
        said = await self.store.messages(decision.thread.conversation.id, after=after_seq, limit=_STRETCH, public=True)
        messages = [
            message.model_dump(mode="json")
            for message in said
            if message.epoch == epoch and message.author.type != "system"
        ]
        for event in decision.events:
            if event.type == "control.returned":
                event.data["returned"]["messages"] = messages

    async def _redaction(self, decision: Decision) -> Redaction | None:
        """All that is kept of the message that a decision takes back, without its content."""
        message_id, message = decision.redacted, decision.message
        if message_id is None or message is None:
            return None
        told = await self.store.events_with(message.conversation_id, message_id)
        kept = await self.store.answers_with(message_id, message.at)
        events = ((event, without(event.data, message_id)) for event in told)
        answers = ((answer, to_json(without(from_json(answer.body), message_id))) for answer in kept)
        return Redaction(
            message_id,
            tuple(event.model_copy(update={"data": data}) for event, data in events if data != event.data),
            tuple(replace(answer, body=body) for answer, body in answers if body != answer.body),
        )

    async def _ticket_of(self, decision: Decision) -> Ticket | None:
        if decision.ticket_id is None:
            return None
        return decision.thread.ticket(decision.ticket_id) or await self.store.ticket(decision.ticket_id)

    def _answer(self, once: Once, outcome: Outcome) -> Answer:
        status, body = once.answer(outcome)
        return Answer(once.scope, once.key, once.digest, status, body, self.clock.now())


def _uses_the_same(before: Thread, after: Thread) -> bool:
    """Whether nothing changed that an agent's used capacity depends on."""
    return (
        after.tickets is before.tickets
        and after.conversation.session == before.conversation.session
        and after.counts_inactive == before.counts_inactive
    )
