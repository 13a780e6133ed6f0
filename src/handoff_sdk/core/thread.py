"""The aggregate that one decision sees: a conversation with its customer, its tickets and its clocks.

Source: lifecycle.md, 1; house page, decisions 3 (timers are a function of this state) and 6 (one version).
"""

from __future__ import annotations

from pydantic import Field

from handoff_sdk.models.conversation import Conversation
from handoff_sdk.models.customer import Customer
from handoff_sdk.models.followup import Followups
from handoff_sdk.models.noun import Instant, Noun
from handoff_sdk.models.ticket import Ticket
from handoff_sdk.models.turn import OpenTurn

__all__ = ["Clocks", "RuleMemory", "Thread"]


class Clocks(Noun):
    """Instants that timers are computed from.

    ``unanswered_agent_at`` is the first public agent message of this epoch and assignment that the customer has not
    answered, ``unanswered_customer_at`` the customer's first one since an agent wrote; ``connected`` whether a stream
    of the customer is open, ``disconnected_at`` when the last one closed.
    """

    customer_at: Instant | None = None
    agent_at: Instant | None = None
    bot_at: Instant | None = None
    unanswered_agent_at: Instant | None = None
    unanswered_customer_at: Instant | None = None
    connected: bool = False
    disconnected_at: Instant | None = None


class RuleMemory(Noun):
    """What is kept of the rules for one ticket, or for the conversation where there is none, by the rules' names.

    ``fired`` has the instants of the last hour at which each fired; ``stopped`` are those that fired too often;
    ``holding`` are automations that have fired and whose conditions still hold.
    """

    fired: dict[str, tuple[Instant, ...]] = Field(default_factory=dict)
    stopped: tuple[str, ...] = ()
    holding: tuple[str, ...] = ()


class Thread(Noun):
    """A conversation as the rules see it.

    ``tickets`` holds those that are not closed and the latest one, by number. ``turns`` are those the bot has not
    acknowledged, oldest first, ``turn_count`` how many there were; ``timers`` are the bot's own, by name.
    ``handoff_keys`` maps every key a hand-off was made with to its ticket; ``stretch_from`` is the ``seq`` after which
    the present human stretch begins. ``rules`` is what is kept of the rules, by ticket. ``config_version`` is of the
    configuration that it is in line with, ``counts_inactive`` whether by that one a silent customer uses capacity.
    ``decided_at`` is when it was changed last: since then only time has passed. ``version`` grows by one with every
    commit; ``seq`` and ``public_seq`` are those of the last event.
    """

    conversation: Conversation
    customer: Customer
    tickets: tuple[Ticket, ...] = ()
    clocks: Clocks = Field(default_factory=Clocks)
    turns: tuple[OpenTurn, ...] = ()
    turn_count: int = 0
    timers: dict[str, Instant] = Field(default_factory=dict)
    handoff_keys: dict[str, str] = Field(default_factory=dict)
    followups: Followups = Field(default_factory=Followups)
    rules: dict[str, RuleMemory] = Field(default_factory=dict)
    stretch_from: int = 0
    config_version: int = 0
    counts_inactive: bool = False
    decided_at: Instant | None = None
    version: int = 0
    seq: int = 0
    public_seq: int = 0

    @property
    def live(self) -> Ticket | None:
        """The live ticket: there is one exactly while a human owns the conversation."""
        for ticket in self.tickets:
            if ticket.live:
                return ticket
        return None

    @property
    def latest(self) -> Ticket | None:
        """The ticket made last."""
        return self.tickets[-1] if self.tickets else None

    def ticket(self, ticket_id: str) -> Ticket | None:
        """The ticket of this id, where the thread still holds it."""
        for ticket in self.tickets:
            if ticket.id == ticket_id:
                return ticket
        return None
