"""Every statement of a store, written with SQLAlchemy Core and compiled once for its database.

Parameters go by the names of the columns they are written to; those of conditions say what they are: ``this``, ``was``,
``until``. Constants that decide whether an index can serve stand in the text.

Source: house page, Rooms (store) and decision 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    Delete,
    Insert,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    Update,
    and_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    union,
    union_all,
    update,
)

from handoff_sdk.store import dialects, upserts
from handoff_sdk.store.schema import (
    AT_HAND,
    AT_WORK,
    CLOSED,
    ERASED,
    EVENT,
    LIVE,
    PENDING,
    SENT,
    WAITING,
    accounts,
    agents,
    answers,
    api_keys,
    attachments,
    bots,
    breakers,
    configurations,
    conversations,
    credentials,
    customers,
    deliveries,
    events,
    facts,
    positions,
    secrets,
    slots,
    tickets,
    webhooks,
)
from handoff_sdk.store.statement import Statement, compiled, number, text

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.sql.elements import BindParameter, ClauseElement
    from sqlalchemy.sql.selectable import CompoundSelect

__all__ = ["Statements"]


class Statements:
    """The statements of a store, in the SQL of ``dialect``, whose parameters must have an order (``?`` or ``$1``)."""

    def __init__(self, dialect: Dialect) -> None:  # noqa: PLR0915 - a list of statements
        def made(statement: ClauseElement) -> Statement:
            return compiled(statement, dialect)

        def sure(statement: Insert | Update) -> Statement:
            return made(dialects.sure(statement, dialect))

        def upsert(table: Table) -> Any:  # noqa: ANN401 - each dialect has an Insert of its own
            return dialects.upsert(table, dialect)

        self.add_conversation = made(insert(conversations))
        self.change_conversation = sure(
            update(conversations)
            .where(conversations.c.id == text("this"), conversations.c.version == number("was"))
            .values(_written(conversations, but=("id", "customer_id", "brand")))
        )
        self.add_ticket = made(insert(tickets))
        self.change_ticket = sure(
            update(tickets).where(tickets.c.id == text("this")).values(_written(tickets, but=("id", "conversation_id")))
        )
        self.add_event = made(dialects.add_event(dialect))
        self.add_answer = made(insert(answers))
        self.change_event = sure(update(events).where(events.c.id == text("this")).values(data=text("data")))
        self.change_answer = sure(
            update(answers)
            .where(answers.c.key == text("this"), answers.c.scope == text("of"))
            .values(body=bindparam("body", type_=LargeBinary))
        )
        self.keep_customer = made(upserts.kept(upsert(customers)))
        self.keep_agent = made(upserts.counted(upsert(agents).values(_written(agents, but=()))))
        self.give_agent = sure(upserts.given(upsert(agents)))

        self.thread = made(_threads().where(conversations.c.id == text("this")))
        self.standing = made(_threads().where(conversations.c.id.in_(_at_work())))
        self.agents = made(select(agents.c.body).order_by(agents.c.id))
        load = conversations.c.load_agent
        self.used = made(_used())
        holder = tickets.c.assignee
        by_email = tickets.c.email_agent
        silent = and_(
            load.is_(None),
            holder.is_not(None),
            by_email.is_(None),
            or_(*(tickets.c.status == status for status in AT_HAND)),
        )
        self.inactive = made(_loaded(holder, func.count()).where(silent).group_by(holder).order_by(holder))
        self.emails = made(select(by_email, func.count()).where(by_email.is_not(None)).group_by(by_email))
        self.forget_used = made(update(agents).values(used=literal_column("0")))
        self.set_used = made(update(agents).where(agents.c.id == text("this")).values(used=number("used")))

        self.ticket = made(_ticket(tickets.c.body, tickets.c.id))
        self.ticket_of_handoff = made(_ticket(tickets.c.body, tickets.c.handoff_id))
        self.conversation_of_ticket = made(_ticket(tickets.c.conversation_id, tickets.c.id))
        self.conversation_of_offer = made(_ticket(tickets.c.conversation_id, tickets.c.offer_id))
        self.conversation_of_handoff = made(_ticket(tickets.c.conversation_id, tickets.c.handoff_id))
        self.agent_tickets = made(_in_hand())
        self.open_conversations = made(
            select(conversations.c.id)
            .join(tickets, and_(tickets.c.conversation_id == conversations.c.id, LIVE))
            .where(conversations.c.customer_id == text("this"))
            .order_by(conversations.c.id)
        )

        self.message = made(select(events.c.data).where(events.c.message_id == text("this")))
        self.followups_sent = made(
            select(func.count())
            .select_from(conversations)
            .join(events, events.c.conversation_id == conversations.c.id)
            .where(
                conversations.c.customer_id == text("this"),
                events.c.type == SENT,
                events.c.at >= number("since"),
            )
        )
        self.events_with = made(
            select(*EVENT)
            .where(events.c.conversation_id == text("this"), events.c.data.like(text("pattern")))
            .order_by(events.c.seq)
        )
        self.event = made(select(*EVENT).where(events.c.id == text("this")))
        self.cursor = made(_last())
        self.keep_cursor = made(upserts.kept(upsert(positions)))
        self.last_cursor = made(select(func.max(events.c.cursor)).where(events.c.conversation_id == text("this")))
        self.ticket_ids = made(select(tickets.c.id).where(tickets.c.conversation_id == text("this")))
        self.erase_events = made(delete(events).where(events.c.conversation_id == text("this")))
        self.erase_tickets = made(delete(tickets).where(tickets.c.conversation_id == text("this")))
        self.erase_attachments = made(delete(attachments).where(attachments.c.conversation_id == text("this")))
        self.erase_conversation = made(delete(conversations).where(conversations.c.id == text("this")))
        self.drop_answers_with = made(delete(answers).where(dialects.holds(answers.c.body, "wanted", dialect)))
        self.change_account = made(update(accounts).where(accounts.c.id == text("this")).values(body=text("body")))
        self.due = made(_due())
        self.next_due = made(
            union_all(
                select(func.min(conversations.c.due_at)).where(conversations.c.due_at.is_not(None)),
                select(func.min(agents.c.due_at)).where(agents.c.due_at.is_not(None)),
            )
        )

        self.behind = made(_behind())
        newest = configurations.c.version.desc()
        self.config = made(select(configurations).order_by(newest).limit(1))
        self.config_from = made(
            select(configurations).where(configurations.c.source == text("this")).order_by(newest).limit(1)
        )
        self.add_config = made(insert(configurations))

        self.customer = made(select(customers.c.body).where(customers.c.id == text("this")))
        self.customer_by_external_id = made(select(customers.c.body).where(customers.c.external_id == text("this")))
        self.customer_by_email = made(
            select(customers.c.body)
            .where(customers.c.email == text("this"), customers.c.external_id.is_not(None))
            .order_by(customers.c.id)
        )
        self.conversations_of = made(
            select(conversations.c.id, conversations.c.body)
            .where(conversations.c.customer_id == text("this"))
            .order_by(conversations.c.id)
            .with_for_update()
        )
        self.conversation_count = made(
            select(func.count()).select_from(conversations).where(conversations.c.customer_id == text("this"))
        )
        self.move_conversation = made(
            update(conversations)
            .where(conversations.c.id == text("this"))
            .values(customer_id=text("customer_id"), version=number("version"), body=text("body"))
        )
        self.drop_customer = made(delete(customers).where(customers.c.id == text("this")))

        self.answer = made(select(answers).where(answers.c.key == text("key"), answers.c.scope == text("scope")))
        self.answers_with = made(
            select(answers)
            .where(answers.c.at >= number("since"), dialects.holds(answers.c.body, "wanted", dialect))
            .order_by(answers.c.at)
        )
        self.nth_answer = made(
            select(answers.c.at)
            .where(answers.c.at < number("before"))
            .order_by(answers.c.at)
            .limit(1)
            .offset(bindparam("n", type_=Integer))
        )
        self.drop_answers = made(delete(answers).where(answers.c.at < number("before")))

        self.breakers = made(select(breakers.c.body).order_by(breakers.c.channel))
        self.keep_breaker = made(upserts.kept(upsert(breakers)))
        self.slots = made(select(slots).order_by(slots.c.ladder, slots.c.at))
        self.take_slot = made(upserts.taken(upsert(slots)))
        self.forget_slots = made(delete(slots).where(slots.c.at < number("before")))
        self.bots = made(select(bots.c.body).order_by(bots.c.id))
        self.keep_bot = made(upserts.kept(upsert(bots)))
        self.webhooks = made(select(webhooks.c.secrets, webhooks.c.body).order_by(webhooks.c.id))
        self.add_webhook = made(insert(webhooks))
        self.change_webhook = sure(
            update(webhooks).where(webhooks.c.id == text("this")).values(_written(webhooks, but=("id",)))
        )
        self.drop_webhook = made(delete(webhooks).where(webhooks.c.id == text("this")))
        self.keep_delivery = made(upserts.kept(upsert(deliveries)))
        self.delivery = made(select(deliveries.c.body).where(deliveries.c.id == text("this")))
        self.drop_deliveries = made(delete(deliveries).where(deliveries.c.webhook_id == text("this")))
        self.forget_deliveries = made(_forgotten_deliveries())
        self.keep_account = made(upserts.kept(upsert(accounts)))
        self.account = made(select(accounts.c.body).where(accounts.c.id == text("this")))
        self.add_fact = made(insert(facts))
        self.move_position = sure(upserts.moved(upsert(positions)))
        self.position = made(select(positions.c.cursor).where(positions.c.id == text("this")))
        self.live = made(_loaded(tickets.c.body, conversations.c.body))
        self.keys = made(select(api_keys).order_by(api_keys.c.created_at, api_keys.c.id))
        self.add_key = made(insert(api_keys))
        self.drop_key = made(delete(api_keys).where(api_keys.c.id == text("this")))
        self.credential = made(select(credentials).where(credentials.c.id == text("this")))
        self.credentials = made(
            select(credentials)
            .where(credentials.c.agent_id == text("this"))
            .order_by(credentials.c.created_at, credentials.c.id)
        )
        self.keep_credential = made(upserts.kept(upsert(credentials)))
        self.prolong_credential = made(
            update(credentials).where(credentials.c.id == text("this")).values(expires_at=number("expires_at"))
        )
        self.drop_credential = made(delete(credentials).where(credentials.c.id == text("this")))
        self.forget_credentials = made(delete(credentials).where(credentials.c.expires_at < number("before")))
        self.attachment = made(select(attachments.c.body).where(attachments.c.id == text("this")))
        self.attachments_of = made(
            select(attachments.c.body)
            .where(attachments.c.conversation_id == text("this"))
            .order_by(attachments.c.created_at, attachments.c.id)
        )
        self.keep_attachment = made(upserts.kept(upsert(attachments)))
        self.unsent_attachments = made(
            select(attachments.c.body).where(
                attachments.c.conversation_id.is_(None), attachments.c.created_at < number("before")
            )
        )
        self.drop_attachment = made(delete(attachments).where(attachments.c.id == text("this")))
        self.secret = made(select(secrets.c.value).where(secrets.c.name == text("name")))
        self.add_secret = made(upsert(secrets).on_conflict_do_nothing())


def _written(table: Table, but: tuple[str, ...]) -> dict[Column[Any], BindParameter[Any]]:
    return {column: bindparam(column.name, type_=column.type) for column in table.columns if column.name not in but}


def _last() -> Select[Any]:
    """The last cursor given out, also where its event was erased."""
    erased = select(positions.c.cursor).where(positions.c.id == literal_column(f"'{ERASED}'", Text))
    each = union_all(select(func.max(events.c.cursor).label("cursor")), erased).subquery()
    return select(func.max(each.c.cursor))


def _threads() -> Select[Any]:
    """What ``rows.threads`` reads: a row a ticket, and one for a conversation without any."""
    held = or_(tickets.c.status != CLOSED, tickets.c.id == conversations.c.latest_ticket_id)
    return (
        select(conversations.c.id, conversations.c.body, customers.c.body, tickets.c.body)
        .join_from(conversations, customers, customers.c.id == conversations.c.customer_id)
        .outerjoin(tickets, and_(tickets.c.conversation_id == conversations.c.id, held))
        .order_by(conversations.c.id, tickets.c.number)
    )


def _at_work() -> CompoundSelect[Any]:
    """Conversations with a waiting ticket, a running offer, a live ticket and a connected customer, or open turns."""
    return union(
        select(tickets.c.conversation_id).where(WAITING),
        select(tickets.c.conversation_id).where(tickets.c.offered_to.is_not(None)),
        _loaded(conversations.c.id).where(conversations.c.customer_connected),
        select(conversations.c.id).where(AT_WORK),
    )


def _loaded(*columns: Any) -> Select[Any]:
    """Of conversations with a live ticket, which are the only ones to use capacity."""
    both = tickets.join(conversations, conversations.c.id == tickets.c.conversation_id)
    return select(*columns).select_from(both).where(LIVE)


def _used() -> Select[Any]:
    """By agent: live tickets that use capacity, and those that an agent is asked to take over from another."""
    load, asked = conversations.c.load_agent, tickets.c.offered_to
    taken_over = select(asked.label("agent")).where(asked.is_not(None), tickets.c.assignee.is_not(None))
    each = union_all(_loaded(load.label("agent")).where(load.is_not(None)), taken_over).subquery()
    return select(each.c.agent, func.count()).group_by(each.c.agent).order_by(each.c.agent)


def _ticket(wanted: Column[Any], by: Column[Any]) -> Select[Any]:
    return select(wanted).where(by == text("this"))


def _in_hand() -> CompoundSelect[Any]:
    """Two searches, each with an index of its own."""
    mine = (
        tickets.c.offered_to == text("this"),
        and_(tickets.c.assignee == text("this"), tickets.c.status != CLOSED),
    )
    return union(*(select(tickets.c.id, tickets.c.body).where(condition) for condition in mine)).order_by("id")


def _forgotten_deliveries() -> Delete:
    """What is settled and older than the newest ``keep`` of its webhook; nothing where there are fewer."""
    mine = deliveries.c.webhook_id == text("this")
    newest = select(deliveries.c.id).where(mine).order_by(deliveries.c.id.desc()).limit(1)
    oldest_kept = newest.offset(bindparam("keep", type_=Integer)).scalar_subquery()
    return delete(deliveries).where(mine, deliveries.c.state != PENDING, deliveries.c.id <= oldest_kept)


def _behind() -> Select[Any]:
    """Conversations with work left that an earlier configuration decided about; those without are as they will stay."""
    unclosed = select(tickets.c.id).where(tickets.c.conversation_id == conversations.c.id, tickets.c.status != CLOSED)
    return (
        select(conversations.c.id)
        .where(
            conversations.c.id > text("after"),
            conversations.c.config_version < number("this"),
            or_(conversations.c.due_at.is_not(None), AT_WORK, unclosed.exists()),
        )
        .order_by(conversations.c.id)
        .limit(bindparam("limit", type_=Integer))
    )


def _due() -> CompoundSelect[Any]:
    kinds = {"conversation": conversations, "agent": agents}
    each = (
        select(
            literal_column(f"'{kind}'", Text).label("kind"),
            table.c.id.label("id"),
            table.c.due_at.label("at"),
            table.c.due_rank.label("rank"),
        ).where(table.c.due_at <= number("until"))
        for kind, table in kinds.items()
    )
    return union_all(*each).order_by("at", "rank", "id").limit(bindparam("limit", type_=Integer))
