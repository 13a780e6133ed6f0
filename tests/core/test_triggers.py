"""lifecycle.md, 7: triggers run inside the transaction of their event, in order, to rest, and not for ever."""

from __future__ import annotations

import pytest

from .desk import Desk, told, types

URGENT = {"field": "priority", "op": "is", "value": "urgent"}


def rule(name, on, *actions, all=(), any=()):  # noqa: A002 - as the configuration says it
    return {"name": name, "on": [on], "all": list(all), "any": list(any), "actions": list(actions)}


def fired(decision):
    return [event.data["rule"] for event in decision.events if event.type == "rule.fired"]


def test_a_trigger_changes_the_ticket_in_its_events_transaction():
    desk = Desk(
        groups={"billing": {}},
        triggers=[rule("refunds", "ticket.created", {"set": {"priority": "urgent", "group": "billing"}})],
    )
    desk.customer_says()
    decision = desk.hand_off(priority="low")
    assert ("urgent", "billing") == (desk.ticket.priority, desk.ticket.group)
    assert {"rule": "refunds", "event": "ticket.created", "refused": []} == told(decision, "rule.fired")
    assert {"priority": ["low", "urgent"], "group": [None, "billing"]} == told(decision, "ticket.updated")["changes"]
    [event] = [event for event in decision.events if event.type == "rule.fired"]
    assert ("rule", "refunds", desk.ticket.id) == (event.actor.type, event.actor.id, event.ticket_id)


def test_all_of_all_and_one_of_any_must_hold():
    condition = {"field": "fields.amount", "op": "greater_than", "value": 100}
    either = [URGENT, {"field": "fields.reason", "op": "is", "value": "refund"}]
    desk = Desk(triggers=[rule("big", "ticket.created", {"add_tags": ["big"]}, all=[condition], any=either)])
    tags = []
    for name, fields in (
        ("a", {"amount": 250, "reason": "refund"}),
        ("b", {"amount": 250}),
        ("c", {"reason": "refund"}),
    ):
        desk.customer_says(to=name)
        desk.hand_off(fields=fields)
        tags.append(desk.ticket.tags)
    assert [("big",), (), ()] == tags


def test_one_rules_action_may_make_an_earlier_one_hold_and_each_fires_once():
    tagged = {"field": "tags", "op": "includes", "value": "second"}
    desk = Desk(
        triggers=[
            rule("first", "ticket.created", {"add_tags": ["first"]}, all=[tagged]),
            rule("second", "ticket.created", {"add_tags": ["second"]}),
            rule("third", "ticket.created", {"remove_tags": ["second"]}),
        ]
    )
    desk.customer_says()
    assert ["second", "first", "third"] == fired(desk.hand_off())
    assert ("first",) == desk.ticket.tags


def test_a_change_is_an_event_too():
    changed = {"field": "priority", "op": "changed_to", "value": "urgent"}
    desk = Desk(triggers=[rule("told", "ticket.updated", {"add_tags": ["escalated"]}, all=[changed])])
    desk.customer_says()
    assert [] == fired(desk.hand_off(priority="urgent"))
    desk.takes()
    assert [] == fired(desk.sets(subject="Parcel"))
    assert [] == fired(desk.sets(priority="high"))
    assert ["told"] == fired(desk.sets(priority="urgent"))
    assert [] == fired(desk.sets(priority="urgent", subject="My parcel"))


def test_what_a_rule_says_stands_with_its_firing_and_is_not_what_was_posted():
    asked = {"field": "message.text", "op": "contains", "value": "refund"}
    says = {"say": {"en": "Refunds take 3 days, {{ customer.name }}.", "de": "Drei Tage."}}
    desk = Desk(brand={"bot_name": "Ada"}, triggers=[rule("refunds", "message.created", says, all=[asked])])
    desk.customer_says("Hello")
    decision = desk.customer_says("my REFUND?")
    assert ["message.created", "rule.fired", "message.created"] == types(decision)
    message = decision.events[2].data["message"]
    assert ({"type": "bot", "id": "ada", "name": "Ada"}, "rule") == (message["author"], message["via"])
    assert "my REFUND?" == decision.message.content.text
    assert "bot" == desk.conversation.owner


