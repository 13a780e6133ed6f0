"""The fixtures in a project of their own, as somebody has them who installed the package."""

import os
import re
import subprocess
import sys

TESTS = """
import pytest
from handoff_sdk import Bot, ControlLost

bot = Bot("acme-bot")

@bot.on_message
async def answer(chat):
    await chat.say("Hello!")

@pytest.mark.asyncio
async def test_its_own_configuration_has_two_agents(handoff_desk):
    handoff_desk.bot(bot)
    mia = handoff_desk.customer("mia")
    await mia.says("Hi")
    assert mia.hears == ["Hello!"]
    handoff_desk.agent("ana"), handoff_desk.agent("ben")

class TestMine:
    @pytest.fixture
    def handoff_config(self, tmp_path):
        (tmp_path / "desk.yaml").write_text("agents: {eve: {}}")
        return tmp_path / "desk.yaml"

    @pytest.mark.asyncio
    async def test_a_configuration_from_a_file(self, handoff_desk):
        handoff_desk.agent("eve")

@pytest.mark.asyncio
@pytest.mark.handoff("desk.yaml")
async def test_a_marker_that_says_something_else(handoff_desk):
    pass
"""


def run(folder, *arguments, **environ):
    done = subprocess.run(  # noqa: S603 - it is our own pytest
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--strict-markers", *arguments],
        cwd=folder,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout


def test_fixtures_need_no_set_up(tmp_path):
    (tmp_path / "test_mine.py").write_text(TESTS)
    told = run(tmp_path)
    assert "2 passed, 1 error" in told
    assert "write @pytest.mark.handoff(config=...), and nothing else in it" in told


CLIENT = """
import pytest

@pytest.mark.asyncio
async def test_a_client_needs_no_engine(handoff_api):
    assert "bot" == (await handoff_api.client.conversations.get("cnv_1")).owner
"""


def without(folder, *modules):
    """Arguments for a pytest to which these modules are not installed."""
    lines = [f"sys.modules[{module!r}] = None" for module in modules]
    (folder / "blocked.py").write_text("\n".join(["import sys", *lines]))
    return "-p", "blocked"


def test_what_is_missing_is_said_where_a_fixture_is_asked_for(tmp_path):
    (tmp_path / "test_mine.py").write_text(f"{CLIENT}\ndef test_it(handoff_desk): pass\ndef test_other(): pass\n")
    told = run(tmp_path, *without(tmp_path, "alembic", "joserfc", "sqlalchemy", "typer", "yaml"))
    assert "2 passed, 1 error" in told
    assert re.search(r"handoff_desk needs \w+: pip install 'handoff-sdk\[server\]'", told)


def test_without_pytest_asyncio_and_respx_it_says_what_to_do(tmp_path):
    (tmp_path / "test_mine.py").write_text("def test_desk(handoff_desk): pass\ndef test_api(handoff_api): pass\n")
    alone = ("-p", "handoff_sdk.testing.plugin")
    told = run(tmp_path, *without(tmp_path, "pytest_asyncio", "respx"), *alone, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert "handoff_desk needs pytest-asyncio: pip install 'handoff-sdk[testing]'." in told
    assert "handoff_api needs respx: pip install 'handoff-sdk[testing]'" in told
