"""Follow-ups and proactive messages over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handoff_sdk.models.config import merged

from .conftest import CONFIG

LADDER = {"steps": [{"after": "5m", "say": {"en": "Still there?", "de": "Noch da?"}, "set": {"status": "pending"}}]}


@pytest.fixture
def config():
    own = {"brands": {"acme": {"followups": "nudge"}}, "followups": {"nudge": LADDER | {"max_per_day": 1}}}
    return merged(CONFIG, own)


async def passes(api, **duration):
    api.clock.advance_to(api.clock.now() + timedelta(**duration))
    await api.desk.rest()


async def owned(api, external_id="42", **more):
    conversation = await api.conversation(external_id, **more)
    await api.say(conversation, "Hello")
    await api.hand_off(conversation)
    await api.say(conversation, "Which order?", agent="ana")
    return conversation


async def listed(api, conversation):
    return (await api.done("GET", f"/v1/conversations/{conversation['id']}/followups"))["items"]


async def said(api, conversation):
    messages = await api.done("GET", f"/v1/conversations/{conversation['id']}/messages")
    return [(one["via"], one["content"]["text"]) for one in messages["items"] if one["via"]]


async def test_the_brands_ladder_speaks_after_a_silence_and_parks_the_ticket(api):
    conversation = await owned(api)

    await passes(api, minutes=5)

    now = await api.done("GET", f"/v1/conversations/{conversation['id']}")
    assert ([("followup", "Still there?")], "pending") == (await said(api, conversation), now["ticket"]["status"])


async def test_a_days_budget_holds_over_all_conversations_of_a_customer(api):
    first, second = await owned(api), await owned(api)

    await passes(api, minutes=5)

    states = [(one["state"], one["why_not_sent"]) for where in (first, second) for one in await listed(api, where)]
    assert [("sent", None), ("skipped", "budget")] == states


async def test_a_one_off_waits_and_is_listed_with_its_instant(api):
    conversation = await api.conversation(brand="umbra")
    path = f"/v1/conversations/{conversation['id']}/followups"

    made = await api.done("POST", path, {"after": "1h", "say": {"en": "Any news?"}, "key": "n1"})
    before = await listed(api, conversation)
    await passes(api, hours=1)
    [after] = await listed(api, conversation)

    assert [(made["id"], "pending")] == [(one["id"], one["state"]) for one in before]
    assert ("sent", [("followup", "Any news?")]) == (after["state"], await said(api, conversation))


async def test_a_key_is_sent_once(api):
    conversation = await api.conversation(brand="umbra")
    path = f"/v1/conversations/{conversation['id']}/followups"

    for _ in range(2):
        await api.done("POST", path, {"say": "Any news?", "key": "n1"})

    assert [("followup", "Any news?")] == await said(api, conversation)


async def test_one_that_is_only_tried_leaves_nothing_behind(api):
    conversation = await api.conversation(brand="umbra")
    path = f"/v1/conversations/{conversation['id']}/followups"

    tried = await api.done("POST", path, {"say": "Any news?", "key": "n1", "dry_run": True})

    assert ("sent", None, "n1") == (tried["state"], tried["sent_at"], tried["key"])
    assert ([], []) == (await listed(api, conversation), await said(api, conversation))


async def test_a_cancelled_one_is_not_sent(api):
    conversation = await api.conversation(brand="umbra")
    path = f"/v1/conversations/{conversation['id']}/followups"
    made = await api.done("POST", path, {"after": "1h", "say": "Any news?"})

    await api.done("DELETE", f"{path}/{made['id']}")
    await passes(api, hours=2)

    assert ([], "stopped") == (await said(api, conversation), (await listed(api, conversation))[0]["state"])


async def test_a_proactive_message_starts_a_conversation_once(api):
    body = {"customer": "77", "brand": "umbra", "text": "Your parcel is ready.", "key": "parcel-9"}

    first = await api.done("POST", "/v1/proactive", body)
    again = await api.done("POST", "/v1/proactive", body)
    conversations = (await api.done("GET", "/v1/conversations?customer=77"))["items"]

    assert ("sent", first["id"]) == (first["state"], again["id"])
    assert [("proactive", "Your parcel is ready.")] == await said(api, conversations[0])
    assert 1 == len(conversations)


async def test_a_dry_run_changes_nothing(api):
    body = {"customer": "77", "brand": "umbra", "text": "Your parcel is ready.", "dry_run": True}

    await api.done("POST", "/v1/proactive", body)

    assert [] == (await api.done("GET", "/v1/conversations?customer=77"))["items"]


async def test_a_dry_run_makes_no_customer(api):
    body = {"customer": "nobody-yet", "brand": "umbra", "text": "Your parcel is ready.", "dry_run": True}

    answer = await api.done("POST", "/v1/proactive", body)

    assert "sent" == answer["state"]
    assert await api.desk.store.customer_by(external_id="nobody-yet") is None


async def test_a_proactive_message_is_for_somebody(api):
    answer = await api.post("/v1/proactive", {"brand": "umbra", "text": "Your parcel is ready."})

    assert (400, "invalid_request") == (answer.status, answer.code)
    assert "give the 'external_id' of a 'customer', or a 'conversation_id'" in answer.json["detail"]


async def test_a_proactive_message_goes_to_the_conversation_it_names_and_to_no_other(api):
    conversation = await api.conversation()
    body = {"conversation_id": conversation["id"], "text": "Your parcel is ready."}

    await api.done("POST", "/v1/proactive", body)
    missing = await api.post("/v1/proactive", body | {"conversation_id": "cnv_nowhere"})
    foreign = await api.post("/v1/proactive", body | {"customer": "somebody-else"})

    assert [("proactive", "Your parcel is ready.")] == await said(api, conversation)
    assert (404, "not_found") == (missing.status, missing.code)
    assert (400, "invalid_request") == (foreign.status, foreign.code)


async def test_a_broken_text_is_refused_before_anything_is_kept(api):
    conversation = await api.conversation()

    answer = await api.post(f"/v1/conversations/{conversation['id']}/followups", {"say": "Hello {{ customer.name"})

    assert ("template_error", []) == (answer.code, await listed(api, conversation))


async def test_customers_neither_see_nor_schedule_follow_ups(api):
    conversation = await api.conversation()
    path = f"/v1/conversations/{conversation['id']}/followups"

    for answer in (await api.get(path, by=api.token()), await api.post(path, {"say": "x"}, by=api.token())):
        assert "forbidden" == answer.code


class TestBreakers:
    PATH = "/v1/followups/breakers"

    async def blown(self, api):
        conversation = await api.conversation(brand="umbra")
        path = f"/v1/conversations/{conversation['id']}"
        for number in range(25):
            sent = await api.done("POST", f"{path}/followups", {"say": f"News {number}"})
            failed = {"type": "failed", "message_id": sent["message_id"], "reason": "no such number"}
            await api.done("POST", f"{path}/activity", failed)
        return path

    async def test_a_channel_on_which_too_many_failed_is_listed_as_open_with_what_failed(self, api):
        await self.blown(api)

        [breaker] = (await api.done("GET", self.PATH))["items"]

        assert ("web", True, 25) == (breaker["channel"], breaker["open"], len(breaker["failed"]))
        assert (breaker["sent"], "2026-03-02T09:00:00Z") == (breaker["failed"], breaker["opened_at"])

    async def test_none_is_sent_before_somebody_resumes_it(self, api):
        path = await self.blown(api)

        before = await api.done("POST", f"{path}/followups", {"say": "More news"})
        resumed = await api.done("POST", f"{self.PATH}/web/resume", by="admin")
        after = await api.done("POST", f"{path}/followups", {"say": "More news"})

        assert ["breaker", None] == [before["why_not_sent"], after["why_not_sent"]]
        assert {"channel": "web", "sent": [], "failed": [], "open": False, "opened_at": None} == resumed

    async def test_a_channel_that_sent_nothing_is_not_there(self, api):
        assert [] == (await api.done("GET", self.PATH))["items"]
        assert "not_found" == (await api.post(f"{self.PATH}/sms/resume")).code

    @pytest.mark.parametrize("by", ["bot", "customer"])
    async def test_only_people_of_the_business_see_and_resume_them(self, api, by):
        who = by if by == "bot" else api.token()

        answers = [await api.get(self.PATH, by=who), await api.post(f"{self.PATH}/web/resume", by=who)]

        assert ["forbidden", "forbidden"] == [answer.code for answer in answers]
