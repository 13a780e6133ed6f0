"""The API that is not there: a client whose calls are answered with samples, counted, and refused on demand.

For tests of code that calls the desk; what the desk does in turn is for ``VirtualDesk``. Calls go by their names in the
client: ``conversations.handoff``. An answer says what the call said: the same text, the same id.

Source: sdk.md, A client (users' tests) and Testing your bot (``handoff_api``).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, Self, get_args

import httpx
import respx

from handoff_sdk.client.client import HandoffClient
from handoff_sdk.client.resources.conversations import Snapshot
from handoff_sdk.client.resources.customers import AnonymousCustomer
from handoff_sdk.client.resources.events import Feed
from handoff_sdk.client.resources.offers import RunningOffer
from handoff_sdk.client.retries import Retries
from handoff_sdk.errors import BY_CODE
from handoff_sdk.models.agent import Agent, LoginLink, Workload
from handoff_sdk.models.attachment import Attachment
from handoff_sdk.models.bot import RegisteredBot
from handoff_sdk.models.canned import CannedReply
from handoff_sdk.models.configuration import Configuration, Findings
from handoff_sdk.models.conversation import Conversation
from handoff_sdk.models.customer import Customer
from handoff_sdk.models.export import CustomerExport
from handoff_sdk.models.followup import Breaker, Followup
from handoff_sdk.models.handoff import Explained, HandedOff, Handoff, Previewed
from handoff_sdk.models.message import Message
from handoff_sdk.models.nearest import did_you_mean
from handoff_sdk.models.report import Live, Report, ReportName
from handoff_sdk.models.ticket import Ticket
from handoff_sdk.models.view import ViewName
from handoff_sdk.models.webhook import Delivery, Webhook, WebhookWithSecret
from handoff_sdk.models.workplace import Workplace
from handoff_sdk.testing.samples import SAMPLES
from handoff_sdk.testing.told import ToldFeed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import TypeAlias

    from handoff_sdk.errors import HandoffError
    from handoff_sdk.models.event import Actor, Event
    from handoff_sdk.models.noun import JsonObject, Noun

    Answer: TypeAlias = type[Noun] | list[type[Noun]] | None

__all__ = ["CALLS", "HandoffApi"]

_URL: Final = "http://desk.test"
_PARAMETER: Final = re.compile(r"{(\w+)}")
_OK: Final = 200
_CREATED: Final = 201
_CREATES: Final = frozenset(
    {
        "agents.login_link",
        "attachments.upload",
        "conversations.create",
        "conversations.handoff",
        "customers.anonymous",
        "followups.schedule",
        "messages.create",
        "proactive.send",
        "webhooks.create",
    }
)

CALLS: Final[Mapping[str, tuple[str, Answer]]] = {
    "agents.list": ("GET /v1/agents", [Agent]),
    "agents.end_sessions": ("DELETE /v1/agents/{id}/sessions", None),
    "agents.login_link": ("POST /v1/agents/{id}/login_link", LoginLink),
    "agents.set_status": ("PUT /v1/agents/{id}/status", Agent),
    "agents.snapshot": ("GET /v1/agents/{agent_id}/snapshot", Workplace),
    "agents.workload": ("GET /v1/agents/{agent_id}/workload", Workload),
    "attachments.upload": ("POST /v1/attachments", Attachment),
    "bots.done": ("POST /v1/bots/{bot}/turns/{turn_id}/done", None),
    "bots.extend": ("POST /v1/bots/{bot}/turns/{turn_id}/extend", None),
    "bots.register": ("PUT /v1/bots/{id}", RegisteredBot),
    "bots.turns": ("GET /v1/bots/{bot}/turns", []),
    "config.check": ("POST /v1/config/check", Findings),
    "config.get": ("GET /v1/config", Configuration),
    "config.replace": ("PUT /v1/config", Configuration),
    "conversations.activity": ("POST /v1/conversations/{id}/activity", None),
    "conversations.answer_survey": ("POST /v1/conversations/{id}/survey", Conversation),
    "conversations.create": ("POST /v1/conversations", Conversation),
    "conversations.end_session": ("POST /v1/conversations/{id}/end_session", Conversation),
    "conversations.get": ("GET /v1/conversations/{id}", Conversation),
    "conversations.handoff": ("POST /v1/conversations/{conversation_id}/handoff", HandedOff),
    "conversations.leave_queue": ("POST /v1/conversations/{id}/leave_queue", Conversation),
    "conversations.list": ("GET /v1/conversations", [Conversation]),
    "conversations.pass_to": ("POST /v1/conversations/{id}/pass", Conversation),
    "conversations.preview": ("POST /v1/conversations/{conversation_id}/preview", Previewed),
    "conversations.release": ("POST /v1/conversations/{id}/release", Conversation),
    "conversations.snapshot": ("GET /v1/conversations/{conversation_id}/snapshot", Snapshot),
    "conversations.update": ("PATCH /v1/conversations/{id}", Conversation),
    "customers.anonymous": ("POST /v1/customers/anonymous", AnonymousCustomer),
    "customers.block": ("POST /v1/customers/{id}/block", Customer),
    "customers.delete": ("DELETE /v1/customers/{id}", None),
    "customers.export": ("GET /v1/customers/{id}/export", CustomerExport),
    "customers.get": ("GET /v1/customers/{id}", Customer),
    "customers.merge": ("POST /v1/customers/{id}/merge", Customer),
    "customers.update": ("PATCH /v1/customers/{id}", Customer),
    "events.list": ("GET /v1/events", Feed),
    "followups.breakers": ("GET /v1/followups/breakers", [Breaker]),
    "followups.cancel": ("DELETE /v1/conversations/{conversation_id}/followups/{id}", None),
    "followups.list": ("GET /v1/conversations/{conversation_id}/followups", [Followup]),
    "followups.resume": ("POST /v1/followups/breakers/{channel}/resume", Breaker),
    "followups.schedule": ("POST /v1/conversations/{conversation_id}/followups", Followup),
    "handoffs.get": ("GET /v1/handoffs/{id}", Handoff),
    "messages.create": ("POST /v1/conversations/{conversation_id}/messages", Message),
    "messages.list": ("GET /v1/conversations/{conversation_id}/messages", [Message]),
    "messages.redact": ("POST /v1/conversations/{conversation_id}/messages/{id}/redact", Message),
    "offers.accept": ("POST /v1/offers/{offer_id}/accept", Ticket),
    "offers.decline": ("POST /v1/offers/{offer_id}/decline", Ticket),
    "offers.list": ("GET /v1/offers", [RunningOffer]),
    "proactive.send": ("POST /v1/proactive", Followup),
    "tickets.canned": ("GET /v1/tickets/{ticket_id}/canned", [CannedReply]),
    "tickets.explain": ("GET /v1/tickets/{ticket_id}/explain", Explained),
    **{f"reports.{name}": (f"GET /v1/reports/{name}", Report) for name in get_args(ReportName)},
    "reports.live": ("GET /v1/reports/live", Live),
    "tickets.get": ("GET /v1/tickets/{id}", Ticket),
    "tickets.hand_back": ("POST /v1/tickets/{id}/hand_back", Ticket),
    "tickets.list": ("GET /v1/tickets", [Ticket]),
    "tickets.take": ("POST /v1/tickets/{id}/take", Ticket),
    "tickets.transfer": ("POST /v1/tickets/{id}/transfer", Ticket),
    "tickets.update": ("PATCH /v1/tickets/{id}", Ticket),
    "views.list": ("GET /v1/views", [ViewName]),
    "views.tickets": ("GET /v1/views/{name}/tickets", [Ticket]),
    "webhooks.create": ("POST /v1/webhooks", WebhookWithSecret),
    "webhooks.delete": ("DELETE /v1/webhooks/{id}", None),
    "webhooks.deliveries": ("GET /v1/webhooks/{webhook_id}/deliveries", [Delivery]),
    "webhooks.disable": ("POST /v1/webhooks/{id}/disable", Webhook),
    "webhooks.get": ("GET /v1/webhooks/{id}", Webhook),
    "webhooks.list": ("GET /v1/webhooks", [Webhook]),
    "webhooks.redeliver": ("POST /v1/webhooks/{webhook_id}/deliveries/{id}/redeliver", Delivery),
    "webhooks.resume": ("POST /v1/webhooks/{id}/resume", Webhook),
    "webhooks.rotate": ("POST /v1/webhooks/{id}/rotate", WebhookWithSecret),
    "webhooks.test": ("POST /v1/webhooks/{webhook_id}/test", Delivery),
    "webhooks.update": ("PATCH /v1/webhooks/{id}", Webhook),
}
"""How each call is made, and what it answers: a noun, a list, or nothing. What a path has in braces is the field of the
answer that says it. ``events.list`` and ``events.follow`` answer what was told with ``tells``."""


class HandoffApi:
    """Stands in for the engine while it is open, also for clients that others make; the fixture ``handoff_api`` is one.

    ::

        async def test_an_angry_customer_gets_a_person(handoff_api):
            await escalate(handoff_api.client, "cnv_7")
            assert handoff_api.sent("conversations.handoff") == [{"epoch": 1, "priority": "urgent"}]

        async def test_a_person_was_faster(handoff_api):
            handoff_api.refuses("conversations.handoff", "control_lost")
            ...

    Attributes:
        client: A client of it. It tries each call once.
        router: respx's: whatever else there is to set or to assert.
    """

    def __init__(self) -> None:
        self.client = HandoffClient(
            _URL, api_key="hk_test", retries=Retries(total=0), transport=httpx.AsyncHTTPTransport(verify=False)
        )
        self.router = respx.mock(using="httpx", assert_all_called=False)
        for name, (call, _) in CALLS.items():
            method, _, path = call.partition(" ")
            pattern = _PARAMETER.sub(r"(?P<\1>[^/]+)", path)
            route = self.router.route(method=method, path__regex=f"^{pattern}$", name=name)
            route.mock(side_effect=_Answering(name, {}))
        self._feed = ToldFeed()
        self.router["events.list"].mock(side_effect=self._feed.read)
        self.router.get(path="/v1/stream", name="events.follow").mock(side_effect=self._feed.follow)

    def __enter__(self) -> Self:
        self.router.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.router.stop(quiet=True)

    def __getitem__(self, name: str) -> respx.Route:
        """The route of a call, for all that respx can do with it.

        Raises:
            KeyError: There is no such call.
        """
        if name not in CALLS:
            raise KeyError(f"there is no call {name!r}{did_you_mean(name, CALLS)}")
        return self.router[name]

    def answers(self, name: str, **fields: Any) -> None:
        """A call answers its sample with these fields from now on: ``answers("conversations.get", owner="human")``.

        Of a list it is each item; of ``conversations.handoff`` the parts, ``handoff={"state": "accepted"}``.

        Raises:
            ValueError: The answer has no such field.
        """
        route, (_, answer) = self[name], CALLS[name]
        kinds = answer if isinstance(answer, list) else [answer] if answer is not None else []
        known = {field for kind in kinds for field in kind.model_fields}
        for field in fields:
            if field not in known:
                raise ValueError(f"the answer to {name} has no field {field!r}{did_you_mean(field, known)}")
        route.mock(side_effect=_Answering(name, fields))

    def refuses(self, name: str, code: str, detail: str = "", *, retry_after: int | None = None) -> None:
        """A call is refused from now on, with an error's code: ``refuses("messages.create", "control_lost")``.

        Raises:
            ValueError: There is no such code, or the engine does not answer with it.
        """
        error: type[HandoffError] | None = BY_CODE.get(code)
        if error is None or error.status is None:
            raise ValueError(f"the engine refuses nothing with the code {code!r}{did_you_mean(code, BY_CODE)}")
        body = {"type": "about:blank", "title": error.title, "status": error.status, "code": code}
        body |= {"detail": detail or error.title, "request_id": "req_test"}
        headers = {"Content-Type": "application/problem+json"}
        headers |= {"Retry-After": str(retry_after)} if retry_after is not None else {}
        self[name].mock(return_value=httpx.Response(error.status, headers=headers, json=body), side_effect=None)

    def tells(
        self,
        event_type: str,
        *,
        conversation_id: str = "cnv_1",
        ticket_id: str | None = None,
        actor: Actor | None = None,
        **data: Any,
    ) -> Event:
        """Something happens, and ``client.events`` tell of it: ``tells("ticket.solved", conversation_id="cnv_7")``.

        Whoever follows without a cursor gets all that was told, from the first event on. ``data`` is the event's; of
        ``message.created`` it is what the sample of a message does not say: ``message={"content": {...}}``.

        Raises:
            ValueError: There is no such event.
        """
        return self._feed.tell(event_type, conversation_id, ticket_id=ticket_id, actor=actor, data=data)

    def sent(self, name: str) -> list[Any]:
        """The bodies that were sent with a call, oldest first; ``None`` for a call without one, bytes for a file."""
        return [_sent(call.request) for call in self[name].calls]


class _Answering:
    """Answers a call with its sample, and in it what the call said."""

    def __init__(self, name: str, changes: JsonObject) -> None:
        self._status = _CREATED if name in _CREATES else _OK
        self._answer = CALLS[name][1]
        self._changes = changes

    def __call__(self, request: httpx.Request, **named: str) -> httpx.Response:
        sent = _sent(request)
        said = sent if isinstance(sent, dict) else {}
        body: JsonObject
        match self._answer:
            case None:
                body = {}
            case list():
                body = {"items": [_told(kind, named | self._changes) for kind in self._answer]}
            case kind if kind is HandedOff:
                body = _handed_off(said | named, self._changes)
            case kind:
                body = _told(kind, said | named | self._changes)
        return httpx.Response(self._status, json=body)


def _sent(request: httpx.Request) -> Any:  # noqa: ANN401 - any JSON
    """A request's body: what its JSON says, or its bytes."""
    if not request.content:
        return None
    is_json = request.headers.get("Content-Type") == "application/json"
    return json.loads(request.content) if is_json else request.content


def _told(kind: type[Noun], said: Mapping[str, Any]) -> JsonObject:
    """The sample of a noun with what was said of its fields."""
    fields = {name: value for name, value in said.items() if name in kind.model_fields}
    sample = SAMPLES[kind].model_dump(mode="json")
    return kind.model_validate(sample | fields).model_dump(mode="json")


def _handed_off(said: Mapping[str, Any], changes: Mapping[str, Any]) -> JsonObject:
    sample = SAMPLES[HandedOff].model_dump(mode="json")
    where = {"conversation_id": said["conversation_id"]}
    details = {name: value for name, value in said.items() if name not in {"epoch", "followups"}}
    key = said.get("key")
    told = {
        "handoff": {**sample["handoff"], **where, "key": key},
        "ticket": _told(Ticket, {**details, **where, "handoff_key": key}),
        "conversation": {**sample["conversation"], "id": said["conversation_id"], "epoch": said["epoch"] + 1},
    }
    changed = {part: {**told[part], **fields} for part, fields in changes.items()}
    return HandedOff.model_validate(told | changed).model_dump(mode="json")
