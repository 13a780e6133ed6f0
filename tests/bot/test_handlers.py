"""Which handler answers, and what may be one."""

import re

import pytest

from handoff_sdk import Conversation, Customer, Message
from handoff_sdk.bot.bot import Bot
from handoff_sdk.bot.chat import Chat
from handoff_sdk.bot.notebook import Notebook
from handoff_sdk.bot.run import Run, opened
from handoff_sdk.core.dialogue import Dialogue
from handoff_sdk.core.notes import Notes
from handoff_sdk.models.turn import Turn

AT = "2026-01-05T09:00:00Z"


def chat_of(content=None, returned=None):
    if isinstance(content, str):
        content = {"type": "text", "text": content}
    message = content and Message(
        id="m", conversation_id="c", author={"type": "customer"}, content=content, epoch=1, seq=1, at=AT
    )
    turn = Turn(
        id="t", kind="message" if message else "returned", bot="b", message=message, returned=returned,
        conversation=Conversation(id="c", customer_id="u", owner="bot", created_at=AT),
        customer=Customer(id="u", created_at=AT), at=AT, attempt=1, leased_until=AT,
    )  # fmt: skip
    notebook = Notebook(None, turn, Notes(bot="b"), consumer="")
    return Chat(Run(None, turn, Dialogue(id="t", handler="h", opened=opened(turn)), notebook))


def chosen(bot, content=None, *, interrupting=False):
    rule = bot.first("message", chat_of(content), interrupting=interrupting)
    return rule and rule.handler.__name__


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


def test_a_condition_may_be_written_alone():
    bot = Bot("b")

    @bot.on_message(lambda chat: len(chat.text) > 3)
    async def long(chat): ...

    assert [None, "long"] == [chosen(bot, "abc"), chosen(bot, "abcd")]


def test_only_those_that_interrupt_are_asked_while_a_dialogue_waits():
    bot = Bot("b")

    @bot.on_message(contains="please stop")
    async def polite(chat): ...

    @bot.on_message(contains="stop", interrupts=True)
    async def stop(chat): ...

    assert ["polite", "stop"] == [chosen(bot, "please stop"), chosen(bot, "please stop", interrupting=True)]


def test_handlers_of_one_name_are_told_apart_by_their_order():
    bot = Bot("b")

    def add():
        @bot.on_message
        async def handler(chat): ...

    add()
    add()
    names = [rule.name for rule in bot.rules("message")]
    assert [".handler", "handler#2"] == [names[0][-8:], names[1][-9:]]
    assert [True, True, None] == [bot.named(name) and True for name in (*names, "message:other")]


def test_versions_of_a_bot_have_handlers_of_their_own():
    bot = Bot("b", version="2")
    assert (bot, "2") == (bot.version("2"), bot.current)
    before = bot.version("1")
    assert (before, before, bot, bot) == (
        bot.version("1"),
        bot.handlers("1"),
        bot.handlers("2"),
        bot.handlers("never heard of"),
    )


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
    "decorate",
    [
        lambda bot: bot.on_message(contains="a"),
        lambda bot: bot.on_returned,
        lambda bot: bot.on_started,
        lambda bot: bot.on_standby,
        lambda bot: bot.on_error,
    ],
)
def test_a_handler_that_cannot_be_awaited_is_refused(decorate):
    with pytest.raises(TypeError, match="async def"):
        decorate(Bot("b"))(lambda chat: None)


async def test_a_handler_without_async_is_not_served_in_silence():
    bot = Bot("b")

    @bot.on_message
    def greet(chat): ...

    for serving in (bot.serve(None), bot.take(None, None, consumer="c")):
        with pytest.raises(TypeError, match=r"write 'async def', not <function .*greet"):
            await serving


def test_a_condition_that_has_its_handler_is_whole():
    bot = Bot("b")
    bot.version("0").on_message(str.isdigit)
    with pytest.raises(TypeError, match="async def"):
        bot.check()

    again = Bot("b")

    @again.on_message(lambda chat: True)
    async def greet(chat): ...

    assert again.check() is None


def test_what_is_no_function_is_no_filter():
    with pytest.raises(TypeError, match="A filter is a function that takes a chat, not 'refund'"):
        Bot("b").on_message("refund")


@pytest.mark.parametrize(
    ("filters", "error"),
    [
        ({"contains": ""}, ValueError),
        ({"contains": []}, ValueError),
        ({"matches": "("}, ValueError),
        ({"when": bool}, None),
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


async def test_a_filter_only_looks():
    chat = chat_of("Hi")
    chat._run.close(lambda kind: RuntimeError(f"not {kind}"))
    for step in (chat.say("Hi"), chat.typing(), chat.history()):
        with pytest.raises(RuntimeError, match="not"):
            await step


@pytest.mark.parametrize("settings", [{"name": ""}, {"name": "b", "at_once": 0}, {"name": "b", "grace": -1}], ids=str)
def test_a_bot_without_a_name_or_a_place_is_refused(settings):
    with pytest.raises(ValueError, match="needs a name"):
        Bot(**settings)


@pytest.mark.parametrize("name", ["a b", "b" * 65, "bö", ".b", "b\n"])
def test_a_bots_name_is_one_that_the_desk_takes(name):
    with pytest.raises(ValueError, match="has at most 64 letters"):
        Bot(name)


def test_one_brand_may_stand_alone():
    assert (("acme",), ("acme", "umbra")) == (Bot("b", brands="acme").brands, Bot("b", brands=["acme", "umbra"]).brands)
