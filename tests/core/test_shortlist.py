"""Which rules can hold at all: none that does is missed, and few others are found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff_sdk.core.conditions import compiled
from handoff_sdk.core.shortlist import Shortlist
from handoff_sdk.models.condition import Conditions


@dataclass
class Known:
    """Facts that are told."""

    fields: dict[str, object]
    earlier: dict[str, object]

    def now(self, field: str) -> object:
        return self.fields.get(field)

    def before(self, field: str) -> object:
        return self.earlier.get(field)


def rule(*conditions: dict[str, Any], **more: Any) -> Conditions:
    return Conditions.model_validate({"all": list(conditions), **more})


def found(rules: list[Conditions], fields: dict[str, object]) -> set[int]:
    return Shortlist(enumerate(rules)).of(Known(fields, {}))


scalars = st.sampled_from(
    ["a", "A", "b", "5", "5.0", " 5", "05", "", "nan", "inf", 5, 5.0, 0, -0.0, 10**23, 1e23, True]
)
texts = st.sampled_from(["", "Where is order 5?", "STRASSE", "Straße", "a b", "5"])
conditions = st.one_of(
    st.builds(
        lambda op, value: {"field": "fields.x", "op": op, "value": value},
        st.sampled_from(["is", "is_not", "changed_to"]),
        scalars,
    ),
    st.builds(lambda values: {"field": "fields.x", "op": "in", "value": values}, st.lists(scalars, min_size=1)),
    st.builds(
        lambda op, value: {"field": "tags", "op": op, "value": value},
        st.sampled_from(["includes", "excludes"]),
        st.sampled_from(["a", "b", "5", ["a", "b"]]),
    ),
    st.builds(lambda value: {"field": "message.text", "op": "contains", "value": value}, texts.filter(bool)),
    st.builds(
        lambda value: {"field": "message.text", "op": "matches", "value": value},
        st.sampled_from(["order (no )?5", "^a", "ß$", "(?i)strasse", "."]),
    ),
    st.just({"field": "fields.x", "op": "present"}),
)
rules = st.builds(
    lambda every, some: Conditions.model_validate({"all": every, "any": some}),
    st.lists(conditions, max_size=3),
    st.lists(conditions, max_size=2),
)
facts = st.builds(
    lambda x, earlier, tags, text: Known({"fields.x": x, "tags": tags, "message.text": text}, {"fields.x": earlier}),
    scalars | st.none() | st.just(["a"]),
    scalars | st.none(),
    st.lists(st.sampled_from(["a", "b", "5", "05"])).map(tuple),
    texts | st.none(),
)


@given(st.lists(rules, max_size=8), facts)
def test_no_rule_that_holds_is_missed(some, known):
    holding = {index for index, one in enumerate(some) if compiled(one)(known)}
    assert holding <= Shortlist(enumerate(some)).of(known)


def test_a_rule_is_filed_under_what_fewest_share():
    everybody = {"field": "message.author", "op": "is", "value": "customer"}
    some = [rule(everybody, {"field": "tags", "op": "includes", "value": f"team-{number}"}) for number in range(9)]
    assert {3} == found(some, {"message.author": "customer", "tags": ("team-3",)})


@pytest.mark.parametrize("op", ["contains", "matches"])
def test_texts_are_looked_through_for_all_at_once(op):
    some = [rule({"field": "message.text", "op": op, "value": f"order {number}"}) for number in range(250)]
    assert {4, 47} == found(some, {"message.text": "What of order 47?"})


def test_what_cannot_be_looked_up_is_asked_always():
    some = [rule({"field": "fields.x", "op": "present"}), rule(any=[{"field": "fields.x", "op": "is", "value": 1}])]
    assert {0, 1} == found(some, {})


def test_patterns_that_are_too_much_at_once_are_all_asked():
    greedy = [
        rule({"field": "message.text", "op": "matches", "value": rf"a.{{0,500}}b.{{0,400}}c{number}"})
        for number in range(100)
    ]
    assert set(range(100)) == found(greedy, {"message.text": "Hello"})
