"""Hand a conversation from a bot to a person and back: a bot kit, a client and an engine.

Names are resolved when somebody asks for them, so that a program pays only for what it uses.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .errors import (
    AlreadyOpen,
    ClientError,
    ClosedByRuleOnly,
    ConfigError,
    Conflict,
    ControlLost,
    FieldError,
    Forbidden,
    HandoffError,
    IdempotencyMismatch,
    InvalidRequest,
    InvalidTransition,
    MessagingOff,
    MissingFields,
    NotFound,
    OfferGone,
    RateLimited,
    Refused,
    SessionEnded,
    TemplateError,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    UnknownGroup,
    UnknownLadder,
    UnknownSkill,
    Unprocessable,
    Unreachable,
    UnsupportedMedia,
    WindowClosed,
)

if TYPE_CHECKING:
    from .bot.bot import Bot
    from .bot.chat import Chat
    from .bot.returned import Returned
    from .client.client import HandoffClient
    from .client.retries import Retries
    from .client.webhooks import verify_webhook
    from .compose import open_desk
    from .core.forms import HandoffForm, question
    from .models.agent import Agent, Workload
    from .models.config import DeskConfig
    from .models.conversation import Conversation
    from .models.customer import Customer, CustomerProfile
    from .models.event import Event
    from .models.handoff import HandedOff, Handoff
    from .models.message import Author, Message, Reply
    from .models.ticket import Offer, Ticket
    from .models.webhook import Delivery, Webhook

    __version__: str

__all__ = [
    "Agent",
    "AlreadyOpen",
    "Author",
    "Bot",
    "Chat",
    "ClientError",
    "ClosedByRuleOnly",
    "ConfigError",
    "Conflict",
    "ControlLost",
    "Conversation",
    "Customer",
    "CustomerProfile",
    "Delivery",
    "DeskConfig",
    "Event",
    "FieldError",
    "Forbidden",
    "HandedOff",
    "Handoff",
    "HandoffClient",
    "HandoffError",
    "HandoffForm",
    "IdempotencyMismatch",
    "InvalidRequest",
    "InvalidTransition",
    "Message",
    "MessagingOff",
    "MissingFields",
    "NotFound",
    "Offer",
    "OfferGone",
    "RateLimited",
    "Refused",
    "Reply",
    "Retries",
    "Returned",
    "SessionEnded",
    "TemplateError",
    "Ticket",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedAnswer",
    "UnknownGroup",
    "UnknownLadder",
    "UnknownSkill",
    "Unprocessable",
    "Unreachable",
    "UnsupportedMedia",
    "Webhook",
    "WindowClosed",
    "Workload",
    "__version__",
    "open_desk",
    "question",
    "verify_webhook",
]

_HOMES = {
    "Agent": "models.agent",
    "Author": "models.message",
    "Bot": "bot.bot",
    "Chat": "bot.chat",
    "Conversation": "models.conversation",
    "Customer": "models.customer",
    "CustomerProfile": "models.customer",
    "Delivery": "models.webhook",
    "DeskConfig": "models.config",
    "Event": "models.event",
    "HandedOff": "models.handoff",
    "Handoff": "models.handoff",
    "HandoffClient": "client.client",
    "HandoffForm": "core.forms",
    "Message": "models.message",
    "Offer": "models.ticket",
    "Reply": "models.message",
    "Retries": "client.retries",
    "Returned": "bot.returned",
    "Ticket": "models.ticket",
    "Webhook": "models.webhook",
    "Workload": "models.agent",
    "open_desk": "compose",
    "question": "core.forms",
    "verify_webhook": "client.webhooks",
}

if not TYPE_CHECKING:  # a checker shall know the names above, and no others

    def __getattr__(name: str) -> object:
        """The public name ``name``, imported now and kept."""
        if name == "__version__":
            from importlib.metadata import version

            value = version("handoff-sdk")
        elif name in _HOMES:
            value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
