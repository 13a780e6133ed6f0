/** The lead's page: how things stand now, who is there, who waits and why, and today's figures. */

import { at } from "./paths.js";
import { choose, h, keyed, say, set } from "./dom.js";
import { worded } from "./header.js";
import { longList } from "./list.js";
import { agentName, customerName, titleOf, waitingTickets } from "./seen.js";
import { agoOf, lengthOf } from "./times.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./nouns.js").Ticket} Ticket */

/** In pixels; the style sheet has the same. */
const ROW = 64;
/** Milliseconds between two readings of the figures while the page is looked at. */
const PACE = 5_000;

/** @type {Array<[string, string, (value: any) => string]>} */
const FIGURES = [
  ["handed_off", "Handed off", String],
  ["tickets_solved", "Solved", String],
  ["abandoned", "Abandoned", String],
  ["first_reply_time", "First reply, median", (seconds) => lengthOf(seconds * 1_000)],
  ["resolution_time", "Resolution, median", (seconds) => lengthOf(seconds * 1_000)],
  ["sla_attainment", "Promises kept", (share) => `${Math.round(share * 100)} %`],
  ["satisfaction", "Satisfied", (share) => `${Math.round(share * 100)} %`],
];

/** @type {Record<string, string>} */
const REASONS = {
  status: "is not there for new conversations",
  brand: "does not work for this brand",
  group: "is not in the group",
  skills: "lacks a skill",
  preferred_skills: "lacks a preferred skill",
  capacity: "has no room",
  inactive: "holds as many silent conversations as one may",
  passed_over: "declined it last",
  fallback: "only steps in where nobody else can",
};

/** @param {Desk} desk @returns {import("./view.js").Pane} */
export function leadPane(desk) {
  const now = h("dl", { class: "figures", "aria-label": "Now" });
  const today = h("dl", { class: "figures", "aria-label": "Today" });
  const agents = h("tbody", {});
  const updateAgents = keyed(
    agents,
    (/** @type {any} */ { agent_id: id }) => id,
    (one) => agentRow(desk, one),
  );
  const explained = h("div", { role: "status", class: "explained" });
  const nobody = h("p", { class: "quiet" }, "Nobody waits.");
  const queue = longList({
    label: "Waiting tickets",
    height: ROW,
    keyOf: (/** @type {Ticket} */ ticket) => ticket.id,
    make: ({ id }) => waitingRow(id, explain),
  });
  const table = h(
    "table",
    {},
    h("caption", {}, "Agents"),
    h(
      "thead",
      {},
      h("tr", {}, ...["Agent", "State", "Conversations", "Silent"].map((words) => h("th", { scope: "col" }, words))),
    ),
    agents,
  );
  const element = h(
    "div",
    { class: "lead" },
    h("h1", {}, "Team"),
    h("section", {}, h("h2", {}, "Now"), now, h("h2", {}, "Today"), today),
    h("section", {}, table),
    h("section", { class: "queue" }, h("h2", {}, "Queue"), nobody, explained, queue.element),
  );
  let readAt = 0;
  /** @type {any[]} */
  let team = [];

  async function readFigures() {
    if (Date.now() - readAt < PACE) return;
    readAt = Date.now();
    const midnight = new Date();
    midnight.setHours(0, 0, 0, 0);
    const [live, summary] = await Promise.all([
      desk.read("/v1/reports/live"),
      desk.read(`/v1/reports/summary?from=${encodeURIComponent(midnight.toISOString())}`),
    ]);
    if (live === null || summary === null) return;
    const longest = live.longest_wait === null ? "–" : lengthOf(live.longest_wait * 1_000);
    const { active, inactive } = live;
    fill(now, [
      ["Waiting", String(active.waiting + inactive.waiting)],
      ["Longest wait", longest],
      ["With agents", String(active.assigned + inactive.assigned)],
      ["Silent", String(inactive.assigned + inactive.waiting)],
      ...Object.entries(live.queues).map(([name, count]) => [`Queue ${name}`, String(count)]),
    ]);
    fill(
      today,
      FIGURES.map(([name, words, written]) => [words, summary[name] === null ? "–" : written(summary[name])]),
    );
    team = live.agents;
    updateAgents(team, null);
  }

  /** @param {string} ticketId */
  async function explain(ticketId) {
    const state = desk.state();
    const why = await desk.read(at`/v1/tickets/${ticketId}/explain`);
    if (why === null) return;
    const { position, wait, queue: name, agents: able, out, open } = why;
    const expected = wait
      ? `, about ${lengthOf(wait.low_seconds * 1_000)} to ${lengthOf(wait.high_seconds * 1_000)}`
      : "";
    const names = able.map((/** @type {string} */ id) => agentName(state, id)).join(", ");
    const others = Object.entries(out).filter(([id]) => id in state.agents);
    explained.replaceChildren(
      h("h3", {}, state.tickets[ticketId] ? titleOf(state.tickets[ticketId]) : "This ticket"),
      h(
        "p",
        {},
        position === null
          ? `It is ${worded(why.state).toLowerCase()}.`
          : `Place ${position} in the queue ${name}${expected}.`,
      ),
      open ? "" : h("p", {}, "The team is closed now."),
      h("p", {}, names === "" ? "Nobody can take it now." : `Could take it, in this order: ${names}.`),
      h(
        "ul",
        {},
        ...others.map(([id, reason]) => h("li", {}, `${agentName(state, id)} ${REASONS[String(reason)] ?? reason}.`)),
      ),
    );
  }

  return {
    element,
    draw() {
      const state = desk.state();
      if (element.hidden || state.role === "agent") return;
      readFigures();
      updateAgents(team, null);
      const waiting = waitingTickets(state);
      nobody.hidden = waiting.length > 0;
      queue.show(waiting, { desk, now: desk.now() });
    },
  };
}

