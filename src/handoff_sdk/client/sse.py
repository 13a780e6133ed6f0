"""Server-sent events: bytes in, events out. Pure.

Follows the living standard to the letter: lines end with LF, CR or CRLF, the text is UTF-8 with a BOM or without, an
event is given out at its empty line, and one that the end of the stream cuts off never is.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

__all__ = ["EventParser", "ServerSentEvent"]

_LINE_END = re.compile(r"\r\n|\n|\r")
_DIGITS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event. ``id`` is the latest id of the stream, its own or an earlier event's; empty where there was none."""

    data: str
    type: str = "message"
    id: str = ""


class EventParser:
    r"""Takes a stream chunk by chunk; however it is cut, the events are the same.

    ``last_id`` is the latest id that an empty line made valid, also that of a block without data; ``retry`` the
    milliseconds after which the server wants a lost connection made anew. ``opening_id`` is the id of a block without
    data before the first event: where the server begins.

    >>> EventParser().feed(b"id: 7\ndata: hello\n\n")
    [ServerSentEvent(data='hello', type='message', id='7')]
    """

    def __init__(self) -> None:
        self.last_id = ""
        self.opening_id: str | None = None
        self.retry: int | None = None
        self._begun = False
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._after_cr = False
        self._rest = ""
        self._id = ""
        self._type = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The events that are complete with this chunk."""
        text = self._decoder.decode(chunk)
        if not text:
            return []
        # A CR has ended its line already; an LF right behind it belongs to it.
        if self._after_cr and text[0] == "\n":
            text = text[1:]
        self._after_cr = text.endswith("\r")
        *lines, self._rest = _LINE_END.split(self._rest + text)
        return [event for line in lines if (event := self._line(line)) is not None]

    def _line(self, line: str) -> ServerSentEvent | None:
        if not line:
            return self._dispatched()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and _DIGITS.fullmatch(value):
            self.retry = int(value)
        return None

    def _dispatched(self) -> ServerSentEvent | None:
        self.last_id = self._id
        data, kind = self._data, self._type
        self._data, self._type = [], ""
        if not data:
            if self._id and not self._begun:
                self.opening_id = self._id
            return None
        self._begun = True
        return ServerSentEvent("\n".join(data), kind or "message", self.last_id)
