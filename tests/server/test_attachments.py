"""Attachments: which are taken, who opens them, and what becomes of those that nobody sends."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from handoff_sdk.server import SERVICE

from .conftest import CONFIG

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
KINDS = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0rest",
    "image/gif": b"GIF89arest",
    "image/webp": b"RIFF\x10\x00\x00\x00WEBPrest",
    "application/pdf": b"%PDF-1.7 rest",
    "application/zip": b"PK\x03\x04rest",
    "audio/mpeg": b"ID3rest",
    "video/mp4": b"\x00\x00\x00\x18ftypmp42",
    "text/plain": "größer\n".encode(),
    "text/csv": b"a,b\n1,2\n",
}


@pytest.fixture
def config():
    agents = {"lea": {"name": "Lea", "groups": ["support"], "brands": ["acme"], "role": "lead"}}
    return CONFIG | {"agents": CONFIG["agents"] | agents}


@pytest.fixture
def upload(api):
    async def send(body=PNG, media="image/png", name="filename*=UTF-8''t%C3%B6pfe.png", **more):
        headers = {"Content-Type": media, "Content-Disposition": f"attachment; {name}"}
        return await api.post("/v1/attachments", raw=body, headers=headers, **more)

    return send


async def test_a_file_is_taken_and_its_link_opens_it(api, upload):
    answer = await upload(by=api.token())

    assert 201 == answer.status
    told = answer.json
    assert ("töpfe.png", "image/png", len(PNG)) == (told["name"], told["type"], told["size"])
    opened = await api.get(told["url"], by=None)
    assert (200, PNG) == (opened.status, opened.body)
    assert "image/png" == opened.headers["Content-Type"]
    assert "inline; filename*=UTF-8''t%C3%B6pfe.png" == opened.headers["Content-Disposition"]
    assert "default-src 'none'; sandbox" == opened.headers["Content-Security-Policy"]


def in_a_form(*parts):
    """A body as browsers send it, and its type: parts of a name, a file's name, a type and bytes."""
    lines = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"{file}\r\n{media}\r\n'.encode() + body + b"\r\n"
        for name, file, media, body in parts
    ]
    return b"".join([*lines, b"--edge--\r\n"]), {"Content-Type": "multipart/form-data; boundary=edge"}


IN_A_FORM = ("file", '; filename="töpfe.png"', "Content-Type: image/png\r\n", PNG)


async def test_the_file_of_a_form_is_taken_as_the_body_is(api):
    body, headers = in_a_form(("title", "", "", b"My pots"), IN_A_FORM)
    again = {**headers, "Idempotency-Key": "pots"}

    told = (await api.post("/v1/attachments", raw=body, headers=again, by=api.token())).json

    assert ("töpfe.png", "image/png", len(PNG)) == (told["name"], told["type"], told["size"])
    assert PNG == (await api.get(told["url"], by=None)).body
    assert told["id"] == (await api.post("/v1/attachments", raw=body, headers=again, by=api.token())).json["id"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (in_a_form(("title", "", "", b"My pots"))[0], 400, "invalid_request"),
        (in_a_form()[0], 400, "invalid_request"),
        (b"", 400, "invalid_request"),
        (b"no form", 400, "invalid_request"),
        (in_a_form(IN_A_FORM)[0][:-4000], 400, "invalid_request"),
        (in_a_form((*IN_A_FORM[:2], "", PNG))[0], 415, "unsupported_media"),
        (in_a_form((*IN_A_FORM[:3], b"<svg/>"))[0], 415, "unsupported_media"),
        (in_a_form((*IN_A_FORM[:3], b""))[0], 400, "invalid_request"),
        (in_a_form((*IN_A_FORM[:3], PNG + b"0" * 25_000_000))[0], 413, "too_large"),
    ],
    ids=["no file", "nothing", "empty", "no form", "cut off", "no type", "another type", "empty file", "too large"],
)
async def test_a_form_without_a_good_file_is_refused(api, body, status, code):
    answer = await api.post("/v1/attachments", raw=io.BytesIO(body), headers=in_a_form()[1])
    assert (status, code) == (answer.status, answer.code)


@pytest.mark.parametrize("media", KINDS)
async def test_files_are_taken_as_what_they_are(api, upload, media):
    answer = await upload(KINDS[media], media)

    assert 201 == answer.status
    opened = await api.get(answer.json["url"], by=None)
    shown = opened.headers["Content-Disposition"].partition(";")[0]
    assert (KINDS[media], "inline" if media.startswith("image/") else "attachment") == (opened.body, shown)


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"<html>", "text/html"),
        (b"MZ\x00", "application/octet-stream"),
        (b"<svg/>", "image/png"),
        (PNG, "image/jpeg"),
        (b"a\x00b", "text/plain"),
        (PNG, ""),
    ],
)
async def test_what_is_not_taken(api, upload, body, media):
    answer = await upload(body, media)

    assert (415, "unsupported_media") == (answer.status, answer.code)


@pytest.mark.parametrize("name", ["", 'filename=""', 'filename="../"'])
async def test_a_file_has_a_name(upload, name):
    assert "invalid_request" == (await upload(name=name)).code


async def test_a_name_is_no_path(upload):
    assert "passwd.png" == (await upload(name='filename="../../etc/passwd.png"')).json["name"]


async def test_an_empty_file_is_none(upload):
    assert "invalid_request" == (await upload(b"")).code


async def test_a_file_that_is_too_large_is_not_kept(api, upload, tmp_path):
    async def chunks():
        yield PNG
        for _ in range(100):
            yield bytes(256 * 1024)

    for body in (io.BytesIO(bytes(25_000_001)), chunks()):
        answer = await upload(body)
        assert (413, "too_large") == (answer.status, answer.code)
    assert [] == [*(tmp_path / "files").glob("*")]


