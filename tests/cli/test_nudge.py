"""The command against a real engine over a real socket, whose clock the test moves."""

import asyncio
import signal
import socket
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import get_args

import pytest
import respx

from handoff_sdk import open_desk
from handoff_sdk.cli import nudge
from handoff_sdk.models.conversation import Owner
from handoff_sdk.models.ticket import Status
from handoff_sdk.testing.clock import VirtualClock

from .town import CONFIG, START, Town

THREE_DAYS = ("nudge", "--silent-for", "3d")
STILL_THERE = (*THREE_DAYS, "--say", "Still there?")
MANY = [f"customer {number}" for number in range(12)]


@pytest.fixture
def town(handoff, shell, tmp_path):
    clock = VirtualClock(START)
    standing, left = Future(), Event()

    async def stand():
        async with open_desk(f"sqlite:///{tmp_path}/town.db", CONFIG, clock=clock) as desk:
            url, key = await desk.listen(), await desk.key("integrator")
            standing.set_result(Town(handoff, shell, desk, clock=clock, url=url, key=key))
            await asyncio.to_thread(left.wait)

    with ThreadPoolExecutor(1) as thread:
        engine = thread.submit(asyncio.run, stand())
        try:
            yield standing.result(timeout=30)
        finally:
            left.set()
            engine.result(timeout=30)


def lines(ran):
    """What it printed, with single spaces."""
    return [" ".join(line.split()) for line in ran.out]


def test_those_who_went_silent_after_an_agent_get_one_message(town):
    town.silent("mia", "tom")
    town.silent("bots", by="bot")
    town.silent("waiting", by="nobody")
    town.passes(days=4)
    town.silent("talking")

    ran = town.run(*STILL_THERE, "--key", "march")

    assert (0, ["march: 2 conversations", "sent 2"]) == (ran.status, lines(ran))
    assert ["2 selected"] == ran.err
    assert {"mia": ["Still there?"], "tom": ["Still there?"]} == town.heard()


@pytest.mark.parametrize(
    ("options", "reached"),
    [
        (("--last-author", "bot"), {"bots"}),
        (("--brand", "umbra"), {"umbras"}),
        (("--owner", "human", "--brand", "acme"), {"mia", "pending"}),
        (("--status", "pending"), {"pending"}),
        (("--status", "pending", "--brand", "umbra"), set()),
    ],
)
def test_the_options_choose(town, options, reached):
    town.silent("mia", "pending")
    town.silent("bots", by="bot")
    town.silent("umbras", brand="umbra")
    town.sets("pending", "pending")
    town.passes(days=4)

    assert 0 == (town.run(*STILL_THERE, *options)).status
    assert reached == set(town.heard())


def test_a_dry_run_lists_what_would_be_and_changes_nothing(town):
    town.silent("ok", name="Mia\x1b[2J")
    town.silent("parked")
    town.sets("parked", "on_hold")
    town.silent("owl", brand="owls")
    town.silent("closed", channel="whatsapp")
    town.passes(days=4)
    before = town.events()

    ran = town.run(*STILL_THERE, "--key", "march", "--dry-run")

    since = "2026-03-02 09:00Z"
    listed = {
        f"{town.ids['closed']} acme human open {since} would be refused: window_closed closed",
        f"{town.ids['owl']} owls human open {since} would be held owl",
        f"{town.ids['parked']} acme human on_hold {since} would be skipped: status parked",
        f"{town.ids['ok']} acme human open {since} would be sent Mia [2J (ok)",
    }
    summary = [
        "march: 4 conversations, nothing was changed",
        "would be sent 1",
        "would be held 1",
        "would be skipped: status 1",
        "would be refused: window_closed 1",
    ]
    assert (1, []) == (ran.status, ran.err)
    assert (listed, summary) == (set(lines(ran)[:4]), lines(ran)[4:])
    assert ({}, before) == (town.heard(), town.events())


def test_what_was_foreseen_is_what_happens(town):
    town.silent("ok")
    town.silent("parked")
    town.sets("parked", "on_hold")
    town.silent("first", brand="rare")
    town.silent("first", brand="rare")
    town.silent("owl", brand="owls")
    town.silent("closed", channel="whatsapp")
    town.passes(days=4)

    ran = town.run(*STILL_THERE, "--key", "march")

    assert [
        "march: 6 conversations",
        "sent 2",
        "held 1",
        "skipped: budget 1",
        "skipped: status 1",
        "refused: window_closed 1",
    ] == lines(ran)
    assert (1, "6 selected", 2) == (ran.status, ran.err[0], len(ran.err))
    assert ran.err[1].startswith(f"{town.ids['closed']}: The window of the channel 'whatsapp' is closed: ")


