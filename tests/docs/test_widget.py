"""docs/widget.md says what is so."""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.web.test_node import node

ROOT = Path(__file__).parents[2]
WEB = ROOT / "src" / "handoff_sdk" / "web"
PAGE = (ROOT / "docs" / "widget.md").read_text(encoding="utf-8")


def test_its_attributes_are_those_that_are_read():
    table = PAGE[PAGE.index("| attribute") : PAGE.index("What a customer writes")]
    settings = re.search(r"const SETTINGS = (\[[^\]]*\])", (WEB / "widget/index.js").read_text())[1]
    assert sorted(json.loads(settings)) == sorted(re.findall(r"^\| `(\w+)`", table, flags=re.MULTILINE))


def test_its_variables_are_those_that_are_read():
    read = re.findall(r"--handoff-[\w-]+", (WEB / "widget/styles.js").read_text())
    assert set(read) == set(re.findall(r"--handoff-[\w-]+", PAGE))


def test_the_package_gives_the_headless_half_as_one_file_with_all_that_is_named(tmp_path):
    [command] = re.findall(r'^python -c "(.*)" > handoff.js$', PAGE, flags=re.MULTILINE)
    done = subprocess.run(  # noqa: S603 - the page's own command
        [sys.executable, "-c", command], capture_output=True, text=True, timeout=60, check=True
    )
    (tmp_path / "handoff.mjs").write_text(done.stdout)
    (tmp_path / "names.mjs").write_text(
        'import { createCustomer } from "./handoff.mjs";\n'
        'console.log(JSON.stringify(Object.keys(createCustomer({ url: "http://localhost" }))));\n'
    )
    shown = node(tmp_path / "names.mjs")
    assert (0, "") == (shown.returncode, shown.stderr)
    table = PAGE[PAGE.index("| `start()`") : PAGE.index("`examples/10_headless.mjs`")]
    named = ["view", *re.findall(r"`(\w+)\(", table)]
    assert set() == set(named) - set(json.loads(shown.stdout))
