"""The files that browsers load, without what only people read, and one hash of them all.

The hash is in their path, so that a browser keeps them for a year and never mixes two versions. The wheel's build hook
and the server of a checkout make the same bytes of the same sources.

Source: house page, rooms (``web``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from gzip import compress
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from .bundling import bundled
from .stripping import stripped

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["BUILT", "TYPES", "Assets", "files_in", "made_of"]

BUILT: Final = "built"
"""The folder that a wheel has them in."""

TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""The files there are, by the end of their names, and what they are served as."""

_HASH_LENGTH: Final = 16
_CSS: Final = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|/\*.*?\*/""", re.DOTALL)


@dataclass(frozen=True)
class Assets:
    """Files by their path, and the hash of all of them: where one differs by a byte, the hash does."""

    files: Mapping[str, bytes]
    hash: str = field(init=False)
    packed: Mapping[str, bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        digest = sha256()
        for path, content in sorted(self.files.items()):
            digest.update(b"%s\0%d\0%s" % (path.encode(), len(content), content))
        object.__setattr__(self, "hash", digest.hexdigest()[:_HASH_LENGTH])
        object.__setattr__(self, "packed", {path: compress(content, mtime=0) for path, content in self.files.items()})

    @property
    def loader(self) -> bytes:
        """The small script at an address that stays: it brings the widget of this version."""
        return b'import("./assets/%s/widget/index.js");\n' % self.hash.encode()


def files_in(folder: Path) -> dict[str, bytes]:
    """All files for browsers in a folder, by their path in it, except for those that were built."""
    found = (path for path in sorted(folder.rglob("*")) if path.suffix in TYPES)
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
    return {path: content for path, content in files.items() if not path.startswith(f"{BUILT}/")}


def made_of(sources: Mapping[str, bytes]) -> Assets:
    """The assets that sources make: the same without comments and indentation, each ``index.js`` with what it imports.

    Raises:
        ValueError: One of them is no JavaScript; the text says which, and where.
    """
    files = {path: _stripped(path, content) for path, content in sources.items()}
    modules = {path: content.decode() for path, content in files.items() if path.endswith(".js")}
    roots = [path for path in modules if path.endswith("/index.js")]
    return Assets(files | {path: stripped(bundled(path, modules), joined=True).encode() for path in roots})


def _stripped(path: str, content: bytes) -> bytes:
    if path.endswith(".js"):
        try:
            return stripped(content.decode()).encode()
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
    if path.endswith(".css"):
        return _CSS.sub(lambda found: found[1] or " ", content.decode()).encode()
    return content
