"""Attachments' bytes in a local folder: a file each, named by the attachment's id and whole as soon as it has its name.

Source: ports (``Files``).
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

__all__ = ["LocalFiles"]

_AT_A_TIME: Final = 256 * 1024


class LocalFiles:
    """Files in a folder, which is made with the first of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, name: str, chunks: AsyncIterator[bytes]) -> int:
        """Keep what comes, durably; how many bytes that were. Where it breaks off, nothing is kept."""
        await asyncio.to_thread(self._folder.mkdir, mode=0o700, parents=True, exist_ok=True)
        path = self._folder / name
        coming = path.with_suffix(".part")
        size = 0
        try:
            with await asyncio.to_thread(coming.open, "xb") as file:
                async for chunk in chunks:
                    size += await asyncio.to_thread(file.write, chunk)
                await asyncio.to_thread(file.flush)
                await asyncio.to_thread(os.fsync, file.fileno())
            await asyncio.to_thread(coming.rename, path)
        finally:
            await asyncio.to_thread(coming.unlink, missing_ok=True)
        return size

    async def read(self, name: str) -> AsyncIterator[bytes]:
        """The bytes of a file, some at a time.

        Raises:
            FileNotFoundError: It is not there.
        """
        with await asyncio.to_thread((self._folder / name).open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, _AT_A_TIME):
                yield chunk

    async def drop(self, name: str) -> None:
        """Forget a file, if it is there."""
        await asyncio.to_thread((self._folder / name).unlink, missing_ok=True)
