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
        "system: You are in line at position 1; a person will answer you here.",
        "-- control.passed: the human speaks for the business now",
        "-- the ticket is offered to ana",
        "system: Ana is with you now.",
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
    "04_form_in_two_languages.py": [
        "customer: Geld zurück!",
        "bot: Wie lautet Ihre Bestellnummer?",
        "customer: 4711",
        "bot: Wie viel haben Sie bezahlt?",
        "customer: 12,50",
        "bot: Was ist passiert?",
        "customer: kaputt",
        "system: Sie sind in der Warteschlange an Position 1; hier antwortet Ihnen ein Mensch.",
        "-- Ana has {'order': '4711', 'paid': '12.50', 'why': 'broken'}, and corrects {'paid': '21,50'}",
        "system: Ana ist jetzt für Sie da.",
        "system: Dieser Chat ist beendet.",
        "bot: Sie bekommen 21.50 zurück.",
        "customer: Money back!",
        "bot: What is your order number?",
        "customer: no idea",
        "bot: It has four digits or more.",
        "customer: 4712",
        "bot: How much did you pay?",
        "customer: 8",
        "bot: What is wrong?",
        "customer: too late",
        "system: You are in line at position 1; a person will answer you here.",
        "-- Ana has {'order': '4712', 'paid': '8', 'why': 'late'}, and corrects nothing",
        "system: Ana is with you now.",
        "system: This chat has ended.",
        "bot: You get 8.00 back.",
    ],
    "05_two_processes.py": [
        "customer: Where is my parcel?",
        "bot: What is your order number?",
        "customer: 4711",
        "bot: One moment, I am looking.",
        "-- the process that was looking is gone: SIGKILL",
        "bot: Order 4711 is in the van.",
    ],
    "06_followups_from_cron.py": [
        "Mia",
        "customer: Do you have it in blue?",
        "system: Sie sind in der Warteschlange an Position 1; hier antwortet Ihnen ein Mensch.",
        "agent: We do. Shall I put one aside?",
        "bot: Ist das noch aktuell für Sie?",
        "Tom",
        "customer: Do you have it in blue?",
        "system: You are in line at position 1; a person will answer you here.",
        "agent: We do. Shall I put one aside?",
        "customer: Yes, please!",
        "Lea",
        "customer: Do you have it in blue?",
        "system: You are in line at position 1; a person will answer you here.",
        "agent: We do. Shall I put one aside?",
        "bot: Is it still of interest to you?",
    ],
    "07_webhooks_in_aiohttp.py": [
        "3 message.created",
        "4 message.created",
        "5 ticket.created",
        "8 message.created",
        "12 message.created",
        "seen before: message.created",
        "refused: The webhook lacks webhook-id, webhook-timestamp, webhook-signature.",
        "a stranger is answered 401",
    ],
    "08_slow_model.py": [
        "-- the model is writing; Ana takes over",
        "-- the model stops in the middle of answering 'My parcel is lost!'",
        "customer: My parcel is lost!",
        "agent: Hello Mia, I found it. It arrives today.",
    ],
    "09_test_your_bot.py": [
        "test session starts",
        "collected 3 items",
        "",
        "test_a_person_helps PASSED",
        "test_nobody_is_there PASSED",
        "test_it_may_die_anywhere PASSED",
        "",
        "3 passed",
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
        timeout=120,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)
    lines = done.stdout.splitlines()
    assert len(SHOWN[name]) == len(lines), done.stdout
    assert [] == [(part, line) for part, line in zip(SHOWN[name], lines, strict=True) if part not in line]
    assert [] == list(tmp_path.iterdir())
