"""config.md, Lint: what is doubtful in a configuration, one test a lint, and what is found in none that is well."""

from __future__ import annotations

import pytest

from handoff_sdk.core.lint import findings, inspected
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.document import parse_document
from handoff_sdk.models.finding import Finding

STAFF = {"agents": {"ana": {"groups": ["support"], "skills": ["german"]}}, "groups": {"support": {}}}
URGENT = {"set": {"priority": "urgent"}}
HELLO = {"say": {"en": "Hello"}}


def warnings(**config):
    found = findings(DeskConfig.parse(STAFF | config))
    assert {"warning"} >= {finding.level for finding in found}
    return {finding.path: finding.message for finding in found}


def trigger(*actions, **changes):
    return {"name": "one", "on": ["ticket.created"], "actions": [*actions], **changes}


def ladder(*steps):
    return {"slow": {"steps": [*steps]}}


def test_nothing_is_found_where_all_is_well():
    assert {} == warnings()
    assert () == findings(DeskConfig())


def test_an_agent_in_no_group_is_told():
    assert {"agents.ben": "is in no group, and gets only what is for everybody; write 'groups: [...]'"} == warnings(
        agents={"ana": {"groups": ["support"]}, "ben": {}}
    )


@pytest.mark.parametrize("channel", ["messaging", "email"])
def test_a_capacity_of_0_is_told(channel):
    agent = {"groups": ["support"], "capacity": {channel: 0}}
    assert {
        f"agents.ana.capacity.{channel}": (
            "is 0: the engine never gives 'ana' any work of this channel; write at least 1"
        )
    } == warnings(agents={"ana": agent})


def test_a_queue_that_no_agent_serves_is_told():
    queue = {"name": "vip", "groups": ["billing"]}
    groups = {"groups": {"support": {}, "billing": {}, "night": {}}}
    assert {"queues[0]": "no agent is in 'billing', so nobody serves 'vip'"} == warnings(queues=[queue], **groups)
    assert {"queues[0]": "no agent is in 'billing' or 'night', so nobody serves 'vip'"} == warnings(
        queues=[queue | {"fallback_groups": ["night"]}], **groups
    )
    assert {} == warnings(queues=[queue | {"fallback_groups": ["support"]}], **groups)
    assert {} == warnings(queues=[{"name": "all"}], **groups)


def test_a_queue_of_everybody_is_served_by_nobody_where_there_is_nobody():
    assert {"queues[0]": "there are no agents, so nobody serves 'vip'"} == warnings(queues=[{"name": "vip"}], agents={})


@pytest.mark.parametrize("section", ["triggers", "automations"])
def test_a_skill_that_is_required_and_that_nobody_has_is_told_with_the_nearest(section):
    rule = trigger(URGENT, {"require_skills": ["german", "germn"]})
    if section == "automations":
        rule = {**rule, "all": [{"field": "since_open", "op": "at_least", "value": "1h"}]}
        del rule["on"]
    assert {
        f"{section}[0].actions[1].require_skills[1]": "no agent has the skill 'germn'; did you mean 'german'?"
    } == warnings(**{section: [rule]})


def test_a_skill_that_is_only_preferred_may_be_nobodys():
    assert {} == warnings(triggers=[trigger({"prefer_skills": ["french"]})])


def test_words_at_every_change_of_a_ticket_are_told():
    said = (
        "is said again at every change of the ticket; ask for the change: {field: status, op: changed_to, value: open}"
    )
    status = {"field": "status", "op": "is", "value": "open"}
    always = trigger(URGENT, HELLO, on=["ticket.created", "ticket.updated"], all=[status])
    assert {"triggers[0].actions[1].say": said} == warnings(triggers=[always])


@pytest.mark.parametrize(
    "changes",
    [
        {"on": ["ticket.created"]},
        {"all": [{"field": "status", "op": "changed"}]},
        {"any": [{"field": "status", "op": "changed_to", "value": "open"}]},
        {"all": [{"field": "status", "op": "changed_from", "value": "open"}]},
        {"actions": [URGENT, {"note": {"en": "Seen"}}]},
    ],
)
def test_words_that_are_said_at_a_change_are_not(changes):
    assert {} == warnings(triggers=[trigger(HELLO, **{"on": ["ticket.updated"], **changes})])


@pytest.mark.parametrize(
    ("ending", "why"),
    [
        (
            {"set": {"status": "solved"}},
            "the step before it sets the ticket to 'solved', and with that the ladder stops",
        ),
        (
            {"set": {"status": "on_hold"}},
            "the step before it sets the ticket to 'on_hold', and with that the ladder stops",
        ),
        ({"end_session": True}, "the step before it ends the session, and with it the ladder"),
    ],
)
def test_a_step_after_the_close_is_told_once(ending, why):
    last = {"after": "1m", **HELLO}
    assert {"followups.slow.steps[2]": f"is never reached: {why}"} == warnings(
        followups=ladder({"after": "5m", **HELLO}, {"after": "1m", **ending}, last, last)
    )


def test_a_ladder_that_closes_at_its_end_is_well():
    assert {} == warnings(
        followups=ladder(
            {"after": "5m", **HELLO, "set": {"status": "pending"}}, {"after": "1d", "set": {"status": "solved"}}
        )
    )


