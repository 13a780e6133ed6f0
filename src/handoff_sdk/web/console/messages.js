/** What was said in the open conversation: with the bot, and with people, one after the other. */

import { partsOf } from "./contents.js";
import { h, keyed, say, set } from "./dom.js";
import { worded } from "./header.js";
import { customerName } from "./seen.js";
import { instantOf } from "./times.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./nouns.js").Message} Message */

/**
 * A stretch of messages that reached the same ticket, or the bot.
 *
 * @typedef {{key: string, ticketId: string | null, messages: Message[]}} Stretch
 */

/** How near to the end one has to be to be kept there, in pixels. */
const NEAR = 80;

/** @param {Desk} desk @returns {import("./view.js").Pane} */
export function messagesPane(desk) {
  const older = h("button", { type: "button", class: "plain", onclick: readOlder }, "Earlier messages");
  const stretches = h("div", {});
  const waiting = h("ol", { class: "messages said" });
  const element = h("div", { role: "log", "aria-label": "Conversation", tabindex: 0, class: "log" });
  element.append(older, stretches, waiting);
  const update = keyed(stretches, (/** @type {Stretch} */ { key }) => key, stretch);
  const updateSaid = keyed(
    waiting,
    (/** @type {import("./outbox.js").Said} */ { key }) => key,
    (one) => sending(desk, one),
  );
  /** @type {string | null} */
  let drawn = null;
  /** Whether the agent reads along at the end; they stay there, whatever grows or shrinks. */
  let along = true;
  let top = 0;
  element.addEventListener("scroll", () => {
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR;
    // Something may have grown before this is told of; who leaves the end goes up.
    along = atEnd || (along && element.scrollTop >= top);
    top = element.scrollTop;
  });
  const sizes = new ResizeObserver(stay);
  for (const each of [element, stretches, waiting]) sizes.observe(each);

  function stay() {
    if (!along) return;
    element.scrollTop = element.scrollHeight;
    top = element.scrollTop;
  }

  async function readOlder() {
    const height = element.scrollHeight;
    await desk.readOlder();
    draw();
    element.scrollTop += element.scrollHeight - height;
  }

  function draw() {
    const { open } = desk.state();
    if (open === null) return;
    older.hidden = !open.more;
    const customer = customerName(desk.state(), open.conversation_id);
    update(stretchesOf(open.messages), { open, now: desk.now(), customer });
    updateSaid(
      desk.said().filter((one) => one.conversation_id === open.conversation_id),
      null,
    );
    if (drawn === open.conversation_id) return;
    drawn = open.conversation_id;
    along = true;
    stay();
  }

  return { element, draw };
}

/**
 * The messages by whom they reached; lines of the engine belong to what they stand in.
 *
 * @param {Message[]} messages
 * @returns {Stretch[]}
 */
export function stretchesOf(messages) {
  /** @type {Stretch[]} */
  const found = [];
  for (const message of messages) {
    const ticketId = message.ticket_id ?? null;
    const current = found.at(-1);
    const stays = current && (current.ticketId === ticketId || (ticketId === null && message.author.type === "system"));
    if (current && stays) current.messages.push(message);
    else found.push({ key: message.id, ticketId, messages: [message] });
  }
  return found;
}

/** @param {Stretch} first */
function stretch({ ticketId }) {
  const title = h("summary", {});
  const list = h("ol", { class: "messages" });
  const element = h("details", { class: ticketId === null ? "of-bot" : "of-people", open: true }, title, list);
  const update = keyed(list, (/** @type {Message} */ { id }) => id, line);
  return {
    element,
    /** @param {Stretch} one @param {any} about */
    draw({ messages }, about) {
      say(title, `${ticketId === null ? "With the bot" : "With people"} (${messages.length})`);
      update(messages, about);
    },
  };
}

/** @param {Message} message */
function line(message) {
  const { author, content, visibility, via } = message;
  const who = h("strong", {});
  const when = h("time", { datetime: message.at });
  const state = h("span", { class: "quiet" });
  const kind = visibility === "internal" ? "note" : author.type;
  const marks = [visibility === "internal" && "note", author.type === "bot" && author.name && "bot", via]
    .filter(Boolean)
    .join(" · ");
  const head = h("div", { class: "head" }, who, marks && h("span", { class: "quiet" }, marks), when, state);
  const element = h("li", { class: `message ${kind}` }, head, ...partsOf(content));
  return {
    element,
    /** @param {Message} _ @param {{open: import("./state.js").Open, now: number, customer: string}} about */
    draw(_, { open, now, customer }) {
      say(who, author.name ?? (author.type === "customer" ? customer : worded(author.type)));
      say(when, instantOf(message.at, now));
      say(state, open.failed.includes(message.id) ? "not delivered" : open.read_up_to === message.id ? "read" : "");
    },
  };
}

/** @param {Desk} desk @param {import("./outbox.js").Said} first what was said and is not told of yet */
function sending(desk, { key, content, internal }) {
  const state = h("span", { class: "quiet" });
  const one = () => desk.said().find((said) => said.key === key);
  /** @param {boolean} again */
  const settle = (again) => {
    const said = one();
    if (said) desk.settle(said, again);
  };
  const buttons = h(
    "span",
    { class: "buttons" },
    h("button", { type: "button", onclick: () => settle(true) }, "Try again"),
    h("button", { type: "button", onclick: () => settle(false) }, "Discard"),
  );
  const element = h("li", { class: `message ${internal ? "note" : "agent"}` }, ...partsOf(content), state, buttons);
  return {
    element,
    /** @param {import("./outbox.js").Said} said */
    draw({ refusal }) {
      say(state, refusal === null ? "Sending…" : `Not sent. ${refusal}`);
      set(element, "data-refused", refusal === null ? null : "");
      buttons.hidden = refusal === null;
    },
  };
}