def test_rules_do_not_hear_each_other():
    desk = Desk(triggers=[rule("echo", "message.created", {"say": {"en": "Heard."}}) | {"on": ["message.created"]}])
    desk.customer_says("Hello")
    assert ["Hello", "Heard."] == desk.texts()


def test_triggers_run_before_a_solved_chat_closes():
    desk = Desk(
        brand={"style": "live_chat"},
        triggers=[rule("keep", "ticket.solved", {"set": {"style": "social"}, "add_tags": ["kept"]})],
    )
    desk.customer_says()
    desk.hand_off()
    desk.takes()
    desk.sets(status="solved")
    assert ("solved", "social", ("kept",)) == (desk.ticket.status, desk.ticket.style, desk.ticket.tags)


def test_a_trigger_hears_what_follows_from_the_command():
    desk = Desk(
        brand={"style": "live_chat"},
        triggers=[
            rule("closed", "ticket.closed", {"add_tags": ["done"]}),
            rule("queued", "ticket.queued", {"say": {"en": "Number {{ ticket.number }}."}}),
        ],
    )
    desk.customer_says()
    assert ["queued"] == fired(desk.hand_off())
    desk.takes()
    decision = desk.sets(status="solved")
    assert ["closed"] == fired(decision)
    assert 1 == types(decision).count("ticket.closed")
    assert ("closed", ("done",)) == (desk.ticket.status, desk.ticket.tags)


def test_a_rule_that_solves_makes_the_rest_follow():
    tagged = {"field": "tags", "op": "includes", "value": "spam"}
    desk = Desk(
        brand={"style": "live_chat"},
        triggers=[rule("spam", "ticket.updated", {"set": {"status": "solved"}}, all=[tagged])],
    )
    desk.customer_says()
    desk.hand_off()
    desk.takes()
    decision = desk.sets(add_tags=["spam"])
    assert ["rule.fired", "ticket.solved", "ticket.closed", "session.ended", "control.returned"] == [
        event_type for event_type in types(decision) if event_type not in {"message.created", "ticket.updated"}
    ]


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ({"end_session": True}, "session_ended"),
        ({"hand_back": True}, "handed_back"),
        ({"hand_back": {"note": "Not ours.", "status": "pending"}}, "handed_back"),
        ({"set": {"status": "closed"}}, "closed"),
    ],
)
def test_a_rule_may_give_control_back(action, reason):
    asked = {"field": "tags", "op": "includes", "value": "bot"}
    desk = Desk(triggers=[rule("back", "ticket.updated", action, all=[asked])])
    desk.customer_says()
    desk.hand_off()
    desk.takes()
    decision = desk.sets(add_tags=["bot"])
    assert (reason, "bot") == (told(decision, "control.returned")["returned"]["reason"], desk.conversation.owner)
    ended = told(decision, "session.ended")["reason"]
    assert "closed" == ended if reason == "closed" else "rule" == ended


def test_a_rule_may_unassign_assign_and_describe():
    asked = {"field": "subject", "op": "is", "value": "go"}
    change = {"assignee": "ben", "fields.tier": 2, "subject": "went", "close_after": "2h"}
    desk = Desk(
        triggers=[
            rule("move", "ticket.updated", {"set": change}, {"note": {"en": "Moved."}}, all=[asked]),
            rule("drop", "ticket.updated", {"set": {"assignee": None}}, all=[asked | {"value": "drop"}]),
        ]
    )
    desk.customer_says()
    desk.hand_off()
    desk.takes()
    decision = desk.sets(subject="go")
    assert ("ben", {"tier": 2}, "went") == (desk.ticket.assignee, desk.ticket.fields, desk.ticket.subject)
    assert "rule" == told(decision, "ticket.assigned")["by"]
    [note] = [event.data["message"] for event in decision.events if event.type == "message.created"]
    assert ("internal", "Moved.") == (note["visibility"], note["content"]["text"])
    desk.sets(subject="drop")
    assert (None, "open") == (desk.ticket.assignee, desk.ticket.status)


