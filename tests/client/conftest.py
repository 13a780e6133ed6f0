"""A client whose time is moved, and nouns as the engine writes them."""

import pytest
import respx

from handoff_sdk import HandoffClient, Retries

URL = "http://desk.test"
AT = "2026-01-05T09:00:00Z"

TICKET = {
    "id": "tkt_1", "number": 1, "conversation_id": "cnv_1", "brand": "default", "channel": "web", "style": "live_chat",
    "created_at": AT, "updated_at": AT, "status_at": AT, "close_after": "1h30m",
}  # fmt: skip
CONVERSATION = {"id": "cnv_1", "customer_id": "cus_1", "owner": "bot", "epoch": 1, "created_at": AT, "ticket": TICKET}
MESSAGE = {
    "id": "msg_1", "conversation_id": "cnv_1", "author": {"type": "customer", "id": "cus_1"},
    "content": {"type": "text", "text": "Hello"}, "epoch": 1, "seq": 2, "at": AT,
}  # fmt: skip
HANDOFF = {"id": "hnd_1", "conversation_id": "cnv_1", "ticket_id": "tkt_1", "state": "queued", "position": 1}
AGENT = {"id": "ana", "status": "online"}
CUSTOMER = {"id": "cus_1", "created_at": AT}
EVENT = {"id": "evt_1", "seq": 1, "cursor": 5, "type": "message.created", "at": AT, "actor": {"type": "customer"}}
OFFER = {
    "id": "ofr_1", "agent_id": "ana", "offered_at": AT, "expires_at": AT,
    "ticket_id": "tkt_1", "conversation_id": "cnv_1",
}  # fmt: skip
CAPACITY = {"messaging": 3, "email": 0}

NOUNS = {
    "agent": AGENT,
    "anonymous": {"customer": CUSTOMER, "token": "t.o.k", "expires_at": AT},
    "breaker": {"channel": "web", "sent": ["msg_1"], "failed": [], "open": False},
    "configuration": {"version": 3, "config": {"agents": {"ana": {}}}},
    "conversation": CONVERSATION,
    "customer": CUSTOMER,
    "event": EVENT,
    "export": {
        "customer": CUSTOMER, "at": AT, "ratings": [], "attachments": [],
        "conversations": [{"conversation": CONVERSATION, "messages": [MESSAGE], "tickets": [TICKET]}],
    },
    "feed": {"items": [EVENT], "cursor": "5"},
    "registered": {"id": "ada", "registered_at": {"acme": AT}, "version": "2"},
    "preview": {"open": True, "queue": "standard", "agents": ["ana"], "out": {"ben": "status"}, "position": 1},
    "followup": {"id": "fup_1", "kind": "oneoff", "state": "pending"},
    "handed_off": {"handoff": HANDOFF, "ticket": TICKET, "conversation": CONVERSATION},
    "handoff": HANDOFF,
    "login_link": {"token": "once", "path": "/console#login=once", "expires_at": AT},
    "message": MESSAGE,
    "nothing": {},
    "offer": OFFER,
    "snapshot": {"conversation": CONVERSATION, "messages": [MESSAGE], "cursor": "5"},
    "ticket": TICKET,
    "workplace": {
        "agent_id": "ana", "role": "agent", "at": "2026-01-05T09:00:00Z", "agents": [], "tickets": [TICKET],
        "conversations": [CONVERSATION], "cursor": "5",
    },
    "workload": {"agent_id": "ana", "status": "online", "capacity": CAPACITY, "used": CAPACITY},
}  # fmt: skip


class Time:
    """Time that only waiting moves."""

    def __init__(self):
        self.now = 0.0
        self.waits = []

    async def sleep(self, seconds):
        self.waits.append(seconds)
        self.now += seconds

    def clock(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def retries(time):
    return Retries(sleep=time.sleep, clock=time.clock, chance=lambda: 0.5)


@pytest.fixture
async def client(retries):
    async with HandoffClient(URL, api_key="hk_test", retries=retries) as client:
        yield client


@pytest.fixture
def engine():
    with respx.mock(base_url=URL, using="httpx", assert_all_called=False) as engine:
        yield engine


@pytest.fixture
def nouns():
    return NOUNS
