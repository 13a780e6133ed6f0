"""How many calls run at a time, and whose."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from handoff_sdk.errors import RateLimited, Unavailable
from handoff_sdk.server import SERVICE, Limits
from handoff_sdk.server.gate import LATE, Gate

from .conftest import PLENTY, eventually


@pytest.fixture
def refused():
    return Counter()


@pytest.fixture
def gate(refused):
    return Gate(16, refused)


def fill(gate, caller, *, by_key=True):
    """Let ``caller`` take places until it gets none; how many it got, and why not one more."""
    for taken in range(1000):
        try:
            gate.enter(caller, by_key=by_key)
        except (RateLimited, Unavailable) as error:
            return taken, error.code
    raise AssertionError(caller)


async def held_back(gate):
    """Whether a refusal would not be told at once."""
    told = asyncio.create_task(gate.hold_back())
    await asyncio.sleep(0)
    at_once = told.done()
    told.cancel()
    return not at_once


def test_one_caller_alone_gets_half_of_the_places(gate):
    assert (8, "rate_limited") == fill(gate, "a")
    assert 8 == gate.taken


def test_each_of_many_gets_its_part_and_there_is_one_for_who_comes_new(gate):
    fill(gate, "a")
    for turn in range(30):  # as places come free, one after the other asks for all of them
        for caller in "abc":
            if gate._held.get(caller):
                gate.leave(caller)
        fill(gate, "abc"[turn % 3])

    assert all(4 - 1 <= held <= 4 + 1 for held in gate._held.values())
    gate.enter("d", by_key=True)


def test_many_callers_fill_all_places_but_those_kept_for_keys(gate, refused):
    customers = [fill(gate, f"customer:{number}", by_key=False) for number in range(30)]

    assert (14, "unavailable") == (gate.taken, customers[-1][1])
    assert fill(gate, "key:bot")[0] > 0
    assert refused["full"] > 0


def test_a_place_that_was_given_back_is_there_for_another(gate):
    fill(gate, "a")
    for _ in range(8):
        gate.leave("a")

    assert 0 == gate.taken
    assert (8, "rate_limited") == fill(gate, "b")


def test_those_refused_together_are_told_to_come_again_at_different_times(gate):
    for number in range(16):
        gate.enter(f"key:{number}", by_key=True)
    seconds = []
    for _ in range(6):
        with pytest.raises(Unavailable) as caught:
            gate.look(by_key=True)
        seconds.append(caught.value.retry_after)

    assert [2, 3, 1, 2, 3, 1] == seconds


def test_a_late_event_loop_takes_places_away_and_one_on_time_gives_them_back(gate):
    places = []
    for lag in [LATE * 2] * 9 + [LATE] * 15:
        gate.was_late(lag)
        places.append(gate.places)

    assert [12, 9, 8, 8, 8, 8, 8, 8, 8] == places[:9]
    assert [*range(9, 17), *[16] * 7] == places[9:]


def test_fewer_places_end_no_call_that_runs(gate):
    fill(gate, "a")
    for _ in range(9):
        gate.was_late(1)

    with pytest.raises(Unavailable):
        gate.look(by_key=True)
    for _ in range(8):
        gate.leave("a")
    assert 8 == gate.look(by_key=True)


def test_one_key_with_64_calls_at_a_time_is_no_crowd_however_late_the_event_loop_is(refused):
    gate = Gate(Limits().running, refused)
    for _ in range(100):
        gate.was_late(10)

    for _ in range(64):
        gate.enter("key:1", by_key=True)
    for number in range(40):
        gate.enter(f"customer:{number}", by_key=False)

    assert Counter() == refused


@pytest.mark.parametrize(
    ("refusals", "lag", "held"), [(16, 0, False), (17, 0, True), (1, LATE, False), (1, LATE * 2, True)]
)
async def test_refusals_are_held_back_where_many_are_refused_together_or_the_event_loop_is_late(
    gate, refusals, lag, held
):
    for number in range(16):
        gate.enter(f"key:{number}", by_key=True)
    gate.was_late(lag)
    for _ in range(refusals):
        with pytest.raises(Unavailable):
            gate.enter("key:more", by_key=True)

    assert held == await held_back(gate)


async def test_refusals_of_before_are_forgotten_when_the_event_loop_was_seen_to_be_on_time(gate):
    fill(gate, "key:1")
    for _ in range(30):
        with pytest.raises(RateLimited):
            gate.enter("key:1", by_key=True)

    assert await held_back(gate)
    gate.was_late(0)
    assert not await held_back(gate)


class TestFull:
    @pytest.fixture
    def limits(self):
        return Limits(running=2, anonymous=PLENTY, writes=PLENTY, activity=PLENTY)

    @pytest.fixture
    def held(self, api, monkeypatch):
        """Calls that read a conversation wait until this is set."""
        go_on, conversation = asyncio.Event(), api.desk.queries.conversation

        async def slow(conversation_id):
            await go_on.wait()
            return await conversation(conversation_id)

        monkeypatch.setattr(api.desk.queries, "conversation", slow)
        return go_on

    async def test_more_than_can_be_answered_is_refused_at_once(self, api, held):
        service = api.client.app[SERVICE]
        slow = asyncio.create_task(api.get("/v1/conversations/cnv_1", by="bot"))
        await eventually(lambda: service.gate.taken == 1)

        mine = await api.get("/v1/tickets", by="bot")
        assert (429, "rate_limited", "1") == (mine.status, mine.code, mine.headers["Retry-After"])
        others = asyncio.create_task(api.get("/v1/conversations/cnv_1", by="integrator"))
        await eventually(lambda: service.gate.taken == 2)
        full = await api.get("/v1/agents", by="admin")
        assert (503, "unavailable") == (full.status, full.code)
        assert full.headers["Retry-After"] in {"1", "2", "3"}
        # Whatever the credential: it was not even looked at.
        assert 503 == (await api.get("/v1/agents", by="hk_unknown")).status
        assert [200] * 3 == [(await api.get(path, by=None)).status for path in ("/healthz", "/readyz", "/metrics")]

        held.set()
        assert [404, 404] == [answer.status for answer in await asyncio.gather(slow, others)]
        assert 200 == (await api.get("/v1/agents", by="admin")).status
        assert (0, {}) == (service.gate.taken, service.gate._held)

    async def test_a_stream_takes_no_place(self, api, held):
        async with api.client.get("/v1/stream", headers={"Authorization": f"Bearer {api.keys['bot']}"}) as stream:
            assert 200 == stream.status
            assert 0 == api.client.app[SERVICE].gate.taken
            assert 200 == (await api.get("/v1/agents", by="integrator")).status

    async def test_whoever_is_refused_holds_nothing(self, api):
        for path, status in (("/v1/agents", 401), ("/v1/nothing", 404)):
            assert status == (await api.get(path, by="hk_unknown")).status
        assert 403 == (await api.get("/v1/webhooks", by="bot")).status
        assert 400 == (await api.post("/v1/conversations", raw=b"{")).status
        assert (0, {}) == (api.client.app[SERVICE].gate.taken, api.client.app[SERVICE].gate._held)


async def test_prometheus_is_told(api):
    api.client.app[SERVICE].refused["full"] = 7

    told = await api.get("/metrics", by=None)

    assert "text/plain; version=0.0.4; charset=utf-8" == told.headers["Content-Type"]
    lines = told.body.decode().splitlines()
    assert 'handoff_refused_total{reason="full"} 7.0' in lines
    assert 'handoff_refused_total{reason="share"} 0.0' in lines
    assert "handoff_calls_running 0.0" in lines
    assert f"handoff_calls_places {float(Limits().running)}" in lines
    assert any(line.startswith("process_resident_memory_bytes") for line in lines)


async def test_it_notices_by_itself_that_the_event_loop_is_late(refused):
    gate = Gate(16, refused)
    watch = asyncio.create_task(gate.watch())
    await asyncio.sleep(0)

    def busy():
        from time import sleep  # noqa: PLC0415

        sleep(0.4)

    asyncio.get_running_loop().call_soon(busy)
    await eventually(lambda: gate.places < 16)
    watch.cancel()

    assert gate.lag > LATE
