"""A thousand customers whose widgets are there: the engine's memory for each, and how soon one of them hears an agent.

Beside it a bare aiohttp server with as many streams, snapshots and events of the same size. And what a page has to load
for the widget, and how long Chromium takes from the script tag to the button.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import urllib.request
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from bench import load
from bench.engine import NO_BOT, listening, served
from bench.visitors import MARK, visitors
from handoff_sdk.web import assets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.engine import Served
    from bench.visitors import Round

CUSTOMERS = 1_000
A_SECOND = 100.0
ROUNDS = 3
PAGES = 7

_CONFIG: dict[str, Any] = {**NO_BOT, "agents": {"ana": {}}}
_BODY = json.dumps({"content": {"type": "text", "text": MARK}, "author": {"type": "agent"}}).encode()
_PATH = "/v1/conversations/{}/messages"
_FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
_PAGE = """<!doctype html><title>A shop</title>
<script>
document.addEventListener("handoff-ready", ({ detail: { shadowRoot } }) => {
  new MutationObserver(() => { globalThis.readyAt ??= performance.now(); }).observe(shadowRoot, { childList: true });
});
</script>
<script type="module" src="/widget.js" data-brand="default"></script>"""
_TOOK = 'readyAt - performance.getEntriesByType("resource").find(({ name }) => name.endsWith("/widget.js")).startTime'


class Told(NamedTuple):
    """What customers were told: KiB the server has grown by for each, and seconds, the medians of all rounds."""

    kib: float
    delivered: tuple[float, float]
    answered: float


def measure(*, small: bool = False) -> dict[str, Any]:
    count, rounds, pages = (40, 1, 1) if small else (CUSTOMERS, ROUNDS, PAGES)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), _CONFIG) as engine:
        begun = engine.conversations(count)
        key = engine.keys["admin"]
        writes = [load.request("POST", _PATH.format(each), key, _BODY, agent="ana") for each, _ in begun]
        mine = {"Authorization": f"Bearer {begun[0][1]}"}
        snapshot = Path(folder) / "snapshot.json"
        snapshot.write_text(json.dumps(engine.ask(f"/v1/conversations/{begun[0][0]}/snapshot", method="GET", **mine)))
        with listening("bench.mailbox", str(snapshot)) as mailbox:
            before = engine.resident_kib, mailbox.resident_kib
            ids = [(each, each) for each, _ in begun]
            with visitors(*engine.address, begun) as write, visitors(*mailbox.address, ids) as bare_write:
                grown = engine.resident_kib - before[0], mailbox.resident_kib - before[1]
                write(writes, A_SECOND)  # the first one also makes each ticket the agent's
                heard = engine.ask("/v1/events?after=0&limit=100", method="GET", **mine)["items"]
                said = next(event for event in heard if event["type"] == "message.created" and MARK in str(event))
                event = json.dumps(said).encode()
                bare_writes = [load.request("POST", _PATH.format(each), key, event) for each, _ in begun]
                found = [(bare_write(bare_writes, A_SECOND), write(writes, A_SECOND)) for _ in range(rounds)]
        sizes = _sizes(engine)
        ready = _ready(engine, pages)
    bare, ours = (_told(each, kib / count) for each, kib in zip(zip(*found, strict=True), grown[::-1], strict=True))
    return {
        "customers connected": count,
        "bare stream, KiB a customer": bare.kib,
        "engine, KiB a customer": ours.kib,
        "more than bare, KiB a customer": ours.kib - bare.kib,
        "bare, delivered p50, ms": bare.delivered[0] * 1000,
        "delivered p50, ms": ours.delivered[0] * 1000,
        "delivered p50, beside bare": ours.delivered[0] / bare.delivered[0],
        "bare, delivered p99, ms": bare.delivered[1] * 1000,
        "delivered p99, ms": ours.delivered[1] * 1000,
        "delivered p99, beside bare": ours.delivered[1] / bare.delivered[1],
        "answered p99, ms": ours.answered * 1000,
        "widget, bytes gzipped": sizes,
        "script to button, ms": ready,
    }


def _told(rounds: Sequence[Round], kib: float) -> Told:
    p50, p99 = (median(getattr(one.delivered, share) for one in rounds) for share in ("p50", "p99"))
    return Told(kib, (p50, p99), median(one.answered.p99 for one in rounds))


def _sizes(engine: Served) -> int:
    """Bytes that a browser is sent for the widget in English, all files together."""
    base = f"/assets/{assets().hash}"
    sizes = 0
    for path in ("/widget.js", f"{base}/widget/index.js", f"{base}/words/en.js"):
        asked = urllib.request.Request(engine.url + path, headers={"Accept-Encoding": "gzip"})  # noqa: S310 - our own
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310 - the same
            sizes += len(answer.read())
    return sizes


def _ready(engine: Served, pages: int) -> float | str:
    """Milliseconds from when Chromium asks for the script to the button on the page; each time in a browser's first."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        return "no Chromium"
    if find_spec("playwright") is None:
        return "no Playwright"
    from playwright.sync_api import sync_playwright

    took = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=[*_FLAGS])
        for _ in range(pages):
            context = browser.new_context()
            page = context.new_page()
            page.route(f"{engine.url}/shop", lambda route: route.fulfill(body=_PAGE, content_type="text/html"))
            page.goto(f"{engine.url}/shop")
            page.wait_for_function("globalThis.readyAt")
            took.append(page.evaluate(_TOOK))
            context.close()
        browser.close()
    return median(took)
