"""docs/testing.md shows what happens: its files are written and its commands run."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from aiohttp.test_utils import unused_port

PAGE = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, flags=re.DOTALL)
SCRIPTS = Path(sys.executable).parent


@pytest.fixture
def folder(tmp_path):
    """A folder with the files of the page; parts of one file follow one another."""
    for kind, block in BLOCKS:
        if kind in {"ini", "python", "yaml"}:
            name, _, text = block.removeprefix("# ").partition("\n")
            with (tmp_path / name).open("a") as file:
                file.write(text)
    return tmp_path


def test_its_tests_pass(folder):
    written = sum(len(re.findall(r"^async def test_", block, flags=re.MULTILINE)) for _, block in BLOCKS)
    scenarios = len(list(folder.glob("*.scenario.yaml")))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert f"{written + scenarios} passed" in done.stdout.splitlines()[-1], done.stdout
    assert written > 5
    assert scenarios == 1


def test_its_endpoint_gets_the_grade_it_says(folder):
    port = str(unused_port())
    (folder / "hook.py").write_text((folder / "hook.py").read_text().replace("3000", port))
    (command,) = [block for kind, block in BLOCKS if kind == "sh" and "hooks check" in block]
    (said,) = [block.splitlines() for kind, block in BLOCKS if kind == "text"]
    environ = {**os.environ, "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "hook.py"], cwd=folder, env=environ, stdout=subprocess.PIPE, text=True
    ) as endpoint:
        try:
            assert endpoint.stdout is not None
            assert "Running on" in endpoint.stdout.readline()
            done = subprocess.run(  # noqa: S603 - the same
                ["/bin/sh", "-c", command.replace("3000", port)],
                cwd=folder,
                env=environ,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        finally:
            endpoint.kill()
    told = done.stdout.splitlines()
    assert [line.partition(" in ")[0] for line in said[:2]] == [line.partition(" in ")[0] for line in told[:2]]
    assert (0, said[-1]) == (done.returncode, told[-1])
