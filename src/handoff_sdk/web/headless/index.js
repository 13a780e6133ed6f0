/**
 * A customer's side of a desk without anything to look at: connects and resumes, sends and keeps what could not be sent
 * yet, and tells what there is to show. The widget draws it; React Native, a terminal or a test can as well.
 *
 *     const customer = createCustomer({ url: "https://desk.example.com", brand: "acme" });
 *     customer.on("change", (view) => draw(view));
 *     await customer.start();
 *     await customer.send("Where is my parcel?");
 *
 * Source: api.md, Who calls, Resources and Events.
 */

import { createIdentity } from "./identity.js";
import { createOutbox } from "./outbox.js";
import { createShelf } from "./shelf.js";
import { apply, fromSnapshot, isTheirs, withHistory } from "./state.js";
import { createTransport, HandoffError, newKey } from "./transport.js";

export { HandoffError } from "./transport.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Message} Message */
/** @typedef {import("./identity.js").TokenSource} TokenSource */

/**
 * @typedef {object} CustomerOptions
 * @property {string} url the desk's address
 * @property {string} [brand]
 * @property {TokenSource | string | null} [token] of a customer whom the page has signed in
 * @property {{name?: string, email?: string}} [profile] what is said of one whom it has not
 * @property {string} [language]
 * @property {string} [timezone]
 * @property {import("./shelf.js").Storage | null} [storage] `localStorage` where there is one
 * @property {typeof fetch} [fetch]
 * @property {boolean} [streaming]
 * @property {Partial<import("./transport.js").Timing>} [timing]
 */

/**
 * @typedef {object} View What there is to show.
 * @property {"idle" | "connecting" | "online" | "offline"} connection
 * @property {State["conversation"] | null} conversation `null` before the first word
 * @property {Shown[]} messages in order; those that have not arrived yet last
 * @property {State["typing"]} typing
 * @property {number} unread
 * @property {boolean} older whether there is more to read before the first
 */

/** @typedef {Message & {key?: string, sending?: boolean, failed?: string | null}} Shown */

/** How long somebody counts as typing who does not say so again; how often the customer's own is told. */
const TYPING = { shown: 15_000, told: 4_000, over: 6_000 };
/** After so long without the desk more may have changed than its events tell. */
const LONG_GONE = 600_000;
/** How many messages a snapshot holds. */
const HELD = 100;
/** How many older messages are read at a time. */
const PAGE = 50;

