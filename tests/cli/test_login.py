"""Links that agents log in with, made at the command line, and the demo where a click makes them."""

import json
import signal
from http.client import HTTPConnection
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from .conftest import Engine, Shell

CONFIG = "agents: {ana: {name: Ana}}\n"


def session(url, token):
    """What a log-in with a link answers."""
    body = json.dumps({"token": token}).encode()
    request = Request(f"{url}/v1/session", body, {"Content-Type": "application/json"}, method="POST")  # noqa: S310
    with urlopen(request, timeout=30) as answer:  # noqa: S310 - the URL is the engine's
        return json.load(answer)


def fetched(url, path, **headers):
    """Status, headers and body of a page, without following it anywhere."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def test_a_link_is_made_beside_a_running_engine(shell):
    (shell.folder / "desk.yaml").write_text(CONFIG)
    with shell.serving("--config", "desk.yaml") as engine:
        status, [link], err = shell.run("keys", "--agent", "ana", "--data", "desk", "--url", engine.url)
        assert (0, []) == (status, err)
        address, _, token = link.partition("#login=")
        assert f"{engine.url}/console" == address
        assert "ana" == session(engine.url, token)["agent"]["id"]
        with pytest.raises(HTTPError, match="401"):
            session(engine.url, token)

        status, out, err = shell.run("keys", "--agent", "anna", "--data", "desk", "--url", engine.url)
        assert (1, [], 1) == (status, out, len(err))
        assert "did you mean 'ana'?" in err[0]


def test_a_link_made_while_no_engine_runs_is_good_when_it_does(handoff, shell, desk):
    status, [link], err = handoff("keys", "--agent", "ana", "--data", "desk", "--url", "https://desk.example.com/")
    assert (0, []) == (status, err)
    address, _, token = link.partition("#login=")
    assert "https://desk.example.com/console" == address

    (shell.folder / "desk.yaml").write_text(CONFIG)
    with shell.serving("--config", "desk.yaml") as engine:
        assert "Ana" == session(engine.url, token)["agent"]["name"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    shell = Shell(tmp_path_factory.mktemp("demo"))
    with shell.running("serve", "--demo", "--data", "desk", "--port", "0") as process:
        engine = Engine(shell, process)
        lines = [engine.line() for _ in range(len(engine.keys) + 3)]
        assert f"open {engine.url}/ as the customer, and from there be the agent" == lines[-1]
        yield engine


class TestDemo:
    def test_there_is_a_page_with_the_widget(self, demo):
        status, headers, body = fetched(demo.url, "/")

        assert 200 == status
        assert '<script type="module" src="widget.js" data-brand="default"></script>' in body
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert "{{" not in body
        sheet = body.partition('stylesheet" href="')[2].partition('"')[0]
        assert 200 == fetched(demo.url, f"/{sheet}")[0]

    def test_a_click_is_all_it_takes_to_be_an_agent(self, demo):
        for agent in ("ana", "ben"):
            assert f'href="agent?agent={agent}"' in fetched(demo.url, "/")[2]
            status, headers, _ = fetched(demo.url, f"/agent?agent={agent}", **{"Sec-Fetch-Site": "same-origin"})
            place, _, token = headers["Location"].partition("#login=")
            assert (303, "console") == (status, place)
            assert agent == session(demo.url, token)["agent"]["id"]

    @pytest.mark.parametrize(
        "headers",
        [
            {"Host": "attacker.example.com"},
            {"Host": "attacker.example.com:8080"},
            {"X-Forwarded-For": "203.0.113.7"},
            {"Sec-Fetch-Site": "cross-site"},
        ],
    )
    def test_only_who_is_here_may_be_one(self, demo, headers):
        assert 403 == fetched(demo.url, "/agent?agent=ana", **headers)[0]

    def test_the_bot_gets_a_person_and_the_agent_is_offered_the_ticket(self, demo):
        demo.ask("PUT", "/v1/agents/ben/status", {"status": "online"})
        message = {"content": {"type": "text", "text": "A person, please"}}
        started = demo.ask("POST", "/v1/conversations", {"customer": {"name": "Mia"}, "message": message})
        cursor, seen = 0, []
        while "ticket.offered" not in seen:
            feed = demo.ask("GET", f"/v1/events?conversation={started['id']}&after={cursor}&wait=20s")
            seen += [event["type"] for event in feed["items"]]
            cursor = feed["cursor"]
        assert "control.passed" in seen

    def test_it_ends_well(self, demo):
        demo.process.send_signal(signal.SIGINT)
        assert 0 == demo.process.wait(timeout=30)
        assert [] == [line for line in demo.shell.err if "ERROR" in line or "Traceback" in line]


def test_without_the_demo_there_is_no_such_page(engine):
    for path in ("/", "/agent?agent=ana"):
        assert 404 == fetched(engine.url, path)[0]


def test_the_demo_has_a_configuration_of_its_own(handoff, tmp_path):
    (tmp_path / "desk.yaml").write_text(CONFIG)
    status, out, err = handoff("serve", "--demo", "--config", "desk.yaml")
    assert (2, [], 1) == (status, out, len(err))
    assert "leave one of the two out" in err[0]
