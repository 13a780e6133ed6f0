"""Conversations: loads one, lets run what is due in it, lets the rules decide, and commits; one command at a time.

Source: house page, «One message, six files», decision 6; lifecycle.md, 10.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from handoff_sdk.core.circumstances import ALONE, Arrival, Circumstances
from handoff_sdk.core.decide import decide, start
from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.core.followups import brand_budget, budget_of
from handoff_sdk.core.proactive import continued
from handoff_sdk.desk.locks import KeyedLock
from handoff_sdk.errors import NotFound, Unavailable
from handoff_sdk.models.command import (
    RedactMessage,
    ScheduleFollowup,
    SendProactive,
    StartConversation,
    TicketCommand,
)
from handoff_sdk.models.prompt import CloseInSilence, Reconfigure, Redact, Tick
from handoff_sdk.ports import ConversationFilter, StaleVersion

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AbstractAsyncContextManager

    from handoff_sdk.core.thread import Thread
    from handoff_sdk.desk.bots import Bots
    from handoff_sdk.desk.commits import Commits, Once, Outcome
    from handoff_sdk.desk.presence import Presence
    from handoff_sdk.models.customer import Customer
    from handoff_sdk.models.event import Actor
    from handoff_sdk.models.noun import Command

__all__ = ["Conversations"]

_TRIES = 10
"""How often a command is decided again when its conversation was changed meanwhile."""


class Conversations:
    """Carries commands out in conversations."""

    def __init__(self, commits: Commits, presence: Presence, bots: Bots) -> None:
        self._commits = commits
        self._presence = presence
        self._bots = bots
        self._locks = KeyedLock()

    async def change(
        self, conversation_id: str, command: Command, actor: Actor, once: Once | None = None, *, settle: bool = True
    ) -> Outcome:
        """Do what a command asks in a conversation there is; with ``settle`` what is due in it runs before.

        Raises:
            NotFound: There is no such conversation.
            HandoffError: The command is refused.
            CapacityReached, AnswerKept: As ``Store.submit``; nothing was changed.
        """
        threads = self._commits.threads
        async with self._locks(conversation_id):
            for _ in range(_TRIES):
                try:
                    thread = self._presence.shown(await threads.get(conversation_id))
                    if not isinstance(command, Reconfigure):
                        thread = await self._in_line(thread)
                    if settle:
                        thread = await self._settled(thread)
                    thread = await self._with_ticket(thread, command)
                    if isinstance(command, RedactMessage):
                        return await self._redacted(thread, command, actor, once)
                    return await self._done(thread, command, actor, once)
                except StaleVersion:
                    threads.forget(conversation_id)
        raise Unavailable("The conversation was changed again and again meanwhile; try again.", retry_after=1)

    async def erase(self, conversation_id: str, settled: Callable[[int], Awaitable[None]]) -> None:
        """Close what is open in a conversation and erase it, after ``settled`` has read its events up to a cursor.

        Raises:
            Unavailable: The events could not be read; the conversation is closed, and to be erased again.
        """
        commits = self._commits
        async with self._locks(conversation_id):
            for _ in range(_TRIES):
                try:
                    thread = await commits.threads.get(conversation_id)
                    await self._done(thread, CloseInSilence(conversation_id=conversation_id), SYSTEM)
                    break
                except StaleVersion:
                    commits.threads.forget(conversation_id)
            await settled(await commits.store.last_cursor(conversation_id))
            await commits.store.erase_conversation(conversation_id)
            commits.hub.erase(conversation_id)
            commits.threads.forget(conversation_id)

    async def start(
        self, command: StartConversation, customer: Customer, actor: Actor, once: Once | None = None
    ) -> Outcome:
        """Start a conversation.

        Raises:
            InvalidRequest: There is no such brand.
            MessagingOff: The brand takes no conversations.
            AnswerKept: As ``Store.submit``; nothing was changed.
        """
        return await self._started(command, customer, actor, once, ALONE)

    async def send_proactive(
        self, command: SendProactive, customer: Customer, actor: Actor, once: Once | None = None
    ) -> Outcome:
        """Continue one of the customer's conversations, or start one; nothing starts where nothing is sent.

        Raises:
            HandoffError: The command is refused.
            AnswerKept: As ``Store.submit``; nothing was changed.
        """
        commits = self._commits
        async with self._locks(customer.id):
            which = ConversationFilter(customer_id=customer.id)
            found = await commits.store.conversations(which, before=None, limit=100)
            theirs = dict.fromkeys(conversation.id for conversation, _ in found)
            if command.conversation_id is not None:
                theirs |= {command.conversation_id: None}  # also where it is older than these
            threads = [await commits.threads.get(each) for each in theirs]
            thread = continued(command, threads)
            if thread is not None:
                return await self.change(thread.conversation.id, command, actor, once)
            budget = brand_budget(command.brand, commits.config)
            async with commits.outreach.circumstances(customer, command.channel, budget) as known:
                return await self._started(command, customer, actor, once, known)

    async def _started(
        self,
        command: StartConversation | SendProactive,
        customer: Customer,
        actor: Actor,
        once: Once | None,
        known: Circumstances,
    ) -> Outcome:
        commits = self._commits
        decision = start(
            command,
            customer,
            actor=actor,
            now=commits.clock.now(),
            config=commits.config,
            new_id=commits.new_id,
            arrival=Arrival(
                registered=self._bots.first(command.brand),
                connected=customer.id in self._presence,
                previous=await commits.store.conversations_of(customer.id),
            ),
            beside=replace(known, place_of=commits.router.place_of),
        )
        if not decision.events:
            return await commits.decided(decision.thread, decision, once)
        commits.outreach.note(decision)
        nothing = decision.thread.model_copy(update={"tickets": (), "version": 0})
        return await commits.decided(nothing, decision, once, new=True)

    async def _done(self, thread: Thread, command: Command, actor: Actor, once: Once | None = None) -> Outcome:
        commits = self._commits
        async with self._circumstances(thread, command) as known:
            assignee = commits.roster.find(thread.live.assignee or "") if thread.live else None
            decision = decide(
                thread,
                command,
                actor=actor,
                now=commits.clock.now(),
                config=commits.config,
                new_id=commits.new_id,
                beside=replace(
                    known, assignee_status=assignee.status if assignee else None, place_of=commits.router.place_of
                ),
            )
            commits.outreach.note(decision)
            return await commits.decided(thread, decision, once)

    def _circumstances(self, thread: Thread, command: Command) -> AbstractAsyncContextManager[Circumstances]:
        if not isinstance(command, (Tick, ScheduleFollowup, SendProactive)):
            return nullcontext(ALONE)
        channel, budget = thread.conversation.channel, budget_of(thread, self._commits.config)
        return self._commits.outreach.circumstances(thread.customer, channel, budget)

    async def _in_line(self, thread: Thread) -> Thread:
        """The thread in line with the configuration in force."""
        version = self._commits.rules.version
        if thread.config_version >= version:
            return thread
        command = Reconfigure(conversation_id=thread.conversation.id, config_version=version)
        return (await self._done(thread, command, SYSTEM)).thread or thread

    async def _settled(self, thread: Thread) -> Thread:
        """The thread after everything in it that is due by now was done."""
        commits = self._commits
        while (item := commits.threads.next_due(thread, commits.config)) is not None and item.at <= commits.clock.now():
            tick = Tick(conversation_id=thread.conversation.id)
            outcome = await self._done(thread, tick, SYSTEM)
            if outcome.thread is None:
                break
            thread = outcome.thread
        return thread

    async def _redacted(
        self, thread: Thread, command: RedactMessage, actor: Actor, once: Once | None = None
    ) -> Outcome:
        """The message as it is once it is redacted.

        Raises:
            NotFound: The conversation has no such message.
        """
        message = await self._commits.store.message(command.message_id)
        if message is None or message.conversation_id != thread.conversation.id:
            raise NotFound(f"There is no message {command.message_id} in conversation {thread.conversation.id}.")
        prompt = Redact(conversation_id=thread.conversation.id, message=message, reason=command.reason)
        return await self._done(thread, prompt, actor, once)

    async def _with_ticket(self, thread: Thread, command: Command) -> Thread:
        """The thread with the closed ticket that a command names."""
        if not isinstance(command, TicketCommand) or thread.ticket(command.ticket_id) is not None:
            return thread
        ticket = await self._commits.store.ticket(command.ticket_id)
        if ticket is None or ticket.conversation_id != thread.conversation.id:
            return thread
        tickets = sorted((*thread.tickets, ticket), key=lambda one: one.number)
        return thread.model_copy(update={"tickets": tuple(tickets)})
