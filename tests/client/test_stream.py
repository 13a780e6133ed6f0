"""Following events over a real socket that breaks: nothing is lost, nothing comes twice."""

import asyncio
import json
import random

import httpx
import pytest
from aiohttp import web

from handoff_sdk import Forbidden, HandoffClient, Retries, Unavailable, UnexpectedAnswer, Unreachable
from handoff_sdk.client import transport

AT = "2026-01-05T09:00:00Z"


def event(cursor, event_type="message.created", **fields):
    told = {
        "id": f"evt_{cursor}",
        "cursor": cursor,
        "type": event_type,
        "at": AT,
        "actor": {"type": "customer"},
        **fields,
    }
    number = f"id: {cursor}\n" if cursor else ""
    return f"{number}event: {event_type}\ndata: {json.dumps(told)}\n\n".encode()


class Engine:
    """Speaks the stream: one script a connection, and what each connection asked for."""

    def __init__(self):
        self.scripts = []
        self.asked = []
        self.left = asyncio.Event()

    async def stream(self, request):
        self.asked.append(request)
        script = self.scripts.pop(0) if self.scripts else hang
        if isinstance(script, web.Response):
            return script
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        try:
            await script(request, response)
        except (asyncio.CancelledError, ConnectionError):
            self.left.set()
            raise
        return response

    @property
    def resumed_after(self):
        return [request.headers.get("Last-Event-ID") for request in self.asked]


async def hang(request, response):
    """Keep the connection until the other side leaves, which cancels the handler."""
    await asyncio.Event().wait()


def sends(*chunks, then=None):
    async def script(request, response):
        for chunk in chunks:
            await response.write(chunk)
        if then is not None:
            await then(request, response)

    return script


async def drops(request, response):
    """Break the connection without an end."""
    await asyncio.sleep(0)
    request.transport.abort()


@pytest.fixture
async def engine():
    engine = Engine()
    app = web.Application()
    app.router.add_get("/v1/stream", engine.stream)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    engine.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield engine
    await runner.cleanup()


@pytest.fixture(params=["aiohttp", "httpx"])
async def client(request, engine, retries):
    own = httpx.AsyncHTTPTransport() if request.param == "httpx" else None
    async with HandoffClient(engine.url, api_key="hk_test", retries=retries, transport=own) as client:
        yield client


async def taken(events, count):
    async with events:
        return [(event.cursor, event.type) async for event in first(events, count)]


async def first(events, count):
    for _ in range(count):
        yield await anext(events)


async def test_events_come_as_they_are_sent_and_the_cursor_moves_with_them(engine, client):
    engine.scripts = [sends(b": hello\n\n", event(4), event(7, "of.tomorrow", data={"x": 1}), then=hang)]

    async with client.events.follow(cursor=3, conversation="cnv 1") as events:
        assert (await anext(events)).cursor == events.cursor == 4
        newer = await anext(events)
        assert [newer.type, newer.data, events.cursor] == ["of.tomorrow", {"x": 1}, 7]

    request = engine.asked[0]
    assert [request.headers["Accept"], request.headers["Authorization"]] == ["text/event-stream", "Bearer hk_test"]
    assert [request.path_qs, request.headers["Last-Event-ID"]] == ["/v1/stream?conversation=cnv+1", "3"]


async def test_a_broken_stream_goes_on_after_the_last_event_without_a_repeat(engine, client):
    engine.scripts = [
        sends(event(1), event(2), event(3)[:20], then=drops),
        sends(event(1), event(2), event(3)),
        sends(event(3), event(4), then=hang),
    ]

    assert [cursor for cursor, _ in await taken(client.events.follow(cursor=0), 4)] == [1, 2, 3, 4]
    assert engine.resumed_after == ["0", "2", "3"]


async def test_events_that_are_stored_nowhere_pass_and_move_nothing(engine, client):
    typing = event(0, "typing.started")
    engine.scripts = [sends(typing, event(1), typing, typing, then=drops), sends(event(2), then=hang)]

    assert await taken(client.events.follow(cursor=0), 5) == [
        (0, "typing.started"),
        (1, "message.created"),
        (0, "typing.started"),
        (0, "typing.started"),
        (2, "message.created"),
    ]
    assert engine.resumed_after == ["0", "1"]


async def test_a_stream_from_now_on_that_breaks_before_its_first_event_loses_none(engine, client):
    engine.scripts = [sends(b"retry: 1\nid: 40\n\n", then=drops), sends(event(41), then=hang)]

    assert await taken(client.events.follow(), 1) == [(41, "message.created")]
    assert engine.resumed_after == [None, "40"]


async def test_an_engine_that_was_set_back_is_followed_from_there(engine, client):
    engine.scripts = [sends(b"id: 2\n\n", event(3), then=hang)]

    assert await taken(client.events.follow(cursor=500), 1) == [(3, "message.created")]


