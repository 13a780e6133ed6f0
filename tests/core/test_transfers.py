"""lifecycle.md, 6.13: a ticket goes to a colleague, who is asked, or back to a queue."""

from __future__ import annotations

import pytest

from handoff_sdk.errors import Conflict, InvalidRequest, InvalidTransition, OfferGone, UnknownGroup

from .desk import Desk, told, types

GROUPS = {"groups": {"billing": {}, "support": {}}}
AUTO = {"routing": {"accept": "auto"}}


def of_ana(*online, **config):
    """Ana has a ticket; so many others are online by then."""
    desk = Desk(**config)
    desk.customer_says()
    desk.hand_off()
    desk.takes("ana")
    for agent in online:
        desk.status(agent, "online")
    return desk


class TestToAQueue:
    def test_the_assignee_is_removed_and_the_ticket_queues_for_the_group(self):
        desk = of_ana("ana", "ben", agents={"ana": {}, "ben": {"groups": ["billing"]}}, **GROUPS)
        decision = desk.transfers(to={"group": "billing"})
        assert ["ticket.transferred", "ticket.unassigned", "ticket.queued", "ticket.updated"] == types(decision)
        assert {"from": "ana", "agent": None, "group": "billing", "queue": None} == told(decision, "ticket.transferred")
        assert ("billing", None, "ben") == (desk.ticket.group, desk.ticket.assignee, desk.ticket.offered_to)

    @pytest.mark.parametrize("status", ["pending", "on_hold"])
    def test_one_that_is_parked_becomes_open(self, status):
        desk = of_ana(**GROUPS)
        desk.sets(status=status)
        assert "ticket.opened" in types(desk.transfers(to={"group": "billing"}))
        assert ("open", ["mia"]) == (desk.ticket.status, desk.queue)

    def test_it_stays_in_the_queue_it_was_put_into(self):
        desk = of_ana(queues=[{"name": "vip", "all": [{"field": "tags", "op": "includes", "value": "vip"}]}], **GROUPS)
        desk.transfers(to={"queue": "vip"})
        desk.sets(subject="Parcel")
        assert "vip" == desk.ticket.queue
        desk.transfers(to={"group": "billing"})
        assert ("standard", "billing") == (desk.ticket.queue, desk.ticket.group)

    def test_the_sender_does_not_get_it_back_while_another_can_take_it(self):
        desk = of_ana("ana", "ben")
        desk.transfers(to={"queue": "standard"})
        assert "ben" == desk.ticket.offered_to
        desk.status("ben", "offline")
        assert "ana" == desk.ticket.offered_to

    def test_one_that_waits_can_be_put_elsewhere(self):
        desk = Desk(agents={"ana": {}, "ben": {"groups": ["billing"]}}, **GROUPS)
        desk.status("ana", "online")
        desk.status("ben", "online")
        desk.customer_says()
        desk.hand_off()
        assert "ana" == desk.ticket.offered_to
        decision = desk.transfers("ben", to={"group": "billing"})
        assert ["ticket.transferred", "ticket.offer_withdrawn", "ticket.updated"] == types(decision)
        assert ("new", "ben") == (desk.ticket.status, desk.ticket.offered_to)

    def test_one_that_is_not_live_goes_on_without_an_assignee_and_does_not_queue(self):
        desk = of_ana(**GROUPS)
        desk.ends()
        desk.transfers(to={"group": "billing"})
        assert ("billing", None, []) == (desk.ticket.group, desk.ticket.assignee, desk.queue)

    def test_what_there_is_not_is_refused(self):
        desk = of_ana(**GROUPS)
        with desk.refused(UnknownGroup):
            desk.transfers(to={"group": "bilking"})
        with desk.refused(InvalidRequest):
            desk.transfers(to={"queue": "vip"})
        with desk.refused(InvalidRequest):
            desk.transfers(to={"agent": "bem"})


@pytest.mark.parametrize("to", [{"group": "billing"}, {"queue": "standard"}, {"agent": "ben"}])
@pytest.mark.parametrize(("style", "refusal"), [("social", InvalidTransition), ("live_chat", Conflict)])
def test_a_solved_or_closed_one_is_not_transferred(to, style, refusal):
    desk = of_ana(brand={"style": style}, **GROUPS)
    desk.sets(status="solved")
    with desk.refused(refusal):
        desk.transfers(to=to)


def test_just_one_target_is_named():
    desk = of_ana(**GROUPS)
    for to in ({}, {"agent": "ben", "group": "billing"}):
        with pytest.raises(ValueError, match="give one of 'agent', 'group' and 'queue'"):
            desk.transfers(to=to)


