/**
 * What a message holds, as elements. Nothing that people or bots wrote is taken for markup, and a link leads to the web
 * or to the desk's own files, or is none.
 *
 * Source: api.md, Message content.
 */

import { h } from "./dom.js";

/** @typedef {Record<string, any> & {type: string}} Content */

/** What the address of each of the desk's own files begins with. */
const OWN = "/v1/attachments/";

/** @type {Record<string, (content: any) => Array<Node | string>>} */
const PARTS = {
  text: ({ text, replies = [] }) =>
    [
      h("p", {}, text),
      replies.length > 0 && h("p", { class: "quiet" }, `Choices: ${replies.map(wordsOf).join(" · ")}`),
    ].filter((part) => part !== false),
  image: ({ url, alt, name }) => [h("p", {}, "Image: ", link(url, alt || name || "image")), preview(url)],
  file: ({ url, alt, name, size }) => [h("p", {}, "File: ", link(url, name || alt || "file"), sized(size))],
  carousel: ({ items }) => [cards(items)],
  list: ({ items }) => [cards(items)],
  form: ({ fields }) => [h("p", {}, "Form: ", fields.map((/** @type {any} */ field) => field.label).join(" · "))],
  form_response: ({ fields }) => [pairs(fields)],
  location: ({ latitude, longitude, name, address }) => [
    h("p", {}, [name, address, `${latitude}, ${longitude}`].filter(Boolean).join(" · ")),
  ],
  redacted: () => [h("p", { class: "quiet" }, "This message was redacted.")],
  template: ({ name, values }) => [h("p", {}, `Template ${name}`), pairs(values)],
};

/**
 * @param {Content} content
 * @returns {Array<Node | string>}
 */
export function partsOf(content) {
  const parts = PARTS[content.type];
  return parts === undefined ? [h("p", {}, content.text ?? `[${content.type}]`)] : parts(content);
}

/** @param {Record<string, any>} values */
export function pairs(values) {
  return h(
    "dl",
    {},
    ...Object.entries(values).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, shown(value))]),
  );
}

/** @param {unknown} value */
function shown(value) {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** @param {any} reply */
function wordsOf(reply) {
  return typeof reply === "string" ? reply : reply.text;
}

/** @param {any[]} items */
function cards(items) {
  return h(
    "ul",
    { class: "cards" },
    ...items.map(({ title, description, url }) =>
      h("li", {}, h("strong", {}, url ? link(url, title) : title), description && h("p", {}, description)),
    ),
  );
}

/** @param {string} url @param {string} words */
function link(url, words) {
  return /^https?:\/\//.test(url) || url.startsWith(OWN)
    ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, words)
    : words;
}

/** @param {string} url shown in place where it is the desk's own: others would learn who looks at it */
function preview(url) {
  return url.startsWith(OWN) ? h("img", { src: url, alt: "", loading: "lazy" }) : "";
}

/** @param {number | null | undefined} size in bytes */
function sized(size) {
  return size ? ` (${Math.ceil(size / 1024)} kB)` : "";
}