def test_what_quiet_hours_hold_is_said_once_however_often_it_is_run(town):
    town.silent("owl", brand="owls")
    town.passes(days=4)

    ran = [town.run(*STILL_THERE) for _ in range(2)]
    town.passes(hours=13)

    assert ["sent 0", "held 1"] * 2 == [line for one in ran for line in lines(one)[1:]]
    assert {"owl": ["Still there?"]} == town.heard()


def test_everybody_reads_their_language_or_their_brands_or_the_text_of_none(town):
    town.silent("mia", language="de-AT")
    town.silent("tom", language="fr")
    town.silent("ben", brand="umbra")
    town.silent("eva")
    town.passes(days=4)

    ran = town.run(*THREE_DAYS, "--say", "de=Noch da? 1=1", "--say", "=ok=fine")

    assert (0, "sent 4") == (ran.status, lines(ran)[1])
    german = ["Noch da? 1=1"]
    assert {"mia": german, "tom": ["ok=fine"], "ben": german, "eva": ["ok=fine"]} == town.heard()


def test_whoever_had_it_before_is_not_told_again_under_its_name(town):
    town.silent("mia", "tom", by="bot")
    town.passes(days=4)
    command = (*STILL_THERE, "--last-author", "bot")

    assert ["sent 2"] == lines(town.run(*command))[1:]
    town.passes(days=4)
    town.silent("new", by="bot")
    town.passes(days=4)
    tried, done = town.run(*command, "--dry-run"), town.run(*command)

    assert ["would be sent 1", "already nudged 2"] == lines(tried)[-2:]
    assert ["sent 1", "already nudged 2"] == lines(done)[1:]
    assert {name: ["Still there?"] for name in ("mia", "tom", "new")} == town.heard()
    other = town.run(*command, "--key", "again")
    assert ["again: 2 conversations", "sent 2"] == lines(other)


def test_a_limit_ends_a_run_and_the_next_one_goes_on(town):
    town.silent(*MANY)
    town.passes(days=4)

    first = town.run(*STILL_THERE, "--limit", "5", "--rate", "1000")
    tried = town.run(*STILL_THERE, "--limit", "5", "--dry-run")
    second = town.run(*STILL_THERE, "--rate", "1000")

    sent = [lines(first)[-1], lines(tried)[-1], lines(second)[-1]]
    assert ["sent 5", "would be sent 5", "sent 7"] == sent
    assert {name: ["Still there?"] for name in MANY} == town.heard()


@pytest.mark.parametrize(
    ("by", "ended", "told"),
    [
        (signal.SIGINT, 130, "stopped by SIGINT after 1 conversation; the same command goes on with the others"),
        (signal.SIGTERM, 143, "stopped by SIGTERM after 1 conversation; the same command goes on with the others"),
        (signal.SIGKILL, -signal.SIGKILL, "12 selected"),
    ],
)
def test_stopped_in_the_middle_the_same_command_goes_on_and_nobody_is_told_twice(town, by, ended, told):
    town.silent(*MANY)
    town.passes(days=4)

    with town.running(*STILL_THERE, "--rate", "0.1") as process:
        town.until_sent(1)
        process.send_signal(by)
        assert (ended, told) == (process.wait(timeout=30), town.shell.err[-1])
    assert 1 == len(town.heard())
    ran = town.run(*STILL_THERE, "--rate", "1000")

    assert (0, ["sent 11"]) == (ran.status, lines(ran)[1:])
    assert {name: ["Still there?"] for name in MANY} == town.heard()


