"""Grades an endpoint for webhooks: posts to it what is right and what is wrong, and looks at its answers.

What must be accepted is all that an engine may post, in whatever order and however often; what must be refused differs
from it in one thing only.

Source: api.md, Webhooks out; Standard Webhooks, verifying webhook authenticity and operational considerations.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from handoff_sdk.connectors.webhook.sender import WebhookSender
from handoff_sdk.testing.forge import HEADERS, Forge, new_secret

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence

    from handoff_sdk.ports import Clock, Posted
    from handoff_sdk.testing.forge import Post

__all__ = ["Found", "Grade", "NothingAnswers", "examined", "graded"]

Grade = Literal["A", "B", "C", "F"]
State = Literal["ok", "failed", "skipped"]

_SUCCESS: Final = range(200, 300)
_REFUSAL: Final = range(400, 500)
_REDIRECT: Final = range(300, 400)
_GONE: Final = 410
_ANYWHERE: Final = ("0.0.0.0/0", "::/0")
_WITHIN: Final = 15.0
_QUICK: Final = 5.0
_OFF_BY: Final = timedelta(minutes=10)
"""Twice what a receiver should tolerate."""
_MANY: Final = 10
_FOR_A_B: Final = 2


class NothingAnswers(Exception):
    """The endpoint cannot be reached, so that nothing can be said of it; the text says why."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found: ``reason`` is what happened, ``advice`` what to do where it failed."""

    name: str
    state: State
    reason: str
    advice: str | None = None

    @property
    def line(self) -> str:
        """The check in one line."""
        told = f"{self.state} {self.name}: {self.reason}"
        return f"{told}. {self.advice}" if self.advice else told


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at. ``safety``: where it fails, anybody can tell the endpoint anything."""

    name: str
    posts: Callable[[Forge], Sequence[Post]]
    advice: str
    accepted: bool = True
    safety: bool = False
    at_once: bool = False
    twice: bool = False

    @property
    def needs_secret(self) -> bool:
        """Whether it says nothing unless the secret is known."""
        return self.name not in {"bad signature", "missing headers"}


_VERIFY: Final = (
    "Check every post with handoff_sdk.verify_webhook(body, headers, secret) and answer 401 where it raises."
)

CHECKS: Final = (
    Check(
        "signed",
        lambda forge: [forge.post()],
        "Answer 2xx to what is signed well; is the secret this endpoint's, and is the body verified as it came, "
        "before it is parsed?",
        safety=True,
    ),
    Check("bad signature", lambda forge: [forge.foreign()], _VERIFY, accepted=False, safety=True),
    Check(
        "changed body",
        lambda forge: [forge.changed()],
        f"The signature is of the body, byte for byte. {_VERIFY}",
        accepted=False,
        safety=True,
    ),
    Check(
        "missing headers",
        lambda forge: [forge.post(without=names) for names in (*((name,) for name in HEADERS), HEADERS)],
        f"A post without {', '.join(HEADERS)} is not the engine's. {_VERIFY}",
        accepted=False,
        safety=True,
    ),
    Check(
        "stale timestamp",
        lambda forge: [forge.post(off_by=-_OFF_BY)],
        "Refuse what was signed more than 5 minutes ago: somebody may have kept it to play it again.",
        accepted=False,
        safety=True,
    ),
    Check(
        "timestamp in the future",
        lambda forge: [forge.post(off_by=_OFF_BY)],
        "Refuse what was signed more than 5 minutes from now; is this machine's clock right?",
        accepted=False,
    ),
    Check(
        "duplicate",
        lambda forge: [forge.post()],
        "The same webhook-id comes again whenever an answer was lost: answer 2xx, and do nothing the second time.",
        twice=True,
    ),
    Check(
        "secret being replaced",
        lambda forge: [forge.rotating()],
        "While a secret is replaced there are several signatures, with spaces between: one that is right is enough.",
    ),
    Check(
        "reordered",
        lambda forge: forge.reordered(),
        "Events may arrive in another order than they happened: keep them by seq, and answer 2xx.",
    ),
    Check(
        "late",
        lambda forge: [forge.post(forge.body(ago=timedelta(hours=23)))],
        "What counts is when it was signed, not when it happened: retries come for 24 hours.",
    ),
    Check(
        "unknown event type",
        lambda forge: [forge.post(forge.body("invented.happened"))],
        "A newer engine tells of more: answer 2xx to types that you do not know, and pass over them.",
    ),
    Check(
        "unknown fields",
        lambda forge: [forge.newer()],
        "A newer engine tells more of each event: pass over fields that you do not know.",
    ),
    Check(
        "big body",
        lambda forge: [forge.big()],
        "A chat that returns comes with its messages: take bodies of 1 MB.",
    ),
    Check(
        "many at once",
        lambda forge: [forge.post() for _ in range(_MANY)],
        "Conversations are posted side by side: answer at once and do the work afterwards.",
        at_once=True,
    ),
)
_QUICKLY: Final = "Put the event into a queue and answer; after 15 s it counts as failed and comes again."
_NOT_KNOWN: Final = "what is signed well cannot be made without the secret"
_NOT_WAITED: Final = "nothing was answered before"


async def examined(url: str, secret: str | None, clock: Clock) -> list[Found]:
    """What each check found, in order; those that need the secret are skipped without it.

    Args:
        url: The endpoint. It may be anywhere, also on this machine.
        secret: The webhook's secret.
        clock: The real time.

    Raises:
        NothingAnswers: It cannot be reached, or its URL is none.
    """
    sender = WebhookSender(_ANYWHERE, answer_within=_WITHIN)
    refusal = sender.refusal(url)
    if refusal is not None:
        raise NothingAnswers(refusal)
    try:
        return [found async for found in _found(_Endpoint(sender, url), Forge(secret or new_secret(), clock), secret)]
    finally:
        await sender.close()


def graded(found: Iterable[Found]) -> Grade | None:
    """The grade: A all holds, B up to two things do not, C more do not, F not safe; ``None``: not all is known."""
    states = {one.name: one.state for one in found}
    failed = [name for name, state in states.items() if state == "failed"]
    if any(check.safety and check.name in failed for check in CHECKS):
        return "F"
    if "skipped" in states.values():
        return None
    return "A" if not failed else "B" if len(failed) <= _FOR_A_B else "C"


class _Endpoint:
    """The endpoint, and how long its answers took."""

    def __init__(self, sender: WebhookSender, url: str) -> None:
        self._sender = sender
        self._url = url
        self.slowest = 0.0
        self.answered = False
        self.hangs = False

    async def answers(self, posts: Sequence[Post], *, at_once: bool) -> list[Posted]:
        """What it answers to some posts.

        Raises:
            NothingAnswers: It cannot be reached.
        """
        if at_once:
            return list(await asyncio.gather(*map(self._answer, posts)))
        return [await self._answer(post) for post in posts]

    async def _answer(self, post: Post) -> Posted:
        posted = await self._sender.post(self._url, post.headers, post.body)
        if posted.status is not None:
            self.answered = True
            self.slowest = max(self.slowest, posted.seconds)
        elif not self.answered:
            if posted.seconds < _WITHIN:
                raise NothingAnswers(posted.error)
            self.hangs = True
        return posted


async def _found(endpoint: _Endpoint, forge: Forge, secret: str | None) -> AsyncIterator[Found]:
    for check in CHECKS:
        if check.needs_secret and secret is None:
            yield Found(check.name, "skipped", _NOT_KNOWN)
        elif endpoint.hangs:
            yield Found(check.name, "skipped", _NOT_WAITED)
        else:
            posts = list(check.posts(forge)) * (2 if check.twice else 1)
            answers = await endpoint.answers(posts, at_once=check.at_once)
            yield _judged(check, answers)
    if endpoint.answered:
        told = f"the slowest answer took {endpoint.slowest:.2f} s"
        slow = endpoint.slowest > _QUICK
        yield Found("quick", "failed" if slow else "ok", told, _QUICKLY if slow else None)


def _judged(check: Check, answers: Sequence[Posted]) -> Found:
    """What the answers say about a check."""
    for number, posted in enumerate(answers, start=1):
        wrong = _wrong_with(posted, accepted=check.accepted)
        if wrong is not None:
            which = f"post {number} of {len(answers)}: " if len(answers) > 1 else ""
            return Found(check.name, "failed", which + wrong, check.advice)
    statuses = ", ".join(sorted({str(posted.status) for posted in answers}))
    slowest = max(posted.seconds for posted in answers)
    return Found(check.name, "ok", f"{'answered' if check.accepted else 'refused with'} {statuses} in {slowest:.2f} s")


def _wrong_with(posted: Posted, *, accepted: bool) -> str | None:
    """What is wrong with an answer to what should be accepted, or refused."""
    status = posted.status
    if status is None:
        return (posted.error or "no answer came").rstrip(".")
    if accepted:
        remarks = {_GONE: ", which disables the webhook"} | dict.fromkeys(_REDIRECT, ", and redirects are not followed")
        return None if status in _SUCCESS else f"answered {status}{remarks.get(status, '')}"
    if status in _SUCCESS:
        return f"answered {status}, as if it were good"
    return None if status in _REFUSAL else f"answered {status}, which is no refusal (4xx)"
