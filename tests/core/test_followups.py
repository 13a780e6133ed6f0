"""lifecycle.md, 7: what arms a ladder, how it climbs, and what it says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handoff_sdk.errors import UnknownLadder

from .nudged import MORNING, STEPS, Desk, told, types

MINUTE = timedelta(minutes=1)
SAID = ["message.created", "followup.sent"]


def test_a_ladder_speaks_changes_the_ticket_and_solves_it():
    desk = Desk().talk_with_ana()
    desk.agent_says()
    assert MORNING + 5 * MINUTE == desk.next
    assert [*SAID, "ticket.pending", "ticket.updated"] == desk.advance("5m")
    assert ("pending", ("reminder_1",)) == (desk.ticket.status, desk.ticket.tags)
    assert MORNING + 10 * MINUTE == desk.next
    assert ["session.inactive", *SAID] == desk.advance("5m")
    assert ["ticket.solved", "ticket.updated"] == desk.advance("1m")
    assert ("human", None) == (desk.thread.conversation.owner, desk.next)
    assert ["Are you still there?", "I will close this soon."] == desk.said()
    assert (2, [], []) == (desk.sent, desk.skipped, desk.stopped)


def test_it_speaks_as_the_brands_persona_and_takes_nothing_over():
    desk = Desk(brand={"bot_name": "Ada of Acme"}).talk_with_ana()
    desk.agent_says()
    before = desk.thread.conversation
    desk.advance("5m")
    (message,) = [event.data["message"] for event in desk.happened("message.created") if event.data["message"]["via"]]
    assert {"type": "bot", "id": "ada", "name": "Ada of Acme"} == message["author"]
    assert ("followup", desk.ticket.id, before.epoch) == (message["via"], message["ticket_id"], message["epoch"])
    (sent,) = desk.happened("followup.sent")
    assert ("followup", desk.ticket.id) == (sent.actor.type, sent.ticket_id)
    run = desk.thread.followups.ladder
    assert {
        "followup_id": f"{run.id}.1",
        "kind": "ladder",
        "ladder": "nudge",
        "step": 1,
        "message_id": message["id"],
    } == sent.data
    assert (before.owner, before.epoch, "ana") == (
        desk.thread.conversation.owner,
        desk.thread.conversation.epoch,
        desk.ticket.assignee,
    )


def test_the_clock_starts_at_the_first_message_that_is_not_answered():
    desk = Desk().talk_with_ana()
    desk.agent_says()
    desk.advance("4m")
    desk.agent_says("Hello?")
    assert MORNING + 5 * MINUTE == desk.next


def test_each_step_waits_from_the_instant_the_one_before_was_sent():
    desk = Desk().talk_with_ana()
    desk.agent_says()
    desk.sleeps("3h")
    desk.run_due()
    assert 1 == desk.sent
    assert desk.now + 5 * MINUTE == desk.next
    assert desk.now == desk.happened("followup.sent")[0].at


def test_what_a_ladder_says_is_no_owner_message():
    desk = Desk(routing={"inactive_after": "7m"}).talk_with_ana()
    desk.agent_says()
    desk.advance("5m")
    assert ["session.inactive"] == desk.advance("2m")
    assert MORNING == desk.thread.followups.unanswered_at


def test_notes_do_not_arm_it():
    desk = Desk().talk_with_ana()
    note = desk._message("Hm.", author={"type": "agent", "id": "ana"}, visibility="internal")
    desk.does(note, desk.happened("ticket.assigned")[0].actor)
    assert desk.next is None


@pytest.mark.parametrize(
    ("owners", "bots", "peoples"),
    [(None, False, True), (["human"], False, True), (["bot"], True, False), (["human", "bot"], True, True)],
)
def test_while_names_whose_messages_arm_it(owners, bots, peoples):
    desk = Desk({"while": owners} if owners else None)
    desk.customer_says()
    desk.bot_says()
    assert bots == (desk.next is not None)
    desk.hands_off()
    assert desk.next is None
    desk.takes()
    desk.agent_says()
    assert peoples == (desk.next is not None)


def test_the_last_words_of_a_bot_arm_nothing():
    desk = Desk({"while": ["bot", "human"]})
    desk.customer_says()
    desk.hands_off(say="I am getting a colleague.")
    assert desk.next is None
    assert [] == desk.stopped


@pytest.mark.parametrize(
    ("status", "armed"), [("open", True), ("pending", True), ("on_hold", False), ("solved", False)]
)
def test_it_is_armed_only_where_the_ticket_is_not_solved_or_on_hold(status, armed):
    desk = Desk().talk_with_ana()
    desk.sets(status=status)
    desk.agent_says()
    assert armed == (desk.next is not None)
    if not armed:
        desk.sets(status="open")
        assert desk.next is None
        desk.agent_says("One more thing.")
        assert desk.next is not None


def test_a_taken_over_conversation_is_armed_by_the_message_that_took_it():
    desk = Desk()
    desk.customer_says()
    desk.agent_says()
    assert MORNING + 5 * MINUTE == desk.next


def test_whose_ladder_it_is():
    other = {"steps": [{"after": "1m", "say": {"en": "Hello?"}}]}
    desk = Desk(followups={"other": other}).talk_with_ana(followups="other")
    desk.agent_says()
    assert MORNING + MINUTE == desk.next
    assert "other" == desk.ticket.followups
    without = Desk(brand={"followups": None}).talk_with_ana()
    without.agent_says()
    assert without.next is None


def test_a_hand_off_with_an_unknown_ladder_is_refused_with_the_nearest_name():
    desk = Desk()
    desk.customer_says()
    with desk.refused(UnknownLadder) as refused:
        desk.hands_off(followups="nugde")
    assert "There is no ladder of follow-ups 'nugde'; did you mean 'nudge'?" == refused.value.detail
    desk.hands_off(followups="gentle")
    assert "gentle" == desk.ticket.followups


def test_a_reply_stops_it_and_the_next_owner_message_arms_it_from_the_first_step():
    desk = Desk().talk_with_ana()
    desk.agent_says()
    desk.advance("5m")
    decision = desk.customer_says("Yes, wait")
    assert ["message.created", "followup.stopped", "ticket.opened", "ticket.updated"] == types(decision)
    stopped = told(decision, "followup.stopped")
    assert ("customer_replied", 2) == (stopped["reason"], stopped["step"])
    assert desk.next is None
    desk.advance("1h")
    assert 1 == desk.sent
    desk.agent_says("Sure.")
    desk.advance("11m")
    assert ("solved", 3) == (desk.ticket.status, desk.sent)
    assert ["Are you still there?", "Are you still there?", "I will close this soon."] == desk.said()


def test_one_silence_is_nudged_once():
    desk = Desk({"steps": STEPS[:2]}).talk_with_ana()
    desk.agent_says()
    desk.advance("1h")
    desk.agent_says("Hello?")
    assert (2, None) == (desk.sent, desk.next)
    assert "followup.stopped" not in types(desk.customer_says())
    desk.agent_says()
    assert desk.next is not None


def test_what_it_solved_itself_is_armed_again_once_it_is_open():
    desk = Desk().talk_with_ana()
    desk.agent_says()
    desk.advance("11m")
    desk.agent_says("Bye.")
    assert desk.next is None
    desk.sets(status="open")
    desk.agent_says("Still there?")
    assert desk.now + 5 * MINUTE == desk.next


def test_a_step_may_end_the_session_and_give_control_back():
    desk = Desk({"steps": [STEPS[0], {"after": "1m", "end_session": True}]}).talk_with_ana()
    desk.agent_says()
    desk.advance("5m")
    assert ["message.created", "session.ended", "control.returned"] == desk.advance("1m")[:3]
    conversation = desk.thread.conversation
    assert ("bot", "ended", "followup") == (conversation.owner, conversation.session, conversation.ended_by)
    assert "session_ended" == desk.happened("control.returned")[0].data["returned"]["reason"]
    assert ("pending", []) == (desk.ticket.status, desk.stopped)


def test_a_step_may_close_the_ticket():
    desk = Desk({"steps": [{"after": "1m", "say": {"en": "Bye."}, "set": {"status": "closed"}, "end_session": True}]})
    desk.talk_with_ana().agent_says()
    happened = desk.advance("1m")
    expected = [*SAID, "ticket.closed", "session.ended", "control.returned", "ticket.updated"]
    assert expected == list(dict.fromkeys(happened))
    assert ("closed", "bot", []) == (desk.ticket.status, desk.thread.conversation.owner, desk.skipped)


def test_a_live_chat_that_it_solves_closes_at_once():
    desk = Desk(brand={"style": "live_chat"}).talk_with_ana()
    desk.agent_says()
    desk.advance("11m")
    assert ("closed", "bot", []) == (desk.ticket.status, desk.thread.conversation.owner, desk.stopped)


def test_tags_come_and_go():
    desk = Desk({"steps": [{"after": "1m", "add_tags": ["a", "vip"], "remove_tags": ["b"]}]})
    desk.talk_with_ana(tags=["b", "vip"]).agent_says()
    assert ["ticket.updated"] == desk.advance("1m")
    assert (("vip", "a"), 0) == (desk.ticket.tags, desk.sent)


def test_the_ladder_of_the_package():
    desk = Desk(brand={"followups": "gentle"}).talk_with_ana()
    desk.agent_says()
    desk.advance("5m")
    assert "pending" == desk.ticket.status
    desk.advance("6m")
    assert ("solved", 2) == (desk.ticket.status, desk.sent)
    assert "Are you still there?" == desk.said()[0]


def test_a_configured_ladder_takes_the_place_of_the_packages():
    gentle = {"steps": [{"after": "1m", "say": {"en": "Psst."}}]}
    desk = Desk(brand={"followups": "gentle"}, followups={"gentle": gentle}).talk_with_ana()
    desk.agent_says()
    desk.advance("1h")
    assert ["Psst."] == desk.said()


@pytest.mark.parametrize(
    ("language", "brands", "said"),
    [
        ("de", "fr", "Noch da?"),
        ("de-AT", "fr", "Noch da?"),
        ("it", "fr", "Encore là ?"),
        (None, "fr", "Encore là ?"),
        ("it", None, "Still there?"),
        (None, None, "Still there?"),
    ],
)
def test_it_speaks_the_customers_language_else_the_brands_else_the_first(language, brands, said):
    say = {"en": "Still there?", "de": "Noch da?", "fr": "Encore là ?"}
    desk = Desk({"steps": [{"after": "1m", "say": say}]}, brand={"language": brands}, profile={"language": language})
    desk.talk_with_ana().agent_says()
    desk.advance("1m")
    assert [said] == desk.said()


def test_the_engines_own_lines_speak_the_brands_language_too():
    desk = Desk(brand={"language": "de"}).talk_with_ana()
    desk.ends()
    assert "Dieser Chat ist beendet." == desk.happened("message.created")[-1].data["message"]["content"]["text"]


def test_blanks_are_filled_in_and_what_is_missing_is_empty():
    say = "{{ customer.name }}, {{ customer.plan }}: {{ agent.name }} waits (#{{ ticket.number }}{{ queue.position }})"
    steps = [{"after": "1m", "say": {"en": say}}]
    desk = Desk({"steps": steps}, profile={"name": "Mia", "attributes": {"plan": "gold", "name": "?"}})
    desk.talk_with_ana().agent_says()
    desk.advance("1m")
    assert ["Mia, gold: Ana waits (#1)"] == desk.said()
    nobody = Desk({"steps": steps, "while": ["bot"]})
    nobody.customer_says()
    nobody.bot_says()
    nobody.advance("1m")
    assert [", :  waits (#)"] == nobody.said()


def test_an_agent_without_a_name_goes_by_their_id():
    desk = Desk({"steps": [{"after": "1m", "say": {"en": "{{ agent.name }} waits"}}]})
    desk.customer_says()
    desk.hands_off()
    desk.agent_says(agent="ben")
    desk.advance("1m")
    assert ["ben waits"] == desk.said()


def test_a_ladder_that_is_not_configured_any_more_does_nothing():
    desk = Desk().talk_with_ana()
    desk.agent_says()
    desk.config = desk.config.model_copy(update={"followups": {}})
    assert desk.next is None
    assert [] == [event for event in desk.advance("1h") if event.startswith("followup")]
    desk.customer_says()
    assert [] == desk.stopped
    assert desk.thread.followups.ladder is None


def test_a_ladder_that_got_shorter_is_through():
    desk = Desk().talk_with_ana()
    desk.agent_says()
    desk.advance("5m")
    desk.reloads(followups={"nudge": {"steps": STEPS[:1]}})
    assert desk.next is None
