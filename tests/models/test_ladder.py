"""config.md: ladders of follow-ups, a brand's voice, and channels."""

from __future__ import annotations

from datetime import timedelta

import pytest

from handoff_sdk.core.texts import in_language
from handoff_sdk.errors import ConfigError
from handoff_sdk.models.config import Brand, DeskConfig, merged
from handoff_sdk.models.document import parse_document
from handoff_sdk.models.ladder import BUILT_IN, Channel, Ladder, Step, StepChange
from handoff_sdk.models.quiet import QuietHours

FILE = """\
brands:
  acme: {followups: gentle, bot_name: Ada, language: de-AT}
followups:
  gentle:
    steps:
      - after: 5m
        say: {en: "Are you still there, {{ customer.name }}?", de: "Sind Sie noch da?"}
        set: {status: pending}
        add_tags: [reminder_1]
        remove_tags: [new]
      - after: 1m
        end_session: true
    while: [human, bot]
    quiet: 20:00-08:00
    max_per_day: 3
    pace: 10
  short: {steps: [{after: 1m}]}
channels:
  whatsapp: {window: 24h}
  sms:
"""


def problems_of(mapping: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        DeskConfig.parse(mapping)
    return caught.value.detail.splitlines()


def ladder(**fields: object) -> dict[str, object]:
    return {"followups": {"x": {"steps": [{"after": "5m"}]} | fields}}


def step(**fields: object) -> dict[str, object]:
    return ladder(steps=[{"after": "5m"} | fields])


def test_a_file_says_everything_about_follow_ups():
    config = DeskConfig.parse(parse_document(FILE, "desk.yaml").value)
    assert Brand(followups="gentle", bot_name="Ada", language="de-AT") == config.brands["acme"]
    gentle = config.followups["gentle"]
    assert (
        Step(
            after=timedelta(minutes=5),
            say={"en": "Are you still there, {{ customer.name }}?", "de": "Sind Sie noch da?"},
            set=StepChange(status="pending"),
            add_tags=("reminder_1",),
            remove_tags=("new",),
        ),
        Step(after=timedelta(minutes=1), end_session=True),
    ) == gentle.steps
    assert (("human", "bot"), QuietHours.parse("20:00-08:00"), 3, 10) == (
        gentle.owners,
        gentle.quiet,
        gentle.max_per_day,
        gentle.pace,
    )
    short = config.followups["short"]
    assert (("human",), None, None, 50) == (short.owners, short.quiet, short.max_per_day, short.pace)
    assert {"whatsapp": Channel(window=timedelta(hours=24)), "sms": Channel()} == config.channels


def test_what_is_dumped_loads_back_and_takes_a_change():
    config = DeskConfig.parse(parse_document(FILE, "desk.yaml").value)
    assert config == DeskConfig.model_validate(config.model_dump())
    assert config == DeskConfig.model_validate_json(config.model_dump_json())
    dumped = config.model_dump(mode="json")
    assert ["human", "bot"] == dumped["followups"]["gentle"]["while"]
    changed = DeskConfig.parse(merged(dumped, {"followups": {"gentle": {"quiet": None, "while": ["bot"]}}}))
    assert (None, ("bot",)) == (changed.followups["gentle"].quiet, changed.followups["gentle"].owners)


def test_ladders_are_those_of_the_package_and_over_them_those_of_the_file():
    empty, own = DeskConfig(), DeskConfig.parse(parse_document(FILE, "desk.yaml").value)
    assert (BUILT_IN["gentle"], None, None) == (empty.ladder("gentle"), empty.ladder("short"), empty.ladder(None))
    assert (own.followups["gentle"], frozenset({"gentle", "short"})) == (own.ladder("gentle"), own.ladder_names)


def test_the_ladder_of_the_package_parks_warns_and_solves_in_five_languages():
    gentle = BUILT_IN["gentle"]
    assert [(5, "pending"), (5, None), (1, "solved")] == [
        (one.after // timedelta(minutes=1), one.set and one.set.status) for one in gentle.steps
    ]
    assert ("human",) == gentle.owners
    first, second, last = (one.say for one in gentle.steps)
    assert {"en", "de", "fr", "es", "pt"} == set(first) == set(second)
    assert ("Are you still there?", "Sind Sie noch da?", None) == (
        in_language(first, "it"),
        in_language(first, "de-CH"),
        last,
    )


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ({"followups": {"x": None}}, "followups.x.steps: is missing"),
        (ladder(steps=[]), "followups.x.steps: is empty"),
        (ladder(steps={}), "followups.x.steps: has to be a list"),
        (ladder(steps=[{}]), "followups.x.steps[0].after: is missing"),
        (ladder(wile=["bot"]), "followups.x.wile: unknown key; did you mean 'while'?"),
        (ladder(owners=["bot"]), "followups.x.owners: unknown key"),
        (ladder(**{"while": ["robot"]}), "followups.x.while[0]: has to be 'human' or 'bot'"),
        (ladder(**{"while": []}), "followups.x.while: is empty"),
        (ladder(quiet="8-20"), "followups.x.quiet: '8-20' is not a stretch of the day; write one like '20:00-08:00'"),
        (ladder(quiet=8), "followups.x.quiet: has to be text like '20:00-08:00'"),
        (ladder(max_per_day=0), "followups.x.max_per_day: has to be greater than or equal to 1"),
        (ladder(pace=0.5), "followups.x.pace: has to be a whole number"),
        (step(after="367d"), "followups.x.steps[0].after: is too long; write at most '366d'"),
        (step(say="Hi"), "followups.x.steps[0].say: has to be a mapping"),
        (step(say={}), "followups.x.steps[0].say: is empty"),
        (
            step(say={"english": "Hi"}),
            "followups.x.steps[0].say.english: 'english' is not a language like 'en' or 'de-AT'",
        ),
        (
            step(say={"en": "{{ customer.name"}),
            "followups.x.steps[0].say.en: is not valid Liquid: expected '}}', found end of file",
        ),
        (
            step(set={"stats": "solved", "status": "solved"}),
            "followups.x.steps[0].set.stats: unknown key; did you mean 'status'?",
        ),
        (step(set={}), "followups.x.steps[0].set.status: is missing"),
        (step(sey={"en": "Hi"}), "followups.x.steps[0].sey: unknown key; did you mean 'set'?"),
        (step(end_session="yes"), "followups.x.steps[0].end_session: has to be true or false"),
        (
            {"brands": {"a": {"followups": "gentel"}}},
            "brands.a.followups: there is no ladder of follow-ups 'gentel'; did you mean 'gentle'?",
        ),
        (
            {"brands": {"a": {"language": "german"}}},
            "brands.a.language: 'german' is not a language like 'en' or 'de-AT'",
        ),
        ({"channels": {"w": {"window": "0s"}}}, "channels.w.window: has to be longer than 0s"),
        ({"channels": {"w": {"windw": "1h"}}}, "channels.w.windw: unknown key; did you mean 'window'?"),
    ],
)
def test_what_is_wrong_is_told_with_its_path(mapping, problem):
    assert [problem] == problems_of(mapping)


def test_every_problem_is_told_at_once():
    assert [
        "followups.x.steps[0].after: '5' has no unit; write '5s' or '5m'",
        "followups.x.while: has to be a list",
        "followups.x.pace: has to be greater than or equal to 1",
    ] == problems_of({"followups": {"x": {"steps": [{"after": 5}], "while": "bot", "pace": 0}}})


def test_a_ladder_may_be_written_in_python():
    written = Ladder(steps=(Step(after=timedelta(minutes=1)),), quiet=QuietHours.parse("20:00-08:00"))
    assert (("human",), "20:00-08:00") == (written.owners, str(written.quiet))
