import json
import signal
import socket
from contextlib import ExitStack
from functools import partial
from urllib.error import HTTPError

import pytest

NOTHING = {"items": [], "next": None}


def test_the_first_line_says_where_it_listens_and_a_new_folder_gets_its_keys(shell):
    with shell.serving() as engine:
        assert engine.first_line.startswith("listening on http://127.0.0.1:")
        assert ["bot", "integrator", "admin"] == list(engine.keys)
        assert [f"{role} key: {secret}" for role, secret in engine.keys.items()] == [engine.line() for _ in engine.keys]
        assert 0o600 == (shell.folder / "desk/keys.json").stat().st_mode & 0o777
        assert NOTHING == engine.ask("GET", "/v1/tickets")


def test_two_engines_do_not_share_a_folder(engine):
    status, out, err = engine.shell.run("serve", "--data", "desk", "--port", "0")
    assert (1, [], 1) == (status, out, len(err))
    assert f"process {engine.process.pid}" in err[0]


def test_told_to_stop_it_finishes_what_is_in_flight_and_a_restart_goes_on(shell):
    body = json.dumps({"customer": {"external_id": "42"}}).encode()
    with shell.serving() as engine, ExitStack() as stack:
        host, port = engine.url.removeprefix("http://").split(":")
        head = (
            f"POST /v1/conversations HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {engine.keys['admin']}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
        )
        connections = [stack.enter_context(socket.create_connection((host, int(port)), timeout=30)) for _ in range(9)]
        for connection in connections:
            connection.sendall(head.encode())
            assert b"HTTP/1.1 100 Continue\r\n\r\n" == connection.recv(1000)
        for connection in connections:
            connection.sendall(body)
        engine.process.terminate()
        answers = [b"".join(iter(partial(connection.recv, 10_000), b"")) for connection in connections]
        assert 0 == engine.process.wait(timeout=30)
    assert [b"HTTP/1.1 201"] * 9 == [answer[:12] for answer in answers]
    started = [json.loads(answer.partition(b"\r\n\r\n")[2]) for answer in answers]
    with shell.serving() as again:
        assert engine.keys == again.keys
        kept = again.ask("GET", "/v1/conversations")["items"]
        assert sorted(one["id"] for one in started) == sorted(one["id"] for one in kept)
        assert [] == [line for line in again.stopped() if "hk_" in line]


def test_told_to_stop_it_does_not_wait_for_bodies(shell):
    with shell.serving() as engine:
        host, port = engine.url.removeprefix("http://").split(":")
        head = (
            f"POST /v1/conversations HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {engine.keys['admin']}\r\n"
            "Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n"
        )
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(head.encode())
            assert b"HTTP/1.1 100 Continue\r\n\r\n" == connection.recv(1000)
            connection.sendall(b"{")
            engine.process.terminate()
            answer = b"".join(iter(partial(connection.recv, 10_000), b""))
        assert 0 == engine.process.wait(timeout=10)
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"Retry-After: 1\r\n" in answer


def test_it_does_what_the_configuration_says_until_ctrl_c(shell):
    (shell.folder / "desk.yaml").write_text("agents: {ana: {name: Ana}}\nauth: {anonymous: false}\n")
    with shell.serving("--config", "desk.yaml", "--store", "sqlite:///elsewhere.db") as engine:
        assert ["ana"] == [agent["id"] for agent in engine.ask("GET", "/v1/agents")["items"]]
        with pytest.raises(HTTPError, match="403"):
            engine.ask("POST", "/v1/customers/anonymous", {})
        engine.process.send_signal(signal.SIGINT)
        assert 0 == engine.process.wait(timeout=30)
    assert [] == shell.err
    assert (shell.folder / "elsewhere.db").is_file()


def test_told_to_read_its_file_again_it_does_and_keeps_what_runs_where_the_file_is_wrong(shell):
    file = shell.folder / "desk.yaml"
    file.write_text("agents: {ana: {}}\n")
    with shell.serving("--config", "desk.yaml") as engine:
        lines = [engine.line() for _ in (*engine.keys, "where they are kept", "the configuration")]
        assert "configuration: version 1, desk.yaml" == lines[-1]

        file.write_text("agents: {ana: {}, ben: {}}\n")
        engine.process.send_signal(signal.SIGHUP)
        assert "configuration: version 2, desk.yaml" == engine.line()
        assert ["ana", "ben"] == [agent["id"] for agent in engine.ask("GET", "/v1/agents")["items"]]

        file.write_text("agents: {ana: {groups: [nowhere]}}\n")
        engine.process.send_signal(signal.SIGHUP)
        told = engine.line()
        assert told.startswith("configuration: version 2 stays, desk.yaml cannot be used: ")
        assert "nowhere" in told

        assert 3 == engine.ask("PUT", "/v1/config", {"agents": {"eva": {}}})["version"]
        file.write_text("agents: {ana: {}, ben: {}}\n")
        engine.stopped()
    with shell.serving("--config", "desk.yaml") as again:
        assert (
            "configuration: version 3, put in force over the API; desk.yaml says the same as before that"
            == again.line()
        )
        assert ["eva"] == [agent["id"] for agent in again.ask("GET", "/v1/agents")["items"]]


def test_a_port_in_use_is_told_in_one_line(shell):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, out, err = shell.run("serve", "--data", "desk", "--port", str(port))
    assert (2, [], 1) == (status, out, len(err))
    assert f"127.0.0.1:{port} is in use already" in err[0]


def test_a_configuration_that_is_none_is_told_by_line(handoff, tmp_path):
    (tmp_path / "desk.yaml").write_text("agents:\n  ana: {nmae: Ana}\n")
    told = "handoff: desk.yaml:2: agents.ana.nmae: unknown key; did you mean 'name'?"
    assert (2, [], [told]) == handoff("serve", "--config", "desk.yaml", "--data", "desk")


def test_a_store_that_there_is_not_is_told_in_one_line(handoff):
    what = "'sqlite:///' and the path of a file, or 'postgresql://USER@HOST/DATABASE'"
    told = f"handoff: 'mysql://x/y' is not a store that there is; write {what}."
    assert (2, [], [told]) == handoff("serve", "--store", "mysql://ada:secret@x/y", "--data", "desk")


def test_a_desk_on_postgresql_goes_on_after_a_restart(shell, new_database):
    store = ("--store", new_database())
    with shell.serving(*store) as engine:
        body = {"customer": {"external_id": "42"}, "message": {"content": {"type": "text", "text": "Hello"}}}
        started = engine.ask("POST", "/v1/conversations", body)
        status, out, err = shell.run("serve", "--data", "desk", "--port", "0", *store)
        assert (1, [], 1) == (status, out, len(err))
        assert f"{engine.process.pid}) from the same machine" in err[0]
        engine.stopped()
    with shell.serving(*store) as again:
        assert [started["id"]] == [one["id"] for one in again.ask("GET", "/v1/conversations")["items"]]
        assert [] == list((shell.folder / "desk").glob("*.db"))


def test_a_folder_that_cannot_be_made_is_told_in_one_line(handoff):
    status, out, err = handoff("serve", "--data", "/dev/null/desk")
    assert (2, [], 1) == (status, out, len(err))
    assert "/dev/null" in err[0]
