"""What the README shows is what happens: its files are written, its commands run, in its order.

Only the port differs: the README has the usual one, a test takes a free one.
"""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from handoff_sdk import HandoffClient

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README.read_text(), flags=re.DOTALL)
CURL = [block for kind, block in BLOCKS if kind == "sh" and "curl" in block]
DONE = "-- the block is done --"


def only(kind: str, containing: str = "") -> str:
    """The one block of this kind that has this in it."""
    [block] = [block for found, block in BLOCKS if found == kind and containing in block]
    return block


class Visit:
    """Somebody who follows the README in an empty folder: an engine, a bot, and a shell that stays open."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        scripts = Path(sys.executable).parent
        self._folder = folder
        self._stack = stack
        self._environ = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
        (folder / "desk.yaml").write_text(only("yaml"))
        serve = only("sh", "--data desk\n").strip()
        engine = self._started(f"exec {serve} --port 0")
        self.url = engine.stdout.readline().strip().removeprefix("listening on ")
        self.keys = json.loads((folder / "desk/keys.json").read_text())
        (folder / "bot.py").write_text(self.here(only("python")))
        self._started("exec python bot.py")
        self._shell = self._started("exec sh")

    def here(self, block: str) -> str:
        """A block of the README with the engine's port instead of the usual one."""
        return block.replace("http://localhost:8080", self.url)

    def run(self, block: str) -> str:
        """What a block prints."""
        self._shell.stdin.write(f"{self.here(block)}\necho; echo '{DONE}'\n")
        self._shell.stdin.flush()
        return "".join(iter(self._shell.stdout.readline, f"{DONE}\n"))

    def _started(self, command: str) -> subprocess.Popen[str]:
        process = self._stack.enter_context(
            subprocess.Popen(  # noqa: S603 - it is our own README
                ["/bin/sh", "-c", command],
                cwd=self._folder,
                env=self._environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        self._stack.callback(process.send_signal, signal.SIGKILL)
        return process


@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Visit]:
    if shutil.which("curl") is None:
        pytest.fail("The README talks to the engine with curl; install it (apt-get install curl) and run this again.")
    with ExitStack() as stack:
        yield Visit(tmp_path, stack)


async def said(client: HandoffClient, conversation: str, beginning: str) -> None:
    """Return when somebody has said what begins like this."""
    async with client.events.follow(cursor=0, conversation=conversation, types={"message.created"}) as events:
        async for event in events:
            if event.data["message"]["content"]["text"].startswith(beginning):
                return


async def answered(client: HandoffClient) -> None:
    """Return when the bot is there: it answers what is written after it has connected."""
    while True:
        asked = await client.conversations.create(message="What are your opening hours?")
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                return await said(client, asked.id, "We are here")


async def until(client: HandoffClient, event_type: str) -> None:
    """Return when this has happened."""
    async with asyncio.timeout(30), client.events.follow(cursor=0, types={event_type}) as events:
        await anext(events)


async def test_following_the_readme_a_person_helps_the_customer(visit):
    customer, goes_online, helps, history = CURL
    async with HandoffClient(visit.url, api_key=visit.keys["admin"]) as client:
        async with asyncio.timeout(30):
            await answered(client)
        conversation = visit.run(customer).strip()
        await until(client, "ticket.queued")
        assert "online" == json.loads(visit.run(goes_online))["status"]
        await until(client, "ticket.offered")
        helped = visit.run(helps)
        assert '"status":"solved"' in helped or '"status":"closed"' in helped
        await until(client, "control.returned")
        async with asyncio.timeout(30):
            await said(client, conversation, "I am here again")
        told = json.loads(visit.run(history))["items"]
    assert [
        ("customer", "My parcel is lost!"),
        ("bot", "I am getting a colleague."),
        ("agent", "Hello Mia, I found it. It arrives today."),
        ("system", "This chat has ended."),
        ("bot", "I am here again, if there is anything else."),
    ] == [(message["author"]["type"], message["content"]["text"]) for message in told]


def test_a_desk_moves_to_postgresql_as_the_readme_says(tmp_path, new_database):
    url = new_database()

    def done(command):
        ran = subprocess.run(  # noqa: S603 - it is our own README
            [sys.executable, "-m", "handoff_sdk", *command.split()[1:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout.splitlines()[-1]

    (tmp_path / "desk").mkdir()
    done("handoff migrate up --data desk")
    (named,) = set(re.findall(r"postgresql://\S+", only("sh", "--store") + only("sh", "migrate copy")))
    assert "everything was copied, read back and compared" == done(only("sh", "migrate copy").replace(named, url))
    assert done(f"handoff migrate --store {url}").startswith("up to date")


def test_the_files_it_names_are_there():
    named = set(re.findall(r"`((?:docs|examples)/[\w./]*|\d\d_\w+\.py)`", README.read_text()))
    root = README.parent
    assert [] == [name for name in named if not ((root / name).exists() or (root / "examples" / name).exists())]
