from datetime import timedelta

import pytest
from pydantic import ValidationError

from handoff_sdk.errors import ConfigError
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


@pytest.mark.parametrize("name", ["ana", "7", "ana@example.com", "a.b-c_d", "A" * 64])
def test_names_are_letters_digits_and_a_few_signs(name):
    assert {name} == DeskConfig.parse({"agents": {name: {}}}).agents.keys()


def test_limits_themselves_are_allowed():
    config = DeskConfig.parse(
        {
            "brands": {"acme": {"close_after": "28d"}},
            "agents": {"ana": {"capacity": {"messaging": 0, "email": 500}}},
        },
    )
    assert CLOSE_LIMIT == config.brands["acme"].close_after
    assert CapacityLimits(messaging=0, email=500) == config.agents["ana"].capacity


def test_a_file_reads_the_environment_of_the_process(tmp_path, monkeypatch):
    monkeypatch.setenv("HANDOFF_BOT", "ada")
    path = tmp_path / "desk.yaml"
    path.write_text("brands: {default: {bot: '${HANDOFF_BOT}'}}")
    assert "ada" == DeskConfig.load(path).brands["default"].bot


def test_a_mapping_does_not_read_the_environment(monkeypatch):
    monkeypatch.setenv("HANDOFF_BOT", "ada")
    config = DeskConfig.parse({"brands": {"default": {"bot": "${HANDOFF_BOT}"}}})
    assert "${HANDOFF_BOT}" == config.brands["default"].bot


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
    def about_events(*events):
        hook = {"url": "https://example.com/x", "events": [*events]}
        problems = DeskConfig.attempted({"webhooks": [hook]})[1]
        return {path: problem for path, problem in problems.items() if "events" in path}

    assert {("webhooks", 0, "events", 0)} == about_events("x.y").keys()
    assert {("webhooks", 0, "events"): "is empty; write at least one"} == about_events()


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
