"""What a store keeps of those who call.

Source: api.md, Who calls.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["ApiKey", "Credential", "CredentialKind", "Role"]

Role = Literal["bot", "integrator", "admin"]
CredentialKind = Literal["session", "link", "password"]


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as it is kept: the hash of the secret, never the secret."""

    id: str
    role: Role
    hash: bytes
    created_at: datetime
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """What an agent logs in with, or came in with.

    ``id`` is the hash of what a browser presents; a password's is its agent's id, and its own hash is ``secret``.
    ``expires_at`` is when it is over if nothing is done, ``None`` for a password.
    """

    id: str
    kind: CredentialKind
    agent_id: str
    created_at: datetime
    expires_at: datetime | None = None
    secret: str | None = field(default=None, repr=False)
