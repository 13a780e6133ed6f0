"""A real engine, a page of somebody else's site that embeds the widget, and a real browser that looks at it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import zlib
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from uuid import uuid4

import pytest
import yaml
from axe_playwright_python.async_playwright import Axe
from joserfc import jwt
from joserfc.jwk import OctKey
from playwright.async_api import Page, async_playwright, expect

from handoff_sdk import HandoffClient
from handoff_sdk.web import assets

SECRET = "a secret of at least thirty-two bytes"
CONFIG = {
    "brands": {
        "acme": {"name": "Acme", "bot": "shop-bot", "bot_name": "Robo", "bot_answer_within": "never", "survey": True},
        "asleep": {"schedule": "never", "closed_text": {"en": "Sleeping.", "de": "Wir schlafen."}},
        "off": {"messaging": False},
    },
    "schedules": {"never": {"timezone": "UTC", "hours": {"mon": ["09:00-09:01"]}, "closed": []}},
    "agents": {"ana": {"name": "Ana", "capacity": {"messaging": 100}}},
    "routing": {"offer_timeout": "10m"},
}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LEFT_OUT = "HANDOFF_NO_BROWSER"
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PAGE = """<!doctype html>
<html lang="{lang}" dir="{dir}">
<meta name="viewport" content="width=device-width">
<title>A shop</title>
<main><h1>A shop</h1><button>Buy</button></main>
<script type="module" src="{url}/widget.js" {settings}></script>
</html>"""
POLICY = "default-src 'none'; script-src {url}; connect-src {url}; img-src {url} blob:; style-src 'self'"

expect.set_options(timeout=15_000)


class Site:
    """Somebody else's site, with pages that embed the widget and let nothing else in."""

    def __init__(self):
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                page, url = site.pages.get(self.path, ("", ""))
                self.send_response(200 if page else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Security-Policy", POLICY.format(url=url))
                self.end_headers()
                self.wfile.write(page.encode())

            def log_message(self, *_):
                """Say nothing."""

        self.pages = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def page(self, url, *, lang="en", direction="ltr", **settings):
        """The address of a page that embeds the widget of the desk at ``url``."""
        path = f"/{len(self.pages)}"
        written = " ".join(f'data-{name}="{value}"' for name, value in settings.items())
        self.pages[path] = PAGE.format(lang=lang, dir=direction, url=url, settings=written), url
        return self.origin + path


@dataclass
class Engine:
    """``handoff serve`` in a process of its own."""

    url: str
    keys: dict[str, str]
    process: subprocess.Popen

    def client(self, role="integrator"):
        return HandoffClient(self.url, api_key=self.keys[role])

    def end(self, sign=signal.SIGTERM):
        self.process.send_signal(sign)
        self.process.wait(timeout=20)
        self.process.stdout.close()


def config_for(site):
    """What the engine is told where a site embeds the widget."""
    return CONFIG | {"auth": {"signing_keys": [{"kid": "widget", "secret": SECRET}], "origins": [site.origin]}}


def serve(folder, config, port="0"):
    """Start an engine in a folder, or start it again."""
    (folder / "desk.yaml").write_text(yaml.safe_dump(config))
    return started(folder, "--config", "desk.yaml", "--port", port)


def started(folder, *arguments):
    """``handoff serve`` in a folder, with what else it is told."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HANDOFF_")}
    with (folder / "stderr").open("a") as errors:
        process = subprocess.Popen(  # noqa: S603 - it is our own engine
            [sys.executable, "-m", "handoff_sdk", "serve", "--data", "data", *arguments],
            cwd=folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    first = process.stdout.readline()
    assert first.startswith("listening on "), (folder / "stderr").read_text()
    return Engine(first.split()[-1], json.loads((folder / "data/keys.json").read_text()), process)


@pytest.fixture(scope="session")
def site():
    site = Site()
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture(scope="session")
def engine(site, tmp_path_factory):
    engine = serve(tmp_path_factory.mktemp("engine"), config_for(site))
    yield engine
    engine.end()


@dataclass
class Desk:
    """The business's side: what its bot and Ana do, over the API."""

    staff: HandoffClient
    bot: HandoffClient
    ana: HandoffClient

    async def conversation(self, external_id):
        """The customer's only conversation, once they have one."""
        async for conversation in self.staff.conversations.list(customer=external_id):
            return await self.staff.conversations.get(conversation.id)
        raise LookupError(external_id)

    async def bot_says(self, conversation, content):
        content = {"type": "text", "text": content} if isinstance(content, str) else content
        await self.bot.messages.create(conversation.id, content=content, author="bot", epoch=conversation.epoch)

    async def ana_says(self, conversation, text):
        await self.ana.messages.create(conversation.id, text=text, author="agent")

    async def said(self, conversation):
        """All that was said: who, and what."""
        found = [message async for message in self.staff.messages.list(conversation.id)]
        return [(message.author.type, message.text) for message in sorted(found, key=lambda message: message.seq)]


@pytest.fixture
async def desk(engine):
    async with engine.client() as staff, engine.client("bot") as bot:
        yield Desk(staff, bot, staff.as_agent("ana"))


@pytest.fixture
def somebody():
    """A customer's external id that nobody else has."""
    return f"customer-{uuid4().hex[:8]}"


def tall():
    """A picture that is higher than the widget shows it."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", 40, 400, 8, 0, 0, 0, 0)
    lines = zlib.compress((b"\0" + bytes(40)) * 400)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


async def until_true(page, element, condition):
    """Wait until something is true of an element."""
    await page.wait_for_function(f"(element) => ({condition})(element)", arg=await element.element_handle())


def token(external_id, **claims):
    body = {"external_id": external_id, "scope": "user", **claims}
    return jwt.encode({"alg": "HS256", "kid": "widget"}, body, OctKey.import_key(SECRET))


def spoken(language):
    """The widget's words in a language."""
    return dict(re.findall(r'^(\w+): "(.*)",$', assets().files[f"words/{language}.js"].decode(), re.MULTILINE))


async def photographed(page, name):
    """Keep a picture of a page for the documentation, where somebody wants one."""
    if folder := os.environ.get("HANDOFF_PICTURES"):
        await page.screenshot(path=f"{folder}/{name}")


@pytest.fixture
async def browser():
    if os.environ.get(LEFT_OUT):
        pytest.skip(f"{LEFT_OUT} allows to leave the browser out")
    assert CHROMIUM, f"there is no Chromium: install it (apt-get install chromium), or set {LEFT_OUT}=1"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


@dataclass
class Widget:
    """The widget on a page, as somebody without a mouse or eyes would name its parts."""

    page: Page

    def button(self, name):
        return self.page.get_by_role("button", name=name)

    @property
    def message(self):
        return self.page.get_by_role("textbox", name="Message")

    @property
    def log(self):
        return self.page.get_by_role("log", name="Conversation")

    @property
    def status(self):
        return self.page.get_by_role("status")

    async def open(self):
        await self.button("Open chat").click()

    async def say(self, text):
        await self.message.fill(text)
        await self.button("Send").click()

    async def shows(self, text, times=1):
        await expect(self.log.get_by_text(text, exact=True)).to_have_count(times)


@pytest.fixture
def visit(browser, site, engine):
    """Opens a page with the widget in a browser without a past, and ends with what the browser complained about."""

    @asynccontextmanager
    async def visit(context=None, *, lang="en", direction="ltr", clock=False, complaints=(), desk=None, **settings):
        context = {"locale": "en-GB", **(context or {})}
        opened = await browser.new_context(**context)
        page = await opened.new_page()
        if clock:
            await page.clock.install()
        told = []
        page.on("pageerror", lambda error: told.append(str(error)))
        page.on("console", lambda line: line.type == "error" and told.append(line.text))
        settings = {"brand": "acme"} | settings
        await page.goto(site.page(desk or engine.url, lang=lang, direction=direction, **settings))
        await page.locator("handoff-chat button").first.wait_for()
        yield Widget(page)
        await opened.close()
        assert [] == [line for line in told if not any(known in line for known in complaints)]

    return visit


@pytest.fixture
def accessible():
    """Fails where axe finds something that shuts people out."""

    async def accessible(page):
        found = await Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]})
        assert 0 == found.violations_count, found.generate_report()

    return accessible
