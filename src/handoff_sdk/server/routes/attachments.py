"""Attachments: the body of a request as it is, or the file of a form, and links that open it for a day.

Source: api.md, Resources (attachments); RFC 6266 and RFC 8187 (names of files); RFC 7578 (files of forms).
"""

from __future__ import annotations

import asyncio
from email.message import Message as Header
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import quote

from aiohttp import BodyPartReader, MultipartReader, web
from pydantic import Field
from pydantic_core import from_json, to_json

from handoff_sdk.errors import InvalidRequest, NotFound, TooLarge, UnsupportedMedia
from handoff_sdk.models.attachment import ATTACHMENT_BYTES, IMAGES, Attachment
from handoff_sdk.models.noun import Command
from handoff_sdk.server.attachments import may_send
from handoff_sdk.server.auth import has_credential
from handoff_sdk.server.route import ANYBODY, Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from handoff_sdk.server.call import Call

__all__ = ["ROUTES"]

_WITHIN: Final = 300.0
"""Seconds that an upload may take."""
_AT_A_TIME: Final = 256 * 1024
_LONGEST_NAME: Final = 255
_FORM: Final = "multipart/form-data"
_AROUND_A_FILE: Final = 64 * 1024
"""Bytes that a form may have beside its file."""
_POLICY: Final = "default-src 'none'; sandbox"


class LinkQuery(Command):
    """What a private link is signed with."""

    expires: Annotated[int, Field(ge=0, le=2**40)] | None = None
    signature: Annotated[str, Field(max_length=100)] | None = None


async def upload(call: Call) -> web.StreamResponse:
    """Take a file in."""
    request, caller = call.request, call.caller
    in_a_form = _media(request.headers) == _FORM
    if (request.content_length or 0) > ATTACHMENT_BYTES + in_a_form * _AROUND_A_FILE:
        raise TooLarge(f"An attachment has {ATTACHMENT_BYTES // 1_000_000} MB at the most.")
    headers, chunks = await _file_of_form(request) if in_a_form else (request.headers, _chunks(request))
    media, name = _media(headers), _name(headers.get("Content-Disposition", ""))
    if caller.customer_id is not None:
        call.service.writes.take(caller.scope)
    attachments = call.service.attachments
    call.body = f"{media}\n{name}\n{request.content_length}".encode()

    async def make() -> object:
        try:
            async with asyncio.timeout(_WITHIN):
                stored = await attachments.take(media, name, caller, chunks)
        except (TimeoutError, ValueError, web.RequestPayloadError):
            raise InvalidRequest("The attachment did not arrive whole, or not in time.") from None
        return {"id": stored.id}

    async def reveal(kept: bytes) -> bytes:
        """A link opens the file: it is made anew, not kept."""
        return to_json(await attachments.link(await attachments.find(from_json(kept)["id"])))

    return await call.once(make, 201, reveal=reveal)


async def read(call: Call, query: LinkQuery) -> web.StreamResponse:
    """Give a file to who has a link, or may see the conversation it was sent in."""
    attachments = call.service.attachments
    found = await attachments.find(call.request.match_info["attachment_id"])
    signed = query.expires is not None and query.signature is not None
    if not (signed and await attachments.opens(found.id, query.expires or 0, query.signature or "")):
        if not has_credential(call.request.headers):
            raise NotFound("There is no such attachment, or the link to it is over.")
        call.known = await call.service.authority.caller(call.request.headers)
        if found.conversation_id is not None:
            await call.conversation(found.conversation_id)
        elif not may_send(found, call.caller):
            raise NotFound(f"There is no attachment {found.id}.")
    shown = "inline" if found.type in IMAGES else "attachment"
    call.headers |= {
        "Content-Type": f"{found.type}; charset=utf-8" if found.type.startswith("text/") else found.type,
        "Content-Length": str(found.size),
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(found.name, safe='')}",
        "Content-Security-Policy": _POLICY,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "private, max-age=3600",
    }
    response = web.StreamResponse(headers=call.headers)
    if call.request.method == "HEAD":
        return response
    chunks = attachments.read(found)
    try:
        first = await anext(chunks)
    except FileNotFoundError:
        raise NotFound(f"The file of {found.id} is not there any more.") from None
    await response.prepare(call.request)
    await response.write(first)
    async for chunk in chunks:
        await response.write(chunk)
    return response


async def _file_of_form(request: web.Request) -> tuple[Mapping[str, str], AsyncIterator[bytes]]:
    """The headers and bytes of the first file of a form, as browsers and ``curl -F file=@teapot.png`` send it.

    Raises:
        InvalidRequest: There is none, or what comes is no form.
    """
    try:
        async with asyncio.timeout(_WITHIN):
            form = await request.multipart()
            while (part := await form.next()) is not None:
                if isinstance(part, BodyPartReader) and part.filename:
                    return part.headers, _chunks_of_form(part, form)
    except (TimeoutError, ValueError, web.RequestPayloadError):
        raise InvalidRequest("The form did not arrive whole, or not in time.") from None
    raise InvalidRequest("There is no file in the form.")


async def _chunks(request: web.Request) -> AsyncIterator[bytes]:
    while chunk := await request.content.read(_AT_A_TIME):
        yield chunk


async def _chunks_of_form(part: BodyPartReader, form: MultipartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_AT_A_TIME):
        yield chunk
    await form.next()  # says if it was cut off


def _media(headers: Mapping[str, str]) -> str:
    return headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _name(disposition: str) -> str:
    """The file's name, without folders and without what no name should have.

    Raises:
        InvalidRequest: It has none.
    """
    header = Header()
    header["Content-Disposition"] = disposition
    name = (header.get_filename() or "").replace("\\", "/").rpartition("/")[2]
    name = "".join(each for each in name if each.isprintable()).strip()[:_LONGEST_NAME]
    if not name:
        raise InvalidRequest("Send the file's name: Content-Disposition: attachment; filename*=UTF-8''NAME.")
    return name


ROUTES = (
    Route(
        method="POST",
        path="/v1/attachments",
        handler=upload,
        summary="Upload a file of 25 MB: as the body, with its Content-Type and Content-Disposition, or in a form",
        who=ANYBODY,
        answer=Attachment,
        status=201,
        errors=(InvalidRequest, TooLarge, UnsupportedMedia),
        live=True,
    ),
    Route(
        method="GET",
        path="/v1/attachments/{attachment_id}",
        handler=read,
        summary="A file, for who has its signed link or may see the conversation it was sent in",
        who=None,
        query=LinkQuery,
        media="application/octet-stream",
        errors=(NotFound,),
    ),
)
