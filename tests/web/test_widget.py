"""The widget in a browser, on a page of another site under a strict policy, with a real engine behind it."""

from __future__ import annotations

import signal
from base64 import b64decode

import pytest
from playwright.async_api import expect
from tests.web.conftest import Desk, config_for, photographed, serve, spoken, tall, token, until_true

FORM = {
    "type": "form",
    "fields": [
        {"name": "order", "label": "Order number", "type": "text"},
        {"name": "size", "label": "Size", "type": "select", "options": [{"text": "Small", "payload": "s"}, "Large"]},
        {"name": "pieces", "label": "Pieces", "type": "number", "required": False},
    ],
}
PICTURE = b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
HOSTILE = "<img src=x onerror=\"document.title='taken'\">"


async def test_somebody_without_an_account_is_remembered_over_a_reload(visit, desk, accessible):
    async with visit() as widget:
        await accessible(widget.page)
        await widget.open()
        await expect(widget.message).to_be_focused()
        await widget.say("Hello from nobody")
        await widget.shows("Hello from nobody")
        await expect(widget.log).to_contain_text("Delivered")
        await widget.page.reload()
        await widget.open()
        await widget.shows("Hello from nobody")
        await widget.say("Still me")
        await widget.shows("Still me")
        await expect(widget.log).to_contain_text("Delivered")
    said = [await desk.said(each) async for each in desk.staff.conversations.list(brand="acme")]
    assert [[("customer", "Hello from nobody"), ("customer", "Still me")]] == [
        each for each in said if ("customer", "Hello from nobody") in each
    ]


async def test_the_bot_asks_with_replies_and_with_a_form(visit, desk, accessible, somebody):
    async with visit(token=token(somebody)) as widget:
        page = widget.page
        await page.evaluate("() => handoff.setContext({ page: 'checkout' })")
        await widget.open()
        await widget.say("My parcel is lost")
        await expect(widget.log).to_contain_text("Delivered")
        conversation = await desk.conversation(somebody)
        await expect(page.get_by_text("You are talking to our assistant")).to_be_visible()

        await desk.bot.conversations.activity(conversation.id, "typing_start")
        await expect(page.get_by_text("Robo is typing…")).to_be_visible()
        replies = [{"text": "The red one", "payload": "r"}, {"text": "The blue one"}]
        await desk.bot_says(conversation, {"type": "text", "text": "Which one?", "replies": replies})
        await expect(page.get_by_text("Robo is typing…")).to_be_hidden()
        await widget.button("The red one").click()
        await expect(widget.button("The blue one")).to_have_count(0)

        await desk.bot_says(conversation, FORM)
        await widget.button("Submit").click()
        await expect(page.get_by_label("Order number")).to_be_focused()
        await page.get_by_label("Order number").fill("4711")
        await page.get_by_label("Size").select_option("Small")
        await desk.bot_says(conversation, "Take your time.")
        await widget.shows("Take your time.")
        await accessible(page)
        await photographed(page, "widget-form.png")
        await widget.button("Submit").click()
        await widget.shows("Order number: 4711\nSize: Small")
        await expect(page.get_by_label("Order number")).to_have_count(0)
        await expect(widget.log).to_contain_text("Delivered")
    said = [message async for message in desk.staff.messages.list(conversation.id)]
    assert {"page": "checkout"} == said[0].metadata["context"]
    assert ["r"] == [message.content.payload for message in said if message.text == "The red one"]
    [form] = [message for message in said if message.content.type == "form_response"]
    assert {"order": "4711", "size": "s"} == form.content.fields


