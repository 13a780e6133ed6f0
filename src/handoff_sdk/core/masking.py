"""Secrets in a configuration that is shown: ``***`` where one stands, and that again means the one that stood there.

A secret that the environment has, written as ``${NAME}``, is none itself and stays readable.

Source: api.md, Resources (``GET/PUT /v1/config``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from handoff_sdk.errors import ConfigError, FieldError
from handoff_sdk.models.finding import as_written

if TYPE_CHECKING:
    from handoff_sdk.models.noun import JsonObject

__all__ = ["MASK", "masked", "unmasked"]

MASK: Final = "***"

_NAMED: Final = re.compile(r"\$\{\w+\}")
_WHERE: Final[tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = (
    (("webhooks",), ("name", "url")),
    (("auth", "signing_keys"), ("kid",)),
)
"""The lists whose items have a ``secret``, and what an item goes by: the first of these that it has."""


class _Secret(NamedTuple):
    """A secret of a configuration: where it stands, what it belongs to, and the mapping that holds it."""

    path: str
    owner: tuple[str, object]
    holder: dict[str, Any]


def masked(written: Mapping[str, Any]) -> JsonObject:
    """A configuration as it may be shown.

    >>> masked({"webhooks": [{"url": "https://example.com", "secret": "s3cret"}]})
    {'webhooks': [{'url': 'https://example.com', 'secret': '***'}]}
    """
    shown = deepcopy(dict(written))
    for secret in _secrets(shown):
        if not _NAMED.fullmatch(str(secret.holder["secret"])):
            secret.holder["secret"] = MASK
    return shown


def unmasked(written: Mapping[str, Any], running: Mapping[str, Any]) -> JsonObject:
    """A configuration with the secrets of the running one where it says ``***``.

    Raises:
        ConfigError: The running one has no such secret.
    """
    meant = deepcopy(dict(written))
    known = {secret.owner: secret.holder["secret"] for secret in _secrets(running)}
    lost = []
    for secret in _secrets(meant):
        if secret.holder["secret"] != MASK:
            continue
        if secret.owner in known:
            secret.holder["secret"] = known[secret.owner]
        else:
            lost.append(FieldError(secret.path, f"{MASK!r} stands for no secret in force; write the secret"))
    if lost:
        raise ConfigError("\n".join(f"{error.path}: {error.message}" for error in lost), lost)
    return meant


def _secrets(written: Mapping[str, Any]) -> Iterator[_Secret]:
    for place, keys in _WHERE:
        items: Any = written
        for key in place:
            items = items.get(key) if isinstance(items, Mapping) else None
        for index, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict) and item.get("secret") is not None:
                owner = next((item[key] for key in keys if item.get(key) is not None), None)
                yield _Secret(as_written((*place, index, "secret")), (place[0], str(owner)), item)
