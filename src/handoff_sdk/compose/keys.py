"""API keys: the first ones of a store, and those of a process for itself.

Source: api.md, Who calls (keys of a new folder).
"""

from __future__ import annotations

import json
import os
import secrets
from typing import TYPE_CHECKING, Final

from handoff_sdk.ports import ApiKey, Role
from handoff_sdk.server.auth import hash_of

if TYPE_CHECKING:
    from pathlib import Path

    from handoff_sdk.desk.desk import Desk

__all__ = ["ROLES", "drop_keys", "first_keys", "new_key"]

ROLES: Final[tuple[Role, ...]] = ("bot", "integrator", "admin")


async def new_key(desk: Desk, role: Role, name: str | None = None) -> str:
    """Make an API key of a role; the secret is answered once and only its hash is kept."""
    secret = f"hk_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        id=f"key_{secrets.token_hex(8)}",
        role=role,
        hash=hash_of(secret),
        created_at=desk.clock.now(),
        name=name,
    )
    await desk.store.add_key(key)
    return secret


async def first_keys(desk: Desk, path: Path) -> dict[Role, str]:
    """One key a role for a store that has none, kept in a file that only its owner may read."""
    if await desk.store.keys():
        return {}
    keys = {role: await new_key(desk, role, name="first") for role in ROLES}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(keys, file, indent=2)
    return keys


async def drop_keys(desk: Desk) -> None:
    """Drop the keys that a process made for itself."""
    for key in await desk.store.keys():
        if key.name == "in-process":
            await desk.store.drop_key(key.id)
