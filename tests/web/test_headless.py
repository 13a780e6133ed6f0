"""The customer's side without a page, in Node, against a real engine."""

import json

from tests.web.test_node import HERE, node

EXAMPLE = HERE.parents[1] / "examples" / "10_headless.mjs"
SHOWN = """\
arrived: Where is my parcel?
-- the network is gone
waits: It is number 4711.
-- the app is put away, and comes back with the network
customer: Where is my parcel?
system: You are in line at position 1; a person will answer you here.
customer: It is number 4711.
the human has it
"""


def test_the_example_loses_nothing_and_sends_nothing_twice(engine):
    done = node(EXAMPLE, engine.url)
    assert (0, "", SHOWN) == (done.returncode, done.stderr, done.stdout)


def test_as_react_native_runs_it_nothing_is_lost_or_comes_twice(engine):
    done = node(HERE / "node" / "native.mjs", engine.url, engine.keys["bot"])
    assert (0, "") == (done.returncode, done.stderr)
    told = json.loads(done.stdout)

    by_customer = [
        *("Größe 42?", "whose answer is lost", "without a network"),
        *("bill.txt", "before the app was killed"),
    ]
    by_bot = [f"b{number}" for number in range(1, 10)]
    assert told["said"] == told["seen"]
    assert by_customer == [text for author, text in told["seen"] if author == "customer"]
    assert by_bot == [text for author, text in told["seen"] if author == "bot"]
    # What was said while the app was gone is in the conversation when it comes back, and no news.
    assert [text for text in by_bot if text != "b8"] == told["heard"]
    assert ("unreachable", [1]) == (told["refused"], told["progress"])
    # What draws it compares: a view is another one where there is something else to show.
    assert told["steady"]
    assert {"GET /v1/events", "POST /v1/attachments"} < set(told["asked"])
    assert "GET /v1/stream" not in told["asked"]
