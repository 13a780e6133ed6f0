"""config.md, Lint: rules that chase each other in one transaction, and rules that only look as if they did."""

from __future__ import annotations

import pytest

from handoff_sdk.errors import ConfigError
from handoff_sdk.models.config import DeskConfig

DESK = {
    "groups": {"support": {}, "billing": {}},
    "ticket_statuses": {"parts": "on_hold"},
}


def is_(field, value, op="is"):
    return {"field": field, "op": op, "value": value}


def rule(name, *conditions, on=("ticket.updated",), some=(), **action):
    return {"name": name, "on": [*on], "all": [*conditions], "any": [*some], "actions": [action]}


def chased(*triggers):
    """The paths and messages of what is refused."""
    try:
        DeskConfig.parse(DESK | {"triggers": [*triggers]})
    except ConfigError as error:
        return {each.path: each.message for each in error.errors}
    return {}


TO_BILLING = rule("to billing", is_("group", "support"), set={"group": "billing"})
TO_SUPPORT = rule("to support", is_("group", "billing"), set={"group": "support"})


def test_two_rules_that_undo_each_other_are_refused_by_name():
    assert {
        "triggers[1]": "'to support' and 'to billing' chase each other: this one sets 'group' to 'support', "
        "'to billing' sets 'group' to 'billing', and each makes the conditions of the other hold again; "
        "let one of them ask for something that the other ends"
    } == chased(TO_BILLING, TO_SUPPORT)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            rule("up", is_("priority", "high", "less_than"), set={"priority": "urgent"}),
            rule("down", is_("priority", "high", "at_least"), set={"priority": "low"}),
        ),
        (
            rule("up", {"field": "priority", "op": "changed"}, set={"priority": "urgent"}),
            rule("down", {"field": "priority", "op": "changed"}, set={"priority": "low"}),
        ),
        (
            rule("up", is_("priority", "low", "changed_to"), set={"priority": "urgent"}),
            rule("down", is_("priority", ["urgent", "high"], "in"), set={"priority": "low"}),
        ),
        (
            rule("on", is_("tags", "seen", "excludes"), add_tags=["seen"]),
            rule("off", is_("tags", "seen", "includes"), remove_tags=["seen"]),
        ),
        (
            rule("wait", is_("status", "open"), set={"status": "parts"}),
            rule("go on", is_("status", "on_hold"), set={"status": "open"}),
        ),
        (
            rule("empty", {"field": "fields.plan", "op": "present"}, set={"fields.plan": None}),
            rule("fill", {"field": "fields.plan", "op": "absent"}, set={"fields.plan": "gold"}),
        ),
        (
            rule("a", is_("group", "support"), on=["ticket.created"], set={"group": "billing"}),
            rule("b", is_("group", "billing"), on=["ticket.created"], set={"group": "support"}),
        ),
        (
            rule("a", is_("group", "support"), on=["ticket.created"], set={"group": "billing"}),
            rule("b", is_("group", "billing"), set={"group": "support"}),
        ),
        (
            rule("a", some=[is_("group", "support"), is_("channel", "x")], set={"group": "billing"}),
            rule("b", is_("group", "billing"), set={"group": "support"}),
        ),
        (
            rule("a", is_("group", "support"), is_("tags", "vip", "includes"), set={"group": "billing"}),
            rule("b", is_("group", "billing"), is_("channel", "web"), set={"group": "support"}),
        ),
    ],
)
def test_they_chase_each_other_in_either_order(one, other):
    assert {"triggers[1]"} == chased(one, other).keys() == chased(other, one).keys()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # They never run together.
        (
            rule("a", is_("group", "support"), on=["ticket.created"], set={"group": "billing"}),
            rule("b", is_("group", "billing"), on=["ticket.solved"], set={"group": "support"}),
        ),
        # What one leaves does not make the other's conditions hold.
        (TO_BILLING, rule("b", is_("group", "support"), set={"group": None})),
        (TO_BILLING, rule("b", is_("priority", "low"), set={"group": "support"})),
        (
            rule("a", is_("tags", "vip", "includes"), set={"priority": "urgent"}),
            rule("b", is_("tags", "spam", "includes"), set={"priority": "low"}),
        ),
        # They set the same.
        (TO_BILLING, rule("b", is_("group", "billing"), set={"group": "billing"})),
        # Something else keeps them apart.
        (
            rule("a", is_("group", "support"), is_("channel", "web"), set={"group": "billing"}),
            rule("b", is_("group", "billing"), is_("channel", "email"), set={"group": "support"}),
        ),
        (
            rule("a", is_("group", "support"), is_("brand", ["default"], "in"), set={"group": "billing"}),
            rule("b", is_("group", "billing"), is_("brand", "default", "is_not"), set={"group": "support"}),
        ),
        (
            rule("a", is_("group", "support"), is_("tags", "vip", "includes"), set={"group": "billing"}),
            rule("b", is_("group", "billing"), is_("tags", ["vip", "gold"], "excludes"), set={"group": "support"}),
        ),
        # One of them ends what it asked for.
        (
            {
                **rule("a", is_("group", "support"), is_("tags", "moved", "excludes")),
                "actions": [{"set": {"group": "billing"}, "add_tags": ["moved"]}],
            },
            TO_SUPPORT,
        ),
        (
            rule("a", is_("group", "support"), some=[is_("status", "new")], set={"group": "billing", "status": "open"}),
            TO_SUPPORT,
        ),
    ],
)
def test_these_do_not(one, other):
    assert {} == chased(one, other) == chased(other, one)


