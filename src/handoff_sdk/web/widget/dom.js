/**
 * Elements, without a way for a text to become anything else than text: nothing here parses HTML, and only addresses
 * that a browser fetches or shows are let through.
 */

const SVG = "http://www.w3.org/2000/svg";
const SAFE = new Set(["http:", "https:"]);

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * An element: `on...` are listeners, `true` sets an attribute without a value, `null` and `false` leave it out.
 *
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [attributes]
 * @param {Child[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...given(children));
  return element;
}

/**
 * What a node holds from now on.
 *
 * @param {Element} element
 * @param {Child[]} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...given(children));
}

/** @param {Child[]} children @returns {Array<Node | string>} */
function given(children) {
  return /** @type {Array<Node | string>} */ (children.filter((child) => child || child === ""));
}

/**
 * A drawing, for eyes only.
 *
 * @param {keyof typeof PATHS} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

const PATHS = {
  chat: "M4 4h16v12H9l-5 4z",
  close: "M6 6l12 12M18 6L6 18",
  send: "M4 12l16-8-6 16-3-6z",
  clip: "M20 11l-8 8a5 5 0 01-7-7l8-8a3.5 3.5 0 015 5l-8 8a2 2 0 01-3-3l7-7",
  past: "M12 7v5l3 2M4 12a8 8 0 108-8 8 8 0 00-7 4M4 4v4h4",
};

/**
 * An address that is safe to fetch or to open, whole; `null` where it is not.
 *
 * @param {unknown} address
 * @param {string} base
 * @returns {string | null}
 */
export function safe(address, base) {
  try {
    const url = new URL(String(address), `${base}/`);
    return SAFE.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/**
 * A link that leaves the page alone.
 *
 * @param {string} href
 * @param {Child[]} children
 */
export function link(href, ...children) {
  return h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
}

/**
 * A text whose addresses are links.
 *
 * @param {string} text
 * @returns {Child[]}
 */
export function linked(text) {
  return text.split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,:;!?)\]])/).map((part, index) => {
    const href = index % 2 ? safe(part, "https://localhost") : null;
    return href ? link(href, part) : part;
  });
}
