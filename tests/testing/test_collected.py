"""Scenario files are tests: found by name, chosen with -k, and where one fails, told as the command tells it."""

import re
import subprocess
import sys
from textwrap import dedent

import pytest

HOLDS = "name: A greeting\nsteps:\n  - {customer: mia, says: Hello}\n  - expect: {messages: 1}\n"
FILES = {
    "one.scenario.yaml": HOLDS,
    "two.scenario.yaml": "name: A silence\nsteps:\n  - {customer: mia, says: Hello}\n  - expect: {messages: 2}\n",
    "unreadable.scenario.yaml": "steps:\n  - {costumer: mia, says: Hello}\n",
    "desk.yaml": "brands: {}\n",
}


def run(folder, *arguments):
    """What pytest says of a folder."""
    done = subprocess.run(  # noqa: S603 - it is our own pytest
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenarios")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


@pytest.fixture(scope="module")
def told(folder):
    """What is said of the whole folder, one file of it named once more."""
    return run(folder, "-v", "--continue-on-collection-errors", "one.scenario.yaml", ".")


def test_each_file_is_one_test_and_played_once(told):
    assert ["one.scenario.yaml::A greeting PASSED", "two.scenario.yaml::A silence FAILED"] == re.findall(
        r"^(\S+::.*(?:PASSED|FAILED))", told, flags=re.MULTILINE
    )
    assert "1 failed, 1 passed, 1 error" in told


def test_one_that_fails_says_the_step_and_line_and_what_happened(told):
    assert "\nfailed A silence: step 2 (line 4): expected messages 2, got 1\n" in told
    assert "scenario's events" in told
    assert re.search(r"\n2026-01-05T09:00:00Z  mia  message.created +customer: Hello\n", told)
    assert "player.py" not in told


def test_a_file_that_cannot_be_read_is_an_error_of_the_collection(told, folder):
    assert "ERROR collecting unreadable.scenario.yaml" in told
    assert f"\n{folder}/unreadable.scenario.yaml: line 2: unknown step 'costumer'; did you mean 'customer'?\n" in told


@pytest.mark.parametrize("chosen", ["silence", "two"])
def test_k_chooses_by_the_names_of_scenario_and_file(folder, chosen):
    assert "1 failed, 1 deselected" in run(folder, "-k", chosen, "one.scenario.yaml", "two.scenario.yaml")


def test_who_does_not_want_it_says_so_and_can_still_name_one(folder):
    assert "no tests ran" in run(folder, "-o", "handoff_scenarios=false")
    assert "1 passed" in run(folder, "-o", "handoff_scenarios=false", "one.scenario.yaml")


def test_without_the_extra_it_says_what_to_install(tmp_path):
    (tmp_path / "one.scenario.yaml").write_text(HOLDS)
    (tmp_path / "conftest.py").write_text("import sys\nsys.modules['sqlalchemy'] = sys.modules['yaml'] = None\n")
    assert "\none.scenario.yaml: reading YAML needs PyYAML: install 'handoff-sdk[server]'\n" in run(tmp_path)


def test_a_plugin_that_nobody_uses_imports_nothing_heavy():
    program = """
        import sys
        import handoff_sdk.testing.plugin
        heavy = {"aiohttp", "httpx", "pydantic", "respx", "sqlalchemy", "tenacity", "yaml"}
        print(sorted(heavy & sys.modules.keys()))
    """
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", dedent(program)], capture_output=True, text=True, check=True
    )
    assert "[]\n" == done.stdout
