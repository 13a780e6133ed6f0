"""Which handler answers, and what may be one."""

import re

import pytest

from handoff_sdk import Bot, Chat, Conversation, Customer, Message, Returned

AT = "2026-01-05T09:00:00Z"


def chat_of(content=None, returned=None):
    if isinstance(content, str):
        content = {"type": "text", "text": content}
    message = content and Message(
        id="m", conversation_id="c", author={"type": "customer"}, content=content, epoch=1, seq=1, at=AT
    )
    return Chat(
        bot="b", client=None, event_id="e", epoch=1, message=message, returned=returned,
        conversation=Conversation(id="c", customer_id="u", owner="bot", created_at=AT),
        customer=Customer(id="u", created_at=AT),
    )  # fmt: skip


def chosen(bot, content=None, **fields):
    handler = bot._handler(chat_of(content, **fields))
    return handler and handler.__name__


def test_the_first_that_matches_answers_in_the_order_they_were_written():
    bot = Bot("b")

    @bot.on_message(contains="refund")
    async def refund(chat): ...

    @bot.on_message(matches=r"order (\d+)")
    async def order(chat): ...

    @bot.on_message(payload="person")
    async def person(chat): ...

    @bot.on_message(when=lambda chat: len(chat.text) > 40)
    async def long(chat): ...

    @bot.on_message
    async def rest(chat): ...

    @bot.on_message
    async def never(chat): ...

    assert chosen(bot, "A REFUND for order 12") == "refund"
    assert chosen(bot, "my ORDER 12") == "order"
    assert chosen(bot, {"type": "text", "text": "A person", "payload": "person"}) == "person"
    assert chosen(bot, "a" * 41) == "long"
    assert chosen(bot, "Hello") == "rest"
    assert chosen(bot, {"type": "image", "url": "x"}) == "rest"


def test_all_filters_given_must_hold():
    bot = Bot("b")

    @bot.on_message(contains=["refund", "money back"], matches=re.compile("please"))
    async def polite(chat): ...

    assert chosen(bot, "my money back, please") == "polite"
    assert chosen(bot, "refund please") == "polite"
    assert chosen(bot, "refund PLEASE") is None
    assert chosen(bot, "please") is None


def test_a_return_is_for_its_own_handler():
    bot = Bot("b")
    returned = Returned(reason="closed", outcome="closed", ticket_id="t", number=1, handed_off_at=AT)

    @bot.on_message
    async def message(chat): ...

    assert chosen(bot, returned=returned) is None

    @bot.on_returned
    async def back(chat): ...

    assert chosen(bot, returned=returned) == "back"


def test_what_a_chat_tells_of_a_message():
    assert chat_of("Hi").text == "Hi"
    assert chat_of({"type": "text", "text": "Yes", "payload": "y"}).payload == "y"
    assert [chat_of({"type": "image", "url": "x"}).text, chat_of({"type": "image", "url": "x"}).payload] == ["", None]
    assert [chat_of().text, chat_of().payload] == ["", None]


def test_a_handler_is_kept_as_it_is():
    bot = Bot("b")

    async def handler(chat): ...

    class Callable:
        async def __call__(self, chat): ...

    callable_ = Callable()
    assert bot.on_message(handler) is handler
    assert bot.on_message(contains="a")(handler) is handler
    assert bot.on_returned(callable_) is callable_


@pytest.mark.parametrize(
    "decorate", [lambda bot: bot.on_message, lambda bot: bot.on_message(contains="a"), lambda bot: bot.on_returned]
)
def test_a_handler_that_cannot_be_awaited_is_refused(decorate):
    with pytest.raises(TypeError, match="async def"):
        decorate(Bot("b"))(lambda chat: None)


@pytest.mark.parametrize(
    ("filters", "error"),
    [
        ({"contains": ""}, ValueError),
        ({"contains": []}, ValueError),
        ({"matches": "("}, ValueError),
        ({"when": test_a_return_is_for_its_own_handler.__class__}, None),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(filters, error):
    if error is None:
        assert Bot("b").on_message(**filters)
    else:
        with pytest.raises(error):
            Bot("b").on_message(**filters)


def test_a_condition_answers_at_once():
    async def later(chat): ...

    with pytest.raises(TypeError, match="at once"):
        Bot("b").on_message(when=later)


@pytest.mark.parametrize("settings", [{"name": ""}, {"name": "b", "at_once": 0}, {"name": "b", "grace": -1}], ids=str)
def test_a_bot_without_a_name_or_a_place_is_refused(settings):
    with pytest.raises(ValueError, match="needs a name"):
        Bot(**settings)
