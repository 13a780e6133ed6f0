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

import { createConversation } from "./conversation.js";
import { createFollowing } from "./following.js";
import { createIdentity } from "./identity.js";
import { createOutbox } from "./outbox.js";
import { createShelf } from "./shelf.js";
import { isTheirs } from "./state.js";
import { createTransport, HandoffError, newKey } from "./transport.js";
import { createTyping } from "./typing.js";
import { upload } from "./upload.js";
import { viewOf } from "./view.js";

export { HandoffError } from "./transport.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./view.js").Shown} Shown */
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

/** After so many milliseconds without the desk more may have changed than its events tell. */
const LONG_GONE = 600_000;

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

  let draft = newKey();
  /** Nothing is sent before it is known where it belongs. */
  let ready = false;
  let life = new AbortController();
  /** @type {Record<string, any>} */
  let context = {};

  const transport = createTransport({ ...options, credential: (renew) => identity.credential(renew) });
  const identity = createIdentity({
    request: () => transport.request,
    shelf,
    profile: () => known,
    token: options.token,
    onLost: () => void begin(null),
  });
  const outbox = createOutbox({
    ...{ transport, shelf, brand, draft: () => draft },
    ...{ onChange: changed, onStarted: started, onPosted: posted },
  });
  const typing = createTyping((type) => act("activity", { type }));
  const conversation = createConversation({
    ...{ request: transport.request, tell, onChange: changed, onTyping: typing.heard },
    onArrived: (keys) => void outbox.settle(keys).catch(failed),
  });
  const following = createFollowing({
    ...{ transport, covered: () => conversation.covered, onEvent: heard },
    ...{ onBack: back, onOpen: flush, onChange: changed, onError: failed },
  });

  /** @param {string} name @param {any} told */
  function tell(name, told) {
    for (const listener of listeners.get(name) ?? []) listener(told);
  }

  /** What there is to show: the same until something changes. */
  let view = viewOf(conversation, [], draft, "idle");

  function changed() {
    view = viewOf(conversation, outbox.entries, draft, following.connection);
    tell("change", view);
  }

  /** @param {any} error */
  function failed(error) {
    tell("error", error);
  }

  /** @param {any} event */
  function heard(event) {
    const about = event.type === "conversation.created" && event.data.conversation;
    if (!about || conversation.state || about.brand !== brand) return conversation.heard(event);
    // Somebody else has begun to talk to this customer.
    if (!outbox.entries.some((entry) => entry.draft === draft)) open(event.conversation_id).catch(failed);
  }

  /** @param {string} id of the conversation to go on with */
  async function open(id) {
    if (!(await conversation.open(id, patient()))) return;
    await shelf.set("current", id);
    following.follow();
  }

  /** @param {number} gone milliseconds without the desk */
  function back(gone) {
    const about = conversation.state?.conversation;
    // Places in the queue are not kept for those who were not there.
    const waits = about?.owner === "human" && !about.speaker;
    if (about && (waits || gone > LONG_GONE)) open(about.id).catch(failed);
    conversation.calm();
  }

  function flush() {
    if (ready) outbox.flush().catch(failed);
  }

  /** @param {any} begun @param {string} from */
  async function started(begun, from) {
    if (from === draft && !conversation.state) await open(begun.id).catch(failed);
  }

  /** @param {any} message */
  function posted(message) {
    if (message.conversation_id !== conversation.state?.conversation.id) return;
    conversation.take({ type: "message.created", data: { message } });
  }

  /**
   * Lays the present conversation aside.
   *
   * @param {string | null} kept what is opened after a reload: `new`, or the latest
   */
  async function begin(kept) {
    draft = newKey();
    conversation.shut();
    await shelf.set("current", kept);
  }

  /** Ends it all; nothing is forgotten, and `start` goes on. */
  async function stop() {
    ready = false;
    life.abort();
    life = new AbortController();
    following.stop();
    typing.stop();
    await outbox.stop();
  }

  /** @param {string} path @param {any} [body] */
  async function act(path, body = {}) {
    const id = conversation.state?.conversation.id;
    if (!id) throw new HandoffError(409, { code: "conflict", detail: "There is no conversation yet." });
    return transport.request("POST", `/v1/conversations/${id}/${path}`, body);
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
      following.become("connecting");
      try {
        await identity.merge();
        if (!begins) await resume();
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      if (signal.aborted) return;
      following.follow();
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

  /**
   * Says something; it is in the view at once, and arrives when it can.
   *
   * @param {string | (Record<string, any> & {type: string})} said a text, or content
   */
  async function send(said) {
    const content = typeof said === "string" ? { type: "text", text: said } : said;
    const about = Object.keys(context).length ? { context } : {};
    const start = { customer: known, metadata: context };
    typing.over();
    const id = conversation.state?.conversation.id ?? null;
    await outbox.add({ conversation_id: id, draft, start, content, metadata: about });
    flush();
  }

  return {
    transport,
    conversations,

    get view() {
      return view;
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
      const language = known.language ? `&language=${encodeURIComponent(known.language)}` : "";
      const path = `/v1/widget?brand=${encodeURIComponent(brand)}${language}`;
      return transport.request("GET", path, undefined, { open: true });
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
     * Uploads a file and says it. Needs `XMLHttpRequest`, which browsers and React Native have.
     *
     * @param {Blob & {name: string}} file
     * @param {(share: number) => void} [onProgress] from 0 to 1
     * @param {AbortSignal} [signal] stops the upload
     * @throws {HandoffError} it is not taken, or there was no answer; nothing is kept to be sent later
     */
    async attach(file, onProgress, signal) {
      const put = async (/** @type {boolean} */ renew) =>
        upload(transport.url, await transport.headers(renew, "POST"), file, onProgress, signal);
      const stored = await put(false).catch((error) => (error.status === 401 ? put(true) : Promise.reject(error)));
      const { url, name, size } = stored;
      await send({ type: stored.type.startsWith("image/") ? "image" : "file", url, name, size });
    },

    send,

    /** @param {string} key of a message that was refused */
    retry: (key) => outbox.retry(key),

    /** @param {string} key of a message that was refused */
    discard: (key) => outbox.discard(key),

    /** Tells that the customer is typing, as often as is useful. */
    async typing() {
      if (conversation.state && following.connection === "online") await typing.wrote();
    },

    /** Tells that the customer has seen what there is. */
    async read() {
      const { state, take } = conversation;
      const last = state?.messages.findLast(isTheirs);
      if (!state?.conversation.unread || !last) return;
      take({ type: "message.read", data: { by: "customer", up_to: state.messages.at(-1)?.id } });
      await act("activity", { type: "read", up_to: last.id });
    },

    /** Reads older messages. */
    more: conversation.more,

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
      identity.become(token);
      if (token === null) await shelf.set("token", null);
      const begun = draft;
      await begin(null);
      draft = begun;
      conversation.forget();
      following.forget();
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
      const goesOn = following.rise();
      transport.wake(fresh);
      if (goesOn) identity.exists().then((there) => there && following.follow(), failed);
    },

    /** Lets go of the stream until `wake`: browsers have few connections for all pages of a site together. */
    rest() {
      if (outbox.entries.some((entry) => entry.failed === null)) return;
      following.rest();
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
  };
}

/** @typedef {ReturnType<typeof createCustomer>} Customer */

function localStorageIfAllowed() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
