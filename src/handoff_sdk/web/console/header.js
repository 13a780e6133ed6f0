/** The top of the console: the agent's status, whether the desk is heard, and how much they have in hand. */

import { choose, h, labelled, say, set } from "./dom.js";
import { agentName, loadOf } from "./seen.js";

/** @typedef {import("./desk.js").Desk} Desk */

/** The engine takes none with fewer characters. */
const SHORTEST = 10;
const CONNECTIONS = { open: "Connected", connecting: "Connecting…", waiting: "No connection. Trying again…" };

/**
 * @param {Desk} desk
 * @param {object} deeds
 * @param {() => void} deeds.ask
 * @param {() => void} deeds.logOut
 * @param {(password: string) => Promise<void>} deeds.setPassword
 * @returns {import("./view.js").Pane & {leadBack: (hash: string) => void}}
 */
export function headerPane(desk, { ask, logOut, setPassword }) {
  const status = h("select", { id: "status", onchange: () => desk.setStatus(status.value) });
  const connection = h("span", { role: "status", class: "connection" });
  const messaging = meter("Conversations");
  const email = meter("Emails");
  const who = h("strong", {});
  const back = h("a", { href: "#" }, "Desk");
  const lead = h("a", { href: "#lead" }, "Lead");
  const notify = h("button", { type: "button", class: "plain", onclick: ask }, "Notify me");
  const password = passwordDialog(setPassword);
  const element = h(
    "header",
    { class: "top" },
    h("nav", { "aria-label": "Pages" }, back, lead),
    who,
    h("label", { class: "inline", for: "status" }, "Status"),
    status,
    connection,
    messaging.element,
    email.element,
    h("span", { class: "gap" }),
    notify,
    h("button", { type: "button", class: "plain", onclick: () => password.showModal() }, "Password"),
    h("button", { type: "button", class: "plain", onclick: logOut }, "Log out"),
    password,
  );

  return {
    element,
    /** @param {string} hash where the desk was left */
    leadBack: (hash) => set(back, "href", hash),
    draw() {
      const state = desk.state();
      const agent = state.agents[state.me];
      say(who, agentName(state, state.me));
      choose(
        status,
        state.statuses.map((name) => [name, worded(name)]),
        agent?.status ?? "offline",
      );
      set(status, "data-status", agent?.status ?? "offline");
      say(connection, CONNECTIONS[desk.connection()]);
      set(connection, "data-state", desk.connection());
      const load = loadOf(state);
      messaging.draw(load.messaging);
      email.draw(load.email);
      lead.hidden = state.role === "agent";
      notify.hidden = !("Notification" in window) || Notification.permission !== "default";
    },
  };
}

/** @param {(password: string) => Promise<void>} setPassword */
function passwordDialog(setPassword) {
  const given = { type: "password", autocomplete: "new-password", required: true, minlength: SHORTEST };
  const field = h("input", given);
  const told = h("p", { role: "alert", class: "notice" });
  const form = h(
    "form",
    { method: "dialog", onsubmit: submit },
    labelled("New password", field),
    h("p", { class: "quiet" }, `At least ${SHORTEST} characters. You are logged out everywhere else.`),
    told,
    h("div", { class: "buttons" }, h("button", { type: "submit", class: "main" }, "Save password"), closing()),
  );
  const element = h("dialog", { "aria-label": "Password" }, form);

  function closing() {
    return h("button", { type: "button", onclick: () => element.close() }, "Cancel");
  }

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    try {
      await setPassword(field.value);
      field.value = "";
      element.close();
    } catch (error) {
      told.textContent = error instanceof Error ? error.message : String(error);
    }
  }

  return element;
}

/** @param {string} label */
function meter(label) {
  const bar = h("meter", { min: 0, "aria-label": label });
  const words = h("span", {});
  const element = h("span", { class: "load" }, bar, words);
  return {
    element,
    /** @param {{used: number, most: number}} load */
    draw({ used, most }) {
      element.hidden = most === 0 && used === 0;
      bar.max = Math.max(most, 1);
      bar.high = Math.max(most - 0.5, 0.5);
      bar.value = used;
      say(words, `${used} of ${most} ${label.toLowerCase()}`);
    },
  };
}

/** @param {string} name `transfers_only` as people say it */
export function worded(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