@pytest.mark.parametrize(
    ("status", "code", "detail"),
    [
        (401, "unauthenticated", "The API key is not known, or not any more."),
        (422, "template_error", "say: there is no filter 'upside_down'."),
    ],
)
@respx.mock(using="httpx", base_url="http://desk/v1")
def test_one_refusal_does_not_end_it_but_one_that_holds_for_all(respx_mock, handoff, status, code, detail):
    spoke = {"customer_id": "cus_1", "owner": "bot", "created_at": "2026-03-02T09:00:00Z", "last_author": "agent"}
    conversations = [{"id": f"cnv_{number}", **spoke} for number in range(5)]
    listed = respx_mock.get("/conversations").respond(json={"items": conversations, "next": None})
    sent = {"id": "fup_1", "kind": "oneoff", "state": "sent", "sent_at": "2026-03-06T09:00:00Z"}
    answers = [
        (404, {"code": "not_found", "detail": "There is no conversation cnv_0."}),
        (409, {"code": "conflict", "detail": "A conversation has at most 50 follow-ups that wait."}),
        (201, sent),
        (status, {"code": code, "detail": detail, "request_id": "req_1"}),
    ]
    for number, (answered, body) in enumerate(answers):
        respx_mock.post(f"/conversations/cnv_{number}/followups").respond(answered, json=body)

    ran = handoff(*STILL_THERE, "--key", "march", "--rate", "9.5", "--url", "http://desk", "--api-key", "hk_1")

    summary = ["march: 3 conversations", "sent 1", "refused: conflict 1", "refused: not_found 1"]
    assert (1, summary) == (ran.status, lines(ran))
    assert [
        "5 selected",
        "cnv_0: There is no conversation cnv_0.",
        "cnv_1: A conversation has at most 50 follow-ups that wait.",
        "broken off after 3 conversations; the same command goes on with the others",
        f"handoff: {detail} (request req_1)",
    ] == ran.err
    to_be_there, to_count, to_nudge = (call.request.url.params["limit"] for call in listed.calls)
    assert ("1", "100", "95") == (to_be_there, to_count, to_nudge)  # what is nudged was read within ten seconds


def test_nobody_selected_is_a_run_too(town):
    ran = town.run(*STILL_THERE, "--key", "march")
    assert (0, ["march: 0 conversations", "sent 0"], ["0 selected"]) == (ran.status, lines(ran), ran.err)


def test_a_wrong_key_is_told_in_one_line(handoff, engine):
    status, out, err = handoff(*STILL_THERE, "--api-key", "hk_none", "--url", engine.url)
    assert (1, [], 1) == (status, out, len(err)), err
    assert err[0].startswith("handoff: The API key is not known, or not any more. (request req_")


def test_an_engine_that_is_not_there_is_told_in_one_line(handoff):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    status, out, err = handoff(*STILL_THERE, "--api-key", "hk_none", "--url", url)
    assert (1, [], 1) == (status, out, len(err)), err
    assert err[0].startswith(f"handoff: {url} cannot be reached: ")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ("--say Hi", "Missing option '--silent-for'."),
        ("--silent-for 3d", "Missing option '--say'."),
        ("--silent-for 3 --say Hi", "Invalid value for '--silent-for': '3' has no unit; write '3s' or '3m'."),
        ("--silent-for 3d --say Hi --last-author customer", "Invalid value for '--last-author': "),
        ("--silent-for 3d --say Hi --owner ana", "Invalid value for '--owner': "),
        ("--silent-for 3d --say Hi --status done", "Invalid value for '--status': "),
        ("--silent-for 3d --say Hi --rate 0", "Invalid value for '--rate': "),
        ("--silent-for 3d --say Hi --limit 0", "Invalid value for '--limit': "),
        (f"--silent-for 3d --say Hi --key {'x' * 256}", "Invalid value for '--key': a name has 1 to 255 characters."),
        (
            "--silent-for 3d --say de=Hi --say de=Ho",
            "Invalid value for '--say': the text for 'de' is given twice; a text that begins with a word and '=' is ",
        ),
        ("--silent-for 3d --say Hi --say Ho", "Invalid value for '--say': the text without a language is given twice"),
        ("--silent-for 3d --say =", "Invalid value for '--say': the text without a language has to have 1 to 4096 "),
        ("--silent-for 3d --say de={{x", "Invalid value for '--say': the text for 'de' is not valid Liquid: "),
    ],
)
def test_what_is_given_wrongly_is_told_in_one_line_before_anything_is_asked(handoff, args, told):
    status, out, err = handoff("nudge", "--api-key", "hk_none", *args.split())
    assert (2, [], 1) == (status, out, len(err)), err
    assert f"handoff nudge: {told}" == err[0][: len(f"handoff nudge: {told}")]


def test_it_chooses_by_what_there_is():
    assert (get_args(Owner), get_args(Status)) == (get_args(nudge.Owner), get_args(nudge.Status))
