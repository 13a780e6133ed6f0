"""The configuration as the API speaks of it: in force, to be put in force, and what is found in one.

Source: api.md, Resources (``/v1/config``); config.md.
"""

from __future__ import annotations

from pydantic import ConfigDict

from .finding import Finding
from .noun import Command, JsonObject, Noun

__all__ = ["CheckConfig", "Configuration", "Findings", "ReplaceConfig"]


class Configuration(Noun):
    """A configuration in force, as it was written; ``***`` stands for each secret that is not ``${NAME}``.

    ``version`` grows by one with each change.
    """

    version: int
    config: JsonObject


class Findings(Noun):
    """What is found in a configuration; an error keeps it from being put in force."""

    findings: tuple[Finding, ...] = ()


class ReplaceConfig(Command):
    """Put another configuration in force: the body is the whole of it, as a file would have it.

    ``***`` for a secret keeps the one in force. ``if_match`` is the version that was read (``If-Match``).
    """

    model_config = ConfigDict(extra="allow")

    if_match: int | None = None


class CheckConfig(Command):
    """Look through a configuration, which is the body, and change nothing."""

    model_config = ConfigDict(extra="allow")
