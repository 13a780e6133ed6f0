"""What the README shows is what happens: its files are written, its commands run, in its order.

Only the port and the key differ: the README has the usual port and ``hk_...``, a test takes a free one and the key that
the engine made.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

import pytest

from handoff_sdk import HandoffClient, open_desk
from handoff_sdk.testing import VirtualClock

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README.read_text(), flags=re.DOTALL)
BOT, *PROMPT = (block for kind, block in BLOCKS if kind == "python")
DONE = "-- the block is done --"
PATIENCE = 60


def only(kind: str, containing: str = "") -> str:
    """The one block of this kind that has this in it."""
    [block] = [block for found, block in BLOCKS if found == kind and containing in block]
    return block


class Visit:
    """Somebody who follows the README in an empty folder: an engine, a bot, and a Python prompt that stays open."""

    def __init__(self, folder, stack):
        scripts = Path(sys.executable).parent
        self._folder = folder
        self._stack = stack
        self._environ = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
        serves = [block.strip() for kind, block in BLOCKS if kind == "sh" and "handoff serve" in block]
        empty, self._configured = (block for block in serves if "--store" not in block)
        self._engine = self._started(f"{empty} --port 0")
        self.url = self._engine.stdout.readline().strip().removeprefix("listening on ")
        self.keys = json.loads((folder / "desk/keys.json").read_text())
        self._write("bot.py", BOT.replace("hk_...", self.keys["bot"]))
        self._started("python bot.py")
        self._prompt = self._started("python -m asyncio")

    def restart_with_people(self):
        """Stop the engine as Ctrl-C does, and start it with the README's configuration."""
        self._engine.send_signal(signal.SIGINT)
        self._engine.wait(PATIENCE)
        self._write("desk.yaml", only("yaml"))
        self._engine = self._started(f"{self._configured} --port {self.url.rpartition(':')[2]}")
        assert f"listening on {self.url}\n" == self._engine.stdout.readline()

    async def types(self, block):
        """What the Python prompt answers to a block."""
        self._prompt.stdin.write(f"{self._here(block)}\nprint('{DONE}')\n")
        self._prompt.stdin.flush()
        async with asyncio.timeout(PATIENCE):
            return await asyncio.to_thread(self._answer)

    def _answer(self):
        lines = takewhile(lambda line: not line.endswith(f"{DONE}\n"), self._prompt.stdout)
        return "".join(lines).replace(">>> ", "").replace("... ", "")

    def _here(self, block):
        return block.replace("http://localhost:8080", self.url)

    def _write(self, name, block):
        (self._folder / name).write_text(self._here(block))

    def _started(self, command):
        process = self._stack.enter_context(
            subprocess.Popen(  # noqa: S603 - it is our own README
                ["/bin/sh", "-c", f"exec {command}"],
                cwd=self._folder,
                env=self._environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        )
        self._stack.callback(process.kill)
        return process


@pytest.fixture
def visit(tmp_path):
    with ExitStack() as stack:
        yield Visit(tmp_path, stack)


async def bot_is_there(client):
    """Return when new conversations are the bot's."""
    while (await client.conversations.create()).owner != "bot":
        pass


async def bot_speaks(events):
    """Return when the bot has said the next thing."""
    async with asyncio.timeout(PATIENCE):
        while (await anext(events)).data["message"]["author"]["type"] != "bot":
            pass


async def offered(client):
    """Return when a ticket is on offer."""
    async with asyncio.timeout(PATIENCE), client.events.follow(cursor=0, types={"ticket.offered"}) as events:
        await anext(events)


async def test_following_the_readme_a_bot_asks_and_a_person_helps(visit):
    begins, errs, answers, helps, thanks, prints = PROMPT
    async with (
        HandoffClient(visit.url, api_key=visit.keys["admin"]) as client,
        client.events.follow(cursor=0, types={"message.created"}, patient=True) as events,
    ):
        async with asyncio.timeout(PATIENCE):
            await bot_is_there(client)
        await visit.types(begins)
        await bot_speaks(events)
        await visit.types(errs)
        await bot_speaks(events)
        await asyncio.to_thread(visit.restart_with_people)
        for line in answers.splitlines():
            await visit.types(line)
            if "say(" in line:
                await bot_speaks(events)
        await offered(client)
        await visit.types(helps)
        await bot_speaks(events)
        await visit.types(thanks)
        await bot_speaks(events)
        assert only("text") == await visit.types(prints)


class Chat:
    """The README's bot on an engine without a configuration, whose clock is ours."""

    def __init__(self, desk, clock):
        names = {}
        exec(BOT.rpartition("bot.run(")[0], names)  # noqa: S102 - it is our own README
        self.bot = names["bot"]
        self._desk = desk
        self._clock = clock
        self._client = desk.client("integrator")
        self._bots = desk.client("bot")

    async def starts(self, text):
        await self._bots.bots.register(self.bot.name, brands=["default"], version=self.bot.current)
        self._conversation = await self._client.conversations.create(message=text)
        await self._play()

    async def says(self, text):
        await self._client.messages.create(self._conversation.id, text=text)
        await self._play()

    async def passes(self, **time):
        self._clock.advance_to(self._clock.now() + timedelta(**time))
        await self._play()

    async def said(self):
        """What was said, as the README shows it."""
        listed = self._client.messages.list(self._conversation.id)
        return [f"{message.author.type}: {message.text}" async for message in listed]

    async def ticket(self):
        return (await self._client.conversations.get(self._conversation.id)).ticket

    async def _play(self):
        """Let the bot do all it has to do."""
        await self._desk.desk.rest()
        while turns := await self._bots.bots.turns(self.bot.name, consumer="one", wait=0):
            for turn in turns:
                await self.bot.take(turn, self._bots, consumer="one")
            await self._desk.desk.rest()


@asynccontextmanager
async def chatting(folder):
    clock = VirtualClock(datetime(2026, 1, 5, 9, tzinfo=UTC))
    async with open_desk(f"sqlite:///{folder}/desk.db", clock=clock) as desk:
        yield Chat(desk, clock)


async def test_where_nobody_is_the_bot_says_so_after_five_minutes(tmp_path):
    async with chatting(tmp_path) as chat:
        await chat.starts("A refund, please")
        for answer in ("4711", "19.90", "no"):
            await chat.says(answer)
        ticket = await chat.ticket()
        assert ("normal", "Refund of order 4711") == (ticket.priority, ticket.summary)
        assert {"order": "4711", "amount": "19.90", "urgent": False} == ticket.fields
        await chat.passes(minutes=4, seconds=59)
        assert "bot: I am getting a colleague." == [line for line in await chat.said() if line.startswith("bot")][-1]
        await chat.passes(seconds=1)
        assert "bot: Nobody was free. May I ask you for an email address?" == (await chat.said())[-1]


async def test_anything_else_is_answered_with_what_the_bot_can_do(tmp_path):
    async with chatting(tmp_path) as chat:
        await chat.starts("Hello")
        assert ["customer: Hello", "bot: I can help with refunds, or get a person."] == await chat.said()


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
    named = set(re.findall(r"`(?:python )?((?:docs|examples)/[\w./]*)`", README.read_text()))
    examples = {"examples/", "examples/01_hello.py", "examples/09_test_your_bot.py"}
    docs = {"docs/architecture.md", "docs/reliability.md", "docs/testing.md"}
    assert docs | examples <= named
    assert [] == [name for name in named if not (README.parent / name).exists()]
