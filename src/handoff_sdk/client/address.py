"""The address of an engine."""

from __future__ import annotations

from urllib.parse import urlsplit

from handoff_sdk.errors import FieldError, InvalidRequest

__all__ = ["checked_address"]


def checked_address(url: str) -> str:
    """The address without a slash at its end.

    >>> checked_address("http://localhost:8080/")
    'http://localhost:8080'

    Raises:
        InvalidRequest: It is not one, or holds what does not belong to one. A password in it is not repeated.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        host.encode("idna")
    except (ValueError, TypeError, AttributeError) as error:
        raise _refused(f"it cannot be read ({error})") from None
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        raise _refused("write it like 'http://localhost:8080'")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise _refused("leave out what is before '@' or after '?' and '#'")
    if not url.isprintable() or " " in url:
        raise _refused("it has characters that an address cannot have")
    return url.rstrip("/")


def _refused(problem: str) -> InvalidRequest:
    return InvalidRequest(f"url is not an engine's address: {problem}.", [FieldError("url", problem)])
