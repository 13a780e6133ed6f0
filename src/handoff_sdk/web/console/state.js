/**
 * What an agent knows: a snapshot of what lies before them, and each event of their feed applied. Pure: nothing waits,
 * nothing is changed in place, and what is not known is left alone, so that a newer desk does no harm.
 *
 * - The same event twice, or one that the snapshot tells of already, changes nothing in the end.
 * - Kept are the agent's own tickets, those on offer to them, those that wait for somebody, and the one that is open.
 * - What events tell of without having told all of it is in `missing`, to be read; what happens to it meanwhile is held
 *   back until it has been.
 *
 * Source: api.md, Events; lifecycle.md, 3 (status), 6 (routing) and 8 (promises).
 */

import { UNTOLD, agentOf, byId, conversationOf, ticketOf } from "./nouns.js";
import { concerns, inGroup } from "./seen.js";

/** @typedef {import("./nouns.js").Agent} Agent */
/** @typedef {import("./nouns.js").Conversation} Conversation */
/** @typedef {import("./nouns.js").Customer} Customer */
/** @typedef {import("./nouns.js").Message} Message */
/** @typedef {import("./nouns.js").Promise_} Promise_ */
/** @typedef {import("./nouns.js").Ticket} Ticket */

/**
 * @typedef {object} Open The conversation that is looked at.
 * @property {string} conversation_id
 * @property {string | null} ticket_id the ticket that is worked on
 * @property {Message[]} messages in order
 * @property {boolean} more older ones can be read
 * @property {string | null} typing who is writing
 * @property {string | null} read_up_to the last message that the customer has read
 * @property {string[]} failed ids of messages that did not reach the channel
 */

/** @typedef {{ticket_ids: string[], events: Event[]}} Missing What of a conversation is to be read. */
/** @typedef {{type: string, at: string, conversation_id?: string | null, ticket_id?: string | null,
 *   actor: {type: string, id?: string | null}, data: Record<string, any>}} Event */

/**
 * @typedef {object} Known What is read of one conversation.
 * @property {Conversation} conversation
 * @property {Ticket[]} tickets
 * @property {Customer} [customer]
 */

/**
 * @typedef {object} State
 * @property {string} me
 * @property {"agent" | "lead" | "admin"} role
 * @property {Record<string, Agent>} agents by id, with the agent themselves
 * @property {string[]} groups
 * @property {string[]} queues
 * @property {string[]} statuses that agents may have
 * @property {Record<string, string>} ticket_statuses custom ones, each with the status it belongs to
 * @property {string[]} views
 * @property {boolean} count_inactive whether silent conversations use capacity
 * @property {boolean} more others wait too
 * @property {Record<string, Ticket>} tickets by id
 * @property {Record<string, Conversation>} conversations by id
 * @property {Record<string, Customer>} customers by id
 * @property {Record<string, Missing>} missing by the conversation's id
 * @property {Open | null} open
 */

const REDACTED = { type: "redacted" };
const REPLIES = ["first_reply", "next_reply"];

/**
 * What the snapshot of an agent's workplace tells.
 *
 * @param {any} snapshot
 * @returns {State}
 */
export function fromSnapshot(snapshot) {
  const { agent_id, role, groups, queues, statuses, ticket_statuses, views, count_inactive, more } = snapshot;
  return {
    ...{ me: agent_id, role, groups, queues, statuses, ticket_statuses, views, count_inactive, more },
    agents: byId(snapshot.agents.map(agentOf)),
    tickets: byId(snapshot.tickets.map(ticketOf)),
    conversations: byId(snapshot.conversations.map(conversationOf)),
    customers: byId(snapshot.customers),
    missing: {},
    open: null,
  };
}

/**
 * What is known after one more event.
 *
 * @param {State} state
 * @param {Event} event
 * @returns {State}
 */
export function apply(state, event) {
  const about = event.conversation_id ?? "";
  const missing = state.missing[about];
  const change = CHANGES[event.type];
  let after = change === undefined ? state : change(state, event);
  if (event.type.startsWith("ticket.")) after = entered(after, event);
  if (missing === undefined || after.missing[about] === undefined) return after;
  const { ticket_ids } = after.missing[about];
  return { ...after, missing: { ...after.missing, [about]: { ticket_ids, events: [...missing.events, event] } } };
}

