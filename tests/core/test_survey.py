"""lifecycle.md, 9: who is asked how it went, when, and what becomes of the answer."""

from __future__ import annotations

import pytest

from handoff_sdk.errors import Conflict
from handoff_sdk.models.command import AnswerSurvey

from .desk import Desk, told, types


def talked(**config):
    desk = Desk(brand={"survey": True, "style": "live_chat", "language": "de", **config.pop("brand", {})}, **config)
    desk.customer_says()
    desk.hand_off()
    desk.takes()
    desk.agent_says()
    return desk


def rates(desk, rating, **more):
    command = AnswerSurvey(conversation_id=desk.conversation.id, rating=rating, **more)
    return desk.does(command, desk.actor("customer"))


def test_who_was_helped_is_asked_before_the_chat_closes():
    desk = talked()
    decision = desk.sets(status="solved")
    order = [name for name in types(decision) if name in {"ticket.solved", "survey.asked", "ticket.closed"}]
    assert ["ticket.solved", "survey.asked", "ticket.closed"] == order
    question = next(event.data["message"] for event in decision.events if event.type == "message.created")
    assert ("survey", "system") == (question["via"], question["author"]["type"])
    assert [("Gut", "good"), ("Schlecht", "bad")] == [
        (reply["text"], reply["payload"]) for reply in question["content"]["replies"]
    ]
    assert {"message_id": question["id"]} == told(decision, "survey.asked")


def test_the_answer_is_taken_after_the_close_and_a_later_one_replaces_it():
    desk = talked()
    desk.sets(status="solved")
    decision = rates(desk, "bad", comment="Slow")
    assert {"rating": "bad", "comment": "Slow"} == told(decision, "survey.answered")
    rates(desk, "good")
    assert ("answered", "good", None) == (desk.ticket.survey, desk.ticket.rating, desk.ticket.rating_comment)
    assert "closed" == desk.ticket.status


def test_a_ticket_is_asked_about_once():
    desk = talked(brand={"style": "social"})
    desk.sets(status="solved")
    desk.customer_says("No!")
    assert "survey.asked" not in types(desk.sets(status="solved"))


def test_a_rule_that_solves_asks_too():
    done = {"field": "subject", "op": "is", "value": "Done"}
    solve = {"name": "solve", "on": ["ticket.updated"], "all": [done], "actions": [{"set": {"status": "solved"}}]}
    desk = talked(triggers=[solve])
    assert "survey.asked" in types(desk.sets(subject="Done"))


@pytest.mark.parametrize(
    "story",
    [
        lambda desk: desk.hand_off() and desk.leaves_queue(),
        lambda desk: desk.hand_off() and desk.takes() and desk.sets(status="solved"),
        lambda desk: desk.hand_off() and desk.agent_says() and desk.ends(),
    ],
    ids=["abandoned", "no agent wrote", "not solved"],
)
def test_who_was_not_helped_is_not_asked(story):
    desk = Desk(brand={"survey": True})
    desk.customer_says()
    story(desk)
    assert None is desk.ticket.survey
    with desk.refused(Conflict):
        rates(desk, "good")


def test_what_a_follow_up_solved_is_not_asked_about():
    ladder = {"steps": [{"after": "5m", "say": {"en": "Still there?"}}, {"after": "5m", "set": {"status": "solved"}}]}
    desk = talked(brand={"followups": "nudge"}, followups={"nudge": ladder})
    assert "ticket.solved" in desk.advance("10m")
    assert None is desk.ticket.survey


def test_without_a_survey_nobody_is_asked():
    desk = talked(brand={"survey": False})
    assert "survey.asked" not in types(desk.sets(status="solved"))


def test_the_question_is_no_owners_message():
    ladder = {"steps": [{"after": "5m", "say": {"en": "Still there?"}}]}
    desk = talked(brand={"style": "social", "followups": "nudge"}, followups={"nudge": ladder})
    desk.customer_says("Thanks")
    desk.sets(status="solved")
    assert "followup.sent" not in desk.advance("1h")


def test_an_answer_may_name_the_ticket_it_is_about():
    desk = talked(brand={"style": "social"})
    desk.sets(status="solved")
    first = desk.ticket.id
    desk.advance("2d")
    desk.customer_says("Something else")
    with desk.refused(Conflict):
        rates(desk, "good", ticket_id="tic_none")
    rates(desk, "good", ticket_id=first)
    assert ("good", first) == (desk.thread.ticket(first).rating, desk.ticket.id)
