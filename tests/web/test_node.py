"""What is written in JavaScript and needs no browser is tested in Node; these tests run it."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NODE = shutil.which("node")
LEFT_OUT = "HANDOFF_NO_NODE"


def node(*arguments, **environ):
    """What Node writes and how it ends."""
    if os.environ.get(LEFT_OUT):
        pytest.skip(f"{LEFT_OUT} allows to leave Node out")
    assert NODE is not None, f"node is not installed: install Node 20 or newer, or set {LEFT_OUT}=1 to leave it out"
    return subprocess.run(  # noqa: S603 - they are our own files
        [NODE, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **environ},
    )


@pytest.mark.parametrize("file", sorted((HERE / "node").glob("*.test.mjs")), ids=lambda file: file.name)
def test_it_holds_in_node(file):
    done = node("--test", "--test-reporter=spec", file)
    assert (0, "") == (done.returncode, done.stderr), done.stdout
