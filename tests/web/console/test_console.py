"""What agents do in the console, in a browser, with an engine and a customer at the other end."""

from __future__ import annotations

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from .conftest import FIELDS, FORM, until


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def log(page):
    return page.get_by_role("log", name="Conversation")


def tickets(page):
    return page.get_by_role("list", name="Tickets")


async def accepts(page, desk, name="Mia", **details):
    """Hand a conversation off and accept the offer of it."""
    conversation = await desk.conversation(name, said="My parcel is late.")
    await desk.bot_says(conversation, "Let me get somebody.")
    ticket = await desk.hand_off(conversation, subject=f"{name}'s parcel", **details)
    await button(page.get_by_role("list", name="Offers"), "Accept").click()
    await expect(page.get_by_role("heading", name=name)).to_be_visible()
    return conversation, ticket


async def has(desk, ticket, **values):
    found = await desk.ticket(ticket)
    return values == {name: found[name] for name in values}


async def test_an_offer_is_shown_with_its_time_and_accepted(desk, visiting):
    async with visiting("ana", status="online") as page:
        conversation = await desk.conversation("Mia", said="My parcel is late.")
        await desk.bot_says(conversation, "Let me get somebody.")
        ticket = await desk.hand_off(conversation, subject="Parcel", summary="Late since Monday", priority="high")

        offers = page.get_by_role("list", name="Offers")
        await expect(offers.get_by_role("listitem")).to_have_count(1)
        await expect(offers).to_contain_text("Mia: Parcel")
        await expect(page).to_have_title("(1) Console")
        await expect(offers.get_by_role("timer")).to_contain_text("0:2")
        await button(offers, "Accept").click()

        await until(lambda: has(desk, ticket, assignee="ana", status="open"))
        await expect(page.get_by_role("heading", name="Mia")).to_be_visible()
        await expect(offers.get_by_role("listitem")).to_have_count(0)
        await expect(page.get_by_role("list", name="Service levels")).to_contain_text("First reply: 9:")
        await expect(page.get_by_text("1 of 3 conversations")).to_be_visible()
        await expect(page.get_by_text("Late since Monday")).to_be_visible()


async def test_a_declined_offer_goes_to_somebody_else(desk, visiting):
    async with visiting("ana", status="online") as page:
        ticket = await desk.handed_off("Mia")
        offers = page.get_by_role("list", name="Offers")
        await expect(offers.get_by_role("listitem")).to_have_count(1)
        await desk.status("ben", "online")
        await button(offers, "Decline").click()
        await expect(offers.get_by_role("listitem")).to_have_count(0)
        await until(lambda: _is_offered(desk, ticket, "ben"))


async def _is_offered(desk, ticket, agent):
    offer = (await desk.ticket(ticket))["offer"]
    return offer is not None and agent == offer["agent_id"]


async def test_the_bots_part_stands_apart_from_what_people_said(desk, visiting):
    async with visiting("ana", status="online") as page:
        conversation, _ = await accepts(page, desk)
        await desk.says(conversation, "Are you there?")

        with_bot, with_people = log(page).get_by_role("group").all(), log(page).get_by_text("With people")
        await expect(with_people).to_be_visible()
        groups = await with_bot
        assert 2 == len(groups)
        await expect(groups[0]).to_contain_text("My parcel is late.")
        await expect(groups[0]).to_contain_text("Let me get somebody.")
        await expect(groups[1]).to_contain_text("Are you there?")


async def test_a_reply_and_a_note_reach_whom_they_are_for(desk, visiting):
    async with visiting("ana", status="online") as page:
        conversation, _ = await accepts(page, desk)
        await page.get_by_role("textbox", name="Reply").fill("I am looking.")
        await button(page, "Send reply").click()
        await button(page, "Internal note").click()
        await page.get_by_role("textbox", name="Note").fill("Seems to be lost.")
        await button(page, "Add note").click()
        await expect(log(page)).to_contain_text("Seems to be lost.")
        await expect(log(page).get_by_text("Sending…")).to_have_count(0)

        said = (await desk.call("GET", f"/v1/conversations/{conversation['id']}/messages"))["items"]
        told = [(one["visibility"], one["content"]["text"]) for one in said if one["author"]["type"] == "agent"]
        assert [("public", "I am looking."), ("internal", "Seems to be lost.")] == told
        assert 1 == await log(page).get_by_text("I am looking.").count()
        await expect(page.get_by_role("textbox", name="Reply")).to_have_value("")


