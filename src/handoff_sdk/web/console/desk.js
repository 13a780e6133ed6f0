/**
 * The agent's desk in the browser: keeps the state up to date with the feed and does what the agent asks for.
 *
 * Everything that is asked goes by the ticket and the epoch that were seen, so that nothing is said in a conversation
 * that has moved on meanwhile.
 *
 * Source: api.md, Resources; lifecycle.md, 2.2 (fencing).
 */

import { HandoffError } from "../headless/transport.js";
import { createFiles } from "./files.js";
import { createOutbox, messageOf } from "./outbox.js";
import { at } from "./paths.js";
import { openConversation, openTicket } from "./seen.js";
import { apply, asking, fromSnapshot, withHistory, withNothingOpen, withOpen, withRead, withoutRead } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Event} Event */
/** @typedef {import("./nouns.js").Ticket} Ticket */
/** @typedef {"connecting" | "open" | "waiting"} Connection */

/** How many conversations are read at once, beside the one that is opened. */
const READERS = 3;
/** How many messages a snapshot holds, and how many older ones are read at once. */
const HELD = 100;
const HISTORY = 50;
/** How often the customer is told that the agent still writes, in milliseconds. */
const TYPING = 4_000;

/** @typedef {ReturnType<typeof createDesk>} Desk */

/**
 * @param {object} options
 * @param {import("../headless/transport.js").Transport} options.transport
 * @param {string} options.agentId
 * @param {(event: Event, before: State, after: State) => void} options.onEvent
 * @param {(refusal: string) => void} options.onRefusal what was asked for and not done
 * @param {() => void} options.onOver the session is over
 */
