"""lifecycle.md, 3: the status table."""

from itertools import product
from typing import get_args

import pytest

from handoff_sdk.core.lifecycle import STATUS, Cause, checked_status
from handoff_sdk.errors import ClosedByRuleOnly, InvalidTransition
from handoff_sdk.models.ticket import Status

from .desk import Desk, told, types

STATUSES = get_args(Status)
CAUSES = get_args(Cause)

# The page's table, a cell a line. `assignment` is «accepted, assigned», `style` and `limit` the two clocks that close.
TABLE = {
    ("new", "open"): "assignment rule",
    ("new", "pending"): "agent rule",
    ("new", "on_hold"): "agent rule",
    ("new", "solved"): "agent rule",
    ("new", "closed"): "rule",
    ("open", "pending"): "agent followup rule",
    ("open", "on_hold"): "agent rule",
    ("open", "solved"): "agent followup rule",
    ("open", "closed"): "followup rule",
    ("pending", "open"): "agent rule customer",
    ("pending", "on_hold"): "agent rule",
    ("pending", "solved"): "agent followup rule",
    ("pending", "closed"): "followup rule",
    ("on_hold", "open"): "agent rule customer",
    ("on_hold", "pending"): "agent followup rule",
    ("on_hold", "solved"): "agent followup rule",
    ("on_hold", "closed"): "followup rule",
    ("solved", "open"): "agent rule customer",
    ("solved", "pending"): "agent",
    ("solved", "on_hold"): "agent",
    ("solved", "closed"): "style limit followup rule",
}
# What the text beside the table adds: a ticket that nobody accepted is solved without an assignee (2.6), and an agent's
# public message opens a ticket of nobody (2.8).
BESIDE = {
    ("new", "solved"): "abandonment",
    ("open", "solved"): "abandonment",
    ("pending", "solved"): "abandonment",
    ("on_hold", "solved"): "abandonment",
    ("pending", "open"): "assignment",
    ("on_hold", "open"): "assignment",
}
ALLOWED = {
    (old, new, cause) for cells in (TABLE, BESIDE) for (old, new), causes in cells.items() for cause in causes.split()
}


def desk_with_ticket(status: str, *, assignee: bool = True) -> Desk:
    """A desk whose one ticket has this status; Ana's, or nobody's."""
    desk = Desk(brand={"style": "live_chat" if status == "closed" else "social"})
    desk.customer_says()
    desk.hand_off()
    if status == "new":
        return desk
    desk.takes("ana")
    if status == "closed":
        desk.sets(status="solved")
    else:
        desk.sets(status=status)
    if not assignee:
        desk.sets(assignee=None)
    assert status == desk.ticket.status
    return desk


@pytest.mark.parametrize(("old", "new", "cause"), list(product(STATUSES, STATUSES, CAUSES)))
def test_a_status_moves_as_the_table_says_and_no_other_way(old, new, cause):
    if old == new:
        assert new not in STATUS[old]
    elif (old, new, cause) in ALLOWED:
        assert new == checked_status(old, new, cause)
    else:
        error = ClosedByRuleOnly if (new, cause) == ("closed", "agent") else InvalidTransition
        with pytest.raises(error) as refused:
            checked_status(old, new, cause)
        assert error is refused.type
        assert repr(old) in refused.value.detail
        assert repr(new) in refused.value.detail or error is ClosedByRuleOnly


@pytest.mark.parametrize(("old", "new"), [pair for pair in product(STATUSES, STATUSES) if pair[0] != "new"])
def test_an_agent_sets_the_status_of_an_assigned_ticket_by_the_table(old, new):
    desk = desk_with_ticket(old)
    if old == new:
        assert [] == types(desk.sets(status=new))
    elif "agent" in TABLE.get((old, new), "").split():
        decision = desk.sets(status=new)
        assert new == desk.ticket.status
        assert [old, new] == told(decision, "ticket.updated")["changes"]["status"]
    else:
        error = ClosedByRuleOnly if new == "closed" else InvalidTransition
        with desk.refused(error):
            desk.sets(status=new)


