"""Control: how a conversation passes from its bot to people and back. Every change moves the epoch on by one.

Source: lifecycle.md, 2.1 (start), 2.2 (fencing), 2.4 (hand-off), 2.6 and 2.7 (return), 2.8 (take-over).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.facts import view_of
from handoff_sdk.core.fence import check_bot, check_known
from handoff_sdk.core.lifecycle import OWNER, OwnerEvent
from handoff_sdk.core.routing import queue_of
from handoff_sdk.core.say import say
from handoff_sdk.core.session import wake
from handoff_sdk.core.status import assign, set_status
from handoff_sdk.core.turns import hand_over_turns, open_turn, void_turns
from handoff_sdk.errors import AlreadyOpen, FieldError, MissingFields, UnknownGroup, UnknownLadder, UnknownSkill
from handoff_sdk.models.conversation import Returned, ReturnReason
from handoff_sdk.models.message import Author
from handoff_sdk.models.ticket import Ticket, routing_channel_of

if TYPE_CHECKING:
    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.command import HandOff, PassControl

__all__ = ["abandon", "give_back", "hand_off", "hand_off_to_people", "pass_to_bot", "take_over"]


def hand_off(draft: Draft, command: HandOff) -> None:
    """Hand the conversation to people: a new ticket, queued. A key that was used before answers the ticket it made.

    Raises:
        AlreadyOpen: A person owns the conversation in this epoch.
        ControlLost: The epoch is stale, or the conversation is not the bot's.
        UnknownGroup, UnknownSkill, UnknownLadder: It names something that the configuration does not have.
        MissingFields: Its form requires fields that have no value.
    """
    if command.key is not None and (made := draft.handoff_keys.get(command.key)):
        draft.ticket_id = made
        return
    conversation = draft.conversation
    if conversation.owner == "human" and command.epoch == conversation.epoch:
        raise AlreadyOpen(
            "A person has this conversation already; wait for 'control.returned' before the next hand-off."
        )
    check_bot(draft, draft.actor.id if draft.actor.type == "bot" else None, command.epoch)
    _check_names(draft, command)
    _check_whole(command)
    if command.say is not None:
        say(draft, Author(type="bot", id=conversation.bot), command.say)
    hand_off_to_people(draft, command)


def hand_off_to_people(draft: Draft, command: HandOff | None = None, *, tags: tuple[str, ...] = ()) -> Ticket:
    """Make the ticket and change the owner. Without a command it is the engine's own, with the brand's settings."""
    wake(draft, "hand_off")
    _next_owner(draft, "hand_off")
    ticket = _new_ticket(draft, command, tags)
    if command is not None and command.key is not None:
        draft.handoff_keys = draft.handoff_keys | {command.key: ticket.id}
    conversation = draft.conversation
    draft.tell(
        "control.passed",
        {"owner": "human", "epoch": conversation.epoch, "bot": conversation.bot, "handoff_id": ticket.handoff_id},
        ticket,
    )
    return ticket


def take_over(draft: Draft, agent_id: str) -> Ticket:
    """Give the conversation to an agent who spoke into it: a new ticket, assigned and open."""
    wake(draft, "hand_off")
    _next_owner(draft, "take_over")
    ticket = _new_ticket(draft, None, (), taken_over=True)
    conversation = draft.conversation
    draft.tell(
        "control.taken_over",
        {"owner": "human", "epoch": conversation.epoch, "bot": conversation.bot, "agent_id": agent_id},
        ticket,
    )
    return assign(draft, ticket, agent_id, by="message")


def give_back(draft: Draft, ticket: Ticket, reason: ReturnReason, *, note: str | None = None) -> None:
    """Return control from the live ticket to the bot, or to nobody where there is none, with the record."""
    clocks = draft.clocks
    wrote = {"customer_at": clocks.customer_at, "agent_at": clocks.agent_at if ticket.first_reply_at else None}
    ticket = draft.set_ticket(ticket, live=False, passed_over=None, retry_at=None, **wrote)
    _next_owner(draft, "return_to_bot" if draft.conversation.bot else "return_to_nobody")
    returned = Returned(
        reason=reason,
        outcome=ticket.outcome,
        ticket_id=ticket.id,
        number=ticket.number,
        agent=ticket.assignee,
        messages=[],
        fields=ticket.fields,
        tags=ticket.tags,
        note=note,
        handed_off_at=ticket.created_at,
        accepted_at=ticket.accepted_at,
        first_reply_at=ticket.first_reply_at,
        solved_at=ticket.solved_at,
    )
    conversation = draft.conversation
    draft.tell(
        "control.returned",
        {
            "owner": conversation.owner,
            "epoch": conversation.epoch,
            "bot": conversation.bot,
            "returned": returned.model_dump(mode="json"),
        },
        ticket,
    )
    open_turn(draft, "returned", ticket.id)
    draft.stretch = (draft.stretch_from, conversation.epoch - 1)


def abandon(draft: Draft, ticket: Ticket, reason: ReturnReason) -> None:
    """Return control from a ticket that nobody accepted: solved without an assignee and tagged with the reason."""
    tags = ticket.tags if reason in ticket.tags else (*ticket.tags, reason)
    ticket = draft.set_ticket(ticket, tags=tags, abandoned=True, assignee=None, assigned_at=None)
    give_back(draft, set_status(draft, ticket, "solved", "abandonment"), reason)


def pass_to_bot(draft: Draft, command: PassControl) -> None:
    """Give the conversation, with what its bot has not done yet, to another bot.

    Raises:
        ControlLost: The epoch is stale, or the conversation is not the bot's.
    """
    check_bot(draft, draft.actor.id if draft.actor.type == "bot" else None, command.epoch)
    _next_owner(draft, "pass")
    draft.set_conversation(bot=command.bot)
    draft.set_clocks(bot_at=draft.now)
    hand_over_turns(draft)
    conversation = draft.conversation
    draft.tell("control.passed", {"owner": "bot", "epoch": conversation.epoch, "bot": conversation.bot})


def _next_owner(draft: Draft, event: OwnerEvent) -> None:
    conversation = draft.conversation
    draft.set_conversation(owner=OWNER[conversation.owner][event], epoch=conversation.epoch + 1)
    draft.set_clocks(unanswered_agent_at=None, unanswered_customer_at=None)
    if event != "pass":
        void_turns(draft)
        draft.timers = {}


def _new_ticket(draft: Draft, command: HandOff | None, tags: tuple[str, ...], *, taken_over: bool = False) -> Ticket:
    conversation = draft.conversation
    brand = draft.config.brand(conversation.brand)
    number = conversation.tickets + 1
    ticket = Ticket(
        id=draft.new_id("tkt"),
        number=number,
        conversation_id=conversation.id,
        handoff_id=None if taken_over else draft.new_id("hnd"),
        brand=conversation.brand,
        channel=conversation.channel,
        routing_channel=routing_channel_of(conversation.channel),
        style=brand.style,
        group=brand.group,
        tags=tags,
        taken_over=taken_over,
        created_at=draft.now,
        updated_at=draft.now,
        status_at=draft.now,
    )
    if command is not None:
        ticket = ticket.model_copy(
            update={
                "handoff_key": command.key,
                "priority": command.priority,
                "fields": {name: value for name, value in command.fields.items() if value is not None},
                "form": command.form,
                "tags": tuple(dict.fromkeys((*tags, *command.tags))),
                "skills": tuple(dict.fromkeys(command.skills)),
                "prefer_skills": tuple(dict.fromkeys(command.prefer_skills)),
                "group": command.group or brand.group,
                "style": command.style or brand.style,
                "subject": command.subject,
                "summary": command.summary,
                "reason": command.reason,
                "transcript_from": command.transcript_from,
                "followups": command.followups,
                "accept_within": command.accept_within,
            }
        )
    draft.add_ticket(ticket.model_copy(update={"queue": queue_of(view_of(draft, ticket))}))
    draft.ticket_id = ticket.id
    draft.stretch_from = draft.before.seq
    draft.set_conversation(tickets=number)
    return ticket


def _check_names(draft: Draft, command: HandOff) -> None:
    if command.group is not None:
        check_known("group", command.group, draft.config.groups, UnknownGroup)
    for skill in (*command.skills, *command.prefer_skills):
        check_known("skill", skill, draft.config.skills, UnknownSkill)
    if command.followups is not None:
        check_known("ladder of follow-ups", command.followups, draft.config.ladder_names, UnknownLadder)


def _check_whole(command: HandOff) -> None:
    if command.form is None:
        return
    missing = command.form.missing(command.fields)
    if missing:
        problems = [FieldError(f"fields.{name}", "the form requires it") for name in missing]
        raise MissingFields(f"The form {command.form.name!r} requires {', '.join(missing)}.", problems)
