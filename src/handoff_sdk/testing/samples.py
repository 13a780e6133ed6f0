"""One of each noun, as a young desk might tell it: the conversation of Mia, which the bot has.

Source: api.md, Resources.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from handoff_sdk.client.resources.conversations import Snapshot
from handoff_sdk.client.resources.customers import AnonymousCustomer
from handoff_sdk.client.resources.events import Feed
from handoff_sdk.client.resources.offers import RunningOffer
from handoff_sdk.models.agent import Agent, Capacity, LoginLink, Workload
from handoff_sdk.models.attachment import Attachment
from handoff_sdk.models.bot import RegisteredBot
from handoff_sdk.models.canned import CannedReply
from handoff_sdk.models.configuration import Configuration, Findings
from handoff_sdk.models.conversation import Conversation
from handoff_sdk.models.customer import Customer
from handoff_sdk.models.export import CustomerExport, ExportedConversation
from handoff_sdk.models.followup import Breaker, Followup
from handoff_sdk.models.handoff import Explained, HandedOff, Handoff, Previewed
from handoff_sdk.models.message import Author, Message, TextContent
from handoff_sdk.models.report import Live, LiveCounts, Report
from handoff_sdk.models.ticket import Ticket
from handoff_sdk.models.view import ViewName
from handoff_sdk.models.webhook import Delivery, Webhook, WebhookWithSecret
from handoff_sdk.models.workplace import Workplace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff_sdk.models.noun import Noun

__all__ = ["SAMPLES"]

_AT: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
_LATER: Final = _AT + timedelta(seconds=30)
_CONVERSATION: Final = Conversation(
    id="cnv_1",
    customer_id="cus_1",
    bot="bot",
    owner="bot",
    session="active",
    created_at=_AT,
    last_message_at=_AT,
    last_author="customer",
)
_TICKET: Final = Ticket(
    id="tkt_1",
    number=1,
    conversation_id="cnv_1",
    handoff_id="hnd_1",
    brand="default",
    channel="web",
    style="live_chat_returning",
    created_at=_AT,
    updated_at=_AT,
    status_at=_AT,
)
_HANDOFF: Final = Handoff(id="hnd_1", conversation_id="cnv_1", ticket_id="tkt_1", state="queued", position=1)
_MESSAGE: Final = Message(
    id="msg_1",
    conversation_id="cnv_1",
    author=Author(type="customer", id="cus_1", name="Mia"),
    content=TextContent(type="text", text="Hello"),
    epoch=1,
    seq=2,
    public_seq=2,
    at=_AT,
)
_CUSTOMER: Final = Customer(id="cus_1", external_id="42", name="Mia", created_at=_AT)
_ANA: Final = Agent(id="ana", name="Ana", status="online", connected=True, capacity=Capacity(messaging=3))
_WEBHOOK: Final = Webhook(id="whk_1", url="https://example.com/hook", events=("*",), created_at=_AT)

SAMPLES: Final[Mapping[type[Noun], Noun]] = {
    type(sample): sample
    for sample in (
        _CONVERSATION,
        _TICKET,
        _HANDOFF,
        _MESSAGE,
        _WEBHOOK,
        _ANA,
        AnonymousCustomer(customer=_CUSTOMER.model_copy(update={"external_id": None}), token="anonymous"),  # noqa: S106 - it opens nothing
        _CUSTOMER,
        CustomerExport(
            customer=_CUSTOMER,
            at=_LATER,
            conversations=(ExportedConversation(conversation=_CONVERSATION, messages=(_MESSAGE,), tickets=()),),
            ratings=(),
            attachments=(),
        ),
        Delivery(
            id="dlv_1",
            webhook_id="whk_1",
            event_id="evt_1",
            event_type="webhook.test",
            state="delivered",
            attempts=1,
            round_attempts=1,
            created_at=_AT,
            round_at=_AT,
            tried_at=_AT,
            status=204,
        ),
        Breaker(channel="web"),
        CannedReply(name="hello", text="Hello Mia, I am Ana."),
        Feed(cursor=0),
        Followup(id="flw_1", kind="oneoff", state="pending", next_at=_LATER),
        HandedOff(
            handoff=_HANDOFF,
            ticket=_TICKET,
            conversation=_CONVERSATION.model_copy(update={"owner": "human", "epoch": 2, "tickets": 1}),
        ),
        Explained(ticket_id="tkt_1", state="waiting", open=True, queue="standard", position=1, agents=("ana",), out={}),
        Previewed(open=True, queue="standard", agents=("ana",), position=1),
        Attachment(
            id="att_1",
            url="/v1/attachments/att_1?expires=0&signature=none",
            name="teapot.png",
            type="image/png",
            size=68,
            expires_at=_LATER,
        ),
        LoginLink(token="once", path="/console#login=once", expires_at=_LATER),  # noqa: S106 - the same
        Live(at=_AT, active=LiveCounts(), inactive=LiveCounts()),
        Report(report="summary", to=_LATER),
        Configuration(version=1, config={}),
        Findings(),
        RegisteredBot(id="bot", registered_at={"default": _AT}),
        RunningOffer(
            id="ofr_1", agent_id="ana", offered_at=_AT, expires_at=_LATER, ticket_id="tkt_1", conversation_id="cnv_1"
        ),
        Snapshot(conversation=_CONVERSATION, messages=(_MESSAGE,), cursor=2),
        ViewName(name="to answer"),
        WebhookWithSecret(**dict(_WEBHOOK), secret="whsec_" + "A" * 40),
        Workload(agent_id="ana", status="online", capacity=Capacity(messaging=3), used=Capacity()),
        Workplace(
            agent_id="ana",
            role="agent",
            at=_LATER,
            agents=(_ANA,),
            queues=("standard",),
            statuses=("online", "away", "transfers_only", "offline"),
            tickets=(_TICKET,),
            conversations=(_CONVERSATION,),
            customers=(_CUSTOMER,),
            cursor="2",
        ),
    )
}
"""By their type."""
