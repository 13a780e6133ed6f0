/**
 * What of an agent's state the panes show: pure questions to it.
 *
 * Source: lifecycle.md, 5 (silence), 6.3 (serving order) and 6.10 (used capacity).
 */

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./nouns.js").Ticket} Ticket */
/** @typedef {import("./nouns.js").Conversation} Conversation */
/** @typedef {import("./nouns.js").Promise_} Promise_ */

/** @type {Record<string, string>} */
export const METRICS = { first_reply: "First reply", next_reply: "Next reply", resolution: "Resolution" };
const PRIORITIES = ["urgent", "high", "normal", "low", null];
/** In which order an agent works on what they have. */
const STATUSES = ["new", "open", "pending", "on_hold", "solved", "closed"];

/**
 * Whether a ticket lies before the agent: theirs, on offer to them, or waiting where they may take it.
 *
 * @param {State} state
 * @param {Ticket} ticket
 */
export function concerns(state, ticket) {
  if (ticket.status === "closed") return false;
  return ticket.assignee === state.me || ticket.offer?.agent_id === state.me || waits(state, ticket);
}

/** @param {State} state @param {Ticket} ticket */
function waits(state, ticket) {
  const eligible = ticket.live && ticket.assignee === null && (ticket.status === "new" || ticket.status === "open");
  return eligible && ticket.routing_channel === "messaging" && inGroup(state, ticket.group);
}

/** @param {State} state @param {string | null} group */
export function inGroup(state, group) {
  return state.role !== "agent" || group === null || (state.agents[state.me]?.groups ?? []).includes(group);
}

/** @param {State} state the offers that the agent is to answer, the one that lapses first before the others */
export function offersOf(state) {
  return Object.values(state.tickets)
    .flatMap((ticket) => (ticket.offer?.agent_id === state.me ? [{ ticket, offer: ticket.offer }] : []))
    .sort((one, other) => compare(one.offer.expires_at, other.offer.expires_at));
}

/** @param {State} state the agent's own tickets: by status, and in each who has waited longest first */
export function ownTickets(state) {
  return Object.values(state.tickets)
    .filter((ticket) => ticket.assignee === state.me && ticket.status !== "closed")
    .sort((one, other) => byStatus(one, other) || compare(waitsSince(state, one), waitsSince(state, other)));
}

/** @param {State} state the tickets that wait for somebody, the most urgent first and then the oldest */
export function waitingTickets(state) {
  return Object.values(state.tickets)
    .filter((ticket) => waits(state, ticket))
    .sort((one, other) => byPriority(one, other) || compare(one.created_at, other.created_at));
}

/** @param {State} state the ticket that is worked on, as far as it is known @returns {Ticket | null} */
export function openTicket(state) {
  return state.tickets[state.open?.ticket_id ?? ""] ?? null;
}

/** @param {State} state @returns {Conversation | null} */
export function openConversation(state) {
  return state.conversations[state.open?.conversation_id ?? ""] ?? null;
}

/** @param {State} state @param {string} conversationId who writes there */
export function customerName(state, conversationId) {
  const conversation = state.conversations[conversationId];
  const customer = state.customers[conversation?.customer_id ?? ""];
  return customer?.name ?? customer?.email ?? customer?.external_id ?? "Customer";
}

/** @param {State} state @param {string | null} agentId */
export function agentName(state, agentId) {
  return state.agents[agentId ?? ""]?.name ?? agentId ?? "nobody";
}

/** @param {Ticket} ticket what it is about, in one line */
export function titleOf(ticket) {
  return ticket.subject || (ticket.summary ?? "").split("\n")[0] || ticket.reason || `Ticket ${ticket.number}`;
}

/** @param {State} state @param {Ticket} ticket whether the customer spoke last */
export function isWaitedFor(state, ticket) {
  return ticket.live && state.conversations[ticket.conversation_id]?.last_author === "customer";
}

/** @param {State} state how much of the agent's capacity is used, and how much there is */
export function loadOf(state) {
  const tickets = Object.values(state.tickets);
  const { capacity } = state.agents[state.me] ?? { capacity: { messaging: 0, email: 0 } };
  const emails = tickets.filter(
    (ticket) => ticket.assignee === state.me && ticket.status === "open" && ticket.routing_channel === "email",
  );
  return {
    messaging: { used: tickets.filter((ticket) => usesCapacity(state, ticket)).length, most: capacity.messaging },
    email: { used: emails.length, most: capacity.email },
  };
}

/** @param {State} state @param {Ticket} ticket whether it uses the agent's capacity for conversations */
function usesCapacity(state, ticket) {
  if (!ticket.live) return false;
  if (ticket.offer?.agent_id === state.me) return true;
  const there = state.conversations[ticket.conversation_id]?.session === "active" || state.count_inactive;
  const works = ticket.status === "new" || ticket.status === "open";
  return ticket.assignee === state.me && works && there && ticket.routing_channel === "messaging";
}

/**
 * Since when the customer of the open conversation has left the agent's words unanswered.
 *
 * @param {State} state
 * @returns {string | null} nothing where it is the customer who waits, or where the ticket is parked already
 */
export function silentSince(state) {
  const ticket = openTicket(state);
  if (state.open === null || ticket?.assignee !== state.me || !ticket.live || ticket.status !== "open") return null;
  let since = null;
  for (const message of [...state.open.messages].reverse()) {
    if (message.visibility === "internal" || message.ticket_id !== ticket.id) continue;
    if (message.author.type === "customer") break;
    if (message.author.type === "agent" && !message.via) since = message.at;
  }
  return since;
}

/**
 * What was promised and is not over, what falls due first before the others.
 *
 * @param {Ticket} ticket
 * @returns {Array<Promise_ & {metric: string}>}
 */
export function promisesOf(ticket) {
  return Object.entries(ticket.sla)
    .filter(([, promise]) => promise.ended_at === null)
    .map(([metric, promise]) => ({ metric, ...promise }))
    .sort((one, other) => compare(one.due, other.due));
}

/** @param {State} state @param {Ticket} ticket */
function waitsSince(state, ticket) {
  return state.conversations[ticket.conversation_id]?.last_message_at ?? ticket.created_at;
}

/** @param {Ticket} one @param {Ticket} other */
function byStatus(one, other) {
  return STATUSES.indexOf(one.status) - STATUSES.indexOf(other.status);
}

/** @param {Ticket} one @param {Ticket} other */
function byPriority(one, other) {
  return PRIORITIES.indexOf(one.priority) - PRIORITIES.indexOf(other.priority);
}

/** @param {string} one @param {string} other */
function compare(one, other) {
  return one < other ? -1 : Number(one > other);
}
