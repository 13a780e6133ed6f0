from pathlib import Path
from typing import Any

import pytest

from handoff_sdk.models.document import parse_document
from handoff_sdk.testing import Failure, ScenarioError, aplay, play

CONFIG = """
brands: {default: {bot: ada, style: social}, shop: {bot: eve}, people: {bot: none}}
groups: {billing: {}}
agents: {ana: {capacity: {messaging: 1}}, ben: {}}
"""

WITH_ANA = """
- {agent: ana, status: online}
- {customer: mia, says: Where is my parcel?}
- {bot: hands_off, priority: high, fields: {order: "4711", gift: true}, tags: [parcel, late], subject: A parcel}
- {agent: ana, accepts: mia}
- {agent: ana, says: It arrives today., to: mia}
"""


def scenario(steps: str, config: str = CONFIG) -> dict[str, Any]:
    """A scenario as a mapping, its steps and configuration written in YAML."""
    return {
        "name": "A story",
        "config": parse_document(config, "config").value,
        "steps": parse_document(steps, "steps").value,
    }


def failure(steps: str, config: str = CONFIG) -> str:
    """Why the last of these steps does not hold."""
    story = scenario(steps, config)
    report = play(story)
    assert report.failure is not None, "it holds"
    assert len(story["steps"]) == report.failure.step == report.steps, report.line
    return report.failure.text


def test_a_scenario_that_holds_says_so() -> None:
    report = play(scenario(WITH_ANA))
    assert ("ok A story", True, None, 5) == (report.line, report.ok, report.failure, report.steps)
    assert "conversation.created" in [happened.event.type for happened in report.events]


async def test_a_scenario_can_be_played_inside_a_running_loop() -> None:
    report = await aplay(scenario(WITH_ANA))
    assert report.ok
    with pytest.raises(RuntimeError, match=r"await aplay\(\) instead"):
        play(scenario(WITH_ANA))


def test_a_failure_names_the_step_and_the_line_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "story.scenario.yaml"
    file.write_text("name: A story\nsteps:\n  - customer: mia\n    says: Hello\n  - expect: {owner: human, epoch: 3}\n")
    report = play(file)
    assert "failed A story: step 2 (line 5): expected epoch 3, got 2" == report.line
    assert Failure(2, 5, "expected epoch 3, got 2") == report.failure


def test_without_a_file_a_failure_names_the_step_alone() -> None:
    steps = "[{customer: mia, says: Hello}, {expect: {owner: human}}]"
    assert "failed A story: step 2: expected owner 'human', got 'bot'" == play(scenario(steps)).line


def test_nothing_after_a_failure_is_played() -> None:
    report = play(scenario("[{customer: mia, says: Hello}, {expect: {owner: human}}, {customer: mia, says: Again}]"))
    assert 2 == report.steps
    assert ["Hello"] == [
        happened.event.data["message"]["content"]["text"]
        for happened in report.events
        if happened.event.type == "message.created"
    ]


def test_a_file_that_is_wrong_at_its_end_is_not_played_at_all() -> None:
    with pytest.raises(ScenarioError, match="step 6: unknown step 'configure'; did you mean 'config'"):
        play(scenario(WITH_ANA + "- {configure: {routing: {accept: auto}}}"))


def test_agents_may_come_with_another_configuration() -> None:
    steps = "- {config: {agents: {zoe: {name: Zoe}}}}\n- {agent: zoe, status: online}\n"
    report = play(scenario(WITH_ANA + steps + "- {expect: {agents: {zoe: {status: online}}}}"))
    assert report.failure is None


