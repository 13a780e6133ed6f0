"""One file out of a module and all it imports, so that a browser asks once instead of finding out module by module.

Each module keeps a scope of its own and runs once, after those it imports, as in a browser. It knows the forms that
the modules here are written in and refuses all others, rather than change what a module means. What is imported on
demand stays a file of its own.

Source: ECMA-262, 16.2 (modules).
"""

from __future__ import annotations

import re
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["bundled"]

_FROM: Final = re.compile(r'^(import|export)\s*\{([^}]*)\}\s*from\s*"([^"]+)";?[^\S\n]*\n?', re.MULTILINE)
_DECLARED: Final = re.compile(r"^export\s+((?:async\s+)?function\*?|class|const|let)\s+([\w$]+)", re.MULTILINE)
_LEFT: Final = re.compile(r"^(?:import|export)\b(?!\s*[.(]).*", re.MULTILINE)
_OF_PLACE: Final = re.compile(r"\bimport\s*[.(]")


def bundled(root: str, modules: Mapping[str, str]) -> str:
    r"""The module ``root`` with all that it imports, as one with the same exports; as it is if it imports nothing.

    >>> modules = {"a.js": 'import { b } from "./b.js";\nb();\n', "b.js": "export const b = () => 1;\n"}
    >>> print(bundled("a.js", modules), end="")
    const m0=(()=>{const b = () => 1;
    return{b};})();
    const m1=(()=>{const {b}=m0;
    b();
    return{};})();

    Raises:
        KeyError: There is no module ``root``.
        ValueError: A module that is imported is not there, imports itself by way of others, or is written in a form
            that is not known.
    """
    if not _FROM.search(modules.get(root, "")):
        return modules[root]
    names: dict[str, str] = {}
    exports_of: dict[str, list[str]] = {}
    open_now: list[str] = []
    out: list[str] = []

    def take(path: str) -> str:
        """Write a module after all that it imports; answers what it is called."""
        if path in open_now:
            raise ValueError(f"{path} imports itself by way of {', '.join(open_now)}")
        if path not in names:
            open_now.append(path)
            body, exports_of[path] = _opened(path, root, modules, take)
            open_now.pop()
            names[path] = f"m{len(names)}"
            out.append(f"const {names[path]}=(()=>{{{body}return{{{','.join(exports_of[path])}}};}})();\n")
        return names[path]

    module = take(root)
    given = [name.partition(":")[0] for name in exports_of[root]]
    return "".join(out) + (f"export const {{{','.join(given)}}}={module};\n" if given else "")


def _opened(path: str, root: str, modules: Mapping[str, str], take: Callable[[str], str]) -> tuple[str, list[str]]:
    """A module's body without its imports and exports, and what it exports, as the members of an object."""
    if path not in modules:
        raise ValueError(f"there is no module {path}")
    exports: list[str] = []

    def linked(found: re.Match[str]) -> str:
        verb, listed, address = found.groups()
        module = take(normpath(join(dirname(path), address)))
        pairs = [name.split(" as ") for name in map(str.strip, listed.split(",")) if name]
        if verb == "export":
            exports.extend(f"{pair[-1].strip()}:{module}.{pair[0].strip()}" for pair in pairs)
            return ""
        bound = ",".join(":".join(map(str.strip, pair)) for pair in pairs)
        return f"const {{{bound}}}={module};\n"

    body = _FROM.sub(linked, modules[path])
    exports += [name for _, name in _DECLARED.findall(body)]
    body = _DECLARED.sub(r"\1 \2", body)
    left = _LEFT.search(body)
    if left is not None:
        raise ValueError(f"{path} has a form of import or export that is not known here: {left[0]}")
    if _OF_PLACE.search(body) and dirname(path) != dirname(root):
        raise ValueError(
            f"{path} asks where it is (import.meta, import()), and in one file with {root} it is elsewhere"
        )
    return body, exports
