"""``GET /v1/customers/{id}/export``: all that is kept of a customer, and nothing of others."""

from __future__ import annotations

import pytest

from handoff_sdk.models.config import merged
from handoff_sdk.models.export import CustomerExport

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


@pytest.fixture
def config(config):
    return merged(config, {"brands": {"acme": {"survey": True}}})


async def test_it_holds_all_of_a_customer_and_nothing_of_others(api):
    token = api.token("42", name="Mia")
    first, second = await api.conversation(), await api.conversation()
    await api.say(await api.conversation("7"), "Somebody else's")
    await api.say(first, "Hello")
    ticket = (await api.hand_off(first, tags=["vip"]))["ticket"]
    await api.done("POST", f"/v1/tickets/{ticket['id']}/take", agent="ana")
    await api.say(first, "Hi, Ana here", agent="ana")
    await api.say(first, "A note", agent="ana", body={"visibility": "internal"})
    await api.done("PATCH", f"/v1/tickets/{ticket['id']}", {"status": "solved"}, agent="ana")
    await api.done("POST", f"/v1/conversations/{first['id']}/survey", {"rating": "good", "comment": "Kind"}, by=token)
    headers = {"Content-Type": "image/png", "Content-Disposition": 'attachment; filename="a.png"'}
    uploaded = (await api.post("/v1/attachments", raw=PNG, headers=headers, by=token)).json
    image = {"content": {"type": "image", "url": uploaded["url"]}}
    await api.done("POST", f"/v1/conversations/{second['id']}/messages", image, by=token)

    told = await api.done("GET", f"/v1/customers/{first['customer_id']}/export")

    export = CustomerExport.model_validate(told)
    assert ("42", "Mia") == (export.customer.external_id, export.customer.name)
    assert [first["id"], second["id"]] == [each.conversation.id for each in export.conversations]
    history = [await api.done("GET", f"/v1/conversations/{one['id']}/messages?limit=100") for one in (first, second)]
    assert [page["items"] for page in history] == [each["messages"] for each in told["conversations"]]
    assert {"Hello", "A note"} < {message.text for message in export.conversations[0].messages}
    assert [[ticket["id"]], []] == [[one.id for one in each.tickets] for each in export.conversations]
    assert [(ticket["id"], "good", "Kind")] == [(one.ticket_id, one.rating, one.comment) for one in export.ratings]
    [attachment] = export.attachments
    assert PNG == (await api.get(attachment.url, by=None)).body
    assert "Somebody else's" not in str(told)


async def test_it_is_whole_however_much_there_is(api, monkeypatch):
    monkeypatch.setattr("handoff_sdk.desk.exporting._PAGE", 2)
    conversations = [await api.conversation() for _ in range(3)]
    for number in range(5):
        await api.say(conversations[1], f"{number}")

    told = await api.done("GET", f"/v1/customers/{conversations[0]['customer_id']}/export")

    assert [one["id"] for one in conversations] == [each["conversation"]["id"] for each in told["conversations"]]
    said = [message["content"]["text"] for message in told["conversations"][1]["messages"]]
    assert ["0", "1", "2", "3", "4"] == said


async def test_it_is_for_the_business_alone_and_written_down(api, caplog):
    caplog.set_level("INFO", "handoff_sdk.audit")
    customer = (await api.conversation())["customer_id"]
    path = f"/v1/customers/{customer}/export"

    for by in ({"by": api.token()}, {"by": "bot"}, {"agent": "ana"}):
        assert "forbidden" == (await api.get(path, **by)).code
    assert 200 == (await api.get(path, by="admin")).status
    [line] = [record.getMessage() for record in caplog.records if record.name == "handoff_sdk.audit"]
    assert f" exported customer {customer} " in line


async def test_nobody_is_not_exported(api):
    assert "not_found" == (await api.get("/v1/customers/cus_none/export")).code
