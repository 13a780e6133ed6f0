"""Endpoints for webhooks, good ones and bad ones, over real sockets, and what is found about them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from handoff_sdk import Unauthenticated, verify_webhook
from handoff_sdk.desk.clock import SystemClock
from handoff_sdk.testing import endpoint
from handoff_sdk.testing.endpoint import CHECKS, NothingAnswers, examined, graded

SECRET = "whsec_" + "A" * 40
UNSAFE = {"bad signature", "changed body", "missing headers", "stale timestamp", "timestamp in the future"}


class Good:
    """As one should be written."""

    secret = SECRET
    tolerance = timedelta(minutes=5)
    refusal = 401
    most = 1024**2

    async def answer(self, request):
        body = await request.read()
        try:
            event = verify_webhook(body, request.headers, self.secret, tolerance=self.tolerance)
        except Unauthenticated:
            return self.refusal
        return self.take(event)

    def take(self, event):
        return 204

    async def handle(self, request):
        return web.Response(status=await self.answer(request))


class Trusting(Good):
    async def answer(self, request):
        return 200


class OfAnotherSecret(Good):
    secret = "whsec_" + "B" * 40


class Patient(Good):
    tolerance = timedelta(days=365)


class Breaking(Good):
    refusal = 500


class OnceOnly(Good):
    def __init__(self):
        self.seen = set()

    def take(self, event):
        if event.id in self.seen:
            return 409
        self.seen.add(event.id)
        return 204


class InOrderOnly(Good):
    def __init__(self):
        self.last = 0

    def take(self, event):
        if 0 < event.seq < self.last:
            return 409
        self.last = max(self.last, event.seq)
        return 204


class KnowingItAll(Good):
    def take(self, event):
        return 400 if event.type.startswith("invented") else 204


class Fussy(Good):
    def take(self, event):
        return 400 if datetime.now(UTC) - event.at > timedelta(hours=1) else 204


class Small(Good):
    most = 100 * 1024


class OneSignature(Good):
    async def answer(self, request):
        if " " in request.headers.get("webhook-signature", ""):
            return 401
        return await super().answer(request)


class Overrun(Good):
    under_way = 0

    async def answer(self, request):
        self.under_way += 1
        try:
            await asyncio.sleep(0)
            return 503 if self.under_way > 3 else await super().answer(request)
        finally:
            self.under_way -= 1


class Gone(Good):
    def take(self, event):
        return 410


class Moved(Good):
    def take(self, event):
        return 301


@pytest.fixture
async def found_at():
    """Examines an endpoint: the checks that failed with their reasons, and the grade."""
    servers = []

    async def found_at(kind, secret=SECRET):
        app = web.Application(client_max_size=kind.most)
        app.router.add_post("/hook", kind().handle)
        servers.append(server := TestServer(app))
        await server.start_server()
        found = await examined(str(server.make_url("/hook")), secret, SystemClock())
        failed = {one.name: one.reason for one in found if one.state == "failed"}
        assert all((one.advice is None) == (one.state != "failed") for one in found)
        return failed, graded(found), found

    yield found_at
    for server in servers:
        await server.close()


async def test_a_good_one_gets_an_a(found_at):
    failed, grade, found = await found_at(Good)
    assert ({}, "A") == (failed, grade)
    assert [*(check.name for check in CHECKS), "quick"] == [one.name for one in found]
    assert {"ok"} == {one.state for one in found}


@pytest.mark.parametrize(
    ("kind", "failing", "grade"),
    [
        (Trusting, UNSAFE, "F"),
        (OfAnotherSecret, {check.name for check in CHECKS if check.accepted}, "F"),
        (Patient, {"stale timestamp", "timestamp in the future"}, "F"),
        (Breaking, UNSAFE, "F"),
        (OnceOnly, {"duplicate"}, "B"),
        (InOrderOnly, {"reordered"}, "B"),
        (KnowingItAll, {"unknown event type"}, "B"),
        (Fussy, {"late"}, "B"),
        (Small, {"big body"}, "B"),
        (OneSignature, {"secret being replaced"}, "B"),
        (Overrun, {"many at once"}, "B"),
    ],
)
async def test_what_is_wrong_with_one_is_found(found_at, kind, failing, grade):
    failed, got, _ = await found_at(kind)
    assert (failing, grade) == (set(failed), got)


class Worn(OnceOnly, InOrderOnly, KnowingItAll):
    def __init__(self):
        self.seen, self.last = set(), 0

    def take(self, event):
        return max(OnceOnly.take(self, event), InOrderOnly.take(self, event), KnowingItAll.take(self, event))


async def test_more_than_two_things_are_a_c(found_at):
    failed, grade, _ = await found_at(Worn)
    assert ({"duplicate", "reordered", "unknown event type"}, "C") == (set(failed), grade)


@pytest.mark.parametrize(
    ("kind", "name", "reason"),
    [
        (Trusting, "bad signature", "answered 200, as if it were good"),
        (Trusting, "missing headers", "post 1 of 4: answered 200, as if it were good"),
        (Breaking, "changed body", "answered 500, which is no refusal (4xx)"),
        (OnceOnly, "duplicate", "post 2 of 2: answered 409"),
        (Gone, "signed", "answered 410, which disables the webhook"),
        (Moved, "signed", "answered 301, and redirects are not followed"),
    ],
)
async def test_it_says_what_happened(found_at, kind, name, reason):
    failed, _, _ = await found_at(kind)
    assert reason == failed[name]


async def test_without_the_secret_only_forgeries_are_posted(found_at):
    failed, grade, found = await found_at(Good, secret=None)
    assert ({}, None) == (failed, grade)
    assert ["bad signature", "missing headers", "quick"] == [one.name for one in found if one.state == "ok"]
    failed, grade, _ = await found_at(Trusting, secret=None)
    assert ({"bad signature", "missing headers"}, "F") == (set(failed), grade)


async def test_a_slow_one_is_told_so(found_at, monkeypatch):
    monkeypatch.setattr(endpoint, "_QUICK", 0.0)
    failed, grade, _ = await found_at(Good)
    assert ({"quick"}, "B") == (set(failed), grade)


async def test_one_that_never_answers_is_not_waited_for_again(found_at, monkeypatch):
    monkeypatch.setattr(endpoint, "_WITHIN", 0.1)

    class Hanging(Good):
        async def answer(self, request):
            await request.read()
            await asyncio.Event().wait()

    failed, grade, found = await found_at(Hanging)
    assert ({"signed": "No answer came within 0.1 s"}, "F") == (failed, grade)
    assert {"nothing was answered before"} == {one.reason for one in found[1:]}


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/hook", "ftp://example.com/", "http://"])
async def test_one_that_cannot_be_reached_is_no_finding(url):
    with pytest.raises(NothingAnswers):
        await examined(url, SECRET, SystemClock())