async def test_what_was_collected_is_a_form_that_can_be_corrected(desk, visiting):
    async with visiting("ana", status="online") as page:
        _, ticket = await accepts(page, desk, form=FORM, fields=FIELDS)
        await expect(page.get_by_role("heading", name="Refund")).to_be_visible()
        await expect(page.get_by_role("textbox", name="Order number")).to_have_value("4711")
        await expect(page.get_by_role("spinbutton", name="Amount")).to_have_value("12.5")
        await page.get_by_role("textbox", name="Order number").fill("4712")
        await page.get_by_role("combobox", name="Reason").select_option("broken")
        await page.get_by_role("checkbox", name="Insured").check()
        await button(page, "Save fields").click()

        changed = {**FIELDS, "order": "4712", "reason": "broken", "insured": True}
        await until(lambda: has(desk, ticket, fields=changed))


async def test_keys_do_what_buttons_do(desk, visiting):
    async with visiting("ana", status="online") as page:
        ticket = await desk.handed_off("Mia")
        await expect(page.get_by_role("list", name="Offers").get_by_role("listitem")).to_have_count(1)
        await page.keyboard.press("a")
        await expect(page.get_by_role("heading", name="Mia")).to_be_visible()
        for key, status in (("p", "pending"), ("o", "open"), ("h", "on_hold"), ("s", "solved")):
            await page.keyboard.press(key)
            await until(lambda status=status: has(desk, ticket, status=status))
        await page.keyboard.press("r")
        await page.keyboard.type("ps")
        await expect(page.get_by_role("textbox", name="Reply")).to_have_value("ps")
        assert await has(desk, ticket, status="solved")

        await page.keyboard.press("Escape")
        await page.keyboard.press("?")
        await page.get_by_role("checkbox", name="Single keys").uncheck()
        await button(page, "Close").click()
        await page.keyboard.press("n")
        await expect(page.get_by_role("textbox", name="Note")).to_have_count(0)


async def test_a_silent_customer_is_pointed_out(desk, visiting):
    async with visiting("ana", status="online", clock=True) as page:
        _, ticket = await accepts(page, desk)
        await page.get_by_role("textbox", name="Reply").fill("What is the order number?")
        await page.keyboard.press("Enter")
        await expect(log(page)).to_contain_text("With people (1)")
        await page.get_by_role("textbox", name="Reply").press("Escape")
        await page.clock.fast_forward("06:00")
        await expect(page.get_by_text("Silent for 6 min.")).to_be_visible()
        await page.keyboard.press("p")
        await until(lambda: has(desk, ticket, status="pending"))
        await expect(page.get_by_text("Silent for 6 min.")).to_have_count(0)


async def test_tags_and_priority(desk, visiting):
    async with visiting("ana", status="online") as page:
        _, ticket = await accepts(page, desk, tags=["bot"])
        await page.get_by_role("textbox", name="Add tag").fill("vip")
        await page.keyboard.press("Enter")
        await page.get_by_role("combobox", name="Priority").select_option("urgent")
        await button(page, "Remove tag bot").click()
        await until(lambda: has(desk, ticket, tags=["vip"], priority="urgent"))
        await expect(page.get_by_role("list", name="Tags")).to_contain_text("vip")


async def test_a_canned_answer_is_filled_in_and_can_be_changed(desk, visiting):
    async with visiting("ana", status="online") as page:
        await accepts(page, desk)
        await page.get_by_role("combobox", name="Canned answer").select_option("sorry")
        await expect(page.get_by_role("textbox", name="Reply")).to_have_value("I am sorry, Mia.")
        await page.keyboard.type(" Please wait.")
        await page.keyboard.press("Enter")
        await expect(log(page)).to_contain_text("I am sorry, Mia. Please wait.")


async def test_a_transfer_asks_a_colleague(desk, visiting):
    await desk.status("ben", "away")
    async with visiting("ana", status="online") as page, visiting("ben") as other:
        _, ticket = await accepts(page, desk)
        await page.get_by_role("combobox", name="Transfer to").select_option("agent ben")
        await button(page, "Transfer").click()
        offers = other.get_by_role("list", name="Offers")
        await expect(offers).to_contain_text("Ana asks you to take it over")
        await button(offers, "Accept").click()
        await until(lambda: has(desk, ticket, assignee="ben"))
        await expect(tickets(page).get_by_role("listitem")).to_have_count(0)
        await expect(log(other)).to_contain_text("My parcel is late.")


