"""docs/architecture.md says what is so."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

import handoff_sdk

ROOT = Path(__file__).parents[2]
PACKAGE = Path(handoff_sdk.__file__).parent
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
DRAWING = runpy.run_path(str(ROOT / "docs" / "diagrams.py"))


def modules(folder: Path) -> list[str]:
    """The modules and packages of a folder, as the page writes them."""
    files = [path.name for path in folder.glob("*.py")]
    packages = [path.parent.name for path in folder.glob("*/__init__.py")]
    return sorted(files + packages)


def test_its_diagrams_are_those_of_the_tables():
    assert DRAWING["renewed"](PAGE) == PAGE


@pytest.mark.parametrize("name", ["status", "owner", "session"])
def test_a_page_without_a_place_for_a_diagram_is_told_so(name):
    without = PAGE.replace(f"<!-- generated: {name} -->", "")
    with pytest.raises(ValueError, match=name):
        DRAWING["renewed"](without)


@pytest.mark.parametrize("module", modules(PACKAGE))
def test_it_names_every_room(module):
    assert f"| `{module}` |" in PAGE


@pytest.mark.parametrize("module", [path.stem for path in (PACKAGE / "core").glob("*.py") if path.stem != "__init__"])
def test_it_names_every_module_of_the_core(module):
    table = PAGE[PAGE.index("Inside `core`") : PAGE.index("## Floors")]
    assert f"`{module}`" in table


def test_every_file_it_names_is_there():
    named = set(re.findall(r"`((?:\w+/)+\w+\.py)`", PAGE))
    missing = [name for name in named if not (PACKAGE / name).exists() and not (ROOT / name).exists()]
    assert named
    assert [] == missing


def test_its_floors_are_those_that_are_kept():
    kept = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    layers = kept[kept.index("layers = [") :].partition("]")[0]
    floors = [re.findall(r"\w+", line) for line in re.findall(r'"(.+)"', layers)]
    there = {name.removesuffix(".py") for name in modules(PACKAGE)}
    drawn = [re.findall(r"[a-z_]+", line) for line in re.findall(r"^ \d  (.+)$", PAGE, flags=re.MULTILINE)]
    assert [[room for room in floor if room in there] for floor in floors] == drawn
