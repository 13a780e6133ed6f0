"""What browsers load: how long they keep it, what it may do, and who may embed it."""

from __future__ import annotations

import gzip

import pytest

from handoff_sdk.web import Assets

SOURCES = {"widget/index.js": b"let a\n", "headless/state.js": b"let b\n", "console/style.css": b"a {}"}
ELSEWHERE = {"Origin": "https://elsewhere.example.com"}


@pytest.fixture
def built(monkeypatch):
    """The assets that are served in these tests."""
    made = Assets(SOURCES)
    monkeypatch.setattr("handoff_sdk.server.routes.pages.assets", lambda: made)
    return made


async def test_the_loader_brings_the_present_version_and_is_asked_for_again(api, built):
    answer = await api.get("/widget.js", by=None)

    assert (200, built.loader) == (answer.status, answer.body)
    assert "text/javascript; charset=utf-8" == answer.headers["Content-Type"]
    assert "public, max-age=300" == answer.headers["Cache-Control"]
    again = await api.get("/widget.js", by=None, headers={"If-None-Match": answer.headers["ETag"]})
    assert (304, b"") == (again.status, again.body)


@pytest.mark.parametrize(
    ("path", "media"),
    [
        ("widget/index.js", "text/javascript; charset=utf-8"),
        ("headless/state.js", "text/javascript; charset=utf-8"),
        ("console/style.css", "text/css; charset=utf-8"),
    ],
)
async def test_a_file_is_kept_for_a_year(api, built, path, media):
    answer = await api.get(f"/assets/{built.hash}/{path}", by=None, headers={"Accept-Encoding": "identity"})

    assert (200, SOURCES[path], media) == (answer.status, answer.body, answer.headers["Content-Type"])
    assert "public, max-age=31536000, immutable" == answer.headers["Cache-Control"]
    assert "nosniff" == answer.headers["X-Content-Type-Options"]


@pytest.mark.parametrize(
    ("accepted", "packed"), [("gzip, br", True), ("br, gzip;q=0.5", True), ("gzip;q=0, br", False), ("br", False)]
)
async def test_a_file_comes_packed_for_those_who_can_unpack_it(api, built, accepted, packed):
    path = f"/assets/{built.hash}/widget/index.js"
    async with api.client.request("GET", path, headers={"Accept-Encoding": accepted}) as answer:
        assert packed == (answer.headers.get("Content-Encoding") == "gzip")
        assert "Accept-Encoding" == answer.headers["Vary"]
        assert b"let a\n" == await answer.read()
    assert b"let a\n" == gzip.decompress(built.packed["widget/index.js"])


@pytest.mark.parametrize(
    "path", ["x/widget/index.js", "{hash}/widget/none.js", "{hash}/../auth.py", "{hash}/%2e%2e/__init__.py"]
)
async def test_another_version_and_other_files_are_not_there(api, built, path):
    answer = await api.get("/assets/" + path.format(hash=built.hash), by=None)

    assert (404, "not_found") == (answer.status, answer.code)


async def test_any_site_may_load_the_widget(api, built):
    for path in ("/widget.js", f"/assets/{built.hash}/widget/index.js"):
        answer = await api.get(path, by=None, headers=ELSEWHERE)
        assert "*" == answer.headers["Access-Control-Allow-Origin"]
        assert "cross-origin" == answer.headers["Cross-Origin-Resource-Policy"]


async def test_the_console_loads_nothing_from_elsewhere_and_stands_in_no_frame(api, monkeypatch):
    monkeypatch.setattr("handoff_sdk.server.routes.pages.page", lambda name: f"<p>{name}".encode())

    answer = await api.get("/console", by=None)

    assert (200, b"<p>console") == (answer.status, answer.body)
    assert "text/html; charset=utf-8" == answer.headers["Content-Type"]
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert ("same-origin", "no-referrer", "no-store") == tuple(
        answer.headers[name] for name in ("Cross-Origin-Opener-Policy", "Referrer-Policy", "Cache-Control")
    )


async def test_pages_take_no_other_methods(api):
    for path in ("/widget.js", "/console", "/assets/x/y/z.js"):
        answer = await api.post(path, by=None)
        assert (405, "GET, HEAD, OPTIONS") == (answer.status, answer.headers["Allow"])
