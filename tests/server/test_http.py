"""What holds for every route: problem documents, methods, sizes, media types, headers, origins."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging

import pytest

from handoff_sdk.errors import Unavailable
from handoff_sdk.server import ROUTES

SHOP = "https://shop.example.com"


async def test_nothing_there_is_a_problem_document(api):
    answer = await api.get("/v1/nothing")

    assert (404, "not_found") == (answer.status, answer.code)


async def test_a_method_that_a_path_does_not_take(api):
    answer = await api.call("DELETE", "/v1/conversations/cnv_1")

    assert (405, "invalid_request") == (answer.status, answer.code)
    assert "GET, HEAD, OPTIONS, PATCH" == answer.headers["Allow"]


async def test_heads_are_answered_without_a_body(api):
    answer = await api.call("HEAD", "/v1/agents")

    assert (200, b"") == (answer.status, answer.body)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_no_route_answers_without_a_credential_unless_its_row_says_so(api, route):
    path = route.path
    for name in route.parameters:
        path = path.replace(f"{{{name}}}", "x")

    answer = await api.call(route.method, path, by=None)

    assert (route.who is None) == (answer.status != 401)
    if route.who is not None:
        assert "unauthenticated" == answer.code
        assert "Bearer" == answer.headers["WWW-Authenticate"]


async def test_a_body_that_is_too_large(api):
    size = 256 * 1024 + 1
    whole = await api.post("/v1/conversations", raw=b" " * size)
    assert (413, "too_large") == (whole.status, whole.code)

    async def chunks():
        for _ in range(size // 1024 + 1):
            yield b" " * 1024

    piecemeal = await api.post("/v1/conversations", raw=chunks())
    assert (413, "too_large") == (piecemeal.status, piecemeal.code)

    async def bomb():
        yield gzip.compress(b" " * 50_000_000)

    packed = await api.post("/v1/conversations", raw=bomb(), headers={"Content-Encoding": "gzip"})
    assert (413, "too_large") == (packed.status, packed.code)


async def test_the_largest_body_is_taken(api):
    conversation = await api.conversation()
    start, end = b'{"content":{"type":"text","text":"Hi"},"metadata":{"a":"', b'"}}'
    filling = b"a" * (256 * 1024 - len(start) - len(end))

    answer = await api.post(f"/v1/conversations/{conversation['id']}/messages", raw=start + filling + end)

    assert 201 == answer.status


async def test_a_body_that_is_packed_is_unpacked(api):
    packed = gzip.compress(json.dumps({"brand": "acme"}).encode())

    answer = await api.post("/v1/conversations", raw=packed, headers={"Content-Encoding": "gzip"})

    assert 201 == answer.status


async def test_a_body_that_is_not_packed_as_it_says(api):
    answer = await api.post("/v1/conversations", raw=b"{}", headers={"Content-Encoding": "gzip"})

    assert 400 == answer.status


@pytest.mark.parametrize(
    ("media", "status"),
    [
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ('Application/JSON;charset="UTF-8"', 201),
        ("application/json; charset=latin-1", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/problem+json", 415),
        ("", 415),
    ],
)
async def test_bodies_are_json(api, media, status):
    answer = await api.post("/v1/conversations", raw=b"{}", headers={"Content-Type": media})

    assert status == answer.status
    if status == 415:
        assert "unsupported_media" == answer.code


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 30_000, b"\xff", b'{"a": NaN}', b'{"brand": "\\ud800"}', b"{"]
)
async def test_what_is_no_json_is_a_clean_refusal(api, body):
    answer = await api.post("/v1/conversations", raw=body)

    assert (400, "invalid_request") == (answer.status, answer.code)


async def test_wrong_fields_are_told_one_by_one(api):
    answer = await api.post("/v1/conversations", {"chanel": "web", "brand": 5})

    assert "invalid_request" == answer.code
    assert {
        "chanel": "unknown key; did you mean 'channel'?",
        "brand": "Input should be a valid string",
    } == {error["path"]: error["message"] for error in answer.json["errors"]}


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "page=",
        "page=%00",
        "page=garbage",
        "page=%FF",
        "brnad=acme",
        "limit=1&limit=2",
    ],
)
async def test_a_query_that_is_not_right(api, query):
    answer = await api.get(f"/v1/conversations?{query}")

    assert (400, "invalid_request") == (answer.status, answer.code)


@pytest.mark.parametrize("name", ["%00", "a" * 300, "%ED%A0%80", "..%2F", "%FF"])
async def test_names_that_nothing_has(api, name):
    for path in (f"/v1/conversations/{name}", f"/v1/tickets/{name}", f"/v1/customers/{name}", f"/v1/handoffs/{name}"):
        answer = await api.get(path)
        assert (404, "not_found") == (answer.status, answer.code)


async def test_a_request_keeps_its_id(api):
    assert "mine-1" == (await api.get("/healthz", headers={"X-Request-Id": "mine-1"})).headers["X-Request-Id"]

    made = (await api.get("/healthz", headers={"X-Request-Id": "not a sane one"})).headers["X-Request-Id"]
    assert made.startswith("req_")
    assert made != (await api.get("/healthz")).headers["X-Request-Id"]


async def test_what_the_engine_gets_wrong_is_logged_and_not_told(api, monkeypatch, caplog):
    async def broken(*_):
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(api.desk.queries, "conversation", broken)

    answer = await api.get("/v1/conversations/cnv_1")

    assert (500, "internal") == (answer.status, answer.code)
    assert b"secret" not in answer.body
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert answer.json["request_id"] in record.getMessage()
    assert "the secret of the house" in caplog.text


async def test_answers_are_neither_kept_nor_sniffed(api):
    answer = await api.get("/v1/agents")

    assert ("no-store", "nosniff", "no-referrer") == tuple(
        answer.headers[name] for name in ("Cache-Control", "X-Content-Type-Options", "Referrer-Policy")
    )
    assert "aiohttp" not in answer.headers["Server"]


async def test_ready_means_that_the_desk_works(api, monkeypatch):
    assert 200 == (await api.get("/healthz", by=None)).status
    assert 200 == (await api.get("/readyz", by=None)).status

    def broken():
        raise Unavailable("the disk is full", retry_after=3)

    monkeypatch.setattr(api.desk, "check", broken)

    assert 200 == (await api.get("/healthz", by=None)).status
    answer = await api.get("/readyz", by=None)
    assert (503, "unavailable", "3") == (answer.status, answer.code, answer.headers["Retry-After"])


async def test_a_listed_origin_may_embed_the_widget(api):
    asked = await api.call("OPTIONS", "/v1/conversations", by=None, headers={"Origin": SHOP})
    assert (204, SHOP) == (asked.status, asked.headers["Access-Control-Allow-Origin"])
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert "Handoff-Agent" not in asked.headers["Access-Control-Allow-Headers"]

    answer = await api.get("/v1/conversations", by=api.token(), headers={"Origin": SHOP})
    assert (SHOP, "Origin") == (answer.headers["Access-Control-Allow-Origin"], answer.headers["Vary"])
    refused = await api.get("/v1/conversations", by=None, headers={"Origin": SHOP})
    assert SHOP == refused.headers["Access-Control-Allow-Origin"]


async def test_other_origins_may_not(api):
    for origin in ("https://evil.example.com", "null", "https://shop.example.com.evil.com"):
        asked = await api.call("OPTIONS", "/v1/conversations", by=None, headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in asked.headers


async def test_the_page_of_the_document_needs_nothing_from_elsewhere(api):
    page = await api.get("/docs", by=None)
    policy = page.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert b"http://" not in page.body
    assert b"https://" not in page.body
    document = await api.get("/openapi.json", by=None)
    assert "3.1.0" == document.json["openapi"]


async def test_a_client_that_waits_to_be_asked_for_its_body_is_asked(api):
    reader, writer = await asyncio.open_connection(api.client.server.host, api.client.server.port)
    head = (
        "POST /v1/conversations HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"
        f"Authorization: Bearer {api.keys['integrator']}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode())

    assert b"HTTP/1.1 100 Continue\r\n" == await reader.readline()
    writer.write(b"{}")
    assert b"HTTP/1.1 201 Created" in await reader.read()
    writer.close()
