/** The tickets: the agent's own, those that wait, and those of a saved view. */

import { choose, h, labelled, say, set } from "./dom.js";
import { worded } from "./header.js";
import { longList } from "./list.js";
import { at } from "./paths.js";
import {
  METRICS,
  agentName,
  customerName,
  isWaitedFor,
  ownTickets,
  promisesOf,
  titleOf,
  waitingTickets,
} from "./seen.js";
import { agoOf, leftUntil } from "./times.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./nouns.js").Ticket} Ticket */

/** In pixels; the style sheet has the same. */
const ROW = 64;
const OWN = "Mine";
const QUEUE = "Queue";
/** Tickets of a saved view that are read at once, and the most that are shown of it. */
const PAGE = 100;
const MOST = 1_000;
/** Milliseconds between two readings of a saved view while things happen. */
const PACE = 2_000;

/**
 * @param {Desk} desk
 * @returns {import("./view.js").Pane & {step: (by: number) => void}}
 */
export function ticketsPane(desk) {
  const view = h("select", { onchange: () => look(view.value) });
  const list = longList({ label: "Tickets", height: ROW, keyOf: (/** @type {Ticket} */ one) => one.id, make: row });
  const count = h("p", { class: "quiet" });
  const top = h("div", { class: "line" }, labelled("View", view), count);
  const element = h("section", { class: "tickets" }, h("h2", {}, "Tickets"), top, list.element);

  let chosen = OWN;
  /** @type {Ticket[]} */
  let viewed = [];
  /** @type {Ticket[]} */
  let shown = [];
  let readAt = 0;
  /** @type {unknown} */
  let readOf = null;

  /** @param {string} name */
  function look(name) {
    chosen = name;
    viewed = [];
    readAt = 0;
    list.element.scrollTop = 0;
    draw();
  }

  /** A saved view is the desk's to say; it is read again when tickets have changed, but not all the time. */
  async function readView() {
    const view = chosen;
    const { tickets } = desk.state();
    if (view === OWN || view === QUEUE || (readOf === tickets && readAt > 0) || Date.now() - readAt < PACE) return;
    [readAt, readOf] = [Date.now(), tickets];
    /** @type {Ticket[]} */
    let found = [];
    for (let page = ""; page !== null && found.length < MOST;) {
      const path = `${at`/v1/views/${view}/tickets`}?limit=${PAGE}${page && `&page=${encodeURIComponent(page)}`}`;
      const read = await desk.read(path);
      if (read === null || view !== chosen) return;
      found = [...found, ...read.items];
      page = read.next;
    }
    viewed = found;
    draw();
  }

  function draw() {
    const state = desk.state();
    readView();
    const names = [OWN, QUEUE, ...state.views];
    choose(
      view,
      names.map((name) => [name, name]),
      chosen,
    );
    shown = chosen === OWN ? ownTickets(state) : chosen === QUEUE ? waitingTickets(state) : viewed;
    const more = (chosen === QUEUE && state.more) || shown.length >= MOST ? "the first " : "";
    say(
      count,
      shown.length === 0 ? "No tickets." : `${more}${shown.length} ${shown.length === 1 ? "ticket" : "tickets"}`,
    );
    list.show(shown, { desk, now: desk.now() });
  }

  return {
    element,
    draw,
    step(by) {
      const place = shown.findIndex((ticket) => ticket.id === desk.state().open?.ticket_id);
      const next = shown[place < 0 ? (by > 0 ? 0 : shown.length - 1) : place + by];
      if (next === undefined) return;
      location.hash = `ticket=${next.id}`;
      list.reveal(next.id);
    },
  };
}

/** @param {Ticket} first */
function row({ id }) {
  const name = h("strong", {});
  const title = h("span", { class: "title" });
  const facts = h("span", { class: "quiet" });
  const due = h("span", { class: "due" });
  const link = h("a", { href: `#ticket=${encodeURIComponent(id)}` }, name, due, title, facts);
  const element = h("li", {}, link);
  return {
    element,
    /** @param {Ticket} given @param {{desk: Desk, now: number}} about */
    draw(given, { desk, now }) {
      const state = desk.state();
      const ticket = state.tickets[id] ?? given;
      const conversation = state.conversations[ticket.conversation_id];
      const waited = isWaitedFor(state, ticket);
      say(name, conversation === undefined ? `Ticket ${ticket.number}` : customerName(state, ticket.conversation_id));
      say(title, titleOf(ticket));
      const whose = ticket.assignee !== null && ticket.assignee !== state.me ? agentName(state, ticket.assignee) : null;
      const asked = ticket.offer === null ? null : `offered to ${agentName(state, ticket.offer.agent_id)}`;
      const silent = conversation?.session === "inactive" ? "inactive" : null;
      const age = agoOf(conversation?.last_message_at ?? ticket.created_at, now);
      const status = worded(ticket.custom_status ?? ticket.status);
      say(facts, [status, ticket.priority, whose, asked, silent, `${age} ago`].filter(Boolean).join(" · "));
      const [promise] = promisesOf(ticket);
      say(due, promise === undefined ? "" : `${METRICS[promise.metric]} ${leftUntil(promise.due, now)}`);
      set(due, "data-late", promise?.state === "breached" ? "" : null);
      set(element, "data-waited", waited ? "" : null);
      set(element, "data-priority", ticket.priority);
      set(link, "aria-current", state.open?.ticket_id === id ? "true" : null);
    },
  };
}
