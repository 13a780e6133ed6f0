"""A decision about one customer's message on a desk with a thousand triggers, beside the same desk without any.

All triggers listen to ``message.created`` and few of them match, as where many teams keep theirs in one configuration:
most ask for a tag, a field, a queue or words that this conversation does not have. What is measured is the pure core,
with nothing written and nothing routed; seconds are those of the processor, as there is nothing to wait for.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from time import process_time
from typing import TYPE_CHECKING, Any

from handoff_sdk.core.decide import decide, start
from handoff_sdk.models.command import HandOff, NewMessage, PostMessage, StartConversation
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.customer import Customer
from handoff_sdk.models.event import Actor
from handoff_sdk.models.message import TextContent

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff_sdk.core.draft import Decision
    from handoff_sdk.core.thread import Thread

TRIGGERS = 1_000
DECISIONS = 2_000
MATCHING = 500
"""One of so many matches."""

_NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
_MIA = Actor(type="customer", id="cus_mia")
_TEXT = TextContent(text="Where is my parcel? It was due two days ago.")


def measure(*, small: bool = False) -> dict[str, float]:
    """Decisions a second with many rules and with none."""
    triggers, decisions = (100, 50) if small else (TRIGGERS, DECISIONS)
    without = _Desk(0).rate(decisions)
    desk = _Desk(triggers)
    rate = desk.rate(decisions)
    return {
        "triggers": triggers,
        "that fire at a message": desk.fired,
        "decisions/s": rate,
        "a decision, ms": 1000 / rate,
        "decisions/s without rules": without,
        "a decision without rules, ms": 1000 / without,
        "ratio": without / rate,
    }


class _Desk:
    """A conversation that people have, and the rules of its desk."""

    def __init__(self, triggers: int) -> None:
        self._config = DeskConfig.parse(
            {
                "brands": {"default": {"bot": "ada"}},
                "agents": {"ana": {}},
                "triggers": [_trigger(number) for number in range(triggers)],
            }
        )
        self._thread = self._handed_off()
        self.fired = sum(event.type == "rule.fired" for event in self._decision().events)

    def rate(self, decisions: int) -> float:
        """Decisions a second, each about the same message."""
        self._decision()  # rules are compiled once
        begun = process_time()
        for _ in range(decisions):
            self._decision()
        return decisions / (process_time() - begun)

    def _decision(self) -> Decision:
        command = PostMessage(conversation_id=self._thread.conversation.id, content=_TEXT)
        return decide(self._thread, command, actor=_MIA, **self._given())

    def _handed_off(self) -> Thread:
        customer = Customer(id="cus_mia", created_at=_NOW, attributes={"plan": "gold"})
        command = StartConversation(message=NewMessage(content=_TEXT))
        thread = start(command, customer, actor=_MIA, **self._given()).thread
        conversation = thread.conversation
        hand_off = HandOff(conversation_id=conversation.id, epoch=conversation.epoch, tags=("parcel",))
        bot = Actor(type="bot", id="ada")
        return decide(thread, hand_off, actor=bot, **self._given()).thread

    def _given(self) -> dict[str, Any]:
        return {"now": _NOW, "config": self._config, "new_id": _ids()}


def _ids() -> Callable[[str], str]:
    numbers = count()
    return lambda prefix: f"{prefix}_{next(numbers):06}"


def _trigger(number: int) -> dict[str, Any]:
    asked: list[dict[str, Any]] = [
        {"field": "message.author", "op": "is", "value": "customer"},
        _CONDITIONS[number % len(_CONDITIONS)](number),
    ]
    if number % MATCHING == 0:
        asked = asked[:1]
    actions = [{"add_tags": [f"tag-{number}"]}]
    return {"name": f"rule {number}", "on": ["message.created"], "all": asked, "actions": actions}


_CONDITIONS: tuple[Callable[[int], dict[str, Any]], ...] = (
    lambda number: {"field": "tags", "op": "includes", "value": f"team-{number}"},
    lambda number: {"field": "fields.order", "op": "is", "value": number},
    lambda number: {"field": "message.text", "op": "contains", "value": f"order {number}"},
    lambda number: {"field": "customer.plan", "op": "is", "value": f"plan-{number}"},
    lambda number: {"field": "message.text", "op": "matches", "value": f"invoice (no )?{number}"},
)
