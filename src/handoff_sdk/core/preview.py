"""What a hand-off would meet, before it is made: the queue, the agents who could take it, and why the others could not.

By the rules that route, so that what is said is what would happen.

Source: lifecycle.md, 6.15.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.facts import View
from handoff_sdk.core.fence import check_known
from handoff_sdk.core.hours import is_open, opens_at, schedule_of
from handoff_sdk.core.routing import queue_of, who_could
from handoff_sdk.errors import UnknownGroup, UnknownSkill
from handoff_sdk.models.handoff import Previewed
from handoff_sdk.models.ticket import Ticket, routing_channel_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from handoff_sdk.core.thread import Thread
    from handoff_sdk.models.agent import Agent
    from handoff_sdk.models.command import Preview
    from handoff_sdk.models.config import DeskConfig
    from handoff_sdk.models.wait import Place

__all__ = ["preview"]


def preview(
    thread: Thread,
    command: Preview,
    *,
    agents: Sequence[Agent],
    place_of: Callable[[Ticket], Place],
    now: datetime,
    config: DeskConfig,
) -> Previewed:
    """What handing the conversation off now would meet; nothing is changed.

    Args:
        thread: The conversation.
        command: The hand-off's fields.
        agents: All agents as they are.
        place_of: The place that a ticket would have among those that wait.
        now: The present instant, UTC.
        config: The configuration in force.

    Raises:
        UnknownGroup, UnknownSkill: It names something that the configuration does not have.
    """
    if command.group is not None:
        check_known("group", command.group, config.groups, UnknownGroup)
    for skill in (*command.skills, *command.prefer_skills):
        check_known("skill", skill, config.skills, UnknownSkill)
    brand = config.brand(thread.conversation.brand)
    ticket = Ticket(
        id="~",  # sorts after every ticket there is
        number=thread.conversation.tickets + 1,
        conversation_id=thread.conversation.id,
        brand=thread.conversation.brand,
        channel=thread.conversation.channel,
        routing_channel=routing_channel_of(thread.conversation.channel),
        style=command.style or brand.style,
        priority=command.priority,
        group=command.group or brand.group,
        tags=command.tags,
        fields=command.fields,
        skills=command.skills,
        prefer_skills=command.prefer_skills,
        subject=command.subject,
        created_at=now,
        updated_at=now,
        status_at=now,
        eligible_at=now,
    )
    view = View(thread.conversation, thread.customer, ticket, thread.clocks, now, config)
    ticket = ticket.model_copy(update={"queue": queue_of(view)})
    able, out = who_could(ticket, agents, config, now)
    schedule = schedule_of(ticket.brand, config)
    place = place_of(ticket)
    return Previewed(
        open=is_open(schedule, now),
        opens_at=None if is_open(schedule, now) else opens_at(schedule, now),
        queue=ticket.queue,
        agents=able,
        out=out,
        position=place.position,
        wait=place.wait,
        missing_fields=command.form.missing(command.fields) if command.form else (),
    )