def test_two_plays_of_a_scenario_are_the_same() -> None:
    assert play(scenario(WITH_ANA)).events == play(scenario(WITH_ANA)).events


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        ("{owner: bot}", "expected owner 'bot', got 'human'"),
        ("{epoch: 1}", "expected epoch 1, got 2"),
        ("{session: ended}", "expected session 'ended', got 'active'"),
        ("{ticket: none}", "expected no ticket, got ticket 1, 'open'"),
        ("{ticket: {status: pending}}", "expected ticket.status 'pending', got 'open'"),
        ("{ticket: {custom_status: parts}}", "expected ticket.custom_status 'parts', got null"),
        ("{ticket: {priority: null}}", "expected ticket.priority null, got 'high'"),
        ("{ticket: {group: billing}}", "expected ticket.group 'billing', got null"),
        ("{ticket: {assignee: ben}}", "expected ticket.assignee 'ben', got 'ana'"),
        ("{ticket: {offered_to: ana}}", "expected ticket.offered_to 'ana', got null"),
        ("{ticket: {queue: vip}}", "expected ticket.queue 'vip', got 'standard'"),
        ("{ticket: {style: live_chat}}", "expected ticket.style 'live_chat', got 'social'"),
        ("{ticket: {subject: Parcel}}", "expected ticket.subject 'Parcel', got 'A parcel'"),
        ("{ticket: {tags: [late]}}", "expected ticket.tags ['late'], got ['parcel', 'late']"),
        ("{ticket: {fields: {order: 4711}}}", "expected ticket.fields.order 4711, got '4711'"),
        ("{ticket: {fields: {gift: null}}}", "expected ticket.fields.gift null, got true"),
        ("{ticket: {fields: {gift: 1}}}", "expected ticket.fields.gift 1, got true"),
        ("{ticket: {fields: {size: big}}}", "expected ticket.fields.size 'big', got null"),
        ("{ticket: {fields: {size: {x: [1, true]}}}}", "expected ticket.fields.size {x: [1, true]}, got null"),
        ("{ticket: {skills: [german]}}", "expected ticket.skills ['german'], got []"),
        ("{ticket: {reopens: 1}}", "expected ticket.reopens 1, got 0"),
        ("{ticket: {number: 2}}", "expected ticket.number 2, got 1"),
        ("{ticket: {active: false}}", "expected ticket.active false, got true"),
        ("{ticket: {position: 1}}", "expected ticket.position 1, got null"),
        ("{tickets: 2}", "expected tickets 2, got 1"),
        ("{last: {from: customer}}", "expected last.from 'customer', got 'agent'"),
        ("{last: {by: ben}}", "expected last.by 'ben', got 'ana'"),
        ("{last: {text: It arrives}}", "expected last.text 'It arrives', got 'It arrives today.'"),
        ("{last: {contains: tomorrow}}", "expected last.text to contain 'tomorrow', got 'It arrives today.'"),
        ("{last: {via: rule}}", "expected last.via 'rule', got null"),
        ("{messages: 3}", "expected messages 3, got 2"),
        ("{agents: {ana: {status: away}}}", "expected agents.ana.status 'away', got 'online'"),
        ("{agents: {ana: {used: {messaging: 0}}}}", "expected agents.ana.used.messaging 0, got 1"),
        ("{agents: {ana: {offers: [mia]}}}", "expected agents.ana.offers ['mia'], got []"),
        ("{queue: [mia]}", "expected queue ['mia'], got []"),
        ("{returned: {reason: closed}}", "expected a returned record, but control of mia never returned"),
    ],
)
def test_what_is_otherwise_than_expected_is_named(expected: str, text: str) -> None:
    assert text == failure(f"{WITH_ANA}- {{expect: {expected}}}")


@pytest.mark.parametrize(
    "expected",
    [
        "{owner: human, epoch: 2, session: active, tickets: 1, messages: 2, queue: []}",
        "{ticket: {status: open, custom_status: null, priority: high, group: null, assignee: ana, offered_to: null}}",
        "{ticket: {queue: standard, style: social, subject: A parcel, tags: [late, parcel], skills: [], reopens: 0}}",
        "{ticket: {fields: {order: '4711', gift: true, size: null}, number: 1, active: true, position: null}}",
        "{last: {from: agent, by: ana, text: It arrives today., contains: today, via: null}}",
        "{agents: {ana: {status: online, used: {messaging: 1, email: 0}, offers: []}, ben: {status: offline}}}",
        "{events: [ticket.created, control.passed, ticket.assigned], no_events: [ticket.closed]}",
    ],
)
def test_what_is_as_expected_holds(expected: str) -> None:
    assert "ok A story" == play(scenario(f"{WITH_ANA}- {{expect: {expected}}}")).line


def test_events_are_those_since_the_last_look_in_their_order() -> None:
    steps = (
        f"{WITH_ANA}- expect: {{}}\n- {{agent: ana, sets: {{status: pending}}}}\n- {{customer: mia, says: Thanks}}\n"
    )
    assert play(scenario(f"{steps}- expect: {{events: [ticket.pending, message.created, ticket.opened]}}")).ok
    happened = ["ticket.pending", "ticket.updated", "message.created", "ticket.opened", "ticket.updated"]
    assert f"expected events ['ticket.created'], got {happened}" == failure(
        f"{steps}- expect: {{events: [ticket.created]}}"
    )
    assert f"expected events ['ticket.opened', 'ticket.pending'], got {happened}" == failure(
        f"{steps}- expect: {{events: [ticket.opened, ticket.pending]}}"
    )
    assert f"expected no event 'ticket.opened', got {happened}" == failure(
        f"{steps}- expect: {{no_events: [ticket.created, ticket.opened]}}"
    )


