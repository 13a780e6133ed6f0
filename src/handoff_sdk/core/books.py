"""The books: accounts as they stand, and the facts that were noted since they were opened.

Source: docs/reports.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from handoff_sdk.core.accounts import AgentAccount, ConversationAccount, Fact, TicketAccount

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from handoff_sdk.core.accounts import Account
    from handoff_sdk.models.event import Event

__all__ = ["Books"]

A = TypeVar("A", ConversationAccount, TicketAccount, AgentAccount)


class Books:
    """Accounts, and the facts that events add to them.

    Args:
        accounts: As they stand, of all that the events will be about.
    """

    def __init__(self, accounts: Iterable[Account] = ()) -> None:
        self._accounts: dict[str, Account] = {account.id: account for account in accounts}
        self._changed: set[str] = set()
        self.facts: list[Fact] = []

    @property
    def accounts(self) -> Mapping[str, Account]:
        """All accounts, by id."""
        return self._accounts

    @property
    def changed(self) -> Iterator[Account]:
        """The accounts that are otherwise than they were."""
        return (self._accounts[each] for each in sorted(self._changed))

    def open(self, account: Account) -> None:
        """Begin an account."""
        self._accounts[account.id] = account
        self._changed.add(account.id)

    def set(self, account: A, **changes: Any) -> A:
        """Change an account; answers it as it is then."""
        new = account.model_copy(update=changes)
        self.open(new)
        return new

    def ticket(self, ticket_id: str | None) -> TicketAccount | None:
        """The account of a ticket, where there is one."""
        account = self._accounts.get(ticket_id or "")
        return account if isinstance(account, TicketAccount) else None

    def conversation(self, conversation_id: str | None) -> ConversationAccount | None:
        """The account of a conversation, where there is one."""
        account = self._accounts.get(conversation_id or "")
        return account if isinstance(account, ConversationAccount) else None

    def note(
        self,
        event: Event,
        name: str,
        subject: str | None,
        *,
        key: str | None = None,
        at: datetime | None = None,
        agent: str | None = None,
        detail: str | None = None,
        value: float | None = None,
    ) -> None:
        """Add a fact; without a ``key`` it counts for itself, without ``at`` at the event's instant."""
        last = self.facts[-1] if self.facts else None
        place = last.place + 1 if last is not None and last.cursor == event.cursor else 0
        self.facts.append(
            Fact(
                cursor=event.cursor,
                place=place,
                name=name,
                at=at or event.at,
                subject=subject or "",
                key=f"{event.cursor}/{place}" if key is None else key,
                agent=agent,
                detail=detail,
                value=value,
            )
        )
