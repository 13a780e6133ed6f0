/** What is being uploaded: how far each file is, and what became of those that were not taken. */

import { HandoffError } from "../headless/transport.js";
import { h } from "./dom.js";
import { messageOf } from "./outbox.js";
import { openConversation } from "./seen.js";

/** @typedef {import("./desk.js").Desk} Desk */

/**
 * @param {Desk} desk
 * @returns {import("./view.js").Pane & {take: (file: File, internal: boolean) => void}}
 */
export function uploadsPane(desk) {
  const element = h("ul", { class: "uploads", "aria-label": "Uploads", hidden: true });
  /** Each with the conversation it is for. @type {Map<HTMLElement, string>} */
  const lines = new Map();

  /** @param {File} file @param {boolean} internal */
  function take(file, internal) {
    const conversation = openConversation(desk.state());
    if (conversation !== null) begin(conversation, file, internal);
  }

  /** @param {import("./nouns.js").Conversation} conversation @param {File} file @param {boolean} internal */
  async function begin(conversation, file, internal) {
    const stopping = new AbortController();
    const { signal } = stopping;
    const bar = h("progress", { max: 1, value: 0, "aria-label": `Uploading ${file.name}` });
    const stop = h("button", { type: "button", onclick: () => stopping.abort() }, "Cancel");
    const line = h("li", {}, h("span", {}, file.name), bar, stop);
    const drop = () => {
      lines.delete(line);
      line.remove();
      draw();
    };
    lines.set(line, conversation.id);
    element.append(line);
    draw();
    try {
      await desk.attach(conversation, file, { internal, onProgress: (share) => (bar.value = share), signal });
      drop();
    } catch (error) {
      if (signal.aborted) return drop();
      const retry = () => {
        drop();
        begin(conversation, file, internal);
      };
      const again = h("button", { type: "button", onclick: retry }, "Try again");
      const discard = h("button", { type: "button", onclick: drop }, "Discard");
      const told = h("span", { role: "alert", class: "notice" }, `${file.name} was not uploaded. ${messageOf(error)}`);
      line.replaceChildren(told, ...(error instanceof HandoffError && error.passing ? [again] : []), discard);
    }
  }

  function draw() {
    const about = desk.state().open?.conversation_id;
    for (const [line, of] of lines) line.hidden = of !== about;
    element.hidden = [...lines.values()].every((of) => of !== about);
  }

  return { element, draw, take };
}
