"""The customer's side without a page, in Node, against a real engine."""

from tests.web.test_node import HERE, node

EXAMPLE = HERE.parents[1] / "examples" / "10_headless.mjs"
SHOWN = """\
arrived: Where is my parcel?
-- the network is gone
waits: It is number 4711.
-- the app is put away, and comes back with the network
customer: Where is my parcel?
customer: It is number 4711.
the human has it
"""


def test_the_example_loses_nothing_and_sends_nothing_twice(engine):
    done = node(EXAMPLE, engine.url)
    assert (0, "", SHOWN) == (done.returncode, done.stderr, done.stdout)
