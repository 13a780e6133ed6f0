"""The widget in a browser, on a page of another site under a strict policy, with a real engine behind it."""

from __future__ import annotations

from playwright.async_api import expect
from tests.web.conftest import token


async def test_somebody_without_an_account_talks_to_the_bot_and_then_to_ana(visit, desk, accessible):
    async with visit() as widget:
        await accessible(widget.page)
        await widget.open()
        await expect(widget.message).to_be_focused()
        await widget.say("Hello")
        await widget.shows("Hello")
        await expect(widget.log).to_contain_text("Delivered")
        [conversation] = [
            each async for each in desk.staff.conversations.list(brand="acme", last_author="customer")
        ]
        await desk.bot_says(conversation, "How can I help?")
        await widget.shows("How can I help?")
        await expect(widget.page.get_by_text("You are talking to our assistant")).to_be_visible()
        await accessible(widget.page)
