/** Where the customer writes, and what of theirs is being uploaded. What is written stays over a reload. */

import { HandoffError } from "../headless/transport.js";
import { fill, h, icon } from "./dom.js";
import { bytes } from "./parts.js";
import { filled } from "./words.js";

/** @typedef {import("../headless/index.js").Customer} Customer */

const LONGEST = 4096;
/** What the desk refuses a file for, in the customer's words. @type {Record<string, "too_large" | "not_taken">} */
const WHY = { too_large: "too_large", unsupported_media: "not_taken" };

/**
 * @param {object} given
 * @param {Customer} given.customer
 * @param {import("./words.js").Words} given.words
 * @param {string} given.locale
 * @param {() => import("./view.js").Info} given.info
 * @param {() => void} given.onSent
 */
export function createComposer({ customer, words, locale, info, onSent }) {
  const text = h("textarea", {
    ...{ rows: "1", "aria-label": words.message, placeholder: words.placeholder, maxlength: String(LONGEST), dir: "auto" },
    oninput: written,
    onpaste: pasted,
    onkeydown(/** @type {KeyboardEvent} */ event) {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      send();
    },
  });
  const file = h("input", { type: "file", multiple: true, hidden: true, onchange: picked });
  const attach = h("button", { type: "button", "aria-label": words.attach, onclick: () => file.click() }, icon("clip"));
  const submit = h("button", { class: "turns", "aria-label": words.send }, icon("send"));
  const uploads = h("div", { class: "uploads" });
  const onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    send();
  };
  const element = h("div", {}, uploads, h("form", { class: "composer", onsubmit }, attach, file, text, submit));

  customer.kept("text").then((kept) => {
    if (kept && !text.value) text.value = kept;
  });

  function written() {
    customer.keep("text", text.value || null);
    if (text.value) customer.typing();
  }

  function send() {
    const said = text.value.trim();
    if (!said) return;
    text.value = "";
    customer.keep("text", null);
    customer.send(said);
    onSent();
  }

  function picked() {
    for (const each of file.files ?? []) take(each);
    file.value = "";
  }

  /** @param {ClipboardEvent} event */
  function pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length) event.preventDefault();
    files.forEach(take);
  }

  /** @param {File} given */
  async function take(given) {
    const { name } = given;
    const leaving = new AbortController();
    const bar = h("progress", { max: "1", value: "0", "aria-label": filled(words.uploading, { name }) });
    const cancel = h("button", { type: "button", onclick: () => leaving.abort() }, words.cancel);
    const line = h("div", {}, h("span", {}, name), bar, cancel);
    uploads.append(line);
    const most = info().limits?.attachment_bytes ?? Infinity;
    try {
      if (given.size > most) throw new HandoffError(413, { code: "too_large" });
      await customer.attach(given, (share) => (bar.value = share), leaving.signal);
      line.remove();
      onSent();
    } catch (error) {
      if (leaving.signal.aborted) return line.remove();
      refused(line, given, error instanceof HandoffError ? error.code : "", bytes(most === Infinity ? 0 : most, locale));
    }
  }

  /** @param {HTMLElement} line @param {File} given @param {string} code @param {string} size */
  function refused(line, given, code, size) {
    const told = filled(words[WHY[code] ?? "not_uploaded"], { name: given.name, size });
    const again = () => {
      line.remove();
      take(given);
    };
    fill(
      line,
      h("span", { role: "alert" }, told),
      !WHY[code] && h("button", { type: "button", onclick: again }, words.retry),
      h("button", { type: "button", onclick: () => line.remove() }, words.discard),
    );
  }

  return {
    element,
    take,
    focus: () => text.focus(),
    /** @param {NonNullable<import("./view.js").Info["limits"]>} limits */
    limit({ message_characters, attachment_types }) {
      if (message_characters) text.maxLength = message_characters;
      if (attachment_types) file.accept = attachment_types.join();
    },
  };
}
