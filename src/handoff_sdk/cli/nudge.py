"""``handoff nudge``: one follow-up to each customer who has gone silent.

Source: sdk.md, Command line; lifecycle.md, 7 (one-off follow-ups).
"""

from __future__ import annotations

import asyncio
import math
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from .remote import URL, ApiKey, EngineUrl
from .tail import printable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from datetime import timedelta

    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.models.conversation import Conversation

    from .campaign import Campaign
    from .progress import Progress
    from .stopping import Stop
    from .tally import Fate, Tally

__all__ = ["nudge"]

LastAuthor = Literal["agent", "bot"]
Owner = Literal["bot", "human", "nobody"]
Status = Literal["new", "open", "pending", "on_hold", "solved", "closed"]

_RATE: Final = 10.0
_LONGEST_KEY: Final = 255
"""What the API takes."""
_REFUSED: Final = 1


def nudge(
    *,
    api_key: ApiKey,
    url: EngineUrl = URL,
    silent_for: Annotated[
        str, typer.Option(metavar="DURATION", help="Those without a message for so long: 3d, 1h30m.")
    ],
    last_author: Annotated[
        LastAuthor, typer.Option(help="Who spoke last. Nobody is nudged who waits for an answer.")
    ] = "agent",
    brand: Annotated[str | None, typer.Option(metavar="BRAND", help="Only this brand's.")] = None,
    owner: Annotated[Owner | None, typer.Option(help="Only those of this owner.")] = None,
    status: Annotated[Status | None, typer.Option(help="Only those whose latest ticket has this status.")] = None,
    say: Annotated[
        list[str],
        typer.Option(
            metavar="[LANGUAGE=]TEXT",
            help="What is said, for each language or for all. A text that begins like 'ok=' is written '=ok=...'.",
        ),
    ],
    key: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The campaign's name.  [default: follows from selection and texts]"),
    ] = None,
    rate: Annotated[
        float, typer.Option(min=0.1, max=1000, metavar="NUMBER", help="At most so many messages a second.")
    ] = _RATE,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="NUMBER", help="At most so many messages in this run.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List whom it would reach, and whom not and why. Changes nothing.")
    ] = False,
) -> None:
    """Send one follow-up to each customer who has gone silent.

    Each customer reads the text of their language, else of their brand's, else the one without a language, else the
    first. Texts are Liquid: {{ customer.name | default: 'you' }}. The engine sends, holds (quiet hours) or skips them
    (a ticket solved or on hold, the day's budget, ...) as it does all follow-ups.

    Nobody gets a campaign twice in a conversation. Ctrl-C and SIGTERM end it after the call under way, a second one at
    once; however it ended, the same command goes on with the others. A campaign is known by its --key, which follows
    from the selection and the texts if it is not given: to reach the same conversations once more, give another one.

    The exit status is 0 when everybody selected was dealt with, 1 when the engine refused some or could not be asked,
    2 when the command was given wrongly, 130 after Ctrl-C and 143 after SIGTERM.

    \b
    Examples:
      handoff nudge --silent-for 3d --say 'Do you still need help?' --dry-run
      handoff nudge --silent-for 3d --say 'Still there?' --say de='Noch da?' --brand acme --rate 5
    """  # noqa: D301 - typer keeps the lines after a real \b as they are
    from .campaign import Campaign, Selection, key_of, words

    selection = Selection(
        silent_for=_duration(silent_for), last_author=last_author, brand=brand, owner=owner, status=status
    )
    try:
        texts = words(say)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--say'") from None
    if key is not None and not 0 < len(key) <= _LONGEST_KEY:
        raise typer.BadParameter(f"a name has 1 to {_LONGEST_KEY} characters", param_hint="'--key'")
    campaign = Campaign(selection=selection, say=texts, key=key or key_of(selection, texts))
    raise typer.Exit(asyncio.run(_run(url, api_key, campaign, rate=rate, limit=limit, dry_run=dry_run)))


def _duration(text: str) -> timedelta:
    from handoff_sdk.models.duration import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--silent-for'") from None


