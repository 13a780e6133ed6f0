import asyncio
import os
import socket
import subprocess
import sys

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer


def findings(out: list[str]) -> dict[str, tuple[str, str]]:
    """What each check found: its verdict and its words."""
    lines = [line.split(maxsplit=1) for line in out]
    return {
        check.strip(): (verdict, found.strip()) for verdict, rest in lines for check, _, found in [rest.partition("  ")]
    }


def test_it_looks_at_the_machine(handoff):
    status, out, err = handoff("doctor")
    assert (0, []) == (status, err)
    found = findings(out)
    assert ["Python", "SQLite", "packages", "clock"] == list(found)
    assert {"ok"} == {found[check][0] for check in ("Python", "packages", "clock")}


def test_without_the_extra_it_looks_at_what_it_can(tmp_path):
    (tmp_path / "desk.yaml").touch()
    code = (
        "import sys; sys.modules['sqlalchemy'] = sys.modules['yaml'] = None\n"
        "sys.argv = ['handoff', 'doctor', '--config', 'desk.yaml']\n"
        "from handoff_sdk.cli import main\n"
        "main()"
    )
    ran = subprocess.run(  # noqa: S603 - it is our own code
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    found = findings(ran.stdout.splitlines())
    assert (1, "") == (ran.returncode, ran.stderr)
    assert found["SQLite"][1].endswith("; not looked at, sqlalchemy is missing")
    assert ("fail", "reading YAML needs PyYAML: install 'handoff-sdk[server]'") == found["config"]


def test_what_the_extra_lacks_is_told(handoff, monkeypatch):
    asked = ["aiohttp>=3", "rich>=13; extra == 'server'", "no-such-package>=1; extra == 'server'"]
    monkeypatch.setattr("importlib.metadata.requires", lambda name: asked)
    status, out, _ = handoff("doctor")
    told = ("fail", "no-such-package missing: pip install 'handoff-sdk[server]'")
    assert (1, told) == (status, findings(out)["packages"])


async def test_an_engine_that_takes_no_work_is_a_failure_and_its_clock_is_compared(handoff):
    async def not_ready(request: web.Request) -> web.Response:
        headers = {"Date": "Mon, 05 Jan 2026 09:00:00 GMT"}
        return web.json_response({"detail": "The store is full."}, status=503, headers=headers)

    app = web.Application()
    app.router.add_get("/readyz", not_ready)
    async with TestServer(app) as server:
        url = str(server.make_url("")).rstrip("/")
        status, out, _ = await asyncio.to_thread(handoff, "doctor", "--url", url)
    found = findings(out)
    assert (1, ("fail", f"{url} answers 503 at /readyz: The store is full.")) == (status, found["engine"])
    assert "warn" == found["engine's clock"][0]


def test_a_desk_at_work_has_nothing_to_complain_of(shell, engine):
    folder = str(engine.shell.folder / "desk")
    status, out, err = shell.run("doctor", "--data", folder, "--url", engine.url)
    found = findings(out)
    assert (0, []) == (status, err)
    assert ("ok", f"handoff.db is in use by an engine, process {engine.process.pid}") == found["store"]
    assert ("ok", "mode 0600, for its owner alone") == found["keys.json"]
    assert ("ok", f"{engine.url} takes work") == found["engine"]
    assert "ok" == found["engine's clock"][0]


def test_a_desk_that_rests_is_not_in_use_and_looking_changes_nothing(handoff, desk):
    before = {path.name: path.read_bytes() for path in desk.iterdir()}
    status, out, _ = handoff("doctor", "--data", "desk")
    assert (0, ("ok", "handoff.db is not in use")) == (status, findings(out)["store"])
    assert before == {path.name: path.read_bytes() for path in desk.iterdir()}


@pytest.mark.parametrize(
    ("file", "told"),
    [("desk/handoff.db", ("ok", "handoff.db is not in use")), ("none.db", ("fail", "there is no file none.db"))],
)
def test_a_store_that_is_elsewhere_is_looked_at(handoff, desk, file, told):
    status, out, _ = handoff("doctor", "--store", f"sqlite:///{file}")
    assert (int(told[0] == "fail"), told) == (status, findings(out)["store"])


@pytest.mark.parametrize(
    "store", ["mysql://ada:hunter2@db/desk", "host=db password=hunter2", "http://db/?password=hunter2"]
)
def test_what_names_no_store_is_told_without_its_password(handoff, store):
    status, out, err = handoff("doctor", "--store", store)
    assert (2, [], True, False) == (status, out, "is not a store that there is" in err[0], "hunter2" in err[0])


def test_keys_that_others_may_read_are_a_failure(handoff, desk):
    (desk / "keys.json").chmod(0o644)
    status, out, _ = handoff("doctor", "--data", "desk")
    assert 1 == status
    assert ("fail", "others may read it (mode 0644): chmod 600 desk/keys.json") == findings(out)["keys.json"]


def test_a_store_from_the_future_is_a_warning(handoff, desk):
    os.utime(desk / "handoff.db", (4_000_000_000, 4_000_000_000))
    status, out, _ = handoff("doctor", "--data", "desk")
    told = ("warn", "handoff.db was changed at 2096-10-02 07:06Z: was the clock set back?")
    assert (0, told) == (status, findings(out)["store"])


@pytest.mark.parametrize(
    ("config", "verdict", "told"),
    [
        ("agents: {ana: {}}", "ok", "desk.yaml: 1 brand, 1 agent"),
        ("", "warn", "desk.yaml: 1 brand, 0 agents; what is handed off will wait for ever"),
        ("agnets: {}\nbrnads: {}", "fail", "desk.yaml:1: agnets: unknown key; did you mean 'agents'? (and 1 more)"),
        ("canned: {hello: {}}", "fail", "desk.yaml:1: canned.hello: is empty"),
        ("a: [", "fail", "desk.yaml:1: "),
    ],
)
def test_it_reads_the_configuration(handoff, tmp_path, config, verdict, told):
    (tmp_path / "desk.yaml").write_text(config)
    status, out, _ = handoff("doctor", "--config", "desk.yaml")
    found = findings(out)["config"]
    assert (int(verdict == "fail"), verdict) == (status, found[0])
    assert told == found[1][: len(told)]


def test_what_is_not_there_is_a_failure(handoff):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    status, out, err = handoff("doctor", "--data", "none", "--config", "none.yaml", "--url", url)
    found = findings(out)
    assert (1, []) == (status, err)
    assert ("fail", "none is not there; 'handoff serve --data none' makes it") == found["data folder"]
    assert ("fail", "none.yaml: No such file or directory") == found["config"]
    assert "fail" == found["engine"][0]
    assert found["engine"][1].startswith(f"{url} does not answer: ")
