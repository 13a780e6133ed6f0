"""What the desk needs of the world, as protocols. The composition root gives it the real ones.

Every instant is aware UTC. A store keeps all of a ``Change`` or nothing of it, and answers only when it is durable.

Source: house page, decisions 3 to 8.
"""

from __future__ import annotations

from .change import (
    AgentChange,
    Answer,
    BookChange,
    Change,
    ConfigSource,
    Due,
    HookChange,
    HookSecret,
    KeptConfig,
    KeptWebhook,
    Posted,
    Redaction,
)
from .clock import Clock
from .credential import ApiKey, Credential, CredentialKind, Role
from .files import Files
from .filter import ConversationFilter, EventFilter, FactFilter, TicketFilter
from .refusal import AnswerKept, CapacityReached, IdentityTaken, InDoubt, StaleVersion
from .sender import Sender
from .store import Standing, Store

__all__ = [
    "AgentChange",
    "Answer",
    "AnswerKept",
    "ApiKey",
    "BookChange",
    "CapacityReached",
    "Change",
    "Clock",
    "ConfigSource",
    "ConversationFilter",
    "Credential",
    "CredentialKind",
    "Due",
    "EventFilter",
    "FactFilter",
    "Files",
    "HookChange",
    "HookSecret",
    "IdentityTaken",
    "InDoubt",
    "KeptConfig",
    "KeptWebhook",
    "Posted",
    "Redaction",
    "Role",
    "Sender",
    "StaleVersion",
    "Standing",
    "Store",
    "TicketFilter",
]
