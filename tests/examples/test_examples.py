"""Each example runs by itself, ends by itself, and shows what it says it shows."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"

SHOWN = {
    "01_hello.py": [
        "customer: What are your opening hours?",
        "bot: We are here from 9 to 5.",
        "customer: My parcel is lost!",
        "bot: I am getting a colleague.",
        "-- control.passed: the human speaks for the business now",
        "-- the ticket is offered to ana",
        "agent: Hello Mia, I found it. It arrives today.",
        "system: This chat has ended.",
        "-- control.returned: the bot speaks for the business now",
        "bot: Welcome back! ana is done: closed.",
    ],
    "02_in_your_aiohttp_app.py": [
        "your page answered 200",
        "the desk's API says that the conversation belongs to a human",
        "the ticket is open and with ana",
    ],
    "03_raw_http_customer.py": [
        "customer: Hello",
        "bot: You said: Hello",
        "-- the connection is gone, and something is said meanwhile",
        "posted: 201, replayed: false",
        "posted: 201, replayed: true",
        "-- and the stream goes on after",
        "customer: Are you still there?",
        "bot: You said: Are you still there?",
    ],
}


def test_every_example_is_here():
    assert sorted(SHOWN) == sorted(path.name for path in EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_it_shows_what_it_says(name, tmp_path):
    done = subprocess.run(  # noqa: S603 - it is our own file
        [sys.executable, "-W", "error", EXAMPLES / name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)
    lines = done.stdout.splitlines()
    assert len(SHOWN[name]) == len(lines), done.stdout
    assert [] == [(part, line) for part, line in zip(SHOWN[name], lines, strict=True) if part not in line]
    assert [] == list(tmp_path.iterdir())
