from pathlib import Path

import pytest
from typer.testing import CliRunner

from handoff_sdk.cli.scenario import app

HOLDS = "name: {0}\nsteps:\n  - {{customer: mia, says: Hello}}\n  - expect: {{messages: 1}}\n"
FAILS = "name: {0}\nsteps:\n  - {{customer: mia, says: Hello}}\n  - expect: {{messages: 2}}\n"
UNREADABLE = "name: {0}\nsteps:\n  - {{costumer: mia, says: Hello}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("one", HOLDS), ("two", HOLDS), ("bad", FAILS), ("odd", UNREADABLE)):
        (tmp_path / f"{name}.yaml").write_text(text.format(name))
    return tmp_path


def run(*arguments: str | Path) -> tuple[int, list[str], list[str]]:
    result = CliRunner().invoke(app, ["run", *map(str, arguments)])
    return result.exit_code, result.stdout.splitlines(), result.stderr.splitlines()


def test_a_line_a_file_in_order(folder: Path) -> None:
    assert (0, ["ok two", "ok one"], []) == run(folder / "two.yaml", folder / "one.yaml")


def test_a_scenario_that_fails_does_not_stop_the_others(folder: Path) -> None:
    failed = "failed bad: step 2 (line 4): expected messages 2, got 1"
    assert (1, [failed, "ok one"], []) == run(folder / "bad.yaml", folder / "one.yaml")


def test_a_file_that_cannot_be_read_is_worse_than_one_that_fails(folder: Path) -> None:
    code, played, refused = run(folder / "odd.yaml", folder / "bad.yaml", folder / "one.yaml", folder / "none.yaml")
    assert 2 == code
    assert ["failed bad: step 2 (line 4): expected messages 2, got 1", "ok one"] == played
    assert [
        f"{folder}/odd.yaml: line 3: unknown step 'costumer'; did you mean 'customer'?",
        f"{folder}/none.yaml: No such file or directory",
    ] == refused


def test_a_trace_comes_before_the_line(folder: Path) -> None:
    code, lines, _ = run("--trace", folder / "one.yaml")
    assert 0 == code
    assert "2026-01-05T09:00:00Z  mia  conversation.created  brand default, channel web, owner nobody" in lines
    assert "ok one" == lines[-1]
