"""Turns: the work of a bot. A customer's message, a return of control or a timer of the bot's own is one.

Source: lifecycle.md, 2.3; api.md, bots.
"""

from __future__ import annotations

from typing import Literal

from .conversation import Conversation, Returned
from .customer import Customer
from .message import Message
from .noun import Identifier, Instant, Noun

__all__ = ["OpenTurn", "Turn", "TurnKind"]

TurnKind = Literal["message", "returned", "timer"]


class OpenTurn(Noun):
    """A turn that is not acknowledged, as the thread keeps it.

    ``about`` is the id of the message, of the ticket that returned, or the timer's name. ``consumer`` has it until
    ``leased_until``; ``attempt`` counts the leases.
    """

    id: Identifier
    kind: TurnKind
    about: str
    at: Instant
    attempt: int = 0
    consumer: str | None = None
    leased_until: Instant | None = None


class Turn(Noun):
    """A leased turn, as the bot gets it; ``id`` is the same at every redelivery.

    One of ``message``, ``returned`` and ``timer`` is set, by ``kind``. ``leased_until`` moves on with what the bot
    posts.
    """

    id: Identifier
    kind: TurnKind
    bot: str
    conversation: Conversation
    customer: Customer
    message: Message | None = None
    returned: Returned | None = None
    timer: str | None = None
    at: Instant
    attempt: int
    leased_until: Instant
