/** What is offered to the agent, and how long they have to answer. */

import { h, keyed, say, set } from "./dom.js";
import { agentName, customerName, offersOf, titleOf } from "./seen.js";
import { leftUntil } from "./times.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {ReturnType<typeof offersOf>[number]} Offered */

/** Milliseconds from which on the countdown stands out. */
const SOON = 10_000;

/** @param {Desk} desk @returns {import("./view.js").Pane} */
export function offersPane(desk) {
  const list = h("ul", { "aria-label": "Offers" });
  const none = h("p", { class: "quiet" }, "No offers.");
  const element = h("section", { class: "offers" }, h("h2", {}, "Offers"), none, list);
  const update = keyed(
    list,
    (/** @type {Offered} */ { offer }) => offer.id,
    (offered) => row(desk, offered),
  );
  return {
    element,
    draw() {
      const offers = offersOf(desk.state());
      none.hidden = offers.length > 0;
      update(offers, null);
    },
  };
}

/** @param {Desk} desk @param {Offered} first */
function row(desk, { offer: { id } }) {
  const title = h("strong", {});
  const about = h("span", { class: "quiet" });
  const left = h("span", { role: "timer", class: "countdown" });
  const element = h(
    "li",
    {},
    title,
    left,
    about,
    h(
      "span",
      { class: "buttons" },
      h("button", { type: "button", class: "main", onclick: accept, "aria-keyshortcuts": "a" }, "Accept"),
      h("button", { type: "button", onclick: () => desk.answer(id, "decline"), "aria-keyshortcuts": "d" }, "Decline"),
    ),
  );
  let ticketId = "";

  async function accept() {
    if (await desk.answer(id, "accept")) location.hash = `ticket=${ticketId}`;
  }

  return {
    element,
    accept,
    /** @param {Offered} offered */
    draw({ ticket, offer }) {
      const state = desk.state();
      ticketId = ticket.id;
      say(title, `${customerName(state, ticket.conversation_id)}: ${titleOf(ticket)}`);
      const asks = offer.transfer ? `${agentName(state, offer.held_by)} asks you to take it over` : null;
      say(about, [ticket.priority, asks, ticket.reason].filter(Boolean).join(" · "));
      say(left, leftUntil(offer.expires_at, desk.now()));
      set(left, "data-soon", Date.parse(offer.expires_at) - desk.now() < SOON ? "" : null);
    },
  };
}
