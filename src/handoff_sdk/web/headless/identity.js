/**
 * Who the customer is: somebody the page has signed in, or somebody without an account, whose token is kept.
 *
 * An anonymous customer is only made when there is something to say, and brings along their conversations when they
 * sign in.
 *
 * Source: api.md, Who calls.
 */

import { HandoffError } from "./transport.js";

/** @typedef {import("./transport.js").Transport} Transport */
/** @typedef {() => string | Promise<string>} TokenSource gives a signed token; asked anew when it is over */

/** Whoever is refused at the same time as somebody else takes the credential that the other one renewed. */
const JUST_NOW = 5_000;

/**
 * @param {object} given
 * @param {() => Transport["request"]} given.request
 * @param {import("./shelf.js").Shelf} given.shelf
 * @param {() => Record<string, string>} given.profile what is said of an anonymous customer
 * @param {TokenSource | string | null} [given.token]
 * @param {() => void} given.onLost the anonymous customer is not there any more
 */
export function createIdentity({ request, shelf, profile, token, onLost }) {
  let source = sourceOf(token);
  /** @type {string | null} */
  let signed = null;
  /** @type {Promise<string> | null} */
  let asking = null;
  let renewedAt = 0;

  /** @param {() => Promise<string>} ask @returns {Promise<string>} */
  function once(ask) {
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  }

  /** @param {Record<string, string>} said */
  const ask = (said) => request()("POST", "/v1/customers/anonymous", said, { open: true });

  async function anonymous() {
    const kept = await shelf.get("token");
    if (kept) return kept;
    const made = await ask(profile()).catch((error) => (error.status === 400 ? ask({}) : Promise.reject(error)));
    // Another page of the same browser may have been quicker.
    return shelf.update("token", (there) => there ?? made.token);
  }

  /** @param {boolean} renew @returns {Promise<string>} */
  async function credential(renew) {
    const expired = renew && Date.now() - renewedAt > JUST_NOW;
    if (expired) renewedAt = Date.now();
    if (source) {
      const ask = source;
      if (signed && !expired) return signed;
      return once(async () => {
        signed = await ask();
        return signed;
      });
    }
    if (expired) {
      await shelf.set("token", null);
      onLost();
    }
    return once(anonymous);
  }

  /** Whether there is a customer already. */
  async function exists() {
    return source !== null || (await shelf.get("token")) !== null;
  }

  /** Gives the conversations that an anonymous customer had to the one who has signed in. */
  async function merge() {
    const token = await shelf.get("token");
    if (!source || !token) return;
    try {
      await request()("POST", "/v1/customers/me/merge", { anonymous_token: token });
    } catch (error) {
      if (!(error instanceof HandoffError) || error.passing) throw error;
      // There is nothing to bring along any more.
    }
    await shelf.set("token", null);
  }

  /** @param {TokenSource | string | null} next `null`: nobody is signed in any more */
  function become(next) {
    [source, signed, asking, renewedAt] = [sourceOf(next), null, null, 0];
  }

  return { credential, exists, merge, become };
}

/** @param {TokenSource | string | null | undefined} token @returns {TokenSource | null} */
function sourceOf(token) {
  return typeof token === "string" ? () => token : token ?? null;
}
