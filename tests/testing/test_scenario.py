from datetime import UTC, datetime
from pathlib import Path

import pytest

from handoff_sdk.testing import ScenarioError
from handoff_sdk.testing.scenario import Scenario, read_scenario

AGENT_VERBS = (
    "status, connects, disconnects, accepts, declines, takes, says, emails, notes, sets, transfers, ends_session,"
    " hands_back"
)
HEAD = """\
name: A story
config: {brands: {default: {bot: ada}}, agents: {ana: {}, ben: {}}}
steps:
  - {customer: mia, says: Hello}
"""


def read(folder: Path, text: str) -> Scenario:
    file = folder / "story.scenario.yaml"
    file.write_text(text)
    return read_scenario(file)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ScenarioError) as refused:
        read(folder, text)
    return str(refused.value).removeprefix(f"{folder}/")


def test_a_file_is_read_into_steps_that_know_their_lines(tmp_path: Path) -> None:
    scenario = read(tmp_path, HEAD + "  - bot: says\n    text: Hi\n  - advance: 1h30m\n")
    assert "A story" == scenario.name
    assert datetime(2026, 1, 5, 9, tzinfo=UTC) == scenario.start
    assert ["ana", "ben"] == list(scenario.config.agents)
    assert [(1, 4), (2, 5), (3, 7)] == [(line.number, line.line) for line in scenario.steps]


def test_a_mapping_is_read_like_a_file() -> None:
    scenario = read_scenario({"start": "2026-02-01T10:00:00+02:00", "steps": [{"customer": "mia", "says": "Hello"}]})
    assert datetime(2026, 2, 1, 8, tzinfo=UTC) == scenario.start
    assert [(1, None)] == [(line.number, line.line) for line in scenario.steps]


def test_a_scenario_without_a_name_goes_by_its_file(tmp_path: Path) -> None:
    assert "story" == read(tmp_path, "steps: []").name


def test_a_configuration_may_lie_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text("agents: {zoe: }")
    assert ["zoe"] == list(read(tmp_path, "config: desk.yaml\nsteps: [{agent: zoe, status: online}]").config.agents)


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        # What a step is
        ("{}", "line 5: a step begins with its actor, and this one is empty"),
        ("{costumer: mia, says: Hi}", "line 5: unknown step 'costumer'; did you mean 'customer'?"),
        ("{says: Hi, customer: mia}", "line 5: a step begins with its actor: put 'customer' before 'says'"),
        ("advance", "line 5: item 2 of 'steps' has to be a mapping"),
        ("{agent: ana}", f"line 5: nothing is done here; the agent needs one of {AGENT_VERBS}"),
        ("{customer: mia, syas: Hi}", "line 5: unknown key 'syas'; did you mean 'says'?"),
        ("{customer: mia, says: Hi, reads: true}", "line 5: one verb a step, not both 'says' and 'reads'"),
        ("{customer: mia, says: Hi, brnad: acme}", "line 5: unknown key 'brnad'; did you mean 'brand'?"),
        ("{agent: ana, status: online, ticket: 2}", "line 5: unknown key 'ticket'"),
        ("{bot: say, text: Hi}", "line 5: unknown verb 'say' of 'bot'; did you mean 'says'?"),
        ("{bot: says, texd: Hi}", "line 5: unknown key 'texd'; did you mean 'text'?"),
        ("{bot: says}", "line 5: 'text' is missing"),
        ("{bot: hands_off, priorty: high}", "line 5: unknown key 'priorty'; did you mean 'priority'?"),
        ("{agent: ana, sets: {staus: open}}", "line 5: unknown key 'staus'; did you mean 'status'?"),
        (
            "{agent: ana, says: Hi, to: mia, conversation: mia}",
            "line 5: 'to' and 'conversation' say the same; give one",
        ),
        ("{expect: {onwer: bot}}", "line 5: unknown key 'onwer'; did you mean 'owner'?"),
        ("{expect: {ticket: {asignee: ana}}}", "line 5: unknown key 'asignee'; did you mean 'assignee'?"),
        ("{expect: {last: {form: bot}}}", "line 5: unknown key 'form'; did you mean 'from'?"),
        ("{expect: {agents: {ana: {used: {chat: 1}}}}}", "line 5: unknown key 'chat'"),
        # What a value is
        ("{customer: mia, says: 4711}", "line 5: 'says' has to be text; put it in quotes"),
        ("{customer: mia, connects: yes}", "line 5: 'connects' has to be true"),
        ("{bot: hands_off, priority: hgih}", "line 5: 'priority' has to be 'low', 'normal', 'high' or 'urgent'"),
        ("{bot: hands_off, accept_within: 120}", "line 5: 'accept_within': '120' has no unit; write '120s' or '120m'"),
        ("{bot: says, text: Hi, epoch: old}", "line 5: an epoch is 'current', 'stale' or a number, not 'old'"),
        (
            "{bot: says, text: Hi, fails: controll_lost}",
            "line 5: there is no error code 'controll_lost'; did you mean 'control_lost'?",
        ),
        ("{advance: 10}", "line 5: 'advance': '10' has no unit; write '10s' or '10m'"),
        ("{advance_to: noon}", "line 5: 'noon' is not an instant; write one like '2026-01-05T09:00:00Z'"),
        (
            "{advance_to: 2026-01-05T09:00:00}",
            "line 5: '2026-01-05T09:00:00' is not an instant; write one like '2026-01-05T09:00:00Z'",
        ),
        ("{expect: {tickets: one}}", "line 5: 'tickets' has to be a whole number"),
        ("{expect: {ticket: {active: on}}}", "line 5: 'active' has to be true or false"),
        ("{expect: {queue: mia}}", "line 5: 'queue' has to be a list"),
        ("{expect: {queue: null}}", "line 5: 'queue' has to be a list"),
        ("{expect: {agents: null}}", "line 5: 'agents' has to be a mapping"),
        ("{expect: {last: null}}", "line 5: 'last' has to be a mapping"),
        ("{expect: {agents: {ana: null}}}", "line 5: 'ana' has to be a mapping"),
        ("{expect: null}", "line 5: 'expect' has to be a mapping"),
        (
            "{expect: {events: [ticket.close]}}",
            "line 5: there is no event 'ticket.close'; did you mean 'ticket.closed'?",
        ),
        (
            "{customer: mia, says: Hi, profile: {timezone: Mars}}",
            "line 5: 'timezone': 'Mars' is not a time zone; use a name such as 'Europe/Berlin'",
        ),
        # Who there is
        ("{agent: anna, status: online}", "line 5: there is no agent 'anna'; did you mean 'ana'?"),
        ("{agent: ana, accepts: maia}", "line 5: there is no conversation 'maia'; did you mean 'mia'?"),
        ("{agent: ana, says: Hi, to: tom}", "line 5: there is no conversation 'tom'"),
        ("{customer: tom, reads: true}", "line 5: there is no conversation 'tom'"),
        ("{expect: {conversation: maia}}", "line 5: there is no conversation 'maia'; did you mean 'mia'?"),
        ("{expect: {queue: [mia, tom]}}", "line 5: there is no conversation 'tom'"),
        ("{expect: {agents: {ana: {offers: [tom]}}}}", "line 5: there is no conversation 'tom'"),
        ("{expect: {agents: {bem: {}}}}", "line 5: there is no agent 'bem'; did you mean 'ben'?"),
        (
            "{expect: {metrics: {ticket_created: 1}}}",
            "line 5: there is no figure 'ticket_created'; did you mean 'tickets_created'?",
        ),
        ("{agent: ana, transfers: {agent: bem}}", "line 5: there is no agent 'bem'; did you mean 'ben'?"),
        ("{config: [agents]}", "line 5: 'config' has to be a mapping"),
        ("{config: {agents: {zoe: {}}}, fails: never}", "line 5: there is no error code 'never'"),
    ],
)
def test_what_is_wrong_with_a_step_is_told_with_its_line(tmp_path: Path, step: str, problem: str) -> None:
    assert f"story.scenario.yaml: {problem}" == refusal(tmp_path, f"{HEAD}  - {step}\n")


