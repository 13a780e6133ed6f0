/** The conversation on the screen: what is there already is left alone, so that nothing half filled in is lost. */

import { isTheirs } from "../headless/state.js";
import { fill, h } from "./dom.js";
import { content } from "./parts.js";

/** @typedef {import("../headless/index.js").Shown} Shown */
/** @typedef {import("../headless/index.js").View} View */

/** From the end, in pixels: whoever is that near reads along. */
const NEAR = 60;

/**
 * @param {object} given
 * @param {import("../headless/index.js").Customer} given.customer
 * @param {import("./words.js").Words} given.words
 * @param {string} given.locale
 * @param {() => import("./view.js").Info} given.info
 * @param {() => void} given.onEnd the customer has come to the end
 */
export function createLog({ customer, words, locale, info, onEnd }) {
  const earlier = h("button", { class: "plain", onclick: more }, words.earlier);
  const element = h("div", { class: "log", role: "log", "aria-label": words.conversation, tabindex: "0" }, earlier);
  const latest = h("button", { class: "latest", onclick: toEnd, hidden: true }, words.latest);
  /** @type {Map<string, {node: HTMLElement, note: HTMLElement, told: string, noted: string}>} */
  let drawn = new Map();

  /** Whether the customer reads along at the end; they stay there, whatever grows or shrinks. */
  let along = true;
  let top = 0;
  const stay = () => along && toEnd();

  element.addEventListener("scroll", () => {
    // Something may have grown before this is told of; who leaves the end goes up.
    latest.hidden = along = atEnd() || (along && element.scrollTop >= top);
    top = element.scrollTop;
    if (along) onEnd();
  });
  element.addEventListener("load", stay, true);
  new ResizeObserver(stay).observe(element);

  function atEnd() {
    return element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
  }

  function toEnd() {
    element.scrollTo({ top: element.scrollHeight, behavior: "instant" });
    [along, top] = [true, element.scrollTop];
  }

  async function more() {
    const [height, top] = [element.scrollHeight, element.scrollTop];
    await customer.more();
    element.scrollTo({ top: element.scrollHeight - height + top, behavior: "instant" });
  }

  /** @param {View} view */
  function draw(view) {
    const { messages, conversation } = view;
    const follow = along || messages.at(-1)?.sending;
    const lastOwn = messages.findLastIndex((message) => message.author.type === "customer");
    const lastSent = messages.findLastIndex((message) => message.author.type === "customer" && !message.failed);
    const lastReplies = messages.findLastIndex((message) => message.content.replies);
    const answered = new Set(messages.map((message) => message.content.form));
    const readUpTo = messages.findIndex((message) => message.id === conversation?.read_up_to);
    const before = drawn;
    drawn = new Map();
    earlier.hidden = !view.older;
    /** @type {Element} */
    let last = earlier;
    for (const [index, message] of messages.entries()) {
      const scene = {
        ...{ words, locale, messages, base: customer.transport.url },
        open: index > lastOwn && index >= lastReplies,
        answered: answered.has(message.id),
        survey: conversation?.survey?.message_id === message.id ? conversation.survey : null,
        send: customer.send,
        rate: rated,
      };
      const name = nameOf(message);
      const first = nameOf(messages[index - 1]) !== name;
      const state = index === lastSent || message.failed ? stateOf(message, index <= readUpTo) : null;
      const key = message.metadata?.key ?? message.id;
      const { content: given, failed, sending } = message;
      // Who listens to the log hears again what is drawn again: a receipt is not drawn with what it is for.
      const told = JSON.stringify([given, failed, scene.open, scene.answered, scene.survey, name, first]);
      const noted = JSON.stringify([message.at, state, sending]);
      const there = before.get(key);
      const { node, note } = there ?? { node: h("div"), note: h("span") };
      if (there?.told !== told) drawMessage(node, note, message, scene, first);
      if (there?.noted !== noted || there.told !== told) drawNote(node, note, message, first, state);
      drawn.set(key, { node, note, told, noted });
      if (last.nextElementSibling !== node) last.after(node);
      last = node;
    }
    for (const [key, { node }] of before) if (!drawn.has(key)) node.remove();
    if (follow) toEnd();
  }

  /** @param {"good" | "bad"} rating @param {string} [comment] */
  function rated(rating, comment) {
    customer.answerSurvey(rating, comment).catch(() => {});
  }

  /** @param {Shown | undefined} message */
  function nameOf(message) {
    if (!message) return null;
    const { type, name } = message.author;
    if (type === "bot") return name ?? info().persona ?? words.bot;
    return { customer: words.you, agent: name ?? words.agent, system: words.system }[type];
  }

  /** @param {Shown} message @param {boolean} read */
  function stateOf(message, read) {
    if (message.failed) return words.failed;
    if (message.sending) return words.sending;
    return read ? words.read : words.delivered;
  }

  /**
   * @param {HTMLElement} node
   * @param {HTMLElement} note
   * @param {Shown} message
   * @param {import("./parts.js").Scene} scene
   * @param {boolean} first of several by the same author
   */
  function drawMessage(node, note, message, scene, first) {
    const { type } = message.author;
    node.className = `message ${type === "customer" ? "own" : isTheirs(message) ? "theirs" : "system"}`;
    const author = h("span", { class: first && isTheirs(message) ? "author" : "unseen" }, nameOf(message));
    fill(node, author, ...content(message, scene), note, message.failed ? repair(message) : null);
  }

  /**
   * @param {HTMLElement} node
   * @param {HTMLElement} note
   * @param {Shown} message
   * @param {boolean} first
   * @param {string | null} state
   */
  function drawNote(node, note, message, first, state) {
    node.classList.toggle("sending", Boolean(message.sending));
    note.className = message.failed ? "note bad" : "note";
    const time = h("time", { datetime: message.at, class: first || state ? "" : "unseen" }, timeOf(message.at));
    fill(note, ...(message.author.type === "system" ? [] : [time, state && ` · ${state}`]));
  }

  /** @param {Shown} message */
  function repair({ key = "" }) {
    const again = h("button", { type: "button", onclick: () => customer.retry(key) }, words.retry);
    const away = h("button", { type: "button", onclick: () => customer.discard(key) }, words.discard);
    return h("div", { class: "choices" }, again, away);
  }

  /** @param {string} at */
  function timeOf(at) {
    const then = new Date(at);
    const today = then.toDateString() === new Date().toDateString();
    const day = today ? {} : /** @type {const} */ ({ dateStyle: "medium" });
    return new Intl.DateTimeFormat(locale, { ...day, timeStyle: "short" }).format(then);
  }

  return { element, latest, draw, toEnd, atEnd };
}
