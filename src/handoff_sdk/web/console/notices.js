/** What the agent is told of beside the panes: refusals, and news while they look elsewhere. */

import { h, say } from "./dom.js";
import { customerName, isWaitedFor, offersOf, ownTickets, titleOf } from "./seen.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Event} Event */

/** For how long a refusal stays, in milliseconds. */
const STAYS = 10_000;
/** News that are older are history that is caught up with. */
const FRESH = 30_000;

export function notices() {
  const refusal = h("p", { role: "alert", class: "refusal" });
  const news = h("p", { role: "status", class: "hidden" });
  const element = h("div", { class: "notices" }, refusal, news);
  const title = document.title;
  let timer = 0;
  /** @type {Set<Notification>} */
  const shown = new Set();

  /** @param {string} words @param {string} tag what it is about: told once, however many tabs there are */
  function tell(words, tag) {
    say(news, words);
    if (document.hasFocus() || !("Notification" in window) || Notification.permission !== "granted") return;
    const notification = new Notification(words, { tag });
    shown.add(notification);
    notification.onclose = () => shown.delete(notification);
    notification.onclick = () => {
      window.focus();
      if (tag.startsWith("ticket=")) location.hash = tag;
      notification.close();
    };
  }

  return {
    element,
    /** @param {string} words why something was not done */
    refused(words) {
      say(refusal, words);
      clearTimeout(timer);
      timer = window.setTimeout(() => say(refusal, ""), STAYS);
    },
    /** Asks whether news may be shown while the agent looks elsewhere. */
    ask: () => void Notification.requestPermission(),
    /**
     * @param {Event} event
     * @param {State} before
     * @param {State} after
     * @param {number} now
     */
    note(event, before, after, now) {
      if (now - Date.parse(event.at) > FRESH) return;
      const ticket = after.tickets[event.ticket_id ?? event.data.message?.ticket_id ?? ""];
      const about = ticket && customerName(after, ticket.conversation_id);
      if (event.type === "ticket.offered" && event.data.agent_id === after.me) {
        tell(ticket ? `New offer: ${titleOf(ticket)}` : "New offer", `offer=${event.data.offer_id}`);
      } else if (event.type === "ticket.assigned" && event.data.agent_id === after.me && event.actor.id !== after.me) {
        tell(ticket ? `Now yours: ${titleOf(ticket)}` : "A ticket is yours now", `ticket=${event.ticket_id}`);
      } else if (event.type === "message.created" && event.data.message.author.type === "customer") {
        if (ticket?.assignee === after.me) tell(`${about} wrote`, `ticket=${ticket.id}`);
      }
    },
    /** @param {State} state */
    draw(state) {
      const count = offersOf(state).length + ownTickets(state).filter((ticket) => isWaitedFor(state, ticket)).length;
      const words = count === 0 ? title : `(${count}) ${title}`;
      if (document.title !== words) document.title = words;
    },
    close() {
      clearTimeout(timer);
      for (const notification of shown) notification.close();
      document.title = title;
    },
  };
}
