"""What another configuration means for a conversation: whatever it names and is not there any more is let go.

The tickets of an agent who is gone wait for others, a ticket of a group that is gone goes to its brand's, and what
falls due is worked out anew, as after every decision.

Source: config.md; lifecycle.md, 6.4 (groups), 6.12 (giving back); house page, decision 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.core.status import unassign

if TYPE_CHECKING:
    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.prompt import Reconfigure
    from handoff_sdk.models.ticket import Ticket

__all__ = ["reconfigure"]


def reconfigure(draft: Draft, command: Reconfigure) -> None:
    """Bring a conversation in line with the configuration in force.

    An agent who is gone keeps only what is solved: a solved ticket needs an assignee, and queues when it is reopened.
    """
    draft.config_version = command.config_version
    draft.counts_inactive = draft.config.routing.count_inactive
    for ticket in tuple(draft.tickets.values()):
        if ticket.status != "closed":
            _without_what_is_gone(draft, ticket)
    _without_lost_ladder(draft)


def _without_what_is_gone(draft: Draft, ticket: Ticket) -> None:
    config = draft.config
    if ticket.group is not None and ticket.group not in config.groups:
        draft.set_ticket(ticket, group=config.brand(ticket.brand).group)
    if ticket.put_into is not None and ticket.put_into not in config.queue_names:
        draft.set_ticket(ticket, put_into=None)
    if ticket.custom_status is not None and config.ticket_statuses.get(ticket.custom_status) != ticket.status:
        draft.set_ticket(ticket, custom_status=None)
    if ticket.assignee is not None and ticket.assignee not in config.agents and ticket.status != "solved":
        unassign(draft, draft.tickets[ticket.id])


def _without_lost_ladder(draft: Draft) -> None:
    run = draft.followups.ladder
    if run is None or draft.config.ladder(run.ladder) is not None:
        return
    number = run.step + 1
    facts = {"followup_id": f"{run.id}.{number}", "kind": "ladder", "ladder": run.ladder, "step": number}
    draft.tell("followup.stopped", facts | {"reason": "cancelled"}, draft.live)
    draft.set_followups(ladder=None)