async def test_handing_back_tells_the_bot_why(desk, visiting):
    async with visiting("ana", status="online") as page:
        conversation, ticket = await accepts(page, desk)
        await page.get_by_role("textbox", name="Words for the bot").fill("Send the label again.")
        await button(page, "Hand back").click()
        await until(lambda: has(desk, ticket, status="solved", live=False))
        events = (await desk.call("GET", f"/v1/events?after=0&conversation={conversation['id']}"))["items"]
        returned = next(event for event in events if event["type"] == "control.returned")
        assert "Send the label again." == returned["data"]["returned"]["note"]


async def test_solving_and_ending(desk, visiting):
    async with visiting("ana", status="online") as page:
        _, first = await accepts(page, desk)
        await button(page, "Solve").click()
        await until(lambda: has(desk, first, status="solved"))
        conversation, _ = await accepts(page, desk, "Noa")
        await button(page, "End session").click()
        await expect(page.get_by_text("session ended")).to_be_visible()
        assert "ended" == (await desk.call("GET", f"/v1/conversations/{conversation['id']}"))["session"]


async def test_what_is_closed_is_read_and_not_changed(desk, visiting):
    async with visiting("ana", status="online") as page:
        _, ticket = await accepts(page, desk, style="live_chat", tags=["vip"], form=FORM, fields=FIELDS)
        await button(page, "End session").click()
        await expect(page.get_by_text("session ended")).to_be_visible()
        await expect(page.get_by_role("combobox", name="Priority")).to_be_enabled()
        await button(page, "Solve").click()
        await until(lambda: has(desk, ticket, status="closed"))
        for control in (
            page.get_by_role("combobox", name="Priority"),
            page.get_by_role("textbox", name="Order number"),
            button(page, "Remove tag vip"),
        ):
            await expect(control).to_be_disabled()


async def test_a_connected_customer_is_seen_writing(desk, visiting):
    async with visiting("ana", status="online") as page, desk.customer() as headers:
        at = f"{desk.url}/v1/conversations"
        message = {"content": {"type": "text", "text": "Hello"}}
        async with desk.http.post(at, json={"brand": "acme", "message": message}, headers=headers) as answer:
            conversation = await answer.json()
        await desk.hand_off(conversation)
        await button(page, "Accept").click()
        await expect(log(page)).to_contain_text("Hello")
        typing = page.get_by_text("is writing…")
        for kind, count in (("typing_start", 1), ("typing_stop", 0)):
            activity = f"{at}/{conversation['id']}/activity"
            async with desk.http.post(activity, json={"type": kind}, headers=headers) as answer:
                assert 200 == answer.status
            await expect(typing).to_have_count(count)
        await until(lambda: _has_read(desk, conversation, 1))
        await desk.says(conversation, "Are you there?")
        await until(lambda: _has_read(desk, conversation, 2))


async def _has_read(desk, conversation, times):
    """Whether the agent has read what the customer wrote, so many times."""
    events = (await desk.call("GET", f"/v1/events?after=0&conversation={conversation['id']}"))["items"]
    return times == sum(event["type"] == "message.read" and event["actor"]["id"] == "ana" for event in events)


async def test_the_customers_other_conversations_can_be_read(desk, visiting):
    await desk.conversation("Mia", said="An older question")
    async with visiting("ana", status="online") as page:
        await accepts(page, desk)
        await page.get_by_role("complementary", name="Details").get_by_role("link", name="with the bot").click()
        await expect(log(page)).to_contain_text("An older question")
        await expect(page.get_by_text("Your reply takes the conversation over.")).to_be_visible()


async def test_views_and_the_queue_are_lists_of_tickets(desk, visiting):
    await desk.handed_off("Mia", priority="high")
    await desk.handed_off("Noa", priority="low")
    async with visiting("ana") as page:
        view = page.get_by_role("combobox", name="View")
        await view.select_option("Queue")
        await expect(tickets(page).get_by_role("listitem")).to_have_count(2)
        await expect(tickets(page).get_by_role("listitem").first).to_contain_text("Mia")
        await view.select_option("High")
        await expect(tickets(page).get_by_role("listitem")).to_have_count(1)
        await tickets(page).get_by_role("link").click()
        await button(page, "Take it").click()
        await view.select_option("Mine")
        await expect(tickets(page)).to_contain_text("Mia's parcel")


