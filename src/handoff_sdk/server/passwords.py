"""Agents' passwords: hashed with argon2id, in threads of their own, never more than a few at a time.

Source: RFC 9106, 4; OWASP, Password Storage Cheat Sheet.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from handoff_sdk.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Passwords"]

_T = TypeVar("_T")

_AT_ONCE: Final = 2
_WAITING: Final = 16
"""Hashes that may be waited for: each takes some 64 MB and a good part of a tenth of a second."""


class Passwords:
    """Hashes passwords and compares them with hashes."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._asked = 0

    async def hash(self, password: str) -> str:
        """What is kept of a password.

        Raises:
            Unavailable: Too many are being hashed.
        """
        return await self._in_turn(lambda: self._hasher.hash(password))

    async def fits(self, kept: str | None, password: str) -> bool:
        """Whether a password is the one whose hash is ``kept``; without one it takes as long to say that it is not.

        Raises:
            Unavailable: Too many are being compared.
        """
        return await self._in_turn(lambda: self._compared(kept, password))

    def _compared(self, kept: str | None, password: str) -> bool:
        try:
            self._hasher.verify(kept or _nobodys(self._hasher), password)
        except (Argon2Error, InvalidHashError):
            return False
        return kept is not None

    async def _in_turn(self, work: Callable[[], _T]) -> _T:
        if self._asked >= _WAITING:
            raise Unavailable("Too many log in at this moment; try again.", retry_after=1)
        self._asked += 1
        try:
            async with self._turns:
                return await asyncio.to_thread(work)
        finally:
            self._asked -= 1


@cache
def _nobodys(hasher: PasswordHasher) -> str:
    """A hash that no password fits."""
    return hasher.hash("")
