"""Whether a file is what it says it is, by how it begins.

Source: api.md, Resources (attachments); the MIME Sniffing standard, 6 and 7.
"""

from __future__ import annotations

import re
from typing import Final

__all__ = ["HEAD", "looks_like"]

HEAD: Final = 4096
"""Bytes that are looked at."""

_ZIP: Final = re.compile(rb"PK(?:\x03\x04|\x05\x06)")
_SIGNATURES: Final = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/gif": re.compile(rb"GIF8[79]a"),
    "image/webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "application/pdf": re.compile(rb"%PDF-"),
    "application/zip": _ZIP,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": _ZIP,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": _ZIP,
    "audio/mpeg": re.compile(rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]"),
    "video/mp4": re.compile(rb".{4}ftyp", re.DOTALL),
}
_TEXT: Final = frozenset({"text/csv", "text/plain"})
_NO_TEXT: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def looks_like(media: str, head: bytes) -> bool:
    """Whether a file that begins with ``head`` can be of a type; of a type that is not known it is not.

    >>> looks_like("image/gif", b"GIF89a..."), looks_like("image/gif", b"<svg>")
    (True, False)
    """
    if media in _TEXT:
        return _NO_TEXT.search(head) is None
    signature = _SIGNATURES.get(media)
    return signature is not None and signature.match(head) is not None
