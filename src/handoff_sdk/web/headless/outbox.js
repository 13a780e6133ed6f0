/**
 * What the customer has said and the desk has not confirmed yet: kept over a reload, sent in order, each under a key of
 * its own, so that nothing is lost and nothing comes twice.
 *
 * Each message carries its key in its metadata: where the answer was lost, the message itself tells that it has arrived.
 * One that the desk refuses stays, so that its author sees it, and does not hold up the others.
 *
 * Source: api.md, Resources (`Idempotency-Key`); lifecycle.md, 11 (3).
 */

import { HandoffError, newKey } from "./transport.js";

/**
 * @typedef {object} Entry
 * @property {string} key
 * @property {string | null} conversation_id `null`: it starts the conversation that `draft` names
 * @property {string} draft
 * @property {Record<string, any>} start what else is said where it starts one
 * @property {Record<string, any> & {type: string}} content
 * @property {Record<string, any>} metadata
 * @property {string} at
 * @property {string | null} failed why the desk refused it
 */

/** The desk remembers keys for a day; what is older is only sent when its author says so, and under a new one. */
const REMEMBERED = 20 * 3_600_000;

/**
 * @param {object} given
 * @param {import("./transport.js").Transport} given.transport
 * @param {import("./shelf.js").Shelf} given.shelf
 * @param {string} given.brand
 * @param {() => string} given.draft the conversation that is being begun
 * @param {() => void} given.onChange
 * @param {(conversation: any, draft: string) => Promise<void>} given.onStarted
 * @param {(message: any) => void} given.onPosted
 */
export function createOutbox({ transport, shelf, brand, draft, onChange, onStarted, onPosted }) {
  /** @type {Entry[]} */
  let entries = [];
  /** @type {Promise<void> | null} */
  let sending = null;
  let stopped = new AbortController();

  /** @param {(entries: Entry[]) => Entry[]} change */
  async function change(change) {
    entries = await shelf.update("outbox", (kept) => change(kept ?? []));
    onChange();
  }

  /** @param {Entry} entry @param {Partial<Entry>} changes */
  function amend({ key }, changes) {
    return change((kept) => kept.map((entry) => (entry.key === key ? { ...entry, ...changes } : entry)));
  }

  /**
   * Lets what would begin a conversation be part of one that there is.
   *
   * @param {string} begun the draft
   * @param {string} conversation_id
   */
  function adopt(begun, conversation_id) {
    return change((kept) =>
      kept.map((entry) =>
        entry.draft === begun && entry.conversation_id === null ? { ...entry, conversation_id } : entry,
      ),
    );
  }

  /** @param {Entry} entry */
  async function send(entry) {
    const { key, content, metadata } = entry;
    const message = { content, metadata: { ...metadata, key } };
    const more = { key, attempts: Infinity, signal: stopped.signal };
    if (entry.conversation_id === null) {
      // A file belongs to a conversation that there is: it is sent when its turn comes again.
      const apart = "url" in content;
      const body = { ...entry.start, brand, ...(apart ? {} : { message }) };
      const under = apart ? { ...more, key: `${key}-start` } : more;
      const conversation = await transport.request("POST", "/v1/conversations", body, under);
      await adopt(entry.draft, conversation.id);
      await onStarted(conversation, entry.draft);
      if (apart) return;
    } else {
      const path = `/v1/conversations/${entry.conversation_id}/messages`;
      onPosted(await transport.request("POST", path, message, more));
    }
    await settle([key]);
  }

  /** @param {AbortSignal} signal */
  async function sendAll(signal) {
    for (;;) {
      const next = entries.find((entry) => entry.failed === null);
      if (!next || signal.aborted) return;
      if (Date.now() - Date.parse(next.at) > REMEMBERED) {
        await amend(next, { failed: "expired" });
        continue;
      }
      try {
        await send(next);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof HandoffError)) throw error;
        // The conversation was somebody else's, before this customer became another one.
        const gone = error.code === "not_found" && next.conversation_id !== null;
        // What a browser says of its customer, a time zone for one, may be news to the desk.
        const odd = error.code === "invalid_request" && next.start.customer !== undefined;
        const anew = gone ? { conversation_id: null, draft: draft() } : { start: {} };
        await amend(next, gone || odd ? { ...anew, key: newKey() } : { failed: error.code });
      }
    }
  }

  /** Sends what waits, the oldest first; settled when all of it has arrived or was refused. */
  function flush() {
    sending ??= sendAll(stopped.signal).finally(() => {
      sending = null;
    });
    return sending;
  }

  /**
   * Takes out what has arrived.
   *
   * @param {Iterable<string>} keys
   */
  async function settle(keys) {
    const arrived = new Set(keys);
    if (entries.some((entry) => arrived.has(entry.key))) {
      await change((kept) => kept.filter((entry) => !arrived.has(entry.key)));
    }
  }

  return {
    flush,
    settle,
    adopt,

    /** What has not arrived yet, in order. */
    get entries() {
      return entries;
    },

    /** Takes up what was left when the page went. */
    async load() {
      entries = (await shelf.get("outbox")) ?? [];
    },

    /** @param {Pick<Entry, "conversation_id" | "draft" | "start" | "content" | "metadata">} said */
    async add(said) {
      /** @type {Entry} */
      const entry = { ...said, key: newKey(), at: new Date().toISOString(), failed: null };
      await change((kept) => [...kept, entry]);
    },

    /**
     * Sends again what was refused.
     *
     * @param {string} key
     */
    async retry(key) {
      await change((kept) =>
        kept.map((entry) =>
          entry.key === key ? { ...entry, key: newKey(), at: new Date().toISOString(), failed: null } : entry,
        ),
      );
      await flush();
    },

    /** @param {string} key */
    discard: (key) => settle([key]),

    /** Stops sending until the next `flush`. What is on its way may arrive. */
    async stop() {
      stopped.abort();
      stopped = new AbortController();
      await sending;
    },
  };
}