export function createDesk({ transport, agentId, onEvent, onRefusal, onOver }) {
  const { request } = transport;
  const life = new AbortController();
  /** @type {Set<() => void>} */
  const listeners = new Set();
  /** @type {State} */
  let state;
  /** @type {Connection} */
  let connection = "connecting";
  let ahead = 0;
  let reading = 0;
  let typedAt = 0;
  let opening = 0;

  const outbox = createOutbox({ request, tell, fenceOf, taken });
  const epochOf = (/** @type {string} */ about) => state.conversations[about]?.epoch;
  const files = createFiles({ transport, outbox, epochOf, signal: life.signal });

  function tell() {
    for (const listener of listeners) listener();
  }

  /** @param {State} next */
  function know(next) {
    if (next === state) return;
    state = next;
    readMissing();
    tell();
  }

  /** Reads what lies before the agent, and follows what happens from there until the desk is closed. */
  async function start() {
    const snapshot = await request("GET", at`/v1/agents/${agentId}/snapshot`);
    ahead = Date.parse(snapshot.at) - Date.now();
    know(fromSnapshot(snapshot));
    follow(snapshot.cursor).catch(refused);
  }

  /** @param {string} cursor */
  async function follow(cursor) {
    await transport.stream("/v1/stream", {
      cursor,
      signal: life.signal,
      onState(now) {
        connection = now;
        if (now === "open") outbox.again();
        tell();
      },
      onEvent(event) {
        const before = state;
        if (event.type === "message.created" && event.actor.id === agentId) outbox.told(event.data.message);
        know(apply(state, event));
        if (event.type === "message.created") seen();
        onEvent(event, before, state);
      },
    });
  }

  /**
   * Reads a conversation after whatever reads it now, so that nothing old comes last; what happens to it is held.
   *
   * @template Read
   * @param {string} about
   * @param {() => Promise<Read>} read
   * @returns {Promise<Read>}
   */
  function inTurn(about, read) {
    const run = (reads.get(about) ?? Promise.resolve()).then(() => {
      state = asking(state, about);
      return read();
    });
    const over = run.then(
      () => {},
      () => {},
    );
    reads.set(about, over);
    over.then(() => reads.get(about) === over && reads.delete(about));
    return run;
  }
  /** @type {Map<string, Promise<void>>} */
  const reads = new Map();

  /** Reads, a few at a time, the conversations of which there is too little to show. */
  function readMissing() {
    for (const [about, { ticket_ids: ticketIds }] of Object.entries(state.missing)) {
      if (reading >= READERS || life.signal.aborted) return;
      if (reads.has(about) || ticketIds.length === 0) continue;
      reading += 1;
      inTurn(about, () => readConversation(about, ticketIds).then((known) => know(withRead(state, known))))
        .catch((error) => unread(about, error))
        .finally(() => {
          reading -= 1;
          setTimeout(readMissing);
        });
    }
  }

  /** @param {string} about @param {unknown} error what is missing is read as soon as it can be, if it is there */
  function unread(about, error) {
    const passing = error instanceof HandoffError && error.passing;
    if (!passing || state.missing[about]?.ticket_ids.length === 0) know(withoutRead(state, about));
  }

  /** @param {string} about @param {string[]} ticketIds */
  async function readConversation(about, ticketIds) {
    const conversation = await request("GET", at`/v1/conversations/${about}`, undefined, { signal: life.signal });
    return withThings(conversation, ticketIds);
  }

  /** @param {any} conversation as it was read @param {string[]} ticketIds */
  async function withThings(conversation, ticketIds) {
    const others = ticketIds.filter((id) => id !== conversation.ticket?.id);
    const known = state.customers[conversation.customer_id];
    const [customer, ...older] = await Promise.all([
      known ?? request("GET", at`/v1/customers/${conversation.customer_id}`),
      ...others.map((id) => request("GET", at`/v1/tickets/${id}`)),
    ]);
    return { conversation, customer, tickets: conversation.ticket ? [conversation.ticket, ...older] : older };
  }

  /**
   * Opens a conversation, to work on a ticket of it or on its latest one.
   *
   * @param {{conversationId?: string, ticketId?: string}} which
   */
  async function open({ conversationId, ticketId }) {
    opening += 1;
    const turn = opening;
    await attempt(async () => {
      const ticket = ticketId === undefined ? undefined : (state.tickets[ticketId] ?? (await readTicket(ticketId)));
      const about = conversationId ?? ticket?.conversation_id ?? "";
      await inTurn(about, () => readOpen(about, ticketId, () => turn === opening)).catch((error) => {
        unread(about, error);
        throw error;
      });
    });
  }

  /** @param {string} about @param {string | undefined} ticketId @param {() => boolean} wanted whether it still is */
  async function readOpen(about, ticketId, wanted) {
    const { conversation, messages } = await request("GET", at`/v1/conversations/${about}/snapshot`);
    const missing = state.missing[about]?.ticket_ids ?? [];
    const known = await withThings(conversation, [...new Set(ticketId ? [...missing, ticketId] : missing)]);
    if (!wanted()) return know(withRead(state, known));
    const chosen = ticketId ?? conversation.ticket?.id ?? null;
    know(withOpen(state, { ...known, messages, more: messages.length >= HELD, ticketId: chosen }));
    seen();
  }

  /** @param {string} ticketId @returns {Promise<Ticket>} */
  function readTicket(ticketId) {
    return request("GET", at`/v1/tickets/${ticketId}`);
  }

  /** Reads older messages of the open conversation. */
  async function readOlder() {
    const about = state.open?.conversation_id;
    const first = state.open?.messages[0];
    if (about === undefined || first === undefined) return;
    await attempt(async () => {
      const path = `${at`/v1/conversations/${about}/messages`}?limit=${HISTORY}&before=${encodeURIComponent(first.id)}`;
      const page = await request("GET", path);
      know(withHistory(state, page.items, page.next !== null));
    });
  }

  /**
   * Says something in the open conversation, or notes it for colleagues.
   *
   * @param {string} text
   * @param {boolean} internal
   */
  function reply(text, internal) {
    const about = state.open?.conversation_id;
    if (about !== undefined) outbox.say(about, { type: "text", text }, internal);
  }

  /** @param {string} about what a reply there names, so that it is not said where things have moved on */
  function fenceOf(about) {
    const ticket = openTicket(state);
    const live = ticket !== null && ticket.live && ticket.conversation_id === about;
    return live ? { ticket_id: ticket.id } : { epoch: epochOf(about) };
  }

  /** @param {any} message that the engine has taken */
  function taken(message) {
    const { at: when, conversation_id } = message;
    const actor = { type: "agent", id: agentId };
    know(apply(state, { type: "message.created", at: when, conversation_id, actor, data: { message } }));
  }

  /** Tells the customer that the agent writes, now and then. */
  function typing() {
    const conversation = openConversation(state);
    if (conversation?.owner !== "human" || Date.now() - typedAt < TYPING) return;
    typedAt = Date.now();
    hint(conversation.id, { type: "typing_start" });
  }

  /** Tells that the agent has read what the customer wrote. */
  function seen() {
    const last = state.open?.messages.filter((message) => message.author.type === "customer").at(-1);
    const ticket = openTicket(state);
    if (last === undefined || ticket?.assignee !== agentId || !ticket.live || document.hidden) return;
    if (last.id === readUpTo) return;
    readUpTo = last.id;
    hint(last.conversation_id, { type: "read", up_to: last.id });
  }
  /** @type {string | null} */
  let readUpTo = null;

  /** @param {string} about @param {object} activity something that does no harm when it is lost */
  function hint(about, activity) {
    request("POST", at`/v1/conversations/${about}/activity`, activity, { attempts: 1 }).catch(() => {});
  }

  /**
   * Changes the open ticket.
   *
   * @param {Record<string, unknown>} changes
   * @param {boolean} [seenVersion] only where nobody has changed the same meanwhile
   */
  function update(changes, seenVersion = false) {
    return onTicket(async (ticket) => {
      const more = seenVersion ? { headers: { "If-Match": `"${ticket.version}"` } } : {};
      await request("PATCH", at`/v1/tickets/${ticket.id}`, changes, more);
    });
  }

  /** @param {string} deed `take`, `transfer`, `hand_back` @param {Record<string, unknown>} [body] */
  function ask(deed, body = {}) {
    return onTicket((ticket) => request("POST", at`/v1/tickets/${ticket.id}/` + deed, body));
  }

  /** Ends the session of the open conversation. */
  function endSession() {
    return onTicket((ticket) =>
      request("POST", at`/v1/conversations/${ticket.conversation_id}/end_session`, { ticket_id: ticket.id }),
    );
  }

  /** @param {string} offerId @param {"accept" | "decline"} how */
  function answer(offerId, how) {
    return attempt(() => request("POST", at`/v1/offers/${offerId}/` + how, {}));
  }

  /** @param {string} status @param {string} [whose] */
  function setStatus(status, whose = agentId) {
    return attempt(() => request("PUT", at`/v1/agents/${whose}/status`, { status }));
  }

  /** @param {string} path @returns {Promise<any>} nothing where it can't be read, and then it is said why */
  async function read(path) {
    /** @type {any} */
    let found = null;
    await attempt(async () => {
      found = await request("GET", path, undefined, { signal: life.signal });
    });
    return found;
  }

  /** @param {string} ticketId @returns {Promise<Array<{name: string, text: string}>>} answers, filled in */
  async function canned(ticketId) {
    const found = await request("GET", at`/v1/tickets/${ticketId}/canned`, undefined, { signal: life.signal });
    return found.items;
  }

  /** @param {(ticket: Ticket) => Promise<unknown>} deed */
  async function onTicket(deed) {
    const ticket = openTicket(state);
    return ticket === null ? false : attempt(() => deed(ticket));
  }

  /** @param {() => Promise<unknown>} deed @returns {Promise<boolean>} whether it was done */
  async function attempt(deed) {
    try {
      await deed();
      return true;
    } catch (error) {
      refused(error);
      return false;
    }
  }

  /** @param {unknown} error */
  function refused(error) {
    if (life.signal.aborted) return;
    if (error instanceof HandoffError && error.status === 401) onOver();
    else onRefusal(messageOf(error));
  }

  return {
    agentId,
    start,
    close: () => life.abort(),
    wake: transport.wake,
    state: () => state,
    connection: () => connection,
    said: outbox.all,
    settle: outbox.settle,
    ...files,
    /** The desk's present, whatever the clock of this machine says. */
    now: () => Date.now() + ahead,
    /** @param {() => void} listener */
    watch: (listener) => listeners.add(listener),
    shut: () => {
      opening += 1;
      know(withNothingOpen(state));
    },
    ...{ open, readOlder, reply, typing, seen, update, ask, endSession, answer, setStatus, read, canned },
  };
}
