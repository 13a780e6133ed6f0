"""Durable customer messages a second over HTTP, beside a bare aiohttp and pydantic echo under the same load.

The engine is ``handoff serve`` on a SQLite file with ``synchronous=FULL``; customers have signed tokens, and the
messages are spread over conversations that people own. Rounds of anchor and engine alternate; the medians are compared.
"""

from __future__ import annotations

import json
import urllib.request
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey

from bench import load
from bench.engine import listening, served

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
_BODY = json.dumps({"content": {"type": "text", "text": "Where is my parcel? It was due two days ago."}}).encode()


def measure() -> dict[str, float]:
    anchor, engine = [], []
    with served(_CONFIG) as (url, keys), listening(["-m", "bench.echo"]) as echo:
        requests = [
            load.request("POST", f"/v1/conversations/{conversation_id}/messages", token, _BODY)
            for conversation_id, token in _conversations(url, keys["admin"])
        ]
        spread = [requests[number % CONVERSATIONS] for number in range(MESSAGES)]
        for _ in range(ROUNDS):
            anchor.append(load.run(*_address(echo), spread, CONNECTIONS))
            engine.append(load.run(*_address(url), spread, CONNECTIONS))
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


def _conversations(url: str, admin: str) -> Iterator[tuple[str, str]]:
    key = OctKey.import_key(_SECRET)
    for number in range(CONVERSATIONS):
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


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0
