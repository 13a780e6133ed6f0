"""What every resource does: send a checked request as somebody, and read the answer as a noun."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from pydantic import ValidationError

from handoff_sdk.client.answer import error_of, noun_of
from handoff_sdk.client.pages import Page, Pages, Sheet
from handoff_sdk.client.request import Request, given, header, json_bytes
from handoff_sdk.errors import UnexpectedAnswer
from handoff_sdk.models.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff_sdk.client.answer import Answer
    from handoff_sdk.client.transport import Transport
    from handoff_sdk.models.noun import JsonObject

__all__ = ["Caller", "Resource"]

N = TypeVar("N", bound=Noun)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls over which connections. ``agent_id`` is the agent that is acted for."""

    transport: Transport
    headers: Mapping[str, str] = field(repr=False)
    agent_id: str | None = None

    async def answer(self, request: Request) -> Answer:
        """The good answer to a request.

        Raises:
            HandoffError: The engine refused, or no answer came.
        """
        answer = await self.transport.send(request)
        if not answer.good:
            raise error_of(answer)
        return answer


class Resource:
    """One noun of the API, for one caller."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def _get(self, kind: type[N], where: str, *, held_for: float = 0.0, **params: object) -> N:
        request = Request("GET", where, params=_texts(params), headers=self._caller.headers, wait=held_for)
        return noun_of(kind, await self._caller.answer(request))

    async def _send(
        self,
        method: str,
        where: str,
        body: JsonObject | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> Answer:
        """The answer to a request that changes something; a ``POST`` gets its idempotency key here, once a call."""
        sent = {**self._caller.headers, **(headers or {})}
        if method == "POST":
            sent |= header("Idempotency-Key", uuid4().hex if idempotency_key is None else idempotency_key)
        if body is not None:
            sent["Content-Type"] = "application/json"
        content = None if body is None else json_bytes(body)
        return await self._caller.answer(Request(method, where, headers=sent, body=content))

    def _list(
        self, kind: type[N], where: str, *, turn: str = "page", begin: str | None = None, **params: object
    ) -> Pages[N]:
        """A list; ``turn`` is the parameter that takes a page's ``next``, ``begin`` what it is for the first page."""

        async def fetch(after: str | None) -> Page[N]:
            asked = _texts({**params, turn: begin if after is None else after})
            answer = await self._caller.answer(Request("GET", where, params=asked, headers=self._caller.headers))
            sheet = noun_of(Sheet, answer)
            try:
                items = tuple(kind.model_validate(item) for item in sheet.items)
            except ValidationError as error:
                raise UnexpectedAnswer(f"The list {where} holds what is not a {kind.__name__}: {error}") from None
            return Page(items, sheet.next)

        return Pages(fetch)


def _texts(params: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in given(**params).items()}