async def test_people_take_over_and_the_customer_says_how_it_was(visit, desk, accessible, somebody):
    await desk.ana.agents.set_status("ana", "online")
    async with visit(token=token(somebody, name="Mia")) as widget:
        page = widget.page
        await page.evaluate(
            """() => {
              globalThis.told = [];
              for (const name of ["message", "handoff", "returned", "ended", "open"])
                handoff.on(name, () => told.push(name));
            }"""
        )
        await widget.open()
        await widget.say("A person, please")
        await expect(widget.log).to_contain_text("Delivered")
        conversation = await desk.conversation(somebody)
        await desk.bot.conversations.handoff(conversation.id, epoch=conversation.epoch, say="I am getting somebody.")
        await expect(widget.button("Leave the queue")).to_be_visible()
        await desk.ana.tickets.take((await desk.conversation(somebody)).ticket.id)
        await expect(page.get_by_text("You are talking to Ana")).to_be_visible()
        await expect(widget.button("Leave the queue")).to_have_count(0)
        await desk.ana_says(conversation, "Hello Mia, I found it.")
        await widget.shows("Hello Mia, I found it.")
        await widget.say("Thank you!")
        await expect(widget.log).to_contain_text("Delivered")
        await desk.ana.conversations.activity(conversation.id, "read")
        await expect(widget.log).to_contain_text("Read")

        await desk.ana.tickets.update((await desk.conversation(somebody)).ticket.id, status="solved")
        await widget.shows("How did we do?")
        await widget.button("Good").click()
        await expect(widget.button("Good")).to_have_attribute("aria-pressed", "true")
        await page.get_by_label("Would you like to tell us more?").fill("Quick and kind")
        await accessible(page)
        await widget.button("Submit").click()
        await expect(page.get_by_label("Would you like to tell us more?")).to_have_count(0)

        await widget.button("End chat").click()
        await widget.shows("This chat has ended.")
        await expect(widget.button("New conversation")).to_be_visible()
        assert ["open", "message", "handoff", "message", "ended", "returned"] == await page.evaluate("told")
        shown = await widget.log.inner_text()
        await page.reload()
        await widget.open()
        await expect(page.get_by_role("heading", name="Acme")).to_be_visible()
        await widget.shows("Hello Mia, I found it.")
        assert shown.split() == (await widget.log.inner_text()).split()
    ticket = (await desk.conversation(somebody)).ticket
    assert ("good", "Quick and kind") == (ticket.rating, ticket.rating_comment)


async def test_what_is_written_without_a_network_arrives_once(visit, desk, somebody):
    async with visit(token=token(somebody), complaints=["ERR_INTERNET_DISCONNECTED"]) as widget:
        await widget.open()
        await widget.say("One")
        await expect(widget.log).to_contain_text("Delivered")
        conversation = await desk.conversation(somebody)
        await widget.page.context.set_offline(True)
        await expect(widget.status).to_contain_text("You are offline.")
        await widget.say("Two")
        await widget.say("Three")
        await expect(widget.log).to_contain_text("Sending…")
        await desk.bot_says(conversation, "Meanwhile")
        await widget.page.context.set_offline(False)
        await widget.shows("Meanwhile")
        await expect(widget.log).to_contain_text("Delivered")
        for text in ("One", "Two", "Three", "Meanwhile"):
            await widget.shows(text)
        await expect(widget.status).not_to_contain_text("You are offline.")
    said = [("customer", "One"), ("bot", "Meanwhile"), ("customer", "Two"), ("customer", "Three")]
    assert said == await desk.said(conversation)


async def test_an_engine_that_is_killed_and_started_again_has_it_once(visit, site, somebody, tmp_path):
    engine = serve(tmp_path, config_for(site))
    try:
        async with visit(desk=engine.url, token=token(somebody), complaints=["net::ERR_"]) as widget:
            await widget.open()
            await widget.say("One")
            await expect(widget.log).to_contain_text("Delivered")
            engine.end(signal.SIGKILL)
            await expect(widget.status).to_contain_text("You are offline.")
            await widget.say("Two")
            await expect(widget.log).to_contain_text("Sending…")
            engine = serve(tmp_path, config_for(site), port=engine.url.rpartition(":")[2])
            await expect(widget.log).not_to_contain_text("Sending…", timeout=60_000)
            await widget.shows("One")
            await widget.shows("Two")
        async with engine.client() as staff:
            desk = Desk(staff, staff, staff)
            assert [("customer", "One"), ("customer", "Two")] == await desk.said(await desk.conversation(somebody))
    finally:
        engine.end()


