"""The JSON Schema of a configuration file takes what loads, and refuses what people misspell."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.document import read_document
from handoff_sdk.models.shape import shape

SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*.scenario.yaml"))
VALIDATOR = jsonschema.Draft202012Validator(shape())
RULE = {"name": "a", "on": ["ticket.created"], "actions": [{"add_tags": ["x"]}]}


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(shape())
    assert DeskConfig.model_fields.keys() == shape()["properties"].keys()


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.name.partition(".")[0])
def test_it_takes_the_configurations_of_scenarios(path):
    config = (read_document(path).value or {}).get("config")
    assert [] == [error.message for error in VALIDATOR.iter_errors(config)]


@pytest.mark.parametrize(
    "config",
    [
        None,
        {},
        {"brands": None, "groups": {"support": None}, "routing": {"accept": None}},
        {"brands": {"acme": {"close_after": "never"}, "slow": {"close_after": "1h59m"}}},
        {"auth": {"signing_keys": [{"kid": "a", "secret": "${SECRET}"}], "origins": ["${ORIGIN}"]}},
        {"routing": {"offer_timeout": "${HOW_LONG}", "method": "${METHOD}"}},
        {"triggers": [RULE | {"actions": [{"set": {"fields.tier": 2, "group": None}}, {"hand_back": True}]}]},
        {"triggers": [RULE | {"all": [{"field": "customer.plan", "op": "in", "value": ["gold"]}]}]},
        {
            "schedules": {
                "o": {"timezone": "Europe/Berlin", "hours": {"mon-fri": ["09:00-24:00"]}, "closed": ["2026-12-24"]}
            }
        },
        {
            "followups": {
                "x": {"steps": [{"after": "5m", "say": {"de-AT": "Ja"}}], "while": ["bot"], "quiet": "20:00-08:00"}
            }
        },
    ],
)
def test_it_takes_what_may_be_written(config):
    assert [] == [error.message for error in VALIDATOR.iter_errors(config)]


@pytest.mark.parametrize(
    "config",
    [
        {"brnads": {}},
        {"brands": {"acme": {"stile": "social"}}},
        {"brands": {"acme": {"style": "live-chat"}}},
        {"brands": {"a b": None}},
        {"agents": {"ana": {"capacity": {"email": 501}}}},
        {"agents": {"ana": {"role": "boss"}}},
        {"routing": {"offer_timeout": "5 minutes"}},
        {"routing": {"offer_timeout": 30}},
        {"triggers": [RULE | {"on": ["ticket.create"]}]},
        {"triggers": [RULE | {"actions": [{"set": {"priorty": "high"}}]}]},
        {"triggers": [RULE | {"all": [{"field": "statos", "op": "is", "value": "open"}]}]},
        {"triggers": [RULE | {"all": [{"field": "status", "op": "equals", "value": "open"}]}]},
        {"schedules": {"o": {"timezone": "Europe/Berlin", "hours": {"mo": ["09:00-12:00"]}}}},
        {"schedules": {"o": {"timezone": "Europe/Berlin", "hours": {"mon": ["9-12"]}}}},
        {"followups": {"x": {"steps": [{"after": "5m", "sey": {"en": "Hi"}}]}}},
        {"canned": {"hello": {"english": "Hello"}}},
        {"webhooks": [{"url": "ftp://example.com", "events": ["*"], "secret": "${S}"}]},
    ],
)
def test_it_refuses_what_is_misspelt(config):
    assert not VALIDATOR.is_valid(config)


def test_sections_are_described_and_closed():
    sections = [part for part in shape()["$defs"].values() if part.get("type") == "object"]
    assert {False} == {section["additionalProperties"] for section in sections}
    assert [] == [section["title"] for section in sections if not section.get("description")]
