"""Durable customer messages a second over HTTP, beside a bare aiohttp and pydantic echo under the same load.

The engine is ``handoff serve`` on a SQLite file with ``synchronous=FULL``; customers have signed tokens, and the
messages are spread over conversations that people own. Rounds of anchor and engine alternate; the medians are compared.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey

from bench import load

if TYPE_CHECKING:
    from collections.abc import Iterator

CONVERSATIONS = 1_000
MESSAGES = 20_000
CONNECTIONS = 64
ROUNDS = 3

_SECRET = "a secret of the benchmark, long enough to sign with"  # noqa: S105 - opens nothing
_CONFIG: dict[str, Any] = {
    "brands": {"default": {"bot": "none"}},
    "auth": {"signing_keys": [{"kid": "bench", "secret": _SECRET}]},
}
BODY = json.dumps({"content": {"type": "text", "text": "Where is my parcel? It was due two days ago."}}).encode()


def measure() -> dict[str, float]:
    anchor, engine = [], []
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as (url, admin), _echo() as echo:
        requests = [
            load.request("POST", f"/v1/conversations/{conversation_id}/messages", token, BODY)
            for conversation_id, token in conversations(url, admin, CONVERSATIONS)
        ]
        spread = [requests[number % CONVERSATIONS] for number in range(MESSAGES)]
        for _ in range(ROUNDS):
            anchor.append(load.run(*address(echo), spread, CONNECTIONS))
            engine.append(load.run(*address(url), spread, CONNECTIONS))
    bare, ours = median(one.rate for one in anchor), median(one.rate for one in engine)
    bare_p99, our_p99 = median(one.p99 for one in anchor), median(one.p99 for one in engine)
    return {
        "bare echo, requests/s": bare,
        "durable messages/s": ours,
        "ratio": ours / bare,
        "bare echo p99, ms": bare_p99 * 1000,
        "durable messages p99, ms": our_p99 * 1000,
        "p99 ratio": our_p99 / bare_p99,
    }


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, str]]:
    config = folder / "desk.yaml"
    config.write_text(json.dumps(_CONFIG))
    data = folder / "data"
    command = ["-m", "handoff_sdk", "serve", "--config", str(config), "--data", str(data), "--port", "0"]
    with _listening(command) as url:
        yield url, json.loads((data / "keys.json").read_text())["admin"]


@contextmanager
def _echo() -> Iterator[str]:
    with _listening(["-m", "bench.echo"]) as url:
        yield url


@contextmanager
def _listening(command: list[str]) -> Iterator[str]:
    """A Python process that says where it listens in its first line."""
    with subprocess.Popen(
        [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            yield said.rpartition(" ")[2].strip()
        finally:
            process.terminate()


def conversations(url: str, admin: str, count: int) -> Iterator[tuple[str, str]]:
    key = OctKey.import_key(_SECRET)
    for number in range(count):
        external_id = f"customer-{number}"
        body = {"customer": {"external_id": external_id}, "message": {"content": {"type": "text", "text": "Hello"}}}
        asked = urllib.request.Request(  # noqa: S310 - our own server
            f"{url}/v1/conversations",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {admin}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310 - the same
            conversation_id = json.load(answer)["id"]
        claims = {"external_id": external_id, "scope": "user"}
        yield conversation_id, jwt.encode({"alg": "HS256", "kid": "bench"}, claims, key)


def address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0
