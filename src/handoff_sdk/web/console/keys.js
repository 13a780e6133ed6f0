/** Keyboard shortcuts: single keys while nothing is being written, and a list of them that can switch them off. */

import { h } from "./dom.js";
import { offersOf } from "./seen.js";

/** @typedef {import("./desk.js").Desk} Desk */

/**
 * @typedef {object} Parts
 * @property {Desk} desk
 * @property {{step: (by: number) => void}} tickets
 * @property {{write: (internal: boolean) => void}} conversation
 * @property {{transfer: () => void, handBack: () => void}} side
 */

/** @type {Array<[string, string, (parts: Parts) => unknown]>} */
const SHORTCUTS = [
  ["j", "Next ticket", ({ tickets }) => tickets.step(1)],
  ["k", "Ticket before", ({ tickets }) => tickets.step(-1)],
  ["a", "Accept the first offer", ({ desk }) => accept(desk)],
  ["d", "Decline the first offer", ({ desk }) => answer(desk, "decline")],
  ["r", "Write a reply", ({ conversation }) => conversation.write(false)],
  ["n", "Write a note", ({ conversation }) => conversation.write(true)],
  ["o", "Open", ({ desk }) => desk.update({ status: "open" })],
  ["p", "Pending", ({ desk }) => desk.update({ status: "pending" })],
  ["h", "On hold", ({ desk }) => desk.update({ status: "on_hold" })],
  ["s", "Solve", ({ desk }) => desk.update({ status: "solved" })],
  ["t", "Transfer", ({ side }) => side.transfer()],
  ["b", "Hand back", ({ side }) => side.handBack()],
];
const OFF = "shortcuts off";

/** @param {Parts} parts */
export function keys(parts) {
  const on = h("input", {
    type: "checkbox",
    checked: localStorage.getItem(OFF) === null,
    onchange: () => (on.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "")),
  });
  const rows = [["?", "This list"], ...SHORTCUTS, ["Enter", "Send what is written"]];
  const element = h(
    "dialog",
    { "aria-labelledby": "shortcuts", class: "shortcuts" },
    h("h2", { id: "shortcuts" }, "Keyboard shortcuts"),
    h(
      "dl",
      {},
      ...rows.flatMap(([key, words]) => [h("dt", {}, h("kbd", {}, String(key))), h("dd", {}, String(words))]),
    ),
    h("label", {}, on, " Single keys do something"),
    h("form", { method: "dialog" }, h("button", {}, "Close")),
  );

  /** @param {KeyboardEvent} event */
  function press(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]") !== null) return;
    if (writes(event.target)) {
      if (event.key === "Escape") /** @type {HTMLElement} */ (event.target).blur();
      return;
    }
    if (event.key === "?") element.showModal();
    const found = on.checked && SHORTCUTS.find(([key]) => key === event.key);
    if (!found) return;
    event.preventDefault();
    found[2](parts);
  }

  return { element, press };
}

/** @param {Desk} desk */
async function accept(desk) {
  const [first] = offersOf(desk.state());
  if (await answer(desk, "accept")) location.hash = `ticket=${first.ticket.id}`;
}

/** @param {Desk} desk @param {"accept" | "decline"} how */
async function answer(desk, how) {
  const [first] = offersOf(desk.state());
  return first !== undefined && desk.answer(first.offer.id, how);
}

/** @param {EventTarget | null} target whether keys belong to it */
function writes(target) {
  return (
    target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]")
  );
}
