/** The widget as its customer sees it: a button, and a panel with the conversation. Draws what the customer's side
 * tells, and tells it what the customer does. */

import { createComposer } from "./composer.js";
import { fill, h, icon } from "./dom.js";
import { createLog } from "./log.js";
import { filled } from "./words.js";

/** @typedef {import("../headless/index.js").View} View */

/**
 * @typedef {object} Info What the desk says of the brand.
 * @property {string} [name]
 * @property {boolean} [open]
 * @property {string | null} [opens_at]
 * @property {string | null} [persona]
 * @property {boolean} [messaging]
 * @property {boolean} [anonymous]
 * @property {{message_characters?: number, attachment_bytes?: number, attachment_types?: string[]}} [limits]
 * @property {Record<string, string>} [texts]
 */

/**
 * @param {object} given
 * @param {ShadowRoot} given.root
 * @param {import("../headless/index.js").Customer} given.customer
 * @param {import("./words.js").Words} given.words
 * @param {string} given.locale
 * @param {() => boolean} given.signedIn
 * @param {(name: "open" | "close") => void} given.tell
 */
export function createView({ root, customer, words, locale, signedIn, tell }) {
  /** @type {Info} */
  let info = {};
  let shown = customer.view;
  const badge = h("span", { class: "badge" });
  const launcher = h("button", { class: "launcher", "aria-haspopup": "dialog", onclick: open }, icon("chat"), badge);
  const title = h("h2", {}, words.title);
  const speaker = h("p");
  const end = h("button", { onclick: act(customer.end), hidden: true }, words.end);
  const past = h("button", { "aria-label": words.past, title: words.past, onclick: list }, icon("past"));
  const away = h("button", { "aria-label": words.close, title: words.close, onclick: close }, icon("close"));
  const banner = h("div", { class: "banner", role: "status" });
  const typing = h("div", { class: "typing" });
  const history = h("div", { class: "past", hidden: true });
  const fresh = h("button", { class: "main", onclick: act(begin) }, words.fresh);
  const after = h("div", { class: "banner", hidden: true }, h("p", {}, words.ended), fresh);
  const log = createLog({ customer, words, locale, info: () => info, onEnd: seen });
  const composer = createComposer({ customer, words, locale, info: () => info, onSent: log.toEnd });
  const chat = [log.element, log.latest, typing, after, composer.element];
  const head = h("header", {}, h("div", {}, title, speaker), end, past, away);
  const panel = h("section", { class: "panel", role: "dialog", hidden: true, "aria-label": words.title }, head, banner);
  panel.append(history, ...chat);
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  panel.addEventListener("dragover", (event) => event.preventDefault());
  panel.addEventListener("drop", (event) => {
    event.preventDefault();
    for (const file of event.dataTransfer?.files ?? []) composer.take(file);
  });
  root.replaceChildren(launcher, panel);

  /**
   * What a button does: refusals are shown, and nothing is done twice at a time.
   *
   * @param {() => Promise<any>} deed
   */
  function act(deed) {
    return async (/** @type {Event} */ event) => {
      const button = /** @type {HTMLButtonElement} */ (event.currentTarget);
      button.disabled = true;
      try {
        await deed();
      } catch {
        customer.wake();
      } finally {
        button.disabled = false;
      }
    };
  }

  function open() {
    if (!panel.hidden) return;
    panel.hidden = false;
    launcher.hidden = true;
    root.host.toggleAttribute("open", true);
    learn();
    draw(shown);
    log.toEnd();
    if (matchMedia("(pointer: coarse)").matches) away.focus();
    else composer.focus();
    tell("open");
  }

  function close() {
    if (panel.hidden) return;
    panel.hidden = true;
    launcher.hidden = false;
    root.host.toggleAttribute("open", false);
    launcher.focus();
    tell("close");
  }

  /** Tells the desk what the customer has before their eyes. */
  function seen() {
    if (panel.hidden || document.hidden || !log.atEnd() || log.element.hidden) return;
    customer.read().catch(() => {});
  }

  /** Asks the desk whether somebody is there, each time the panel is opened. */
  async function learn() {
    try {
      info = await customer.info();
    } catch {
      return;
    }
    composer.limit(info.limits ?? {});
    draw(shown);
  }

  async function begin() {
    await customer.fresh();
    back();
  }

  function back() {
    history.hidden = true;
    draw(shown);
    composer.focus();
  }

  async function list() {
    if (!history.hidden) return back();
    const begun = await customer.conversations();
    const dated = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
    const lines = begun.map((/** @type {any} */ each) => {
      const at = dated.format(new Date(each.created_at));
      const go = async () => {
        await customer.open(each.id);
        back();
      };
      return h("button", { onclick: act(go) }, filled(words.since, { at }));
    });
    const first = h("button", { class: "main", onclick: act(begin) }, words.fresh);
    fill(history, first, ...lines, h("button", { class: "plain", onclick: back }, words.back));
    history.hidden = false;
    draw(shown);
    first.focus();
  }

  /** @param {View} view */
  function draw(view) {
    shown = view;
    const { conversation, unread } = view;
    badge.hidden = unread === 0;
    badge.textContent = unread > 99 ? "99+" : String(unread);
    const told = unread ? `, ${filled(words.unread, { n: unread })}` : "";
    launcher.setAttribute("aria-label", words.open + told);
    if (panel.hidden) return;
    title.textContent = info.name ?? words.title;
    speaker.textContent = whoSpeaks(conversation);
    end.hidden = !conversation || !["active", "inactive"].includes(conversation.session);
    const reading = history.hidden;
    for (const part of chat) part.hidden = !reading;
    after.hidden = !reading || conversation?.session !== "ended";
    const off = info.messaging === false || (info.anonymous === false && !signedIn());
    composer.element.hidden = !reading || off;
    drawBanner(view, off);
    const { typing: who } = view;
    typing.textContent = who ? filled(words.typing, { name: who.name ?? conversation?.speaker ?? words.agent }) : "";
    if (who?.by === "bot") typing.textContent = filled(words.typing, { name: info.persona ?? words.bot });
    log.draw(view);
    log.latest.hidden = !reading || log.atEnd();
    seen();
  }

  /** @param {View["conversation"]} conversation */
  function whoSpeaks(conversation) {
    if (conversation?.owner === "bot") return words.with_bot;
    return conversation?.speaker ? filled(words.with_agent, { name: conversation.speaker }) : "";
  }

  /** @param {View} view @param {boolean} off */
  function drawBanner({ connection, conversation, messages }, off) {
    const waits = conversation?.owner === "human" && !conversation.speaker && conversation.session !== "ended";
    /** @type {string[]} */
    const lines = [];
    if (connection === "offline") lines.push(words.offline);
    else if (connection === "connecting" && !messages.length) lines.push(words.connecting);
    if (waits) lines.push(...place(conversation));
    if (off) lines.push(info.messaging === false ? words.off : words.sign_in);
    else if (info.open === false) lines.push(info.texts?.closed ?? words.closed, ...opening());
    const told = lines.join(" ");
    if (banner.firstChild?.textContent !== told || Boolean(banner.querySelector("button")) !== waits) {
      const leave = waits && h("button", { class: "plain", onclick: act(customer.leaveQueue) }, words.leave);
      fill(banner, told && h("p", {}, told), leave);
    }
  }

  /** @param {NonNullable<View["conversation"]>} conversation */
  function place({ position, wait }) {
    if (position === null) return [words.soon];
    const queued = filled(words.queued, { n: position });
    if (!wait) return [queued];
    const [from, to] = [wait.low_seconds, wait.high_seconds].map((seconds) => Math.max(1, Math.ceil(seconds / 60)));
    return [queued, from === to ? filled(words.wait, { n: to }) : filled(words.waits, { from, to })];
  }

  function opening() {
    if (!info.opens_at) return [];
    const format = new Intl.DateTimeFormat(locale, { weekday: "long", hour: "2-digit", minute: "2-digit" });
    return [filled(words.opens, { at: format.format(new Date(info.opens_at)) })];
  }

  draw(shown);
  return { open, close, draw, seen };
}
