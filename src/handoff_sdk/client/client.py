"""The client: the engine's HTTP API as awaitable Python.

Source: sdk.md, A client; api.md.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from handoff_sdk.errors import FieldError, InvalidRequest, Unreachable

from .request import Request, header
from .resources.agents import Agents
from .resources.attachments import Attachments
from .resources.bots import Bots
from .resources.config import Config
from .resources.conversations import Conversations
from .resources.customers import Customers
from .resources.events import Events
from .resources.followups import Followups, Proactive
from .resources.handoffs import Handoffs
from .resources.messages import Messages
from .resources.offers import Offers
from .resources.reports import Reports
from .resources.resource import Caller
from .resources.tickets import Tickets
from .resources.views import Views
from .resources.webhooks import Webhooks
from .retries import Retries
from .transport import Transport

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    import httpx

__all__ = ["HandoffClient"]

_DEFAULT_RETRIES: Final = Retries()


class HandoffClient:
    """A client of one engine, for one credential. Use it with ``async with``; it keeps its connections open in between.

    ::

        async with HandoffClient("http://localhost:8080", api_key="hk_...") as client:
            conversation = await client.conversations.create(customer={"external_id": "42"})
            await client.messages.create(conversation.id, text="Hello", author="customer")

    A call that is refused or gets no answer raises one of ``handoff_sdk.errors``, and nothing else. Reading, putting
    and posting are tried again where that helps (no connection, no answer in time, 429, 502, 503, 504), posts with one
    idempotency key for all tries of a call.

    In tests ``respx.mock(using="httpx")`` stands in for the engine, whatever the transport is: it takes the transport's
    place when a request is sent. (respx's own default, ``using="httpcore"``, sees a plain ``httpx.AsyncHTTPTransport``
    only.) So does ``transport=httpx.MockTransport(handler)``; ``retries=Retries(total=0)`` makes each call one try.

    Args:
        url: Where the engine is, up to but without ``/v1``.
        api_key: A key of a role: ``hk_...``.
        token: A customer's token instead of a key: a signed JWT, or an anonymous one.
        retries: How long a call may take, and how its tries are spread.
        transport: The httpx transport to use; without it httpx over aiohttp, which heeds the environment's proxies.
        uds: The path of a Unix socket to connect to; ``url`` then only names the host.

    Raises:
        InvalidRequest: ``url`` is not an address, or both credentials were given.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        token: str | None = None,
        retries: Retries = _DEFAULT_RETRIES,
        transport: httpx.AsyncBaseTransport | None = None,
        uds: str | None = None,
    ) -> None:
        if api_key is not None and token is not None:
            problem = "give an api_key or a token, not both"
            raise InvalidRequest(f"token: {problem}.", [FieldError("token", problem)])
        if transport is not None and uds is not None:
            problem = "a transport has its own way to connect; give transport or uds, not both"
            raise InvalidRequest(f"uds: {problem}.", [FieldError("uds", problem)])
        credential = api_key if api_key is not None else token
        headers = {"Accept": "application/json", "User-Agent": _user_agent()}
        if credential is not None:
            headers |= header("Authorization", f"Bearer {credential}")
        self._owns_transport = True
        self._act(Caller(Transport(url, retries=retries, transport=transport, uds=uds), headers))

    def _act(self, caller: Caller) -> None:
        self._caller = caller
        self.agents = Agents(caller)
        self.attachments = Attachments(caller)
        self.bots = Bots(caller)
        self.config = Config(caller)
        self.conversations = Conversations(caller)
        self.customers = Customers(caller)
        self.events = Events(caller)
        self.followups = Followups(caller)
        self.handoffs = Handoffs(caller)
        self.messages = Messages(caller)
        self.offers = Offers(caller)
        self.proactive = Proactive(caller)
        self.reports = Reports(caller)
        self.tickets = Tickets(caller)
        self.views = Views(caller)
        self.webhooks = Webhooks(caller)

    @property
    def url(self) -> str:
        """Where the engine is."""
        return self._caller.transport.url

    def as_agent(self, agent_id: str) -> HandoffClient:
        """This client, acting for an agent. It shares the connections; closing it leaves them open.

        Raises:
            InvalidRequest: The id cannot be sent as a header.
        """
        headers = {**self._caller.headers, **header("Handoff-Agent", agent_id)}
        view = object.__new__(type(self))
        view._owns_transport = False
        view._act(Caller(self._caller.transport, headers, agent_id))
        return view

    async def ready(self) -> bool:
        """Whether the engine takes work at this moment. Asks once, and no answer is a no."""
        request = Request("GET", "/readyz", headers=self._caller.headers, once=True)
        try:
            return (await self._caller.transport.send(request)).good
        except Unreachable:
            return False

    async def aclose(self) -> None:
        """Close the connections. A client that came from :meth:`as_agent` leaves them to the one it came from."""
        if self._owns_transport:
            await self._caller.transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        acting = f", agent {self._caller.agent_id!r}" if self._caller.agent_id is not None else ""
        return f"<{type(self).__name__} {self.url}{acting}>"


@cache
def _user_agent() -> str:
    return f"handoff-sdk/{version('handoff-sdk')}"
