/**
 * What is said, as elements: each kind of content has its part, and what is not known is shown as text. Content comes
 * from anybody and is never markup.
 *
 * Source: api.md, Message content.
 */

import { fill, h, link, linked, safe } from "./dom.js";

/** @typedef {import("../headless/index.js").Shown} Shown */

/**
 * @typedef {object} Scene What the parts of a conversation need.
 * @property {import("./words.js").Words} words
 * @property {string} base the desk's address
 * @property {string} locale
 * @property {boolean} open whether its quick replies may still be tapped
 * @property {boolean} answered whether its form was
 * @property {Shown[]} messages
 * @property {NonNullable<import("../headless/state.js").Conversation["survey"]> | null} survey the one it asks
 * @property {(content: Record<string, any> & {type: string}) => void} send
 * @property {(rating: "good" | "bad", comment?: string) => void} rate
 */

/** @typedef {(content: Record<string, any>, scene: Scene, message: Shown) => Array<Node | null>} Part */

/**
 * @param {Shown} message
 * @param {Scene} scene
 * @returns {Node[]}
 */
export function content(message, scene) {
  const part = scene.survey ? survey : PARTS[message.content.type] ?? unknown;
  return /** @type {Node[]} */ (part(message.content, scene, message).filter(Boolean));
}

/** @type {Record<string, Part>} */
const PARTS = {
  text: (content, scene) => [
    said(content.text),
    scene.open && content.replies ? choices(content.replies.map((/** @type {any} */ reply) => tap(reply, scene))) : null,
    actions(content.actions, scene),
  ],
  image: (content, scene) => [bubble(picture(content, scene))],
  file: (content, scene) => [bubble(attachment(content, scene))],
  carousel: (content, scene) => [cards(content.items, scene, "cards")],
  list: (content, scene) => [cards(content.items, scene, "cards list")],
  form: (content, scene, message) => [scene.answered ? asked(content, scene) : form(content, scene, message)],
  form_response: (content, scene) => [response(content, scene)],
  location: ({ name, address, latitude, longitude }) => [
    said([name, address, `${latitude}, ${longitude}`].filter(Boolean).join("\n")),
  ],
  redacted: (_, { words }) => [said(words.redacted)],
};

/** @type {Part} */
function unknown(content, { words }) {
  return [said(typeof content.text === "string" ? content.text : words.unknown)];
}

/** @param {string} text */
function said(text) {
  return bubble(...linked(text));
}

/** @param {import("./dom.js").Child[]} children */
function bubble(...children) {
  return h("div", { class: "bubble", dir: "auto" }, ...children);
}

/** @param {Node[]} children */
function choices(children) {
  return h("div", { class: "choices" }, ...children);
}

/** @param {{text: string, payload?: string}} reply @param {Scene} scene */
function tap({ text, payload }, scene) {
  const say = () => scene.send({ type: "text", text, ...(payload === undefined ? {} : { payload }) });
  return h("button", { type: "button", onclick: say }, text);
}

/** @param {any[] | undefined} given @param {Scene} scene */
function actions(given, scene) {
  const known = (given ?? []).flatMap((/** @returns {HTMLElement[]} */ (action) => {
    const label = action.text ?? action.title ?? action.label;
    if (typeof label !== "string") return [];
    const href = action.url ? safe(action.url, scene.base) : null;
    if (href) return [link(href, label)];
    return action.url ? [] : [tap({ text: label, payload: action.payload }, scene)];
  }));
  return known.length ? choices(known) : null;
}

/** @param {Record<string, any>} content @param {Scene} scene */
function picture(content, scene) {
  const src = safe(content.url, scene.base);
  if (!src) return attachment(content, scene);
  const alt = content.alt ?? content.name ?? scene.words.image;
  return link(src, h("img", { src, alt, loading: "lazy" }));
}

/** @param {Record<string, any>} content @param {Scene} scene */
function attachment({ url, name, alt, size }, { base, words, locale }) {
  const href = safe(url, base);
  const label = `${name ?? alt ?? words.file}${size ? ` (${bytes(size, locale)})` : ""}`;
  return href ? link(href, label) : label;
}

