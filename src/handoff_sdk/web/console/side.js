/** Beside the conversation: what was collected, and everything that is done with a ticket. */

import { at } from "./paths.js";
import { choose, h, keyed, labelled, say } from "./dom.js";
import { fieldsForm } from "./fields.js";
import { worded } from "./header.js";
import { customerName, openConversation, openTicket } from "./seen.js";
import { instantOf } from "./times.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./state.js").State} State */

const PRIORITIES = ["low", "normal", "high", "urgent"];

/**
 * @param {Desk} desk
 * @returns {import("./view.js").Pane & {transfer: () => void, handBack: () => void}}
 */
export function sidePane(desk) {
  const customer = h("p", {});
  const summary = h("p", { class: "summary" });
  const summarized = h("section", {}, h("h3", {}, "Summary"), summary);
  const fields = fieldsForm(desk);
  const priority = h("select", { onchange: () => desk.update({ priority: priority.value }) });
  const custom = h("select", { onchange: () => desk.update({ status: custom.value }) });
  const customField = labelled("Custom state", custom);
  const tags = tagList(desk);
  const target = h("select", {});
  const transferring = h(
    "form",
    { onsubmit: transfer },
    labelled("Transfer to", target),
    h("button", { type: "submit" }, "Transfer"),
  );
  const note = h("textarea", { rows: 2, maxlength: 4_096 });
  const returning = h(
    "form",
    { onsubmit: handBack },
    labelled("Words for the bot", note),
    h("button", { type: "submit" }, "Hand back"),
  );
  const end = h("button", { type: "button", onclick: () => desk.endSession() }, "End session");
  const others = otherConversations(desk);
  const work = h(
    "fieldset",
    { "aria-label": "The ticket's details" },
    summarized,
    fields.element,
    h("h3", {}, "Ticket"),
    labelled("Priority", priority),
    customField,
  );
  work.append(tags.element, transferring, returning, end);
  const element = h("aside", { class: "side", "aria-label": "Details" }, customer, work, others.element);

  /** @param {Event} event */
  async function transfer(event) {
    event.preventDefault();
    const [kind, ...name] = target.value.split(" ");
    if (kind) await desk.ask("transfer", { [kind]: name.join(" ") });
    target.value = "";
  }

  /** @param {Event} [event] */
  async function handBack(event) {
    event?.preventDefault();
    const words = note.value.trim();
    if (await desk.ask("hand_back", words === "" ? {} : { note: words })) note.value = "";
  }

  return {
    element,
    transfer: () => target.focus(),
    handBack: () => note.focus(),
    draw() {
      const state = desk.state();
      const conversation = openConversation(state);
      element.hidden = conversation === null;
      if (conversation === null) return;
      const { email, external_id: externalId } = state.customers[conversation.customer_id] ?? {};
      say(
        customer,
        [...new Set([customerName(state, conversation.id), email, externalId])].filter(Boolean).join(" · "),
      );
      others.draw();
      const ticket = openTicket(state);
      work.hidden = ticket === null;
      if (ticket === null) return;
      work.disabled = ticket.status === "closed";
      say(summary, ticket.summary ?? "");
      summarized.hidden = !ticket.summary;
      fields.draw();
      const empty = ticket.priority === null ? [["", "None"]] : [];
      choose(priority, pairsOf([...empty, ...PRIORITIES.map((each) => [each, worded(each)])]), ticket.priority ?? "");
      const names = Object.keys(state.ticket_statuses);
      customField.hidden = names.length === 0;
      choose(custom, pairsOf([["", "None"], ...names.map((each) => [each, worded(each)])]), ticket.custom_status ?? "");
      tags.draw(ticket.tags);
      choose(target, targetsOf(state), target.value);
      transferring.hidden = !ticket.live;
      returning.hidden = !ticket.live;
      end.hidden = !ticket.live || conversation.session === "ended" || conversation.session === "none";
    },
  };
}

/** @param {string[][]} options @returns {Array<[string, string]>} */
function pairsOf(options) {
  return /** @type {Array<[string, string]>} */ (options);
}

/** @param {State} state to whom a ticket can be given */
function targetsOf({ agents, me, groups, queues }) {
  const colleagues = Object.values(agents).filter((agent) => agent.id !== me);
  return pairsOf([
    ["", "Choose…"],
    ...colleagues.map(({ id, name, status }) => [`agent ${id}`, `${name ?? id} (${worded(status).toLowerCase()})`]),
    ...groups.map((name) => [`group ${name}`, `Group ${name}`]),
    ...queues.map((name) => [`queue ${name}`, `Queue ${name}`]),
  ]);
}

/** @param {Desk} desk */
function tagList(desk) {
  const list = h("ul", { "aria-label": "Tags", class: "tags" });
  const update = keyed(
    list,
    (/** @type {string} */ tag) => tag,
    (tag) => {
      const drop = () => desk.update({ remove_tags: [tag] });
      const button = h(
        "button",
        { type: "button", class: "plain", "aria-label": `Remove tag ${tag}`, onclick: drop },
        "×",
      );
      return { element: h("li", {}, tag, button), draw() {} };
    },
  );
  const added = h("input", { maxlength: 100 });
  const element = h("form", { onsubmit: add }, labelled("Add tag", added), list);

  /** @param {Event} event */
  async function add(event) {
    event.preventDefault();
    const tag = added.value.trim();
    if (tag !== "" && (await desk.update({ add_tags: [tag] }))) added.value = "";
  }

  return {
    element,
    /** @param {string[]} tags */
    draw(tags) {
      list.hidden = tags.length === 0;
      update(tags, null);
    },
  };
}

/** @param {Desk} desk what else the customer has written about */
function otherConversations(desk) {
  const list = h("ul", {});
  const element = h("section", {}, h("h3", {}, "Other conversations"), list);
  /** @type {string | null} */
  let drawn = null;

  async function draw() {
    const conversation = openConversation(desk.state());
    if (conversation === null || conversation.id === drawn) return;
    drawn = conversation.id;
    element.hidden = true;
    const found = await desk.read(at`/v1/conversations?customer=${conversation.customer_id}`);
    const others = (found?.items ?? []).filter((/** @type {any} */ one) => one.id !== conversation.id);
    if (drawn !== conversation.id) return;
    element.hidden = others.length === 0;
    list.replaceChildren(...others.map((/** @type {any} */ one) => h("li", {}, otherLink(one, desk.now()))));
  }

  return { element, draw };
}

/** @param {any} conversation @param {number} now */
function otherLink({ id, ticket, brand, last_message_at: last, created_at: created }, now) {
  const what = ticket === null ? "with the bot" : (ticket.subject ?? ticket.status);
  return h(
    "a",
    { href: `#conversation=${encodeURIComponent(id)}` },
    `${instantOf(last ?? created, now)} · ${brand} · ${what}`,
  );
}
