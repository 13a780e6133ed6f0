"""config.md, views: which tickets a saved view shows, and in which order."""

from __future__ import annotations

import pytest

from handoff_sdk.core.viewing import shown, statuses_of
from handoff_sdk.errors import ConfigError
from handoff_sdk.models.config import DeskConfig

from .desk import Desk

TO_ANSWER = {
    "name": "to answer",
    "all": [{"field": "status", "op": "in", "value": ["new", "open"]}],
    "sort": ["priority", "since_customer_message"],
}


def seen(desk, name):
    """Whose tickets a view shows."""
    view = next(view for view in desk.config.views if view.name == name)
    newest_first = [(thread, ticket) for thread in reversed(desk.threads.values()) for ticket in thread.tickets]
    names = {thread.latest.id: name for name, thread in desk.threads.items()}
    return [names[ticket.id] for ticket in shown(view, newest_first, now=desk.now, config=desk.config)]


def three(**config):
    desk = Desk(**config)
    for name, priority in (("a", "low"), ("b", "urgent"), ("c", "low")):
        desk.customer_says(to=name)
        desk.hand_off(priority=priority)
        desk.advance("1m")
    return desk


def test_it_shows_what_its_conditions_hold_of():
    desk = three(views=[TO_ANSWER])
    desk.sets(to="b", status="pending")
    assert ["a", "c"] == seen(desk, "to answer")


def test_it_sorts_by_urgency():
    desk = three(views=[TO_ANSWER])
    assert ["b", "a", "c"] == seen(desk, "to answer")
    desk.customer_says(to="a")
    assert ["b", "c", "a"] == seen(desk, "to answer")


def test_without_a_sort_the_newest_come_first():
    assert ["c", "b", "a"] == seen(three(views=[{"name": "all"}]), "all")


def test_time_counts():
    waiting = {"name": "waiting", "all": [{"field": "since_customer_message", "op": "at_least", "value": "2m"}]}
    assert ["b", "a"] == seen(three(views=[waiting]), "waiting")


def test_what_is_empty_comes_last_and_words_by_the_alphabet():
    desk = three(views=[{"name": "by subject", "sort": ["subject", "reopens"]}])
    desk.sets(to="a", subject="b")
    desk.sets(to="c", subject="A")
    assert ["c", "a", "b"] == seen(desk, "by subject")


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([], ("new", "on_hold", "open", "pending", "solved")),
        ([{"field": "status", "op": "is", "value": "closed"}], ("closed",)),
        (
            [
                {"field": "status", "op": "in", "value": ["new", "open"]},
                {"field": "status", "op": "is", "value": "open"},
            ],
            ("open",),
        ),
    ],
)
def test_closed_ones_are_only_there_where_they_are_asked_for(conditions, expected):
    (view,) = DeskConfig.parse({"views": [{"name": "a", "all": conditions}]}).views
    assert expected == statuses_of(view)


@pytest.mark.parametrize(
    ("view", "problem"),
    [
        ({"name": "a", "sort": ["prio"]}, "there is no field 'prio' to sort by"),
        ({"name": "a/b"}, "'a/b' is not a name without '/'"),
        ({"name": "a", "all": [{"field": "event", "op": "is", "value": "x"}]}, "a view can ask only for what a ticket"),
    ],
)
def test_what_cannot_be_shown_is_refused(view, problem):
    with pytest.raises(ConfigError, match=problem):
        DeskConfig.parse({"views": [view]})
