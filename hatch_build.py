"""Puts what browsers load into the wheel: without comments, in the folder ``built``, instead of the sources."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = Path("src", "handoff_sdk", "web")


class StripAssets(BuildHookInterface):  # type: ignore[misc,type-arg] # hatchling is there while a wheel is built only
    """Runs before a wheel is made; an editable one serves the sources."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the files and tell hatchling where they belong."""
        if version == "editable":
            return
        sys.path.insert(0, str(Path(self.root, "src")))
        from handoff_sdk.web.assets import BUILT, files_in, made_of  # noqa: PLC0415 - only now it can be found

        self._made = tempfile.TemporaryDirectory(prefix="handoff-web-")
        folder = Path(self._made.name)
        for path, content in made_of(files_in(Path(self.root, SOURCES))).files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            build_data["force_include"][str(file)] = f"handoff_sdk/web/{BUILT}/{path}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Throw away what was made; it is in the wheel."""
        if version != "editable":
            self._made.cleanup()
