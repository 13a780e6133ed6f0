"""What a widget is told of its brand, and which sites it may stand on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handoff_sdk.models.config import merged

SHOP, OTHER = "https://shop.example.com", "https://umbra.example.com"
TEXT = {"content": {"type": "text", "text": "Hello"}}


@pytest.fixture
def config(config):
    brands = {
        "acme": {
            "name": "Acme",
            "language": "de",
            "bot_name": "Ada",
            "survey": True,
            "schedule": "office",
            "closed_text": {"en": "We are closed.", "de": "Geschlossen."},
        },
        "umbra": {"origins": [OTHER]},
    }
    schedules = {"office": {"timezone": "UTC", "hours": {"mon-fri": ["09:00-17:00"]}}}
    return merged(config, {"brands": brands, "schedules": schedules})


async def test_a_brand_is_told_as_its_customers_see_it(api):
    told = (await api.get("/v1/widget?brand=acme", by=None)).json

    limits, spoken = told.pop("limits"), told.pop("languages")
    assert {
        "brand": "acme",
        "name": "Acme",
        "open": True,
        "opens_at": None,
        "texts": {"closed": "Geschlossen."},
        "language": "de",
        "survey": True,
        "persona": "Ada",
        "messaging": True,
        "anonymous": True,
    } == told
    assert (4096, 25_000_000) == (limits["message_characters"], limits["attachment_bytes"])
    assert "image/png" in limits["attachment_types"]
    assert not [each for each in limits["attachment_types"] if "svg" in each or "html" in each]
    assert spoken == sorted(spoken)


async def test_outside_working_hours_it_says_when_people_come_next(api):
    api.clock.advance_to(api.clock.now() + timedelta(hours=8))
    told = (await api.get("/v1/widget?brand=acme&language=en-GB", by=None)).json

    assert (False, "2026-03-03T09:00:00Z", {"closed": "We are closed."}) == (
        told["open"],
        told["opens_at"],
        told["texts"],
    )


async def test_a_brand_of_which_nothing_is_said(api):
    told = (await api.get("/v1/widget", by=None)).json

    assert ("default", "default", True, {}, "en", None) == tuple(
        told[name] for name in ("brand", "name", "open", "texts", "language", "persona")
    )


async def test_a_brand_there_is_not(api):
    answer = await api.get("/v1/widget?brand=acne", by=None)

    assert "not_found" == answer.code
    assert "did you mean 'acme'?" in answer.json["detail"]


async def test_a_brand_that_takes_no_messages_says_so(api):
    assert (await api.get("/v1/widget?brand=closed", by=None)).json["messaging"] is False


@pytest.mark.parametrize(
    ("brand", "origin", "status"),
    [
        ("acme", SHOP, 200),
        ("acme", OTHER, 403),
        ("acme", "https://elsewhere.example.com", 403),
        ("acme", "null", 403),
        ("umbra", OTHER, 200),
        ("umbra", SHOP, 403),
    ],
)
async def test_a_widget_stands_where_its_brand_says(api, brand, origin, status):
    answer = await api.get(f"/v1/widget?brand={brand}", by=None, headers={"Origin": origin})
    assert status == answer.status

    started = await api.post(
        "/v1/conversations", {"brand": brand, "message": TEXT}, by=api.token(), headers={"Origin": origin}
    )
    assert (201 if status == 200 else 403) == started.status


async def test_the_engines_own_pages_have_every_brands_widget(api):
    own = f"http://{api.client.host}:{api.client.port}"
    for brand in ("acme", "umbra"):
        assert 200 == (await api.get(f"/v1/widget?brand={brand}", by=None, headers={"Origin": own})).status


@pytest.mark.parametrize(("origin", "may"), [(SHOP, True), (OTHER, True), ("https://elsewhere.example.com", False)])
async def test_sites_on_no_list_read_nothing(api, origin, may):
    sent = "authorization, content-disposition, content-type, idempotency-key, last-event-id"
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": sent,
    }
    answer = await api.call("OPTIONS", "/v1/conversations", by=None, headers=headers)

    assert (origin if may else None) == answer.headers.get("Access-Control-Allow-Origin")
    assert "Access-Control-Allow-Credentials" not in answer.headers
    if may:
        allowed = {each.strip() for each in answer.headers["Access-Control-Allow-Headers"].lower().split(",")}
        assert set(sent.split(", ")) <= allowed
        assert "POST" in answer.headers["Access-Control-Allow-Methods"]
