import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from handoff_sdk.cli.charts import COUNTS, TIMES, marks
from handoff_sdk.cli.outline import amount
from handoff_sdk.cli.sheet import Sheet, page
from handoff_sdk.models.report import Report, Row

HELLO = {"customer": {"external_id": "7"}, "message": {"content": {"type": "text", "text": "Hello"}}}


@pytest.fixture
def at_the_engine(shell, engine):
    """A shell that knows the engine, on which something has happened."""
    shell.environ |= {"HANDOFF_URL": engine.url, "HANDOFF_API_KEY": engine.keys["admin"]}
    engine.ask("POST", "/v1/conversations", HELLO)
    return shell


def report(name, groups=(), **figures):
    return Report(
        report=name,
        from_=datetime(2026, 1, 5, tzinfo=UTC),
        to=datetime(2026, 1, 8, tzinfo=UTC),
        groups=tuple(groups),
        **figures,
    )


def sheet(agent="Ana"):
    day = Row(by={"day": "2026-01-06"}, tickets_created=4, tickets_solved=3, first_reply_time=90.0)
    return Sheet(
        summary=report("summary", [day], tickets_created=4, returned={"closed": 3, "cancelled": 0}, containment=0.5),
        agents=report("agents", [Row(by={"agent": agent}, tickets_solved=3, first_reply_time=90.0)]),
        queues=report("queues"),
        sla=report("sla"),
        staffing=report("staffing", [Row(by={"hour": "09"}, tickets_created=4)]),
    )


class Seen(HTMLParser):
    """What a reader meets on a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.loaded = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loaded += [value for name, value in attrs if name in {"src", "href"} or name.startswith("on")]

    def handle_data(self, data):
        self.texts.append(data.strip())


def test_it_tells_the_figures_of_the_period(at_the_engine):
    told = at_the_engine.run("report")

    assert (0, []) == (told.status, told.err)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d to \d{4}-\d\d-\d\d \d\d:\d\d UTC", told.out[0])
    began = next(line for line in told.out if line.startswith("  began "))
    assert int(began.split()[-1]) > 0


def test_as_json_it_has_the_names_of_the_summary(at_the_engine):
    told = json.loads("\n".join(at_the_engine.run("report", "--json", "--from", "2026-01-01").out))

    assert ("2026-01-01T00:00:00Z", "summary") == (told["from"], told["report"])
    assert told["conversations"] > 0
    assert "groups" not in told


def test_it_writes_a_page(at_the_engine):
    told = at_the_engine.run("report", "--html", "report.html")

    assert told.out[0].startswith("report.html: ")
    assert (at_the_engine.folder / "report.html").read_text().startswith("<!doctype html>\n<html")


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        (("--from", "yesterday"), "from"),
        (("--html", "x.html", "--json"), "not both"),
        (("--html", "no/such/folder.html"), "No such file or directory"),
    ],
)
def test_what_cannot_be_told_is_said_in_a_line(at_the_engine, args, problem):
    told = at_the_engine.run("report", *args)

    assert (2, 1) == (told.status, len(told.err))
    assert problem in told.err[0]


def test_a_page_needs_nothing_else():
    seen = Seen(page(sheet()))

    assert [] == seen.loaded
    assert "script" not in seen.tags
    assert 4 < seen.tags.count("svg")
    assert {"1m30s", "50 %", "Ana", "01-05", "01-06", "01-07"} <= set(seen.texts)
    assert "2026-01-06, created: 4" not in seen.texts
    assert "01-06, created: 4" in seen.texts
    assert "cancelled" not in seen.texts


def test_a_page_has_what_bots_hand_off_and_how_agents_spent_their_time():
    bare = sheet()
    spent = {"lunch": 1800.0, "online": 7200.0}
    agent = Row(by={"agent": "Ana"}, acceptance_rate=0.5, concurrency=1.25, status_time=spent)
    summary = bare.summary.model_copy(update={"handed_off_by_field": {"topic": {"refund": 7}}})
    seen = Seen(page(replace(bare, summary=summary, agents=report("agents", [agent]))))

    assert {"What was handed off, by topic", "refund", "7"} <= set(seen.texts)
    assert {"Time in each status", "lunch", "30m", "online", "2h", "1.25"} <= set(seen.texts)
    assert "Time in each status" not in Seen(page(bare)).texts


def test_a_page_has_parts_where_there_are_several():
    acme, rest = Row(by={"brand": "acme"}, tickets_created=3), Row(by={"brand": None}, tickets_created=1)
    web = report("summary", [Row(by={"channel": "web"})]).model_copy(update={"group_by": ("channel",)})
    brands = report("summary", [acme, rest]).model_copy(update={"group_by": ("brand",)})
    seen = Seen(page(replace(sheet(), parts=(brands, web))))

    assert {"By brand", "acme"} <= set(seen.texts)
    assert "By channel" not in seen.texts


@pytest.mark.parametrize("value", [0.0, 0.04, 0.3, 0.9, 1.0, 7.0, 59.4, 100.0, 3_601.0, 90_000.0, 9e6, 4e9, 1e13])
@pytest.mark.parametrize(("steps", "name"), [(TIMES, "_time"), (COUNTS, "offers")])
def test_an_axis_says_each_value_once_and_reaches_over_all(value, steps, name):
    axis = marks(value, steps)
    written = [amount(name, mark) for mark in axis]

    assert sorted(set(written), key=written.index) == written
    assert (0.0, True) == (axis[0], value <= axis[-1])
    assert 5 >= len(axis)


def test_names_on_a_page_are_text():
    seen = Seen(page(sheet(agent="<script>alert(1)</script>")))

    assert "script" not in seen.tags
    assert "<script>alert(1)</script>" in seen.texts
