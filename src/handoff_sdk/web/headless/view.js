/** What there is to show of a customer's side: what was said, and after it what has not arrived yet. */

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./outbox.js").Entry} Entry */

/**
 * @typedef {object} View What there is to show.
 * @property {import("./following.js").Connection} connection
 * @property {State["conversation"] | null} conversation `null` before the first word
 * @property {Shown[]} messages in order; those that have not arrived yet last
 * @property {State["typing"]} typing
 * @property {number} unread
 * @property {boolean} older whether there is more to read before the first
 */

/** @typedef {import("./state.js").Message & {key?: string, sending?: boolean, failed?: string | null}} Shown */

/**
 * @param {{state: State | null, older: boolean}} conversation
 * @param {Entry[]} entries what has not arrived yet, of this conversation and of others
 * @param {string} draft the conversation that is being begun
 * @param {View["connection"]} connection
 * @returns {View}
 */
export function viewOf({ state, older }, entries, draft, connection) {
  const arrived = new Set(state?.messages.map((message) => message.metadata?.key));
  const id = state?.conversation.id ?? null;
  const waiting = entries
    .filter((entry) => (id ? entry.conversation_id === id : entry.draft === draft) && !arrived.has(entry.key))
    .map(shown);
  return {
    connection,
    conversation: state?.conversation ?? null,
    messages: [...(state?.messages ?? []), ...waiting],
    typing: state?.typing ?? null,
    unread: state?.conversation.unread ?? 0,
    older,
  };
}

/** @param {Entry} entry @returns {Shown} */
function shown({ key, content, at, failed, metadata }) {
  const author = { type: /** @type {const} */ ("customer") };
  return { id: key, key, author, content, at, seq: Infinity, epoch: 0, metadata, failed, sending: failed === null };
}
