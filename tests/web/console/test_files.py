"""Files that agents and customers send each other, in a browser at each end."""

from __future__ import annotations

from base64 import b64decode

from playwright.async_api import expect
from tests.web.conftest import tall, until_true

from .conftest import until
from .test_console import accepts, button, log, tickets

PICTURE = b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
LABEL = {"name": "label.gif", "mimeType": "image/gif", "buffer": PICTURE}
BILL = {"name": "bill.txt", "mimeType": "text/plain", "buffer": b"12 EUR"}


def uploads(page):
    return page.get_by_role("list", name="Uploads")


async def attach(page, *files):
    async with page.expect_file_chooser() as chosen:
        await button(page, "Attach files").click()
    await (await chosen.value).set_files(files)


async def sent(page, name):
    await expect(log(page).get_by_role("link", name=name)).to_be_visible()
    await expect(log(page).get_by_text("Sending…")).to_have_count(0)


async def said(desk, conversation):
    """What people attached: who, as what, by which name, for whom."""
    found = (await desk.call("GET", f"/v1/conversations/{conversation['id']}/messages"))["items"]
    contents = [(one, one["content"]) for one in found if "name" in one["content"]]
    return [(one["author"]["type"], content["type"], content["name"], one["visibility"]) for one, content in contents]


async def test_files_go_along_with_a_reply_and_open_on_both_sides(desk, visiting):
    async with visiting("ana", status="online") as page, desk.customer() as customer:
        at = f"{desk.url}/v1/conversations"
        message = {"content": {"type": "text", "text": "My label is gone."}}
        async with desk.http.post(at, json={"brand": "acme", "message": message}, headers=customer) as answer:
            conversation = await answer.json()
        await desk.hand_off(conversation)
        await button(page, "Accept").click()
        await page.get_by_role("textbox", name="Reply").fill("Here it is.")
        await page.keyboard.press("Enter")
        await attach(page, LABEL, BILL)

        for name, body in (("label.gif", PICTURE), ("bill.txt", b"12 EUR")):
            link = log(page).get_by_role("link", name=name)
            await expect(link).to_have_count(1)
            opened = await page.request.get(desk.url + await link.get_attribute("href"))
            assert body == await opened.body()
        await expect(uploads(page)).to_be_hidden()
        await expect(log(page).get_by_text("Sending…")).to_have_count(0)
        assert 1 == await log(page).locator("img").evaluate("(image) => image.decode().then(() => image.naturalWidth)")

        async with desk.http.get(f"{at}/{conversation['id']}/messages", headers=customer) as answer:
            shown = {one["content"]["name"]: one for one in (await answer.json())["items"] if "name" in one["content"]}
        assert {"label.gif": "image", "bill.txt": "file"} == {n: one["content"]["type"] for n, one in shown.items()}
        async with desk.http.get(desk.url + shown["label.gif"]["content"]["url"]) as answer:
            assert PICTURE == await answer.read()


async def test_a_customers_picture_is_shown_in_the_conversation(desk, visiting):
    async with visiting("ana", status="online") as page, desk.customer() as customer:
        at = f"{desk.url}/v1/conversations"
        async with desk.http.post(at, json={"brand": "acme"}, headers=customer) as answer:
            conversation = await answer.json()
        named = {"Content-Type": "image/gif", "Content-Disposition": 'attachment; filename="broken.gif"'}
        async with desk.http.post(f"{desk.url}/v1/attachments", data=PICTURE, headers=customer | named) as answer:
            stored = await answer.json()
        content = {"type": "image", "url": stored["url"]}
        async with desk.http.post(
            f"{at}/{conversation['id']}/messages", json={"content": content}, headers=customer
        ) as answer:
            assert 201 == answer.status
        await desk.hand_off(conversation)
        await button(page, "Accept").click()
        await expect(log(page).get_by_role("link", name="broken.gif")).to_be_visible()
        assert 1 == await log(page).locator("img").evaluate("(image) => image.decode().then(() => image.naturalWidth)")


async def test_who_reads_along_stays_at_the_end_whatever_grows(desk, visiting):
    at_end = "(log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2"
    async with visiting("ana", status="online") as page:
        conversation, _ = await accepts(page, desk)
        for number in range(12):
            await desk.says(conversation, f"Number {number}")
        await expect(log(page)).to_contain_text("Number 11")
        await attach(page, {"name": "tall.png", "mimeType": "image/png", "buffer": tall()})
        await log(page).locator("img").evaluate("(image) => image.decode()")
        await until_true(page, log(page), at_end)
        await attach(page, *[{"name": "evil.html", "mimeType": "text/html", "buffer": b"<html>"}] * 3)
        await expect(button(uploads(page), "Discard")).to_have_count(3)
        await until_true(page, log(page), at_end)

        await log(page).evaluate("(log) => { log.scrollTop = 0 }")
        await desk.says(conversation, "Further down")
        await expect(log(page)).to_contain_text("Further down")
        assert 0 == await log(page).evaluate("(log) => log.scrollTop")


