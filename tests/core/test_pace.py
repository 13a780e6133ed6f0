"""lifecycle.md, 7: `pace`, so many a second."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handoff_sdk.core.pace import Pacer, Slot

EIGHT = datetime(2026, 1, 6, 8, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def taken(pacer: Pacer, release: datetime, many: int, *, pace: int = 2, ladder: str = "a") -> list[float]:
    """Seconds after eight."""
    slots = []
    for _ in range(many):
        slot = pacer.free(ladder, release, pace)
        pacer.take(slot)
        slots.append((slot.at - EIGHT).total_seconds())
    return slots


def test_so_many_leave_in_each_second():
    assert [0, 0, 1, 1, 2] == taken(Pacer(), EIGHT, 5)


def test_asking_takes_nothing():
    pacer = Pacer()
    assert {Slot("a", EIGHT)} == {pacer.free("a", EIGHT, 1) for _ in range(3)}


def test_a_later_release_finds_what_an_earlier_one_left():
    pacer = Pacer()
    assert [0, 0, 1] == taken(pacer, EIGHT, 3)
    assert [1, 2, 2, 3] == taken(pacer, EIGHT + SECOND, 4)
    assert [3, 4] == taken(pacer, EIGHT, 2)


def test_every_ladder_has_its_own_pace():
    pacer = Pacer()
    assert [0, 0] == taken(pacer, EIGHT, 2)
    assert [0, 0] == taken(pacer, EIGHT, 2, ladder="b")
    assert [0, 1] == taken(pacer, EIGHT, 2, pace=3)


def test_what_was_taken_before_is_known_and_what_is_past_forgotten():
    pacer = Pacer({Slot("a", EIGHT): 2, Slot("a", EIGHT + SECOND): 1})
    assert [1, 2] == taken(pacer, EIGHT, 2)
    pacer.forget(EIGHT + SECOND)
    assert {EIGHT + SECOND: 2, EIGHT + 2 * SECOND: 1} == {slot.at: count for slot, count in pacer._taken.items()}
    assert [2, 3] == taken(pacer, EIGHT + SECOND, 2)


def test_a_second_has_room_until_so_many_have_left_in_it():
    pacer = Pacer()
    for fraction in (0.1, 0.9):
        slot = pacer.room("a", EIGHT + fraction * SECOND, 2)
        assert Slot("a", EIGHT) == slot
        pacer.leave(slot)
    assert pacer.room("a", EIGHT + 0.95 * SECOND, 2) is None
    assert Slot("b", EIGHT) == pacer.room("b", EIGHT, 2)
    assert Slot("a", EIGHT + SECOND) == pacer.room("a", EIGHT + SECOND, 2)
    pacer.leave(Slot("a", EIGHT + SECOND))
    assert Slot("a", EIGHT + SECOND) == pacer.room("a", EIGHT + SECOND, 2)


def test_a_flood_is_handed_out_at_once():
    pacer = Pacer()
    seconds = taken(pacer, EIGHT, 200_000, pace=50)
    assert (3999, {50}) == (seconds[-1], set(Counter(seconds).values()))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4)), max_size=60))
def test_no_second_has_more_than_the_pace_and_none_comes_early(asked):
    pacer = Pacer()
    for offset, pace in asked:
        release = EIGHT + offset * SECOND
        slot = pacer.free("a", release, pace)
        before = pacer._taken[slot]
        assert (True, True) == (slot.at >= release, before < pace)
        pacer.take(slot)
