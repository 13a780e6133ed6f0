"""Attachments: files to send in messages.

Source: api.md, Resources.
"""

from __future__ import annotations

import asyncio
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from handoff_sdk.client.answer import noun_of
from handoff_sdk.client.request import Request, header, path
from handoff_sdk.errors import FieldError, InvalidRequest
from handoff_sdk.models.attachment import Attachment

from .resource import Resource

__all__ = ["Attachments"]


class Attachments(Resource):
    """``client.attachments``."""

    async def upload(self, file: bytes | str | Path, *, name: str | None = None, type: str | None = None) -> Attachment:  # noqa: A002 - the API's own word
        """Upload a file, to be named in a message by its ``url``.

        Args:
            file: Its bytes, or where it is.
            name: What it is called; needed with bytes, else the file's own by default.
            type: Its media type; by default what the name's ending says.

        Raises:
            InvalidRequest: It has no name, or its type is not known.
            OSError: The file cannot be read.
        """
        content = file if isinstance(file, bytes) else await asyncio.to_thread(Path(file).read_bytes)
        called = name or ("" if isinstance(file, bytes) else Path(file).name)
        media = type or guess_type(called)[0]
        if not called or media is None:
            problem = "say what the file is called, and its type where the name does not tell it"
            raise InvalidRequest(f"name: {problem}.", [FieldError("name", problem)])
        headers = {
            **self._caller.headers,
            **header("Idempotency-Key", uuid4().hex),
            **header("Content-Type", media),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(called, safe='')}",
        }
        request = Request("POST", path("attachments"), headers=headers, body=content)
        return noun_of(Attachment, await self._caller.answer(request))
