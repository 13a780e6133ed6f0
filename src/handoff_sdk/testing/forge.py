"""Posts of webhooks as the engine makes them, and forgeries of them.

They are signed like the engine's own; their events happened nowhere.

Source: api.md, Webhooks out; Standard Webhooks, signature scheme.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_bytes, token_hex
from typing import TYPE_CHECKING, Any, Final

from handoff_sdk.core.hooks import signature, signed_headers
from handoff_sdk.models.conversation import Returned
from handoff_sdk.models.event import Actor, Event
from handoff_sdk.models.webhook import WHSEC

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff_sdk.ports import Clock

__all__ = ["HEADERS", "Forge", "Post", "new_secret"]

HEADERS: Final = ("webhook-id", "webhook-timestamp", "webhook-signature")
"""What a post has to bring."""

_LONG_LINE: Final = "A long line of a long chat. " * 30
_LINES: Final = 200


@dataclass(frozen=True, slots=True)
class Post:
    """A body and the headers it comes with."""

    headers: Mapping[str, str]
    body: bytes


class Forge:
    """Makes posts, good ones and bad ones.

    Args:
        secret: The endpoint's; one of ours where it is not known.
        clock: The real time.
    """

    def __init__(self, secret: str, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        self._conversation = f"cnv_check_{token_hex(6)}"

    def body(self, kind: str = "webhook.test", *, seq: int = 0, ago: timedelta = timedelta(0), **data: Any) -> bytes:
        """The body of an event that just happened, or some time ago."""
        event = Event(
            id=f"evt_check_{token_hex(12)}",
            seq=seq,
            cursor=seq,
            type=kind,
            at=self._clock.now() - ago,
            conversation_id=self._conversation if seq else None,
            actor=Actor(type="system"),
            data=data,
        )
        return event.model_dump_json().encode()

    def post(
        self,
        body: bytes | None = None,
        *,
        off_by: timedelta = timedelta(0),
        secret: str | None = None,
        without: Sequence[str] = (),
    ) -> Post:
        """A post as the engine makes it, but for what is said."""
        sent = self.body() if body is None else body
        message_id = Event.model_validate_json(sent).id
        signed = signed_headers([secret or self._secret], message_id, self._clock.now() + off_by, sent)
        headers = {"Content-Type": "application/json", **signed}
        return Post({name: value for name, value in headers.items() if name not in without}, sent)

    def foreign(self) -> Post:
        """One that somebody else has signed."""
        return self.post(secret=new_secret())

    def changed(self) -> Post:
        """One whose body was changed on the way."""
        post = self.post()
        return Post(post.headers, post.body.replace(b'"system"', b'"admin"'))

    def rotating(self) -> Post:
        """One that is signed with the secret, and before it with a newer one and in a scheme still to come."""
        post = self.post()
        newer = signature(new_secret(), post.headers["webhook-id"], int(post.headers["webhook-timestamp"]), post.body)
        signatures = f"v9,AAAA {newer} {post.headers['webhook-signature']}"
        return Post({**post.headers, "webhook-signature": signatures}, post.body)

    def reordered(self) -> list[Post]:
        """The second event of a conversation before its first."""
        return [self.post(self.body("session.started", seq=seq)) for seq in (2, 1)]

    def newer(self) -> Post:
        """An event with fields that nobody knows yet."""
        known = self.body()
        return self.post(known[:-1] + b',"invented_at_top":1,"nested":{"invented":[true,null]}}')

    def big(self) -> Post:
        """A long chat as a whole: some 200 kB."""
        lines = [{"author": {"type": "customer"}, "content": {"type": "text", "text": _LONG_LINE}}] * _LINES
        returned = Returned(
            reason="closed",
            outcome="closed",
            ticket_id="tkt_check",
            number=1,
            messages=lines,
            handed_off_at=self._clock.now(),
        )
        record = returned.model_dump(mode="json")
        return self.post(self.body("control.returned", seq=3, owner="bot", epoch=3, returned=record))


def new_secret() -> str:
    """A secret that nobody has."""
    return WHSEC + b64encode(token_bytes(32)).decode()
