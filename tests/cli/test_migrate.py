import json

import pytest

from handoff_sdk.store.migrations import HEAD


def test_a_folder_that_was_used_is_up_to_date(handoff, desk):
    assert (0, [f"up to date at {HEAD}"], []) == handoff("migrate", "--data", "desk")
    assert (0, [f"up to date at {HEAD}"], []) == handoff("migrate", "status", "--data", "desk")
    assert (0, [f"up to date at {HEAD}"], []) == handoff("migrate", "--data", "desk", "up")


def test_a_new_store_is_brought_up_and_says_so(handoff, new_database):
    store = ("--store", new_database())
    assert (1, [f"there is no desk in it; 'handoff migrate up' brings it to {HEAD}"], []) == handoff("migrate", *store)
    assert (0, [f"brought from nothing to {HEAD}"], []) == handoff("migrate", "up", *store)
    assert (0, [f"up to date at {HEAD}"], []) == handoff("migrate", "status", *store)


def test_a_folder_and_a_store_are_not_given_both(handoff, desk):
    status, out, err = handoff("migrate", "up", "--data", "desk", "--store", "sqlite:///x.db")
    assert (2, [], 1) == (status, out, len(err))
    assert "not both" in err[0]


def test_a_desk_moves_to_postgresql_with_its_keys(handoff, shell, desk, new_database):
    url = new_database()
    status, out, err = handoff("migrate", "copy", "--from", "sqlite:///desk/handoff.db", "--to", url)
    assert (0, []) == (status, err)
    assert "everything was copied, read back and compared" == out[-1]
    assert ["api_keys", "3", "rows", "checksum"] == next(line for line in out if "api_keys" in line).split()[:4]

    keys = json.loads((desk / "keys.json").read_text())
    with shell.serving("--store", url) as engine:
        assert {"items": [], "next": None} == engine.ask("GET", "/v1/tickets", key=keys["integrator"])

    status, out, err = handoff("migrate", "copy", "--from", "sqlite:///desk/handoff.db", "--to", url)
    assert (1, [], 1) == (status, out, len(err))
    assert "has a desk in it already" in err[0]


@pytest.mark.parametrize(
    ("source", "target", "told"),
    [
        ("sqlite:///desk/handoff.db", "sqlite:///other.db", (2, "to a 'postgresql://' URL only")),
        ("postgresql://x/y", "postgresql://x/z", (2, "is not a store that there is")),
        ("sqlite:///none.db", "postgresql://127.0.0.1:1/x", (1, "There is no file none.db")),
    ],
)
def test_what_cannot_be_copied_is_refused(handoff, desk, source, target, told):
    ended = handoff("migrate", "copy", "--from", source, "--to", target)
    assert (told[0], [], 1) == (ended.status, ended.out, len(ended.err))
    assert told[1] in ended.err[0]
