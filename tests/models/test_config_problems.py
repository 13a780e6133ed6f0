"""What is wrong in a configuration: told all at once, each with its line or path, and what would be right."""

from textwrap import dedent

import pytest
from pydantic import ValidationError

from handoff_sdk.errors import ConfigError, FieldError
from handoff_sdk.models.config import (
    AgentConfig,
    DeskConfig,
)
from handoff_sdk.models.document import parse_document


def problems_of(text: str) -> list[str]:
    document = parse_document(text, "desk.yaml")
    with pytest.raises(ConfigError) as caught:
        DeskConfig.parse(document.value, document)
    return caught.value.detail.splitlines()


def problems_of_mapping(mapping: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        DeskConfig.parse(mapping)
    return caught.value.detail.splitlines()


def test_every_problem_is_told_with_its_line_in_the_order_of_the_file():
    assert [
        "desk.yaml:3: brands.acme.stile: unknown key; did you mean 'style'?",
        "desk.yaml:4: brands.acme.schedule: there is no schedule 'office'",
        "desk.yaml:5: brands.acme.group: there is no group 'suport'; did you mean 'support'?",
        "desk.yaml:6: brands.acme.messaging: has to be true or false",
        "desk.yaml:9: agents.ana.groups[1]: there is no group 'sales'",
        "desk.yaml:10: agents.ana.brands[0]: there is no brand 'Acme'; did you mean 'acme'?",
        "desk.yaml:12: canned.hello.en: is not valid Liquid: expected '}}', found end of file",
        "desk.yaml:13: rooting: unknown key; did you mean 'routing'?",
    ] == problems_of(
        dedent("""\
            brands:
              acme:
                stile: social
                schedule: office
                group: suport
                messaging: on
            agents:
              ana:
                groups: [support, sales]
                brands: [Acme]
            groups: {support: }
            canned: {hello: {en: "Hello {{ customer.name"}}
            rooting: {}
            """),
    )


def test_an_error_has_the_same_problems_for_programs():
    with pytest.raises(ConfigError) as caught:
        DeskConfig.parse({"agents": {"ana": {"capacity": {"messaging": -1}, "groups": ["x"]}}})
    assert (
        FieldError("agents.ana.capacity.messaging", "has to be greater than or equal to 0"),
        FieldError("agents.ana.groups[0]", "there is no group 'x'"),
    ) == caught.value.errors


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ([], "has to be a mapping"),
        ("desk", "has to be a mapping"),
        ({1: {}}, "[1]: a key has to be text"),
        ({"agents": ["ana"]}, "agents: has to be a mapping"),
        ({"agents": {"ana": "Ana"}}, "agents.ana: has to be a mapping"),
        ({"agents": {"ana": {"groups": "support"}}}, "agents.ana.groups: has to be a list"),
        ({"agents": {"ana": {"name": 7}}}, "agents.ana.name: has to be text; a number goes in quotes"),
        ({"agents": {"ana": {"email": "ana"}}}, "agents.ana.email: 'ana' is not an email address"),
        ({"agents": {"ana": {"skills": "german"}}}, "agents.ana.skills: has to be a list"),
        (
            {"statuses": {"away": {"messaging": True}}},
            "statuses: 'away' is built in and stays as it is; give yours another name",
        ),
        (
            {"queues": [{"name": "standard"}]},
            "queues[0]: 'standard' is the queue of everything else; give this one another name",
        ),
        ({"queues": [{"name": "a", "priority": 0}]}, "queues[0].priority: has to be greater than or equal to 1"),
        ({"queues": [{"name": "a", "groups": ["x"]}]}, "queues[0].groups[0]: there is no group 'x'"),
        ({"queues": [{"name": "a"}, {"name": "a"}]}, "queues: two of them are called 'a'; give each a name of its own"),
        (
            {"queues": [{"name": "a", "all": [{"field": "since_new", "op": "at_least", "value": "1h"}]}]},
            "queues[0]: asks for 'since_new' 'at_least'; a queue can ask only for what a ticket is",
        ),
        (
            {"queues": [{"name": "a", "fallback_groups": ["b"]}], "groups": {"b": {}}},
            "queues[0]: has 'fallback_groups' and no 'groups': everybody serves it already",
        ),
        ({"agents": {"ana": {"stile": None}}}, "agents.ana.stile: unknown key"),
        ({"agents": {"name": {"capacty": 1}}}, "agents.name.capacty: unknown key; did you mean 'capacity'?"),
        (
            {"agents": {"ana": {"capacity": {"email": 501}}}},
            "agents.ana.capacity.email: has to be less than or equal to 500",
        ),
        ({"agents": {"ana": {"capacity": {"email": 1.0}}}}, "agents.ana.capacity.email: has to be a whole number"),
        (
            {"agents": {"a b": None}},
            "agents.a b: 'a b' is not a name: at most 64 of A-Z a-z 0-9 _ . @ -, a letter or digit first",
        ),
        ({"brands": {"acme": {"group": "support"}}}, "brands.acme.group: there is no group 'support'"),
        (
            {"brands": {"acme": {"style": "live-chat"}}},
            "brands.acme.style: has to be 'live_chat', 'live_chat_returning' or 'social'",
        ),
        (
            {"brands": {"acme": {"close_after": "28d1s"}}},
            "brands.acme.close_after: is beyond 28d, when every solved ticket closes; write at most '28d', or 'never'",
        ),
        (
            {"brands": {"acme": {"close_after": 60}}},
            "brands.acme.close_after: '60' has no unit; write '60s' or '60m'",
        ),
        ({"routing": {"offer_timeout": "0s"}}, "routing.offer_timeout: has to be longer than 0s"),
        (
            {"routing": {"inactive_after": "never"}},
            "routing.inactive_after: 'never' is not a duration; write one like '30s', '10m', '1h59m' or '4d'",
        ),
        (
            {"routing": {"lapses": {"status": "awai"}}},
            "routing.lapses.status: there is no agent status 'awai'; did you mean 'away'?",
        ),
        ({"routing": {"lapses": {"times": 1}}}, "routing.lapses.times: unknown key"),
        (
            {"ticket_statuses": {"open": "open"}},
            "ticket_statuses: 'open' is built in and stays as it is; give yours another name",
        ),
        (
            {
                "ticket_statuses": {"parts": "on_hold"},
                "triggers": [{"name": "a", "on": ["ticket.created"], "actions": [{"set": {"status": "part"}}]}],
            },
            "triggers[0].actions[0].set.status: there is no ticket status 'part'; did you mean 'parts'?",
        ),
        (
            {"routing": {"on_disconnect": "offlin"}},
            "routing.on_disconnect: there is no agent status 'offlin'; did you mean 'offline'?",
        ),
        ({"auth": {"signing_keys": [{"secret": "s"}]}}, "auth.signing_keys[0].kid: is missing"),
        ({"auth": {"signing_keys": [{"kid": "a"}]}}, "auth.signing_keys[0]: needs either 'secret' or 'public_key'"),
        (
            {"auth": {"signing_keys": [{"kid": "a", "secret": "s", "public_key": "p"}]}},
            "auth.signing_keys[0]: needs either 'secret' or 'public_key'",
        ),
        (
            {"auth": {"signing_keys": [{"kid": "a", "secrt": "s", "public_key": "p"}]}},
            "auth.signing_keys[0].secrt: unknown key; did you mean 'secret'?",
        ),
        (
            {"auth": {"signing_keys": [{"kid": "a", "secret": "s"}, {"kid": "a", "secret": "t"}]}},
            "auth.signing_keys: every key needs a kid of its own",
        ),
        (
            {"auth": {"origins": ["https://a.example/"]}},
            "auth.origins[0]: 'https://a.example/' is not an origin like 'https://shop.example.com', without a path",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_path(mapping, problem):
    assert [problem] == problems_of_mapping(mapping)


@pytest.mark.parametrize("name", ["", "-ana", "ana b", "ana/b", "ána", "a\n", "A" * 65])
def test_other_names_are_refused(name):
    with pytest.raises(ConfigError) as caught:
        DeskConfig.parse({"groups": {name: {}}})
    (error,) = caught.value.errors
    assert f"groups.{name}" == error.path
    assert error.message.startswith(f"{name!r} is not a name")


def test_names_that_stand_for_nothing_are_refused_by_every_way_in():
    with pytest.raises(ValidationError, match="there is no group 'x'"):
        DeskConfig.model_validate({"agents": {"ana": {"groups": ["x"]}}})
    with pytest.raises(ValidationError, match="there is no brand 'x'"):
        DeskConfig(agents={"ana": AgentConfig(brands=("x",))})


def test_lines_are_those_of_the_document_that_a_configuration_stands_in():
    document = parse_document("name: A story\nconfig:\n  agents:\n    ana: {nam: Ana}\n", "a.scenario.yaml")
    with pytest.raises(ConfigError) as caught:
        DeskConfig.parse({"agents": {"ana": {"nam": "Ana"}}}, document, at=("config",))
    assert "a.scenario.yaml:4: agents.ana.nam: unknown key; did you mean 'name'?" == caught.value.detail


def test_a_missing_variable_is_told_beside_all_other_problems(tmp_path):
    path = tmp_path / "desk.yaml"
    path.write_text('auth: {signing_keys: [{kid: a, secret: "${A}${B}"}]}\nrouting:\n  offer_timeout: ${C}\nx: 1\n')
    with pytest.raises(ConfigError) as caught:
        DeskConfig.load(path, environ={"B": "b"})
    assert [
        f"{path}:1: auth.signing_keys[0].secret: the environment lacks A",
        f"{path}:3: routing.offer_timeout: the environment lacks C",
        f"{path}:4: x: unknown key",
    ] == caught.value.detail.splitlines()


def test_a_missing_variable_alone_is_an_error():
    with pytest.raises(ConfigError) as caught:
        DeskConfig.parse({"brands": {"acme": {"name": "${A}"}}}, environ={})
    assert (FieldError("brands.acme.name", "the environment lacks A"),) == caught.value.errors


def test_a_file_that_is_not_yaml_is_a_config_error(tmp_path):
    path = tmp_path / "desk.yaml"
    path.write_text("agents: {}\nagents: {}\n")
    with pytest.raises(ConfigError) as caught:
        DeskConfig.load(path)
    assert f"{path}:2: the key 'agents' stands twice, first on line 1" == str(caught.value)
    assert (FieldError("", "the key 'agents' stands twice, first on line 1"),) == caught.value.errors
