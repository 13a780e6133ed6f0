"""What of the desk's nouns a caller gets to see: customers the public projection, everybody else all of it.

What is public is said in ``core/views``, not here.

Source: api.md, Who calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.views import conversation_for_customer, message_for_customer

if TYPE_CHECKING:
    from handoff_sdk.core.thread import Thread
    from handoff_sdk.desk.desk import Outcome
    from handoff_sdk.models.conversation import Conversation
    from handoff_sdk.models.customer import Customer
    from handoff_sdk.models.message import Message
    from handoff_sdk.models.ticket import Ticket

    from .auth import Caller

__all__ = ["conversation", "customer", "message", "thread", "ticket"]

_OWN_PROFILE = ("id", "external_id", "name", "email", "language", "timezone", "created_at")


def conversation(caller: Caller, shown: Conversation) -> object:
    """A conversation as the caller may see it."""
    return conversation_for_customer(shown) if caller.capacity == "customer" else shown


def thread(caller: Caller, shown: Thread | None) -> object:
    """A thread's conversation, with its latest ticket, as the caller may see it."""
    if shown is None:
        raise TypeError(caller)
    if caller.capacity == "customer":
        return conversation_for_customer(shown.conversation)
    return shown.conversation.model_copy(update={"ticket": shown.latest})


def message(caller: Caller, shown: Message | None) -> object:
    """A message as the caller may see it."""
    if shown is None:
        raise TypeError(caller)
    return message_for_customer(shown) if caller.capacity == "customer" else shown


def customer(caller: Caller | None, shown: Customer) -> object:
    """A customer's profile as the caller may see it; attributes are the application's, not for their eyes."""
    if caller is not None and caller.capacity != "customer":
        return shown
    return {key: value for key, value in shown.model_dump(mode="json").items() if key in _OWN_PROFILE}


def ticket(outcome: Outcome) -> Ticket:
    """The ticket that a command was about."""
    if outcome.ticket is None:
        raise TypeError(outcome)
    return outcome.ticket
