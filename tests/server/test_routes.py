"""The nouns of the API, each through its routes."""

from __future__ import annotations

from datetime import timedelta

import pytest


async def online(api, agent):
    await api.done("PUT", f"/v1/agents/{agent}/status", {"status": "online"}, agent=agent)
    await api.desk.rest()


async def assigned(api, **handoff):
    """A conversation that ana has accepted, and its ticket."""
    conversation = await api.conversation()
    await online(api, "ana")
    await api.hand_off(conversation, **handoff)
    [offer] = (await api.done("GET", "/v1/offers", agent="ana"))["items"]
    return conversation, await api.done("POST", f"/v1/offers/{offer['id']}/accept", agent="ana")


class TestConversations:
    async def test_one_starts_with_its_brands_bot(self, api):
        answer = await api.post(
            "/v1/conversations",
            {
                "customer": {"external_id": "42", "name": "Mia", "language": "de"},
                "brand": "acme",
                "channel": "app",
                "metadata": {"page": "/cart"},
                "message": {"content": {"type": "text", "text": "Hello"}},
            },
        )

        conversation = answer.json
        assert (201, "bot", "acme-bot", 1) == (
            answer.status,
            conversation["owner"],
            conversation["bot"],
            conversation["epoch"],
        )
        assert {"page": "/cart"} == conversation["metadata"]
        assert ("active", "customer") == (conversation["session"], conversation["last_author"])
        [message] = (await api.done("GET", f"/v1/conversations/{conversation['id']}/messages"))["items"]
        assert {"type": "customer", "id": conversation["customer_id"], "name": "Mia"} == message["author"]

    async def test_the_same_external_id_is_the_same_customer(self, api):
        first, second = await api.conversation("42"), await api.conversation("42")

        assert first["customer_id"] == second["customer_id"]
        assert first["id"] != second["id"]

    async def test_a_brand_that_takes_none(self, api):
        assert "messaging_off" == (await api.post("/v1/conversations", {"brand": "closed"})).code
        assert "invalid_request" == (await api.post("/v1/conversations", {"brand": "amce"})).code

    async def test_they_are_listed_newest_first_page_by_page(self, api):
        made = [(await api.conversation(str(number)))["id"] for number in range(5)]

        listed, query = [], "limit=2"
        while True:
            page = await api.done("GET", f"/v1/conversations?{query}")
            listed += [one["id"] for one in page["items"]]
            if page["next"] is None:
                break
            query = f"limit=2&page={page['next']}"

        assert made[::-1] == listed

    async def test_pages_of_an_agents_brands_are_full(self, api):
        made = [(await api.conversation(str(n), brand="acme" if n % 3 else "umbra"))["id"] for n in range(9)]
        acme = [conversation for n, conversation in enumerate(made) if n % 3]

        first = await api.done("GET", "/v1/conversations?limit=4", agent="ana")
        assert acme[::-1][:4] == [one["id"] for one in first["items"]]
        second = await api.done("GET", f"/v1/conversations?limit=4&page={first['next']}", agent="ana")
        assert (acme[::-1][4:], None) == ([one["id"] for one in second["items"]], second["next"])

    async def test_they_are_chosen_by_what_they_are(self, api):
        mia, tom = await api.conversation("mia"), await api.conversation("tom", brand="umbra")
        await api.say(mia, "Hello")
        api.clock.advance_to(api.clock.now() + timedelta(days=4))
        await api.say(tom, "Hello")
        await api.say(mia, "Yes?", by="bot", body={"epoch": 1})
        api.clock.advance_to(api.clock.now() + timedelta(minutes=1))
        await api.hand_off(tom)

        async def found(query):
            return {one["customer_id"] for one in (await api.done("GET", f"/v1/conversations?{query}"))["items"]}

        m, t = {mia["customer_id"]}, {tom["customer_id"]}
        for query, expected in {
            "customer=mia": m,
            f"customer={tom['customer_id']}": t,
            "customer=nobody": set(),
            "brand=umbra": t,
            "owner=bot": m,
            "owner=human": t,
            "status=new": t,
            "status=open": set(),
            "last_author=bot": m,
            "last_author=customer": t,
            "silent_for=30s": m | t,
            "silent_for=3d": set(),
            "silent_for=36500d": set(),
            "brand=umbra&last_author=bot": set(),
        }.items():
            assert expected == await found(query), query

    @pytest.mark.parametrize(
        "query", ["owner=robot", "status=solvd", "silent_for=3", "silent_for=800000d", "last_author=system"]
    )
    async def test_what_they_cannot_be_chosen_by(self, api, query):
        assert "invalid_request" == (await api.get(f"/v1/conversations?{query}")).code

    async def test_metadata_and_state_are_merged_and_null_removes(self, api):
        conversation = await api.conversation(metadata={"a": 1, "b": 2})
        path = f"/v1/conversations/{conversation['id']}"

        await api.done("PATCH", path, {"metadata": {"a": None, "c": 3}})
        changed = await api.done("PATCH", path, {"state": {"step": {"n": 1}}}, by="bot")

        assert ({"b": 2, "c": 3}, {"step": {"n": 1}}) == (changed["metadata"], changed["state"])

    async def test_snapshot_and_events_after_it_are_the_state(self, api):
        conversation = await api.conversation()
        await api.say(conversation, "before")
        snapshot = await api.done("GET", f"/v1/conversations/{conversation['id']}/snapshot")
        await api.say(conversation, "after")

        assert ["before"] == [message["content"]["text"] for message in snapshot["messages"]]
        events = (await api.done("GET", f"/v1/events?after={snapshot['cursor']}"))["items"]
        assert ["after"] == [event["data"]["message"]["content"]["text"] for event in events]

    async def test_a_customers_snapshot_says_who_speaks_and_how_long_it_takes(self, api):
        conversation = await api.conversation()
        await api.hand_off(conversation)

        snapshot = await api.done("GET", f"/v1/conversations/{conversation['id']}/snapshot", by=api.token())

        assert (1, "human") == (snapshot["conversation"]["position"], snapshot["conversation"]["owner"])
        assert "ticket" not in snapshot["conversation"]

    async def test_everybody_ends_a_session_as_who_they_are(self, api):
        for number, (caller, reason) in enumerate(
            {"bot": "bot", "integrator": "customer", "agent": "agent", "customer": "customer"}.items()
        ):
            conversation = await api.conversation(str(number))
            await api.say(conversation, "Hello")
            by = {"customer": api.token(str(number)), "agent": "admin"}.get(caller, caller)
            agent = "ana" if caller == "agent" else None

            await api.done("POST", f"/v1/conversations/{conversation['id']}/end_session", by=by, agent=agent)

            ended = await api.done("GET", f"/v1/conversations/{conversation['id']}")
            assert ("ended", reason) == (ended["session"], ended["ended_by"])