class TestToAnAgent:
    def test_who_has_it_keeps_it_until_it_is_accepted(self):
        desk = of_ana("ben")
        decision = desk.transfers(to={"agent": "ben"})
        assert ["ticket.transferred", "ticket.offered"] == types(decision)
        assert ("ana", "ben", 1, 1) == (
            desk.ticket.assignee,
            desk.ticket.offered_to,
            desk.used("ana"),
            desk.used("ben"),
        )
        decision = desk.accepts("ben")
        assert "transfer" == told(decision, "ticket.assigned")["by"]
        assert ("ben", 0, 1) == (desk.ticket.assignee, desk.used("ana"), desk.used("ben"))

    def test_accepting_opens_what_was_parked(self):
        desk = of_ana("ben")
        desk.sets(status="pending")
        desk.transfers(to={"agent": "ben"})
        desk.accepts("ben")
        assert ("ben", "open") == (desk.ticket.assignee, desk.ticket.status)

    def test_a_decline_or_a_lapse_leaves_it_where_it_was(self):
        desk = of_ana("ben", routing={"lapses": {"count": 1}})
        desk.transfers(to={"agent": "ben"})
        desk.declines("ben")
        assert ("ana", None, None) == (desk.ticket.assignee, desk.ticket.offered_to, desk.ticket.passed_over)
        desk.transfers(to={"agent": "ben"})
        assert ["ticket.offer_lapsed"] == desk.advance("30s")
        assert ("ana", None, "online") == (desk.ticket.assignee, desk.ticket.passed_over, desk.people["ben"].status)

    def test_it_looks_at_neither_maximum_nor_pool(self):
        agents = {"ana": {"groups": ["billing"]}, "ben": {"capacity": {"messaging": 0}}}
        desk = of_ana(agents=agents, brand={"group": "billing"}, **GROUPS)
        desk.status("ben", "transfers_only")
        desk.transfers(to={"agent": "ben"})
        assert "ben" == desk.ticket.offered_to
        desk.status("ben", "offline")
        assert ("ana", None) == (desk.ticket.assignee, desk.ticket.offered_to)

    @pytest.mark.parametrize("end", ["solved", "not live", "reassigned", "back to the queue"])
    def test_it_ends_when_the_ticket_is(self, end):
        desk = of_ana("ben")
        desk.transfers(to={"agent": "ben"})
        offer_id = desk.ticket.offer.id
        decision = {
            "solved": lambda: desk.sets(status="solved"),
            "not live": desk.ends,
            "reassigned": lambda: desk.sets(assignee="ben") and desk.sets(assignee="ana"),
            "back to the queue": lambda: desk.sets(assignee=None),
        }[end]()
        if end != "reassigned":
            assert "ticket.offer_withdrawn" in types(decision)
        with desk.refused(OfferGone):
            desk.accepts("ben", offer_id=offer_id)

    def test_one_that_waits_goes_on_waiting(self):
        desk = Desk()
        desk.customer_says()
        desk.hand_off()
        desk.status("ben", "transfers_only")
        desk.transfers("ana", to={"agent": "ben"})
        assert [] == desk.queue
        desk.declines("ben")
        assert (["mia"], None) == (desk.queue, desk.ticket.passed_over)

    def test_another_transfer_takes_the_first_ones_place(self):
        desk = of_ana("ben", "eve", agents={"ana": {}, "ben": {}, "eve": {}})
        desk.transfers(to={"agent": "ben"})
        assert [] == types(desk.transfers(to={"agent": "ben"}))
        decision = desk.transfers(to={"agent": "eve"})
        assert ["ticket.transferred", "ticket.offer_withdrawn", "ticket.offered"] == types(decision)
        assert ("eve", 0) == (desk.ticket.offered_to, desk.used("ben"))

    def test_to_who_has_it_already_changes_nothing(self):
        desk = of_ana()
        assert [] == types(desk.transfers(to={"agent": "ana"}))

    def test_with_auto_nobody_is_asked(self):
        desk = of_ana(**AUTO)
        desk.transfers(to={"agent": "ben"})
        assert ("ben", None) == (desk.ticket.assignee, desk.ticket.offered_to)

    def test_one_that_is_not_live_is_assigned_at_once(self):
        desk = of_ana("ben")
        desk.ends()
        desk.transfers(to={"agent": "ben"})
        assert ("ben", None, 0) == (desk.ticket.assignee, desk.ticket.offered_to, desk.used("ben"))

    def test_who_does_not_work_for_the_brand_is_refused(self):
        desk = of_ana(brands={"acme": {}}, agents={"ana": {}, "ben": {"brands": ["acme"]}})
        with desk.refused(InvalidRequest):
            desk.transfers(to={"agent": "ben"})
