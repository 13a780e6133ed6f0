"""Who may see what, in one place.

Staff (bots, integrators, back office, agents) read everything of the conversations they may read. A customer reads the
public projection: what was said to them, who speaks, and whether the session lives; no notes, tags, priorities, offers,
rules or SLAs. Agents see of each other those who share a brand with them.

Source: api.md, Who calls, Resources (events) and Events.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from handoff_sdk.models.agent import Agent
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.conversation import Conversation
    from handoff_sdk.models.event import Event
    from handoff_sdk.models.handoff import Explained, Previewed
    from handoff_sdk.models.message import Message
    from handoff_sdk.models.noun import JsonObject

__all__ = [
    "STAFF",
    "Audience",
    "agents_for",
    "among_agents_for",
    "conversation_for_customer",
    "for_customer",
    "is_public",
    "message_for_customer",
    "sees_agent",
]

_Told = TypeVar("_Told", "Explained", "Previewed")


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads: staff, one bot (by name), one agent or one customer (by id)."""

    kind: Literal["staff", "bot", "agent", "customer"]
    id: str | None = None


STAFF = Audience("staff")


def _message(data: JsonObject) -> JsonObject:
    return {"message": _public_message(data["message"])}


def _public_message(message: JsonObject) -> JsonObject:
    author = message["author"]
    own = author["type"] == "customer"
    return {
        "id": message["id"],
        "conversation_id": message["conversation_id"],
        "author": author if own else author | {"id": None},
        "content": message["content"],
        "visibility": "public",
        "epoch": message["epoch"],
        "seq": message["public_seq"],
        "at": message["at"],
        "metadata": message["metadata"] if own else _public_metadata(message),
    }


def _public_metadata(message: JsonObject) -> JsonObject:
    """Which line of the engine's a message is, so that a widget can say it in its own words; nothing of others'."""
    line = message["metadata"].get("line") if message["author"]["type"] == "system" else None
    return {} if line is None else {"line": line}


def _conversation(data: JsonObject) -> JsonObject:
    return {"conversation": _public_conversation(data["conversation"])}


def _public_conversation(conversation: JsonObject) -> JsonObject:
    keys = ("id", "customer_id", "brand", "channel", "owner", "epoch", "session", "ended_by", "created_at")
    return {key: conversation[key] for key in keys if key in conversation}


def _only(*keys: str) -> Callable[[JsonObject], JsonObject]:
    def project(data: JsonObject) -> JsonObject:
        return {key: data[key] for key in keys if key in data}

    return project


_PUBLIC: dict[str, Callable[[JsonObject], JsonObject]] = {
    "conversation.created": _conversation,
    "message.created": _message,
    "message.delivered": _only("message_id"),
    "message.failed": _only("message_id"),
    "message.read": _only("up_to", "by"),
    "message.redacted": _only("message_id"),
    "typing.started": _only("by", "name"),
    "typing.stopped": _only("by", "name"),
    "session.started": _only("session"),
    "session.active": _only("session"),
    "session.inactive": _only("session"),
    "session.ended": _only("session", "reason"),
    "control.passed": _only("owner", "epoch", "bot"),
    "control.taken_over": _only("owner", "epoch"),
    "control.returned": _only("owner", "epoch", "bot"),
    "ticket.assigned": _only("name"),
    "ticket.unassigned": _only(),
    "ticket.position": _only("position", "wait"),
    "survey.asked": _only("message_id"),
    "survey.answered": _only("rating", "comment"),
}
"""The types a customer may see, each with what of its data."""
_SPEAKER = frozenset({"ticket.assigned", "ticket.unassigned"})
"""They tell who speaks, as long as people do: whose desk an old ticket lies on is not the customer's to know."""


def is_public(event_type: str, data: JsonObject) -> bool:
    """Whether the customer may see an event: its type is public, and it is no note and about no ticket of the past."""
    if event_type == "message.created":
        return bool(data["message"]["visibility"] == "public")
    if event_type == "message.redacted":
        return bool(data["visibility"] == "public")
    if event_type in _SPEAKER:
        return data["live"] is True
    return event_type in _PUBLIC


def for_customer(event: Event) -> Event | None:
    """The event as its customer may see it; ``None`` where it is not theirs to see.

    The staff's ``seq``, the ticket and the ids of people are left out: gaps in numbers would tell of what is hidden.
    """
    project = _PUBLIC.get(event.type)
    if project is None or not is_public(event.type, event.data):
        return None
    actor = event.actor
    shown = actor if actor.type in {"customer", "bot"} else actor.model_copy(update={"id": None})
    if shown.type not in {"customer", "bot", "agent"}:
        shown = shown.model_copy(update={"type": "system"})
    return event.model_copy(
        update={
            "seq": event.public_seq or 0,
            "ticket_id": None,
            "actor": shown,
            "standby": False,
            "data": project(event.data),
        }
    )


def message_for_customer(message: Message) -> JsonObject:
    """A public message as the customer may see it."""
    return _public_message(message.model_dump(mode="json"))


def conversation_for_customer(conversation: Conversation) -> JsonObject:
    """A conversation as its customer may see it: who owns it and whether its session lives."""
    return _public_conversation(conversation.model_dump(mode="json", exclude={"ticket"}))


def sees_agent(audience: Audience, agent: Agent, config: DeskConfig) -> bool:
    """Whether an agent is there for an audience.

    An agent, leads too, sees themselves and who shares a brand with them; one with the role ``admin``, bots and keys
    see all; customers see none.
    """
    if audience.kind != "agent":
        return audience.kind != "customer"
    if agent.id == audience.id:
        return True
    who = config.agents.get(audience.id or "")
    if who is None:
        return False
    return who.role == "admin" or who.brands is None or agent.brands is None or bool({*who.brands} & {*agent.brands})


def agents_for(audience: Audience, agents: Iterable[Agent], config: DeskConfig) -> list[Agent]:
    """Those of some agents who are there for an audience, in the same order."""
    return [agent for agent in agents if sees_agent(audience, agent, config)]


def among_agents_for(audience: Audience, told: _Told, agents: Iterable[Agent], config: DeskConfig) -> _Told:
    """What was told of who could take a ticket, without those of ``agents`` who are not there for an audience."""
    seen = {agent.id for agent in agents_for(audience, agents, config)}
    return told.model_copy(
        update={
            "agents": tuple(agent_id for agent_id in told.agents if agent_id in seen),
            "out": {agent_id: why for agent_id, why in told.out.items() if agent_id in seen},
        }
    )
