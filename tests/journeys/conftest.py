"""A real engine in a process of its own, which is killed and started again on the same store and the same port."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from contextlib import asynccontextmanager

import pytest
import yaml

from handoff_sdk import HandoffClient
from handoff_sdk.client.retries import Retries

PATIENT = Retries(total=60, attempt=10, first=0.02, longest=0.2)


class Engine:
    """``handoff serve`` on a store."""

    def __init__(self, folder, store):
        self.folder = folder
        self.store = store
        self.process = None
        self.url = f"http://127.0.0.1:{_free_port()}"

    async def start(self):
        environ = {name: value for name, value in os.environ.items() if not name.startswith("HANDOFF_")}
        port = self.url.rpartition(":")[2]
        with (self.folder / "stderr").open("a") as errors:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "handoff_sdk", "serve"),
                *("--data", "data", "--config", "desk.yaml", "--store", self.store, "--port", port),
                cwd=self.folder,
                env=environ,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        async with asyncio.timeout(60):
            first = await self.process.stdout.readline()
        assert f"listening on {self.url}\n" == first.decode(), (self.folder / "stderr").read_text()

    async def kill(self):
        """Kill it as nobody can prepare for, and wait until it is gone."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    def client(self, role="admin"):
        keys = json.loads((self.folder / "data/keys.json").read_text())
        return HandoffClient(self.url, api_key=keys[role], retries=PATIENT)


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    """The URL of a new, empty store of each kind."""
    if request.param == "postgresql":
        return request.getfixturevalue("new_database")()
    return f"sqlite:///{tmp_path / 'desk.db'}"


@pytest.fixture
def serving(tmp_path, store):
    """Serves a configuration for as long as the context lasts."""

    @asynccontextmanager
    async def serving(config):
        (tmp_path / "desk.yaml").write_text(yaml.safe_dump(config))
        engine = Engine(tmp_path, store)
        await engine.start()
        try:
            yield engine
        finally:
            await engine.kill()

    return serving