async def test_what_could_not_be_sent_is_sent_after_a_reload(visit, desk, somebody, engine):
    async with visit(token=token(somebody), complaints=["net::ERR_"]) as widget:
        await widget.open()
        await widget.page.route("**/v1/conversations", lambda route: route.abort())
        await widget.say("Before the page went")
        await widget.message.fill("Half a sentence")
        await expect(widget.log).to_contain_text("Sending…")
        await widget.page.unroute("**/v1/conversations")
        await widget.page.reload()
        await widget.open()
        await expect(widget.log).to_contain_text("Delivered")
        await widget.shows("Before the page went")
        await expect(widget.message).to_have_value("Half a sentence")
    assert [("customer", "Before the page went")] == await desk.said(await desk.conversation(somebody))


async def test_what_is_written_before_the_desk_answers_stays_in_its_conversation(visit, desk, somebody):
    async with visit(token=token(somebody), complaints=["net::ERR_"]) as widget:
        await widget.open()
        await widget.say("First")
        await expect(widget.log).to_contain_text("Delivered")
        await widget.page.route("**/snapshot", lambda route: route.abort())
        await widget.page.reload()
        await widget.open()
        await widget.say("Early")
        await expect(widget.log).to_contain_text("Sending…")
        await widget.page.unroute("**/snapshot")
        await widget.shows("First")
        await expect(widget.log).to_contain_text("Delivered")
        await widget.shows("Early")
    assert [("customer", "First"), ("customer", "Early")] == await desk.said(await desk.conversation(somebody))


async def test_an_unknown_time_zone_keeps_nobody_out(visit, desk):
    async with visit({"timezone_id": "Etc/Unknown"}, complaints=["400"]) as widget:
        await widget.open()
        await widget.say("Where am I?")
        await expect(widget.log).to_contain_text("Delivered")


async def test_who_reads_along_stays_at_the_end_whatever_grows(visit, desk, somebody):
    at_end = "(log) => log.scrollHeight - log.scrollTop - log.clientHeight"
    async with visit(token=token(somebody), complaints=["415"]) as widget:
        await widget.open()
        for number in range(12):
            await widget.say(f"Number {number}")
        await expect(widget.log).to_contain_text("Delivered")
        conversation = await desk.conversation(somebody)
        stored = await desk.bot.attachments.upload(tall(), name="tall.png")
        await desk.bot_says(conversation, {"type": "image", "url": stored.url, "name": "tall.png"})
        await widget.log.get_by_role("img", name="tall.png").evaluate("(image) => image.decode()")
        await until_true(widget.page, widget.log, f"(log) => ({at_end})(log) < 2")

        evil = {"name": "evil.html", "mimeType": "text/html", "buffer": b"<html>"}
        await widget.page.locator("input[type=file]").set_input_files([evil] * 4)
        await expect(widget.button("Remove")).to_have_count(4)
        await until_true(widget.page, widget.log, f"(log) => ({at_end})(log) < 2")

        await widget.log.evaluate("(log) => { log.scrollTop = 0 }")
        await expect(widget.button("Go to the latest")).to_be_visible()
        await desk.bot_says(conversation, "Further down")
        await widget.shows("Further down")
        assert 0 == await widget.log.evaluate("(log) => log.scrollTop")


async def test_only_the_latest_question_can_be_answered_by_a_tap(visit, desk, somebody):
    async with visit(token=token(somebody)) as widget:
        await widget.open()
        await widget.say("Hello")
        await expect(widget.log).to_contain_text("Delivered")
        conversation = await desk.conversation(somebody)
        for question in ("Tea?", "Tea, perhaps?"):
            await desk.bot_says(conversation, {"type": "text", "text": question, "replies": [{"text": "Yes"}]})
        await widget.shows("Tea, perhaps?")
        await expect(widget.button("Yes")).to_have_count(1)


async def test_an_answer_that_gets_lost_makes_nothing_twice(visit, desk, somebody):
    async def swallowed(route):
        await route.fetch()
        await route.abort()

    async with visit(token=token(somebody), complaints=["net::ERR_"]) as widget:
        await widget.open()
        await widget.page.route("**/v1/conversations", swallowed, times=1)
        await widget.say("First")
        await expect(widget.log).to_contain_text("Delivered")
        await widget.page.route("**/messages", swallowed, times=1)
        await widget.say("Second")
        await widget.shows("Second")
        await expect(widget.log).not_to_contain_text("Sending…")
        await widget.shows("First")
    assert [("customer", "First"), ("customer", "Second")] == await desk.said(await desk.conversation(somebody))


