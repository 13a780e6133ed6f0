/** Logging in with a password; links that log in are dealt with before. */

import { h, labelled } from "./dom.js";

/**
 * @param {HTMLElement} root
 * @param {import("../headless/transport.js").Transport} transport
 * @param {(session: any) => Promise<void>} enter
 * @param {string} notice what there is to say first
 */
export function showLogIn(root, transport, enter, notice) {
  const agent = h("input", { name: "agent", autocomplete: "username", autocapitalize: "none", required: true });
  const password = h("input", { name: "password", type: "password", autocomplete: "current-password", required: true });
  const told = h("p", { role: "alert", class: "notice" }, notice);
  const button = h("button", { type: "submit", class: "main" }, "Log in");
  const form = h(
    "form",
    { class: "log-in", onsubmit: submit },
    h("h1", {}, "Log in"),
    told,
    labelled("Agent", agent),
    labelled("Password", password),
    button,
    h("p", { class: "quiet" }, "Or open the link that your administrator gave you. It is good once."),
  );
  root.replaceChildren(h("main", {}, form));
  agent.focus();

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      const given = { agent: agent.value.trim(), password: password.value };
      await enter(await transport.request("POST", "/v1/session", given, { attempts: 1 }));
    } catch (error) {
      told.textContent = error instanceof Error ? error.message : String(error);
      password.select();
    } finally {
      button.disabled = false;
    }
  }
}
