/** A long list of which only what can be seen is there: hundreds of rows cost as much as a screen full of them. */

import { h, keyed, set } from "./dom.js";

/** Rows that are there above and below those that are seen. */
const AROUND = 5;

/**
 * @template Item
 * @typedef {object} Row
 * @property {HTMLLIElement} element
 * @property {(item: Item, about: any) => void} draw
 */

/**
 * @template Item
 * @param {{label: string, height: number, keyOf: (item: Item) => string, make: (item: Item) => Row<Item>}} options
 *   `height` of a row in pixels, as the style sheet has it
 */
export function longList({ label, height, keyOf, make }) {
  const list = h("ul", { "aria-label": label, class: "long-list" });
  const element = h("div", { class: "scroll" }, list);
  const update = keyed(list, (/** @type {{item: Item, place: number}} */ { item }) => keyOf(item), placed);
  /** @type {Item[]} */
  let items = [];
  /** @type {any} */
  let about = null;
  element.addEventListener("scroll", paint, { passive: true });
  new ResizeObserver(paint).observe(element);

  /** @param {{item: Item}} first */
  function placed(first) {
    const row = make(first.item);
    return {
      element: row.element,
      /** @param {{item: Item, place: number}} one @param {any} with_ */
      draw({ item, place }, with_) {
        row.element.style.transform = `translateY(${place * height}px)`;
        set(row.element, "aria-posinset", String(place + 1));
        set(row.element, "aria-setsize", String(items.length));
        row.draw(item, with_);
      },
    };
  }

  function paint() {
    const first = Math.max(0, Math.floor(element.scrollTop / height) - AROUND);
    const last = Math.ceil((element.scrollTop + element.clientHeight) / height) + AROUND;
    list.style.height = `${items.length * height}px`;
    update(
      items.slice(first, last).map((item, place) => ({ item, place: first + place })),
      about,
    );
  }

  return {
    element,
    /** @param {Item[]} now @param {any} with_ what rows are drawn with beside their item */
    show(now, with_) {
      [items, about] = [now, with_];
      paint();
    },
    /** @param {string} key scrolls no further than needed */
    reveal(key) {
      const place = items.findIndex((item) => keyOf(item) === key);
      if (place < 0) return;
      const lowest = (place + 1) * height - element.clientHeight;
      element.scrollTop = Math.max(lowest, Math.min(element.scrollTop, place * height));
      paint();
    },
  };
}
