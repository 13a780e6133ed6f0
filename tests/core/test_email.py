"""lifecycle.md, 6.10 (email work) and 9 (channel switch)."""

from __future__ import annotations

import pytest

from handoff_sdk.core.routing import email_agent
from handoff_sdk.errors import Conflict, ControlLost, InvalidRequest
from handoff_sdk.models.message import Author

from .desk import Desk, told, types


def handed_off(**config):
    desk = Desk(**config)
    desk.customer_says()
    desk.hand_off()
    return desk


def of_ana(**config):
    desk = handed_off(**config)
    desk.takes("ana")
    return desk


def emails(desk, text="By email.", **named):
    return desk.agent_says(text, channel="email", **named)


class TestRoutingChannel:
    def test_email_work_uses_email_capacity_while_it_is_open(self):
        desk = of_ana()
        assert (1, None) == (desk.used("ana"), email_agent(desk.ticket))
        decision = desk.sets(routing_channel="email")
        assert ["messaging", "email"] == told(decision, "ticket.updated")["changes"]["routing_channel"]
        assert (0, "ana") == (desk.used("ana"), email_agent(desk.ticket))
        desk.sets(status="pending")
        assert None is email_agent(desk.ticket)

    def test_it_does_so_also_when_it_is_not_live_any_more(self):
        desk = of_ana()
        desk.sets(routing_channel="email")
        desk.ends()
        assert (False, "ana") == (desk.ticket.live, email_agent(desk.ticket))

    def test_the_engine_gives_none_of_it(self):
        desk = handed_off()
        decision = desk.sets(routing_channel="email")
        assert ([], ["ticket.updated"]) == (desk.queue, types(decision))
        desk.status("ana", "online")
        assert None is desk.ticket.offered_to
        decision = desk.sets(routing_channel="messaging")
        assert "ticket.queued" in types(decision)
        assert "ana" == desk.ticket.offered_to
        decision = desk.sets(routing_channel="email")
        assert "ticket.offer_withdrawn" in types(decision)

    def test_it_is_the_conversations_channels_unless_it_is_set(self):
        desk = Desk()
        desk.starts("mia", says="Hello", channel="email")
        desk.hand_off()
        assert "email" == desk.ticket.routing_channel
        desk.sets(routing_channel="messaging")
        assert ["mia"] == desk.queue
        desk.sets(routing_channel=None)
        assert ("email", []) == (desk.ticket.routing_channel, desk.queue)

    def test_rules_set_it(self):
        rule = {"name": "mail", "on": ["ticket.created"], "actions": [{"set": {"routing_channel": "email"}}]}
        desk = handed_off(triggers=[rule])
        assert ("email", []) == (desk.ticket.routing_channel, desk.queue)

    def test_a_silent_customers_does_not_count_as_inactive(self):
        desk = of_ana(routing={"inactive_after": "1m"})
        desk.sets(routing_channel="email")
        desk.agent_says()
        desk.advance("1m")
        assert ("inactive", 0) == (desk.conversation.session, desk.agent("ana").inactive)


class TestSwitch:
    def test_the_same_ticket_and_conversation_go_on(self):
        desk = of_ana()
        message = told(emails(desk), "message.created")["message"]
        assert ("email", desk.ticket.id) == (message["channel"], message["ticket_id"])
        desk.customer_says("Thanks")
        assert (1, "human", "messaging") == (
            desk.conversation.tickets,
            desk.conversation.owner,
            desk.ticket.routing_channel,
        )

    def test_one_that_is_not_live_goes_on_without_taking_over(self):
        desk = of_ana()
        desk.ends()
        decision = emails(desk)
        assert ["message.created"] == types(decision)
        assert (1, "bot", "ended") == (desk.conversation.tickets, desk.conversation.owner, desk.conversation.session)
        assert desk.now == desk.ticket.agent_at

    def test_a_closed_window_does_not_matter(self):
        desk = of_ana(channels={"web": {"window": "1h"}})
        desk.advance("2h")
        emails(desk)
        assert "By email." == desk.texts()[-1]

    def test_without_a_ticket_there_is_nothing_to_continue(self):
        desk = Desk()
        desk.customer_says()
        with desk.refused(Conflict):
            emails(desk)

    def test_a_closed_one_stays_closed(self):
        desk = of_ana(brand={"style": "live_chat"})
        desk.sets(status="solved")
        with desk.refused(Conflict):
            emails(desk)

    def test_a_stale_epoch_is_fenced(self):
        desk = of_ana()
        with desk.refused(ControlLost):
            emails(desk, epoch=1)

    @pytest.mark.parametrize("author", [None, Author(type="bot", id="ada"), Author(type="agent", id="ana")])
    def test_only_an_agents_public_message_goes_by_email(self, author):
        desk = of_ana()
        visibility = "internal" if author is not None and author.type == "agent" else "public"
        message = desk.message("Hi", author=author, channel="email", epoch=2, visibility=visibility)
        with desk.refused(InvalidRequest):
            desk.does(message, desk.actor("agent"))
