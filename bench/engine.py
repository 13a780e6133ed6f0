"""The engine that benchmarks measure: ``handoff serve`` on a SQLite file with ``synchronous=FULL``, in a process."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@contextmanager
def served(config: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Where it listens, and its keys by role."""
    with TemporaryDirectory() as folder:
        written, data = Path(folder) / "desk.yaml", Path(folder) / "data"
        written.write_text(json.dumps(config))
        command = ["-m", "handoff_sdk", "serve", "--config", str(written), "--data", str(data), "--port", "0"]
        with listening(command) as url:
            yield url, json.loads((data / "keys.json").read_text())


@contextmanager
def listening(command: list[str]) -> Iterator[str]:
    """A Python process that says where it listens in its first line."""
    with subprocess.Popen(
        [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            yield said.rpartition(" ")[2].strip()
        finally:
            process.terminate()
