"""``DELETE /v1/customers/{id}``: nothing of a customer is kept, and what was counted stays."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

SECRET = "s3cr3t"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def kept(path):
    """Every row of every table, as text."""
    with closing(sqlite3.connect(path)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in database.execute(f"SELECT * FROM {table}"):  # noqa: S608 - the names are the schema's
                yield " ".join(map(as_text, row))


def as_text(cell):
    return cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell)


@pytest.fixture
async def mia(api):
    """A customer with something of everything; Tom is another."""
    tom = await api.conversation("tom")
    await api.say(tom, "Hello from Tom")
    profile = {"external_id": "mia", "name": f"{SECRET} name", "email": f"{SECRET}@example.com", "plan": SECRET}
    conversation = await api.conversation("mia", customer=profile, metadata={"page": SECRET})
    await api.say(conversation, f"{SECRET} text", key="once")
    ticket = (await api.hand_off(conversation, subject=SECRET, summary=SECRET, tags=[SECRET], fields={"card": SECRET}))[
        "ticket"
    ]
    await api.done("POST", f"/v1/tickets/{ticket['id']}/take", agent="ana")
    await api.say(conversation, f"{SECRET} note", agent="ana", body={"visibility": "internal"})
    headers = {"Content-Type": "image/png", "Content-Disposition": f'attachment; filename="{SECRET}.png"'}
    uploaded = (await api.post("/v1/attachments", raw=PNG, headers=headers, by=api.token("mia"))).json
    image = {"content": {"type": "image", "url": uploaded["url"]}}
    await api.done("POST", f"/v1/conversations/{conversation['id']}/messages", image, by=api.token("mia"))
    await api.conversation("mia")
    return conversation


async def erase(api, conversation, **by):
    return await api.call("DELETE", f"/v1/customers/{conversation['customer_id']}", **by)


async def test_nothing_of_them_is_kept_anywhere(api, mia, tmp_path):
    await api.done("GET", "/v1/reports/summary")
    assert [row for row in kept(tmp_path / "desk.db") if SECRET in row]

    assert 200 == (await erase(api, mia)).status

    gone = (SECRET, mia["id"], mia["customer_id"])
    rows = [row for row in kept(tmp_path / "desk.db") if any(text in row for text in (SECRET, mia["customer_id"]))]
    assert [] == rows
    assert [] == [*(tmp_path / "files").iterdir()]
    feed = (await api.done("GET", "/v1/events?after=0&limit=500"))["items"]
    assert [] == [event for event in feed if any(text in str(event) for text in gone)]


async def test_it_is_as_if_they_had_never_been_there(api, mia):
    await erase(api, mia)

    for path in (f"/v1/customers/{mia['customer_id']}", f"/v1/conversations/{mia['id']}"):
        assert "not_found" == (await api.get(path)).code
    assert [] == (await api.done("GET", "/v1/tickets"))["items"]
    assert [] == (await api.done("GET", "/v1/conversations?customer=mia"))["items"]
    assert "not_found" == (await erase(api, mia)).code
    new = await api.conversation("mia")
    assert mia["customer_id"] != new["customer_id"]
    assert "Hi" == (await api.say(new, "Hi"))["content"]["text"]


async def test_others_keep_all_of_theirs(api, mia):
    [theirs] = (await api.done("GET", "/v1/conversations?customer=tom"))["items"]
    before = await api.done("GET", f"/v1/conversations/{theirs['id']}/snapshot")
    await erase(api, mia)

    after = await api.done("GET", f"/v1/conversations/{theirs['id']}/snapshot")
    assert before | {"cursor": after["cursor"]} == after


async def test_figures_stay(api, mia):
    before = await api.done("GET", "/v1/reports/summary")
    await erase(api, mia)
    after = await api.done("GET", "/v1/reports/summary")

    counted = ("conversations", "tickets_created", "offers", "handed_off", "first_reply_time")
    assert {name: before[name] for name in counted} == {name: after[name] for name in counted}
    assert 1 == after["tickets_created"]
    assert (0, 1) == (before["tickets_closed"], after["tickets_closed"])


async def test_whoever_worked_for_them_is_free_again(api, mia):
    assert 1 == (await api.done("GET", "/v1/agents/ana/workload", agent="ana"))["used"]["messaging"]
    await erase(api, mia)
    await api.desk.rest()

    assert 0 == (await api.done("GET", "/v1/agents/ana/workload", agent="ana"))["used"]["messaging"]
    assert None is await api.desk.next_due()


async def test_the_business_alone_erases_and_it_is_written_down(api, mia, caplog):
    caplog.set_level("INFO", "handoff_sdk.audit")
    for by in ({"by": api.token("mia")}, {"by": "bot"}, {"agent": "ana"}):
        assert "forbidden" == (await erase(api, mia, **by)).code
    caplog.clear()
    assert 200 == (await erase(api, mia, by="admin")).status
    [line] = [record.getMessage() for record in caplog.records if record.name == "handoff_sdk.audit"]
    assert f" erased customer {mia['customer_id']} " in line
