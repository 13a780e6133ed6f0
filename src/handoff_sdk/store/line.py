"""A connection to PostgreSQL that carries one transaction after the other, each in one flight.

All statements of a transaction go out together; the server takes what lies before a *sync* as one transaction, and
where a statement fails, skips the rest and rolls back. So a command costs one round trip.

This speaks to libpq itself (``psycopg.pq``). psycopg's own pipeline sends the same through several generators for each
statement: a transaction of two took eight times the CPU there (0.38 ms beside 0.05), and the engine has one thread.

Source: house page, decision 4; postgresql.org, libpq, Pipeline Mode; psycopg.org, pq: libpq wrapper module.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import psycopg
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg.pq.abc import PGresult

    from handoff_sdk.store.statement import Row
    from handoff_sdk.store.step import Step

__all__ = ["Line", "LineLost", "StepFailed"]

_TEXT: Final = 0
_BINARY: Final = 1
_GOOD: Final = {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}
_LOOK_EVERY: Final = 1.0
"""Seconds after which a line looks by itself: libuv stops watching a socket that is in error, and says nothing."""


class LineLost(Exception):
    """The connection ended before the answer came: what was sent may be written or not."""


class StepFailed(Exception):
    """A statement failed, so that nothing was written: ``which`` of them, and ``why``."""

    def __init__(self, which: int, why: psycopg.Error) -> None:
        super().__init__(str(why))
        self.which = which
        self.why = why


class _Sent(NamedTuple):
    """Something that is answered: a step, or that its statement was prepared."""

    step: int
    prepared: str | None


class Line:
    """``connection``, which nobody else uses from now on."""

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self.lost: str | None = None
        """Why nothing can be sent any more."""
        self._connection = connection
        self._libpq = connection.pgconn
        self._libpq.nonblocking = 1
        self._libpq.enter_pipeline_mode()
        self._socket = self._libpq.socket
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket, self._read)
        self._look_next = self._loop.call_later(_LOOK_EVERY, self._look)
        self._names: dict[str, bytes] = {}
        self._count = 0
        self._sent: list[_Sent] = []
        self._results: list[PGresult] = []
        self._answer: asyncio.Future[list[bytes | None]] | None = None
        self._new_names: dict[str, bytes] = {}

    @property
    def free(self) -> bool:
        """Whether a transaction can be sent: none is on its way, and the connection is there."""
        return self.lost is None and self._answer is None

    def send(self, steps: Sequence[Step]) -> asyncio.Future[list[bytes | None]]:
        """Write ``steps`` in one transaction; the answer has the first value that each came to, if any.

        The future fails with ``StepFailed`` or ``LineLost``. One transaction at a time.

        Raises:
            psycopg.DataError, UnicodeEncodeError: A value is not one that PostgreSQL keeps. Nothing was sent.
        """
        coded = [_coded(step.row) for step in steps]
        self._sent, self._results = [], []
        answer = self._answer = self._loop.create_future()
        names: dict[str, bytes] = {}
        self._new_names = names
        try:
            for index, (step, (values, formats)) in enumerate(zip(steps, coded, strict=True)):
                name = self._names.get(step.sql) or names.get(step.sql)
                if name is None:
                    self._count += 1
                    name = names[step.sql] = b"s%d" % self._count
                    self._libpq.send_prepare(name, step.sql.encode())
                    self._sent.append(_Sent(index, step.sql))
                self._libpq.send_query_prepared(name, values, formats)
                self._sent.append(_Sent(index, None))
            self._libpq.pipeline_sync()
            self._flush()
        except psycopg.Error as error:
            self._lose(str(error))
        return answer

    async def close(self) -> None:
        """Let go of the connection, whatever it is doing."""
        self._lose("The line was closed.")
        await self._connection.close()

    def _flush(self) -> None:
        if self._libpq.flush():
            self._loop.add_writer(self._socket, self._go_on)
        else:
            self._loop.remove_writer(self._socket)

    def _go_on(self) -> None:
        try:
            self._flush()
        except psycopg.Error as error:
            self._lose(str(error))

    def _look(self) -> None:
        self._look_next = self._loop.call_later(_LOOK_EVERY, self._look)
        self._read()

    def _read(self) -> None:
        try:
            self._libpq.consume_input()
            while self._answer is not None and not self._libpq.is_busy():
                result = self._libpq.get_result()
                if self._libpq.status != ConnStatus.OK:
                    raise psycopg.OperationalError(self._libpq.get_error_message())
                if result is None:  # parts one statement's results from the next one's
                    continue
                if result.status == ExecStatus.PIPELINE_SYNC:
                    self._landed()
                else:
                    self._results.append(result)
        except psycopg.Error as error:
            self._lose(str(error))

    def _landed(self) -> None:
        answer, self._answer = self._answer, None
        values: list[bytes | None] = []
        for (step, prepared), result in zip(self._sent, self._results, strict=False):
            if result.status not in _GOOD:
                _settle(answer, error=StepFailed(step, error_from_result(result)))
                return
            if prepared is not None:
                self._names[prepared] = self._new_names[prepared]
            else:
                values.append(result.get_value(0, 0) if result.ntuples else None)
        _settle(answer, values)

    def _lose(self, why: str) -> None:
        if self.lost is not None:
            return
        self.lost = " ".join(why.split())
        self._look_next.cancel()
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        answer, self._answer = self._answer, None
        _settle(answer, error=LineLost(self.lost))


def _settle(
    answer: asyncio.Future[list[bytes | None]] | None,
    values: list[bytes | None] | None = None,
    error: Exception | None = None,
) -> None:
    if answer is None or answer.done():
        return
    if error is None:
        answer.set_result(values or [])
    else:
        answer.set_exception(error)


def _coded(row: Row) -> tuple[list[bytes | None], list[int]]:
    """Values as they are sent, and the format of each."""
    values: list[bytes | None] = []
    formats: list[int] = []
    for value in row:
        match value:
            case bytes():
                formats.append(_BINARY)
                values.append(value)
                continue
            case str():
                if "\x00" in value:
                    raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
                values.append(value.encode())
            case None:
                values.append(None)
            case bool():
                values.append(b"t" if value else b"f")
            case float():
                values.append(repr(value).encode())
            case _:
                values.append(b"%d" % value)
        formats.append(_TEXT)
    return values, formats
