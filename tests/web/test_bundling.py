"""One file out of many modules does what they do."""

import pytest
from tests.web.test_node import node

from handoff_sdk.web import assets
from handoff_sdk.web.bundling import bundled

IMPORT = 'import {} from "../b.js";\n'
MODULES = {
    "a/index.js": """import { one, two as second } from "./two.js";
import {
  three,
} from "../b/three.js";
export { three as drei } from "../b/three.js";
export const sum = one + second + three;
export class Sum {}
console.log("index", sum);
""",
    "a/two.js": """import { three } from "../b/three.js";
const hidden = three - 2;
export const one = hidden;
export const two = 2;
console.log("two");
""",
    "b/three.js": """export let three = 3;
const hidden = "of its own";
console.log("three");
""",
}


def test_modules_run_once_and_in_order_and_export_the_same(tmp_path):
    (tmp_path / "one.mjs").write_text(bundled("a/index.js", MODULES))
    (tmp_path / "main.mjs").write_text('import * as all from "./one.mjs";\nconsole.log(Object.keys(all).join());\n')
    done = node(tmp_path / "main.mjs")
    assert (0, "") == (done.returncode, done.stderr)
    assert ["three", "two", "index 6", "Sum,drei,sum"] == done.stdout.splitlines()


@pytest.mark.parametrize(
    ("told", "modules"),
    [
        ("there is no module a/gone.js", {"a/index.js": 'import { x } from "./gone.js";'}),
        ("imports itself", {"a/index.js": 'import { x } from "./b.js";', "a/b.js": 'import { y } from "./index.js";'}),
        ("not known here: import all", {"a/index.js": IMPORT + 'import all from "./b.js";', "b.js": ""}),
        ("not known here: export default 1", {"a/index.js": IMPORT + "export default 1;", "b.js": ""}),
        (
            "asks where it is",
            {"a/index.js": 'import { x } from "../b.js";', "b.js": "export const x = import.meta.url;"},
        ),
    ],
)
def test_what_it_does_not_know_is_refused(told, modules):
    with pytest.raises(ValueError, match=told):
        bundled("a/index.js", modules)


def test_what_is_bundled_is_javascript(tmp_path):
    roots = [path for path in assets().files if path.endswith("/index.js")]
    assert {"console/index.js", "headless/index.js", "widget/index.js"} <= set(roots)
    for path in roots:
        (tmp_path / "root.mjs").write_bytes(assets().files[path])
        done = node("--check", tmp_path / "root.mjs")
        assert (0, "") == (done.returncode, done.stderr), path
