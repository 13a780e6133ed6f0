"""What an agent is told of while they look elsewhere: by the browser's own notifications, which it has allowed."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest
from playwright.async_api import expect

from .conftest import until
from .test_console import accepts, button, log, tickets

RECORDER = """
globalThis.told = [];
globalThis.looks = false;
document.hasFocus = () => looks;
globalThis.Notification = class extends Notification {
  constructor(words, more) {
    super(words, more);
    told.push(this);
  }
};
"""


@pytest.fixture
def told(desk, visiting):
    """Opens an agent's console with the browser's permission, and notes what it is asked to show."""

    @asynccontextmanager
    async def told(agent, *, granted=True, **more):
        async with visiting(agent, **more) as page:
            if granted:
                await page.context.grant_permissions(["notifications"], origin=desk.url)
            await page.add_init_script(RECORDER)
            await page.reload()
            await expect(page.get_by_text("Connected", exact=True)).to_be_visible()
            yield page

    return told


async def words(page):
    return await page.evaluate("told.map(({ title }) => title)")


def _shown(page, *expected):
    async def shown():
        return [*expected] == await words(page)

    return shown


async def test_an_agent_who_looks_elsewhere_is_told_of_offers_and_messages(desk, told):
    async with told("ana", status="online") as page:
        assert "granted" == await page.evaluate("Notification.permission")
        conversation, _ = await accepts(page, desk)
        await until(_shown(page, "New offer: Mia's parcel"))
        await desk.says(conversation, "Are you there?")
        await until(_shown(page, "New offer: Mia's parcel", "Mia wrote"))


async def test_a_click_leads_to_the_ticket_and_takes_the_notice_away(desk, told):
    async with told("ana", status="online") as page:
        conversation, _ = await accepts(page, desk)
        await accepts(page, desk, "Noa")
        await desk.says(conversation, "Are you there?")
        await until(_shown(page, "New offer: Mia's parcel", "New offer: Noa's parcel", "Mia wrote"))
        await page.evaluate(
            """() => new Promise((closed) => {
              told[2].addEventListener("close", closed);
              told[2].dispatchEvent(new Event("click"));
            })"""
        )
        await expect(page.get_by_role("heading", name="Mia")).to_be_visible()
        await expect(log(page)).to_contain_text("Are you there?")


async def test_two_tabs_show_one_notice_of_one_thing(desk, told):
    """The browser shows one of those that bear the same tag."""
    async with told("ana", status="online") as page:
        other = await page.context.new_page()
        await other.add_init_script(RECORDER)
        await other.goto(f"{desk.url}/console")
        await expect(other.get_by_text("Connected", exact=True)).to_be_visible()
        await desk.handed_off("Mia")
        tags = []
        for tab in (page, other):
            await until(_shown(tab, "New offer: Mia's parcel"))
            tags += await tab.evaluate("told.map(({ tag }) => tag)")
        assert 1 == len(set(tags))
        assert tags[0].startswith("offer=ofr_"), tags


async def test_what_a_lead_gives_an_agent_is_told(desk, told):
    ticket = await desk.handed_off("Mia")
    async with told("ana") as page:
        await desk.call("PATCH", f"/v1/tickets/{ticket['id']}", {"assignee": "ana"}, by="admin", agent="lea")
        await until(_shown(page, "Now yours: Mia's parcel"))
        await expect(tickets(page)).to_contain_text("Mia's parcel")


async def test_who_looks_or_has_not_allowed_it_is_shown_nothing(desk, told):
    async with told("ana", status="online") as page:
        await page.evaluate("looks = true")
        conversation, _ = await accepts(page, desk)
        await desk.says(conversation, "Are you there?")
        await expect(log(page)).to_contain_text("Are you there?")
        assert [] == await words(page)
    async with told("ana", granted=False) as page:
        assert "granted" != await page.evaluate("Notification.permission")
        await desk.says(conversation, "Hello?")
        await expect(page).to_have_title("(1) Console")
        assert [] == await words(page)


async def test_the_browser_is_asked_when_the_agent_says_so(told):
    async with told("ana", granted=False) as page:
        await page.evaluate("() => { Notification.requestPermission = async () => told.push({ title: 'asked' }) }")
        await button(page, "Notify me").click()
        assert ["asked"] == await words(page)
