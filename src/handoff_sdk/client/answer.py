"""What the engine answered: a noun, or an error of our tree.

Source: api.md, Errors; RFC 9457.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import ValidationError

from handoff_sdk.errors import (
    BY_CODE,
    ClientError,
    FieldError,
    Forbidden,
    HandoffError,
    InvalidRequest,
    NotFound,
    RateLimited,
    Refused,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    Unprocessable,
    UnsupportedMedia,
)
from handoff_sdk.models.noun import Noun

from .request import field_errors
from .retries import retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Answer", "error_of", "noun_of"]

N = TypeVar("N", bound=Noun)

_FIRST_ERROR: Final = 400
_FIRST_SERVER_ERROR: Final = 500
_BY_STATUS: Final[dict[int, type[HandoffError]]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Refused,
    413: TooLarge,
    415: UnsupportedMedia,
    422: Unprocessable,
    429: RateLimited,
}
"""The nearest class for a code that this version does not know."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, whatever it says. Headers are found by their names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def good(self) -> bool:
        """Whether the engine did what was asked."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the two numbers are the definition

    @property
    def retry_after(self) -> float | None:
        """Seconds after which another try may succeed."""
        return retry_after(self.headers)


def noun_of(kind: type[N], answer: Answer) -> N:
    """The noun that a good answer holds; fields that this version does not know are left out.

    Raises:
        UnexpectedAnswer: It does not hold one.
    """
    try:
        return kind.model_validate_json(answer.content)
    except ValidationError as error:
        found = field_errors(error.errors(include_url=False, include_input=False), ())
        raise _unexpected(answer, f"it is not a {kind.__name__}", found) from None


def error_of(answer: Answer) -> HandoffError:
    """The error that an answer which is not good stands for."""
    problem = _problem(answer)
    code = problem.get("code")
    if not isinstance(code, str):
        return _unexpected(answer, "it is not an answer of the engine")
    kind = BY_CODE.get(code)
    known = kind is not None and not issubclass(kind, ClientError)
    cls = kind if kind is not None and known else _nearest(answer.status)
    error = cls(
        str(problem.get("detail") or problem.get("title") or ""),
        _errors(problem.get("errors")),
        request_id=_request_id(answer, problem),
        retry_after=answer.retry_after,
    )
    if not known:
        # On the instance: the class belongs to a code that this version knows.
        vars(error).update(code=code, status=answer.status)
    return error


def _nearest(status: int) -> type[HandoffError]:
    return _BY_STATUS.get(status, Unavailable if status >= _FIRST_SERVER_ERROR else InvalidRequest)


def _problem(answer: Answer) -> dict[str, Any]:
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if answer.status < _FIRST_ERROR or media_type not in {"application/problem+json", "application/json"}:
        return {}
    try:
        problem = json.loads(answer.content)
    except (ValueError, RecursionError):
        return {}
    return problem if isinstance(problem, dict) else {}


def _errors(listed: object) -> list[FieldError]:
    if not isinstance(listed, list):
        return []
    return [
        FieldError(str(entry.get("path", "")), str(entry.get("message", "")))
        for entry in listed
        if isinstance(entry, dict)
    ]


def _request_id(answer: Answer, problem: Mapping[str, Any]) -> str | None:
    request_id = problem.get("request_id") or answer.headers.get("x-request-id")
    return None if request_id is None else str(request_id)


def _unexpected(answer: Answer, why: str, errors: list[FieldError] | None = None) -> UnexpectedAnswer:
    media_type = answer.headers.get("content-type", "of no type")
    where = f" ({errors[0].path}: {errors[0].message})" if errors else ""
    moved = f"; it points to {answer.headers['location']}" if "location" in answer.headers else ""
    return UnexpectedAnswer(
        f"The answer {answer.status} ({media_type}) cannot be used: {why}{where}{moved}.",
        errors or (),
        request_id=_request_id(answer, {}),
        retry_after=answer.retry_after,
    )