def test_events_are_those_of_the_conversation_looked_at() -> None:
    steps = "- {customer: mia, says: Hello}\n- {customer: tom, says: Hello}\n"
    assert play(scenario(f"{steps}- expect: {{conversation: mia, events: [conversation.created]}}")).ok
    look = "- expect: {conversation: mia}\n- expect: {conversation: tom, events: [conversation.created]}"
    assert "expected events ['conversation.created'], got []" == failure(steps + look)


def test_system_lines_are_last_only_for_who_asks() -> None:
    steps = f"{WITH_ANA}- {{agent: ana, ends_session: true}}\n"
    assert play(scenario(f"{steps}- expect: {{last: {{from: agent}}, messages: 2}}")).ok
    assert play(scenario(f"{steps}- expect: {{last: {{from: system, by: null}}}}")).ok
    said_after = f"{steps}- {{customer: mia, says: Thanks}}\n- expect: {{last: {{from: system}}}}"
    assert "expected last.from 'system', got 'customer'" == failure(said_after)


def test_notes_are_neither_last_nor_counted() -> None:
    note = (
        "- {agent: ana, notes: Called the carrier., to: mia}\n- expect: {last: {text: It arrives today.}, messages: 2}"
    )
    assert "ok A story" == play(scenario(WITH_ANA + note)).line


def test_a_returned_record_is_compared_part_by_part() -> None:
    steps = f"{WITH_ANA}- {{agent: ana, hands_back: {{note: By phone.}}}}\n"
    record = "{reason: handed_back, note: By phone., tags: [late, parcel], fields: {gift: true, size: null}, number: 1}"
    assert "ok A story" == play(scenario(f"{steps}- expect: {{returned: {record}}}")).line
    for part, text in (
        ("{reason: closed}", "expected returned.reason 'closed', got 'handed_back'"),
        ("{fields: {gift: false}}", "expected returned.fields.gift false, got true"),
        ("{tags: [late]}", "expected returned.tags ['late'], got ['parcel', 'late']"),
        ("{nte: x}", "expected returned.nte 'x', got null"),
        (
            "{messages: [{content: {text: It arrives}}]}",
            "expected returned.messages[0].content.text 'It arrives', got 'It arrives today.'",
        ),
        (
            "{solved_at: 2026-01-05T09:00:01Z}",
            "expected returned.solved_at '2026-01-05T09:00:01Z', got '2026-01-05T09:00:00Z'",
        ),
    ):
        assert text == failure(f"{steps}- expect: {{returned: {part}}}")
    same_instant = "{solved_at: 2026-01-05T10:00:00+01:00}"
    assert "ok A story" == play(scenario(f"{steps}- expect: {{returned: {same_instant}}}")).line


# Refusals


def test_a_refusal_that_nobody_expects_fails_the_scenario() -> None:
    assert failure("- {customer: mia, says: Hello}\n- {bot: says, text: Hi, epoch: 7}").startswith(
        "refused with 'control_lost': "
    )


def test_a_refusal_that_does_not_come_fails_the_scenario() -> None:
    step = "- {customer: mia, says: Hello}\n- {bot: says, text: Hi, fails: control_lost}"
    assert "expected to be refused with 'control_lost', but it went through" == failure(step)


def test_a_refusal_with_another_code_fails_the_scenario() -> None:
    step = "- {customer: mia, says: Hello}\n- {bot: says, text: Hi, epoch: 7, fails: already_open}"
    assert failure(step).startswith("expected to be refused with 'already_open', got 'control_lost': ")


def test_what_is_not_even_a_command_is_refused_as_the_api_would() -> None:
    steps = """
    - {customer: mia, says: "", fails: invalid_request}
    - {customer: mia, sends: {type: hologram}, fails: invalid_request}
    """
    assert "ok A story" == play(scenario(steps)).line
    assert failure('- {customer: mia, says: ""}').startswith("refused with 'invalid_request': content")


# What each actor can do


