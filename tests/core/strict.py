"""A toy desk that looks at every decision it makes, and that can be restarted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from handoff_sdk.core.breaker import after_failed, after_sent
from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.core.followups import budget_of
from handoff_sdk.core.pace import Pacer
from handoff_sdk.core.quiet import day_start
from handoff_sdk.core.routing import load_agent
from handoff_sdk.core.thread import Thread
from handoff_sdk.models.followup import Breaker
from handoff_sdk.models.prompt import RenewOffer, RenewTurns, SetPresence

from .desk import Desk
from .witness import Witness

if TYPE_CHECKING:
    from handoff_sdk.core.circumstances import Circumstances
    from handoff_sdk.core.draft import Decision
    from handoff_sdk.models.event import Event
    from handoff_sdk.models.noun import Command

TOLD = """
    status priority group queue assignee style close_after subject summary tags fields live abandoned reopens
""".split()  # noqa: SIM905 - read as one line


class StrictDesk(Desk):
    """A toy with follow-ups, in which every conversation has a witness."""

    def __init__(self, witnesses: dict[str, dict[str, Any]], **config: Any) -> None:
        super().__init__(**config)
        self.witnesses = {name: Witness(**knows) for name, knows in witnesses.items()}
        self.followed: dict[str, dict[str, Any]] = {}
        self.pacer = Pacer()
        self.slots: list[tuple[str, Any]] = []
        self.breakers: dict[str, Breaker] = {}

    def restart(self) -> None:
        """Keep what a store keeps, forget the rest, and begin again as a desk does."""
        self.threads = {name: Thread.model_validate_json(one.model_dump_json()) for name, one in self.threads.items()}
        self.pacer = Pacer((ladder, at, self.slots.count((ladder, at))) for ladder, at in set(self.slots))
        for name, thread in tuple(self.threads.items()):
            conversation_id, live = thread.conversation.id, thread.live
            prompts: list[Command] = []
            if live is not None and live.offer is not None:
                prompts.append(RenewOffer(conversation_id=conversation_id, offer_id=live.offer.id))
            if thread.turns:
                prompts.append(RenewTurns(conversation_id=conversation_id))
            if thread.clocks.connected:
                prompts.append(SetPresence(conversation_id=conversation_id, connected=False))
            for prompt in prompts:
                self.decided(name, prompt, SYSTEM)
        self.run_due()
        self.pull()

    def _take_in(self, before: Thread | None, decision: Decision) -> Decision:
        after = decision.thread
        name = after.customer.id.removeprefix("cus_")
        if before is not None:
            self._check_owner(before, decision)
            assert after.version - before.version == (after is not before)
        self.witnesses[name].hear(decision.events)
        assert (after.seq, after.public_seq) == (self.witnesses[name].seq, self.witnesses[name].public_seq)
        for event in decision.events:
            self._follow(event.type, event.ticket_id, event.data)
        for ticket in after.tickets:
            stands = ticket.model_dump(mode="json")
            assert {name: stands[name] for name in TOLD} == {name: self.followed[ticket.id][name] for name in TOLD}
        taken = super()._take_in(before, decision)
        for fact in decision.agents:
            if fact.what == "given" and load_agent(after) == fact.agent_id:
                assert self.used(fact.agent_id) <= self.people[fact.agent_id].capacity.messaging
        self._keep_pace(decision)
        return taken

    def _check_owner(self, before: Thread, decision: Decision) -> None:
        old, new = before.conversation, decision.thread.conversation
        moves = [event for event in decision.events if event.type.startswith("control.")]
        assert len(moves) == new.epoch - old.epoch <= 1
        assert moves or (old.owner, old.bot) == (new.owner, new.bot)

    def _follow(self, event_type: str, ticket_id: str | None, data: dict[str, Any]) -> None:
        """Keep what somebody knows who only reads events."""
        if event_type == "ticket.created":
            self.followed[str(ticket_id)] = data["ticket"]
        elif event_type == "ticket.updated":
            known = self.followed[str(ticket_id)]
            for field, (old, new) in data["changes"].items():
                assert known[field] == old
                known[field] = new

    def _keep_pace(self, decision: Decision) -> None:
        if decision.slot is not None:
            self.pacer.take(decision.slot)
            self.slots.append((decision.slot.ladder, decision.slot.at))
        channel = decision.thread.conversation.channel
        for event in decision.events:
            breaker = self.breakers.get(channel, Breaker(channel=channel))
            if event.type == "followup.sent":
                self.breakers[channel] = after_sent(breaker, event.data["message_id"])
            elif event.type == "message.failed":
                self.breakers[channel] = after_failed(breaker, event.data["message_id"], now=self.now)

    def _outside(self, thread: Thread) -> Circumstances:
        sent = 0
        if budget_of(thread, self.config) is not None:
            since = day_start(thread.customer, self.now)
            sent = sum(event.at >= since for event in self.told_of(thread) if event.type == "followup.sent")
        breaker = self.breakers.get(thread.conversation.channel)
        return replace(self._beside, pacer=self.pacer, breaker=breaker, sent_today=sent)

    def told_of(self, thread: Thread) -> list[Event]:
        """The events of a conversation."""
        return [event for event in self.events if event.conversation_id == thread.conversation.id]
