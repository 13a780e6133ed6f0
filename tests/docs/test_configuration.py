"""docs/configuration.md: its example loads and is fine, and it names every key there is."""

import re
from pathlib import Path

import pytest

from handoff_sdk.core.lint import inspected
from handoff_sdk.models.brand import Brand
from handoff_sdk.models.condition import FIELDS
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.document import parse_document
from handoff_sdk.models.ladder import Ladder, Step
from handoff_sdk.models.queue import Queue
from handoff_sdk.models.routing import Routing
from handoff_sdk.models.rule import Action, TicketChange
from handoff_sdk.models.schedule import Schedule
from handoff_sdk.models.staff import AgentConfig

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
[EXAMPLE] = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
KEYS = PAGE.partition("## Every key")[2]


def test_its_example_is_fine():
    environ = {"HANDOFF_HOOK_SECRET": "whsec_" + "A" * 32, "HANDOFF_WIDGET_SECRET": "s" * 32}
    assert () == inspected(parse_document(EXAMPLE, "desk.yaml").value, environ=environ)


def test_its_example_has_every_section():
    missing = DeskConfig.model_fields.keys() - parse_document(EXAMPLE, "desk.yaml").value.keys()
    assert {"webhooks_allow"} == missing


@pytest.mark.parametrize(
    "section", [DeskConfig, Brand, Schedule, AgentConfig, Queue, Routing, Action, TicketChange, Ladder, Step]
)
def test_it_names_every_key(section):
    words = set(re.findall(r"[a-z_]+", KEYS))
    assert set() == set(section.written_keys()) - words


def test_it_names_every_field_of_conditions():
    words = set(re.findall(r"[a-z_.]+", KEYS))
    assert set() == FIELDS.keys() - words
