"""The public API as its users write it. Checked by pyright and mypy in strict mode, never run."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, assert_type

from handoff_sdk import (
    Bot,
    Chat,
    ControlLost,
    Conversation,
    Event,
    HandoffClient,
    HandoffError,
    Message,
    Retries,
    Returned,
    Ticket,
    __version__,
    open_desk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

bot = Bot("acme-bot", at_once=10)


@bot.on_message(contains=["refund", "money back"], when=lambda chat: len(chat.text) > 3)
async def refund(chat: Chat) -> None:
    assert_type(chat.text, str)
    assert_type(chat.message, Message | None)
    assert_type(chat.returned, Returned | None)
    assert_type(chat.customer.name, str | None)
    assert_type(await chat.say("Hello", replies=["Yes", {"text": "No", "payload": "no"}]), None)
    try:
        assert_type(await chat.handoff(priority="high", tags=["vip"], accept_within="5m", say="A moment."), Returned)
    except ControlLost as lost:
        assert_type(lost.detail, str)
    await chat.end_session()


@bot.on_message
async def fallback(chat: Chat) -> None:
    await chat.handoff()


@bot.on_returned
async def returned(chat: Chat) -> None:
    if chat.returned is not None and chat.returned.reason == "nobody_available":
        await chat.say("Nobody was free.")


kept: Callable[[Chat], Coroutine[object, object, None]] = refund


async def use(url: str) -> None:
    async with HandoffClient(url, api_key="hk_...", retries=Retries(total=5)) as client:
        conversation = await client.conversations.create(customer={"external_id": "42", "plan": "gold"})
        assert_type(conversation, Conversation)
        assert_type(conversation.created_at, datetime)
        message = await client.messages.create(conversation.id, text="Hello", author="customer")
        assert_type(message.text, str | None)
        handed_off = await client.conversations.handoff(
            conversation.id, epoch=conversation.epoch, priority="high", key="h"
        )
        ticket = await client.as_agent("ana").tickets.update(handed_off.ticket.id, status="solved", assignee=None)
        assert_type(ticket, Ticket)
        async for silent in client.conversations.list(silent_for="3d", last_author="agent"):
            assert_type(silent, Conversation)
        assert_type(await client.tickets.list(status=["open", "pending"]).first(), Ticket | None)
        async with client.events.follow(types={"message.created"}) as events:
            async for event in events:
                assert_type(event, Event)
        assert_type(await client.ready(), bool)
        await bot.serve(client)


async def embedded() -> None:
    async with open_desk("sqlite:///handoff.db", config="desk.yaml") as desk:
        assert_type(desk.client(role="bot"), HandoffClient)


def run() -> None:
    try:
        bot.run("http://localhost:8080", api_key="hk_...")
    except HandoffError as error:
        assert_type(error.request_id, str | None)
    assert_type(__version__, str)
