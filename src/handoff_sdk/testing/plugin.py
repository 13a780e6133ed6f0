"""The pytest plugin: the fixtures ``handoff_desk`` and ``handoff_api``, and scenario files as tests.

pytest imports this module wherever the package is installed, so nothing heavy is imported before it is used.

Source: sdk.md, Testing your bot; scenario.md.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, TypeAlias

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from pathlib import Path

    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.testing.api import HandoffApi
    from handoff_sdk.testing.virtual import VirtualDesk

    Config: TypeAlias = str | Path | Mapping[str, object] | DeskConfig | None

__all__ = [
    "handoff_api",
    "handoff_config",
    "handoff_desk",
    "pytest_addoption",
    "pytest_collect_file",
    "pytest_configure",
]

_SCENARIO: Final = ".scenario.yaml"
_MARKER: Final = "handoff(config=...): the configuration of this test's handoff_desk, instead of handoff_config's"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting that leaves scenario files alone."""
    parser.addini(
        "handoff_scenarios",
        f"Collect the files named *{_SCENARIO} as tests; those named on the command line are in any case.",
        type="bool",
        default=True,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", _MARKER)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a scenario file as a test."""
    if not file_path.name.endswith(_SCENARIO):
        return None
    if not parent.config.getini("handoff_scenarios") and not parent.session.isinitpath(file_path):
        return None
    from handoff_sdk.testing.collected import ScenarioModule  # noqa: PLC0415 - see the module's docstring

    return ScenarioModule.from_parent(parent, path=file_path)


@pytest.fixture
def handoff_config() -> dict[str, object]:
    """The configuration of ``handoff_desk``: a mapping, a path or a ``DeskConfig``. Override it with your own.

    This one has two agents, ana and ben, and nothing else.
    """
    return {"agents": {"ana": {"name": "Ana"}, "ben": {"name": "Ben"}}}


@asynccontextmanager
async def _desk(request: pytest.FixtureRequest, config: Config) -> AsyncIterator[VirtualDesk]:
    marker = request.node.get_closest_marker("handoff")
    if marker is not None:
        if marker.args or marker.kwargs.keys() != {"config"}:
            pytest.fail("write @pytest.mark.handoff(config=...), and nothing else in it", pytrace=False)
        config = marker.kwargs["config"]
    try:
        from handoff_sdk.testing.virtual import VirtualDesk  # noqa: PLC0415 - see the module's docstring
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        pytest.fail(f"handoff_desk needs {missing}: pip install 'handoff-sdk[server]'", pytrace=False)
    async with VirtualDesk(config) as desk:
        yield desk


@pytest.fixture
def handoff_api() -> Iterator[HandoffApi]:
    """The API of an engine that is not there, and a client of it; see ``HandoffApi``."""
    try:
        from handoff_sdk.testing.api import HandoffApi  # noqa: PLC0415 - see the module's docstring
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        pytest.fail(f"handoff_api needs {missing}: pip install 'handoff-sdk[testing]'", pytrace=False)
    with HandoffApi() as api:
        yield api


try:
    import pytest_asyncio
except ModuleNotFoundError:

    @pytest.fixture(name="handoff_desk")
    def _no_desk() -> VirtualDesk:
        """A desk on a virtual clock; it runs where pytest-asyncio does."""
        pytest.fail(
            "handoff_desk needs pytest-asyncio: pip install 'handoff-sdk[testing]'. "
            "With another runner write: async with handoff_sdk.testing.VirtualDesk(config) as desk",
            pytrace=False,
        )

else:

    @pytest_asyncio.fixture
    async def handoff_desk(request: pytest.FixtureRequest, handoff_config: Config) -> AsyncIterator[VirtualDesk]:
        """A desk on a virtual clock, in memory, with the configuration of ``handoff_config``; see ``VirtualDesk``."""
        async with _desk(request, handoff_config) as desk:
            yield desk