async def test_what_the_desk_refuses_is_shown_and_can_be_sent_again(visit, desk, somebody):
    async def refused(route):
        await route.fulfill(status=422, json={"code": "window_closed", "detail": "Not now."})

    async with visit(token=token(somebody), complaints=["422"]) as widget:
        await widget.open()
        await widget.say("Hello")
        await expect(widget.log).to_contain_text("Delivered")
        await widget.page.route("**/messages", refused, times=1)
        await widget.say("Refused")
        await expect(widget.log).to_contain_text("This could not be delivered.")
        await widget.say("Not held up")
        await expect(widget.log).to_contain_text("Delivered")
        await widget.button("Try again").click()
        await expect(widget.button("Try again")).to_have_count(0)
        await expect(widget.log).not_to_contain_text("Sending…")
    said = [text for _, text in await desk.said(await desk.conversation(somebody))]
    assert ["Hello", "Not held up", "Refused"] == said


async def test_content_is_never_markup(visit, desk, somebody):
    async with visit(token=token(somebody)) as widget:
        await widget.open()
        await widget.say(HOSTILE)
        await expect(widget.log).to_contain_text("Delivered")
        conversation = await desk.conversation(somebody)
        await desk.bot_says(conversation, {"type": "text", "text": HOSTILE, "replies": [{"text": HOSTILE}]})
        script = "javascript:document.title='taken'"
        await desk.bot_says(conversation, {"type": "image", "url": script, "name": HOSTILE})
        item = {"title": HOSTILE, "description": HOSTILE, "url": script}
        link = {"text": "Look", "url": "data:text/html,<script>alert(1)</script>"}
        await desk.bot_says(conversation, {"type": "carousel", "items": [item | {"actions": [link]}]})
        await desk.bot_says(conversation, "See https://example.com/a?b=c. Or javascript:alert(1)")
        await expect(widget.page.get_by_role("link")).to_have_text("https://example.com/a?b=c")
        assert 0 == await widget.log.locator("img").count()
        assert "A shop" == await widget.page.title()


async def test_pictures_files_and_cards_are_shown(visit, desk, somebody, accessible, engine):
    async with visit(token=token(somebody), complaints=["404"]) as widget:
        await widget.open()
        await widget.say("Show me")
        await expect(widget.log).to_contain_text("Delivered")
        conversation = await desk.conversation(somebody)
        picture = f"{engine.url}/picture.png"  # which is not there: its text is
        await desk.bot_says(conversation, {"type": "image", "url": picture, "alt": "A red shoe"})
        await desk.bot_says(conversation, {"type": "file", "url": picture, "name": "bill.pdf", "size": 123_000})
        cards = [{"title": "Shoe", "description": "Red", "actions": [{"text": "Take it", "payload": "shoe"}]}]
        await desk.bot_says(conversation, {"type": "carousel", "items": cards})
        await desk.bot_says(conversation, {"type": "location", "latitude": 52.5, "longitude": 13.4, "name": "Shop"})
        await expect(widget.page.get_by_role("img", name="A red shoe")).to_be_visible()
        await expect(widget.page.get_by_role("link", name="bill.pdf (123 kB)")).to_be_visible()
        await expect(widget.log).to_contain_text("52.5, 13.4")
        await accessible(widget.page)
        await widget.button("Take it").click()
        await widget.shows("Take it", times=2)
    assert "Take it" == (await desk.said(conversation))[-1][1]


