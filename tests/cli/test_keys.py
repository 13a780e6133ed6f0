import asyncio
import os
from urllib.error import HTTPError

import pytest

from handoff_sdk.compose import build_desk
from handoff_sdk.models.config import DeskConfig


def test_the_keys_of_a_folder_are_listed(handoff, desk):
    status, out, err = handoff("keys", "--data", "desk")
    assert (0, []) == (status, err)
    header, *rows = (line.split() for line in out)
    assert ["ID", "ROLE", "NAME", "CREATED"] == header
    assert [["bot", "first"], ["integrator", "first"], ["admin", "first"]] == [row[1:3] for row in rows]


def test_a_new_key_opens_what_its_role_may_and_a_revoked_one_nothing(handoff, shell, desk):
    status, [good], err = handoff("keys", "add", "--role", "integrator", "--name", "my shop", "--data", "desk")
    assert (0, []) == (status, err)
    _, [bad], _ = handoff("keys", "--data", "desk", "add", "--role", "admin")
    listed = handoff("keys", "--data", "desk").out
    assert ["my shop" in listed[-2], "admin" in listed[-1]] == [True, True]
    assert not {good, bad} & set(" ".join(listed).split())

    key_id = listed[-1].split()[0]
    assert (0, [f"revoked {key_id}"], []) == handoff("keys", "revoke", key_id, "--data", "desk")
    assert listed[:-1] == handoff("keys", "--data", "desk").out

    with shell.serving() as engine:
        assert {"items": [], "next": None} == engine.ask("GET", "/v1/tickets", key=good)
        with pytest.raises(HTTPError, match="401"):
            engine.ask("GET", "/v1/tickets", key=bad)


def test_the_keys_of_a_database_are_kept_there(handoff, new_database):
    store = ("--store", new_database())
    assert (0, ["ID  ROLE  NAME  CREATED"], []) == handoff("keys", *store)
    handoff("keys", "add", "--role", "bot", *store)
    key_id, role, *_ = handoff("keys", *store).out[-1].split()
    assert "bot" == role
    assert (0, [f"revoked {key_id}"], []) == handoff("keys", *store, "revoke", key_id)
    assert (2, 1) == (handoff("keys", "revoke", key_id, *store).status, len(handoff("keys", *store).out))


def test_a_key_that_is_not_there_cannot_be_revoked(handoff, desk):
    status, out, err = handoff("keys", "revoke", "key_none", "--data", "desk")
    assert (2, [], 1) == (status, out, len(err))
    assert "desk has no key 'key_none'" in err[0]


def test_while_an_engine_runs_it_says_what_to_do(handoff, desk):
    engine = build_desk(desk / "handoff.db", DeskConfig())
    with asyncio.Runner() as runner:
        runner.run(engine.start())
        told = f"handoff: desk is in use by an engine, process {os.getpid()}; stop it, then run this again"
        assert (1, [], [told]) == handoff("keys", "--data", "desk")
        runner.run(engine.stop())
