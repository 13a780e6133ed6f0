/** The console: who is there, and then their desk. */

import { createTransport } from "../headless/transport.js";
import { showLogIn } from "./login.js";
import { showDesk } from "./view.js";

const root = /** @type {HTMLElement} */ (document.getElementById("console"));
/** @type {string | null} */
let csrf = null;
const transport = createTransport({ url: new URL(".", location.href).href, csrf: () => csrf });
/** @type {(() => void) | null} */
let leave = null;

/** @param {{csrf: string, agent: {id: string}}} session */
async function enter(session) {
  csrf = session.csrf;
  const over = () => begin("You have been logged out.");
  leave = await showDesk(root, transport, session.agent.id, { over, logOut, setPassword });
}

/** @param {string} password of which the session gets another id */
async function setPassword(password) {
  const session = await transport.request("POST", "/v1/session/password", { password });
  csrf = session.csrf;
}

async function logOut() {
  await transport.request("DELETE", "/v1/session").catch(() => {});
  begin("You are logged out.");
}

/** @param {string} notice */
function begin(notice) {
  leave?.();
  leave = null;
  csrf = null;
  showLogIn(root, transport, enter, notice);
}

/** The one-time token of a link, which is taken out of the address at once. */
function tokenOfLink() {
  const token = new URLSearchParams(location.hash.slice(1)).get("login");
  if (token !== null) history.replaceState(null, "", location.pathname);
  return token;
}

async function boot() {
  const token = tokenOfLink();
  try {
    await enter(
      token === null
        ? await transport.request("GET", "/v1/session")
        : await transport.request("POST", "/v1/session", { token }),
    );
  } catch (error) {
    begin(token === null ? "" : error instanceof Error ? error.message : String(error));
  }
}

boot();