async def test_only_the_types_asked_for_are_given_but_all_move_the_cursor(engine, client):
    engine.scripts = [
        sends(event(1), event(2, "control.passed"), event(3), then=drops),
        sends(event(4, "control.passed")),
    ]

    assert [cursor for cursor, _ in await taken(client.events.follow(cursor=0, types={"control.passed"}), 2)] == [2, 4]
    assert engine.resumed_after == ["0", "3"]


async def test_an_event_that_cannot_be_read_is_passed_over(engine, client, caplog):
    engine.scripts = [sends(b"id: 1\ndata: {}\n\n", b"data: nonsense\n\n", event(2), then=hang)]

    assert await taken(client.events.follow(cursor=0), 1) == [(2, "message.created")]
    assert "cannot be read" in caplog.text


async def test_a_refusal_is_final(engine, client, time):
    problem = {"code": "forbidden", "detail": "Not yours."}
    engine.scripts = [web.json_response(problem, status=403, content_type="application/problem+json")]

    with pytest.raises(Forbidden, match="Not yours"):
        await anext(client.events.follow())
    assert time.waits == []


async def test_something_else_than_a_stream_is_final(engine, client):
    engine.scripts = [web.Response(text="<h1>Log in</h1>", content_type="text/html")]

    with pytest.raises(UnexpectedAnswer, match="no event stream"):
        await anext(client.events.follow())


async def test_an_engine_that_is_busy_is_asked_again_when_it_says(engine, client, time):
    problem = {"code": "unavailable", "detail": "Restarting."}
    busy = web.json_response(problem, status=503, content_type="application/problem+json", headers={"Retry-After": "4"})
    engine.scripts = [busy, sends(event(1), then=hang)]

    assert await taken(client.events.follow(cursor=0), 1) == [(1, "message.created")]
    assert time.waits == [4.125]


async def test_a_stream_that_never_was_ends_within_the_bound_of_a_call(engine, client, time):
    problem = {"code": "unavailable", "detail": "Down."}
    engine.scripts = [
        web.json_response(problem, status=503, content_type="application/problem+json") for _ in range(20)
    ]

    with pytest.raises(Unavailable):
        await anext(client.events.follow())
    assert 20 < time.now < 30


async def test_who_is_patient_waits_for_an_engine_that_is_not_up_yet(engine, client, time):
    problem = {"code": "unavailable", "detail": "Down."}
    engine.scripts = [
        *(web.json_response(problem, status=503, content_type="application/problem+json") for _ in range(30)),
        sends(event(1), then=hang),
    ]

    assert await taken(client.events.follow(cursor=0, patient=True), 1) == [(1, "message.created")]
    assert time.now > 30


async def test_nobody_there_is_unreachable(unused_tcp_port, retries):
    async with HandoffClient(f"http://127.0.0.1:{unused_tcp_port}", retries=retries) as client:
        with pytest.raises(Unreachable, match="cannot be reached"):
            await anext(client.events.follow())


async def test_a_stream_without_a_heartbeat_is_taken_for_dead(engine, client, monkeypatch, time):
    monkeypatch.setattr(transport, "_SILENCE", 0.05)
    patience = Retries(attempt=0.05, sleep=time.sleep, clock=time.clock)
    engine.scripts = [sends(event(1), then=hang), sends(event(2), then=hang)]

    async with HandoffClient(engine.url, retries=patience) as impatient:
        assert [cursor for cursor, _ in await taken(impatient.events.follow(cursor=0), 2)] == [1, 2]


@pytest.mark.parametrize("how", ["context", "aclose", "cancel"])
async def test_leaving_closes_the_connection(how, engine, client):
    engine.scripts = [sends(event(1), then=hang)]
    events = client.events.follow(cursor=0)

    if how == "context":
        async with events:
            await anext(events)
    elif how == "aclose":
        await anext(events)
        await events.aclose()
        assert [event async for event in events] == []
    else:
        await anext(events)
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    async with asyncio.timeout(5):
        await engine.left.wait()


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_breaks_each_event_comes_once_and_in_order(seed, engine, client):
    chance = random.Random(seed)  # noqa: S311 - breaks connections, guards nothing
    last = 40

    def connection():
        async def script(request, response):
            after = int(request.headers["Last-Event-ID"])
            repeated = chance.randrange(4)
            told = b"".join(event(cursor) for cursor in range(max(1, after - repeated + 1), last + 1))
            cut = chance.randrange(1, 3000)
            for start in range(0, min(cut, len(told)), 97):
                await response.write(told[start : min(start + 97, cut)])
            if chance.random() < 0.5:
                await drops(request, response)

        return script

    engine.scripts = [connection() for _ in range(500)]

    cursors = [cursor for cursor, _ in await taken(client.events.follow(cursor=0), last)]

    assert cursors == list(range(1, last + 1))