/**
 * @param {number} size
 * @param {string} locale
 */
export function bytes(size, locale) {
  size = Math.max(size, 100);
  const kilo = size < 1e6;
  const shown = { maximumFractionDigits: 1, style: "unit", unit: kilo ? "kilobyte" : "megabyte" };
  return new Intl.NumberFormat(locale, /** @type {any} */ (shown)).format(size / (kilo ? 1e3 : 1e6));
}

/** @param {any[]} items @param {Scene} scene @param {string} name */
function cards(items, scene, name) {
  const shown = items.map(({ title, description, url, actions: given }) => {
    const href = url ? safe(url, scene.base) : null;
    const heading = h("b", {}, href ? link(href, title) : title);
    return h("div", { class: "card", dir: "auto" }, heading, description && h("p", {}, description), actions(given, scene));
  });
  return h("div", { class: name, tabindex: name === "cards" && "0", role: "group" }, ...shown);
}

/** @param {any} field */
const optionsOf = (field) =>
  field.options.map((/** @type {any} */ option) => (typeof option === "string" ? { text: option } : option));

/** @param {Record<string, any>} content @param {Scene} scene @param {Shown} message */
function form({ fields }, { words, send }, { id }) {
  const inputs = fields.map((/** @type {any} */ field) => {
    const more = { name: field.name, required: field.required !== false, maxlength: 4096 };
    if (field.type !== "select") return h("input", { ...more, type: field.type });
    const empty = h("option", { value: "" }, words.choose);
    const options = optionsOf(field).map((/** @type {any} */ { text, payload }) =>
      h("option", { value: payload ?? text }, text),
    );
    return h("select", { name: more.name, required: more.required }, empty, ...options);
  });
  const labels = fields.map((/** @type {any} */ { label, required }, /** @type {number} */ index) =>
    h("label", {}, required === false ? `${label} (${words.optional})` : label, inputs[index]),
  );
  const onsubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const given = inputs.flatMap((/** @type {HTMLInputElement} */ input) =>
      input.value === "" ? [] : [[input.name, input.type === "number" ? input.valueAsNumber : input.value]],
    );
    send({ type: "form_response", form: id, fields: Object.fromEntries(given) });
  };
  const submit = h("button", { class: "main" }, words.submit);
  return h("form", { class: "bubble fields", onsubmit }, ...labels, submit);
}

/** @param {Record<string, any>} content @param {Scene} scene */
function asked({ fields }, { words }) {
  const labels = fields.map((/** @type {any} */ field) => field.label);
  return bubble(`${labels.join(", ")} (${words.submitted})`);
}

/** @param {Record<string, any>} content @param {Scene} scene */
function response({ form: id, fields }, { messages }) {
  const known = messages.find((message) => message.id === id)?.content.fields ?? [];
  const lines = Object.entries(fields ?? {}).map(([name, value]) => {
    const field = known.find((/** @type {any} */ each) => each.name === name);
    const option = field?.options && optionsOf(field).find((/** @type {any} */ { payload }) => payload === value);
    return `${field?.label ?? name}: ${option?.text ?? value}`;
  });
  return bubble(lines.join("\n"));
}

/** @type {Part} */
function survey(content, { words, survey: given, rate }) {
  const { rating, comment } = /** @type {NonNullable<Scene["survey"]>} */ (given);
  const buttons = (content.replies ?? []).map((/** @type {any} */ { text, payload }) => {
    const pressed = rating === null ? null : String(rating === payload);
    return h("button", { type: "button", "aria-pressed": pressed, onclick: () => rate(payload) }, text);
  });
  const more = h("div");
  if (rating && comment === null) {
    const input = h("textarea", { rows: "2", maxlength: "4096", required: true });
    const onsubmit = (/** @type {Event} */ event) => {
      event.preventDefault();
      rate(rating, input.value);
    };
    const submit = h("button", { class: "main" }, words.submit);
    fill(more, h("form", { class: "bubble fields", onsubmit }, h("label", {}, words.comment, input), submit));
  }
  return [said(content.text), choices(buttons), rating ? said(words.thanks) : null, more];
}
