from io import StringIO
from itertools import count

import pytest
from rich.console import Console

from handoff_sdk.cli.progress import progress


@pytest.fixture
def out():
    return StringIO()


def test_without_a_terminal_there_is_a_line_now_and_then(out):
    with progress(Console(file=out), clock=count(0, 4).__next__) as shown:
        for done in range(1, 8):
            shown.at(done, 7, f"{done} sent")
        shown.say("[bold] is what it says")
    assert ["3 of 7: 3 sent", "6 of 7: 6 sent", "[bold] is what it says"] == out.getvalue().splitlines()


def test_while_it_is_not_known_how_many_there_are_it_tells_how_many_it_found(out):
    with progress(Console(file=out), clock=count(0, 10).__next__) as shown:
        shown.at(0, None, "200 found")
    assert "0: 200 found\n" == out.getvalue()


def test_a_terminal_has_a_bar_with_lines_above_it(out):
    with progress(Console(file=out, force_terminal=True, width=100, color_system=None)) as shown:
        shown.at(0, None, "3 found")
        shown.say("cnv_1: [bold] is what it says")
        shown.at(2, 3, "1 sent, 1 refused")
    drawn = out.getvalue()
    assert "cnv_1: [bold] is what it says\n" in drawn
    assert "2/3" in drawn
    assert "1 sent, 1 refused" in drawn
    assert drawn.endswith("\x1b[?25h\r\x1b[1A\x1b[2K")  # the cursor is back, the bar is gone
