"""The configuration of the desk.

Source: api.md, Resources (``/v1/config``); config.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from handoff_sdk.client.answer import noun_of
from handoff_sdk.client.request import header, path
from handoff_sdk.errors import FieldError, InvalidRequest
from handoff_sdk.models.configuration import Configuration, Findings

from .resource import Resource

if TYPE_CHECKING:
    from handoff_sdk.models.noun import JsonObject

__all__ = ["Config"]


class Config(Resource):
    """``client.config``."""

    async def get(self) -> Configuration:
        """The configuration in force; ``***`` stands for each secret that is not ``${NAME}``."""
        return await self._get(Configuration, path("config"))

    async def replace(self, config: Mapping[str, Any], *, if_match: int | None = None) -> Configuration:
        """Put another configuration in force, for all at once; it outlives a restart.

        Args:
            config: The whole of it, as a file would have it. ``***`` for a secret keeps the one in force.
            if_match: The version that was read; then a change by somebody else since is a conflict.

        Raises:
            ConfigError: It cannot be used; ``errors`` says where. The one in force stays.
            Conflict: ``if_match`` is not in force any more.
        """
        match = {} if if_match is None else header("If-Match", f'"{if_match}"')
        return noun_of(Configuration, await self._send("PUT", path("config"), _body(config), headers=match))

    async def check(self, config: Mapping[str, Any]) -> Findings:
        """What is found in a configuration: errors, which keep it from being put in force, or else warnings."""
        return noun_of(Findings, await self._send("POST", path("config", "check"), _body(config)))


def _body(config: Mapping[str, Any]) -> JsonObject:
    if not isinstance(config, Mapping):
        problem = "has to be a mapping, the whole configuration"
        raise InvalidRequest(f"config: {problem}.", [FieldError("config", problem)])
    return dict(config)
