/** Elements: making them and keeping lists of them. Text is always text; nothing here reads markup. */

/** @typedef {Node | string | null | undefined | false} Child */

/** What is set as a property, since the attribute only says how it began. */
const PROPERTIES = new Set(["value", "checked", "disabled", "selected", "open", "hidden", "htmlFor", "indeterminate"]);

/**
 * An element. Of `props` those that begin with `on` are listeners, `class` and all others are attributes; what is
 * `null` or `false` is left out.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [props]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (PROPERTIES.has(name)) /** @type {any} */ (element)[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * A labelled control, which is found by the label's words.
 *
 * @param {string} label
 * @param {HTMLElement} control
 */
export function labelled(label, control) {
  return h("label", { class: "field" }, h("span", {}, label), control);
}

/** @param {Node} node @param {string} text says it anew only where it says something else */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** @param {Element} element @param {string} name @param {string | null} value */
export function set(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * The options of a choice, made anew only where they differ. What somebody is choosing is left alone until there is
 * another value to show.
 *
 * @param {HTMLSelectElement} select
 * @param {Array<[string, string]>} options value and words
 * @param {string} value the one that is chosen
 */
export function choose(select, options, value) {
  const written = JSON.stringify(options);
  const { options: before, value: shown } = select.dataset;
  if (before !== written) {
    select.replaceChildren(...options.map(([each, words]) => h("option", { value: each }, words)));
    select.dataset.options = written;
  }
  if (before !== written || shown !== value || document.activeElement !== select) select.value = value;
  select.dataset.value = value;
}

/**
 * Keeps the children of an element as the items of a list are: one is made for a new key, and moved, drawn and dropped
 * with its item.
 *
 * @template Item, About
 * @param {Element} parent
 * @param {(item: Item) => string} keyOf
 * @param {(item: Item) => {element: HTMLElement, draw: (item: Item, about: About) => void}} make
 * @returns {(items: Item[], about: About) => void}
 */
export function keyed(parent, keyOf, make) {
  /** @type {Map<string, {element: HTMLElement, draw: (item: Item, about: About) => void}>} */
  const made = new Map();
  return (items, about) => {
    const keys = new Set(items.map(keyOf));
    for (const [key, { element }] of made) {
      if (keys.has(key)) continue;
      element.remove();
      made.delete(key);
    }
    items.forEach((item, place) => {
      const key = keyOf(item);
      const one = made.get(key) ?? make(item);
      made.set(key, one);
      if (parent.children[place] !== one.element) parent.insertBefore(one.element, parent.children[place] ?? null);
      one.draw(item, about);
    });
  };
}
