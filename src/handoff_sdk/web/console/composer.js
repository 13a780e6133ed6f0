/** Where the agent writes: replies and notes, with canned answers and files, and what each conversation's draft is. */

import { choose, h, labelled, say, set } from "./dom.js";
import { openConversation, openTicket } from "./seen.js";
import { uploadsPane } from "./uploads.js";

/** @typedef {import("./desk.js").Desk} Desk */

/** What the engine takes. */
const LONGEST = 4_096;

/**
 * @param {Desk} desk
 * @returns {import("./view.js").Pane & {write: (internal: boolean) => void, take: (files: Iterable<File>) => void}}
 */
export function composer(desk) {
  const words = h("span", {}, "Reply");
  const text = h("textarea", { rows: 3, maxlength: LONGEST, oninput: wrote, onkeydown: pressed, onpaste: pasted });
  const field = h("label", { class: "field" }, words, text);
  const note = h(
    "button",
    { type: "button", onclick: () => write(!internal), "aria-keyshortcuts": "n" },
    "Internal note",
  );
  const send = h("button", { type: "submit", class: "main" }, "Send reply");
  const picker = h("input", { type: "file", multiple: true, hidden: true, onchange: picked });
  const attach = h("button", { type: "button", onclick: () => picker.click() }, "Attach files");
  const uploads = uploadsPane(desk);
  const canned = h("select", { onchange: insert });
  const cannedField = labelled("Canned answer", canned);
  const hint = h("p", { class: "quiet" });
  const element = h("form", { class: "composer", onsubmit: submit }, uploads.element, field, hint);
  element.append(h("div", { class: "buttons" }, send, note, attach, picker, cannedField));

  let internal = false;
  /** @type {string | null} */
  let about = null;
  /** @type {string | null} */
  let cannedOf = null;
  /** @type {Array<{name: string, text: string}>} */
  let answers = [];

  /** @param {boolean} asNote */
  function write(asNote) {
    internal = asNote;
    draw();
    text.focus();
  }

  function wrote() {
    keep();
    if (!internal && text.value !== "") desk.typing();
  }

  function keep() {
    if (about === null) return;
    if (text.value === "") sessionStorage.removeItem(`draft ${about}`);
    else sessionStorage.setItem(`draft ${about}`, text.value);
  }

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    const said = text.value.trim();
    if (said === "" || about === null) return;
    desk.reply(said, internal);
    text.value = "";
    internal = false;
    keep();
    draw();
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    element.requestSubmit();
  }

  /** @param {Iterable<File>} files sends them, each with a message of its own */
  function take(files) {
    for (const file of files) uploads.take(file, internal);
  }

  function picked() {
    take(picker.files ?? []);
    picker.value = "";
  }

  /** @param {ClipboardEvent} event */
  function pasted(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) event.preventDefault();
    take(files);
  }

  function insert() {
    const found = answers.find(({ name }) => name === canned.value);
    canned.value = "";
    if (found === undefined) return;
    text.setRangeText(found.text, text.selectionStart, text.selectionEnd, "end");
    keep();
    text.focus();
  }

  async function readCanned() {
    const ticketId = desk.state().open?.ticket_id ?? null;
    if (ticketId === cannedOf) return;
    cannedOf = ticketId;
    answers = [];
    // Whoever can't have them writes by hand.
    const found = ticketId === null ? [] : await desk.canned(ticketId).catch(() => []);
    if (cannedOf !== ticketId) return;
    answers = found;
    draw();
  }

  function draw() {
    const state = desk.state();
    const conversation = openConversation(state);
    if (conversation === null) return;
    if (about !== conversation.id) {
      about = conversation.id;
      text.value = sessionStorage.getItem(`draft ${about}`) ?? "";
      internal = false;
    }
    readCanned();
    uploads.draw();
    say(words, internal ? "Note" : "Reply");
    say(send, internal ? "Add note" : "Send reply");
    set(note, "aria-pressed", String(internal));
    set(element, "data-internal", internal ? "" : null);
    cannedField.hidden = answers.length === 0;
    const names = answers.map(({ name }) => /** @type {[string, string]} */ ([name, name]));
    choose(canned, [["", "Choose…"], ...names], "");
    say(hint, internal ? "Only colleagues see it." : whatReplyingDoes(desk));
  }

  return { element, draw, write, take };
}

/** @param {Desk} desk what a reply does beside being said */
function whatReplyingDoes(desk) {
  const state = desk.state();
  const ticket = openTicket(state);
  if (openConversation(state)?.owner !== "human") return "Your reply takes the conversation over.";
  if (ticket?.live && ticket.assignee === null) return "Your reply makes the ticket yours.";
  if (ticket?.live && ticket.assignee !== state.me) return "A colleague has this ticket.";
  return "Enter sends, Shift+Enter makes a new line.";
}
