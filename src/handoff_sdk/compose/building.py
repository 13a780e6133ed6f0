"""A configuration, a store and the system's clock become a desk.

Source: config.md; sdk.md, The engine in your own process.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff_sdk.compose.stores import store_of
from handoff_sdk.connectors.webhook.sender import WebhookSender
from handoff_sdk.desk.clock import SystemClock
from handoff_sdk.desk.configuring import Vetting
from handoff_sdk.desk.desk import Desk
from handoff_sdk.errors import ConfigError, FieldError
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.document import DocumentError, read_document
from handoff_sdk.server.tokens import TokenReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff_sdk.ports import Clock

__all__ = ["build_desk", "config_of"]


def build_desk(
    store: str | Path,
    config: DeskConfig,
    *,
    written: Mapping[str, Any] | None = None,
    clock: Clock | None = None,
    durable: bool = True,
    driven: bool = False,
) -> Desk:
    """A desk on a store; it is not started yet.

    Args:
        store: A URL, as for ``open_desk``, or the path of an SQLite file.
        config: The configuration to start with.
        written: How it was written, where it has ``${NAME}`` in it; by default as it is.
        clock: The time; the system's by default.
        durable: ``False`` for a store that is thrown away: an answer does not wait for the disk.
        driven: Nothing runs by itself; see ``Desk``.

    Raises:
        ConfigError: The URL names no store that there is, or the configuration a URL that nothing will be posted to,
            or a signing key that is none.
    """
    _vet(config)
    return Desk(
        store=store_of(store, durable=durable),
        config=config,
        clock=clock or SystemClock(),
        sender=WebhookSender(config.webhooks_allow),
        driven=driven,
        written=None if written is None else dict(written),
        vetting=Vetting(os.environ, _vet),
    )


def config_of(
    config: str | Path | Mapping[str, Any] | DeskConfig | None,
) -> tuple[DeskConfig, Mapping[str, Any] | None]:
    """A configuration, and how it was written where that is not how it is."""
    match config:
        case DeskConfig():
            return config, None
        case str() | Path():
            try:
                document = read_document(config)
            except DocumentError as error:
                raise ConfigError(str(error), [FieldError("", error.problem)]) from None
            parsed = DeskConfig.parse(document.value, document, environ=os.environ)
            return parsed, document.value if isinstance(document.value, dict) else {}
        case _:
            return DeskConfig.parse(config), None


def _vet(config: DeskConfig) -> None:
    """Refuse what only the world around the desk can tell: addresses that are not posted to, keys that are none.

    Raises:
        ConfigError: There is any.
    """
    sender = WebhookSender(config.webhooks_allow)
    refused = [
        FieldError(f"webhooks[{index}].url", f"{hook.url}: {problem}")
        for index, hook in enumerate(config.webhooks)
        if (problem := sender.refusal(hook.url))
    ]
    if refused:
        raise ConfigError("\n".join(f"webhooks: {error.message}" for error in refused), refused)
    TokenReader(config.auth.signing_keys, bytes(32))
