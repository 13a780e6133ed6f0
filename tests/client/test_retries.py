"""When a call is tried again, how long that takes, and that it ends."""

import asyncio

import httpx
import pytest

from handoff_sdk import HandoffClient, RateLimited, Retries, Unavailable, Unreachable
from handoff_sdk.client.retries import retry_after

GET = lambda c: c.tickets.get("t")  # noqa: E731 - a table of calls
PUT = lambda c: c.agents.set_status("ana", "online")  # noqa: E731 - the same
POST = lambda c: c.tickets.take("t")  # noqa: E731 - the same
PATCH = lambda c: c.tickets.update("t", priority="high")  # noqa: E731 - the same

NOUN = {GET: "ticket", PUT: "agent", POST: "ticket", PATCH: "ticket"}
PROBLEM = {"type": "about:blank", "title": "No", "code": "unavailable", "detail": "Not now."}
HEADERS = {"content-type": "application/problem+json"}


def refused(status, code="unavailable", **headers):
    return httpx.Response(status, json=PROBLEM | {"status": status, "code": code}, headers=HEADERS | headers)


@pytest.mark.parametrize("call", [GET, PUT, POST], ids=["get", "put", "post"])
@pytest.mark.parametrize(
    "trouble",
    [
        *(refused(status) for status in (429, 502, 503, 504)),
        httpx.Response(503, text="<html>"),
        httpx.ConnectError("refused"),
        httpx.ReadError("reset"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("gone"),
        TimeoutError(),
        ConnectionResetError(),
    ],
    ids=repr,
)
async def test_what_may_pass_is_tried_again_where_that_is_safe(call, trouble, engine, client, nouns):
    route = engine.route()
    route.side_effect = [trouble, trouble, httpx.Response(200, json=nouns[NOUN[call]])]

    await call(client)

    assert route.call_count == 3


async def test_the_waits_between_tries_grow(engine, client, nouns, time):
    engine.route().side_effect = [refused(503), refused(503), httpx.Response(200, json=nouns["ticket"])]

    await GET(client)

    assert time.waits == [0.125, 0.25]


@pytest.mark.parametrize("trouble", [refused(503), httpx.ConnectError("refused")], ids=repr)
async def test_a_patch_is_never_repeated(trouble, engine, client):
    route = engine.route()
    route.side_effect = [trouble]

    with pytest.raises((Unavailable, Unreachable)):
        await PATCH(client)

    assert route.call_count == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 415, 422, 500, 501])
async def test_what_will_not_pass_is_not_tried_again(status, engine, client):
    route = engine.route().respond(status, json=PROBLEM, headers=HEADERS)

    with pytest.raises(Exception, match="Not now"):
        await GET(client)

    assert route.call_count == 1


async def test_all_tries_of_a_post_carry_the_same_key(engine, client, nouns):
    route = engine.route()
    route.side_effect = [refused(503), httpx.ReadError(""), httpx.Response(200, json=nouns["ticket"])]

    await POST(client)

    assert len({call.request.headers["idempotency-key"] for call in route.calls}) == 1
    assert len({call.request.content for call in route.calls}) == 1


async def test_the_wait_that_is_asked_for_is_kept(engine, client, nouns, time):
    route = engine.route()
    route.side_effect = [
        refused(429, "rate_limited", **{"retry-after": "7"}),
        httpx.Response(200, json=nouns["ticket"]),
    ]

    await GET(client)

    assert time.waits == [7.125]


async def test_a_wait_that_would_break_the_bound_is_not_begun(engine, client, time):
    route = engine.route()
    route.side_effect = [refused(429, "rate_limited", **{"retry-after": "3600"})]

    with pytest.raises(RateLimited) as caught:
        await GET(client)

    assert caught.value.retry_after == 3600
    assert time.waits == []


async def test_waits_grow_to_a_limit_and_end_within_the_bound(engine, client, time):
    engine.route().respond(503, json=PROBLEM, headers=HEADERS)

    with pytest.raises(Unavailable):
        await GET(client)

    assert time.waits == [0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]
    assert sum(time.waits) < 30


async def test_who_cannot_be_reached_is_named_with_the_tries_it_took(engine, client):
    engine.route().side_effect = httpx.ConnectError("All connection attempts failed")

    with pytest.raises(Unreachable) as caught:
        await GET(client)

    assert "http://desk.test cannot be reached: All connection attempts failed (GET /v1/tickets/t, 12 tries)" in str(
        caught.value
    )


async def test_a_bound_of_nothing_means_one_try(engine):
    route = engine.route().respond(503, json=PROBLEM, headers=HEADERS)

    async with HandoffClient("http://desk.test", retries=Retries(total=0)) as client:
        with pytest.raises(Unavailable):
            await GET(client)

    assert route.call_count == 1


async def test_a_try_that_hangs_is_given_up(engine):
    tries = []

    async def hang(request):
        tries.append(request)
        await asyncio.Event().wait()

    engine.route().mock(side_effect=hang)

    async with HandoffClient("http://desk.test", retries=Retries(total=0, attempt=0.01)) as client:
        with pytest.raises(Unreachable, match=r"no answer within 0\.01 s"):
            await GET(client)

    assert len(tries) == 1


async def test_a_call_that_is_cancelled_ends_at_once(engine, client):
    begun = asyncio.Event()

    async def hang(request):
        begun.set()
        await asyncio.Event().wait()

    engine.route().mock(side_effect=hang)
    call = asyncio.create_task(GET(client))
    await begun.wait()
    call.cancel()

    with pytest.raises(asyncio.CancelledError):
        await call


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": " 12 "}, 12.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "²"}, None),
        ({"retry-after": "Mon, 05 Jan 2026 09:00:30 GMT", "date": "Mon, 05 Jan 2026 09:00:00 GMT"}, 30.0),
        ({"retry-after": "Mon, 05 Jan 2026 08:00:00 GMT", "date": "Mon, 05 Jan 2026 09:00:00 GMT"}, 0.0),
        ({"retry-after": "Mon, 05 Jan 2026 09:00:30 GMT"}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(headers, seconds):
    assert retry_after(headers) == seconds
