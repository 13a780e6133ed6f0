"""The journal of a handler: what is recalled, what goes on, and what does not fit any more."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff_sdk.core.dialogue import (
    LARGEST,
    MOST_STEPS,
    Dialogue,
    DialogueChanged,
    DialogueTooLong,
    Replay,
    Step,
    Waiting,
)

FRESH = Dialogue(id="trn_1", handler="refund")


def carried(dialogue):
    """The journal in another process."""
    return Dialogue.model_validate_json(dialogue.model_dump_json(exclude_defaults=True))


def journal_of(*steps):
    replay = Replay(FRESH)
    for kind, key, result in steps:
        replay.enter(kind, key)
        replay.record(result)
    return replay.running()


def waiting(kind="ask", key="", **fields):
    return Waiting(on="answer", kind=kind, key=key, epoch=1, **fields)


def test_a_fresh_step_is_not_recorded_yet():
    assert (1, None, None) == Replay(FRESH).enter("say")


def test_a_recorded_step_is_recalled_with_its_result():
    replay = Replay(carried(journal_of(("say", "", None), ("ask", "name", "Mia"))))
    assert [Step("say"), Step("ask", "name", "Mia")] == [
        replay.enter("say").recorded,
        replay.enter("ask", "name").recorded,
    ]
    assert (3, None, None) == replay.enter("say")


def test_an_error_is_recalled_as_one():
    replay = Replay(FRESH)
    replay.enter("handoff")
    replay.record({"code": "unknown_group"}, error=True)
    assert (
        Step("handoff", "", {"code": "unknown_group"}, error=True)
        == Replay(carried(replay.running())).enter("handoff").recorded
    )


def test_a_step_that_waited_knows_what_it_knew():
    replay = Replay(journal_of(("say", "", None)))
    replay.enter("say")
    replay.enter("ask", "order")
    dialogue = carried(replay.waits(waiting("ask", "order", pending={"seq": 7})))
    again = Replay(dialogue)
    again.enter("say")
    assert {"seq": 7} == again.enter("ask", "order").waiting.pending
    again.record("4711")
    assert (None, 2) == (again.running().waiting, len(again.running().steps))


def test_a_run_replays_until_the_step_that_waits_is_reached():
    replay = Replay(journal_of(("say", "", None)).model_copy(update={"waiting": waiting()}))
    seen = [replay.replaying]
    replay.enter("say")
    seen.append(replay.replaying)
    replay.enter("ask")
    assert [True, True, False] == [*seen, replay.replaying]


def test_a_step_that_was_left_did_not_happen():
    replay = Replay(FRESH)
    replay.enter("say")
    replay.leave()
    assert (0, ()) == (replay.ordinal, replay.running().steps)
    assert 1 == replay.enter("ask").ordinal


def test_steps_in_a_row_without_a_result_are_kept_as_one():
    journal = journal_of(*[("say", "", None)] * 5, ("ask", "", "x"), ("ask", "", "x"), ("say", "", None))
    assert (Step("say", times=5), Step("ask", "", "x"), Step("ask", "", "x"), Step("say")) == journal.steps
    replay = Replay(carried(journal))
    for kind in ["say"] * 5 + ["ask"] * 2 + ["say"]:
        assert kind == replay.enter(kind).recorded.kind
    assert not replay.replaying


@pytest.mark.parametrize(
    ("kind", "key", "there"),
    [
        ("say", "", r"has ask\('order'\) there"),
        ("ask", "name", r"is ask\('name'\), but"),
        ("once", "order", r"is once\('order'\)"),
    ],
)
def test_a_step_of_another_kind_or_key_does_not_fit(kind, key, there):
    with pytest.raises(DialogueChanged, match=f"Step 1 of refund .*{there}"):
        Replay(journal_of(("ask", "order", "1"))).enter(kind, key)


def test_neither_does_another_step_where_one_waits():
    with pytest.raises(
        DialogueChanged, match=r"Step 1 of refund is say\(\), but the journal of this dialogue has ask\(\)"
    ):
        Replay(FRESH.model_copy(update={"waiting": waiting()})).enter("say")


def test_nor_an_end_before_the_journals():
    for journal in (journal_of(("say", "", None)), FRESH.model_copy(update={"waiting": waiting()})):
        with pytest.raises(
            DialogueChanged, match="refund ended after step 0, but the journal of this dialogue goes on"
        ):
            Replay(journal).ended()


def test_an_end_at_the_journals_end_fits():
    replay = Replay(journal_of(("say", "", None)))
    replay.enter("say")
    replay.ended()
    replay.enter("say")
    replay.record()
    replay.ended()


def test_a_dialogue_has_so_many_steps_and_no_more():
    replay = Replay(Dialogue(id="t", handler="loop", steps=(Step("say", times=MOST_STEPS),)))
    for _ in range(MOST_STEPS):
        replay.enter("say")
    with pytest.raises(DialogueTooLong, match=f"loop took {MOST_STEPS} steps in one dialogue"):
        replay.enter("say")


def test_its_results_are_so_large_and_no_larger():
    replay = Replay(FRESH)
    replay.enter("once", "everything")
    replay.record("x" * LARGEST)
    with pytest.raises(DialogueTooLong, match="The results that refund waited for are larger than 64000 bytes"):
        replay.enter("say")
    assert "x" * LARGEST == Replay(carried(replay.running())).enter("once", "everything").recorded.result


def test_a_step_inside_a_step_is_a_mistake_of_ours():
    replay = Replay(FRESH)
    with pytest.raises(AssertionError, match="no step was entered"):
        replay.record()
    replay.enter("say")
    with pytest.raises(AssertionError, match="neither recorded nor left"):
        replay.enter("say")


values = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
programs = st.lists(
    st.tuples(st.sampled_from(["say", "once", "ask"]), st.sampled_from(["", "a", "b"]), values), max_size=15
)


@given(programs, st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=6))
def test_a_program_that_is_broken_off_anywhere_does_each_step_once_and_sees_the_same(program, runs):
    done, seen, journal = [], [], FRESH
    for budget, is_killed in [*runs, (len(program), False)]:
        replay, seen, until = Replay(carried(journal)), [], len(done) + budget
        for number, (kind, key, result) in enumerate(program):
            place = replay.enter(kind, key)
            if place.recorded is not None:
                seen.append(place.recorded.result)
            elif number < until:
                assert place.waiting is None or {"n": number} == place.waiting.pending
                done.append(number)
                seen.append(result)
                replay.record(result)
            else:
                replay.leave()
                journal = replay.running() if is_killed else replay.waits(waiting(kind, key, pending={"n": number}))
                break
        else:
            replay.ended()
            journal = replay.running()
    assert list(range(len(program))) == done
    assert json.dumps([result for _, _, result in program]) == json.dumps(seen)


@given(programs.filter(bool), st.data())
def test_a_program_that_was_changed_before_where_it_waits_is_found_out(program, data):
    journal = carried(journal_of(*program))
    index = data.draw(st.integers(0, len(program) - 1))
    kind, key, _ = program[index]
    changed = data.draw(
        st.tuples(st.sampled_from(["say", "once", "new"]), st.sampled_from(["", "a", "c"])).filter((kind, key).__ne__)
    )
    replay = Replay(journal)
    for before in program[:index]:
        replay.enter(*before[:2])
    with pytest.raises(DialogueChanged):
        replay.enter(*changed)


@given(programs)
def test_a_journal_is_json_and_no_longer_than_its_program(program):
    journal = journal_of(*program)
    assert journal == carried(journal)
    assert len(program) == sum(step.times for step in journal.steps) >= len(journal.steps)
