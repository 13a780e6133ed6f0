/**
 * What the desk tells an agent of tickets, conversations, customers, colleagues and messages, without what nobody would
 * learn of when it changes.
 *
 * Source: api.md, Events.
 */

/**
 * @typedef {object} Offer
 * @property {string} id
 * @property {string} agent_id
 * @property {string} expires_at
 * @property {boolean} transfer a colleague asks
 * @property {string | null} held_by who keeps the ticket until it is accepted
 */

/**
 * @typedef {object} Promise_ How soon something is to be done.
 * @property {"active" | "fulfilled" | "breached" | "stopped"} state
 * @property {string} policy
 * @property {string} due
 * @property {string} started_at
 * @property {string | null} ended_at when it was over
 * @property {boolean} warned
 */

/**
 * @typedef {object} Ticket
 * @property {string} id
 * @property {number} number
 * @property {string} conversation_id
 * @property {number} version
 * @property {boolean} live
 * @property {string} status
 * @property {string | null} custom_status
 * @property {string | null} priority
 * @property {string | null} subject
 * @property {string | null} summary
 * @property {string | null} reason
 * @property {Record<string, any>} fields
 * @property {{name: string, schema: Record<string, any>} | null} form
 * @property {string[]} tags
 * @property {string | null} group
 * @property {string} queue
 * @property {string} routing_channel
 * @property {string | null} assignee
 * @property {Offer | null} offer
 * @property {Record<string, Promise_>} sla by metric
 * @property {string} created_at
 * @property {string} status_at
 */

/**
 * @typedef {object} Conversation
 * @property {string} id
 * @property {string} customer_id
 * @property {string} brand
 * @property {string} channel
 * @property {string | null} bot
 * @property {"bot" | "human" | "nobody"} owner
 * @property {number} epoch
 * @property {"none" | "active" | "inactive" | "ended"} session
 * @property {string} created_at
 * @property {string | null} last_message_at
 * @property {"customer" | "bot" | "agent" | null} last_author
 */

/** @typedef {{id: string, name: string | null, email: string | null, external_id: string | null}} Customer */

/**
 * @typedef {object} Agent
 * @property {string} id
 * @property {string | null} name
 * @property {string[]} groups
 * @property {string} status
 * @property {boolean} connected
 * @property {{messaging: number, email: number}} capacity
 */

/**
 * @typedef {object} Message
 * @property {string} id
 * @property {string} conversation_id
 * @property {{type: "customer" | "bot" | "agent" | "system", id?: string | null, name?: string | null}} author
 * @property {Record<string, any> & {type: string}} content
 * @property {"public" | "internal"} visibility
 * @property {string | null} [via]
 * @property {string | null} [ticket_id] the ticket it reached; none where the bot had the conversation
 * @property {number} epoch
 * @property {number} seq
 * @property {string} at
 */

/** What routing keeps on a ticket beside what it tells; nobody would learn when it changes. */
export const UNTOLD = new Set([
  ...["passed_over", "retry_at", "eligible_at", "unassigned_at", "accepted_at", "first_reply_at", "customer_at"],
  ...["agent_at", "put_into", "relaxed", "given_inactive", "field_versions", "close_after"],
]);

/** @param {any} agent @returns {Agent} */
export function agentOf({ used, inactive, lapses, given_at, gave_back_at, at_console, disconnected_at, ...told }) {
  return told;
}

/** @param {any} ticket @returns {Ticket} */
export function ticketOf(ticket) {
  return /** @type {any} */ (Object.fromEntries(Object.entries(ticket).filter(([name]) => !UNTOLD.has(name))));
}

/** @param {any} conversation @returns {Conversation} */
export function conversationOf({ ticket, tickets, metadata, state, ...told }) {
  return told;
}

/**
 * @template {{id: string}} Item
 * @param {Item[]} items
 * @returns {Record<string, Item>}
 */
export function byId(items) {
  return Object.fromEntries(items.map((item) => [item.id, item]));
}