async def test_a_lead_sees_the_team_and_why_a_ticket_waits(desk, visiting):
    await desk.handed_off("Mia")
    async with visiting("lea") as page:
        await page.get_by_role("link", name="Lead").click()
        await expect(page.get_by_role("row", name="Ben")).to_contain_text("0 of")
        await expect(page.get_by_role("list", name="Waiting tickets")).to_contain_text("Mia: Mia's parcel")
        await button(page, "Explain").click()
        await expect(page.get_by_text("Place 1 in the queue standard")).to_be_visible()
        await expect(page.get_by_text("Ben is not there for new conversations.")).to_be_visible()
        await expect(page.get_by_text("uma", exact=False)).to_have_count(0)
        await page.get_by_role("combobox", name="Set Ben to").select_option("online")
        await expect(page.get_by_text("offered to Ben")).to_be_visible()
        await page.get_by_role("link", name="Mia: Mia's parcel").click()
        await expect(page.get_by_role("heading", name="Mia")).to_be_visible()
        await page.get_by_role("link", name="Lead").click()
        await page.get_by_role("link", name="Desk").click()
        await expect(page.get_by_role("heading", name="Mia")).to_be_visible()
        await page.get_by_role("link", name="Desk").click()
        await expect(page.get_by_text("Choose a ticket.")).to_be_visible()
    async with visiting("ana") as page:
        await expect(page.get_by_role("link", name="Lead")).to_have_count(0)


async def test_closing_one_of_two_tabs_leaves_the_agent_connected(desk, visiting):
    async with visiting("ana", status="online") as page:
        other = await page.context.new_page()
        await other.goto(f"{desk.url}/console")
        await expect(other.get_by_text("Connected", exact=True)).to_be_visible()
        await desk.handed_off("Mia")
        for tab in (page, other):
            await expect(tab.get_by_role("list", name="Offers").get_by_role("listitem")).to_have_count(1)
        await button(other.get_by_role("list", name="Offers"), "Accept").click()
        await expect(page.get_by_role("list", name="Offers").get_by_role("listitem")).to_have_count(0)
        await expect(tickets(page).get_by_role("listitem")).to_have_count(1)
        await other.close()
        await desk.handed_off("Noa")
        await expect(page.get_by_role("list", name="Offers").get_by_role("listitem")).to_have_count(1)
        agent = await desk.agent("ana")
        assert (True, "online") == (agent["connected"], agent["status"])


async def test_what_happens_while_the_network_is_away_is_there_afterwards(desk, browser):
    page = await (await browser.new_context()).new_page()
    await page.goto(await desk.link("ana"))
    await page.get_by_role("combobox", name="Status").select_option("online")
    conversation, _ = await accepts(page, desk)
    await page.context.set_offline(True)
    await expect(page.get_by_text("No connection")).to_be_visible()
    await page.get_by_role("textbox", name="Reply").fill("Written on the train")
    await page.keyboard.press("Enter")
    await desk.says(conversation, "Said meanwhile")
    await page.context.set_offline(False)
    await page.evaluate("window.dispatchEvent(new Event('online'))")
    await expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    await expect(log(page)).to_contain_text("Said meanwhile")
    await expect(log(page).get_by_text("Sending…")).to_have_count(0)
    messages = (await desk.call("GET", f"/v1/conversations/{conversation['id']}/messages"))["items"]
    assert 1 == [one["content"]["text"] for one in messages].count("Written on the train")
    assert 1 == await log(page).get_by_text("Written on the train").count()
    assert 1 == await log(page).get_by_text("Said meanwhile").count()


async def test_what_was_refused_can_be_sent_again_or_discarded(desk, visiting):
    async with visiting("ana", status="online") as page:
        _, ticket = await accepts(page, desk)
        await page.route("**/messages", lambda route: route.fulfill(status=409, json={"detail": "Not now."}))
        await page.get_by_role("textbox", name="Reply").fill("Here you are.")
        await button(page, "Send reply").click()
        await expect(log(page)).to_contain_text("Not sent. Not now.")
        await page.unroute("**/messages")
        await button(page, "Try again").click()
        await expect(log(page).get_by_text("Here you are.")).to_have_count(1)
        await until(lambda: has(desk, ticket, status="open"))
        await expect(log(page)).not_to_contain_text("Not sent.")


