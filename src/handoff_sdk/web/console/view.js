/** The console as a whole: its panes, which of them are there, and when they are drawn. */

import { createDesk } from "./desk.js";
import { h } from "./dom.js";
import { headerPane } from "./header.js";
import { conversationPane } from "./conversation.js";
import { keys } from "./keys.js";
import { leadPane } from "./lead.js";
import { notices } from "./notices.js";
import { offersPane } from "./offers.js";
import { sidePane } from "./side.js";
import { ticketsPane } from "./tickets.js";

/** @typedef {import("./desk.js").Desk} Desk */

/**
 * A part of the console. `draw` is called whenever something may have changed, and once a second.
 *
 * @typedef {{element: HTMLElement, draw: () => void}} Pane
 */

/** Where the panes stand below each other; the style sheet has the same. */
const NARROW = "(max-width: 1000px)";

/** @typedef {{ticket: string | null, conversation: string | null, lead: boolean}} Place What the address names. */

/**
 * Shows an agent's desk until they leave it.
 *
 * @param {HTMLElement} root
 * @param {import("../headless/transport.js").Transport} transport
 * @param {string} agentId
 * @param {{over: () => void, logOut: () => void, setPassword: (password: string) => Promise<void>}} session
 * @returns {Promise<() => void>} takes it away
 */
export async function showDesk(root, transport, agentId, session) {
  const told = notices();
  const desk = createDesk({
    transport,
    agentId,
    onEvent: (event, before, after) => told.note(event, before, after, desk.now()),
    onRefusal: told.refused,
    onOver: session.over,
  });
  await desk.start();

  const offers = offersPane(desk);
  const tickets = ticketsPane(desk);
  const conversation = conversationPane(desk);
  const side = sidePane(desk);
  const lead = leadPane(desk);
  const header = headerPane(desk, { ...session, ask: told.ask });
  const work = h(
    "div",
    { class: "work" },
    h("h1", { class: "hidden" }, "Desk"),
    h("div", { class: "lists" }, offers.element, tickets.element),
    conversation.element,
    side.element,
  );
  const main = h("main", {}, work, lead.element);
  const shortcuts = keys({ desk, tickets, conversation, side });
  root.replaceChildren(header.element, main, told.element, shortcuts.element);

  const panes = [header, offers, tickets, conversation, side, lead];
  /** Where the agent was before they looked at the lead's page. */
  let left = "#";
  const narrow = matchMedia(NARROW);
  let frame = 0;
  function draw() {
    frame = 0;
    for (const pane of panes) pane.draw();
    told.draw(desk.state());
  }
  function soon() {
    // A hidden page has no frames, and its title is to tell of news all the same.
    if (frame === 0) frame = document.hidden ? window.setTimeout(draw) : requestAnimationFrame(draw);
  }

  function go() {
    const place = placeOf(location.hash);
    work.hidden = place.lead;
    lead.element.hidden = !place.lead;
    header.leadBack(place.lead ? left : "#");
    if (!place.lead) left = location.hash || "#";
    if (place.ticket !== null) desk.open({ ticketId: place.ticket });
    else if (place.conversation !== null) desk.open({ conversationId: place.conversation });
    else desk.shut();
    soon();
    const chosen = place.ticket ?? place.conversation;
    if (chosen !== null && narrow.matches) conversation.element.scrollIntoView();
  }

  const gone = new AbortController();
  const { signal } = gone;
  desk.watch(soon);
  window.addEventListener("hashchange", go, { signal });
  window.addEventListener("online", () => desk.wake(true), { signal });
  window.addEventListener("offline", () => desk.wake(true), { signal });
  document.addEventListener(
    "visibilitychange",
    () => {
      // What was to be drawn with the next frame may never have been: a page that was hidden meanwhile has none.
      frame = 0;
      soon();
      if (document.hidden) return;
      desk.wake();
      desk.seen();
    },
    { signal },
  );
  document.addEventListener("keydown", shortcuts.press, { signal });
  const second = setInterval(soon, 1_000);
  go();
  draw();

  return () => {
    gone.abort();
    clearInterval(second);
    desk.close();
    told.close();
  };
}

/**
 * What an address names: `#ticket=ID`, `#conversation=ID`, `#lead`.
 *
 * @param {string} hash
 * @returns {Place}
 */
function placeOf(hash) {
  const named = new URLSearchParams(hash.slice(1));
  return { ticket: named.get("ticket"), conversation: named.get("conversation"), lead: named.has("lead") };
}