/**
 * What is known once something was asked for: what happens to that conversation is held until the answer is there.
 *
 * @param {State} state
 * @param {string} conversationId
 * @returns {State}
 */
export function asking(state, conversationId) {
  const held = state.missing[conversationId] ?? { ticket_ids: [], events: [] };
  return { ...state, missing: { ...state.missing, [conversationId]: held } };
}

/**
 * What is known after a conversation was read, and what happened to it meanwhile.
 *
 * @param {State} state
 * @param {Known} known
 * @returns {State}
 */
export function withRead(state, { conversation, tickets, customer }) {
  const { [conversation.id]: held, ...missing } = state.missing;
  const customers = customer === undefined ? state.customers : { ...state.customers, [customer.id]: customer };
  const conversations = { ...state.conversations, [conversation.id]: conversationOf(conversation) };
  let after = tickets.map(ticketOf).reduce(withTicket, { ...state, missing, customers, conversations });
  for (const event of held?.events ?? []) after = apply(after, event);
  return swept(after);
}

/**
 * What is known when what was asked for can't be read.
 *
 * @param {State} state
 * @param {string} conversationId
 * @returns {State}
 */
export function withoutRead(state, conversationId) {
  const { [conversationId]: held, ...missing } = state.missing;
  const gone = held?.ticket_ids ?? [];
  const tickets = Object.fromEntries(Object.entries(state.tickets).filter(([id]) => !gone.includes(id)));
  return { ...state, missing, tickets };
}

/**
 * What is known with a conversation open, which was asked for before.
 *
 * @param {State} state
 * @param {Known & {messages: Message[], more: boolean, ticketId: string | null}} read
 * @returns {State}
 */
export function withOpen(state, { messages, more, ticketId, ...known }) {
  const shown = { typing: null, read_up_to: null, failed: [] };
  const open = { conversation_id: known.conversation.id, ticket_id: ticketId, messages, more, ...shown };
  return withRead({ ...state, open }, known);
}

/** @param {State} state @returns {State} with nothing open */
export function withNothingOpen(state) {
  const kept = Object.values(state.tickets).filter((ticket) => concerns(state, ticket));
  return state.open === null ? state : swept({ ...state, open: null, tickets: byId(kept) });
}

/**
 * What is known after older messages of the open conversation were read.
 *
 * @param {State} state
 * @param {Message[]} older
 * @param {boolean} more
 * @returns {State}
 */
export function withHistory(state, older, more) {
  if (state.open === null || older.some((message) => message.conversation_id !== state.open?.conversation_id))
    return state;
  const known = new Set(state.open.messages.map((message) => message.id));
  const messages = [...older.filter((message) => !known.has(message.id)), ...state.open.messages];
  return { ...state, open: { ...state.open, more, messages } };
}

/** @typedef {(state: State, event: Event) => State} Change */