async def test_files_are_uploaded_and_what_is_refused_is_said(visit, desk, somebody):
    async def busy(route):
        await route.fulfill(status=503, json={"code": "unavailable"}, headers={"Access-Control-Allow-Origin": "*"})

    async with visit(token=token(somebody), complaints=["503", "415"]) as widget:
        await widget.page.route("**/v1/attachments", busy, times=1)
        await widget.open()
        field = widget.page.locator("input[type=file]")
        await field.set_input_files({"name": "shöe.gif", "mimeType": "image/gif", "buffer": PICTURE})
        await expect(widget.page.get_by_role("alert")).to_have_text("shöe.gif could not be uploaded.")
        await widget.button("Try again").click()
        picture = widget.page.get_by_role("img", name="shöe.gif")
        await expect(picture).to_be_visible()
        await expect(picture).to_have_js_property("naturalWidth", 1)
        await expect(widget.log).to_contain_text("Delivered")
        await field.set_input_files({"name": "x.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"})
        await expect(widget.page.get_by_role("alert")).to_have_text("x.exe is not a kind of file that we can take.")
        await widget.button("Remove").click()
        await expect(widget.page.get_by_role("alert")).to_have_count(0)
        await widget.page.reload()
        await widget.open()
        await expect(picture).to_have_js_property("naturalWidth", 1)
    [message] = [message async for message in desk.staff.messages.list((await desk.conversation(somebody)).id)]
    assert ("image", "shöe.gif", len(PICTURE)) == (message.content.type, message.content.name, message.content.size)


async def test_a_closed_widget_counts_what_is_unread(visit, desk, somebody):
    async with visit(token=token(somebody)) as widget:
        await widget.open()
        await widget.say("Call me")
        await expect(widget.log).to_contain_text("Delivered")
        await widget.page.keyboard.press("Escape")
        await expect(widget.button("Open chat")).to_be_focused()
        conversation = await desk.conversation(somebody)
        await desk.bot_says(conversation, "Ring ring")
        await expect(widget.button("Open chat, 1 unread")).to_be_visible()
        await widget.page.reload()
        await expect(widget.button("Open chat, 1 unread")).to_be_visible()
        await widget.open()
        await widget.shows("Ring ring")
        await widget.button("Close chat").click()
        await expect(widget.button("Open chat, 1 unread")).to_have_count(0)
        await expect(widget.button("Open chat")).to_be_visible()


async def test_who_waits_is_told_their_place_and_may_leave(visit, desk, somebody):
    await desk.ana.agents.set_status("ana", "offline")
    async with visit(token=token(somebody)) as widget:
        await widget.open()
        await widget.say("A person, please")
        await expect(widget.log).to_contain_text("Delivered")
        conversation = await desk.conversation(somebody)
        await desk.bot.conversations.handoff(conversation.id, epoch=conversation.epoch)
        await expect(widget.status).to_contain_text("in the queue.")
        await widget.page.reload()
        await widget.open()
        await expect(widget.status).to_contain_text("in the queue.")
        await widget.button("Leave the queue").click()
        await expect(widget.status).not_to_contain_text("in the queue.")
        await expect(widget.page.get_by_text("You are talking to our assistant")).to_be_visible()
    assert ["customer_left"] == list((await desk.conversation(somebody)).ticket.tags)


async def test_a_new_conversation_begins_and_the_old_one_is_found_again(visit, desk, somebody, accessible):
    async with visit(token=token(somebody)) as widget:
        await widget.open()
        await widget.say("The first one")
        await expect(widget.log).to_contain_text("Delivered")
        await widget.button("Past conversations").click()
        await accessible(widget.page)
        await widget.button("New conversation").click()
        await widget.shows("The first one", times=0)
        await widget.page.reload()
        await widget.open()
        await widget.say("The second one")
        await expect(widget.log).to_contain_text("Delivered")
        await widget.shows("The first one", times=0)
        await widget.button("Past conversations").click()
        await widget.button("Conversation since").last.click()
        await widget.shows("The first one")
        await widget.shows("The second one", times=0)


async def test_whoever_signs_in_brings_their_conversation_along(visit, desk, somebody):
    async with visit(complaints=["401"]) as widget:
        await widget.open()
        await widget.say("Before signing in")
        await expect(widget.log).to_contain_text("Delivered")
        await widget.page.evaluate("token => handoff.setUser(token)", token(somebody))
        await widget.shows("Before signing in")
        await widget.say("And after")
        await widget.shows("And after")
        await expect(widget.log).to_contain_text("Delivered")
        await widget.page.evaluate("() => handoff.setUser(null)")
        await widget.shows("Before signing in", times=0)
    conversation = await desk.conversation(somebody)
    assert [("customer", "Before signing in"), ("customer", "And after")] == await desk.said(conversation)


