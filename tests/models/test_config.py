from datetime import timedelta
from textwrap import dedent

import pytest
from pydantic import ValidationError

from handoff_sdk.errors import ConfigError, FieldError
from handoff_sdk.models.config import (
    CLOSE_LIMIT,
    NO_BOT,
    STYLE_CLOSE_AFTER,
    AgentConfig,
    Auth,
    Brand,
    CapacityLimits,
    DeskConfig,
    Group,
    Lapses,
    Routing,
    SigningKey,
    merged,
)
from handoff_sdk.models.document import parse_document

WHOLE = """\
brands:
  acme:
    name: Acme
    style: live_chat
    close_after: 0s
    bot: acme-bot
    messaging: true
    group: support
  slow: {style: social, close_after: never, bot: none}
groups: {support: {name: Support}, billing: }
agents:
  ana:
    name: Ana
    groups: [support, billing]
    brands: [acme, default]
    capacity: {messaging: 5}
  ben:
  cid: {}
routing:
  method: round_robin
  accept: auto
  offer_timeout: 45s
  inactive_after: 1h
  lapses: {count: 0, status: transfers_only}
  count_inactive: true
  max_inactive_per_agent: 0
auth:
  signing_keys: [{kid: a, secret: "${SECRET}"}, {kid: b, public_key: "-----BEGIN"}]
  anonymous: false
  origins: ["https://shop.example.com", "http://localhost:8000"]
"""


def problems_of(text: str) -> list[str]:
    document = parse_document(text, "desk.yaml")
    with pytest.raises(ConfigError) as caught:
        DeskConfig.parse(document.value, document)
    return caught.value.detail.splitlines()


