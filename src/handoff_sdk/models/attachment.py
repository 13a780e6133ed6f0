"""Files that people attach to messages: which ones, how large, and what is known of each.

A message names one by its address, ``/v1/attachments/att_...``, which alone opens nothing.

Source: api.md, Resources (``POST /v1/attachments``) and Errors (25 MB).
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from .noun import Identifier, Instant, Noun

__all__ = ["ATTACHMENTS", "ATTACHMENT_BYTES", "ATTACHMENT_TYPES", "IMAGES", "Attachment", "StoredAttachment"]

ATTACHMENTS: Final = "/v1/attachments/"
"""What the address of every attachment begins with."""

ATTACHMENT_BYTES: Final = 25_000_000

IMAGES: Final = ("image/png", "image/jpeg", "image/gif", "image/webp")
"""What browsers may show in place."""

ATTACHMENT_TYPES: Final = (
    *IMAGES,
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/zip",
    "audio/mpeg",
    "text/csv",
    "text/plain",
    "video/mp4",
)
"""The types that are taken."""

FileName = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class Attachment(Noun):
    """A file that was uploaded. ``url`` is a private link, good until ``expires_at``; ``size`` in bytes."""

    id: Identifier
    url: str
    name: FileName
    type: str
    size: int = Field(ge=0)
    expires_at: Instant


class StoredAttachment(Noun):
    """What is kept of a file beside its bytes. ``owner``: the customer, or ``None`` for the business's own.

    ``agent_id``: the agent who uploaded it for the business. ``conversation_id`` is where it was sent; until then only
    its uploader sees it, for a day.
    """

    id: Identifier
    name: FileName
    type: str
    size: int
    owner: Identifier | None = None
    agent_id: Identifier | None = None
    conversation_id: Identifier | None = None
    created_at: Instant
