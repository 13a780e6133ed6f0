"""The first minute of a stranger: the customer in one tab of a browser, the agent in another, and nothing set up."""

from __future__ import annotations

from contextlib import asynccontextmanager
from time import monotonic

import pytest
from playwright.async_api import expect

from .conftest import Widget, photographed, started

MINUTE = 60
BACK = "It is me again, Ada. Is there anything else?"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """``handoff serve --demo`` in an empty folder."""
    engine = started(tmp_path_factory.mktemp("demo"), "--demo", "--port", "0")
    yield engine
    engine.end()


@pytest.fixture
def shopping(demo, browser):
    """Opens the demo's page in a browser without a past, and ends with what the browser complained about."""

    @asynccontextmanager
    async def shopping(**more):
        context = await browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, **more})
        told = []
        context.on("weberror", lambda error: told.append(str(error.error)))
        context.on("console", lambda line: _is_complaint(line) and told.append(line.text))
        page = await context.new_page()
        await page.goto(demo.url)
        await page.locator("handoff-chat button").first.wait_for()
        yield page
        await context.close()
        assert [] == told

    return shopping


def _is_complaint(line):
    """Whether the browser complains; it also does when the engine refuses something, which is as it should be."""
    return line.type in {"error", "warning"} and "/v1/" not in line.location["url"]


async def test_a_stranger_plays_a_hand_off_from_both_sides_within_a_minute(shopping):
    begun = monotonic()
    async with shopping() as shop:
        async with shop.context.expect_page() as opening:
            await shop.get_by_role("link", name="Be the agent: Ana").click()
        console = await opening.value
        await expect(console.get_by_text("Connected", exact=True)).to_be_visible()
        await expect(console.get_by_role("combobox", name="Status")).to_have_value("online")

        widget = Widget(shop)
        await shop.bring_to_front()
        await widget.open()
        await widget.say("My teapot is broken")
        await widget.shows("I am sorry! What is your order number?")
        await widget.say("the blue one")
        await widget.shows("It has 4 digits or more.")
        await widget.say("4711")
        await widget.button("lid").click()
        await widget.button("Yes").click()
        await widget.shows("A colleague will look at it with you.")

        await console.bring_to_front()
        await expect(console.get_by_role("list", name="Offers")).to_contain_text("Broken lid")
        await console.get_by_role("button", name="Accept").click()
        await expect(console.get_by_text("The lid of order 4711 arrived broken.")).to_be_visible()
        reply = console.get_by_role("textbox", name="Reply")
        await reply.fill("Hello, I am Ana. I am sending you a new lid today.")
        await console.get_by_role("button", name="Send reply").click()
        await widget.shows("Hello, I am Ana. I am sending you a new lid today.")
        await expect(shop.get_by_text("You are talking to Ana")).to_be_visible()
        await widget.say("Will it be here by four?")
        await expect(console.get_by_role("log", name="Conversation")).to_contain_text("Will it be here by four?")
        await reply.fill("It will. The courier has it already.")
        await console.keyboard.press("Enter")
        await widget.shows("It will. The courier has it already.")
        await expect(console.get_by_text("Sending…")).to_have_count(0)
        await photographed(shop, "widget.png")
        await photographed(console, "console.png")

        await console.get_by_role("button", name="Solve").click()
        await widget.shows(BACK)
        await expect(widget.log.get_by_text(BACK)).to_be_in_viewport()
        await expect(shop.get_by_text("You are talking to our assistant")).to_be_visible()
        await widget.button("Where is my order?").click()
        await widget.shows("What is its number?")
    assert monotonic() - begun < MINUTE


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1100])
async def test_its_page_says_what_to_do_on_every_screen(shopping, accessible, scheme, width):
    async with shopping(viewport={"width": width, "height": 760}, color_scheme=scheme) as shop:
        await expect(shop.get_by_role("listitem").filter(has_text="Ana")).to_have_count(3)
        wide = await shop.evaluate("document.documentElement.scrollWidth")
        assert width >= wide
        await accessible(shop)


async def test_the_console_comes_with_few_requests(shopping):
    async with shopping() as shop:
        page = await shop.context.new_page()
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        await page.goto(f"{shop.url}console")
        await expect(page.get_by_role("button", name="Log in")).to_be_visible()
        files = [url.rpartition("/")[2] for url in asked if "/assets/" in url]
        assert ["console.css", "index.js"] == sorted(files)
