"""Follow-ups and proactive messages.

Source: api.md, Resources; lifecycle.md, 7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.client.answer import noun_of
from handoff_sdk.client.request import body_of, command, given, path
from handoff_sdk.models.command import ResumeFollowups, ScheduleFollowup, SendProactive
from handoff_sdk.models.followup import Breaker, Followup

from .resource import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta
    from typing import Any

    from handoff_sdk.client.pages import Pages
    from handoff_sdk.models.customer import CustomerProfile
    from handoff_sdk.models.message import TemplateContent

__all__ = ["Followups", "Proactive"]


class Followups(Resource):
    """``client.followups``."""

    async def schedule(
        self,
        conversation_id: str,
        *,
        say: str | Mapping[str, str] | None = None,
        template: TemplateContent | Mapping[str, Any] | None = None,
        after: str | timedelta | None = None,
        when_silent_for: str | timedelta | None = None,
        key: str | None = None,
        epoch: int | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> Followup:
        """Schedule a follow-up; without ``after`` and ``when_silent_for`` it is sent now.

        With a ``key`` that waits or was sent already, the answer is that one. With ``dry_run`` it is only told what
        would be.

        Args:
            conversation_id: The conversation.
            say: The text, or one a language: ``{"en": ..., "de": ...}``.
            template: What is sent where the channel's window is closed, or without ``say``.
            after: Counted from now: ``"5m"`` or a timedelta.
            when_silent_for: Counted from the first message that the customer has not answered.
            key: It is sent at most once under it in the conversation.
            epoch: The one that a bot read.
            dry_run: Change nothing.
            idempotency_key: Makes a repeated call harmless; one is made if left out.
        """
        when = given(after=after, when_silent_for=when_silent_for, dry_run=dry_run or None)
        fields = given(say=say, template=template, key=key, epoch=epoch) | when
        asked = command(ScheduleFollowup, {"conversation_id": conversation_id, **fields})
        where = path("conversations", conversation_id, "followups")
        body = body_of(asked, "conversation_id")
        return noun_of(Followup, await self._send("POST", where, body, idempotency_key=idempotency_key))

    def list(self, conversation_id: str) -> Pages[Followup]:
        """A conversation's follow-ups, in the order they came up."""
        return self._list(Followup, path("conversations", conversation_id, "followups"))

    async def cancel(self, conversation_id: str, followup_id: str) -> None:
        """Cancel a follow-up; a step of a ladder cancels the ladder."""
        await self._send("DELETE", path("conversations", conversation_id, "followups", followup_id))

    def breakers(self) -> Pages[Breaker]:
        """The channels on which follow-ups were sent, by name. Keys of integrators and admins may ask.

        Where one is ``open``, too many failed, and no more are sent on it until it is resumed.
        """
        return self._list(Breaker, path("followups", "breakers"))

    async def resume(self, channel: str) -> Breaker:
        """Send follow-ups on a channel again; it counts anew. One that is not ``open`` stays as it is.

        Raises:
            NotFound: No follow-up was sent on this channel.
        """
        asked = command(ResumeFollowups, {"channel": channel})
        where = path("followups", "breakers", asked.channel, "resume")
        return noun_of(Breaker, await self._send("POST", where))


class Proactive(Resource):
    """``client.proactive``."""

    async def send(
        self,
        *,
        customer: str | CustomerProfile | Mapping[str, Any],
        text: str | Mapping[str, str] | None = None,
        template: TemplateContent | Mapping[str, Any] | None = None,
        brand: str = "default",
        channel: str = "web",
        conversation_id: str | None = None,
        key: str | None = None,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> Followup:
        """Send one message to a customer who did not ask; with ``dry_run`` it is only told what would be.

        Args:
            customer: Their external id, or a profile.
            text: The text, or one a language.
            template: What is sent where the channel's window is closed, or without ``text``.
            brand: Whose conversation it is, or starts.
            channel: Where.
            conversation_id: The one to go on with; by default the latest of the brand on the channel.
            key: A customer gets it at most once under it.
            dry_run: Change nothing.
            idempotency_key: Makes a repeated call harmless; one is made if left out.
        """
        fields = given(text=text, template=template, conversation_id=conversation_id, key=key)
        whole = {"customer": customer, "brand": brand, "channel": channel, "dry_run": dry_run, **fields}
        body = body_of(command(SendProactive, whole))
        return noun_of(Followup, await self._send("POST", path("proactive"), body, idempotency_key=idempotency_key))
