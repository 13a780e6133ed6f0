/**
 * The conversation before the customer: read once, and kept up to date by what happens in it. What happens while it is
 * read waits for that; what the reading tells of already changes nothing.
 *
 * Source: api.md, Resources (snapshot) and Events.
 */

import { apply, fromSnapshot, isTheirs, withHistory } from "./state.js";

/** @typedef {import("./state.js").State} State */

/** How many messages a snapshot holds. */
const HELD = 100;
/** How many older messages are read at a time. */
const PAGE = 50;

/**
 * @param {object} given
 * @param {import("./transport.js").Transport["request"]} given.request
 * @param {(name: string, told: any) => void} given.tell of what happens
 * @param {() => void} given.onChange
 * @param {(keys: string[]) => void} given.onArrived what the customer said is there, under these keys
 * @param {(forget: () => void) => void} given.onTyping somebody types, until they are forgotten
 */
export function createConversation({ request, tell, onChange, onArrived, onTyping }) {
  /** @type {State | null} */
  let state = null;
  /** The id of what is being read, and the events that come meanwhile. @type {any[] | null} */
  let held = null;
  /** The events up to here are in the snapshot. */
  let covered = 0;
  let older = false;

  /** @param {State} next */
  function become(next) {
    const before = state?.conversation.unread ?? 0;
    state = next;
    onChange();
    if (next.conversation.unread !== before) tell("unread", next.conversation.unread);
    onArrived(next.messages.flatMap((message) => message.metadata?.key ?? []));
  }

  /** @param {any} event that happens after what was read */
  function take(event) {
    if (!state) return;
    const before = state;
    become(apply(before, event));
    const message = event.type === "message.created" && state.messages.length > before.messages.length;
    if (message && isTheirs(event.data.message)) tell("message", event.data.message);
    if (event.type.startsWith("control.") && event.data.owner === "human") tell("handoff", event.data);
    if (event.type === "control.returned") tell("returned", event.data);
    if (event.type === "session.ended") tell("ended", event.data);
    if (event.type === "typing.started") onTyping(() => take({ type: "typing.stopped", data: { by: event.data.by } }));
  }

  /** @param {any} event of the stream */
  function heard(event) {
    const id = event.conversation_id;
    if (held && held[0] === id) held.push(event);
    else if (state?.conversation.id === id && !(event.cursor && event.cursor <= covered)) take(event);
  }

  return {
    take,
    heard,

    get state() {
      return state;
    },
    get covered() {
      return covered;
    },
    /** Whether there is more to read before the first message. */
    get older() {
      return older;
    },

    /**
     * Reads a conversation anew and goes on from there.
     *
     * @param {string} id
     * @param {import("./transport.js").RequestOptions} more
     * @returns {Promise<boolean>} whether it is the one before the customer; another one may have been opened meanwhile
     */
    async open(id, more) {
      /** @type {any[]} */
      const waiting = [id];
      held = waiting;
      try {
        const snapshot = await request("GET", `/v1/conversations/${id}/snapshot`, undefined, more);
        if (held !== waiting) return false;
        covered = Number(snapshot.cursor);
        const messages = state?.conversation.id === id ? state.messages : [];
        const fresh = fromSnapshot(snapshot);
        const first = fresh.messages[0]?.seq ?? 1;
        const same = messages.some((message) => message.seq >= first);
        // What was read of the past stays, as long as there is no gap between that and the snapshot.
        become(same ? withHistory(fresh, messages) : fresh);
        if (!same) older = snapshot.messages.length >= HELD;
        held = null;
        waiting.slice(1).forEach(heard);
        onChange();
      } finally {
        if (held === waiting) held = null;
      }
      return true;
    },

    /** Reads older messages. */
    async more() {
      const first = state?.messages[0];
      if (!state || !first || !older) return;
      const { id } = state.conversation;
      const found = await request("GET", `/v1/conversations/${id}/messages?before=${first.id}&limit=${PAGE}`);
      if (state?.conversation.id !== id) return;
      older = found.next !== null;
      become(withHistory(state, found.items));
    },

    /** Nobody is known to type any more. */
    calm() {
      if (state?.typing) become({ ...state, typing: null });
    },

    /** Lays it aside. */
    shut() {
      const had = state !== null;
      [state, held, older] = [null, null, false];
      onChange();
      if (had) tell("unread", 0);
    },

    /** Nothing that was read counts for the next customer. */
    forget() {
      covered = 0;
    },
  };
}