class TestMessages:
    async def test_history_goes_both_ways(self, api):
        conversation = await api.conversation()
        ids = [(await api.say(conversation, said))["id"] for said in "abcde"]
        path = f"/v1/conversations/{conversation['id']}/messages"

        async def page(query):
            answer = await api.done("GET", f"{path}?{query}")
            return [message["content"]["text"] for message in answer["items"]], answer["next"]

        assert (["d", "e"], ids[3]) == await page("limit=2")
        assert (["b", "c"], ids[1]) == await page(f"limit=2&before={ids[3]}")
        assert (["a"], None) == await page(f"limit=2&before={ids[1]}")
        assert (["b", "c"], ids[2]) == await page(f"limit=2&after={ids[0]}")
        assert (["d", "e"], None) == await page(f"limit=2&after={ids[2]}")
        assert ([], None) == await page(f"after={ids[4]}")

    async def test_history_of_one_conversation_alone(self, api):
        one, other = await api.conversation("1"), await api.conversation("2")
        message = await api.say(other, "Hello")

        answer = await api.get(f"/v1/conversations/{one['id']}/messages?before={message['id']}")
        assert "not_found" == answer.code
        both = await api.get(f"/v1/conversations/{one['id']}/messages?before=x&after=y")
        assert "invalid_request" == both.code

    async def test_receipts_are_for_channel_adapters(self, api):
        conversation = await api.conversation()
        message = await api.say(conversation, "Hi", by="bot", body={"epoch": 1})
        path = f"/v1/conversations/{conversation['id']}/activity"

        await api.done("POST", path, {"type": "delivered", "message_id": message["id"]})
        assert "invalid_request" == (await api.post(path, {"type": "failed"})).code
        for by in ("bot", api.token()):
            body = {"type": "delivered", "message_id": message["id"]}
            assert "forbidden" == (await api.post(path, body, by=by)).code
        await api.done("POST", path, {"type": "read", "up_to": message["id"]}, by=api.token())

        types = [event["type"] for event in (await api.done("GET", "/v1/events?after=0"))["items"]]
        assert ["message.delivered", "message.read"] == types[-2:]


