"""What browsers load: the widget, the console and what both share, as ES modules without a build step of their own.

A checkout has the sources, which are stripped when they are first asked for. A wheel has them stripped, in ``built``.

Source: house page, rooms (``web``).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .assets import BUILT, Assets, files_in, made_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["assets", "languages", "page"]

_HERE: Final = Path(__file__).parent


@cache
def assets() -> Assets:
    """The files that browsers load; read once."""
    built = _HERE / BUILT
    return Assets(files_in(built)) if built.is_dir() else made_of(files_in(_HERE))


@cache
def languages() -> tuple[str, ...]:
    """The languages that the widget has words for."""
    return tuple(sorted(path[6:-3] for path in assets().files if path.startswith("words/") and path.endswith(".js")))


def page(name: str, **blanks: str) -> bytes | None:
    """An HTML page with its ``{{ blanks }}`` filled in, which must be safe to stand there; ``None``: there is none.

    ``{{ assets }}`` is where the assets are, relative to the server's root.
    """
    text = _pages().get(name)
    if text is None:
        return None
    for blank, value in {"assets": f"assets/{assets().hash}", **blanks}.items():
        text = text.replace(f"{{{{ {blank} }}}}", value)
    return text.encode()


@cache
def _pages() -> Mapping[str, str]:
    return {path.parent.name: path.read_text(encoding="utf-8") for path in sorted(_HERE.glob("*/page.html"))}
