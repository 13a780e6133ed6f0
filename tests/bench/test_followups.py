"""The benchmark of follow-ups still runs, and its store is what the engine would have made."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from bench import evening, followups, schedules

from handoff_sdk.core.deadlines import DueItem, Rank
from handoff_sdk.store.sqlite import SqliteStore


async def test_the_evening_holds_each_until_a_second_of_its_own_in_the_morning(tmp_path):
    await evening.fill(tmp_path / "desk.db", 7, 2, evening.configuration(3))

    store = SqliteStore(tmp_path / "desk.db", durable=False)
    await store.open()
    due = await store.due(evening.EIGHT + timedelta(hours=1), 100)
    slots = (await store.standing()).slots
    await store.close()

    seconds = {
        (evening.EIGHT + timedelta(seconds=number), DueItem(evening.EIGHT, Rank.FOLLOWUP, 0, 0).order): count
        for number, count in enumerate((3, 3, 1))
    }
    assert seconds == Counter((each.at, each.rank) for each in due)
    assert [3, 3, 1] == [count for _, count in sorted((slot.at, count) for slot, count in slots.items())]


def test_a_small_morning_sends_all_at_its_pace(tmp_path, monkeypatch):
    monkeypatch.setattr(followups, "_BEFORE_EIGHT", 0.5)

    figures = followups.morning(tmp_path, 20, 10)

    assert (20, 10) == (figures["held follow-ups"], figures["most in one second"])


def test_the_desk_is_measured_and_others_where_they_are_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(schedules, "_ROUNDS", 1)
    monkeypatch.setattr(schedules, "find_spec", lambda name: None)

    figures = schedules.measure(tmp_path, 10, 10)

    assert {"dbos": "not installed", "procrastinate": "not installed"} == {
        who: figures[who] for who in ("dbos", "procrastinate")
    }
    assert figures["desk, scheduled/s"] > 0
    assert figures["desk, cancelled/s"] > 0
