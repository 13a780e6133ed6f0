"""One order and all that follows from it: from a thread and a command to the thread afterwards and what happened.

Pure: the same inputs give the same decision. A refusal raises and moves nothing.

Source: lifecycle.md, whole; house page, «One message, six files».
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handoff_sdk.core import arming, lines, offers, oneoffs, proactive, survey, turns, work
from handoff_sdk.core.agents import gives_back
from handoff_sdk.core.automations import forget_what_ceased
from handoff_sdk.core.circumstances import ALONE, NEW, Arrival, Circumstances
from handoff_sdk.core.closing import close
from handoff_sdk.core.control import hand_off, pass_to_bot
from handoff_sdk.core.deadlines import close_at
from handoff_sdk.core.draft import Decision, Draft
from handoff_sdk.core.erasing import close_in_silence
from handoff_sdk.core.facts import view_of
from handoff_sdk.core.fence import check_known, check_not_blocked
from handoff_sdk.core.promises import Promises
from handoff_sdk.core.reconfiguring import reconfigure
from handoff_sdk.core.redaction import redact
from handoff_sdk.core.routing import queue_of
from handoff_sdk.core.speech import post
from handoff_sdk.core.status import eligible, unassign
from handoff_sdk.core.thread import Clocks, Thread
from handoff_sdk.core.ticking import tick
from handoff_sdk.core.transfers import transfer
from handoff_sdk.core.triggers import Triggers
from handoff_sdk.core.waits import promised
from handoff_sdk.errors import InvalidRequest, MessagingOff
from handoff_sdk.models import command as commands
from handoff_sdk.models import prompt as prompts
from handoff_sdk.models.config import NO_BOT
from handoff_sdk.models.conversation import Conversation
from handoff_sdk.models.wait import WaitRange

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.customer import Customer
    from handoff_sdk.models.event import Actor
    from handoff_sdk.models.noun import Command, JsonObject

__all__ = ["decide", "start"]


def decide(
    thread: Thread,
    command: Command,
    *,
    actor: Actor,
    now: datetime,
    config: DeskConfig,
    new_id: Callable[[str], str],
    beside: Circumstances = ALONE,
) -> Decision:
    """Decide what a command does to a conversation.

    Args:
        thread: The conversation as it is.
        command: What is asked.
        actor: Who asks. That they may act for whom they say was checked before.
        now: The present instant, UTC.
        config: The configuration in force.
        new_id: Makes a fresh id with a prefix; ids made later sort later.
        beside: What is known beside the conversation.

    Returns:
        The thread afterwards and the events, in order. Where nothing follows, the thread is the one given.

    Raises:
        HandoffError: The command is refused; which one is said where the rule stands.
    """
    draft = Draft(thread, actor=actor, now=now, config=config, new_id=new_id, beside=beside)
    _STEPS[type(command)](draft, command)
    if not isinstance(command, prompts.CloseInSilence):
        _settle(draft)
    return draft.finished()


def start(
    command: commands.StartConversation | commands.SendProactive,
    customer: Customer,
    *,
    actor: Actor,
    now: datetime,
    config: DeskConfig,
    new_id: Callable[[str], str],
    arrival: Arrival = NEW,
    beside: Circumstances = ALONE,
) -> Decision:
    """Decide how a conversation starts: it belongs to its brand's bot, or to nobody where there is none.

    Where it would start with a proactive message that is skipped, or only tried, there are no events and nothing is to
    be kept. ``arrival`` is what is known of the customer; the other arguments are as for ``decide``.

    Raises:
        InvalidRequest: There is no such brand.
        MessagingOff: The brand takes no conversations.
        Forbidden: The customer is blocked.
        TemplateError, WindowClosed: The proactive message cannot be said.
    """
    thread = _opened(command, customer, arrival, now=now, config=config, new_id=new_id)
    draft = Draft(thread, actor=actor, now=now, config=config, new_id=new_id, beside=beside)
    conversation: JsonObject = draft.conversation.model_dump(mode="json", exclude={"ticket"})
    draft.tell("conversation.created", {"conversation": conversation})
    if isinstance(command, commands.SendProactive):
        proactive.send(draft, command)
        if command.dry_run or (draft.followup is not None and draft.followup.state == "skipped"):
            return Decision(thread, followup=draft.followup)
    elif command.message is not None:
        post(draft, commands.PostMessage(conversation_id=thread.conversation.id, **dict(command.message)))
    else:
        return draft.finished()
    _settle(draft)
    return draft.finished()


def _opened(
    command: commands.StartConversation | commands.SendProactive,
    customer: Customer,
    arrival: Arrival,
    *,
    now: datetime,
    config: DeskConfig,
    new_id: Callable[[str], str],
) -> Thread:
    """The thread of a conversation in which nothing was said yet."""
    check_not_blocked(customer)
    check_known("brand", command.brand, config.brands, InvalidRequest)
    brand = config.brands[command.brand]
    if not brand.messaging:
        raise MessagingOff(f"The brand {command.brand!r} takes no conversations (its 'messaging' is false).")
    bot = None if brand.bot == NO_BOT else brand.bot or arrival.registered
    conversation = Conversation(
        id=new_id("cnv"),
        customer_id=customer.id,
        brand=command.brand,
        channel=command.channel,
        bot=bot,
        owner="bot" if bot else "nobody",
        previous=arrival.previous,
        created_at=now,
        metadata=command.metadata,
    )
    return Thread(
        conversation=conversation,
        customer=customer,
        clocks=Clocks(connected=arrival.connected),
        counts_inactive=config.routing.count_inactive,
    )


def _settle(draft: Draft) -> None:
    """Let everything follow that the command's own changes make true, until nothing does."""
    triggers, promises = Triggers(draft), Promises(draft)
    promises.settle()
    triggers.run()
    _follow(draft)
    promises.settle()
    while triggers.run():
        _follow(draft)
        promises.settle()
    lines.settle(draft)
    arming.settle(draft)
    forget_what_ceased(draft)