async def _run(url: str, api_key: str, campaign: Campaign, *, rate: float, limit: int | None, dry_run: bool) -> int:
    """Nudge everybody selected, or only say what would become of them; the exit status."""
    from rich.console import Console

    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.errors import HandoffError

    from .pace import Pace
    from .progress import progress
    from .stopping import stop_on_signal
    from .tally import Tally

    tally = Tally()
    await _try(url, api_key)
    with stop_on_signal() as stop:
        try:
            async with HandoffClient(url, api_key=api_key) as client:
                pace = Pace(math.inf if dry_run else rate, sleep=stop.sleep)
                fates = _up_to(limit, campaign.nudged(client, pace, stop, dry_run=dry_run), tally)
                if dry_run:
                    await _foretell(client, fates)
                else:
                    with progress(Console(stderr=True, highlight=False)) as shown:
                        await _count_and_send(shown, campaign.counted(client), fates, tally, stop)
        except HandoffError:
            if tally.done:
                _close(campaign, tally, "broken off", dry_run=dry_run)
            raise
    _close(campaign, tally, f"stopped by {stop.signal.name}" if stop.signal else None, dry_run=dry_run)
    if stop.signal:
        return stop.status
    return _REFUSED if tally.of("refused") else 0


async def _try(url: str, api_key: str) -> None:
    """Make sure that there is an engine and that the key is good, at once and not after all the tries of a call."""
    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.client.retries import Retries

    async with HandoffClient(url, api_key=api_key, retries=Retries(total=0)) as client:
        await client.conversations.list(limit=1).page()


async def _up_to(
    limit: int | None, fates: AsyncGenerator[tuple[Conversation, Fate]], tally: Tally
) -> AsyncIterator[tuple[Conversation, Fate]]:
    """The fates, each counted, until so many got a message."""
    async with aclosing(fates):
        async for conversation, fate in fates:
            tally.add(fate)
            yield conversation, fate
            if limit is not None and tally.of("sent", "held") >= limit:
                return


async def _foretell(client: HandoffClient, fates: AsyncIterator[tuple[Conversation, Fate]]) -> None:
    """Print, in a line for everybody, what would become of them."""
    async for conversation, fate in fates:
        typer.echo(_line(conversation, await _customer(client, conversation), fate))


async def _count_and_send(
    shown: Progress,
    counted: AsyncIterator[int],
    fates: AsyncIterator[tuple[Conversation, Fate]],
    tally: Tally,
    stop: Stop,
) -> None:
    """Show how many there are, then how far it has come and why some were refused."""
    total = 0
    async for total in counted:
        shown.at(0, None, f"{total} found")
        if stop.asked:
            return
    shown.say(f"{total} selected")
    async for conversation, fate in fates:
        if fate.verdict == "refused":
            shown.say(f"{conversation.id}: {fate.detail}")
        shown.at(tally.done, max(total, tally.done), tally.gist)


def _line(conversation: Conversation, customer: str, fate: Fate) -> str:
    status = conversation.ticket.status if conversation.ticket else "-"
    silent_since = f"{conversation.last_message_at:%Y-%m-%d %H:%M}Z" if conversation.last_message_at else "-"
    where = (conversation.id, conversation.brand, conversation.owner, status, silent_since)
    return "  ".join((*where, fate.told(dry_run=True), printable(customer)))


async def _customer(client: HandoffClient, conversation: Conversation) -> str:
    """As people know them, as far as they do."""
    from handoff_sdk.errors import NotFound

    try:
        customer = await client.customers.get(conversation.customer_id)
    except NotFound:
        return conversation.customer_id
    known_as = customer.external_id or customer.id
    return f"{customer.name} ({known_as})" if customer.name else known_as


def _close(campaign: Campaign, tally: Tally, why: str | None, *, dry_run: bool) -> None:
    """Sum up what became of everybody, and say how to go on where it ended early."""
    seen = f"{tally.done} conversation{'' if tally.done == 1 else 's'}"
    typer.echo(f"{campaign.key}: {seen}" + (", nothing was changed" if dry_run else ""))
    for line in tally.lines(dry_run=dry_run):
        typer.echo(f"  {line}")
    if why is not None:
        goes_on = "" if dry_run else "; the same command goes on with the others"
        typer.echo(f"{why} after {seen}{goes_on}", err=True)
