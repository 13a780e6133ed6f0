"""What somebody knows who has read one snapshot and then follows the feed: a pure ``apply(state, event)``.

It is written from api.md and the events alone, as a console or a widget would, and not from the engine's code.
"""

from __future__ import annotations

from typing import Any

from handoff_sdk.models.message import Message

Json = dict[str, Any]

MESSAGES = 100
"""How many messages a snapshot holds."""


def known(snapshot: Json) -> Json:
    """A snapshot in the form in which what is known can be compared."""
    return {
        "conversation": _without(snapshot["conversation"], *UNTOLD),
        "messages": [_message(message) for message in snapshot["messages"]],
    }


UNTOLD = ("metadata", "state", "position", "wait")
"""The application's and the bot's own notes have no event; position and wait are computed when they are read."""
INTERNAL = (
    *("passed_over", "retry_at", "eligible_at", "unassigned_at", "accepted_at", "first_reply_at"),
    *("customer_at", "agent_at", "put_into", "relaxed", "given_inactive"),
    *("promised_wait", "introduced"),
)
"""What routing and reports keep on a ticket beside what it tells."""


def apply(state: Json, event: Json) -> Json:
    """What staff know after one more event of the conversation."""
    conversation, messages, data, kind = state["conversation"], state["messages"], event["data"], event["type"]
    if kind == "message.created" and data["message"]["id"] not in _ids(messages):
        messages = _with(messages, data["message"])
        message = data["message"]
        if message["visibility"] == "public" and message["author"]["type"] != "system":
            conversation = conversation | {"last_message_at": message["at"], "last_author": message["author"]["type"]}
    elif kind == "message.redacted":
        messages = _redacted(messages, data)
    elif kind == "ticket.created":
        ticket = _without(data["ticket"], *INTERNAL)
        conversation = conversation | {"ticket": ticket, "tickets": ticket["number"]}
    elif kind.startswith("ticket.") and event["ticket_id"] == conversation["ticket"]["id"]:
        conversation = conversation | {"ticket": _ticket(conversation["ticket"], event)}
    elif kind.startswith("survey."):
        if event["ticket_id"] == conversation["ticket"]["id"]:
            conversation = conversation | {"ticket": conversation["ticket"] | _survey(kind, data)}
    else:
        conversation = conversation | _standing(kind, data)
    return {"conversation": conversation, "messages": messages}


def apply_for_customer(state: Json, event: Json) -> Json:
    """What a customer knows after one more event of the conversation."""
    conversation, messages, data, kind = state["conversation"], state["messages"], event["data"], event["type"]
    if kind == "message.created" and data["message"]["id"] not in _ids(messages):
        messages = _with(messages, data["message"])
        theirs = data["message"]["author"]["type"] in {"bot", "agent"}
        conversation = conversation | {"unread": min(conversation["unread"] + theirs, MESSAGES)}
    elif kind == "message.redacted":
        messages = _redacted(messages, data)
    elif kind == "message.read" and data["by"] == "agent":
        conversation = conversation | {"read_up_to": data["up_to"]}
    elif kind == "survey.asked":
        conversation = conversation | {"survey": data | {"rating": None, "comment": None}}
    elif kind == "survey.answered":
        conversation = conversation | {"survey": conversation["survey"] | data}
    elif kind == "message.read" and data["by"] == "customer":
        after = _ids(messages).index(data["up_to"]) + 1
        conversation = conversation | {
            "unread": sum(message["author"]["type"] in {"bot", "agent"} for message in messages[after:])
        }
    elif kind == "ticket.assigned":
        conversation = conversation | {"speaker": data["name"]}
    elif kind == "ticket.unassigned":
        conversation = conversation | {"speaker": None}
    else:
        conversation = conversation | _standing(kind, data)
        if kind.startswith("control."):
            conversation["speaker"] = data["bot"] if data["owner"] == "bot" else None
        conversation.pop("bot", None)
    return {"conversation": conversation, "messages": messages}


def _standing(kind: str, data: Json) -> Json:
    if kind.startswith("session."):
        return {"session": data["session"], "ended_by": data.get("reason")}
    if kind.startswith("control."):
        return {key: data[key] for key in ("owner", "epoch", "bot") if key in data}
    return {}


def _survey(kind: str, data: Json) -> Json:
    if kind == "survey.asked":
        return {"survey": "asked"}
    return {"survey": "answered", "rating": data["rating"], "rating_comment": data["comment"]}


def _ticket(ticket: Json, event: Json) -> Json:
    kind, data, at = event["type"], event["data"], event["at"]
    changes: Json = {"status_at": at} if kind in _SINCE else {}
    changes |= {name: at if set_then else None for name, set_then in _SINCE.get(kind, {}).items()}
    if kind == "ticket.offered":
        told = _without(data, "offer_id")
        changes["offer"] = {"id": data["offer_id"], **told}
    elif kind in {"ticket.offer_declined", "ticket.offer_lapsed", "ticket.offer_withdrawn"}:
        changes["offer"] = None
    elif kind == "ticket.assigned":
        own_offer = ticket["offer"] is not None and ticket["offer"]["agent_id"] == data["agent_id"]
        changes = {"assigned_at": at, "offer": None if own_offer else ticket["offer"]}
    elif kind == "ticket.unassigned":
        changes["assigned_at"] = None
    elif kind == "ticket.updated":
        changes = {field: new for field, (_, new) in data["changes"].items()}
        if "abandoned" in changes:
            changes |= {"status_at": at, "solved_at": at}
        versions = ticket["field_versions"] | dict.fromkeys(data["changes"], data["version"])
        changes |= {"version": data["version"], "field_versions": versions, "updated_at": at}
    return ticket | changes


_SINCE = {
    "ticket.opened": {"solved_at": False},
    "ticket.pending": {"solved_at": False},
    "ticket.on_hold": {"solved_at": False},
    "ticket.solved": {"solved_at": True},
    "ticket.closed": {"closed_at": True},
}


def _message(message: Json) -> Json:
    return Message.model_validate(message).model_dump(mode="json", exclude_defaults=True)


def _with(messages: list[Json], message: Json) -> list[Json]:
    return [*messages, _message(message)][-MESSAGES:]


def _redacted(messages: list[Json], data: Json) -> list[Json]:
    gone = {"content": {"type": "redacted"}}
    return [_message(one | gone) if one["id"] == data["message_id"] else one for one in messages]


def _ids(messages: list[Json]) -> list[str]:
    return [message["id"] for message in messages]


def _without(noun: Json, *names: str) -> Json:
    ticket = noun.get("ticket")
    kept = {name: value for name, value in noun.items() if name not in names}
    return kept | ({"ticket": _without(ticket, *INTERNAL)} if ticket else {})
