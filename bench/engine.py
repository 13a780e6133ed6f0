"""The engine under measurement, ``handoff serve`` in a process of its own, and who speaks to it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["NO_BOT", "Served", "listening", "served"]

NO_BOT: dict[str, Any] = {"brands": {"default": {"bot": "none"}}}
"""People own every conversation from its first message."""

_SECRET = "a secret of the benchmark, long enough to sign with"  # noqa: S105 - opens nothing
_PATIENCE = 60.0


@dataclass
class Served:
    """A server that listens; ``keys`` are an engine's API keys by role."""

    process: subprocess.Popen[str]
    url: str
    keys: Mapping[str, str]

    @cached_property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 0

    @property
    def resident_kib(self) -> float:
        """The memory that the process holds at this moment."""
        return float(self._proc("status").split("VmRSS:")[1].split()[0])

    @property
    def cpu_seconds(self) -> float:
        """What all threads of the process have used of processors so far."""
        user, system = self._proc("stat").rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / 100  # ticks of Linux

    def ask(self, path: str, body: object = None, method: str = "POST", **headers: str) -> Any:  # noqa: ANN401 - JSON
        """One call with the admin's key, outside of what is measured; the answer."""
        asked = urllib.request.Request(  # noqa: S310 - our own server
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.keys['admin']}", "Content-Type": "application/json", **headers},
            method=method,
        )
        with urllib.request.urlopen(asked, timeout=_PATIENCE) as answer:  # noqa: S310 - the same
            return json.load(answer)

    def conversations(self, count: int) -> list[tuple[str, str]]:
        """So many fresh conversations, each of a customer of its own: its id and the customer's signed token."""
        key = OctKey.import_key(_SECRET)
        begun = []
        for number in range(count):
            external_id = f"customer-{number}"
            message = {"content": {"type": "text", "text": "Hello"}}
            made = self.ask("/v1/conversations", {"customer": {"external_id": external_id}, "message": message})
            claims = {"external_id": external_id, "scope": "user"}
            begun.append((made["id"], jwt.encode({"alg": "HS256", "kid": "bench"}, claims, key)))
        return begun

    def _proc(self, name: str) -> str:
        with open(f"/proc/{self.process.pid}/{name}", encoding="ascii") as file:  # noqa: PTH123 - not a file
            return file.read()


@contextmanager
def served(folder: Path, config: Mapping[str, Any], store: str | None = None) -> Iterator[Served]:
    """An engine on ``folder``, which may be used again; ``store``: the URL of another store than the folder's."""
    folder.mkdir(exist_ok=True)
    written = folder / "desk.yaml"
    written.write_text(json.dumps({**config, "auth": {"signing_keys": [{"kid": "bench", "secret": _SECRET}]}}))
    command = ["handoff_sdk", "serve", "--config", str(written), "--data", str(folder), "--port", "0"]
    command += ["--store", store] if store else []
    with (folder / "log.txt").open("w") as log, listening(*command, log=log) as engine:
        engine.keys = json.loads((folder / "keys.json").read_text())
        yield engine


@contextmanager
def listening(module: str, *arguments: str, log: TextIO | None = None) -> Iterator[Served]:
    """A Python module that runs until it is told to stop, and says where it listens in its first line.

    Raises:
        RuntimeError: It ended without.
    """
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
    ) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            if not said:
                why = Path(log.name).read_text() if log else "see above"
                raise RuntimeError(f"{module} ended before it listened: {why}")
            yield Served(process, said.rpartition(" ")[2].strip(), {})
        finally:
            process.terminate()
