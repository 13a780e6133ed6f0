"""The picture of the documentation, made anew where ``HANDOFF_PICTURES`` is set."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import expect

from .conftest import FIELDS, FORM

IMAGES = Path(__file__).parents[3] / "docs" / "images"
PICTURES = "HANDOFF_PICTURES"


@pytest.mark.skipif(not os.environ.get(PICTURES), reason=f"{PICTURES} is not set")
async def test_a_picture_of_the_console(desk, visiting):
    async with visiting("lea", status="online") as page:
        mia = await desk.conversation("Mia Thorne", said="Hello, my parcel has not come.")
        await desk.bot_says(mia, "I am sorry to hear that. What is the order number?")
        await desk.says(mia, "4711. I want my money back, please.")
        await desk.bot_says(mia, "I will get somebody who can decide that.")
        summary = "The parcel of order 4711 is eight days late. Mia wants her money back."
        details = {"form": FORM, "fields": FIELDS, "tags": ["parcel", "refund"], "priority": "high"}
        await desk.hand_off(mia, subject="Refund of a late parcel", summary=summary, **details)
        await page.get_by_role("button", name="Accept").click()
        reply = page.get_by_role("textbox", name="Reply")
        await reply.fill(
            "Good morning Mia, I am Lea. I see the parcel is stuck in the depot; you get your money back today."
        )
        await page.keyboard.press("Enter")
        await desk.says(mia, "That was quick. Thank you!")
        for name, subject, priority in (
            ("Noa Lind", "Wrong size", "normal"),
            ("Olo Abara", "Login does not work", "urgent"),
            ("Pia Gruber", "Invoice for March", None),
        ):
            conversation = await desk.conversation(name, said=f"{subject}.")
            more = {} if priority is None else {"priority": priority}
            ticket = await desk.hand_off(conversation, subject=subject, **more)
            if name != "Pia Gruber":
                await desk.post(f"/v1/tickets/{ticket['id']}/take", {}, agent="lea")
        await expect(page.get_by_role("list", name="Offers")).to_contain_text("Pia Gruber")
        await expect(page.get_by_role("log", name="Conversation")).to_contain_text("That was quick.")
        await expect(page.get_by_role("list", name="Tickets")).to_contain_text("Olo Abara")
        IMAGES.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=IMAGES / "console.png")
