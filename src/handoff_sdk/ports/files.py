"""Where attachments lie.

Source: api.md, Resources (attachments).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["Files"]


class Files(Protocol):
    """Where the bytes of attachments are kept, by name."""

    async def keep(self, name: str, chunks: AsyncIterator[bytes]) -> int:
        """Keep what comes, durably; how many bytes that were. Where it breaks off, nothing is kept."""
        ...

    def read(self, name: str) -> AsyncIterator[bytes]:
        """The bytes, some at a time. Raises ``FileNotFoundError``."""
        ...

    async def drop(self, name: str) -> None:
        """Forget a file, if it is there."""
        ...
