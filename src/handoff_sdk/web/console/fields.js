/** What the bot collected, as a form: each value as its schema says it is, to be corrected by the agent. */

import { h, labelled } from "./dom.js";
import { openTicket } from "./seen.js";

/** @typedef {import("./desk.js").Desk} Desk */
/** @typedef {import("./nouns.js").Ticket} Ticket */
/** @typedef {{name: string, element: HTMLElement, value: () => unknown}} Field */

/** @type {Record<string, (value: any, schema: any) => {control: HTMLElement, value: () => unknown}>} */
const CONTROLS = {
  boolean: (value) => {
    const control = h("input", { type: "checkbox", checked: value === true });
    return { control, value: () => control.checked };
  },
  choice: (value, { enum: options }) => {
    const known = options.includes(value) ? options : [value ?? null, ...options];
    const choices = known.map((/** @type {unknown} */ each, /** @type {number} */ place) =>
      h("option", { value: String(place), selected: each === value }, each === null ? "" : String(each)),
    );
    const control = h("select", {}, ...choices);
    return { control, value: () => known[Number(control.value)] };
  },
  number: (value) => {
    const control = h("input", { type: "number", step: "any", value: value ?? "" });
    return { control, value: () => (control.value === "" ? null : Number(control.value)) };
  },
  date: (value) => {
    const control = h("input", { type: "date", value: value ?? "" });
    return { control, value: () => control.value || null };
  },
  text: (value) => {
    const control = h("input", { value: value ?? "" });
    return { control, value: () => control.value || null };
  },
  json: (value) => {
    const control = h("output", {}, JSON.stringify(value));
    return { control, value: () => value };
  },
};

/** @param {Desk} desk @returns {import("./view.js").Pane} */
export function fieldsForm(desk) {
  const title = h("h3", {});
  const list = h("div", {});
  const save = h("button", { type: "submit" }, "Save fields");
  const element = h("form", { onsubmit: submit, oninput: () => (touched = true) }, title, list, save);
  /** @type {Field[]} */
  let fields = [];
  let touched = false;
  let drawn = "";
  let drawnFor = "";

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    const before = openTicket(desk.state())?.fields ?? {};
    const news = fields
      .map(({ name, value }) => [name, value()])
      .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[String(name)] ?? null));
    if (news.length === 0 || (await desk.update({ fields: Object.fromEntries(news) }, true))) {
      touched = false;
      drawn = "";
      draw();
    }
  }

  function draw() {
    const ticket = openTicket(desk.state());
    if (ticket === null) return;
    if (ticket.id !== drawnFor) touched = false;
    const written = JSON.stringify([ticket.id, ticket.form, ticket.fields]);
    if (touched || written === drawn) return;
    [drawn, drawnFor] = [written, ticket.id];
    title.textContent = ticket.form?.name ?? "Fields";
    fields = fieldsOf(ticket);
    list.replaceChildren(...fields.map(({ element: field }) => field));
    element.hidden = fields.length === 0;
  }

  return { element, draw };
}

/**
 * The form's questions, and what was collected beside them.
 *
 * @param {Ticket} ticket
 * @returns {Field[]}
 */
function fieldsOf({ form, fields }) {
  const asked = form?.schema.properties ?? {};
  const names = [...new Set([...Object.keys(asked), ...Object.keys(fields)])];
  return names.map((name) => {
    const schema = resolved(asked[name] ?? {}, form?.schema ?? {});
    const value = fields[name] ?? null;
    const { control, value: read } = CONTROLS[kindOf(schema, value)](value, schema);
    return { name, element: labelled(asked[name]?.title ?? schema.title ?? name, control), value: read };
  });
}

/** @param {any} schema @param {unknown} value */
function kindOf(schema, value) {
  if (Array.isArray(schema.enum)) return "choice";
  const type = schema.type ?? (typeof value === "object" && value !== null ? "object" : typeof value);
  if (type === "integer") return "number";
  if (type === "object" || type === "array") return "json";
  if (type === "string" && schema.format === "date") return "date";
  return type in CONTROLS ? type : "text";
}

/**
 * What a schema says of a value that is there: references are followed, and of several the first that is not `null`.
 *
 * @param {any} schema
 * @param {any} whole
 * @returns {any}
 */
function resolved(schema, whole) {
  const variants = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (Array.isArray(variants)) {
    const { anyOf, oneOf, allOf, ...kept } = schema;
    return { ...kept, ...resolved(variants.find((one) => one.type !== "null") ?? {}, whole) };
  }
  const [, name] = /^#\/\$defs\/(.+)$/.exec(schema.$ref ?? "") ?? [];
  return name === undefined ? schema : resolved(whole.$defs?.[name] ?? {}, whole);
}
