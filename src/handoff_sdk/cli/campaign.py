"""A campaign of nudges: whom it selects, what it says to each of them, and what became of it.

Nothing about it is kept on this side. A follow-up is sent at most once under its key in a conversation, and a
conversation that was nudged is not silent any more. So a campaign that was cut short, however, is run again to go on.

Source: lifecycle.md, 7 (one-off follow-ups); api.md, ``/conversations`` and ``/followups``.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Literal

from handoff_sdk.errors import NotFound, Refused, TemplateError, Unprocessable
from handoff_sdk.models.duration import format_duration
from handoff_sdk.models.template import problem_of

from .tally import Fate

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
    from datetime import timedelta

    from handoff_sdk.client.client import HandoffClient
    from handoff_sdk.client.pages import Pages
    from handoff_sdk.models.conversation import Conversation, Owner
    from handoff_sdk.models.followup import Followup
    from handoff_sdk.models.ticket import Status

    from .pace import Pace
    from .stopping import Stop

__all__ = ["Campaign", "Selection", "key_of", "words"]

_LARGEST_PAGE: Final = 100
_KNOWN_FOR: Final = 10
"""Seconds for which what a page says of conversations is believed before they are nudged."""

_TAGGED: Final = re.compile(r"([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)?=(.*)", re.DOTALL)
_UNDETERMINED: Final = "und"
"""The language tag (BCP 47) of a text that is for everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which conversations, as the list of the API chooses them."""

    silent_for: timedelta
    last_author: Literal["agent", "bot"] = "agent"
    brand: str | None = None
    owner: Owner | None = None
    status: Status | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What is said to whom; ``key`` is its name, under which nobody gets it twice in a conversation."""

    selection: Selection
    say: str | Mapping[str, str]
    key: str

    async def counted(self, client: HandoffClient) -> AsyncIterator[int]:
        """How many conversations the selection fits, page by page up to the last one; the last count is of all."""
        count = 0
        async for page in self._selected(client, _LARGEST_PAGE).pages():
            count += len(page.items)
            yield count

    async def nudged(
        self, client: HandoffClient, pace: Pace, stop: Stop, *, dry_run: bool = False
    ) -> AsyncGenerator[tuple[Conversation, Fate]]:
        """Nudge one conversation after the other, and tell what became of each, until there are no more.

        A page is no longer than what is nudged within seconds of reading it, so that nobody is nudged on old knowledge.

        Args:
            client: The engine, as somebody who may.
            pace: Is asked for a turn before each one.
            stop: Ends it, after what is under way.
            dry_run: Only ask what would become of them.

        Raises:
            HandoffError: The engine cannot be reached or refuses what holds for all of them: the key or the text.
        """
        page = int(max(1, min(_LARGEST_PAGE, pace.rate * _KNOWN_FOR)))
        async for conversation in self._selected(client, page):
            await pace.turn()
            if stop.asked:
                return
            yield conversation, await self._fate(client, conversation, dry_run=dry_run)

    def _selected(self, client: HandoffClient, limit: int) -> Pages[Conversation]:
        """Newest first, so many a page."""
        which = self.selection
        return client.conversations.list(
            silent_for=which.silent_for,
            last_author=which.last_author,
            brand=which.brand,
            owner=which.owner,
            status=which.status,
            limit=limit,
        )

    async def _fate(self, client: HandoffClient, conversation: Conversation, *, dry_run: bool) -> Fate:
        try:
            followup = await client.followups.schedule(conversation.id, say=self.say, key=self.key, dry_run=dry_run)
        except TemplateError:  # the same text would be refused everywhere
            raise
        except (NotFound, Refused, Unprocessable) as error:
            return Fate("refused", error.code, error.detail)
        return _read(followup, conversation)


def _read(followup: Followup, before: Conversation) -> Fate:
    """What the engine's answer says; what it knew under the key was sent before the conversation was listed."""
    if followup.state == "skipped":
        return Fate("skipped", followup.why_not_sent)
    if followup.state == "held":
        return Fate("held")
    sent_at, listed_at = followup.sent_at, before.last_message_at
    known = followup.state != "sent" or (sent_at is not None and listed_at is not None and sent_at <= listed_at)
    return Fate("already nudged" if known else "sent")


def words(given: Iterable[str]) -> str | dict[str, str]:
    """The texts of a campaign from ``TEXT``, ``LANGUAGE=TEXT`` and ``=TEXT``: one, or one a language.

    What stands before the first ``=`` is a language where it is written like one; ``=`` alone says that there is none.

    >>> words(["1 + 1 = 2"])
    '1 + 1 = 2'
    >>> words(["de=Noch da?", "Still there?"])
    {'und': 'Still there?', 'de': 'Noch da?'}

    Raises:
        ValueError: A text cannot be said, or there are two for one language.
    """
    texts: dict[str, str] = {}
    for option in given:
        match = _TAGGED.fullmatch(option)
        language, text = match.groups() if match else (None, option)
        whose = f"the text for {language!r}" if language else "the text without a language"
        if (language or _UNDETERMINED) in texts:
            raise ValueError(f"{whose} is given twice; a text that begins with a word and '=' is written '=TEXT'")
        problem = problem_of(text)
        if problem is not None:
            raise ValueError(f"{whose} {problem}")
        texts[language or _UNDETERMINED] = text
    if texts.keys() == {_UNDETERMINED}:
        return texts[_UNDETERMINED]
    # Whose language there is no text for gets the first one.
    return dict(sorted(texts.items(), key=lambda item: item[0] != _UNDETERMINED))


def key_of(selection: Selection, say: str | Mapping[str, str]) -> str:
    """The name that a campaign has if it is given none: the same whenever the same is said to the same selection."""
    which = asdict(selection) | {"silent_for": format_duration(selection.silent_for)}
    told = json.dumps([which, say], sort_keys=True, separators=(",", ":"))
    return f"nudge-{hashlib.sha256(told.encode()).hexdigest()[:12]}"
