"""The fence: who may act for the business at this moment, and names that must be known.

A call that was made for an epoch that has passed reaches nobody.

Source: lifecycle.md, 2.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.errors import ControlLost, Forbidden, InvalidRequest, SessionEnded
from handoff_sdk.models.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection

    from handoff_sdk.core.draft import Draft
    from handoff_sdk.errors import HandoffError
    from handoff_sdk.models.customer import Customer

__all__ = ["check_agent", "check_bot", "check_known", "check_not_blocked"]


def check_bot(draft: Draft, bot: str | None, epoch: int | None) -> None:
    """Let a bot speak only where it owns the conversation in the epoch that it read.

    Raises:
        InvalidRequest: The bot did not say which epoch it read.
        ControlLost: Somebody else owns the conversation, or did in between.
    """
    conversation = draft.conversation
    if epoch is None:
        raise InvalidRequest("A bot's call names the 'epoch' of the conversation that it read; it is missing.")
    if conversation.owner != "bot":
        raise ControlLost(f"The conversation belongs to {conversation.owner!r} now, not to a bot; nothing was said.")
    if epoch != conversation.epoch:
        raise ControlLost(
            f"The call was made for epoch {epoch}, the conversation is in epoch {conversation.epoch}; nothing was said."
        )
    if bot is not None and bot != conversation.bot:
        raise ControlLost(
            f"The conversation belongs to the bot {conversation.bot!r}, not to {bot!r}; nothing was said."
        )


def check_agent(draft: Draft, epoch: int | None, ticket_id: str | None) -> None:
    """Let an agent act who names no epoch or ticket, or the present ones.

    Raises:
        ControlLost: The epoch has moved on.
        SessionEnded: The ticket is not the live one.
    """
    conversation = draft.conversation
    if epoch is not None and epoch != conversation.epoch:
        raise ControlLost(
            f"The call was made for epoch {epoch}, the conversation is in epoch {conversation.epoch}; nothing was said."
        )
    live = draft.live
    if ticket_id is not None and (live is None or live.id != ticket_id):
        raise SessionEnded(
            f"Ticket {ticket_id} is not live: its session has ended or control went back to the bot; nothing was said."
        )


def check_not_blocked(customer: Customer) -> None:
    """Let a customer write who is not blocked.

    Raises:
        Forbidden: They are.
    """
    if customer.blocked:
        raise Forbidden("This customer is blocked: they write nothing and start no conversation.")


def check_known(what: str, name: str, known: Collection[str], error: type[HandoffError]) -> None:
    """Raise ``error``, with the nearest known name, unless ``name`` is known."""
    if name not in known:
        raise error(f"There is no {what} {name!r}{did_you_mean(name, known)}")