def test_the_line_is_that_of_the_key(tmp_path: Path) -> None:
    step = "  - expect:\n      owner: bot\n      ticket:\n        status: open\n        tgas: [parcel]\n"
    assert "story.scenario.yaml: line 9: unknown key 'tgas'; did you mean 'tags'?" == refusal(tmp_path, HEAD + step)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1: a scenario has to be a mapping"),
        ("name: A story", "line 1: 'steps' is missing"),
        ("steps: []\nstpes: []", "line 2: unknown key 'stpes'; did you mean 'steps'?"),
        ("steps: []\nname: 1", "line 2: 'name' has to be text; put it in quotes"),
        ("start: 9\nsteps: []", "line 1: 9 is not an instant; write one like '2026-01-05T09:00:00Z'"),
        ("steps: []\nsteps: []", "line 2: the key 'steps' stands twice, first on line 1"),
        ("steps:\n  - [\n", "line 2: while parsing a flow node, did not find expected node content"),
        (
            "steps: []\nconfig:\n  agents:\n    ana: {capcity: 3}",
            "line 4: agents.ana.capcity: unknown key; did you mean 'capacity'?",
        ),
        ("steps: []\nconfig: no.yaml", "line 2: no.yaml: No such file or directory"),
        ("steps: []\nconfig: bad.yaml", "line 2: {folder}/bad.yaml:2: agnets: unknown key; did you mean 'agents'?"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "bad.yaml").write_text("brands: {}\nagnets: {}\n")
    assert f"story.scenario.yaml: {problem.format(folder=tmp_path)}" == refusal(tmp_path, text)


def test_a_file_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"none\.yaml: No such file or directory"):
        read_scenario(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("scenario", "problem"),
    [
        (
            {"steps": [{"advance": "1h"}, {"agent": "ana", "emails": "Hi"}]},
            "scenario: step 2: there is no agent 'ana'",
        ),
        ({"steps": [], "nmae": "A"}, "scenario: nmae: unknown key 'nmae'; did you mean 'name'?"),
        ({"steps": [], "config": {"agent": {}}}, "scenario: config: agent: unknown key; did you mean 'agents'?"),
    ],
)
def test_without_a_file_the_place_is_named_instead(scenario: dict[str, object], problem: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        read_scenario(scenario)
    assert problem == str(refused.value)