/** @param {HTMLElement} list @param {string[][]} figures */
function fill(list, figures) {
  list.replaceChildren(...figures.map(([words, value]) => h("div", {}, h("dt", {}, words), h("dd", {}, value))));
}

/** @param {Desk} desk @param {any} first */
function agentRow(desk, { agent_id: id, name }) {
  const status = h("select", {
    "aria-label": `Set ${name ?? id} to`,
    onchange: () => desk.setStatus(status.value, id),
  });
  const load = h("td", {});
  const silent = h("td", {});
  const element = h("tr", {}, h("th", { scope: "row" }, name ?? id), h("td", {}, status), load, silent);
  return {
    element,
    /** @param {any} agent */
    draw(agent) {
      const statuses = desk.state().statuses.map((each) => /** @type {[string, string]} */ ([each, worded(each)]));
      choose(status, statuses, desk.state().agents[id]?.status ?? agent.status);
      say(load, `${agent.used.messaging} of ${agent.capacity.messaging}`);
      set(load, "data-full", agent.used.messaging >= agent.capacity.messaging ? "" : null);
      say(silent, String(agent.inactive));
    },
  };
}

/** @param {string} id @param {(ticketId: string) => void} explain */
function waitingRow(id, explain) {
  const name = h("a", { href: `#ticket=${encodeURIComponent(id)}` });
  const facts = h("span", { class: "quiet" });
  const why = h("button", { type: "button", onclick: () => explain(id) }, "Explain");
  const element = h("li", {}, h("span", { class: "waiting" }, name, facts, why));
  return {
    element,
    /** @param {Ticket} ticket @param {{desk: Desk, now: number}} about */
    draw(ticket, { desk, now }) {
      const state = desk.state();
      say(name, `${customerName(state, ticket.conversation_id)}: ${titleOf(ticket)}`);
      const asked = ticket.offer === null ? null : `offered to ${agentName(state, ticket.offer.agent_id)}`;
      say(
        facts,
        [ticket.queue, ticket.priority, `waits ${agoOf(ticket.created_at, now)}`, asked].filter(Boolean).join(" · "),
      );
    },
  };
}