def test_each_pair_is_told_once():
    third = rule("back again", is_("group", "billing"), set={"group": "support", "priority": "low"})
    found = chased(TO_BILLING, TO_SUPPORT, third)
    assert {"triggers[1]", "triggers[2]"} == found.keys()


def test_a_thousand_rules_are_looked_through():
    many = [rule(f"{n}", is_("fields.step", n), set={"fields.step": n + 1}) for n in range(1000)]
    assert {} == chased(*many)
    assert {"triggers[1000]"} == chased(*many, rule("back", is_("fields.step", 500), set={"fields.step": 499})).keys()


STEPS = ("low", "normal", "high", "urgent")


def ring(*priorities, **others):
    """Rules that each set the next one of some priorities, the last one the first."""
    after = (*priorities[1:], priorities[0])
    return [
        rule(f"from {one}", is_("priority", one), set={"priority": other}, **others)
        for one, other in zip(priorities, after, strict=True)
    ]


def test_three_that_chase_each_other_in_a_circle_are_refused_by_name():
    assert {
        "triggers[2]": "'from low', 'from normal' and 'from urgent' chase each other in a circle: each leaves what the "
        "next one asks for, and the last one what the first asks for; let one of them ask for something that another "
        "ends"
    } == chased(*ring("low", "normal", "urgent"))


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 1, 0)])
def test_a_circle_is_found_in_any_order(order):
    four = ring(*STEPS)
    assert {"triggers[3]"} == chased(*(four[place] for place in order)).keys()


def test_a_circle_may_go_through_several_fields():
    found = chased(
        rule("a", is_("priority", "low"), set={"group": "billing"}),
        rule("b", is_("group", "billing"), set={"priority": "urgent"}),
        rule("c", is_("priority", "urgent"), set={"group": "support"}),
        rule("d", is_("group", "support"), set={"priority": "low"}),
    )
    assert {"triggers[3]"} == found.keys()
    assert "'a', 'b', 'c' and 'd' chase each other in a circle" in found["triggers[3]"]


def test_a_circle_of_hundreds_is_found():
    many = [rule(f"{n}", is_("fields.step", n), set={"fields.step": (n + 1) % 300}) for n in range(300)]
    assert {"triggers[299]"} == chased(*many).keys()


@pytest.mark.parametrize(
    "rules",
    [
        # The way does not lead back.
        ring(*STEPS)[:3],
        # They never run together.
        [
            *ring("low", "normal", "urgent", on=["ticket.created"])[:2],
            *ring("low", "normal", "urgent", on=["sla.warning"])[2:],
        ],
        # Something else keeps one of them apart.
        [
            rule("a", is_("priority", "low"), is_("channel", "web"), set={"priority": "normal"}),
            rule("b", is_("priority", "normal"), set={"priority": "urgent"}),
            rule("c", is_("priority", "urgent"), is_("channel", "email"), set={"priority": "low"}),
        ],
        # One of them ends what it asked for.
        [
            {
                **rule("a", is_("priority", "low"), is_("tags", "seen", "excludes")),
                "actions": [{"set": {"priority": "normal"}, "add_tags": ["seen"]}],
            },
            *ring("low", "normal", "urgent")[1:],
        ],
        # Each leaves what the next one asks for, but nobody takes it away again.
        [
            rule("a", is_("priority", "low"), set={"group": "billing"}),
            rule("b", is_("group", "billing"), set={"status": "pending"}),
            rule("c", is_("status", "pending"), set={"priority": "low"}),
        ],
    ],
)
def test_these_are_no_circle(rules):
    assert {} == chased(*rules)


def test_a_pair_in_a_circle_is_told_alone():
    back = rule("back", is_("priority", "normal"), set={"priority": "low"})
    found = chased(*ring("low", "normal", "urgent"), back)
    assert {"triggers[3]"} <= found.keys()
    assert "'from low' chase each other: this one" in found["triggers[3]"]
