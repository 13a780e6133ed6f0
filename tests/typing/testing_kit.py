"""The fixtures as their users write them. Checked by pyright and mypy in strict mode, never run."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

from handoff_sdk import Bot, Conversation, Event, HandoffClient, Message, Ticket, verify_webhook
from handoff_sdk.testing import HandoffApi, VirtualDesk, play

if TYPE_CHECKING:
    from collections.abc import Mapping

bot = Bot("acme-bot")


async def on_a_desk(handoff_desk: VirtualDesk) -> None:
    handoff_desk.bot(bot)
    mia, ana = handoff_desk.customer("mia", name="Mia", plan="gold"), handoff_desk.agent("ana")
    await mia.says("Hello")
    assert_type(mia.hears, list[str | None])
    assert_type(mia.messages, list[Message])
    assert_type(await mia.ticket(), Ticket | None)
    assert_type(await mia.conversation(), Conversation)
    await ana.status("online")
    await ana.accepts(mia)
    await ana.sets(mia, status="pending", add_tags=["vip"], assignee=None)
    await handoff_desk.advance("4d")
    assert_type(handoff_desk.events("ticket.*"), list[Event])
    handoff_desk.crash(bot, after="say", nth=2)
    assert_type(await handoff_desk.crash_everywhere(bot, on_a_desk), int)
    await handoff_desk.expect(owner="human", ticket={"status": "new"})
    assert_type(handoff_desk.client("admin"), HandoffClient)


async def receive(body: bytes, headers: Mapping[str, str]) -> int | None:
    return 204 if verify_webhook(body, headers, "whsec_...").type else None


async def with_faults(handoff_desk: VirtualDesk) -> None:
    hook = handoff_desk.webhook(receive, ["ticket.*"])
    handoff_desk.faults.duplicate(bot)
    handoff_desk.faults.late(hook, by="10m")
    handoff_desk.faults.reordered(hook)
    for arrived in hook.arrived:
        assert_type(arrived.event, Event)
        assert_type(arrived.status, int | None)


async def without_an_engine(handoff_api: HandoffApi) -> None:
    assert_type(handoff_api.client, HandoffClient)
    handoff_api.answers("conversations.get", owner="human")
    handoff_api.refuses("messages.create", "control_lost")
    assert handoff_api["messages.create"].call_count == len(handoff_api.sent("messages.create"))


async def anywhere() -> None:
    async with VirtualDesk({"agents": {"ana": {}}}) as desk:
        await on_a_desk(desk)
    assert_type(play("gentle.scenario.yaml").ok, bool)