async def test_markup_is_text(desk, visiting):
    evil = "<img src=x onerror=\"document.title='taken'\">"
    async with visiting("ana", status="online") as page:
        details = {"subject": evil, "summary": evil, "tags": [evil], "fields": {"order": evil, "list": [evil]}}
        conversation = await desk.conversation(evil, said=evil)
        await desk.hand_off(conversation, **details)
        await button(page, "Accept").click()
        for content in (
            {"type": "file", "url": "javascript:document.title='taken'", "name": evil},
            {"type": "list", "items": [{"title": evil, "url": "javascript:alert(1)"}]},
        ):
            await desk.post(f"/v1/conversations/{conversation['id']}/messages", {"content": content})
        await expect(log(page).get_by_text(evil)).to_have_count(6)
        assert 0 == await page.locator("img").count()
        assert 0 == await page.locator("a[href^='javascript']").count()
        assert "taken" != await page.title()


async def test_an_agent_of_another_brand_sees_nothing(desk, visiting):
    async with visiting("ana", status="online") as page, visiting("uma", status="online") as other:
        _, ticket = await accepts(page, desk)
        theirs = await desk.handed_off("Zoe", brand="umbra")
        await button(other, "Accept").click()
        await expect(tickets(other)).to_contain_text("Zoe")
        await until(lambda: has(desk, theirs, assignee="uma"))
        await other.get_by_role("combobox", name="View").select_option("Queue")
        await expect(other.get_by_text("No tickets.")).to_be_visible()
        told = await other.evaluate(
            "async (ids) => Promise.all(ids.map(async (id) => (await fetch('/v1/tickets/' + id)).status))",
            [ticket["id"], theirs["id"]],
        )
        assert [404, 200] == told
        targets = other.get_by_role("combobox", name="Transfer to")
        await expect(targets).not_to_contain_text("Ana")


async def test_a_link_logs_in_once_and_a_password_every_time(desk, browser):
    page = await (await browser.new_context()).new_page()
    link = await desk.link("ana")
    await page.goto(link)
    await expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    assert f"{desk.url}/console" == page.url
    await button(page, "Password").click()
    await page.get_by_label("New password").fill("correct horse battery")
    await button(page, "Save password").click()
    await expect(page.get_by_label("New password")).to_be_hidden()
    await page.get_by_role("combobox", name="Status").select_option("away")
    await until(lambda: _away(desk))
    await page.reload()
    await expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    await button(page, "Log out").click()
    await expect(page.get_by_role("heading", name="Log in")).to_be_visible()

    await page.goto("about:blank")
    await page.goto(link)
    await expect(page.get_by_role("alert")).not_to_be_empty()
    await page.get_by_role("textbox", name="Agent").fill("ana")
    await page.get_by_label("Password").fill("wrong wrong wrong")
    await button(page, "Log in").click()
    await expect(page.get_by_role("alert")).not_to_be_empty()
    await page.get_by_label("Password").fill("correct horse battery")
    await button(page, "Log in").click()
    await expect(page.get_by_text("Connected", exact=True)).to_be_visible()


async def _away(desk):
    return "away" == (await desk.agent("ana"))["status"]


async def test_on_a_phone_a_ticket_comes_before_the_eyes(desk, visiting):
    async with visiting("ana", status="online") as page:
        await page.set_viewport_size({"width": 390, "height": 800})
        await accepts(page, desk)
        await expect(log(page)).to_be_in_viewport()
        assert 0 == await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        rows = await page.get_by_role("region", name="Open conversation").bounding_box()
        assert 390 >= rows["width"]
        await tickets(page).get_by_role("link").scroll_into_view_if_needed()
        height = await page.locator(".tickets .scroll").evaluate("(list) => list.clientHeight")
        assert 64 == height


async def test_nobody_is_shut_out(desk, visiting):
    axe = Axe()
    async with visiting("lea", status="online") as page:
        await accepts(page, desk, form=FORM, fields=FIELDS, tags=["vip"], priority="high", summary="Late since Monday")
        await desk.handed_off("Noa")
        await expect(page.get_by_role("list", name="Offers").get_by_role("listitem")).to_have_count(1)
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            found = await axe.run(page)
            assert [] == [violation["id"] for violation in found.response["violations"]], found.generate_report()
        await page.emulate_media(color_scheme="light")
        await page.get_by_role("link", name="Lead").click()
        await expect(page.get_by_role("row", name="Ben")).to_be_visible()
        found = await axe.run(page)
        assert [] == [violation["id"] for violation in found.response["violations"]], found.generate_report()
        await button(page, "Log out").click()
        await expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        found = await axe.run(page)
        assert [] == [violation["id"] for violation in found.response["violations"]], found.generate_report()
