/**
 * What a customer knows of a conversation: a snapshot, and each event after it applied. Pure: nothing waits, nothing is
 * changed in place, and what is not known is left alone, so that a newer desk does no harm.
 *
 * The same event twice, or one that the snapshot tells of already, changes nothing.
 *
 * Source: api.md, Resources (snapshot) and Events; lifecycle.md, 1 and 2.
 */

/** How much unread a desk counts. */
const COUNTED = 100;

/**
 * @typedef {object} Author
 * @property {"customer" | "bot" | "agent" | "system"} type
 * @property {string | null} [id]
 * @property {string | null} [name]
 */

/**
 * @typedef {object} Message
 * @property {string} id
 * @property {Author} author
 * @property {Record<string, any> & {type: string}} content without what is empty
 * @property {number} seq counts what the customer may see, from 1 on
 * @property {number} epoch
 * @property {string} at
 * @property {Record<string, any>} metadata what the customer's own side said of it
 */

/**
 * @typedef {object} Conversation
 * @property {string} id
 * @property {string} brand
 * @property {"bot" | "human" | "nobody"} owner
 * @property {number} epoch
 * @property {"none" | "active" | "inactive" | "ended"} session
 * @property {string | null} ended_by
 * @property {number | null} position in the queue, 1 for the next
 * @property {{low_seconds: number, high_seconds: number} | null} wait
 * @property {string | null} speaker who speaks for the business: an agent's name, or a bot's
 * @property {number} unread
 * @property {{message_id: string, rating: "good" | "bad" | null, comment: string | null} | null} survey the latest
 * @property {string | null} read_up_to the last message that an agent has read
 */

/**
 * @typedef {object} State
 * @property {Conversation} conversation
 * @property {Message[]} messages in order
 * @property {{by: string, name: string | null} | null} typing
 */

/** @typedef {{type: string, at: string, data: Record<string, any>}} Event */

/**
 * What a snapshot tells.
 *
 * @param {{conversation: any, messages: any[]}} snapshot
 * @returns {State}
 */
export function fromSnapshot(snapshot) {
  const untold = { position: null, wait: null, speaker: null, unread: 0, survey: null, read_up_to: null };
  return {
    conversation: { ...untold, ...snapshot.conversation },
    messages: snapshot.messages.map(tidy),
    typing: null,
  };
}

/**
 * What is known after one more event of the conversation.
 *
 * @param {State} state
 * @param {Event} event
 * @returns {State}
 */
export function apply(state, event) {
  return CHANGES[event.type]?.(state, event.data) ?? state;
}

/**
 * What is known after older messages were read.
 *
 * @param {State} state
 * @param {any[]} older
 * @returns {State}
 */
export function withHistory(state, older) {
  const known = new Set(state.messages.map((message) => message.id));
  const messages = [...older.filter((message) => !known.has(message.id)).map(tidy), ...state.messages];
  return { ...state, messages: messages.sort((one, other) => one.seq - other.seq) };
}

/**
 * Whether the business said it: a bot or an agent, and not the customer or the engine.
 *
 * @param {Message} message
 */
export function isTheirs(message) {
  return message.author.type === "bot" || message.author.type === "agent";
}

/** @typedef {(state: State, data: Record<string, any>) => State} Change */

/** @type {Record<string, Change>} */
const CHANGES = {
  "message.created": said,
  "message.read": read,
  "message.redacted": redacted,
  "typing.started": (state, { by, name }) => (by === "customer" ? state : { ...state, typing: { by, name } }),
  "typing.stopped": (state, { by }) => (by === state.typing?.by ? { ...state, typing: null } : state),
  "session.started": session,
  "session.active": session,
  "session.inactive": session,
  "session.ended": session,
  "control.passed": control,
  "control.taken_over": control,
  "control.returned": control,
  "ticket.assigned": (state, { name }) => changed(state, { speaker: name, ...NOT_WAITING }),
  "ticket.unassigned": (state) => changed(state, { speaker: null }),
  "ticket.position": (state, { position, wait }) => changed(state, { position, wait: wait ?? null }),
  "survey.asked": (state, { message_id }) => changed(state, { survey: { message_id, rating: null, comment: null } }),
  "survey.answered": (state, { rating, comment }) =>
    changed(state, { survey: state.conversation.survey && { ...state.conversation.survey, rating, comment } }),
};

const REDACTED = { type: "redacted" };
const NOT_WAITING = { position: null, wait: null };

/** @param {State} state @param {Partial<Conversation>} changes @returns {State} */
function changed(state, changes) {
  return { ...state, conversation: { ...state.conversation, ...changes } };
}

/** @type {Change} */
function said(state, data) {
  const message = tidy(data.message);
  const { messages, typing } = state;
  if (messages.some((known) => known.id === message.id)) return state;
  const unread = Math.min(state.conversation.unread + Number(isTheirs(message)), COUNTED);
  const inOrder = [...messages, message].sort((one, other) => one.seq - other.seq);
  return changed({ ...state, messages: inOrder, typing: isTheirs(message) ? null : typing }, { unread });
}

/** @type {Change} */
function read(state, { by, up_to }) {
  if (by === "agent") return changed(state, { read_up_to: up_to });
  if (by !== "customer") return state;
  const after = state.messages.slice(state.messages.findIndex((message) => message.id === up_to) + 1);
  return changed(state, { unread: Math.min(after.filter(isTheirs).length, COUNTED) });
}

/** @type {Change} */
function redacted(state, { message_id }) {
  const without = (/** @type {Message} */ one) => (one.id === message_id ? { ...one, content: REDACTED } : one);
  return { ...state, messages: state.messages.map(without) };
}

/** @type {Change} */
function session(state, data) {
  return changed(state, { session: data.session, ended_by: data.reason ?? null });
}

/** @type {Change} */
function control(state, { owner, epoch, bot }) {
  if (epoch < state.conversation.epoch) return state;
  const speaker = owner === "bot" ? bot ?? null : null;
  return changed({ ...state, typing: null }, { owner, epoch, speaker, ...NOT_WAITING });
}

/**
 * A message without what is empty: snapshots tell that, events do not.
 *
 * @param {any} message
 * @returns {Message}
 */
function tidy(message) {
  const { conversation_id, visibility, ...kept } = message;
  const content = kept.content.type === "form_response" ? kept.content : bare(kept.content);
  return { ...kept, author: bare(kept.author), content };
}

/** @param {any} value @returns {any} */
function bare(value) {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, each]) => !isEmpty(each) && !(name === "required" && each === true))
      .map(([name, each]) => [name, bare(each)]),
  );
}

/** @param {unknown} value */
function isEmpty(value) {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}
