"""What becomes of answers that are no good: one tree of errors, and nothing of the libraries."""

import httpx
import pytest
import respx

from handoff_sdk import ClientError, FieldError, HandoffClient, HandoffError, Retries, UnexpectedAnswer, errors

BY_CODE = {code: kind for code, kind in errors.BY_CODE.items() if not issubclass(kind, ClientError)}


def problem(status, **fields):
    body = {"type": "about:blank", "title": "No", "status": status, "request_id": "req_1", **fields}
    return httpx.Response(status, json=body, headers={"content-type": "application/problem+json"})


@pytest.fixture
async def client():
    async with HandoffClient("http://desk.test", retries=Retries(total=0)) as client:
        yield client


async def error_of(client, engine, answer):
    engine.get("/v1/tickets/t").mock(return_value=answer)
    with pytest.raises(HandoffError) as caught:
        await client.tickets.get("t")
    return caught.value


@pytest.mark.parametrize("code", BY_CODE)
async def test_each_code_has_its_error(code, client, engine):
    kind = BY_CODE[code]
    listed = [{"path": "a.b", "message": "is wrong"}]

    error = await error_of(client, engine, problem(kind.status, code=code, detail="It is so.", errors=listed))

    assert type(error) is kind
    assert [error.code, error.status, error.detail, str(error)] == [code, kind.status, "It is so.", "It is so."]
    assert error.errors == (FieldError("a.b", "is wrong"),)
    assert error.request_id == "req_1"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.InvalidRequest),
        (401, errors.Unauthenticated),
        (403, errors.Forbidden),
        (404, errors.NotFound),
        (405, errors.InvalidRequest),
        (409, errors.Refused),
        (410, errors.InvalidRequest),
        (413, errors.TooLarge),
        (415, errors.UnsupportedMedia),
        (422, errors.Unprocessable),
        (429, errors.RateLimited),
        (500, errors.Unavailable),
        (503, errors.Unavailable),
    ],
)
async def test_a_newer_code_is_the_nearest_error_and_keeps_its_name(status, kind, client, engine):
    error = await error_of(client, engine, problem(status, code="of_tomorrow", detail="New."))

    assert type(error) is kind
    assert [error.code, error.status, error.detail] == ["of_tomorrow", status, "New."]


async def test_only_the_client_says_that_nobody_answered(client, engine):
    error = await error_of(client, engine, problem(503, code="unreachable", detail="A lie."))

    assert type(error) is errors.Unavailable


async def test_the_wait_that_is_asked_for_is_told(client, engine):
    answer = problem(429, code="rate_limited")
    answer.headers["retry-after"] = "12"

    assert (await error_of(client, engine, answer)).retry_after == 12


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, text="Not Found"),
        httpx.Response(500, html="<h1>Oops</h1>"),
        httpx.Response(502, json={"message": "no upstream"}),
        httpx.Response(400, content=b"{", headers={"content-type": "application/problem+json"}),
        httpx.Response(400, json=["code"]),
        httpx.Response(400, json={"code": 5}),
        httpx.Response(302, headers={"location": "https://elsewhere.test/"}),
        httpx.Response(200, text="welcome"),
        httpx.Response(200, json={"id": "tkt_1"}),
        httpx.Response(200, content=b"\xff"),
        httpx.Response(204),
    ],
    ids=repr,
)
async def test_what_is_not_the_engine_is_said_to_be_unexpected(answer, client, engine):
    error = await error_of(client, engine, answer)

    assert type(error) is UnexpectedAnswer
    assert str(answer.status_code) in error.detail


async def test_an_answer_that_points_elsewhere_says_where(client, engine):
    error = await error_of(client, engine, httpx.Response(301, headers={"location": "https://desk.test/"}))

    assert "it points to https://desk.test/" in error.detail


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("x"),
        httpx.ConnectTimeout("x"),
        httpx.PoolTimeout("x"),
        httpx.WriteError("x"),
        httpx.ProxyError("x"),
        httpx.RemoteProtocolError("x"),
        httpx.LocalProtocolError("x"),
        httpx.UnsupportedProtocol("x"),
        httpx.DecodingError("x"),
        httpx.TooManyRedirects("x"),
        httpx.InvalidURL("x"),
        httpx.StreamError("x"),
        TimeoutError("x"),
        OSError("x"),
    ],
    ids=repr,
)
async def test_nothing_of_the_libraries_comes_out(trouble, client, engine):
    engine.route().side_effect = trouble

    with pytest.raises(ClientError):
        await client.tickets.get("t")


async def test_a_body_that_is_not_compressed_as_it_says_is_unexpected(client, engine):
    broken = httpx.Response(200, stream=httpx.ByteStream(b"no gzip"), headers={"content-encoding": "gzip"})

    assert type(await error_of(client, engine, broken)) is UnexpectedAnswer


async def test_a_closed_client_says_so():
    client = HandoffClient("http://desk.test")
    await client.aclose()

    with pytest.raises(ClientError, match="closed"):
        await client.tickets.get("t")


async def test_a_list_of_something_else_is_unexpected(client, engine):
    engine.get("/v1/tickets").respond(200, json={"items": [{"id": 1}], "next": None})

    with pytest.raises(UnexpectedAnswer, match="not a Ticket"):
        await client.tickets.list().page()


@pytest.mark.parametrize("plain", [False, True], ids=["default transport", "httpx's own transport"])
async def test_respx_stands_in_for_the_engine_whatever_the_transport(plain, nouns):
    transport = httpx.AsyncHTTPTransport() if plain else None
    with respx.mock(using="httpx") as mock:
        mock.get("http://desk.test/v1/tickets/t").respond(200, json=nouns["ticket"])
        async with HandoffClient("http://desk.test", transport=transport) as client:
            assert (await client.tickets.get("t")).id == "tkt_1"


async def test_a_transport_of_ones_own_is_used(nouns):
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=nouns["ticket"]))

    async with HandoffClient("http://desk.test", transport=transport) as client:
        assert (await client.tickets.get("t")).id == "tkt_1"


async def test_a_field_and_a_content_of_tomorrow_do_not_hurt(client, engine, nouns):
    hologram = {"type": "hologram", "text": "A ship", "depth": 3}
    engine.get("/v1/conversations/c").respond(200, json=nouns["conversation"] | {"mood": "good"})
    engine.get("/v1/conversations/c/messages").respond(
        200, json={"items": [nouns["message"] | {"content": hologram, "more": 1}], "next": None, "total": 1}
    )

    assert (await client.conversations.get("c")).id == "cnv_1"
    message = await client.messages.list("c").first()
    assert message.text == "A ship"
    assert message.content.model_dump() == hologram