/** @type {Record<string, Change>} */
const CHANGES = {
  "agent.status": (state, { data, at, actor }) => {
    // Whoever sets a status makes the agent connected; the engine does not.
    const connected = actor.type === "system" ? {} : { connected: true };
    return withAgent(state, data.agent_id, { status: data.status, status_at: at, ...connected });
  },
  "agent.connected": (state, { data }) => withAgent(state, data.agent_id, { connected: true }),
  "agent.disconnected": (state, { data }) => withAgent(state, data.agent_id, { connected: false }),
  "message.created": said,
  "message.redacted": (state, event) =>
    withOpened(state, event, ({ messages }) => ({
      messages: messages.map((one) => (one.id === event.data.message_id ? { ...one, content: REDACTED } : one)),
    })),
  "message.failed": (state, event) =>
    withOpened(state, event, (open) => ({ failed: [...open.failed, event.data.message_id] })),
  "message.read": (state, event) =>
    event.data.by === "customer" ? withOpened(state, event, () => ({ read_up_to: event.data.up_to })) : state,
  "typing.started": (state, event) =>
    event.data.by === "customer" ? withOpened(state, event, () => ({ typing: event.data.name ?? "Customer" })) : state,
  "typing.stopped": (state, event) =>
    event.data.by === "customer" ? withOpened(state, event, () => ({ typing: null })) : state,
  "session.started": session,
  "session.active": session,
  "session.inactive": session,
  "session.ended": (state, event) => {
    const live = Object.values(state.tickets).filter(
      (one) => one.live && one.conversation_id === event.conversation_id,
    );
    const stopped = live.map((one) => ({ ...one, sla: ended(one.sla, REPLIES, "stopped", event.at) }));
    return session({ ...state, tickets: { ...state.tickets, ...byId(stopped) } }, event);
  },
  "control.passed": control,
  "control.taken_over": control,
  "control.returned": control,
  "ticket.created": (state, { data }) => withTicket(state, ticketOf(data.ticket)),
  "ticket.updated": (state, event) => {
    const values = Object.entries(event.data.changes).filter(([field]) => !UNTOLD.has(field));
    const changes = Object.fromEntries(values.map(([field, [, now]]) => [field, now]));
    const gone = "abandoned" in changes ? { status_at: event.at, solved_at: event.at } : {};
    return changed(state, event, { ...changes, ...gone, version: event.data.version, updated_at: event.at });
  },
  "ticket.opened": (state, event) => changed(state, event, { status_at: event.at, solved_at: null }),
  "ticket.pending": (state, event) => changed(state, event, { status_at: event.at, solved_at: null }),
  "ticket.on_hold": (state, event) => changed(state, event, { status_at: event.at, solved_at: null }),
  "ticket.solved": (state, event) => {
    const sla = ended(
      state.tickets[event.ticket_id ?? ""]?.sla ?? {},
      [...REPLIES, "resolution"],
      "fulfilled",
      event.at,
    );
    return changed(state, event, { status_at: event.at, solved_at: event.at, sla });
  },
  "ticket.closed": (state, event) => changed(state, event, { status: "closed", status_at: event.at }),
  "ticket.offered": (state, event) => {
    const { offer_id: id, ...offer } = event.data;
    return changed(state, event, { offer: { id, ...offer } });
  },
  "ticket.offer_declined": (state, event) => changed(state, event, { offer: null }),
  "ticket.offer_lapsed": (state, event) => changed(state, event, { offer: null }),
  "ticket.offer_withdrawn": (state, event) => changed(state, event, { offer: null }),
  "ticket.assigned": (state, event) => {
    const offer = state.tickets[event.ticket_id ?? ""]?.offer ?? null;
    const answered = offer?.agent_id === event.data.agent_id;
    return changed(state, event, {
      assignee: event.data.agent_id,
      assigned_at: event.at,
      offer: answered ? null : offer,
    });
  },
  "ticket.unassigned": (state, event) => changed(state, event, { assignee: null, assigned_at: null }),
  "sla.started": (state, event) => promised(state, event, { state: "active", ended_at: null, warned: false }),
  "sla.warning": (state, event) => promised(state, event, { warned: true }),
  "sla.breached": (state, event) => promised(state, event, { state: "breached" }),
  "sla.fulfilled": (state, event) => promised(state, event, { state: "fulfilled", ended_at: event.at }),
  "survey.asked": (state, event) => changed(state, event, { survey: "asked" }),
  "survey.answered": (state, event) => {
    const { rating, comment } = event.data;
    return changed(state, event, { survey: "answered", rating, rating_comment: comment ?? null });
  },
};

/** @type {Change} */
function said(state, event) {
  /** @type {Message} */
  const message = event.data.message;
  const { type } = message.author;
  let after = withOpened(state, event, ({ messages, typing }) => {
    if (messages.some((known) => known.id === message.id)) return {};
    return { messages: [...messages, message], typing: type === "customer" ? null : typing };
  });
  if (message.visibility === "internal" || type === "system") return after;
  after = withConversation(after, event, { last_message_at: message.at, last_author: type });
  const ticket = after.tickets[message.ticket_id ?? ""];
  if (type !== "agent" || ticket === undefined) return after;
  return withTicket(after, { ...ticket, sla: ended(ticket.sla, REPLIES, "fulfilled", event.at) });
}

/** @type {Change} */
function session(state, event) {
  return withConversation(state, event, { session: event.data.session, ended_by: event.data.reason ?? null });
}

/** @type {Change} */
function control(state, event) {
  const { owner, epoch, bot } = event.data;
  const known = state.conversations[event.conversation_id ?? ""];
  if (known === undefined || epoch < known.epoch) return state;
  return withConversation(state, event, { owner, epoch, bot: bot ?? null });
}

