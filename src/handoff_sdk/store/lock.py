"""One engine a file: a lock beside it, held as long as the process lives.

The lock is the operating system's and goes with the process, so that a crash leaves none behind; the lock file stays
and says who held it last. Two stores of one process meet the same lock.

Source: house page, decision 5 (only this process writes, so that it may keep threads in memory).
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from handoff_sdk.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform == "win32":  # pragma: no cover - not where the tests run
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # past the text: a locked byte cannot be read
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


__all__ = ["FileLock"]


class FileLock:
    """The right to write ``path``, taken at once or not at all; ``release`` gives it back.

    Raises:
        Unavailable: Another engine has it; the text names the file and the process.
    """

    def __init__(self, path: Path) -> None:
        lock_path = path.with_name(path.name + ".lock")
        self._descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._descriptor)
        except OSError:
            holder = os.read(self._descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            raise Unavailable(
                f"Another engine has {path} open: process {holder}, says {lock_path}. "
                "Stop that one, or give this one a file of its own."
            ) from None
        os.truncate(self._descriptor, 0)
        os.write(self._descriptor, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Give the right back."""
        os.close(self._descriptor)
