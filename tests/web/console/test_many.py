"""A console with five hundred open tickets: as much is drawn as can be seen, whatever there is."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from .conftest import CONFIG

MANY = 500
AT_ONCE = 20
MORE = {"content": {"type": "text", "text": "Are you there?"}}
COUNTING = """() => {
  globalThis.changes = 0;
  const whole = { subtree: true, childList: true, characterData: true, attributes: true };
  new MutationObserver((seen) => { changes += seen.length }).observe(document.body, whole);
}"""


@pytest.fixture
def config():
    agents = {"ana": {"name": "Ana", "brands": ["acme"], "capacity": {"messaging": MANY}}}
    brands = {"acme": {"bot": "none"}}
    return CONFIG | {"agents": agents, "brands": brands, "groups": {}, "routing": {"accept": "auto"}}


async def test_five_hundred_tickets_cost_a_screen_of_rows(desk, visiting):
    async with visiting("ana", status="online") as page:
        places = asyncio.Semaphore(AT_ONCE)
        begun = []

        async def writes(number):
            async with places:
                begun.append((await desk.conversation(f"Customer-{number}"))["id"])

        async with asyncio.TaskGroup() as group:
            for number in range(MANY):
                group.create_task(writes(number))
        await expect(page.get_by_text(f"{MANY} tickets")).to_be_visible(timeout=60_000)
        await expect(page.get_by_text(f"{MANY} of {MANY} conversations")).to_be_visible()
        rows = page.get_by_role("list", name="Tickets").get_by_role("listitem")
        assert 30 > await rows.count()
        assert 1_000 > await page.locator("*").count()

        asked = []
        page.on("request", lambda request: asked.append(request.url) if "/v1/" in request.url else None)
        await page.reload()
        await expect(page.get_by_text(f"{MANY} tickets")).to_be_visible()
        assert 30 > await rows.count()
        await page.evaluate(COUNTING)
        await asyncio.gather(*(desk.post(f"/v1/conversations/{one}/messages", MORE) for one in begun[:AT_ONCE]))
        await expect(rows.filter(has_text="0 s ago").first).to_be_visible()
        # The session, the snapshot and the stream; nothing for each ticket, nor for what happens to one that is there.
        assert {"session", "snapshot", "stream"} == {url.partition("?")[0].rpartition("/")[2] for url in asked}, asked
        assert 3 == len(asked)
        # Only rows that can be seen are drawn anew, however often their clocks tell another second meanwhile.
        assert MANY * AT_ONCE / 4 > await page.evaluate("changes")

        await page.locator(".tickets .scroll").evaluate("(one) => { one.scrollTop = one.scrollHeight }")
        last = page.locator(f"[aria-posinset='{MANY}']")
        await expect(last).to_be_visible()
        assert 30 > await rows.count()
        await page.keyboard.press("j")
        await expect(page.locator("[aria-posinset='1'] [aria-current]")).to_be_visible()
