"""Charts as inline SVG: bars that stand or lie, readable without scripts, with a title on each bar."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final, NamedTuple
from xml.etree.ElementTree import Element, SubElement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["COUNTS", "TIMES", "Series", "lying", "marks", "standing"]

_WIDTH: Final = 720
_HEIGHT: Final = 220
_LEFT: Final = 56
_BELOW: Final = 28
_ABOVE: Final = 12
_MOST_LABELS: Final = 12
_HALF_A_LABEL: Final = 20
_ROW: Final = 28
_NAMES: Final = 200
_MOST_STEPS: Final = 4

_DAY: Final = 86_400.0
_TENS: Final = tuple(unit * ten for ten in (10.0**power for power in range(9)) for unit in (1, 2, 5))
COUNTS: Final = _TENS
"""What an axis of counts goes up by."""
TIMES: Final = (
    *(1.0, 2.0, 5.0, 10.0, 15.0, 30.0),
    *(60.0 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(3_600.0 * hours for hours in (1, 2, 3, 6, 12)),
    *(_DAY * days for days in _TENS),
)
"""What an axis of times goes up by, in seconds."""


class Series(NamedTuple):
    """One value at each place; ``None`` where nothing was measured. ``tone`` is a class of the page's style."""

    name: str
    tone: str
    values: Sequence[float | None]


def marks(most: float, steps: Sequence[float]) -> list[float]:
    """Where an axis is marked, from 0 to what nothing exceeds: a few round values, all different.

    >>> marks(0.3, TIMES), marks(7, COUNTS), marks(100, TIMES)
    ([0.0, 1.0], [0.0, 2.0, 4.0, 6.0, 8.0], [0.0, 30.0, 60.0, 90.0, 120.0])
    """
    step = next((step for step in steps if most <= step * _MOST_STEPS), most)
    return [step * number for number in range(ceil(most / step) + 1)]


def standing(
    title: str, places: Sequence[str], series: Sequence[Series], shown: Callable[[float], str], steps: Sequence[float]
) -> Element:
    """Bars at each place, beside each other where there are several series.

    Args:
        title: What a reader who does not see it is told.
        places: The names along the axis, in their order.
        series: A value for each place.
        shown: Writes a value.
        steps: What the axis may go up by, the smallest first.
    """
    svg = _svg(title, _HEIGHT)
    most = max((value for each in series for value in each.values if value), default=0.0)
    floor, high = _HEIGHT - _BELOW, _HEIGHT - _BELOW - _ABOVE
    axis = marks(most, steps)
    top = axis[-1] or 1.0
    for mark in axis:
        y = floor - high * mark / top
        SubElement(svg, "line", x1=str(_LEFT), x2=str(_WIDTH), y1=f"{y:.1f}", y2=f"{y:.1f}", attrib={"class": "grid"})
        _text(svg, _LEFT - 6, y + 4, shown(mark), "end")
    step = (_WIDTH - _LEFT) / max(len(places), 1)
    every = -(-len(places) // _MOST_LABELS) or 1
    for index, place in enumerate(places):
        if index % every == 0:
            _text(svg, min(_LEFT + step * (index + 0.5), _WIDTH - _HALF_A_LABEL), _HEIGHT - 8, place, "middle")
        for number, each in enumerate(series):
            value = each.values[index]
            if not value:
                continue
            width = step * 0.8 / len(series)
            x, height = _LEFT + step * (index + 0.1) + width * number, high * value / top
            _bar(svg, each.tone, (x, floor - height, width, height), f"{place}, {each.name}: {shown(value)}")
    return svg


def lying(title: str, values: Mapping[str, float], shown: Callable[[float], str]) -> Element:
    """A bar a line, with its name before it and its value after it."""
    svg = _svg(title, _ROW * max(len(values), 1))
    most, room = max(values.values(), default=0.0), _WIDTH - _NAMES - 80
    for row, (name, value) in enumerate(values.items()):
        y = _ROW * row
        width = room * value / most if most else 0.0
        _text(svg, _NAMES - 8, y + 18, name, "end")
        _bar(svg, "first", (_NAMES, y + 5, max(width, 1.0), _ROW - 10), f"{name}: {shown(value)}")
        _text(svg, _NAMES + width + 8, y + 18, shown(value), "start")
    return svg


def _svg(title: str, height: int) -> Element:
    svg = Element("svg", viewBox=f"0 0 {_WIDTH} {height}", role="img")
    svg.set("aria-label", title)
    return svg


def _text(svg: Element, x: float, y: float, text: str, anchor: str) -> None:
    SubElement(svg, "text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}).text = text


def _bar(svg: Element, tone: str, box: tuple[float, float, float, float], told: str) -> None:
    names = ("x", "y", "width", "height")
    bar = SubElement(svg, "rect", dict(zip(names, (f"{side:.1f}" for side in box), strict=True)) | {"class": tone})
    SubElement(bar, "title").text = told
