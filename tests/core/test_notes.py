"""Which dialogue a turn belongs to, and what of all of them is written down when."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff_sdk.core.dialogue import Dialogue, DialogueTooLong, Step, Waiting
from handoff_sdk.core.notes import (
    Notes,
    ahead,
    for_message,
    for_return,
    for_timer,
    interrupted,
    is_private,
    notes_of,
    timers_of,
    written,
)


def dialogue(name, /, on=None, epoch=1, **waiting):
    kind = {"answer": "ask", "handoff": "handoff", "sleep": "sleep"}.get(on)
    return Dialogue(id=name, handler="h", waiting=on and Waiting(on=on, kind=kind, epoch=epoch, **waiting))


def notes(*dialogues, **fields):
    return Notes(bot="acme", open=dialogues, **fields)


def names(dialogues):
    return [one.id for one in dialogues]


def picked(found):
    return found.dialogue and found.dialogue.id, names(found.notes.open)


def put(state, change):
    """The state after a change, as the engine keeps it."""
    merged = {**state, **json.loads(json.dumps(change))}
    return {name: value for name, value in merged.items() if value is not None}


NINE, TEN = datetime(2026, 1, 5, 9, tzinfo=UTC), datetime(2026, 1, 5, 10, tzinfo=UTC)
ASKING, SLEEPING = dialogue("asking", "answer"), dialogue("sleeping", "sleep", name="sleep:sleeping", until=NINE)
HANDED, RUNNING = dialogue("handed", "handoff", name="key"), dialogue("running")


def test_a_message_is_the_answer_of_who_asked_last():
    assert ("asking", ["sleeping", "first"]) == picked(
        for_message(notes(SLEEPING, dialogue("first", "answer"), ASKING), "t", 1)
    )


def test_what_was_asked_before_people_had_the_conversation_is_not_asked_any_more():
    assert (None, ["sleeping"]) == picked(for_message(notes(ASKING, SLEEPING), "t", 3))


def test_nobody_waits_for_people_when_the_customer_writes_to_the_bot():
    assert (None, []) == picked(for_message(notes(HANDED), "t", 1))


def test_a_dialogue_whose_turn_became_void_in_the_middle_is_over():
    assert (None, []) == picked(for_message(notes(RUNNING, turn="before", current="running"), "t", 1))


def test_a_return_belongs_to_who_handed_off_with_its_key():
    other = dialogue("other", "handoff", name="other key")
    assert ("handed", ["sleeping"]) == picked(for_return(notes(HANDED, other, SLEEPING, ASKING), "t", 3, "key"))


def test_or_to_who_handed_off_last_where_people_took_over_in_between():
    assert ("handed", []) == picked(for_return(notes(HANDED), "t", 5, None))


def test_but_not_to_who_only_asked():
    assert (None, []) == picked(for_return(notes(ASKING), "t", 3, "key"))


def test_nor_to_a_hand_off_that_never_happened():
    assert (None, []) == picked(for_return(notes(dialogue("handed", "handoff", epoch=3, name="key")), "t", 3, "other"))


def test_a_timer_wakes_its_sleeper_and_leaves_the_others():
    two = dialogue("two", "sleep", name="sleep:two", until=NINE)
    kept = notes(SLEEPING, two, ASKING, RUNNING)
    assert ("two", ["sleeping", "asking"]) == picked(for_timer(kept, "t", "sleep:two", NINE))
    assert (None, ["sleeping"]) == picked(for_timer(notes(SLEEPING), "t", "sleep:gone", NINE))


def test_a_timer_of_an_earlier_sleep_wakes_nobody():
    again = dialogue("again", "sleep", name="sleep:again", until=TEN)
    assert (None, ["again"]) == picked(for_timer(notes(again), "t", "sleep:again", NINE))
    assert {"sleep:again": TEN, "sleep:sleeping": NINE} == timers_of(notes(SLEEPING, again, ASKING))


@pytest.mark.parametrize(
    "pick", [for_message, lambda n, t, e: for_return(n, t, e, "k"), lambda n, t, _: for_timer(n, t, "x", NINE)]
)
def test_a_turn_that_is_delivered_again_goes_on_with_what_it_was_about(pick):
    kept = notes(SLEEPING, RUNNING, turn="t", current="running")
    assert ("running", ["sleeping"]) == picked(pick(kept, "t", 1))
    assert (None, ["sleeping"]) == picked(pick(notes(SLEEPING, turn="t"), "t", 1))


def test_whoever_interrupts_ends_what_was_asked_and_wakes_nobody():
    assert ["sleeping", "handed"] == names(interrupted(notes(SLEEPING, ASKING, HANDED)).open)


def test_notes_come_back_from_the_state_they_were_written_to():
    kept = notes().to("t").having(ASKING)
    state = put({"theirs": 1}, written(kept, {}))
    assert ({"theirs", "_dialogue"}, notes(ASKING, n=1)) == (set(state), notes_of(state, "acme"))


def test_what_was_written_ahead_counts_until_the_turn_is_acknowledged():
    first = put({}, written(notes().to("t1").having(ASKING), {}))
    taken = notes_of(first, "acme").to("t2").model_copy(update={"open": ()})
    middle = put(first, ahead(taken.having(RUNNING, current=True)))
    assert notes(RUNNING, n=2, turn="t2", current="running") == notes_of(middle, "acme")
    last = put(middle, written(taken.having(SLEEPING), middle))
    assert ({"_dialogue"}, notes(SLEEPING, n=2)) == (set(last), notes_of(last, "acme"))


def test_a_process_that_comes_too_late_overwrites_nothing_that_counts():
    late = ahead(notes().to("t1").having(RUNNING, current=True))
    state = put({}, written(notes().to("t1").having(ASKING), {}))
    assert notes(ASKING, n=1) == notes_of(put(state, late), "acme")


def test_why_people_were_to_get_it_is_known_when_the_turn_is_delivered_again_and_not_later():
    state = put({}, ahead(notes().to("t1").model_copy(update={"failed": "bot_error"})))
    assert ("bot_error", "") == (notes_of(state, "acme").failed, notes_of(state, "acme").to("t2").failed)


def test_one_turn_writes_ahead_under_one_number():
    kept = notes().to("t1")
    assert (kept, 2) == (kept.to("t1"), kept.to("t2").n)


def test_nothing_is_written_where_nothing_is_open_or_was():
    assert {} == written(notes(), {"theirs": 1})
    assert {"_dialogue": {"bot": "acme", "n": 0}} == written(notes(), {}, always=True)
    assert {"_dialogue": {"bot": "acme", "n": 1}, "_ahead.1": None} == written(notes(n=1), {"_ahead.1": {}})


def test_another_bots_notes_are_not_read_but_their_number_goes_on():
    state = put({}, written(Notes(bot="other", n=4, open=(ASKING,)), {}))
    assert notes(n=4) == notes_of(state, "acme")


@pytest.mark.parametrize("foreign", [None, "x", 1, {}, {"bot": "acme", "open": [{"id": ""}]}])
def test_what_is_not_ours_is_passed_over(foreign):
    assert notes() == notes_of({"_dialogue": foreign}, "acme")


def test_the_names_that_are_ours():
    assert [True, True, False, False] == [is_private(name) for name in ("_dialogue", "_ahead.3", "dialogue", "_other")]


def test_no_more_dialogues_are_open_than_a_conversation_can_hold():
    with pytest.raises(DialogueTooLong, match="21 dialogues of acme are open in one conversation"):
        notes(*[SLEEPING] * 20).having(ASKING)
    with pytest.raises(DialogueTooLong, match="in one conversation is larger than 128000 bytes"):
        notes().having(Dialogue(id="large", handler="h", steps=(Step("once", "x", "y" * 128_000),)))


@given(
    st.lists(
        st.tuples(st.sampled_from(["done", "ahead then done", "ahead then void", "late"]), st.integers(0, 9)),
        max_size=12,
    )
)
def test_in_any_order_of_crashes_the_latest_that_counts_is_read(story):
    """A model: what was acknowledged or, in a turn that became void, written ahead last is what is read next."""
    state, expected, past = {}, notes(), []
    for number, (what, tag) in enumerate(story):
        one = dialogue(f"d{tag}", "answer")
        taken = notes_of(state, "acme").to(f"t{number}").model_copy(update={"open": ()})
        if what == "late":
            state = put(state, past[tag % len(past)]) if past else state
            continue
        if what.startswith("ahead"):
            change = ahead(taken.having(one, current=True))
            state, expected = put(state, change), taken.having(one, current=True)
            past = [*past, change] if what == "ahead then done" else past
        if what.endswith("done"):
            change = written(taken.having(one), state)
            state, expected = put(state, change), notes(one, n=taken.n)
    assert expected == notes_of(state, "acme")