def problems_of_mapping(mapping: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        DeskConfig.parse(mapping)
    return caught.value.detail.splitlines()


def test_the_empty_file_is_a_working_desk(tmp_path):
    path = tmp_path / "desk.yaml"
    path.write_text("")
    expected = DeskConfig(
        brands={"default": Brand(style="live_chat_returning", close_after=None, bot=None, messaging=True)},
        groups={},
        agents={},
        routing=Routing(
            method="spare_capacity",
            accept="offer",
            offer_timeout=timedelta(seconds=30),
            inactive_after=timedelta(minutes=10),
            lapses=Lapses(count=3, status="away"),
            count_inactive=False,
            max_inactive_per_agent=20,
        ),
        auth=Auth(signing_keys=(), anonymous=True, origins=()),
    )
    assert expected == DeskConfig.load(path)
    assert expected == DeskConfig.model_validate({})


def test_a_file_says_everything_there_is_to_say(tmp_path):
    path = tmp_path / "desk.yaml"
    path.write_text(WHOLE)
    expected = DeskConfig(
        brands={
            "default": Brand(),
            "acme": Brand(
                name="Acme",
                style="live_chat",
                close_after=timedelta(0),
                bot="acme-bot",
                messaging=True,
                group="support",
            ),
            "slow": Brand(style="social", close_after="never", bot=NO_BOT),
        },
        groups={"support": Group(name="Support"), "billing": Group()},
        agents={
            "ana": AgentConfig(
                name="Ana",
                groups=("support", "billing"),
                brands=("acme", "default"),
                capacity=CapacityLimits(messaging=5, email=10),
            ),
            "ben": AgentConfig(groups=(), brands=None, capacity=CapacityLimits(messaging=3, email=10)),
            "cid": AgentConfig(),
        },
        routing=Routing(
            method="round_robin",
            accept="auto",
            offer_timeout=timedelta(seconds=45),
            inactive_after=timedelta(hours=1),
            lapses=Lapses(count=0, status="transfers_only"),
            count_inactive=True,
            max_inactive_per_agent=0,
        ),
        auth=Auth(
            signing_keys=(SigningKey(kid="a", secret="s3cret"), SigningKey(kid="b", public_key="-----BEGIN")),
            anonymous=False,
            origins=("https://shop.example.com", "http://localhost:8000"),
        ),
    )
    assert expected == DeskConfig.load(path, environ={"SECRET": "s3cret"})


def test_what_is_dumped_loads_back_to_the_same():
    config = DeskConfig.parse(parse_document(WHOLE, "desk.yaml").value)
    assert config == DeskConfig.model_validate(config.model_dump(mode="json"))
    assert config == DeskConfig.model_validate(config.model_dump())
    assert config == DeskConfig.model_validate_json(config.model_dump_json())


@pytest.mark.parametrize("section", ["brands", "groups", "agents", "routing", "auth"])
def test_null_means_the_default_everywhere(section):
    assert DeskConfig() == DeskConfig.parse({section: None})
    assert DeskConfig.parse({"agents": {"ana": {}}}) == DeskConfig.parse({"agents": {"ana": {"capacity": None}}})


def test_the_default_brand_is_always_there_and_may_be_configured():
    assert ["default", "acme"] == list(DeskConfig.parse({"brands": {"acme": None}}).brands)
    assert "social" == DeskConfig.parse({"brands": {"default": {"style": "social"}}}).brands["default"].style


def test_a_configuration_does_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        DeskConfig().routing.accept = "auto"  # type: ignore[misc]


def test_styles_differ_in_how_long_a_solved_ticket_waits():
    assert {
        "live_chat": timedelta(0),
        "live_chat_returning": timedelta(hours=1),
        "social": timedelta(days=4),
    } == STYLE_CLOSE_AFTER
    assert max(STYLE_CLOSE_AFTER.values()) < CLOSE_LIMIT


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


@pytest.mark.parametrize("name", ["ana", "7", "ana@example.com", "a.b-c_d", "A" * 64])
def test_names_are_letters_digits_and_a_few_signs(name):
    assert {name} == DeskConfig.parse({"agents": {name: {}}}).agents.keys()


@pytest.mark.parametrize("name", ["", "-ana", "ana b", "ana/b", "ána", "a\n", "A" * 65])
def test_other_names_are_refused(name):
    with pytest.raises(ConfigError) as caught:
        DeskConfig.parse({"groups": {name: {}}})
    (error,) = caught.value.errors
    assert f"groups.{name}" == error.path
    assert error.message.startswith(f"{name!r} is not a name")


def test_limits_themselves_are_allowed():
    config = DeskConfig.parse(
        {
            "brands": {"acme": {"close_after": "28d"}},
            "agents": {"ana": {"capacity": {"messaging": 0, "email": 500}}},
        },
    )
    assert CLOSE_LIMIT == config.brands["acme"].close_after
    assert CapacityLimits(messaging=0, email=500) == config.agents["ana"].capacity


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


def test_a_file_reads_the_environment_of_the_process(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDOFF_BOT", "ada")
    path = tmp_path / "desk.yaml"
    path.write_text("brands: {default: {bot: '${HANDOFF_BOT}'}}")
    assert "ada" == DeskConfig.load(path).brands["default"].bot


def test_a_mapping_does_not_read_the_environment(monkeypatch):
    monkeypatch.setenv("HANDOFF_BOT", "ada")
    config = DeskConfig.parse({"brands": {"default": {"bot": "${HANDOFF_BOT}"}}})
    assert "${HANDOFF_BOT}" == config.brands["default"].bot


def test_a_file_that_is_not_yaml_is_a_config_error(tmp_path):
    path = tmp_path / "desk.yaml"
    path.write_text("agents: {}\nagents: {}\n")
    with pytest.raises(ConfigError) as caught:
        DeskConfig.load(path)
    assert f"{path}:2: the key 'agents' stands twice, first on line 1" == str(caught.value)
    assert (FieldError("", "the key 'agents' stands twice, first on line 1"),) == caught.value.errors


def test_a_file_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        DeskConfig.load(tmp_path / "desk.yaml")


def test_secrets_are_neither_printed_nor_part_of_errors():
    assert "s3cret" not in repr(DeskConfig.parse({"auth": {"signing_keys": [{"kid": "a", "secret": "s3cret"}]}}))
    with pytest.raises(ValidationError) as caught:
        DeskConfig.model_validate({"auth": {"signing_keys": [{"kid": "", "secret": "s3cret"}, {"secret": ["s3cret"]}]}})
    assert "s3cret" not in str(caught.value)


def test_merging_goes_key_by_key_and_replaces_all_else_and_null_takes_away_what_is_there():
    base = {"agents": {"ana": {"groups": ["a"], "name": "Ana"}}, "routing": {"accept": "auto"}}
    over = {"agents": {"ana": {"groups": ["b"]}, "ben": None}, "routing": None, "auth": {"anonymous": False}}
    expected = {
        "agents": {"ana": {"groups": ["b"], "name": "Ana"}, "ben": None},
        "auth": {"anonymous": False},
    }
    assert expected == merged(base, over)
    assert {"groups": ["a"], "name": "Ana"} == base["agents"]["ana"]


def test_a_running_configuration_takes_a_change():
    running = DeskConfig.parse({"agents": {"ana": {"capacity": {"messaging": 1}}}, "routing": {"accept": "auto"}})
    change = {"agents": {"ana": {"name": "Ana"}, "ben": None}, "routing": {"offer_timeout": "1m"}}
    expected = DeskConfig(
        agents={"ana": AgentConfig(name="Ana", capacity=CapacityLimits(messaging=1)), "ben": AgentConfig()},
        routing=Routing(accept="auto", offer_timeout=timedelta(minutes=1)),
    )
    assert expected == DeskConfig.parse(merged(running.model_dump(mode="json"), change))


def test_a_list_of_which_all_is_wrong_is_not_called_empty_too():
    hook = {"url": "https://example.com/x", "events": ["x.y"]}
    _, problems = DeskConfig.attempted({"webhooks": [hook]})
    assert [("webhooks", 0, "events", 0)] == list(problems)
    _, problems = DeskConfig.attempted({"webhooks": [hook | {"events": []}]})
    assert {("webhooks", 0, "events"): "is empty; write at least one"} == problems


def test_triggers_that_chase_each_other_are_told_beside_other_problems():
    def sets(name, asked, new, **more):
        condition = {"field": "priority", "op": "is", "value": asked}
        actions = [{"set": {"priority": new}}]
        return {"name": name, "on": ["ticket.updated"], "all": [condition], "actions": actions, **more}

    two = [sets("up", "low", "high"), sets("down", "high", "low")]
    _, problems = DeskConfig.attempted({"triggers": two, "brand": {}, "ticket_statuses": []})
    assert {("brand",), ("ticket_statuses",), ("triggers", 1)} == problems.keys()
    _, problems = DeskConfig.attempted({"triggers": [*two, sets("third", "urgent", "low", onn=[])]})
    assert {("triggers", 2, "onn")} == problems.keys()
    assert {()} == DeskConfig.attempted([])[1].keys()
