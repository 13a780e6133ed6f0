"""lifecycle.md, 6.7, 6.8, 6.10 and 6.11: offers, and what they reserve."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handoff_sdk.core.draft import SYSTEM
from handoff_sdk.errors import OfferGone
from handoff_sdk.models.command import AcceptOffer, DeclineOffer
from handoff_sdk.models.prompt import AssignTicket, OfferTicket, RenewOffer, WithdrawOffer

from .desk import Desk, told, types


def one(maximum: int = 1, **config: object) -> dict[str, object]:
    return {"capacity": {"messaging": maximum}, **config}


def offered(**config: object) -> Desk:
    """Mia's ticket is on offer to Ana; Ben is away."""
    desk = Desk(**config)
    desk.status("ana", "online")
    desk.customer_says()
    desk.hand_off()
    assert "ana" == desk.ticket.offered_to
    return desk


def hands_off(desk: Desk, name: str, **fields: object) -> None:
    desk.customer_says(to=name)
    desk.hand_off(**fields)


def test_a_waiting_ticket_is_offered_to_who_can_take_it_and_keeps_its_status():
    desk = offered()
    assert ["ticket.queued", "ticket.offered"] == [event.type for event in desk.events[-2:]]
    offer = desk.ticket.offer
    assert {
        "offer_id": offer.id,
        "agent_id": "ana",
        "offered_at": "2026-01-05T09:00:00Z",
        "expires_at": "2026-01-05T09:00:30Z",
        "transfer": False,
        "held_by": None,
    } == desk.events[-1].data
    assert ("new", None, []) == (desk.ticket.status, desk.ticket.assignee, desk.queue)


def test_accepting_makes_it_the_agents_and_open():
    desk = offered()
    decision = desk.accepts("ana")
    assert ["ticket.assigned", "ticket.opened", "ticket.updated"] == types(decision)
    assert ("open", "ana", None, desk.now) == (
        desk.ticket.status,
        desk.ticket.assignee,
        desk.ticket.offer,
        desk.ticket.accepted_at,
    )
    assert [] == desk.advance("10m")[1:]


def test_an_offer_is_its_agents_alone_and_ends_with_its_answer():
    desk = offered()
    offer_id = desk.ticket.offer.id
    for answer in (desk.accepts, desk.declines):
        with desk.refused(OfferGone):
            answer("ben", offer_id=offer_id)
    desk.accepts("ana")
    for answer in (desk.accepts, desk.declines):
        with desk.refused(OfferGone):
            answer("ana", offer_id=offer_id)


def test_an_offer_lapses_when_its_time_has_passed_and_not_before():
    desk = offered()
    offer_id = desk.ticket.offer.id
    desk.status("ben", "online")
    assert [] == desk.advance("29s")
    assert ["ticket.offer_lapsed", "ticket.offered"] == desk.advance("1s")
    assert "ben" == desk.ticket.offered_to
    with desk.refused(OfferGone):
        desk.accepts("ana", offer_id=offer_id)


def test_an_offer_at_its_last_instant_has_lapsed_before_it_is_accepted():
    desk = offered()
    offer_id = desk.ticket.offer.id
    desk.sleeps("30s")
    with pytest.raises(OfferGone):
        desk.accepts("ana", offer_id=offer_id)
    assert "ticket.offer_lapsed" in [event.type for event in desk.events]


def test_a_declined_offer_goes_to_somebody_else():
    desk = offered()
    desk.status("ben", "online")
    decision = desk.declines("ana")
    assert ["ticket.offer_declined"] == types(decision)
    assert "ben" == desk.ticket.offered_to


def test_who_declined_or_let_it_lapse_last_is_passed_over_while_another_can_take_it():
    desk = offered()
    desk.status("ben", "online")
    desk.declines("ana")
    desk.advance("30s")
    assert "ana" == desk.ticket.offered_to
    desk.declines("ana")
    assert "ben" == desk.ticket.offered_to


def test_after_a_lapse_the_only_agent_gets_it_again_at_once():
    desk = offered()
    assert ["ticket.offer_lapsed", "ticket.offered"] == desk.advance("30s")
    assert "ana" == desk.ticket.offered_to


def test_after_a_decline_the_only_agent_gets_it_again_not_before_the_time_of_an_offer():
    desk = offered()
    desk.advance("10s")
    desk.declines("ana")
    assert (None, ["mia"]) == (desk.ticket.offered_to, desk.queue)
    assert [] == desk.advance("29s")
    assert ["ticket.offered"] == desk.advance("1s")
    assert "ana" == desk.ticket.offered_to