def test_a_step_about_a_conversation_that_has_not_begun_fails_the_scenario() -> None:
    step = "- {bot: says, text: Hi}\n- {customer: mia, says: Hello}"
    assert "failed A story: step 1: no conversation has begun yet" == play(scenario(step)).line
    step = "- {customer: tom, says: Hi}\n- {bot: says, text: Hi, to: mia}\n- {customer: mia, says: Hello}"
    assert "failed A story: step 2: the conversation 'mia' has not begun yet" == play(scenario(step)).line


def test_no_epoch_is_stale_in_the_first() -> None:
    text = "no epoch is stale yet: this conversation is in its first"
    step = "- {customer: mia, says: Hello}\n- {bot: says, text: Hi, epoch: stale, fails: control_lost}"
    assert text == failure(step)


def test_a_ticket_that_there_is_not_fails_the_scenario() -> None:
    assert "mia has no ticket" == failure("- {customer: mia, says: Hello}\n- {agent: ana, takes: mia}")
    assert "mia has no ticket 2, only 1" == failure(f"{WITH_ANA}- {{agent: ana, sets: {{status: open}}, ticket: 2}}")
    assert "expected a ticket, but mia has none" == failure(
        "- {customer: mia, says: Hello}\n- {expect: {ticket: {status: open}}}"
    )


def test_time_does_not_run_back_in_a_scenario() -> None:
    assert "it is 2026-01-05T09:00:00Z already" == failure("- advance_to: 2026-01-05T08:00:00Z")


def test_a_customers_conversation_is_not_another_ones() -> None:
    steps = "- {customer: mia, says: Hello}\n- {customer: tom, says: Hello, conversation: mia}"
    assert "the conversation 'mia' is mia's, not tom's" == failure(steps)


def test_a_conversation_stays_with_its_brand_and_channel() -> None:
    begin = "- {customer: mia, says: Hello, brand: shop, channel: email}\n"
    again = "- {customer: mia, says: Again, brand: shop, channel: email}\n- expect: {last: {text: Again}}"
    assert "ok A story" == play(scenario(begin + again)).line
    assert "mia began with the brand 'shop' and stays there" == failure(
        f"{begin}- {{customer: mia, says: Hello, brand: default}}"
    )
    assert "mia began with the channel 'email' and stays there" == failure(
        f"{begin}- {{customer: mia, says: Hello, channel: web}}"
    )


def test_customers_send_read_type_connect_and_disconnect() -> None:
    steps = """
    - {customer: mia, sends: {type: location, latitude: 52.5, longitude: 13.4}, profile: {name: Mia}}
    - expect: {last: {from: customer, by: mia, text: null}}
    - {bot: says, text: Hi}
    - {customer: mia, types: true}
    - expect: {no_events: [typing.started]}
    - {customer: mia, connects: true}
    - {customer: mia, types: true}
    - {customer: mia, reads: true}
    - expect: {events: [typing.started, message.read]}
    - {customer: mia, disconnects: true}
    - {customer: mia, types: true}
    - expect: {no_events: [typing.started]}
    """
    assert "ok A story" == play(scenario(steps)).line


def test_steps_mean_the_conversation_touched_last() -> None:
    steps = """
    - {customer: mia, says: Hello}
    - {customer: tom, says: Hello}
    - {bot: says, text: To Tom}
    - expect: {conversation: mia, messages: 1}
    - {bot: says, text: To Mia}
    - expect: {messages: 2, last: {text: To Mia}}
    - {bot: says, text: To Tom again, conversation: tom}
    - expect: {messages: 3}
    - {customer: mia, types: true}
    - expect: {messages: 2}
    """
    assert "ok A story" == play(scenario(steps)).line


def test_who_never_had_the_offer_cannot_accept_it() -> None:
    steps = "- {customer: mia, says: Hi}\n- {bot: hands_off}\n- {agent: ben, accepts: mia, fails: offer_gone}\n"
    assert "ok A story" == play(scenario(f"{steps}- {{agent: ben, declines: mia, fails: offer_gone}}")).line


def test_after_a_restart_the_desk_goes_on_from_its_store() -> None:
    steps = f"{WITH_ANA}- {{customer: mia, connects: true}}\n- restart: true\n- {{customer: mia, types: true}}\n"
    look = "- expect: {events: [ticket.created, typing.started], messages: 2, ticket: {assignee: ana}}"
    assert "ok A story" == play(scenario(steps + look)).line
