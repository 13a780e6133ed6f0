"""Which configuration runs, and how another one comes into force while the desk does."""

import asyncio
from datetime import timedelta

import pytest

from handoff_sdk.core.views import STAFF
from handoff_sdk.desk.hub import Listener
from handoff_sdk.errors import ConfigError, Conflict
from handoff_sdk.models.command import HandOff, SetAgentStatus, UpdateTicket
from handoff_sdk.models.event import Actor

ADMIN = Actor(type="admin", id="key_1")
SYSTEM = Actor(type="system")
ANA = Actor(type="agent", id="ana")


@pytest.fixture
async def place(place):
    await place.stop()
    place.config = {"agents": {"ana": {}}, "brands": {"default": {"bot": "ada"}}, "routing": {"accept": "auto"}}
    place.path = place.path.with_name("configured.db")
    await place.start()
    return place


def closing_after(place, close_after):
    return place.config | {"brands": {"default": {"bot": "ada", "close_after": close_after}}}


async def solved(place, external_id="mia"):
    """A conversation with a solved ticket that waits to close."""
    desk = place.desk
    conversation = await place.conversation(external_id)
    bot = Actor(type="bot", id="ada")
    ticket = (await desk.handle(HandOff(conversation_id=conversation.id, epoch=1), bot)).ticket
    await desk.handle(UpdateTicket(ticket_id=ticket.id, assignee="ana"), ANA)
    await desk.handle(UpdateTicket(ticket_id=ticket.id, status="solved"), ANA)
    return ticket.id


class TestWhichOneRuns:
    async def test_a_stores_first_is_the_files_and_told_to_nobody(self, place):
        assert 1 == place.desk.configuration.version
        assert [] == await place.told("config.changed")

    async def test_the_same_file_again_is_the_same_version(self, place):
        await place.start()
        assert 1 == place.desk.configuration.version

    async def test_a_change_over_the_api_outlives_a_restart_with_the_same_file(self, place):
        await place.desk.configure(place.config | {"agents": {"ben": {}}}, by=ADMIN)
        await place.start()

        assert (2, "api") == (place.desk.configuration.version, place.desk.configuration.source)
        assert ["ben"] == list(place.desk.config.agents)

    async def test_a_file_that_was_edited_is_a_new_version_whatever_came_between(self, place):
        await place.desk.configure(place.config | {"agents": {"ben": {}}}, by=ADMIN)
        place.config = place.config | {"agents": {"eva": {}}}
        await place.start()

        assert (3, "file") == (place.desk.configuration.version, place.desk.configuration.source)
        assert ["eva"] == list(place.desk.config.agents)
        [_, event] = await place.told("config.changed")
        assert {"version": 3, "changed": ["agents"]} == event.data
        assert SYSTEM == event.actor

    async def test_who_went_missing_while_the_engine_was_down_is_offline_when_they_are_back(self, place):
        await place.desk.handle(SetAgentStatus(agent_id="ana", status="online"), ANA)
        before = place.config
        place.config = place.config | {"agents": {"ben": {}}}
        await place.start()
        place.config = before
        await place.start()

        assert "offline" == place.desk.roster.agent("ana").status


class TestPuttingOneInForce:
    async def test_who_changed_it_and_what_is_told(self, place):
        assert 2 == await place.desk.configure(closing_after(place, "4h"), by=ADMIN)

        [event] = await place.told("config.changed")
        assert ({"version": 2, "changed": ["brands"]}, ADMIN) == (event.data, event.actor)

    async def test_one_that_cannot_be_used_changes_nothing(self, place):
        with pytest.raises(ConfigError, match="nowhere"):
            await place.desk.configure({"agents": {"ana": {"groups": ["nowhere"]}}}, by=ADMIN)

        assert 1 == place.desk.configuration.version
        assert [] == await place.told("config.changed")

    async def test_of_two_who_read_the_same_one_is_told_of_the_other(self, place):
        both = (closing_after(place, after) for after in ("1h", "2h"))
        done = await asyncio.gather(
            *(place.desk.configure(config, by=ADMIN, if_version=1) for config in both), return_exceptions=True
        )
        assert [2, Conflict] == [each if isinstance(each, int) else type(each) for each in done]

    async def test_it_counts_although_whoever_asked_is_gone(self, place):
        async with Listener(place.desk.hub, STAFF, None, None) as listener:
            asked = asyncio.create_task(place.desk.configure(closing_after(place, "4h"), by=ADMIN))
            await listener.next(30)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        await place.desk.configure(closing_after(place, "4h"), by=ADMIN)

        assert timedelta(hours=4) == place.desk.config.brands["default"].close_after
        assert 1 == len(await place.told("config.changed"))


class TestTheSweep:
    async def test_a_restart_goes_on_with_what_was_not_brought_in_line(self, place):
        tickets = [await solved(place, f"customer-{number}") for number in range(3)]
        await place.desk.configure(closing_after(place, "10m"), by=ADMIN)  # and the process dies before the sweep
        assert 3 == len(await place.desk.store.behind(2, after="", limit=10))

        await place.start()
        await place.desk.rest()
        assert [] == await place.desk.store.behind(2, after="", limit=10)
        await place.pass_time(minutes=10)
        assert ["closed"] * 3 == [(await place.desk.queries.ticket(ticket)).status for ticket in tickets]

    async def test_it_runs_by_itself_beside_all_else(self, place):
        await place.stop()
        place.driven = False
        await place.start()
        tickets = [await solved(place, f"customer-{number}") for number in range(100)]
        place.clock.advance_to(place.clock.now() + timedelta(minutes=20))

        closed = 0
        async with asyncio.timeout(60), Listener(place.desk.hub, STAFF, None, None) as listener:
            await place.desk.configure(closing_after(place, "10m"), by=ADMIN)
            while closed < len(tickets):
                closed += sum(delivery.event.type == "ticket.closed" for delivery in await listener.next(30))
        assert [] == await place.desk.store.behind(2, after="", limit=10)

    async def test_a_touched_conversation_is_in_line_before_anything_else_happens(self, place):
        ticket = await solved(place)
        await solved(place, "ben")
        await place.desk.configure(closing_after(place, "10m"), by=ADMIN)
        place.clock.advance_to(place.clock.now() + timedelta(minutes=11))
        await place.desk.handle(UpdateTicket(ticket_id=ticket, subject="Late"), ANA)

        assert ["ticket.closed"] == [event.type for event in await place.told("ticket.closed", "ticket.reopened")]
        assert 1 == len(await place.desk.store.behind(2, after="", limit=10))


async def test_a_brand_that_is_gone_leaves_its_conversations_at_work(place):
    brands = {"default": {"bot": "ada"}, "acme": {"bot": "none", "survey": True}}
    await place.desk.configure(place.config | {"brands": brands}, by=ADMIN)
    conversation = await place.conversation()
    await place.desk.configure(place.config, by=ADMIN)
    await place.say(conversation, "Are you still there?")

    assert 1 == len(await place.told("message.created"))