def test_who_comes_meanwhile_gets_what_another_declined_at_once():
    desk = offered()
    desk.declines("ana")
    desk.status("ben", "online")
    assert "ben" == desk.ticket.offered_to


def test_a_decline_still_counts_when_the_next_agents_offer_was_withdrawn():
    desk = offered()
    desk.status("ben", "online")
    desk.declines("ana")
    desk.advance("10s")
    desk.status("ben", "offline")
    assert None is desk.ticket.offered_to
    assert ["ticket.offered"] == desk.advance("20s")
    assert "ana" == desk.ticket.offered_to


@pytest.mark.parametrize("status", ["away", "transfers_only", "offline"])
def test_an_offer_is_withdrawn_when_its_agents_status_allows_no_new_work(status):
    desk = offered()
    desk.status("ben", "online")
    desk.status("ana", status)
    assert ["ticket.offer_withdrawn", "ticket.offered"] == [event.type for event in desk.events[-2:]]
    assert ("ben", 0) == (desk.ticket.offered_to, desk.used("ana"))


def test_an_offer_is_withdrawn_when_its_agents_capacity_is_used_up_by_a_customer():
    desk = Desk(agents={"ana": one(), "ben": one()})
    desk.status("ana", "online")
    hands_off(desk, "mia")
    desk.accepts("ana")
    desk.sets(status="pending")
    hands_off(desk, "tom")
    desk.status("ben", "online")
    assert "ana" == desk.ticket.offered_to
    desk.customer_says(to="mia")
    assert 1 == desk.used("ana")
    assert "ben" == desk.threads["tom"].latest.offered_to


def test_an_offer_is_withdrawn_when_its_ticket_goes_to_a_group_its_agent_is_not_in():
    groups = {"support": {}, "billing": {}}
    desk = offered(groups=groups, agents={"ana": {"groups": ["support"]}, "ben": {"groups": ["billing"]}})
    desk.status("ben", "online")
    desk.sets(group="billing")
    assert "ticket.offer_withdrawn" in [event.type for event in desk.events]
    assert "ben" == desk.ticket.offered_to


@pytest.mark.parametrize(
    ("act", "events"),
    [
        (lambda desk: desk.leaves_queue(), ["ticket.offer_withdrawn", "control.returned", "ticket.updated"]),
        (
            lambda desk: desk.ends("customer"),
            ["message.created", "ticket.offer_withdrawn", "session.ended", "control.returned", "ticket.updated"],
        ),
        (lambda desk: desk.sets(status="pending"), ["ticket.offer_withdrawn", "ticket.pending", "ticket.updated"]),
        (
            lambda desk: desk.takes("ben"),
            ["ticket.offer_withdrawn", "ticket.assigned", "ticket.opened", "ticket.updated"],
        ),
        (
            lambda desk: desk.agent_says(agent="ben"),
            ["message.created", "ticket.offer_withdrawn", "ticket.assigned", "ticket.opened", "ticket.updated"],
        ),
    ],
    ids=["customer leaves", "session ends", "parked", "taken", "answered"],
)
def test_an_offer_is_withdrawn_in_the_transaction_that_makes_its_ticket_not_to_be_assigned_any_more(act, events):
    desk = offered()
    assert events == types(act(desk))
    assert (None, 0) == (desk.ticket.offer, desk.used("ana"))


def test_who_answers_a_ticket_on_offer_to_them_has_accepted_it():
    desk = offered()
    assert ["message.created", "ticket.assigned", "ticket.opened", "ticket.updated"] == types(desk.agent_says())
    assert ("ana", None) == (desk.ticket.assignee, desk.ticket.offer)


def test_a_withdrawn_offer_passes_nobody_over():
    desk = offered()
    desk.status("ana", "away")
    desk.status("ana", "online")
    assert "ana" == desk.ticket.offered_to


def test_an_offer_reserves_capacity():
    desk = offered(agents={"ana": one()})
    hands_off(desk, "tom")
    assert (["tom"], 1) == (desk.queue, desk.used("ana"))
    desk.name = "mia"
    desk.declines("ana")
    assert "ana" == desk.threads["tom"].latest.offered_to