/** @param {CustomerOptions} options */
export function createCustomer(options) {
  const { url, brand = "default", profile = {} } = options;
  const storage = options.storage === undefined ? localStorageIfAllowed() : options.storage;
  const shelf = createShelf(storage, `handoff:${url}:${brand}:`);
  /** @type {Map<string, Set<(told: any) => void>>} */
  const listeners = new Map();
  const known = {
    language: options.language ?? globalThis.navigator?.language,
    timezone: options.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    ...profile,
  };

  /** @type {State | null} */
  let state = null;
  /** @type {any[] | null} events that come while a snapshot is on its way */
  let held = null;
  /** The events up to here are in the snapshot. */
  let covered = 0;
  let older = false;
  let draft = newKey();
  /** @type {View["connection"]} */
  let connection = "idle";
  let lostAt = 0;
  /** How far the stream has come. @type {string | null} */
  let reached = null;
  /** @type {AbortController | null} */
  let following = null;
  let resting = false;
  /** Nothing is sent before it is known where it belongs. */
  let ready = false;
  let life = new AbortController();
  /** @type {Record<string, any>} */
  let context = {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let typingTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let ownTyping;
  let toldTyping = 0;

  const transport = createTransport({ ...options, credential: (renew) => identity.credential(renew) });
  const identity = createIdentity({
    request: () => transport.request,
    shelf,
    profile: () => known,
    source: sourceOf(options.token),
    onLost: () => void begin(null),
  });
  const outbox = createOutbox({
    ...{ transport, shelf, brand, draft: () => draft },
    ...{ onChange: changed, onStarted: started, onPosted: posted },
  });

  /** @param {string} name @param {any} told */
  function tell(name, told) {
    for (const listener of listeners.get(name) ?? []) listener(told);
  }

  /** @returns {View} */
  function view() {
    const arrived = new Set(state?.messages.map((message) => message.metadata?.key));
    const id = state?.conversation.id ?? null;
    const waiting = outbox.entries
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

  function changed() {
    tell("change", view());
  }

  /** @param {State} next */
  function become(next) {
    const before = state?.conversation.unread ?? 0;
    state = next;
    if (next.conversation.unread !== before) tell("unread", next.conversation.unread);
    changed();
    const arrived = next.messages.flatMap((message) => message.metadata?.key ?? []);
    outbox.settle(arrived).catch(failed);
  }

  /** @param {any} error */
  function failed(error) {
    tell("error", error);
  }

  /** @param {any} event @param {string | null} cursor */
  function heard(event, cursor) {
    reached = cursor;
    const id = event.conversation_id;
    if (event.type === "conversation.created" && !state && event.data.conversation.brand === brand) {
      // Somebody else has begun to talk to this customer.
      if (!outbox.entries.some((entry) => entry.draft === draft)) open(id).catch(failed);
      return;
    }
    if (held && held[0] === id) held.push(event);
    else if (state?.conversation.id === id && !(event.cursor && event.cursor <= covered)) take(event);
  }

  /** @param {any} event */
  function take(event) {
    if (!state) return;
    const before = state;
    become(apply(before, event));
    const message = event.type === "message.created" && state.messages.length > before.messages.length;
    if (message && isTheirs(event.data.message)) tell("message", event.data.message);
    if (event.type.startsWith("control.") && event.data.owner === "human") tell("handoff", event.data);
    if (event.type === "control.returned") tell("returned", event.data);
    if (event.type === "session.ended") tell("ended", event.data);
    if (event.type === "typing.started") {
      clearTimeout(typingTimer);
      const { by } = event.data;
      typingTimer = setTimeout(() => take({ type: "typing.stopped", data: { by } }), TYPING.shown);
    }
  }

  /**
   * Reads a conversation anew and goes on from there.
   *
   * @param {string} id
   */
  async function open(id) {
    /** @type {any[]} */
    const waiting = [id];
    held = waiting;
    try {
      const snapshot = await transport.request("GET", `/v1/conversations/${id}/snapshot`, undefined, patient());
      if (held !== waiting) return;
      covered = Number(snapshot.cursor);
      const messages = state?.conversation.id === id ? state.messages : [];
      const fresh = fromSnapshot(snapshot);
      const first = fresh.messages[0]?.seq ?? 1;
      const same = messages.some((message) => message.seq >= first);
      // What was read of the past stays, as long as there is no gap between that and the snapshot.
      become(same ? withHistory(fresh, messages) : fresh);
      if (!same) older = snapshot.messages.length >= HELD;
      held = null;
      for (const event of waiting.slice(1)) if (!(event.cursor && event.cursor <= covered)) take(event);
      changed();
      await shelf.set("current", id);
    } finally {
      if (held === waiting) held = null;
    }
    follow();
  }

  /** Follows what happens to this customer, from the snapshot on or from now on. */
  function follow() {
    if (following || resting) return;
    const own = new AbortController();
    following = own;
    transport
      .stream("/v1/stream", {
        cursor: reached ?? (covered ? String(covered) : null),
        ...{ onEvent: heard, onState: moved, signal: own.signal },
      })
      .catch((error) => {
        if (following !== own) return;
        following = null;
        connection = "offline";
        failed(error);
        changed();
      });
  }

  /** @param {"connecting" | "open" | "waiting"} told */
  function moved(told) {
    if (told === "waiting") lostAt ||= Date.now();
    if (told === "open" && lostAt) {
      const gone = Date.now() - lostAt;
      lostAt = 0;
      // Places in the queue are not kept for those who were not there.
      const waits = state?.conversation.owner === "human" && !state.conversation.speaker;
      if (state && (waits || gone > LONG_GONE)) open(state.conversation.id).catch(failed);
      if (state?.typing) become({ ...state, typing: null });
    }
    connection = told === "open" ? "online" : lostAt ? "offline" : "connecting";
    changed();
    if (told === "open") flush();
  }

  function flush() {
    if (ready) outbox.flush().catch(failed);
  }

  /** @param {any} conversation @param {string} from */
  async function started(conversation, from) {
    if (from !== draft || state) return;
    await open(conversation.id).catch(failed);
  }

  /** @param {any} message */
  function posted(message) {
    if (message.conversation_id === state?.conversation.id) take({ type: "message.created", data: { message } });
  }

  /**
   * Lays the present conversation aside.
   *
   * @param {string | null} kept what is opened after a reload: `new`, or the latest
   */
  async function begin(kept) {
    const had = state !== null;
    [state, held, older, draft] = [null, null, false, newKey()];
    await shelf.set("current", kept);
    if (had) tell("unread", 0);
    changed();
  }

  /** Ends it all; nothing is forgotten, and `start` goes on. */
  async function stop() {
    ready = false;
    life.abort();
    life = new AbortController();
    following?.abort();
    following = null;
    clearTimeout(typingTimer);
    clearTimeout(ownTyping);
    await outbox.stop();
  }

  /** @param {string} path @param {any} [body] */
  async function act(path, body = {}) {
    if (!state) throw new HandoffError(409, { code: "conflict", detail: "There is no conversation yet." });
    return transport.request("POST", `/v1/conversations/${state.conversation.id}/${path}`, body);
  }

  /** Goes on with the conversation the customer was in, with their latest one, or with none. */
  async function resume() {
    const id = (await shelf.get("current")) ?? (await conversations(1, patient()))[0]?.id;
    try {
      if (id && id !== "new") {
        await open(id);
        await outbox.adopt(draft, id);
      }
    } catch (error) {
      if (!(error instanceof HandoffError) || error.status !== 404) throw error;
      await begin(null);
    }
  }

  /** @param {boolean} begins whether the customer was about to begin a conversation */
  async function connect(begins) {
    const { signal } = life;
    if (await identity.exists()) {
      connection = "connecting";
      changed();
      try {
        await identity.merge();
        if (!begins) await resume();
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      if (signal.aborted) return;
      follow();
    }
    ready = true;
    flush();
  }

  /** How what there is nothing to show without is asked for: until there is an answer. */
  function patient() {
    return { attempts: Infinity, signal: life.signal };
  }

  /**
   * The customer's conversations with the brand, the latest first.
   *
   * @param {number} [limit]
   * @param {import("./transport.js").RequestOptions} [more]
   */
  async function conversations(limit = 25, more = {}) {
    if (!(await identity.exists())) return [];
    const query = `brand=${encodeURIComponent(brand)}&limit=${limit}`;
    return (await transport.request("GET", `/v1/conversations?${query}`, undefined, more)).items;
  }

  return {
    transport,
    conversations,

    get view() {
      return view();
    },

    /**
     * Tells of what happens: `change` (the view), `message` (of a bot or agent), `handoff`, `returned`, `ended`,
     * `unread` (how many), `error`.
     *
     * @param {string} name
     * @param {(told: any) => void} listener
     * @returns {() => void} stops it
     */
    on(name, listener) {
      const those = listeners.get(name) ?? new Set();
      listeners.set(name, those.add(listener));
      return () => those.delete(listener);
    },

    /** What the desk says of the brand: whether it is open, its texts, limits and languages. */
    info() {
      const query = new URLSearchParams({ brand, ...(known.language && { language: known.language }) });
      return transport.request("GET", `/v1/widget?${query}`, undefined, { open: true });
    },

    /** Goes on where the customer was the last time; settled once that is shown, however long the desk is away. */
    async start() {
      await outbox.load();
      const first = outbox.entries.find((entry) => entry.conversation_id === null && entry.failed === null);
      if (first) draft = first.draft;
      changed();
      await connect(first !== undefined);
    },

    stop,

    /**
     * Says something; it is in the view at once, and arrives when it can.
     *
     * @param {string | (Record<string, any> & {type: string})} said a text, or content
     */
    async send(said) {
      const content = typeof said === "string" ? { type: "text", text: said } : said;
      const about = Object.keys(context).length ? { context } : {};
      const start = { customer: known, metadata: context };
      toldTyping = 0;
      clearTimeout(ownTyping);
      await outbox.add({ conversation_id: state?.conversation.id ?? null, draft, start, content, metadata: about });
      flush();
    },

    /** @param {string} key of a message that was refused */
    retry: (key) => outbox.retry(key),

    /** @param {string} key of a message that was refused */
    discard: (key) => outbox.discard(key),

    /** Tells that the customer is typing, as often as is useful. */
    async typing() {
      clearTimeout(ownTyping);
      if (!state || connection !== "online") return;
      ownTyping = setTimeout(() => {
        toldTyping = 0;
        act("activity", { type: "typing_stop" }).catch(() => {});
      }, TYPING.over);
      if (Date.now() - toldTyping < TYPING.told) return;
      toldTyping = Date.now();
      await act("activity", { type: "typing_start" }).catch(() => {});
    },

    /** Tells that the customer has seen what there is. */
    async read() {
      const last = state?.messages.findLast(isTheirs);
      if (!state?.conversation.unread || !last) return;
      take({ type: "message.read", data: { by: "customer", up_to: state.messages.at(-1)?.id } });
      await act("activity", { type: "read", up_to: last.id });
    },

    /** Reads older messages. */
    async more() {
      const first = state?.messages[0];
      if (!state || !first || !older) return;
      const { id } = state.conversation;
      const path = `/v1/conversations/${id}/messages?before=${first.id}&limit=${PAGE}`;
      const found = await transport.request("GET", path);
      if (state?.conversation.id !== id) return;
      older = found.next !== null;
      become(withHistory(state, found.items));
    },

    /** Ends the chat. */
    end: () => act("end_session"),

    /** Leaves the queue. */
    leaveQueue: () => act("leave_queue"),

    /** @param {"good" | "bad"} rating @param {string} [comment] */
    answerSurvey: (rating, comment) => act("survey", comment ? { rating, comment } : { rating }),

    /** Opens one of the customer's conversations. */
    open,

    /** Begins a new conversation with the next message. */
    fresh: () => begin("new"),

    /**
     * Says who the customer is: a signed token, or what gives one; `null` after they have signed out.
     *
     * @param {TokenSource | string | null} token
     */
    async setUser(token) {
      await stop();
      identity.become(sourceOf(token));
      if (token === null) await shelf.set("token", null);
      const begun = draft;
      await begin(null);
      [draft, covered, reached, connection] = [begun, 0, null, "idle"];
      await connect(false);
    },

    /**
     * What people should know of where the customer is; goes along with what they say.
     *
     * @param {Record<string, any>} about
     */
    setContext(about) {
      context = { ...context, ...about };
    },

    /**
     * Tries now what waits to be tried again.
     *
     * @param {boolean} [fresh] the network is another one
     */
    wake(fresh) {
      const rested = resting;
      resting = false;
      transport.wake(fresh);
      if (rested || connection !== "idle") identity.exists().then((there) => there && follow(), failed);
    },

    /** Lets go of the stream until `wake`: browsers have few connections for all pages of a site together. */
    rest() {
      if (outbox.entries.some((entry) => entry.failed === null)) return;
      resting = true;
      following?.abort();
      following = null;
      lostAt ||= Date.now();
      connection = "idle";
      changed();
    },

    /**
     * Keeps something over a reload, for whoever draws this.
     *
     * @param {string} name
     * @param {any} value `null` forgets it
     */
    keep: (name, value) => shelf.set(`kept:${name}`, value),

    /** @param {string} name @returns {Promise<any>} */
    kept: (name) => shelf.get(`kept:${name}`),

    /** The headers that say who the customer is, for an upload. */
    headers: () => transport.headers(false, "POST"),
  };
}

/** @typedef {ReturnType<typeof createCustomer>} Customer */

/** @param {import("./outbox.js").Entry} entry @returns {Shown} */
function shown(entry) {
  const { key, content, at, failed, metadata } = entry;
  const author = { type: /** @type {const} */ ("customer") };
  return { id: key, key, author, content, at, seq: Infinity, epoch: 0, metadata, failed, sending: failed === null };
}

/** @param {TokenSource | string | null | undefined} token @returns {TokenSource | null} */
function sourceOf(token) {
  return typeof token === "string" ? () => token : token ?? null;
}

function localStorageIfAllowed() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
