"""What follow-ups of many conversations share: the day's budget, the pace and the fuse, also over a restart."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from handoff_sdk.core.views import STAFF
from handoff_sdk.errors import NotFound
from handoff_sdk.models.command import RecordActivity, ResumeFollowups, ScheduleFollowup, SendProactive
from handoff_sdk.models.event import Actor

INTEGRATOR = Actor(type="integrator")
NIGHT = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
EIGHT = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
STEP = {"after": "5m", "say": {"en": "Still there?"}}


async def follows(place, conversation, **more):
    command = ScheduleFollowup(conversation_id=conversation.id, say="Any news?", **more)
    return (await place.desk.handle(command, INTEGRATOR)).followup


async def fails(place, followup):
    message = await place.desk.store.message(followup.message_id)
    command = RecordActivity(conversation_id=message.conversation_id, type="failed", message_id=message.id, reason="x")
    await place.desk.handle(command, INTEGRATOR)


async def breaker(place):
    [only] = place.desk.outreach.breakers()
    return only


def resumes(place, channel="web"):
    return place.desk.outreach.resume(ResumeFollowups(channel=channel))


async def seconds(place):
    """How many follow-ups were sent in each second after eight."""
    sent = await place.told("followup.sent")
    return dict(Counter(int((event.at - EIGHT).total_seconds()) for event in sent))


async def starts(place, **ladder):
    place.config["brands"] = {"default": {"bot": "ada", "followups": "nudge"}}
    place.config["followups"] = {"nudge": {"steps": [STEP]} | ladder}
    await place.start()


class TestBudget:
    async def test_two_conversations_at_one_instant_do_not_both_spend_the_last_of_it(self, place):
        await starts(place, max_per_day=1)
        conversations = [await place.conversation() for _ in range(5)]

        states = [each.state for each in await asyncio.gather(*(follows(place, one) for one in conversations))]

        assert {"sent": 1, "skipped": 4} == Counter(states)

    async def test_what_falls_due_at_one_instant_does_not_either(self, place):
        await starts(place, max_per_day=2)
        place.driven = False
        conversations = [await place.conversation() for _ in range(5)]
        for one in conversations:
            await follows(place, one, after="1h")
        place.clock.advance_to(place.clock.now() + timedelta(hours=1))

        await place.start()
        done = []
        async with place.desk.hub.follow(STAFF, after=0) as feed, asyncio.timeout(30):
            while len(done) < len(conversations):
                told = [each.event.type for each in await feed.next(30)]
                done += [each for each in told if each in {"followup.sent", "followup.skipped"}]

        assert {"followup.sent": 2, "followup.skipped": 3} == Counter(done)

    async def test_a_proactive_message_that_starts_a_conversation_counts_and_is_counted(self, place):
        await starts(place, max_per_day=1)
        first = await place.conversation("mia")
        command = SendProactive(customer="mia", channel="sms", text="Your parcel is ready.")

        sent, followup = await asyncio.gather(place.desk.handle(command, INTEGRATOR), follows(place, first))

        assert {"sent", "skipped"} == {sent.followup.state, followup.state}

    async def test_customers_do_not_wait_for_each_other(self, place):
        await starts(place, max_per_day=1)
        conversations = [await place.conversation(name) for name in ("mia", "tom", "eva")]

        states = [each.state for each in await asyncio.gather(*(follows(place, one) for one in conversations))]

        assert ["sent", "sent", "sent"] == states


class TestPace:
    @pytest.fixture(autouse=True)
    async def _night(self, place):
        await starts(place, quiet="20:00-08:00", pace=2)
        place.clock.advance_to(NIGHT)

    async def test_no_second_is_given_out_twice_over_a_restart(self, place):
        before = [await follows(place, await place.conversation()) for _ in range(3)]
        await place.start()
        after = [await follows(place, await place.conversation()) for _ in range(3)]

        assert [0, 0, 1, 1, 2, 2] == [(each.next_at - EIGHT).total_seconds() for each in before + after]

    async def test_held_ones_go_out_so_many_a_second_also_after_a_restart(self, place):
        for _ in range(5):
            await follows(place, await place.conversation())
        await place.start()

        await place.pass_time(hours=11)

        assert {0: 2, 1: 2, 2: 1} == await seconds(place)

    async def test_what_was_held_while_the_engine_was_down_goes_out_at_the_same_pace(self, place):
        for _ in range(5):
            await follows(place, await place.conversation())
        await place.stop()
        place.clock.advance_to(EIGHT + timedelta(seconds=100, milliseconds=300))
        await place.start()

        await place.pass_time(seconds=10)

        assert {100: 2, 101: 2, 102: 1} == await seconds(place)

    async def test_a_late_one_takes_no_place_from_those_whose_time_comes(self, place):
        for _ in range(6):
            await follows(place, await place.conversation())
        await place.stop()
        place.clock.advance_to(EIGHT + timedelta(seconds=1))  # two are late, two are due, two are due a second later
        await place.start()

        await place.pass_time(seconds=10)

        assert {1: 2, 2: 2, 3: 2} == await seconds(place)

    async def test_a_ladders_steps_are_paced_like_the_rest(self, place):
        await starts(place, quiet="20:00-08:00", pace=1, **{"while": ["bot", "human"]})
        for name in ("mia", "tom", "eva"):
            await place.answers(await place.conversation(name), "Which order?")
        await place.pass_time(minutes=5)
        await place.stop()
        place.clock.advance_to(EIGHT + timedelta(seconds=30))
        await place.start()

        await place.pass_time(seconds=10)

        assert {30: 1, 31: 1, 32: 1} == await seconds(place)

    async def test_seconds_that_have_passed_are_forgotten(self, place):
        for _ in range(3):
            await follows(place, await place.conversation())
        place.clock.advance_to(EIGHT + timedelta(seconds=1))

        await place.desk.outreach.forget()

        assert [1] == [(slot.at - EIGHT).total_seconds() for slot in (await place.desk.store.standing()).slots]


class TestBreaker:
    @pytest.fixture(autouse=True)
    async def _sending(self, place):
        await starts(place)

    async def sends(self, place, many):
        conversation = await place.conversation()
        return [await follows(place, conversation) for _ in range(many)]

    async def test_a_blown_one_stays_so_over_a_restart_until_a_person_resumes_it(self, place):
        for each in await self.sends(place, 25):
            await fails(place, each)
        await place.start()

        [skipped] = await self.sends(place, 1)
        resumed = await resumes(place)
        await place.start()
        [sent] = await self.sends(place, 1)

        assert ("skipped", "breaker") == (skipped.state, skipped.why_not_sent)
        assert (False, (), ()) == (resumed.open, resumed.sent, resumed.failed)
        assert ("sent", (sent.message_id,)) == (sent.state, (await breaker(place)).sent)

    async def test_the_count_goes_on_over_a_restart(self, place):
        *some, last = await self.sends(place, 25)
        for each in some:
            await fails(place, each)
        before = await breaker(place)
        await place.start()
        after = await breaker(place)
        await fails(place, last)

        assert (before, False) == (after, after.open)
        assert (True, place.clock.now()) == ((await breaker(place)).open, (await breaker(place)).opened_at)

    async def test_many_at_once_are_all_counted(self, place):
        conversations = [await place.conversation(f"c{number}") for number in range(50)]
        sent = await asyncio.gather(*(follows(place, one) for one in conversations))
        await asyncio.gather(*(fails(place, each) for each in sent[:24]))
        await place.start()

        kept = await breaker(place)

        assert ({each.message_id for each in sent}, 24, False) == (set(kept.sent), len(kept.failed), kept.open)

    async def test_it_is_said_once_that_it_has_blown_and_what_to_do(self, place, caplog):
        with caplog.at_level(logging.ERROR, "handoff_sdk.desk.outreach"):
            for each in await self.sends(place, 27):
                await fails(place, each)

        [said] = [record.getMessage() for record in caplog.records]
        assert "no follow-up is sent on channel 'web' any more: 25 of the last 27 failed" in said
        assert "POST /v1/followups/breakers/web/resume" in said

    async def test_one_that_is_whole_stays_as_it_is(self, place):
        await self.sends(place, 3)
        before = await breaker(place)

        assert before == await resumes(place)

    async def test_there_is_none_where_nothing_was_sent(self, place):
        with pytest.raises(NotFound, match="'sms'"):
            await resumes(place, "sms")
