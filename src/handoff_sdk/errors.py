"""Every error a user of the package can meet, in one tree.

::

    HandoffError
    ├── InvalidRequest          400  invalid_request
    ├── Unauthenticated         401  unauthenticated
    ├── Forbidden               403  forbidden
    ├── NotFound                404  not_found
    ├── Refused                 409  (what the state of things does not allow; nothing was changed)
    │   ├── ControlLost              control_lost
    │   ├── SessionEnded             session_ended
    │   ├── InvalidTransition        invalid_transition
    │   ├── ClosedByRuleOnly         closed_by_rule_only
    │   ├── Conflict                 conflict
    │   ├── OfferGone                offer_gone
    │   └── AlreadyOpen              already_open
    ├── TooLarge                413  too_large
    ├── UnsupportedMedia        415  unsupported_media
    ├── Unprocessable           422  (well-formed, but it names something that is not there)
    │   ├── IdempotencyMismatch      idempotency_mismatch
    │   ├── MissingFields            missing_fields
    │   ├── ConfigError              config_error
    │   ├── MessagingOff             messaging_off
    │   ├── WindowClosed             window_closed
    │   ├── UnknownSkill             unknown_skill
    │   ├── UnknownGroup             unknown_group
    │   ├── UnknownLadder            unknown_ladder
    │   └── TemplateError            template_error
    ├── RateLimited             429  rate_limited
    ├── Unavailable             503  unavailable
    └── ClientError                  (raised by the client alone; no answer stands behind it)
        ├── Unreachable              unreachable
        └── UnexpectedAnswer         unexpected_answer

``code`` is stable and is what programs compare; ``detail`` is written for the person who reads it.

Source: api.md, Errors; RFC 9457.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing that is wrong with one field: ``path`` is dotted (``agents.ana.capacity``)."""

    path: str
    message: str


class HandoffError(Exception):
    """Something the hand-off desk refused or could not do.

    Args:
        detail: What happened and what would be right, in one or two sentences.
        errors: What is wrong field by field, in the order of the body.
        request_id: The engine's id of the request, for its log; ``None`` inside the engine.
        retry_after: Seconds after which the same call may succeed; ``None`` where waiting does not help.
    """

    code: ClassVar[str] = "handoff_error"
    status: ClassVar[int | None] = None
    title: ClassVar[str] = "The desk refused"

    def __init__(
        self,
        detail: str = "",
        errors: Sequence[FieldError] = (),
        *,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = tuple(errors)
        self.request_id = request_id
        self.retry_after = retry_after


class InvalidRequest(HandoffError):
    """The request does not have the form that the call takes."""

    code = "invalid_request"
    status = 400
    title = "The request is not valid"


class Unauthenticated(HandoffError):
    """No credential came along, or one that is not (or no longer) valid."""

    code = "unauthenticated"
    status = 401
    title = "Who are you?"


class Forbidden(HandoffError):
    """The credential is good, but its role may not do this."""

    code = "forbidden"
    status = 403
    title = "Not allowed"


class NotFound(HandoffError):
    """There is no such thing, or it is somebody else's."""

    code = "not_found"
    status = 404
    title = "Not found"


class Refused(HandoffError):
    """The state of things does not allow it; nothing was changed."""

    code = "conflict"
    status = 409
    title = "Not possible now"


class ControlLost(Refused):
    """The caller does not speak for the business here any more: nothing reached the customer."""

    code = "control_lost"
    title = "Control was lost"


class SessionEnded(Refused):
    """The ticket named is not the live one any more, or the session is over."""

    code = "session_ended"
    title = "The session has ended"


class InvalidTransition(Refused):
    """The ticket's status table does not allow this change."""

    code = "invalid_transition"
    title = "The status cannot change like this"


class ClosedByRuleOnly(Refused):
    """Tickets are closed by their style, by rules and by follow-ups, never by hand."""

    code = "closed_by_rule_only"
    title = "Only rules close tickets"


class Conflict(Refused):
    """Somebody else changed the same thing first, or its state rules the call out."""

    code = "conflict"
    title = "Conflict"


class OfferGone(Refused):
    """The offer was accepted, declined, withdrawn, has lapsed, or was never this agent's."""

    code = "offer_gone"
    title = "The offer is gone"


class AlreadyOpen(Refused):
    """A person owns the conversation already."""

    code = "already_open"
    title = "Already with a person"


class TooLarge(HandoffError):
    """The body is larger than the engine takes."""

    code = "too_large"
    status = 413
    title = "Too large"


class UnsupportedMedia(HandoffError):
    """The body is not of a type that the call takes."""

    code = "unsupported_media"
    status = 415
    title = "Unsupported media type"


class Unprocessable(HandoffError):
    """Well-formed, but it cannot be done as asked."""

    code = "unprocessable"
    status = 422
    title = "Cannot be done as asked"


class IdempotencyMismatch(Unprocessable):
    """The idempotency key was used before with another body."""

    code = "idempotency_mismatch"
    title = "Idempotency key used with another body"


class MissingFields(Unprocessable):
    """Fields that a form requires were not given."""

    code = "missing_fields"
    title = "Fields are missing"


class ConfigError(Unprocessable):
    """The configuration cannot be used; the one in force stays in force."""

    code = "config_error"
    title = "The configuration is not valid"


class MessagingOff(Unprocessable):
    """The brand takes no conversations."""

    code = "messaging_off"
    title = "Messaging is off for this brand"


class WindowClosed(Unprocessable):
    """The channel's window is closed: only a template may be sent."""

    code = "window_closed"
    title = "The channel's window is closed"


class UnknownSkill(Unprocessable):
    """No agent has this skill."""

    code = "unknown_skill"
    title = "No agent has this skill"


class UnknownGroup(Unprocessable):
    """There is no group of this name."""

    code = "unknown_group"
    title = "There is no such group"


class UnknownLadder(Unprocessable):
    """There is no ladder of follow-ups of this name."""

    code = "unknown_ladder"
    title = "There is no such ladder of follow-ups"


class TemplateError(Unprocessable):
    """A text for customers is not valid Liquid."""

    code = "template_error"
    title = "The text's template is not valid"


class RateLimited(HandoffError):
    """Too many calls; ``retry_after`` says when the next one may come."""

    code = "rate_limited"
    status = 429
    title = "Too many calls"


class Unavailable(HandoffError):
    """The engine cannot take the call now; ``retry_after`` says when to try again."""

    code = "unavailable"
    status = 503
    title = "Unavailable for the moment"


class ClientError(HandoffError):
    """The client could not get an answer that it understands."""

    code = "client_error"
    title = "No usable answer"


class Unreachable(ClientError):
    """The engine did not answer: no connection, or a time-out after all the retries."""

    code = "unreachable"
    title = "The engine did not answer"


class UnexpectedAnswer(ClientError):
    """Something answered that is not the engine, or not one that this client understands."""

    code = "unexpected_answer"
    title = "Not an answer of the engine"


def _tree(root: type[HandoffError]) -> Iterator[type[HandoffError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)


BY_CODE: dict[str, type[HandoffError]] = {
    error.code: error for error in _tree(HandoffError) if "code" in vars(error) and not error.__subclasses__()
}
"""The leaves of the tree by their code: how the client turns a problem document back into an error."""
