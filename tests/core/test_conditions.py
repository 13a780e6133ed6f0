"""Conditions: each op against values of each sort, and what a change is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff_sdk.core.conditions import compiled, fields_of, moments_of
from handoff_sdk.models.condition import FIELDS, Condition, Conditions, Op


class Facts:
    """Facts that were written down."""

    def __init__(self, now, before=None):
        self._now = now
        self._before = now if before is None else before

    def now(self, field):
        return self._now.get(field)

    def before(self, field):
        return self._before.get(field)


def conditions(*every, some=()):
    return Conditions.model_validate({"all": [one(*each) for each in every], "any": [one(*each) for each in some]})


def one(field, op, value=None):
    return {"field": field, "op": op, "value": value}


def holds(field, op, value, now, before=None):
    facts = Facts({field: now}, None if before is None else {field: before})
    return compiled(conditions((field, op, value)))(facts)


@pytest.mark.parametrize(
    ("field", "op", "value", "those", "not_those"),
    [
        ("status", "is", "open", ["open"], ["new", None]),
        ("status", "is_not", "open", ["new", None], ["open"]),
        ("brand", "in", ["a", "b"], ["a", "b"], ["c", None]),
        ("brand", "not_in", ["a", "b"], ["c", None], ["a", "b"]),
        ("tags", "includes", "vip", [("vip",), ("new", "vip")], [(), ("vip2",), None]),
        ("tags", "includes", ["vip", "gold"], [("gold",)], [("silver",)]),
        ("tags", "excludes", "vip", [(), ("new",), None], [("vip", "new")]),
        ("tags", "excludes", ["vip", "gold"], [("new",)], [("new", "gold")]),
        ("subject", "contains", "Refund", ["my refund!", "REFUND"], ["re fund", None]),
        ("message.text", "matches", "^[0-9]{4}$", ["4711"], ["47110", "x", None]),
        ("message.text", "matches", "(?i)refund", ["A Refund"], ["A parcel"]),
        ("priority", "less_than", "high", ["normal", "low", None], ["high", "urgent"]),
        ("priority", "greater_than", "normal", ["high", "urgent"], ["normal", "low", None]),
        ("priority", "at_least", "high", ["high", "urgent"], ["normal", None]),
        ("reopens", "at_least", 2, [2, 3], [0, 1, None]),
        ("reopens", "is", 2, [2], [1, True, None]),
        ("fields.amount", "greater_than", 100, [250, "250", "100.01", 100.5], [100, "99", "a lot", True, None]),
        ("fields.amount", "less_than", 100, [99.9, "-1"], [100, "nan", None]),
        ("fields.amount", "is", 12.5, [12.5, "12.50"], [12, "12,5", None]),
        ("fields.order", "is", "4711", ["4711", 4711], ["04712", None, True]),
        ("fields.urgent", "is", True, [True], [1, "true", False, None]),
        ("fields.wants", "includes", "refund", [["refund", "voucher"]], ["refund", [], None]),
        ("customer.plan", "in", ["gold", "platinum"], ["gold"], ["silver", None]),
        ("since_pending", "at_least", "2d", [timedelta(days=2), timedelta(days=3)], [timedelta(days=1), None]),
        ("since_pending", "greater_than", "2d", [timedelta(days=3)], [timedelta(days=2), None]),
        ("until_sla_breach", "less_than", "5m", [timedelta(minutes=4)], [timedelta(minutes=5), None]),
        ("assignee", "present", None, ["ana"], [None, ""]),
        ("assignee", "absent", None, [None, ""], ["ana"]),
        ("tags", "absent", None, [(), None], [("vip",)]),
        ("reopens", "present", None, [0, 1], [None]),
    ],
)
def test_an_op_holds_for_those_and_not_for_others(field, op, value, those, not_those):
    assert those == [now for now in (*those, *not_those) if holds(field, op, value, now)]


@pytest.mark.parametrize(
    ("op", "value", "expected"),
    [
        ("changed", None, {("low", "high"), ("high", "low")}),
        ("changed_to", "high", {("low", "high")}),
        ("changed_from", "high", {("high", "low")}),
    ],
)
def test_a_change_is_a_difference_to_before(op, value, expected):
    moves = {("low", "low"), ("high", "high"), ("low", "high"), ("high", "low")}
    assert expected == {(before, now) for before, now in moves if holds("priority", op, value, now, before)}


def test_all_of_all_and_one_of_any():
    test = compiled(conditions(("brand", "is", "a"), some=[("channel", "is", "web"), ("channel", "is", "sms")]))
    told = [(brand, channel) for brand in ("a", "b") for channel in ("web", "sms", "mail")]
    assert [("a", "web"), ("a", "sms")] == [
        (brand, channel) for brand, channel in told if test(Facts({"brand": brand, "channel": channel}))
    ]


def test_no_conditions_hold_always():
    assert compiled(Conditions())(Facts({}))


def test_they_say_which_fields_they_ask_for_and_when_time_alone_may_change_them():
    asked = conditions(("status", "is", "pending"), ("since_pending", "at_least", "2d"), some=[("tags", "absent")])
    assert {"status", "since_pending", "tags"} == fields_of(asked)
    assert [timedelta(days=2), timedelta(days=2, microseconds=1)] == [span for _, span in moments_of(asked)]
    assert () == moments_of(conditions(("status", "is", "pending"), ("since_pending", "present")))


@pytest.mark.parametrize(
    ("field", "op", "value", "where", "problem"),
    [
        ("stats", "is", "x", "field", "there is no field 'stats'; did you mean 'status'?"),
        ("fields.", "is", "x", "field", "there is no field 'fields.'"),
        ("tags", "is", "x", "op", "'is' does not fit the field 'tags', which takes includes, excludes, changed"),
        ("status", "contains", "op", "op", "'contains' does not fit the field 'status'"),
        ("status", "is", "opened", "value", "has to be one of new, open, pending, on_hold, solved, closed; did you"),
        ("status", "in", "open", "value", "the op 'in' takes a list that is not empty: [a, b]"),
        ("status", "in", [], "value", "the op 'in' takes a list that is not empty: [a, b]"),
        ("assignee", "is", None, "value", "is missing; for what is empty there is the op 'absent'"),
        ("assignee", "present", "ana", "value", "the op 'present' takes no value"),
        ("reopens", "at_least", "2", "value", "has to be a number"),
        ("reopens", "at_least", True, "value", "has to be a number"),
        ("since_new", "at_least", "2 days", "value", "'2 days' is not a duration"),
        ("since_new", "at_least", 10, "value", "has to be a duration like '10m' or '2d'"),
        ("brand", "is", 3, "value", "has to be text; a number goes in quotes"),
        ("fields.x", "less_than", "3", "value", "has to be a number"),
        ("fields.x", "is", {"a": 1}, "value", "has to be a text, a number, true or false"),
        ("subject", "matches", "a(?=b)", "value", "'a(?=b)' is not a regular expression that runs in linear time"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(field, op, value, where, problem):
    with pytest.raises(ValueError, match="validation error") as refused:
        Condition.model_validate(one(field, op, value))
    [found] = refused.value.errors()
    assert ((where,), True) == (found["loc"], found["msg"].startswith(problem)), found["msg"]


def test_a_condition_is_written_as_it_was_read():
    written = one("since_pending", "at_least", "2d")
    assert written == Condition.model_validate(written).model_dump(mode="json")


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.timedeltas(), st.lists(st.text()), st.just({})
)
WRITTEN = st.one_of(st.integers(), st.text(), st.booleans(), st.just("2d"), st.just("high"), st.just(["a"]), st.none())


@given(st.sampled_from([*sorted(FIELDS), "fields.x", "customer.y"]), st.sampled_from(Op.__args__), WRITTEN, VALUES)
def test_whatever_is_taken_can_be_asked_of_anything(field, op, value, now):
    try:
        asked = conditions((field, op, value))
    except ValueError:
        return
    known = None if field == "priority" else now
    assert holds(field, op, value, known) in {True, False}
    assert fields_of(asked) == {field}
