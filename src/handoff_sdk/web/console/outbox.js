/**
 * What the agent has said and the desk has not told of yet: sent one after the other, each with a key of its own, so
 * that nothing is said twice. What had no answer goes again, under the same key, as soon as the desk is heard; what was
 * refused waits for the agent.
 */

import { HandoffError, newKey } from "../headless/transport.js";
import { at } from "./paths.js";

/**
 * @typedef {object} Said
 * @property {string} key
 * @property {string} conversation_id
 * @property {import("./contents.js").Content} content
 * @property {boolean} internal a note for colleagues
 * @property {string | null} refusal why it was not taken
 * @property {boolean} passing whether it may be taken later; it may also have been taken already
 */

/**
 * @param {object} options
 * @param {import("../headless/transport.js").Transport["request"]} options.request
 * @param {() => void} options.tell that something has changed here
 * @param {(conversationId: string) => object} options.fenceOf what a reply names of the conversation
 * @param {(message: any) => void} options.taken gets each message that the engine has taken
 */
export function createOutbox({ request, tell, fenceOf, taken }) {
  /** @type {Said[]} */
  let said = [];
  let sending = Promise.resolve();

  /** @param {Said} one */
  function add(one) {
    said = [...said, one];
    tell();
    sending = sending.then(() => send(one));
  }

  /** @param {Said} one */
  async function send({ key, conversation_id: about, content, internal }) {
    const more = internal ? { visibility: "internal" } : fenceOf(about);
    try {
      const message = await request("POST", at`/v1/conversations/${about}/messages`, { content, ...more }, { key });
      said = said.filter((other) => other.key !== key);
      taken(message);
    } catch (error) {
      const failed = { refusal: messageOf(error), passing: error instanceof HandoffError && error.passing };
      said = said.map((other) => (other.key === key ? { ...other, ...failed } : other));
    }
    tell();
  }

  /** @param {Said} one that was not taken @param {boolean} again whether to send it again, or else to drop it */
  function settle(one, again) {
    said = said.filter((other) => other.key !== one.key);
    tell();
    // What may have been taken already keeps its key.
    if (again) add({ ...one, key: one.passing ? one.key : newKey(), refusal: null, passing: false });
  }

  return {
    all: () => said,
    settle,
    /** @param {string} about @param {Said["content"]} content @param {boolean} internal */
    say(about, content, internal) {
      add({ key: newKey(), conversation_id: about, content, internal, refusal: null, passing: false });
    },
    /** @param {string} about @param {Said["content"]} content @param {string} refusal why it is not sent yet */
    hold(about, content, refusal) {
      said = [...said, { key: newKey(), conversation_id: about, content, internal: false, refusal, passing: false }];
      tell();
    },
    /** Sends again what had no answer. */
    again() {
      for (const one of said) if (one.passing) settle(one, true);
    },
    /** @param {any} message of the agent's that the feed tells of: it does not wait any more */
    told(message) {
      const internal = message.visibility === "internal";
      const { conversation_id: about } = message;
      const same = wordsOrFile(message.content);
      const found = said.find(
        (one) => one.conversation_id === about && wordsOrFile(one.content) === same && one.internal === internal,
      );
      said = said.filter((one) => one !== found);
    },
  };
}

/** @param {Said["content"]} content what it says; or the file, whose link is signed anew each time */
function wordsOrFile({ text, url }) {
  return text ?? url?.split("?")[0];
}

/** @param {unknown} error */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
