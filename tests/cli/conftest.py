"""The command as a shell runs it, and an engine to point it at."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.request import Request, urlopen

import pytest

from handoff_sdk.cli import main
from handoff_sdk.compose import build_desk, new_key
from handoff_sdk.models.config import DeskConfig


class Ran(NamedTuple):
    """How a command ended, and the lines it printed."""

    status: int
    out: list[str]
    err: list[str]


class Shell:
    """Runs the command in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {name: value for name, value in os.environ.items() if not name.startswith("HANDOFF_")}

    def run(self, *args: str) -> Ran:
        with self.running(*args) as process:
            out, _ = process.communicate(timeout=60)
        return Ran(process.returncode, out.splitlines(), self.err)

    @contextmanager
    def running(self, *args: str) -> Iterator[subprocess.Popen[str]]:
        """The command while it runs; ``err`` is what it has said on standard error."""
        with (
            (self.folder / "stderr").open("w") as errors,
            subprocess.Popen(  # noqa: S603 - it is our own command
                [sys.executable, "-m", "handoff_sdk", *args],
                cwd=self.folder,
                env=self.environ,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            ) as process,
        ):
            try:
                yield process
            finally:
                process.kill()

    @property
    def err(self) -> list[str]:
        return (self.folder / "stderr").read_text().splitlines()

    @contextmanager
    def serving(self, *args: str) -> Iterator["Engine"]:
        """An engine on the folder ``desk``."""
        with self.running("serve", "--data", "desk", "--port", "0", *args) as process:
            yield Engine(self, process)


class Engine:
    """A running ``handoff serve``."""

    def __init__(self, shell: Shell, process: subprocess.Popen[str]) -> None:
        self.shell = shell
        self.process = process
        self.first_line = self.line()
        self.url = self.first_line.removeprefix("listening on ")
        self.keys = json.loads((shell.folder / "desk/keys.json").read_text())

    def line(self) -> str:
        """The next line it prints."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert "" != line, self.shell.err
        return line.rstrip("\n")

    def stopped(self) -> list[str]:
        """Tell it to stop; the lines that it still printed."""
        self.process.terminate()
        assert 0 == self.process.wait(timeout=30)
        assert self.process.stdout is not None
        return self.process.stdout.read().splitlines()

    def ask(self, method: str, path: str, body: object = None, *, key: str | None = None) -> Any:
        """The answer to a call, with the admin's key or another."""
        headers = {"Authorization": f"Bearer {key or self.keys['admin']}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.url + path, data, headers, method=method)  # noqa: S310 - the URL is the engine's
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            return json.load(answer)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A new engine that many tests may ask."""
    with Shell(tmp_path_factory.mktemp("engine")).serving() as engine:
        yield engine


@pytest.fixture
def handoff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs the command in this process: what needs no process of its own is told sooner."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("HANDOFF_"):
            monkeypatch.delenv(name)

    def run(*args: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["handoff", *args])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Ran(ended.value.code, out.splitlines(), err.splitlines())

    return run


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A data folder with a key for each role, whose engine does not run."""
    folder = tmp_path / "desk"
    folder.mkdir()

    async def fill() -> None:
        async with build_desk(folder / "handoff.db", DeskConfig()) as desk:
            keys = {role: await new_key(desk, role, name="first") for role in ("bot", "integrator", "admin")}
        file = folder / "keys.json"
        file.touch(0o600)
        file.write_text(json.dumps(keys))

    asyncio.run(fill())
    return folder
