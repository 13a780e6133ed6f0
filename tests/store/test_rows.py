import string

from hypothesis import given
from hypothesis import strategies as st
from tests.conformance.builders import at, customer, thread, ticket

from handoff_sdk.core.thread import Thread
from handoff_sdk.models.ticket import Ticket
from handoff_sdk.store import rows

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=10,
)
OBJECT = st.dictionaries(TEXT, JSON, max_size=4)
INSTANT = st.datetimes(
    min_value=at().replace(year=1971, tzinfo=None),
    max_value=at().replace(year=2200, tzinfo=None),
    timezones=st.just(at().tzinfo),
)


def round_trip(of: Thread) -> Thread:
    body = rows.conversation_row(of, None, None)["body"]
    whose = rows.customer_row(of.customer)["body"]
    tickets = [rows.ticket_row(one)["body"] for one in of.tickets]
    (read,) = rows.threads([("cnv", body, whose, one) for one in tickets or [None]])
    return read


@given(held=OBJECT, told=TEXT, when=INSTANT)
def test_whatever_json_a_thread_holds_comes_back(held, told, when):
    whose = customer(attributes=held, name=told)
    expected = thread(whose=whose, metadata=held, state=held, last_message_at=when).model_copy(
        update={"tickets": (ticket("cnv_1", fields=held, subject=told, created_at=when),)}
    )
    assert expected == round_trip(expected)


@given(when=INSTANT)
def test_an_instant_comes_back_to_the_microsecond(when):
    assert when == rows.instant(rows.micros(when))


def test_no_field_of_a_ticket_has_a_default_that_none_would_turn_into():
    """What is ``None`` is left out of the JSON, so it must be what an absent field is read as."""
    for model in (Ticket, Thread, *(field.annotation for field in Thread.model_fields.values())):
        for name, field in getattr(model, "model_fields", {}).items():
            if "None" in str(field.annotation):
                assert field.get_default(call_default_factory=True) is None, (model, name)


def test_an_email_is_compared_as_people_write_it():
    assert "mia@example.com" == rows.email_key(" Mia@EXAMPLE.com ")
    assert rows.email_key("") is None
    assert rows.email_key(None) is None
    assert set(string.ascii_lowercase) == set(rows.email_key(string.ascii_uppercase) or "")