class TestHandoffs:
    async def test_a_bot_hands_off_and_asks_where_it_stands(self, api):
        conversation = await api.conversation()

        handed_off = await api.hand_off(conversation, priority="high", form={"name": "refund", "schema": {"a": 1}})

        assert ("human", 2) == (handed_off["conversation"]["owner"], handed_off["conversation"]["epoch"])
        assert ("new", "high") == (handed_off["ticket"]["status"], handed_off["ticket"]["priority"])
        assert {"name": "refund", "schema": {"a": 1}} == handed_off["ticket"]["form"]
        stands = await api.done("GET", f"/v1/handoffs/{handed_off['handoff']['id']}", by="bot")
        assert ("queued", 1) == (stands["state"], stands["position"])

    async def test_a_key_answers_the_same_ticket(self, api):
        conversation = await api.conversation()
        first = await api.hand_off(conversation, key="k")
        second = await api.hand_off(conversation, key="k")

        assert first["ticket"]["id"] == second["ticket"]["id"]

    async def test_what_the_state_does_not_allow(self, api):
        conversation = await api.conversation()
        path = f"/v1/conversations/{conversation['id']}/handoff"

        unknown = await api.post(path, {"epoch": 1, "group": "suport"}, by="bot")
        assert "unknown_group" == unknown.code
        assert "did you mean 'support'" in unknown.json["detail"]
        await api.hand_off(conversation)
        assert "control_lost" == (await api.post(path, {"epoch": 1}, by="bot")).code
        assert "already_open" == (await api.post(path, {"epoch": 2}, by="bot")).code

    async def test_the_returned_record_is_there_in_the_end(self, api):
        conversation, ticket = await assigned(api)
        await api.say(conversation, "Done.", agent="ana")
        await api.done("POST", f"/v1/tickets/{ticket['id']}/hand_back", {"note": "all good"}, agent="ana")

        stands = await api.done("GET", f"/v1/handoffs/{ticket['handoff_id']}", by="bot")

        assert ("returned", "handed_back") == (stands["state"], stands["returned"]["reason"])
        assert ("all good", "ana") == (stands["returned"]["note"], stands["returned"]["agent"])


