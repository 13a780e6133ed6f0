import re

import pytest

from handoff_sdk.cli.story import CONFIG
from handoff_sdk.models.config import DeskConfig, merged

from .conftest import Shell

ROWS = [
    "the bot asks; one wrong answer is asked again",
    'handed off with high priority (order "4711", urgent true), offered to Ana',
    "Ana lets the offer lapse and is set away; Ben is next",
    "Ben accepts (open) and answers",
    "Ben has 1 of 1: Tom waits, position 1",
    "Mia stays silent, and frees Ben's place (her ticket stays open); Tom gets it",
    "Mia writes and is with Ben again, who has her ticket solved",
    "it closes; control returns with its record: closed, 3 messages, ben's first after 50s",
    "a late post of the bot is refused: control_lost (409)",
    "3 days later: a new ticket, number 2 (new); number 1 stays closed",
    "all of it, and starting the engine",
]
TOLD = [
    "09:00:00  Mia    ada  I am sorry to hear that. What is your order number?",
    "09:00:20  Mia    ada  That is not an order number: it has four digits or more. Would you look again?",
    "09:01:00  Mia   desk  control passes from the bot to people (epoch 2)",
    "09:01:30  Mia   desk  ana let the offer lapse",
    "09:06:50  Mia    ada  Are you still there?",
    "09:11:50  Mia   desk  the session is inactive and uses no place any more",
    "09:11:50  Tom   desk  assigned to Ben",
    "10:13:10  Mia   desk  control returns to the bot (epoch 3)",
    "10:13:30  Mia    Mia  A person again, please.",
]
MOVED = ["40s", "20s", "30s", "20s", "20s", "10m20s", "40s", "1h", "0s", "3d20s", "3d1h13m30s"]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The story without a terminal, where there are proxies."""
    shell = Shell(tmp_path_factory.mktemp("demo"))
    proxy = "http://127.0.0.1:9"
    shell.environ |= {"TMPDIR": str(shell.folder), "http_proxy": proxy, "HTTP_PROXY": proxy}
    return shell.run("demo"), [path.name for path in shell.folder.iterdir()]


def test_the_whole_story_happens_and_each_chapter_is_measured(told):
    (status, out, err), _ = told
    assert (0, []) == (status, err)
    rows = [re.fullmatch(r" (\S.*\S) {2,}(\S+) +[\d,]+ ms ", line) for line in out]
    assert list(zip(ROWS, MOVED, strict=True)) == [row.groups() for row in rows if row]


def test_what_is_said_and_done_is_told_with_the_desks_time(told):
    (_, out, _), _ = told
    lines = (line for line in out if line.startswith(tuple("01")))
    assert [True] * len(TOLD) == [line in lines for line in TOLD]


def test_it_leaves_nothing_behind(told):
    _, left = told
    assert ["stderr"] == left


def test_what_does_not_happen_as_told_is_a_failure(handoff, monkeypatch):
    monkeypatch.setattr("handoff_sdk.cli.story.CONFIG", merged(CONFIG, {"routing": {"lapses": {"count": 0}}}))
    monkeypatch.setattr("handoff_sdk.cli.story._PATIENCE", 0.1)
    code, _, [told] = handoff("demo")
    assert 1 == code
    assert told.startswith("handoff demo: not as told: ")
    assert told.endswith(" did not happen within 0.1 s")


def test_what_the_engine_refuses_is_a_failure(handoff, monkeypatch):
    monkeypatch.setattr("handoff_sdk.cli.story.CONFIG", DeskConfig())
    status, _, err = handoff("demo")
    assert (1, 1) == (status, len(err))
    assert err[0].startswith("handoff: Handoff-Agent: there is no agent 'ana'")