async def test_a_file_with_a_note_is_for_colleagues(desk, visiting):
    async with visiting("ana", status="online") as page:
        conversation, _ = await accepts(page, desk)
        await button(page, "Internal note").click()
        await attach(page, BILL)
        await sent(page, "bill.txt")
        assert [("agent", "file", "bill.txt", "internal")] == await said(desk, conversation)


async def test_what_is_no_file_to_take_is_refused_with_its_reason(desk, visiting):
    async with visiting("ana", status="online") as page:
        conversation, _ = await accepts(page, desk)
        await attach(page, {"name": "evil.html", "mimeType": "text/html", "buffer": b"<html>"})
        await expect(uploads(page).get_by_role("alert")).to_contain_text("evil.html was not uploaded. Attachments of")
        await expect(button(uploads(page), "Try again")).to_have_count(0)
        await button(uploads(page), "Discard").click()
        await expect(uploads(page)).to_be_hidden()
        assert [] == await said(desk, conversation)


async def test_an_upload_is_seen_and_stopped_and_tried_again(desk, visiting):
    async with visiting("ana", status="online") as page:
        conversation, _ = await accepts(page, desk)
        await page.route("**/v1/attachments", lambda route: None)
        await attach(page, BILL)
        await expect(uploads(page).get_by_role("progressbar", name="Uploading bill.txt")).to_be_visible()
        await button(uploads(page), "Cancel").click()
        await expect(uploads(page)).to_be_hidden()

        await page.unroute("**/v1/attachments")
        await page.route("**/v1/attachments", lambda route: route.fulfill(status=503, json={"detail": "Too many."}))
        await attach(page, BILL)
        await expect(uploads(page).get_by_role("alert")).to_have_text("bill.txt was not uploaded. Too many.")
        await page.unroute("**/v1/attachments")
        await button(uploads(page), "Try again").click()
        await sent(page, "bill.txt")
        assert [("agent", "file", "bill.txt", "public")] == await said(desk, conversation)


async def test_a_file_is_held_where_the_conversation_has_moved_on_meanwhile(desk, visiting):
    async with visiting("ana", status="online") as page:
        conversation, ticket = await accepts(page, desk)
        going = []
        await page.route("**/v1/attachments", lambda route: going.append(route))  # noqa: PLW0108 - Playwright marks it
        await attach(page, BILL)
        await until(lambda: _any(going))
        await desk.post(f"/v1/tickets/{ticket['id']}/hand_back", {}, agent="ana")
        await expect(page.get_by_text("Your reply takes the conversation over.")).to_be_visible()
        await going[0].continue_()

        held = log(page).get_by_role("listitem").filter(has_text="The conversation has moved on")
        await expect(held).to_contain_text("bill.txt")
        assert [] == await said(desk, conversation)
        await button(held, "Discard").click()
        await expect(held).to_have_count(0)


async def test_a_file_goes_where_it_was_chosen_though_the_agent_looks_elsewhere(desk, visiting):
    async with visiting("ana", status="online") as page:
        conversation, _ = await accepts(page, desk)
        going = []
        await page.route("**/v1/attachments", lambda route: going.append(route))  # noqa: PLW0108 - as above
        await attach(page, BILL)
        await until(lambda: _any(going))
        other, _ = await accepts(page, desk, "Noa")
        await expect(uploads(page)).to_be_hidden()
        await going[0].continue_()

        await until(lambda: _has_file(desk, conversation))
        assert [] == await said(desk, other)
        await tickets(page).get_by_role("link", name="Mia").click()
        await sent(page, "bill.txt")
        await expect(uploads(page)).to_be_hidden()


async def _has_file(desk, conversation):
    return [("agent", "file", "bill.txt", "public")] == await said(desk, conversation)


async def _any(found):
    return bool(found)


async def test_files_that_are_dropped_or_pasted_are_sent(desk, visiting):
    async with visiting("ana", status="online") as page:
        conversation, _ = await accepts(page, desk)
        for kind, role in (("drop", "log"), ("paste", "textbox")):
            await page.get_by_role(role, name="Conversation" if role == "log" else "Reply").evaluate(
                """(target, kind) => {
                  const files = new DataTransfer();
                  files.items.add(new File(["1"], `${kind}.txt`, { type: "text/plain" }));
                  const about = { bubbles: true, cancelable: true, dataTransfer: files, clipboardData: files };
                  target.dispatchEvent(kind === "drop" ? new DragEvent(kind, about) : new ClipboardEvent(kind, about));
                }""",
                kind,
            )
            await sent(page, f"{kind}.txt")
        assert [("agent", "file", f"{kind}.txt", "public") for kind in ("drop", "paste")] == await said(
            desk, conversation
        )


async def test_an_agent_of_another_brand_opens_no_file(desk, visiting):
    async with visiting("ana", status="online") as page, visiting("uma") as other:
        await accepts(page, desk)
        await attach(page, BILL)
        link = log(page).get_by_role("link", name="bill.txt")
        await expect(link).to_be_visible()
        bare = (await link.get_attribute("href")).partition("?")[0]
        asked = "async (path) => (await fetch(path)).status"
        assert [200, 404] == [await page.evaluate(asked, bare), await other.evaluate(asked, bare)]
