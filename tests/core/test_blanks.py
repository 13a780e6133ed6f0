"""config.md, canned: replies that agents have ready, filled in for a ticket, in the customer's language."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handoff_sdk.core.blanks import BLANKS, blanks, canned_replies
from handoff_sdk.errors import ConfigError
from handoff_sdk.models.canned import CannedReply
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.customer import Customer
from handoff_sdk.models.ticket import Ticket
from handoff_sdk.models.wait import Place

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
TICKET = Ticket(
    id="tkt_1", number=7, conversation_id="cnv_1", brand="acme", channel="web", status="open", style="social",
    created_at=AT, updated_at=AT, status_at=AT,
)  # fmt: skip


def said(customer, text, *, agent_id=None, place=None, **brand):
    config = DeskConfig.parse(
        {"brands": {"acme": brand}, "agents": {"ana": {"name": "Ana"}, "ben": {}}, "canned": text}
    )
    return [(one.name, one.text) for one in canned_replies(customer, TICKET, place, config, agent_id=agent_id)]


def mia(**fields):
    return Customer(id="cus_1", name="Mia", created_at=AT, **fields)


def test_blanks_are_filled_in():
    text = {"hello": {"en": "{{ customer.name }}, {{ agent.name }}, #{{ ticket.number }}, {{ queue.position }}"}}
    assert [("hello", "Mia, Ana, #7, 2")] == said(mia(), text, agent_id="ana", place=Place(position=2))
    assert [("hello", "Mia, ben, #7, ")] == said(mia(), text, agent_id="ben")
    assert [("hello", "Mia, , #7, ")] == said(mia(), text, agent_id="somebody else")


def test_all_blanks_that_there_are_are_listed():
    values = blanks(mia(), TICKET, Place(position=2), DeskConfig.parse({"agents": {"ana": {}}}), agent_id="ana")
    assert {root: set(names) for root, names in BLANKS.items()} == {root: set(of) for root, of in values.items()}


def test_the_language_is_the_customers_or_else_the_brands():
    text = {"hello": {"en": "Hello", "de": "Hallo"}}
    assert [("hello", "Hallo")] == said(mia(language="de-AT"), text, language="en")
    assert [("hello", "Hallo")] == said(mia(language="fr"), text, language="de")
    assert [("hello", "Hello")] == said(mia(), text)


def test_they_come_in_the_order_of_the_file():
    assert [("b", "1"), ("a", "2")] == said(mia(), {"b": {"en": "1"}, "a": {"en": "2"}})


@pytest.mark.parametrize(
    ("canned", "path"),
    [
        ({"hello": {"en": "{{ now | date }}"}}, "canned.hello.en"),
        ({"hello": {"english": "Hello"}}, "canned.hello.english"),
        ({"hello": "Hello"}, "canned.hello"),
        ({"hello": {}}, "canned.hello"),
    ],
)
def test_a_text_that_cannot_be_said_is_refused_at_load(canned, path):
    with pytest.raises(ConfigError) as refused:
        DeskConfig.parse({"canned": canned})
    assert [path] == [error.path for error in refused.value.errors]


def test_a_reply_is_a_noun():
    assert CannedReply(name="hello", text="Hi") == CannedReply.model_validate({"name": "hello", "text": "Hi", "new": 1})