async def test_a_long_past_is_read_page_by_page(visit, desk, somebody):
    conversation = await desk.staff.conversations.create(customer={"external_id": somebody}, brand="acme")
    for number in range(120):
        await desk.bot_says(conversation, f"Line {number}.")
    async with visit(token=token(somebody)) as widget:
        await widget.open()
        await widget.shows("Line 119.")
        await widget.shows("Line 5.", times=0)
        await widget.button("Show earlier messages").click()
        await widget.shows("Line 5.")
        await expect(widget.button("Show earlier messages")).to_have_count(0)
        await widget.shows("Line 119.")


async def test_it_speaks_the_customers_language(visit, somebody, accessible):
    async with visit({"locale": "de-AT"}, token=token(somebody)) as widget:
        await widget.button("Chat öffnen").click()
        await expect(widget.page.get_by_role("textbox", name="Nachricht")).to_be_focused()
        await expect(widget.button("Senden")).to_be_visible()
        await accessible(widget.page)
    async with visit({"locale": "de-AT"}, token=token(somebody), language="fr") as widget:
        await expect(widget.button("Ouvrir la discussion")).to_be_visible()


async def test_it_runs_from_right_to_left_where_the_page_does(visit, somebody, accessible):
    async with visit(direction="rtl", lang="he", token=token(somebody)) as widget:
        launcher = await widget.button("Open chat").bounding_box()
        assert launcher["x"] < 200
        await widget.open()
        send = await widget.button("Send").bounding_box()
        message = await widget.message.bounding_box()
        assert send["x"] < message["x"]
        await accessible(widget.page)


@pytest.mark.parametrize("locale", ["ar-EG", "he-IL"])
async def test_arabic_and_hebrew_run_from_right_to_left_on_any_page(visit, desk, somebody, accessible, locale):
    words = spoken(locale[:2])
    async with visit({"locale": locale}, token=token(somebody)) as widget:
        page, log = widget.page, widget.page.get_by_role("log")
        message = page.get_by_role("textbox", name=words["message"])
        direction = "(element) => getComputedStyle(element).direction"
        await widget.button(words["open"]).click()
        assert "rtl" == await message.evaluate(direction)
        await message.fill(words["thanks"])
        await widget.button(words["send"]).click()
        await expect(log).to_contain_text(words["delivered"])
        await desk.bot_says(await desk.conversation(somebody), "Hello!")
        theirs, own = log.get_by_text("Hello!", exact=True), log.get_by_text(words["thanks"], exact=True)
        await expect(theirs).to_be_visible()

        panel = page.get_by_role("dialog")
        assert 100 > (await panel.bounding_box())["x"]
        title = page.get_by_role("heading", name="Acme")
        order = [own, theirs, widget.button(words["close"]), title, widget.button(words["send"]), message]
        at = [await middle(each) for each in order]
        assert at[0] < await middle(log) < at[1]
        assert at[2] < at[3]
        assert at[4] < at[5]
        assert ["rtl", "rtl", "ltr", "rtl"] == [await each.evaluate(direction) for each in (panel, log, theirs, own)]
        await accessible(page)
        await photographed(page, f"widget-{locale}.png")


async def middle(element):
    """How far from the left it is."""
    box = await element.bounding_box()
    return box["x"] + box["width"] / 2


async def test_it_fills_a_phone(visit, somebody, accessible):
    phone = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
    async with visit(phone, token=token(somebody)) as widget:
        await widget.open()
        panel = await widget.page.get_by_role("dialog").bounding_box()
        assert {"x": 0, "y": 0, "width": 360, "height": 640} == panel
        await widget.say("From a phone")
        await expect(widget.log).to_contain_text("Delivered")
        await accessible(widget.page)


async def test_it_is_dark_where_all_else_is(visit, somebody, accessible):
    async with visit({"color_scheme": "dark"}, token=token(somebody)) as widget:
        await widget.open()
        await widget.say("Good night")
        await expect(widget.log).to_contain_text("Delivered")
        await accessible(widget.page)


async def test_it_is_used_without_a_mouse(visit, somebody):
    async with visit(token=token(somebody)) as widget:
        keys = widget.page.keyboard
        await widget.button("Open chat").focus()
        await keys.press("Enter")
        await expect(widget.message).to_be_focused()
        await keys.type("Typed")
        await keys.press("Shift+Enter")
        await keys.type("in two lines")
        await keys.press("Enter")
        await widget.shows("Typed\nin two lines")
        await expect(widget.message).to_have_value("")