def test_a_blocked_ticket_lets_later_ones_pass():
    desk = Desk(groups={"billing": {}}, agents={"ana": {}, "ben": {"groups": ["billing"]}})
    desk.status("ana", "online")
    hands_off(desk, "mia", group="billing", priority="urgent")
    desk.advance("1m")
    hands_off(desk, "tom", priority="low")
    assert (["mia"], "ana") == (desk.queue, desk.ticket.offered_to)


def test_the_queue_is_pulled_by_everything_that_frees_capacity():
    for frees in (
        lambda desk: desk.sets(to="mia", status="pending"),
        lambda desk: desk.sets(to="mia", status="solved"),
        lambda desk: desk.sets(to="mia", assignee="ben"),
        lambda desk: desk.advance("10m"),
    ):
        desk = offered(agents={"ana": one()})
        desk.accepts("ana")
        desk.agent_says()
        hands_off(desk, "tom")
        assert ["tom"] == desk.queue
        frees(desk)
        assert "ana" == desk.threads["tom"].latest.offered_to


def test_with_accept_auto_a_waiting_ticket_is_assigned_at_once_and_open():
    desk = Desk(routing={"accept": "auto"})
    desk.status("ana", "online")
    desk.customer_says()
    desk.hand_off()
    assert ["ticket.assigned", "ticket.opened", "ticket.updated"] == [event.type for event in desk.events[-3:]]
    assert ("open", "ana", None) == (desk.ticket.status, desk.ticket.assignee, desk.ticket.offer)


@pytest.mark.parametrize("prompt", [OfferTicket, AssignTicket])
def test_what_does_not_wait_any_more_is_given_to_nobody(prompt):
    desk = Desk()
    desk.customer_says()
    desk.hand_off()
    ids = {"conversation_id": desk.conversation.id, "ticket_id": desk.ticket.id, "agent_id": "ben"}
    desk.takes("ana")
    before = desk.thread
    assert () == desk.does(prompt(**ids), SYSTEM).events
    assert () == desk.does(prompt(**ids | {"ticket_id": "tkt_other"}), SYSTEM).events
    assert before is desk.thread


def test_an_offer_that_runs_is_not_made_again_to_another():
    desk = offered()
    ids = {"conversation_id": desk.conversation.id, "ticket_id": desk.ticket.id, "agent_id": "ben"}
    assert () == desk.does(OfferTicket(**ids), SYSTEM).events
    assert "ana" == desk.ticket.offered_to


def test_at_a_start_running_offers_get_their_full_time_anew():
    desk = offered()
    desk.sleeps("29s")
    renew = RenewOffer(conversation_id=desk.conversation.id, offer_id=desk.ticket.offer.id)
    assert [] == types(desk.does(renew, SYSTEM))
    assert desk.now + timedelta(seconds=30) == desk.ticket.offer.expires_at


@pytest.mark.parametrize("prompt", [RenewOffer, WithdrawOffer])
def test_an_offer_that_does_not_run_is_neither_renewed_nor_withdrawn(prompt):
    desk = offered()
    before = desk.thread
    desk.does(prompt(conversation_id=desk.conversation.id, offer_id="ofr_other"), SYSTEM)
    assert before is desk.thread


@pytest.mark.parametrize("answer", [AcceptOffer, DeclineOffer])
def test_only_agents_answer_offers(answer):
    desk = offered()
    for who in ("bot", "customer"):
        with desk.refused(OfferGone):
            desk.does(answer(offer_id=desk.ticket.offer.id), desk.actor(who))


def test_a_ticket_is_queued_once_whoever_declines_it():
    desk = offered()
    desk.declines("ana")
    desk.advance("5m")
    assert 1 == sum(event.type == "ticket.queued" for event in desk.events)


def test_a_ticket_that_becomes_eligible_again_is_queued_again_and_keeps_its_first_place():
    desk = Desk()
    desk.customer_says()
    desk.hand_off()
    first = desk.ticket.eligible_at
    desk.takes("ana")
    desk.advance("1m")
    decision = desk.sets(assignee=None)
    assert ["ticket.unassigned", "ticket.queued", "ticket.updated"] == types(decision)
    assert {"agent_id": "ana", "live": True} == told(decision, "ticket.unassigned")
    assert first == desk.ticket.eligible_at
    desk.sets(status="on_hold")
    assert ["ticket.queued", "ticket.opened", "ticket.updated"] == types(desk.sets(status="open"))
    assert first == desk.ticket.eligible_at