async def test_a_link_is_private_and_over_after_a_day(api, upload):
    url = (await upload(by=api.token())).json["url"]
    bare, _, signed = url.partition("?")
    expires, _, signature = signed.partition("&signature=")
    other = (await upload(by=api.token())).json["url"]

    for wrong in (
        bare,
        f"{bare}?{expires}",
        f"{bare}?{expires}&signature=x",
        f"{bare}?{expires}0&signature={signature}",
        f"{bare}?{other.partition('?')[2]}",
    ):
        assert 404 == (await api.get(wrong, by=None)).status
    assert 404 == (await api.get(bare, by=api.token("7"))).status
    assert 200 == (await api.get(bare, by=api.token())).status
    api.clock.advance_to(api.clock.now() + timedelta(hours=25))
    assert 404 == (await api.get(url, by=None)).status


async def test_whoever_sees_the_message_sees_the_file(api, upload):
    conversation = await api.conversation()
    told = (await upload(by=api.token())).json
    content = {"type": "image", "url": told["url"], "name": "forged.exe"}
    sent = await api.done(
        "POST", f"/v1/conversations/{conversation['id']}/messages", {"content": content}, by=api.token()
    )

    bare = f"/v1/attachments/{told['id']}"
    assert (bare, "töpfe.png", len(PNG)) == tuple(sent["content"][name] for name in ("url", "name", "size"))
    at = f"/v1/conversations/{conversation['id']}"
    for by in ({"by": api.token()}, {"agent": "ana"}, {"by": "bot"}):
        [message] = (await api.done("GET", f"{at}/messages", **by))["items"]
        snapshot = (await api.done("GET", f"{at}/snapshot", **by))["messages"][-1]
        feed = (await api.done("GET", f"/v1/events?conversation={conversation['id']}&after=0", **by))["items"]
        [event] = [event for event in feed if event["type"] == "message.created"]
        for url in (each["content"]["url"] for each in (message, snapshot, event["data"]["message"])):
            assert PNG == (await api.get(url, by=None)).body
        assert 200 == (await api.get(bare, **by)).status
    for by in ({"agent": "ben"}, {"by": api.token("7")}):
        assert 404 == (await api.get(bare, **by)).status


async def test_nobody_sends_what_is_not_theirs(api, upload):
    mine, theirs = await api.conversation(), await api.conversation("7")
    told = (await upload(by=api.token("7"))).json
    content = {"content": {"type": "file", "url": f"/v1/attachments/{told['id']}"}}
    for by in ({"by": api.token()}, {"by": "bot"}, {"agent": "ana"}):
        body = content | ({"epoch": 1} if by.get("by") == "bot" else {})
        assert "invalid_request" == (await api.post(f"/v1/conversations/{mine['id']}/messages", body, **by)).code
    assert 201 == (await api.post(f"/v1/conversations/{theirs['id']}/messages", content, by=api.token("7"))).status
    assert (
        "invalid_request"
        == (await api.post("/v1/conversations", {"brand": "acme", "message": content}, by=api.token("7"))).code
    )


async def test_an_agents_file_is_for_whom_it_is_sent_to(api, upload):
    """What one agent uploads no other one sees before it is sent; afterwards all do who see the conversation."""
    conversation, other = await api.conversation(), await api.conversation("7")
    told = (await upload(agent="ana")).json
    bare, content = f"/v1/attachments/{told['id']}", {"content": {"type": "image", "url": told["url"]}}
    post = f"/v1/conversations/{conversation['id']}/messages"

    assert 200 == (await api.get(bare, agent="ana")).status
    for stranger in ({"agent": "ben"}, {"agent": "lea"}, {"by": api.token()}):
        assert 404 == (await api.get(bare, **stranger)).status
    for stranger in ({"agent": "lea"}, {"by": api.token()}):
        assert "invalid_request" == (await api.post(post, content, **stranger)).code
    assert 404 == (await api.post(post, content, agent="ben")).status

    sent = await api.done("POST", post, content, agent="ana")

    assert ("agent", bare) == (sent["author"]["type"], sent["content"]["url"])
    [shown] = (await api.done("GET", f"{post}", by=api.token()))["items"]
    assert PNG == (await api.get(shown["content"]["url"], by=None)).body
    for reader in ({"by": api.token()}, {"agent": "lea"}):
        assert 200 == (await api.get(bare, **reader)).status
    for stranger in ({"agent": "ben"}, {"by": api.token("7")}):
        assert 404 == (await api.get(bare, **stranger)).status
    elsewhere = await api.post(f"/v1/conversations/{other['id']}/messages", content, agent="ana")
    assert "invalid_request" == elsewhere.code


async def test_what_nobody_sends_is_swept_after_a_day(api, upload, tmp_path):
    sent, unsent = (await upload(by=api.token())).json, (await upload(by=api.token())).json
    conversation = await api.conversation()
    content = {"type": "image", "url": sent["url"]}
    await api.done("POST", f"/v1/conversations/{conversation['id']}/messages", {"content": content}, by=api.token())
    api.clock.advance_to(api.clock.now() + timedelta(hours=24, seconds=1))

    assert [unsent["id"]] == [
        each.id for each in await api.desk.store.unsent_attachments(api.clock.now() - timedelta(hours=24))
    ]
    await api.client.app[SERVICE].attachments.sweep_once()

    assert [sent["id"]] == [path.name for path in (tmp_path / "files").iterdir()]
    assert 404 == (await api.get(f"/v1/attachments/{unsent['id']}", by=api.token())).status