def test_what_cannot_be_done_is_recorded_and_stops_nothing_else():
    desk = Desk(
        triggers=[rule("solve", "ticket.created", {"set": {"status": "solved"}}, {"add_tags": ["tried"]})],
    )
    desk.customer_says()
    decision = desk.hand_off()
    [refused] = told(decision, "rule.fired")["refused"]
    assert ("set", "invalid_transition", ("tried",)) == (refused["action"], refused["code"], desk.ticket.tags)


def test_a_rule_without_a_ticket_speaks_and_changes_nothing():
    desk = Desk(triggers=[rule("hi", "conversation.created", {"say": {"en": "Hi."}}, {"set": {"priority": "high"}})])
    decision = desk.customer_says()
    assert ["conflict"] == [refused["code"] for refused in told(decision, "rule.fired")["refused"]]
    assert ["Hello", "Hi."] == desk.texts()


def test_twenty_times_an_hour_and_then_never_again_for_that_ticket():
    desk = Desk(triggers=[rule("noisy", "message.created", {"add_tags": ["seen"]})])
    desk.customer_says()
    desk.hand_off()
    for _ in range(20):
        desk.advance("1m")
        assert ["noisy"] == fired(desk.customer_says())
    decision = desk.customer_says()
    assert ("noisy", []) == (told(decision, "rule.stopped")["rule"], fired(decision))
    desk.advance("2h")
    assert ["message.created"] == [name for name in types(desk.customer_says()) if not name.startswith("session")]


def test_what_is_older_than_an_hour_does_not_count():
    desk = Desk(triggers=[rule("calm", "message.created", {"add_tags": ["seen"]})])
    desk.customer_says()
    desk.hand_off()
    for _ in range(45):
        desk.advance("3m")
        assert ["calm"] == fired(desk.customer_says())


def test_a_new_ladder_counts_from_the_next_owner_message():
    ladder = {"steps": [{"after": "5m", "say": {"en": "Still there?"}}]}
    desk = Desk(
        followups={"nudge": ladder},
        triggers=[rule("nudge", "ticket.created", {"followups": "nudge"})],
    )
    desk.customer_says()
    desk.hand_off()
    desk.takes()
    desk.agent_says()
    assert "followup.sent" in desk.advance("5m")


def test_skills_are_added_to_those_of_the_hand_off():
    actions = [{"require_skills": ["refunds"]}, {"prefer_skills": ["german", "german"]}]
    desk = Desk(triggers=[rule("skills", "ticket.created", *actions)])
    desk.customer_says()
    desk.hand_off()
    assert (("refunds",), ("german",)) == (desk.ticket.skills, desk.ticket.prefer_skills)


@pytest.mark.parametrize(
    ("on", "action", "refusal"),
    [
        ("conversation.created", {"require_skills": ["refunds"]}, ("require_skills", "conflict")),
        ("session.ended", {"end_session": True}, ("end_session", "session_ended")),
        ("control.returned", {"hand_back": True}, ("hand_back", "session_ended")),
    ],
)
def test_what_is_not_there_any_more_or_not_yet_is_not_acted_on(on, action, refusal):
    desk = Desk(triggers=[rule("late", on, action)])
    decisions = [desk.customer_says(), desk.hand_off(), desk.takes(), desk.ends()]
    [told_of] = [event.data for decision in decisions for event in decision.events if event.type == "rule.fired"]
    assert [refusal] == [(refused["action"], refused["code"]) for refused in told_of["refused"]]


def test_a_rule_asks_who_wrote_and_in_which_language():
    german = {"field": "language", "op": "is", "value": "de"}
    by_customer = {"field": "message.author", "op": "is", "value": "customer"}
    in_german = rule("de", "message.created", {"add_tags": ["de"]}, all=[german, by_customer])
    desk = Desk(brand={"language": "de"}, triggers=[in_german])
    desk.profiles["tom"] = {"language": "en"}
    heard = {}
    for name in ("mia", "tom"):
        desk.customer_says(to=name)
        desk.hand_off()
        heard[name] = [fired(desk.customer_says()), fired(desk.agent_says())]
    assert {"mia": [["de"], []], "tom": [[], []]} == heard
