"""config.md: triggers and automations as a configuration writes them, and what is refused with its place."""

from __future__ import annotations

import pytest

from handoff_sdk.errors import ConfigError
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.rule import Action

TAG = {"add_tags": ["seen"]}
LATE = {"field": "since_pending", "op": "at_least", "value": "2d"}
HOOK = {"url": "https://example.com/hook", "events": ["*"], "secret": "whsec_" + "A" * 32, "name": "crm"}


def trigger(**changes):
    return {"name": "one", "on": ["ticket.created"], "actions": [TAG], **changes}


def problems(**config):
    with pytest.raises(ConfigError) as refused:
        DeskConfig.parse(config)
    return [f"{error.path}: {error.message}" for error in refused.value.errors]


def acting(action):
    return [trigger(actions=[action])]


@pytest.mark.parametrize(
    ("triggers", "problem"),
    [
        ([trigger(on=[])], "triggers[0].on: is empty"),
        ([trigger(on=["ticket.create"])], "triggers[0].on[0]: there is no event 'ticket.create'; did you mean"),
        ([trigger(on=["typing.started"])], "triggers[0].on[0]: there is no event 'typing.started'"),
        ([trigger(actions=[])], "triggers[0].actions: is empty"),
        ([trigger(name=None)], "triggers[0].name: "),
        ([trigger(), trigger()], "triggers: two of them are called 'one'; give each a name of its own"),
        ([trigger(all=[LATE])], "triggers[0]: asks for 'since_pending', which passes with time"),
        ([trigger(all=[{"field": "tags", "op": "is", "value": "x"}])], "triggers[0].all[0].op: 'is' does not fit"),
        (
            [trigger(any=[{"field": "status", "op": "is", "value": "done"}])],
            "triggers[0].any[0].value: has to be one of",
        ),
        (acting({}), "triggers[0].actions[0]: does nothing; write one of set, add_tags"),
        (acting({"end_session": False}), "triggers[0].actions[0]: does nothing"),
        (acting({"tag": ["a"]}), "triggers[0].actions[0].tag: unknown key"),
        (
            acting({"set": {"priorty": "high"}}),
            "triggers[0].actions[0].set.priorty: unknown key; did you",
        ),
        (acting({"set": {"priority": None}}), "triggers[0].actions[0].set: 'priority' cannot be emptied"),
        (acting({"set": {"group": "x"}}), "triggers[0].actions[0].set.group: there is no group 'x'"),
        (
            acting({"set": {"assignee": "an"}}),
            "triggers[0].actions[0].set.assignee: there is no agent 'an'; did",
        ),
        (acting({"set": {"close_after": "2 d"}}), "triggers[0].actions[0].set.close_after: "),
        (
            acting({"followups": "gentel"}),
            "triggers[0].actions[0].followups: there is no ladder of follow-ups 'gentel'",
        ),
        (acting({"set": {"close_after": "29d"}}), "triggers[0].actions[0].set.close_after: is beyond 28d"),
        (
            [trigger(all=[{"field": "assignee", "op": "is", "value": "an"}])],
            "triggers[0].all[0].value: there is no agent",
        ),
        (
            [trigger(any=[{"field": "group", "op": "in", "value": ["x"]}])],
            "triggers[0].any[0].value[0]: there is no group",
        ),
        (
            [trigger(all=[{"field": "event", "op": "is", "value": "x.y"}])],
            "triggers[0].all[0].value: there is no event",
        ),
        (acting({"notify": "crn"}), "triggers[0].actions[0].notify: there is no webhook 'crn'; did you mean 'crm'?"),
        (acting({"say": {"en": "{{ now | date }}"}}), "triggers[0].actions[0].say.en: "),
        (acting({"say": "Hello"}), "triggers[0].actions[0].say: has to be a mapping"),
    ],
)
def test_what_a_trigger_cannot_be(triggers, problem):
    found = problems(triggers=triggers, agents={"ana": {}}, webhooks=[HOOK])
    assert [True] == [each.startswith(problem) for each in found], found


def test_an_automation_has_to_wait_for_something():
    pending = {"field": "status", "op": "is", "value": "pending"}
    automation = {"name": "late", "all": [pending], "actions": [TAG]}
    assert ["automations[0]: has no condition about elapsed time; write one about since_..., or make it a trigger"] == (
        problems(automations=[automation])
    )
    assert 1 == len(DeskConfig.parse({"automations": [automation | {"all": [pending, LATE]}]}).automations)


def test_fields_are_set_by_their_name():
    [rule] = DeskConfig.parse({"triggers": acting({"set": {"fields.tier": 2, "assignee": None}})}).triggers
    [action] = rule.actions
    assert ({"tier": 2}, {"fields", "assignee"}) == (action.set.fields, action.set.model_fields_set)


def test_webhooks_are_called_by_name_or_url():
    actions = [{"notify": "crm"}, {"notify": HOOK["url"]}]
    assert DeskConfig.parse({"triggers": [trigger(actions=actions)], "webhooks": [HOOK]})


def test_a_configuration_with_rules_is_read_as_it_was_written():
    automation = {"name": "late", "all": [LATE], "actions": [TAG]}
    config = DeskConfig.parse({"triggers": acting({"hand_back": True}), "automations": [automation]})
    assert config == DeskConfig.parse(config.model_dump(mode="json", by_alias=True, exclude_defaults=True))


@pytest.mark.parametrize("note", ["Look at this.", {"en": "Look at this."}])
def test_a_note_is_written_by_language_or_for_all(note):
    assert {"en": "Look at this."} == Action.model_validate({"note": note}).note