def _follow(draft: Draft) -> None:
    """Close what closes at once, take back what is void, queue what became eligible."""
    for ticket in tuple(draft.tickets.values()):
        if ticket is draft.before.ticket(ticket.id):
            continue  # one whose time had come before is an item of its own
        survey.ask_if_solved(draft, ticket)
        at = close_at(ticket, draft.config)
        if at is not None and at <= draft.now:
            close(draft, ticket)
    for ticket in tuple(draft.tickets.values()):
        offers.withdraw_if_void(draft, ticket)
    live = draft.live
    if live is not None and eligible(live):
        live = draft.set_ticket(live, queue=queue_of(view_of(draft, live)))
        before = draft.before.ticket(live.id)
        told = any(event_type == "ticket.queued" for event_type, _, _ in draft.told)
        if (before is None or not eligible(before)) and not told:
            live = draft.set_ticket(live, eligible_at=live.eligible_at or draft.now)
            wait = promised(draft, live)
            live = draft.set_ticket(live, promised_wait=wait)
            told_wait = {"wait": wait.model_dump(include=set(WaitRange.model_fields))} if wait else {}
            draft.tell("ticket.queued", {"queue": live.queue, **told_wait}, live)


def _update_conversation(draft: Draft, command: commands.UpdateConversation) -> None:
    for field in ("metadata", "state"):
        given = getattr(command, field)
        if given is not None:
            merged = getattr(draft.conversation, field) | given
            draft.set_conversation(**{field: {key: value for key, value in merged.items() if value is not None}})


def _record_activity(draft: Draft, command: commands.RecordActivity) -> None:
    message_id = command.message_id or command.up_to
    if command.type == "read":
        draft.tell("message.read", {"up_to": message_id, "by": draft.actor.type})
    elif command.type == "delivered":
        draft.tell("message.delivered", {"message_id": message_id})
    else:
        draft.tell("message.failed", {"message_id": message_id, "reason": command.reason})


def _set_presence(draft: Draft, command: prompts.SetPresence) -> None:
    if draft.clocks.connected != command.connected:
        draft.set_clocks(
            connected=command.connected,
            disconnected_at=draft.clocks.disconnected_at if command.connected else draft.now,
        )


def _give_back(draft: Draft, command: prompts.GiveTicketBack) -> None:
    if draft.live is not None and gives_back(draft.before, command.agent_id):
        unassign(draft, draft.live)


_STEPS: dict[type[Command], Callable[[Draft, Any], None]] = {
    commands.PostMessage: post,
    commands.RecordActivity: _record_activity,
    commands.HandOff: hand_off,
    commands.PassControl: pass_to_bot,
    commands.ReleaseTurn: turns.release,
    commands.ExtendTurn: turns.extend,
    commands.CompleteTurn: turns.complete,
    commands.EndSession: work.end_session,
    commands.LeaveQueue: work.leave_queue,
    commands.AnswerSurvey: survey.answer,
    commands.UpdateConversation: _update_conversation,
    commands.ScheduleFollowup: oneoffs.schedule,
    commands.CancelFollowup: oneoffs.cancel,
    commands.SendProactive: proactive.send,
    commands.UpdateTicket: work.update,
    commands.TakeTicket: work.take,
    commands.TransferTicket: transfer,
    commands.HandBack: work.hand_back,
    commands.AcceptOffer: offers.accept,
    commands.DeclineOffer: offers.decline,
    prompts.OfferTicket: offers.offer,
    prompts.AssignTicket: offers.give,
    prompts.WithdrawOffer: offers.withdraw,
    prompts.RenewOffer: offers.renew,
    prompts.GiveTicketBack: _give_back,
    prompts.Reconfigure: reconfigure,
    prompts.Redact: redact,
    prompts.CloseInSilence: close_in_silence,
    prompts.LeaseTurn: turns.lease,
    prompts.StayWithTurn: turns.type_on,
    prompts.RenewTurns: turns.renew,
    prompts.SetPresence: _set_presence,
    prompts.Tick: tick,
}