class TestTickets:
    async def test_they_are_chosen_by_what_they_are(self, api):
        _, ticket = await assigned(api, priority="urgent", group="support")
        other = await api.conversation("7", brand="umbra")
        waiting = (await api.hand_off(other))["ticket"]

        async def found(query, **caller):
            return [one["id"] for one in (await api.done("GET", f"/v1/tickets?{query}", **caller))["items"]]

        for query, expected in {
            "": [waiting["id"], ticket["id"]],
            "status=open": [ticket["id"]],
            "status=new,open": [waiting["id"], ticket["id"]],
            "status=solved": [],
            "assignee=ana": [ticket["id"]],
            "group=support": [ticket["id"]],
            "brand=umbra": [waiting["id"]],
            "priority=urgent": [ticket["id"]],
            f"conversation={other['id']}": [waiting["id"]],
        }.items():
            assert expected == await found(query), query
        assert [ticket["id"]] == await found("", agent="ana")
        assert [] == await found("brand=umbra", agent="ana")
        answer = await api.get("/v1/tickets?status=open,slved")
        assert "did you mean 'solved'" in answer.json["errors"][0]["message"]

    async def test_a_change_is_refused_only_where_the_same_field_was_changed(self, api):
        _, ticket = await assigned(api)
        path = f"/v1/tickets/{ticket['id']}"
        read = await api.get(path)
        version = {"If-Match": read.headers["ETag"]}
        assert f'"{read.json["version"]}"' == read.headers["ETag"]

        await api.done("PATCH", path, {"subject": "first"}, agent="ana", headers=version)
        changed = await api.done("PATCH", path, {"priority": "low"}, agent="ana", headers=version)
        refused = await api.call("PATCH", path, {"subject": "second"}, agent="ana", headers=version)

        assert ("first", "low") == (changed["subject"], changed["priority"])
        assert (409, "conflict") == (refused.status, refused.code)
        for bad in ("abc", '"1.5"', "", '"-1"', '"0"'):
            answer = await api.call("PATCH", path, {"subject": "x"}, agent="ana", headers={"If-Match": bad})
            assert "invalid_request" == answer.code, bad

    async def test_any_version_matches_a_star_and_none_that_there_is_not_yet(self, api):
        _, ticket = await assigned(api)
        path = f"/v1/tickets/{ticket['id']}"

        changed = await api.done("PATCH", path, {"subject": "first"}, agent="ana", headers={"If-Match": "*"})
        ahead = {"If-Match": f'"{changed["version"] + 1}"'}
        refused = await api.call("PATCH", path, {"subject": "second"}, agent="ana", headers=ahead)

        assert ("first", "conflict") == (changed["subject"], refused.code)

    async def test_statuses_change_as_the_table_says(self, api):
        _, ticket = await assigned(api)
        path = f"/v1/tickets/{ticket['id']}"

        assert "closed_by_rule_only" == (await api.call("PATCH", path, {"status": "closed"}, agent="ana")).code
        assert "solved" == (await api.done("PATCH", path, {"status": "solved"}, agent="ana"))["status"]
        assert "invalid_transition" == (await api.call("PATCH", path, {"status": "new"}, agent="ana")).code

    async def test_an_agent_takes_one_by_hand(self, api):
        conversation = await api.conversation()
        ticket = (await api.hand_off(conversation))["ticket"]

        taken = await api.done("POST", f"/v1/tickets/{ticket['id']}/take", agent="ana")

        assert ("ana", "open") == (taken["assignee"], taken["status"])

    async def test_an_agent_transfers_one(self, api):
        _, ticket = await assigned(api)

        transferred = await api.done("POST", f"/v1/tickets/{ticket['id']}/transfer", {"group": "support"}, agent="ana")

        assert ("support", None) == (transferred["group"], transferred["assignee"])
        path = f"/v1/tickets/{ticket['id']}/transfer"
        assert "invalid_request" == (await api.post(path, {"group": "support", "agent": "ben"}, agent="ana")).code
        assert "unknown_group" == (await api.post(path, {"group": "suport"}, agent="ana")).code

    async def test_why_one_waits_is_explained(self, api):
        conversation = await api.conversation()
        handed_off = await api.hand_off(conversation, group="support")

        found = await api.done("GET", f"/v1/tickets/{handed_off['ticket']['id']}/explain", by="bot")

        assert ("waiting", "standard", 1, None) == (found["state"], found["queue"], found["position"], found["wait"])
        assert {"ana": "status", "ben": "status"} == found["out"]
        assert "not_found" == (await api.get("/v1/tickets/tkt_none/explain")).code

    async def test_canned_replies_are_filled_in_for_the_agent_and_the_customer(self, api):
        _, ticket = await assigned(api)
        path = f"/v1/tickets/{ticket['id']}/canned"

        found = await api.done("GET", path, agent="ana")

        assert {
            "items": [
                {"name": "hello", "text": "Hello there, I am Ana."},
                {"name": "thanks", "text": "Thank you!"},
            ],
            "next": None,
        } == found
        assert found == await api.done("GET", path, by="admin")
        assert "not_found" == (await api.get(path, agent="ben")).code
        assert "forbidden" == (await api.get(path, by="bot")).code

    async def test_a_key_alone_is_told_to_say_for_which_agent(self, api):
        _, ticket = await assigned(api)

        answer = await api.post(f"/v1/tickets/{ticket['id']}/take")

        assert "forbidden" == answer.code
        assert "Handoff-Agent" in answer.json["detail"]