async def test_who_comes_while_nobody_is_there_is_told_so(visit, somebody):
    async with visit({"locale": "de"}, brand="asleep", token=token(somebody)) as widget:
        await widget.button("Chat öffnen").click()
        await expect(widget.status).to_contain_text("Wir schlafen. Wir sind wieder da: Montag")
        await expect(widget.page.get_by_role("textbox", name="Nachricht")).to_be_visible()
    async with visit(brand="off", token=token(somebody)) as widget:
        await widget.open()
        await expect(widget.status).to_contain_text("The chat is not available at the moment.")
        await expect(widget.message).to_have_count(0)


async def test_two_tabs_show_the_same(visit, desk, somebody):
    async with visit(token=token(somebody)) as one:
        await one.open()
        await one.say("In one tab")
        await expect(one.log).to_contain_text("Delivered")
        other = type(one)(await one.page.context.new_page())
        await other.page.goto(one.page.url)
        await other.open()
        await other.shows("In one tab")
        await other.say("In the other")
        await one.shows("In the other")
        await expect(other.log).to_contain_text("Delivered")
    said = [("customer", "In one tab"), ("customer", "In the other")]
    assert said == await desk.said(await desk.conversation(somebody))


async def test_a_page_that_nobody_looks_at_lets_go_and_catches_up(visit, desk, somebody):
    async with visit(token=token(somebody), clock=True) as widget:
        await widget.open()
        await widget.say("Later")
        await expect(widget.log).to_contain_text("Delivered")
        await widget.button("Close chat").click()
        looked_at = """hidden => {
          Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
        async with widget.page.expect_event("requestfailed", lambda request: "/v1/stream" in request.url):
            await widget.page.evaluate(looked_at, arg=True)
            await widget.page.clock.fast_forward(61_000)
        conversation = await desk.conversation(somebody)
        await desk.bot_says(conversation, "While you were away")
        await widget.page.evaluate(looked_at, arg=False)
        await expect(widget.button("Open chat, 1 unread")).to_be_visible()
        await widget.open()
        await widget.shows("While you were away")


async def test_somebody_the_desk_does_not_know_any_more_begins_anew(visit):
    async with visit(complaints=["401", "404"]) as widget:
        await widget.open()
        await widget.say("Once upon a time")
        await expect(widget.log).to_contain_text("Delivered")
        await widget.page.evaluate(
            """() => {
              for (const name of Object.keys(localStorage))
                if (name.endsWith(":token")) localStorage.setItem(name, '"gone"');
            }"""
        )
        await widget.page.reload()
        await widget.open()
        await widget.say("Hello again")
        await expect(widget.log).to_contain_text("Delivered")
        await widget.shows("Once upon a time", times=0)


async def test_a_token_that_is_over_is_asked_for_again(visit, desk, somebody):
    async with visit(complaints=["401"]) as widget:
        tokens = [token(somebody, exp=1), token(somebody)]
        await widget.page.evaluate("tokens => handoff.setUser(() => tokens.shift())", tokens)
        await widget.open()
        await widget.say("It is me")
        await expect(widget.log).to_contain_text("Delivered")
    assert [("customer", "It is me")] == await desk.said(await desk.conversation(somebody))


async def test_a_file_is_uploaded_with_a_token_asked_for_again(visit, desk, somebody):
    async with visit(complaints=["401"]) as widget:
        tokens = [token(somebody, exp=1), token(somebody)]
        await widget.page.evaluate("tokens => { handoff.setUser(() => tokens.shift()).catch(() => {}) }", tokens)
        await widget.open()
        bill = {"name": "bill.txt", "mimeType": "text/plain", "buffer": b"12 EUR"}
        await widget.page.locator("input[type=file]").set_input_files([bill])
        await expect(widget.log.get_by_role("link", name="bill.txt")).to_be_visible()
        await expect(widget.log).to_contain_text("Delivered")
    assert [("customer", None)] == await desk.said(await desk.conversation(somebody))
