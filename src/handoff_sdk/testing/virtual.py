"""A desk on a virtual clock for tests: people act on it, real bots work at it, time passes when told.

The engine is the real one on a real store, thrown away afterwards; a bot talks to it over its HTTP API.

Source: sdk.md, Testing your bot.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any, Final, Self

import httpx
from aiohttp import web
from pydantic import ValidationError

from handoff_sdk.client.client import HandoffClient
from handoff_sdk.core.hooks import matches
from handoff_sdk.models.config import DeskConfig
from handoff_sdk.models.duration import parse_duration
from handoff_sdk.models.event import EVENT_TYPES
from handoff_sdk.models.message import Message
from handoff_sdk.models.nearest import did_you_mean
from handoff_sdk.models.webhook import CreateWebhook
from handoff_sdk.ports import ApiKey
from handoff_sdk.server.app import make_app
from handoff_sdk.server.auth import hash_of
from handoff_sdk.testing.actors import AgentActor, CustomerActor
from handoff_sdk.testing.clock import VirtualClock
from handoff_sdk.testing.crew import BotCrew
from handoff_sdk.testing.expect import Expect
from handoff_sdk.testing.faults import Faults
from handoff_sdk.testing.line import STEPS, Cut
from handoff_sdk.testing.part import invalid
from handoff_sdk.testing.receiver import SECRET, Mail, Receiver
from handoff_sdk.testing.scenario import MONDAY
from handoff_sdk.testing.stage import Stage
from handoff_sdk.testing.stuck import Stuck

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
    from datetime import datetime, timedelta
    from types import TracebackType

    from handoff_sdk.bot.bot import Bot
    from handoff_sdk.desk.desk import Desk
    from handoff_sdk.models.conversation import Conversation
    from handoff_sdk.models.event import Event
    from handoff_sdk.ports import Role
    from handoff_sdk.testing.part import Step
    from handoff_sdk.testing.receiver import Handler

__all__ = ["VirtualDesk"]

_KEYS: Final[Mapping[Role, str]] = {"bot": "hk_bot", "integrator": "hk_integrator", "admin": "hk_admin"}


class VirtualDesk:
    """A desk for tests, open inside ``async with``. The fixture ``handoff_desk`` is one.

    ::

        async def test_a_person_helps(handoff_desk):
            handoff_desk.bot(bot)
            mia, ana = handoff_desk.customer("mia"), handoff_desk.agent("ana")
            await mia.says("My parcel is lost!")
            assert mia.hears == ["I am getting a colleague."]
            await ana.status("online")
            await ana.accepts(mia)

    Whatever people do returns when the desk and its bots are at rest, so that nothing has to be waited for.

    Args:
        config: A configuration, a mapping of one, or the path of a YAML file; the empty one by default.
        start: When it is; a Monday, nine o'clock UTC, by default.

    Raises:
        ConfigError: The configuration cannot be used.

    Attributes:
        clock: The desk's time.
        faults: Lets deliveries go wrong.
    """

    def __init__(
        self, config: str | Path | Mapping[str, Any] | DeskConfig | None = None, *, start: datetime = MONDAY
    ) -> None:
        self.config = _config_of(config)
        self.clock = VirtualClock(start)
        # Short, for the path of a socket may not be long.
        self._folder = Path(gettempdir()) / f"handoff-desk-{token_hex(4)}"
        self._socket = self._folder / "desk.sock"
        self._crew = BotCrew(self._socket, _KEYS["bot"], self.clock)
        self._mail = Mail(self.clock)
        self._stage = Stage(self._folder, self.config, self.clock, crew=self._crew, sender=self._mail)
        self._open = AsyncExitStack()
        self._served = AsyncExitStack()
        self._receivers: list[Receiver] = []
        self._new_receivers: list[Receiver] = []
        self.faults = Faults(self._crew)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opening:
            self._folder.mkdir(mode=0o700)
            opening.callback(rmtree, self._folder)
            await opening.enter_async_context(self._stage)
            for role, secret in _KEYS.items():
                key = ApiKey(id=f"key_{role}", role=role, hash=hash_of(secret), created_at=self.clock.now())
                await self._stage.desk.store.add_key(key)
            opening.push_async_callback(self._stop_serving)
            await self._serve()
            opening.push_async_callback(self._crew.close)
            opening.push_async_callback(self._mail.flush)
            await self.rest()
            self._open = opening.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    # Who is there

    def customer(
        self,
        name: str,
        /,
        *,
        conversation: str | None = None,
        brand: str | None = None,
        channel: str | None = None,
        **profile: Any,
    ) -> CustomerActor:
        """A customer.

        Args:
            name: What they are called at this desk, which is their ``external_id``.
            conversation: The name of a further conversation of theirs; the first one goes by their own.
            brand: Where the conversation begins; ``default`` if left out.
            channel: The same; ``web`` if left out.
            profile: What their application knows of them: ``name="Mia"``, ``language="de"``, ``plan="gold"``.
        """
        return CustomerActor(
            self, name, conversation=conversation, profile=profile or None, brand=brand, channel=channel
        )

    def agent(self, name: str) -> AgentActor:
        """An agent of the configuration, who is offline at first.

        Raises:
            ValueError: The configuration has no such agent.
        """
        agents = self.config.agents
        if name not in agents:
            there = f"it has {', '.join(sorted(agents))}" if agents else "it has none"
            raise ValueError(f"the configuration has no agent {name!r}{did_you_mean(name, agents)}; {there}")
        return AgentActor(self, name)

    def bot(self, bot: Bot) -> None:
        """Let a bot work here: it gets what there is to do, also what its earlier process left.

        It registers for its brands, whose new conversations it owns unless the configuration names another bot.
        """
        self._crew.hire(bot)

    def webhook(self, target: Handler | str, events: Sequence[str] = ("*",), *, secret: str = SECRET) -> Receiver:
        """Have events posted from now on; what arrived is in ``arrived``.

        Args:
            target: ``async def handler(body: bytes, headers) -> int | None``, or a URL.
            events: Types of events, or patterns: ``ticket.*``.
            secret: The webhook's secret, for ``verify_webhook``.

        Raises:
            ValueError: The desk posts to this URL already.
        """
        number = len(self._receivers) + 1
        url = target if isinstance(target, str) else f"https://receiver-{number}.test/"
        if any(receiver.url == url for receiver in self._receivers):
            raise ValueError(f"this desk posts to {url} already; give all its events at once")
        receiver = Receiver(target, url, events=events, secret=secret)
        self._receivers.append(receiver)
        self._new_receivers.append(receiver)
        self._mail.add(receiver)
        return receiver

    def client(self, role: Role = "integrator") -> HandoffClient:
        """A client for what else there is; it is closed with the desk. After a call of it ``await desk.rest()``."""
        transport = httpx.AsyncHTTPTransport(uds=str(self._socket), verify=False)
        client = HandoffClient("http://desk", api_key=_KEYS[role], transport=transport)
        self._open.push_async_callback(client.aclose)
        return client

    # What happens

    async def advance(self, duration: str | timedelta) -> None:
        """Let time pass, ``"4d"``; what falls due on the way happens at its instant."""
        length = parse_duration(duration) if isinstance(duration, str) else duration
        await self.advance_to(self.clock.now() + length)

    async def advance_to(self, instant: datetime) -> None:
        """Let time pass until an instant."""
        await self._ready()
        await self._mail.flush()
        await self._stage.advance_to(instant)
        await self.rest()

    async def rest(self) -> None:
        """Let everything happen that is due or follows.

        Where the process of a bot died, the time passes until what it had leased is delivered again, and was done.
        """
        await self._ready()
        await self._stage.rest()
        while (due := self._crew.due_at) is not None:
            await self._stage.advance_to(max(due, self.clock.now()))
            await self._stage.rest()

    async def restart(self) -> None:
        """Stop the engine, and start it again from its store."""
        await self._stop_serving()
        await self._stage.restart()
        await self._serve()
        await self.rest()

    def crash(
        self, bot: Bot, *, before: str | None = None, after: str | None = None, nth: int = 1, stays_down: bool = False
    ) -> None:
        """Kill a bot's process: at once, or at one of its next steps. Another one takes over, unless it stays down.

        Args:
            bot: A bot that works here.
            before: A step (``say``, ``ask``, ``handoff``, ... or ``done``, the end of a turn): it dies when it has
                begun, and the desk has not got it.
            after: A step: the desk got it, but the process never learns so.
            nth: At which one of these steps, counted from now.
            stays_down: No other process takes over until ``desk.bot(bot)`` is called again.

        Raises:
            ValueError: There is no such step, or both ``before`` and ``after`` are given.
        """
        if before is not None and after is not None:
            raise ValueError("a process dies before a step or after one; give one of before and after")
        step = before if before is not None else after
        if step is None:
            self._crew.kill(bot, stays_down=stays_down)
            return
        if step not in STEPS:
            raise ValueError(f"there is no step {step!r}{did_you_mean(step, STEPS)}; there are {', '.join(STEPS)}")
        self._crew.cut(bot, Cut(step, nth, after=after is not None), stays_down=stays_down)

    async def crash_everywhere(self, bot: Bot, story: Callable[[VirtualDesk], Awaitable[object]]) -> int:
        """Play a story again and again, each time on a fresh desk, and kill the bot's process once: at every place.

        That is before and after everything the bot sends. The customers have to read the same as when nobody dies, each
        line once; whatever ``story`` itself asserts has to hold too. Time may differ by the 30 seconds of a lease.

        Args:
            bot: The bot; it works at each of the desks already.
            story: What customers and agents do, and what is expected. It gets a desk with this one's configuration.

        Returns:
            In how many places it died.

        Raises:
            AssertionError: The customers read something else; the text says where it died.
        """
        expected, sent = await self._told(bot, story, None)
        for number in range(1, sent + 1):
            for after in (False, True):
                cut = Cut(None, number, after)
                try:
                    read, _ = await self._told(bot, story, cut)
                except BaseException as error:
                    error.add_note(str(cut))
                    raise
                if read != expected:
                    raise AssertionError(f"{cut}, and the customers read {read} instead of {expected}")
        return 2 * sent

    # What is seen

    def events(self, *types: str) -> list[Event]:
        """What happened so far, as staff see it, in order; of these types or patterns (``ticket.*``), or all.

        Raises:
            ValueError: There are no events of such a type.
        """
        for kind in types:
            if not any(matches([kind], known) for known in EVENT_TYPES):
                raise ValueError(f"there are no events {kind!r}{did_you_mean(kind, EVENT_TYPES)}")
        happened = (entry.event for entry in self._stage.happened)
        return [event for event in happened if matches(types or ("*",), event.type)]

    async def expect(self, **expected: Any) -> None:
        """Assert what the ``expect`` of a scenario does: ``expect(owner="human", ticket={"status": "new"})``.

        Raises:
            AssertionError: It does not hold.
        """
        named = expected.get("conversation")
        given = expected | ({"conversation": str(named)} if named is not None else {})
        try:
            await Expect.model_validate({"expect": given}).play(self._stage)
        except ValidationError as error:
            raise invalid(error) from None
        except Stuck as stuck:
            raise AssertionError(str(stuck)) from None

    async def conversation(self, name: str) -> Conversation:
        """A conversation by its name, as it is now, with its latest ticket."""
        return await self._stage.conversation(self._stage.talk(name))

    def messages(self, name: str) -> list[Message]:
        """The public messages of a conversation, oldest first; none before it has begun."""
        talk = self._stage.find(name)
        return [Message.model_validate(message) for message in talk.messages] if talk is not None else []

    # How it works

    async def do(self, step: type[Step], said: Mapping[str, Any]) -> None:
        """Play a scenario's step, and let everything come to rest.

        Raises:
            HandoffError: The desk refused it.
        """
        await self._ready()
        try:
            await step.model_validate(said).play(self._stage)
        except ValidationError as error:
            raise invalid(error) from None
        finally:
            await self.rest()

    async def _told(
        self, bot: Bot, story: Callable[[VirtualDesk], Awaitable[object]], cut: Cut | None
    ) -> tuple[dict[str, list[tuple[str, str | None]]], int]:
        """What the customers read in a story by conversation, and how much the bot sent."""
        async with VirtualDesk(self.config) as desk:
            desk.bot(bot)
            if cut is not None:
                desk._crew.cut(bot, cut, stays_down=False)
            await story(desk)
            read: dict[str, list[tuple[str, str | None]]] = {}
            for entry in desk._stage.happened:
                if entry.event.type == "message.created":
                    message = Message.model_validate(entry.event.data["message"])
                    if message.visibility == "public":
                        said = (message.author.type, message.text)
                        read.setdefault(entry.conversation or message.conversation_id, []).append(said)
            return read, desk._crew.sent(bot)

    async def _ready(self) -> None:
        """Let those who came since the last time begin."""
        await self._crew.register(self._stage.desk)
        new, self._new_receivers = self._new_receivers, []
        for receiver in new:
            command = CreateWebhook(url=receiver.url, events=receiver.events, secret=receiver.secret)
            await self._stage.desk.webhooks.create(command)

    async def _serve(self) -> None:
        await self._served.enter_async_context(_listening(self._stage.desk, self._socket))

    async def _stop_serving(self) -> None:
        await self._served.aclose()


@asynccontextmanager
async def _listening(desk: Desk, socket: Path) -> AsyncIterator[None]:
    runner = web.AppRunner(make_app(desk), access_log=None)
    await runner.setup()
    try:
        await web.UnixSite(runner, socket).start()
        yield
    finally:
        await runner.cleanup()


def _config_of(config: str | Path | Mapping[str, Any] | DeskConfig | None) -> DeskConfig:
    match config:
        case DeskConfig():
            return config
        case str() | Path():
            return DeskConfig.load(config)
        case _:
            return DeskConfig.parse(config)
