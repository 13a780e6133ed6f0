"""A channel's window: for how long after the customer's last message anything may be said.

Source: config.md (``channels``); api.md (``window_closed``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff_sdk.errors import WindowClosed
from handoff_sdk.models.message import TemplateContent

if TYPE_CHECKING:
    from handoff_sdk.core.draft import Draft
    from handoff_sdk.models.message import Content

__all__ = ["check_window", "window_open"]


def window_open(draft: Draft) -> bool:
    """Whether the conversation's channel takes anything now; a window's end is not in it any more."""
    channel = draft.config.channels.get(draft.conversation.channel)
    if channel is None or channel.window is None:
        return True
    wrote_at = draft.clocks.customer_at
    return wrote_at is not None and draft.now < wrote_at + channel.window


def check_window(draft: Draft, content: Content | str | None) -> None:
    """Let only a template through where the channel's window is closed; ``None`` stands for no content at all.

    Raises:
        WindowClosed: It is, and the content is something else.
    """
    if not isinstance(content, TemplateContent) and not window_open(draft):
        raise WindowClosed(
            f"The window of the channel {draft.conversation.channel!r} is closed: until the customer writes again, "
            "only content of the type 'template' may be sent; nothing was said."
        )
