"""The feed as it happens: long polls and streams, without loss or repeat."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from handoff_sdk.compose import new_key
from handoff_sdk.models.config import merged
from handoff_sdk.server import SERVICE, Limits, Rate
from handoff_sdk.server.auth import hash_of

from .conftest import CONFIG, eventually

PLENTY = Rate(600_000, 10_000)


class Stream:
    """A reader of server-sent events."""

    def __init__(self, answer):
        self.answer = answer
        self.last_id = None
        self.comments = 0

    async def next(self):
        """The next event."""
        fields = {}
        while True:
            line = (await asyncio.wait_for(self.answer.content.readline(), 5)).decode()
            if not line:
                raise EOFError
            line = line.rstrip("\n")
            if line.startswith(":"):
                self.comments += 1
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = value
            else:
                self.last_id = fields.get("id", self.last_id)
                if "data" in fields:
                    event = json.loads(fields["data"])
                    assert event["type"] == fields["event"]
                    assert "id" not in fields or str(event["cursor"]) == fields["id"]
                    return event
                fields = {}

    async def until(self, event_type):
        """All events to the first of this type."""
        events = [await self.next()]
        while events[-1]["type"] != event_type:
            events.append(await self.next())
        return events


@asynccontextmanager
async def streaming(api, *, by="integrator", agent=None, after=None, last_id=None, conversation=None):
    headers = {"Authorization": f"Bearer {api.keys.get(by, by)}"}
    if agent:
        headers["Handoff-Agent"] = agent
    if last_id is not None:
        headers["Last-Event-ID"] = last_id
    query = {"after": after, "conversation": conversation}
    query = {name: value for name, value in query.items() if value is not None}
    async with api.client.get("/v1/stream", params=query, headers=headers) as answer:
        assert 200 == answer.status, await answer.read()
        assert "text/event-stream" == answer.headers["Content-Type"]
        assert "no-store" == answer.headers["Cache-Control"]
        yield Stream(answer)


def texts(events):
    return [event["data"]["message"]["content"]["text"] for event in events if event["type"] == "message.created"]


class TestLongPoll:
    async def test_the_whole_feed_is_read_page_by_page(self, api):
        conversation = await api.conversation()
        for said in "abc":
            await api.say(conversation, said)

        cursor, events = "0", []
        while batch := (await api.done("GET", f"/v1/events?after={cursor}&limit=2")):
            assert len(batch["items"]) <= 2
            events += batch["items"]
            cursor = batch["cursor"]
            if not batch["items"]:
                break

        assert ["a", "b", "c"] == texts(events)
        assert sorted({event["cursor"] for event in events}) == [event["cursor"] for event in events]
        assert str(events[-1]["cursor"]) == cursor

    async def test_without_a_cursor_it_begins_now(self, api):
        conversation = await api.conversation()
        now = await api.done("GET", "/v1/events")
        assert [] == now["items"]

        await api.say(conversation, "later")
        assert ["later"] == texts((await api.done("GET", f"/v1/events?after={now['cursor']}"))["items"])

    async def test_it_waits_for_the_first_event(self, api):
        conversation = await api.conversation()
        cursor = (await api.done("GET", "/v1/events"))["cursor"]

        waiting = asyncio.create_task(api.done("GET", f"/v1/events?after={cursor}&wait=25s"))
        await eventually(lambda: api.client.app[SERVICE].running == 1)
        assert not waiting.done()
        await api.say(conversation, "at last")

        assert ["at last"] == texts((await asyncio.wait_for(waiting, 5))["items"])

    async def test_it_waits_no_longer_than_asked(self, api):
        await api.conversation()
        cursor = (await api.done("GET", "/v1/events"))["cursor"]

        answer = await asyncio.wait_for(api.done("GET", f"/v1/events?after={cursor}&wait=0.05s"), 5)

        assert {"items": [], "cursor": cursor} == answer

    async def test_one_conversation_alone(self, api):
        one, other = await api.conversation("1"), await api.conversation("2")
        await api.say(one, "one")
        await api.say(other, "other")

        assert ["one"] == texts((await api.done("GET", f"/v1/events?after=0&conversation={one['id']}"))["items"])

    @pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 30, "%00", ""])
    async def test_what_never_was_a_cursor(self, api, after):
        assert "invalid_request" == (await api.get(f"/v1/events?after={after}")).code

    async def test_a_cursor_of_a_feed_that_was_set_back_starts_from_now(self, api):
        conversation = await api.conversation()
        cursor = (await api.done("GET", "/v1/events?after=999999"))["cursor"]

        await api.say(conversation, "Hello")
        assert ["Hello"] == texts((await api.done("GET", f"/v1/events?after={cursor}"))["items"])


class TestStream:
    async def test_events_come_as_they_happen(self, api):
        conversation = await api.conversation()
        async with streaming(api) as stream:
            for said in "abc":
                await api.say(conversation, said)
                assert [said] == texts((await stream.until("message.created"))[-1:])

    async def test_it_resumes_by_the_last_event_id_without_loss_or_repeat(self, api):
        conversation = await api.conversation()
        heard, last_id = [], None
        async with streaming(api, after="0") as stream:
            await api.say(conversation, "a")
            heard += await stream.until("message.created")
            last_id = stream.last_id
        for said in "bc":
            await api.say(conversation, said)
        async with streaming(api, last_id=last_id) as stream:
            await api.say(conversation, "d")
            while texts(heard) != ["a", "b", "c", "d"]:
                heard.append(await stream.next())

        everything = (await api.done("GET", "/v1/events?after=0"))["items"]
        assert everything == heard

    async def test_a_reader_who_heard_nothing_yet_knows_where_it_was(self, api):
        conversation = await api.conversation()
        async with streaming(api, conversation=conversation["id"]) as stream:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(stream.next(), 0.1)
        await api.say(conversation, "missed?")

        async with streaming(api, last_id=stream.last_id) as stream:
            assert ["missed?"] == texts(await stream.until("message.created"))

    async def test_many_writers_while_it_resumes_again_and_again(self, api):
        conversations = [await api.conversation(str(number)) for number in range(4)]
        start = (await api.done("GET", "/v1/events"))["cursor"]
        wanted = {f"{number}-{n}" for number in range(4) for n in range(25)}

        async def write(number):
            for n in range(25):
                await api.say(conversations[number], f"{number}-{n}")

        async def read():
            heard, last_id = [], start
            while len(heard) < len(wanted):
                async with streaming(api, last_id=last_id) as stream:
                    for _ in range(7):
                        heard += texts([await stream.next()])
                        if len(heard) == len(wanted):
                            break
                    last_id = stream.last_id
            return heard

        heard, *_ = await asyncio.wait_for(asyncio.gather(read(), *(write(number) for number in range(4))), 30)

        assert len(heard) == len(set(heard))
        assert wanted == set(heard)

    async def test_what_was_read_before_it_was_published_is_told_once(self, api, monkeypatch):
        conversation = await api.conversation()
        publish, held = api.desk.hub.publish, []
        async with streaming(api, after="0") as stream:
            monkeypatch.setattr(api.desk.hub, "publish", lambda *given: held.append(given))
            await api.say(conversation, "a")
            async with streaming(api, after="0") as later:
                heard = await later.until("message.created")
                for given in held:
                    publish(*given)
                monkeypatch.setattr(api.desk.hub, "publish", publish)
                await api.say(conversation, "b")
                heard += await later.until("message.created")
            await stream.until("message.created")

        assert ["a", "b"] == texts(heard)

    async def test_typing_is_told_and_has_no_id(self, api):
        conversation = await api.conversation()
        token = api.token()
        async with streaming(api, by=token) as own, streaming(api) as stream:
            await own.answer.content.readline()
            before = stream.last_id
            await eventually(lambda: api.client.app[SERVICE].running == 2)
            path = f"/v1/conversations/{conversation['id']}/activity"
            await api.done("POST", path, {"type": "typing_start"}, by=token)
            event = await stream.next()
            assert ("typing.started", 0) == (event["type"], event["cursor"])
            assert before in (None, stream.last_id) or before == stream.last_id

    async def test_a_customer_hears_of_their_own_alone(self, api):
        mine, other = await api.conversation("42"), await api.conversation("7")
        async with streaming(api, by=api.token("42"), after="0") as stream:
            await api.say(other, "not mine")
            await api.say(mine, "mine")
            assert ["mine"] == texts(await stream.until("message.created"))

    async def test_a_customers_stream_is_their_presence(self, api):
        conversation = await api.conversation()
        await api.hand_off(conversation)
        store = api.desk.store

        async def connected():
            return (await store.thread(conversation["id"])).clocks.connected

        async with streaming(api, by=api.token()) as stream:
            await stream.answer.content.readline()
            assert await connected()
        await eventually(lambda: api.client.app[SERVICE].running == 0)
        assert not await connected()

    async def test_a_customer_who_waits_is_told_their_place_when_it_changes(self, api):
        first, mine = await api.conversation("7"), await api.conversation("42")
        ticket = (await api.hand_off(first))["ticket"]
        async with streaming(api, by=api.token("42")) as stream:
            await api.hand_off(mine)
            told = (await stream.until("ticket.position"))[-1]
            assert ({"position": 2, "wait": None}, None, 0) == (told["data"], told["ticket_id"], told["cursor"])
            await api.desk.rest()
            await api.done("POST", f"/v1/tickets/{ticket['id']}/take", agent="ana")
            await api.desk.rest()
            assert {"position": 1, "wait": None} == (await stream.next())["data"]

    @pytest.mark.parametrize("config", [merged(CONFIG, {"brands": {"acme": {"lines": {"position": False}}}})])
    async def test_a_brand_may_mute_it(self, api):
        mine = await api.conversation("42")
        async with streaming(api, by=api.token("42")) as stream:
            await api.hand_off(mine)
            await api.desk.rest()
            await api.say(mine, "Hello?")
            seen = [await stream.next()]
            while seen[-1]["type"] != "message.created" or seen[-1]["data"]["message"]["author"]["type"] != "customer":
                seen.append(await stream.next())
            assert "ticket.position" not in {event["type"] for event in seen}

    async def test_an_agents_stream_is_their_console(self, api):
        await api.done("PUT", "/v1/agents/ana/status", {"status": "online"}, agent="ana")
        async with streaming(api, agent="ana") as stream:
            await stream.answer.content.readline()
            assert api.desk.queries.agent("ana").at_console
        await eventually(lambda: api.client.app[SERVICE].running == 0)
        assert not api.desk.queries.agent("ana").connected
        api.clock.advance_to(api.clock.now() + timedelta(seconds=30))
        await api.desk.rest()
        assert "offline" == api.desk.queries.agent("ana").status


class TestQuiet:
    @pytest.fixture
    def limits(self):
        return Limits(heartbeat=0.05, streams=1, key_streams=2, anonymous=PLENTY, writes=PLENTY, activity=PLENTY)

    async def test_a_quiet_stream_says_that_it_lives(self, api):
        async with streaming(api) as stream:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(stream.next(), 0.4)
        assert stream.comments >= 3

    async def test_one_caller_has_so_many_streams(self, api):
        async with streaming(api), streaming(api):
            answer = await api.get("/v1/stream")
            assert (429, "rate_limited") == (answer.status, answer.code)
            assert 429 == (await api.get("/v1/events?wait=1s")).status
            async with streaming(api, by="bot"), streaming(api, agent="ana"):
                assert 429 == (await api.get("/v1/events?wait=1s", agent="ana")).status
                assert 200 == (await api.get("/v1/events?wait=0s", by="bot")).status
        await eventually(lambda: api.client.app[SERVICE].running == 0)
        async with streaming(api):
            pass


class TestStalled:
    @pytest.fixture
    def limits(self):
        return Limits(stalled=0.2, anonymous=PLENTY, writes=PLENTY, activity=PLENTY)

    async def test_a_reader_that_does_not_read_is_dropped(self, api):
        conversation = await api.conversation()
        reader, writer = await asyncio.open_connection(api.client.server.host, api.client.server.port, limit=1024)
        writer.write(
            b"GET /v1/stream HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer "
            + api.keys["integrator"].encode()
            + b"\r\n\r\n"
        )
        await reader.readline()
        await eventually(lambda: api.client.app[SERVICE].running == 1)
        long = {"metadata": {"filling": "x" * 200_000}}

        for _ in range(100):
            if api.client.app[SERVICE].running == 0:
                break
            await api.say(conversation, "Hello", body=long)
        await eventually(lambda: api.client.app[SERVICE].running == 0)
        writer.transport.abort()

    async def test_who_is_dropped_goes_on_where_they_were_and_nobody_else_notices(self, api):
        conversation = await api.conversation()
        long = {"metadata": {"filling": "x" * 200_000}}
        service = api.client.app[SERVICE]

        async def all_of(stream, wanted):
            heard = []
            while len(heard) < wanted:
                heard += texts([await stream.next()])
            return heard

        async with streaming(api, after="0") as slow, streaming(api, after="0", by="admin") as quick:
            await api.say(conversation, "0")
            assert ["0"] == await all_of(slow, 1)
            hearing = asyncio.create_task(all_of(quick, 101))
            for first in range(1, 101, 10):
                await asyncio.gather(
                    *(api.say(conversation, str(number), body=long) for number in range(first, first + 10))
                )
            heard = await hearing
            await eventually(lambda: (1, 1) == (service.streams.dropped, service.streams.count))
            last_id = slow.last_id
        async with streaming(api, last_id=last_id) as again:
            assert heard[1:] == await all_of(again, 100)
        assert {str(number) for number in range(101)} == set(heard)


class TestEnds:
    async def test_the_server_stops_promptly(self, api):
        async with streaming(api) as stream:
            waiting = asyncio.create_task(api.get("/v1/events?wait=60s"))
            await eventually(lambda: api.client.app[SERVICE].running == 2)
            service = api.client.app[SERVICE]
            service.streams.close()
            with pytest.raises(EOFError):
                await stream.next()
            assert 200 == (await asyncio.wait_for(waiting, 5)).status
            assert 503 == (await api.get("/v1/events")).status

    async def test_a_dropped_keys_stream_ends(self, api, monkeypatch):
        monkeypatch.setattr("handoff_sdk.server.auth._KEYS_GOOD_FOR", 0.1)
        secret = await new_key(api.desk, "integrator")
        async with streaming(api, by=secret) as stream:
            await stream.answer.content.readline()
            [key] = [key for key in await api.desk.store.keys() if key.hash == hash_of(secret)]
            await api.desk.store.drop_key(key.id)
            with pytest.raises(EOFError):
                await stream.next()

    async def test_a_reader_that_has_gone_is_noticed(self, api):
        async with streaming(api):
            await eventually(lambda: api.client.app[SERVICE].running == 1)
        await eventually(lambda: api.client.app[SERVICE].running == 0)