def test_a_step_that_is_due_when_an_automation_has_solved_is_told():
    silent = {"field": "since_agent_message", "op": "at_least", "value": "2d"}
    automation = {"name": "give up", "all": [silent], "actions": [{"set": {"status": "solved"}}]}
    late = ladder({"after": "1d", **HELLO}, {"after": "1d", **HELLO})
    assert {
        "followups.slow.steps[1]": (
            "is never reached: 'give up' ends the ticket 2d after the agent's message, this step is due at 2d"
        )
    } == warnings(automations=[automation], followups=late)
    vip = {"field": "tags", "op": "includes", "value": "vip"}
    for not_all in (
        {"all": [silent, vip]},
        {"any": [vip]},
        {"all": [silent | {"value": "49h"}]},
        {"all": [silent | {"op": "less_than"}]},
        {"actions": [{"set": {"status": "pending"}}]},
    ):
        assert {} == warnings(automations=[automation | not_all], followups=late)


def test_errors_are_all_found_at_once_and_each_has_its_line():
    text = "agents:\n  ana: {groups: [suport]}\ngroups: {support: }\ntriggrs: []\nrouting:\n  accept: ${HOW}\n"
    document = parse_document(text, "desk.yaml")
    assert (
        Finding(
            level="error",
            path="agents.ana.groups[0]",
            message="there is no group 'suport'; did you mean 'support'?",
            line=2,
        ),
        Finding(level="error", path="triggrs", message="unknown key; did you mean 'triggers'?", line=4),
        Finding(level="error", path="routing.accept", message="the environment lacks HOW", line=6),
    ) == inspected(document.value, document, environ={})


def test_a_file_that_loads_has_its_warnings_in_the_order_of_its_lines():
    text = "queues: [{name: a}]\nagents:\n"
    document = parse_document(text + "  ana:\n    capacity: {email: 0}\n", "desk.yaml")
    assert [("agents.ana", 3), ("agents.ana.capacity.email", 4)] == [
        (finding.path, finding.line) for finding in inspected(document.value, document)
    ]
    document = parse_document(text + "groups: {support: }\n", "desk.yaml")
    assert ["queues[0]"] == [finding.path for finding in inspected(document.value, document)]


class TestBlanks:
    """Names in texts that nothing stands for."""

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("Hi {{ custmer.name }}", "'custmer.name', it stays empty; did you mean 'customer.name'?"),
            ("Hi {{ custmer.plan }}", "'custmer.plan', it stays empty; did you mean 'customer.plan'?"),
            ("I am {{ agent.nme }}", "'agent.nme', it stays empty; did you mean 'agent.name'?"),
            ("{% if queue.postion %}one{% endif %} two", "'queue.postion', it stays empty; did you mean"),
            ("No. {{ ticket.id | default: 'one' }}", "'ticket.id', it stays empty"),
            (
                "Hi {{ x }}",
                "'x', it stays empty; there are customer.name, customer.email, customer.language, agent.name,",
            ),
        ],
    )
    def test_an_unknown_one_is_told_with_the_nearest(self, text, problem):
        (found,) = warnings(canned={"hello": {"en": "Hello", "de": text}}).items()
        assert "canned.hello.de" == found[0]
        assert f"there is nothing to fill in for {problem}" in found[1]

    @pytest.mark.parametrize(
        "text",
        [
            "Hi {{ customer.name }}, {{ customer.plan }}, {{ customer['shoe size'] }}",
            "I am {{ agent.name }} {{ ticket.number }} {{ ticket.subject }}",
            "No. {{ queue.position }}, {{ queue.wait_minutes }}",
            "{% assign who = customer.name %}{{ who }} and {% if agent %}{{ agent.name }}{% endif %} are here",
            "{% for one in customer.orders %}{{ one.name }} {{ forloop.index }}{% endfor %} are yours",
        ],
    )
    def test_what_there_is_is_not_told(self, text):
        assert {} == warnings(canned={"hello": {"en": text}})

    def test_all_texts_are_read(self):
        text = {"en": "Hi {{ custmer.name }}"}
        rule = trigger({"say": text}, {"note": text})
        waiting = {"name": "late", "all": [{"field": "since_created", "op": "at_least", "value": "1h"}]}
        assert [
            "brands.acme.closed_text.en",
            "brands.acme.lines.queued.en",
            "triggers[0].actions[0].say.en",
            "triggers[0].actions[1].note.en",
            "automations[0].actions[0].say.en",
            "followups.slow.steps[0].say.en",
        ] == [
            *warnings(
                brands={"acme": {"closed_text": text, "lines": {"queued": text, "left": False}}},
                triggers=[rule],
                automations=[waiting | {"actions": [{"say": text}]}],
                followups=ladder({"after": "1m", "say": text}),
            )
        ]

    def test_its_line_is_told(self):
        written = "canned:\n  hello:\n    en: Hello\n    de: Hallo {{ custmer.name }}\n"
        document = parse_document(written, "desk.yaml")
        assert [4] == [finding.line for finding in inspected(document.value, document)]