@pytest.mark.parametrize("new", STATUSES)
@pytest.mark.parametrize("old", ["new", "open", "pending", "on_hold"])
def test_a_ticket_of_nobody_moves_by_the_same_table_but_is_not_solved(old, new):
    desk = desk_with_ticket(old, assignee=False)
    if old == new:
        assert [] == types(desk.sets(status=new))
    elif new != "solved" and "agent" in TABLE.get((old, new), "").split():
        desk.sets(status=new)
        assert new == desk.ticket.status
    else:
        error = ClosedByRuleOnly if new == "closed" else InvalidTransition
        with desk.refused(error) as refused:
            desk.sets(status=new)
        assert new != "solved" or "assignee" in refused.value.detail


def test_an_agent_solves_a_new_ticket_by_assigning_it_in_the_same_change():
    desk = desk_with_ticket("new")
    decision = desk.sets(assignee="ben", status="solved")
    assert ("solved", "ben") == (desk.ticket.status, desk.ticket.assignee)
    assert [None, "ben"] == told(decision, "ticket.updated")["changes"]["assignee"]


@pytest.mark.parametrize("old", ["new", "open"])
def test_a_customers_message_leaves_a_new_or_open_ticket_as_it_is(old):
    desk = desk_with_ticket(old)
    assert ["message.created"] == types(desk.customer_says())
    assert (old, 0) == (desk.ticket.status, desk.ticket.reopens)


@pytest.mark.parametrize(("old", "reopens"), [("pending", 0), ("on_hold", 0), ("solved", 1)])
def test_a_customers_message_opens_a_parked_or_solved_ticket_which_keeps_its_agent_and_does_not_queue(old, reopens):
    desk = desk_with_ticket(old)
    decision = desk.customer_says()
    reopened = ["ticket.reopened"] if reopens else []
    assert ["message.created", *reopened, "ticket.opened", "ticket.updated"] == types(decision)
    assert ("open", "ana", reopens) == (desk.ticket.status, desk.ticket.assignee, desk.ticket.reopens)
    assert not reopens or told(decision, "ticket.reopened") == {"reopens": reopens}


@pytest.mark.parametrize("old", ["pending", "on_hold"])
def test_a_customers_message_opens_and_queues_a_parked_ticket_of_nobody(old):
    desk = desk_with_ticket(old, assignee=False)
    decision = desk.customer_says()
    assert ["message.created", "ticket.queued", "ticket.opened", "ticket.updated"] == types(decision)
    assert ["mia"] == desk.queue


def test_reopens_count_what_customers_reopened_any_number_of_times_and_nothing_else():
    desk = desk_with_ticket("solved")
    for _ in range(2):
        desk.customer_says()
        desk.sets(status="solved")
    desk.sets(status="open")
    desk.sets(status="pending")
    desk.customer_says()
    assert 2 == desk.ticket.reopens


def test_a_reopened_ticket_counts_again_even_past_the_maximum():
    desk = Desk(agents={"ana": {"capacity": {"messaging": 1}}}, routing={"accept": "auto"})
    desk.status("ana", "online")
    desk.customer_says()
    desk.hand_off()
    desk.sets(status="solved")
    desk.customer_says(to="tom")
    desk.hand_off()
    assert 1 == desk.used("ana")
    desk.customer_says(to="mia")
    assert 2 == desk.used("ana")


@pytest.mark.parametrize("status", ["open", "pending", "on_hold", "solved"])
def test_a_ticket_that_is_not_live_any_more_is_not_touched_by_customers(status):
    desk = desk_with_ticket("open")
    desk.hands_back(status=status)
    ticket = desk.ticket
    desk.customer_says()
    assert ticket == desk.ticket


@pytest.mark.parametrize("status", ["open", "pending", "on_hold"])
def test_a_ticket_that_is_not_live_any_more_is_work_that_can_still_be_solved(status):
    desk = desk_with_ticket("open")
    desk.hands_back(status=status)
    assert ["ticket.solved", "ticket.updated"] == types(desk.sets(status="solved"))


def test_nothing_goes_back_to_new():
    assert set() == {old for old in STATUSES if "new" in STATUS[old]}


def test_every_status_has_its_row():
    assert set(STATUSES) == set(STATUS)
