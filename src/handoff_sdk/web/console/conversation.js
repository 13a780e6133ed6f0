/** The open conversation: what was said, what is promised, and what the agent does next. */

import { composer } from "./composer.js";
import { h, keyed, say, set } from "./dom.js";
import { worded } from "./header.js";
import { messagesPane } from "./messages.js";
import {
  METRICS,
  agentName,
  customerName,
  openConversation,
  openTicket,
  promisesOf,
  silentSince,
  titleOf,
} from "./seen.js";
import { agoOf, leftUntil } from "./times.js";

/** @typedef {import("./desk.js").Desk} Desk */

/** Milliseconds of silence after which it is said. */
const SILENCE = 3 * 60_000;

/**
 * @param {Desk} desk
 * @returns {import("./view.js").Pane & {write: (internal: boolean) => void}}
 */
export function conversationPane(desk) {
  const name = h("h2", {});
  const title = h("p", { class: "title" });
  const facts = h("p", { class: "quiet" });
  const promises = h("ul", { "aria-label": "Service levels", class: "promises" });
  const updatePromises = keyed(promises, (/** @type {any} */ { metric }) => metric, promised);
  const messages = messagesPane(desk);
  const typing = h("p", { role: "status", class: "quiet typing" });
  const silence = h("p", { role: "status", class: "silence" });
  const writing = composer(desk);
  const take = h("button", { type: "button", class: "main", onclick: () => desk.ask("take") }, "Take it");
  const deeds = {
    open: deed("Open", "open", "o"),
    pending: deed("Pending", "pending", "p"),
    on_hold: deed("On hold", "on_hold", "h"),
    solved: deed("Solve", "solved", "s"),
  };
  const none = h("p", { class: "quiet nothing" }, "Choose a ticket.");
  const head = h("div", { class: "head" }, name, title, facts, promises);
  const whole = h("div", { class: "whole" }, head, messages.element, typing, silence, writing.element);
  whole.append(h("div", { class: "buttons", role: "group", "aria-label": "Ticket" }, take, ...Object.values(deeds)));
  const ondragover = (/** @type {DragEvent} */ event) => event.preventDefault();
  const ondrop = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    writing.take(event.dataTransfer?.files ?? []);
  };
  const about = { class: "conversation", "aria-label": "Open conversation", ondragover, ondrop };
  const element = h("section", about, none, whole);

  /** @param {string} words @param {string} status @param {string} key */
  function deed(words, status, key) {
    return h("button", { type: "button", onclick: () => desk.update({ status }), "aria-keyshortcuts": key }, words);
  }

  return {
    element,
    write: writing.write,
    draw() {
      const state = desk.state();
      const conversation = openConversation(state);
      none.hidden = conversation !== null;
      whole.hidden = conversation === null;
      if (conversation === null) return;
      const ticket = openTicket(state);
      const now = desk.now();
      say(name, customerName(state, conversation.id));
      say(title, ticket === null ? "No ticket yet" : titleOf(ticket));
      const owner = conversation.owner === "bot" ? `with the bot ${conversation.bot ?? ""}` : null;
      const status = ticket && worded(ticket.custom_status ?? ticket.status);
      const whose =
        ticket && (ticket.assignee === state.me ? "yours" : `assigned to ${agentName(state, ticket.assignee)}`);
      const where = `${conversation.brand} · ${conversation.channel}`;
      say(facts, [status, whose, `session ${conversation.session}`, owner, where].filter(Boolean).join(" · "));
      updatePromises(ticket === null ? [] : promisesOf(ticket), now);
      say(typing, state.open?.typing ? `${state.open.typing} is writing…` : "");
      const since = silentSince(state);
      const silent = since !== null && now - Date.parse(since) >= SILENCE;
      say(silence, silent ? `Silent for ${agoOf(since, now)}. Press P to set it to pending.` : "");
      take.hidden = ticket === null || !ticket.live || ticket.assignee === state.me;
      for (const [value, button] of Object.entries(deeds)) {
        button.hidden = ticket === null || ticket.status === "closed";
        button.disabled = ticket === null || ticket.status === value;
      }
      messages.draw();
      writing.draw();
    },
  };
}

function promised() {
  const element = h("li", {});
  return {
    element,
    /** @param {ReturnType<typeof promisesOf>[number]} promise @param {number} now */
    draw({ metric, due, state }, now) {
      say(element, `${METRICS[metric] ?? metric}: ${leftUntil(due, now)}`);
      set(element, "data-late", state === "breached" ? "" : null);
    },
  };
}