class TestAgents:
    async def test_they_are_all_there_with_their_load(self, api):
        await assigned(api)

        agents = {agent["id"]: agent for agent in (await api.done("GET", "/v1/agents"))["items"]}

        assert ["ana", "ben"] == list(agents)
        assert ("online", 1) == (agents["ana"]["status"], agents["ana"]["used"]["messaging"])
        assert 1 == len((await api.done("GET", "/v1/agents/ana/workload"))["tickets"])
        assert "not_found" == (await api.get("/v1/agents/nobody/workload")).code

    async def test_an_agent_sets_their_own_status_and_an_admin_anybodys(self, api):
        assert "away" == (await api.done("PUT", "/v1/agents/ana/status", {"status": "away"}, agent="ana"))["status"]
        assert "online" == (await api.done("PUT", "/v1/agents/ana/status", {"status": "online"}, by="admin"))["status"]
        refused = await api.call("PUT", "/v1/agents/ana/status", {"status": "away"}, agent="ben")
        assert "forbidden" == refused.code
        assert 400 <= (await api.call("PUT", "/v1/agents/ana/status", {"status": "awya"})).status < 500


class TestOffers:
    async def test_each_agent_sees_their_own(self, api):
        conversation = await api.conversation()
        await online(api, "ana")
        await api.hand_off(conversation, subject="Refund")

        [offer] = (await api.done("GET", "/v1/offers", agent="ana"))["items"]
        assert ("Refund", conversation["id"]) == (offer["subject"], offer["conversation_id"])
        assert [] == (await api.done("GET", "/v1/offers", agent="ben"))["items"]
        assert [offer] == (await api.done("GET", "/v1/offers"))["items"]
        assert "offer_gone" == (await api.post(f"/v1/offers/{offer['id']}/accept", agent="ben")).code

    async def test_an_offer_is_answered_once(self, api):
        conversation = await api.conversation()
        await online(api, "ana")
        await api.hand_off(conversation)
        [offer] = (await api.done("GET", "/v1/offers", agent="ana"))["items"]

        declined = await api.done("POST", f"/v1/offers/{offer['id']}/decline", agent="ana")

        assert "new" == declined["status"]
        for answer in ("accept", "decline"):
            assert "offer_gone" == (await api.post(f"/v1/offers/{offer['id']}/{answer}", agent="ana")).code


FORM = {"type": "form", "fields": [{"name": "order", "label": "Which order?", "type": "number"}]}


class TestForms:
    async def test_a_filled_in_form_answers_a_form_of_its_conversation(self, api):
        mia, tom = await api.conversation("mia"), await api.conversation("tom")
        path = f"/v1/conversations/{mia['id']}/messages"
        asked = await api.done("POST", path, {"content": FORM, "epoch": 1}, by="bot")

        def filled(**fields):
            return {"content": {"type": "form_response", "form": asked["id"], "fields": fields}}

        told = await api.done("POST", path, filled(order=4711), by=api.token("mia"))
        assert {"order": 4711} == told["content"]["fields"]
        for body, status, code in (
            (filled(order="red"), 400, "invalid_request"),
            (filled(), 422, "missing_fields"),
            ({"content": filled(order=1)["content"] | {"form": "msg_none"}}, 400, "invalid_request"),
        ):
            answer = await api.post(path, body, by=api.token("mia"))
            assert (status, code) == (answer.status, answer.code)
        elsewhere = await api.post(f"/v1/conversations/{tom['id']}/messages", filled(order=1), by=api.token("tom"))
        first = await api.post("/v1/conversations", {"brand": "acme", "message": filled(order=1)}, by=api.token("mia"))
        assert ["invalid_request"] * 2 == [elsewhere.code, first.code]