/**
 * A ticket of which events tell that it lies before the agent, without telling all of it: it is missing.
 *
 * @type {Change}
 */
function entered(state, { type, data, ticket_id: ticketId, conversation_id: about }) {
  if (!ticketId || !about || state.tickets[ticketId] !== undefined) return state;
  const theirs = (type === "ticket.offered" || type === "ticket.assigned") && data.agent_id === state.me;
  const moved = type === "ticket.updated" && "group" in data.changes && inGroup(state, data.changes.group[1]);
  return theirs || moved || type === "ticket.queued" ? lacking(state, about, ticketId) : state;
}

/** @param {State} state @param {string} about @param {string} ticketId @returns {State} */
function lacking(state, about, ticketId) {
  const known = state.missing[about] ?? { ticket_ids: [], events: [] };
  if (known.ticket_ids.includes(ticketId)) return state;
  return {
    ...state,
    missing: { ...state.missing, [about]: { ...known, ticket_ids: [...known.ticket_ids, ticketId] } },
  };
}

/** @param {State} state @param {string} agentId @param {object} changes @returns {State} */
function withAgent(state, agentId, changes) {
  const agent = state.agents[agentId];
  return agent === undefined ? state : { ...state, agents: { ...state.agents, [agentId]: { ...agent, ...changes } } };
}

/** @param {State} state @param {Event} event @param {object} changes @returns {State} */
function withConversation(state, { conversation_id: about }, changes) {
  const known = state.conversations[about ?? ""];
  if (known === undefined) return state;
  return { ...state, conversations: { ...state.conversations, [known.id]: { ...known, ...changes } } };
}

/** @param {State} state @param {Event} event @param {(open: Open) => Partial<Open>} change @returns {State} */
function withOpened(state, event, change) {
  if (state.open === null || state.open.conversation_id !== event.conversation_id) return state;
  return { ...state, open: { ...state.open, ...change(state.open) } };
}

/** @param {State} state @param {Event} event @param {object} changes @returns {State} */
function changed(state, event, changes) {
  const ticket = state.tickets[event.ticket_id ?? ""];
  return ticket === undefined ? state : withTicket(state, { ...ticket, ...changes });
}

/** @param {State} state @param {Event} event @param {Partial<Promise_>} changes @returns {State} */
function promised(state, event, changes) {
  const { metric, policy, started_at, due } = event.data;
  const sla = state.tickets[event.ticket_id ?? ""]?.sla ?? {};
  return changed(state, event, { sla: { ...sla, [metric]: { ...sla[metric], policy, started_at, due, ...changes } } });
}

/**
 * Promises of which these are not waited for any more; late is late for good.
 *
 * @param {Record<string, Promise_>} sla
 * @param {string[]} metrics
 * @param {"fulfilled" | "stopped"} how
 * @param {string} at
 */
function ended(sla, metrics, how, at) {
  const over = Object.entries(sla).filter(([metric, one]) => metrics.includes(metric) && one.ended_at === null);
  const news = over.map(([metric, one]) => [
    metric,
    { ...one, ended_at: at, state: one.state === "breached" ? one.state : how },
  ]);
  return { ...sla, ...Object.fromEntries(news) };
}

/** @param {State} state @param {Ticket} ticket @returns {State} with the ticket where it is one to keep */
function withTicket(state, ticket) {
  const { id, conversation_id: about } = ticket;
  if (state.open?.ticket_id !== id && !concerns(state, ticket)) {
    if (state.tickets[id] === undefined) return state;
    const { [id]: _, ...tickets } = state.tickets;
    return swept({ ...state, tickets });
  }
  const after = { ...state, tickets: { ...state.tickets, [id]: ticket } };
  return state.conversations[about] === undefined ? lacking(after, about, id) : after;
}

/** @param {State} state @returns {State} without the conversations and customers of tickets that were let go */
function swept(state) {
  const wanted = new Set(Object.values(state.tickets).map((ticket) => ticket.conversation_id));
  if (state.open !== null) wanted.add(state.open.conversation_id);
  const conversations = Object.values(state.conversations).filter((one) => wanted.has(one.id));
  const customers = new Set(conversations.map((one) => one.customer_id));
  const known = Object.values(state.customers).filter((one) => customers.has(one.id));
  return { ...state, conversations: byId(conversations), customers: byId(known) };
}
