/**
 * The chat on a page: `<handoff-chat>`, or the script tag alone.
 *
 *     <script type="module" src="https://desk.example.com/widget.js" data-brand="acme"></script>
 *
 * The page speaks to it through `handoff` (or the element): `handoff.on("message", ...)`, `open()`, `close()`,
 * `setUser()`, `setContext()`.
 */

import { createCustomer } from "../headless/index.js";
import { styles } from "./styles.js";
import { createView } from "./view.js";
import { chosen, directionOf, wordsOf } from "./words.js";

/** Where the desk is: this file is in its `assets/<hash>/widget`. */
const DESK = new URL("../../../", import.meta.url).href.replace(/\/$/, "");
const TAG = "handoff-chat";
/** For how long a page that nobody looks at follows what happens, if its chat is not open; milliseconds. */
const REST_AFTER = 60_000;
/** What a script tag says with `data-`. */
const SETTINGS = ["brand", "url", "language", "dir", "theme", "side", "token"];

/** A chat with one brand of a desk. Its attributes are read when it comes into the page. */
export class HandoffChat extends HTMLElement {
  /** @type {import("../headless/index.js").Customer | null} */
  #customer = null;
  /** @type {ReturnType<typeof createView> | null} */
  #view = null;
  /** @type {AbortController | null} */
  #there = null;
  /** @type {Record<string, any>} */
  #context = {};
  #signedIn = false;
  #wantsOpen = false;
  #root = this.attachShadow({ mode: "open" });

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [styles()];
  }

  connectedCallback() {
    const there = (this.#there = new AbortController());
    const { signal } = there;
    const languages = [this.getAttribute("language"), ...(navigator.languages ?? []), document.documentElement.lang];
    const token = this.getAttribute("token");
    this.#signedIn = token !== null;
    const customer = createCustomer({
      ...{ url: this.getAttribute("url") ?? DESK, brand: this.getAttribute("brand") ?? "default", token },
      language: languages.find(Boolean) ?? undefined,
    });
    this.#customer = customer;
    customer.setContext(this.#context);
    for (const name of ["message", "handoff", "returned", "ended", "unread", "error"]) {
      customer.on(name, (told) => this.#tell(name, told));
    }
    addEventListener("online", () => customer.wake(true), { signal });
    addEventListener("offline", () => customer.wake(true), { signal });
    addEventListener("pageshow", () => customer.wake(), { signal });
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let leaving;
    const looked = () => {
      clearTimeout(leaving);
      if (document.hidden) leaving = setTimeout(() => this.hasAttribute("open") || customer.rest(), REST_AFTER);
      else {
        customer.wake();
        this.#view?.seen();
      }
    };
    document.addEventListener("visibilitychange", looked, { signal });
    if (document.hidden) looked();
    this.#begin(customer, languages, signal).catch((error) => this.#tell("error", error));
  }

  disconnectedCallback() {
    this.#there?.abort();
    this.#customer?.stop();
    [this.#customer, this.#view, this.#there] = [null, null, null];
  }

  /**
   * @param {import("../headless/index.js").Customer} customer
   * @param {Array<string | null>} languages
   * @param {AbortSignal} signal
   */
  async #begin(customer, languages, signal) {
    const language = chosen(languages);
    const words = await wordsOf(language);
    if (signal.aborted) return;
    const locale = languages.find((each) => each?.startsWith(language)) ?? language;
    // A page says how its own words run, which need not be in the widget's language.
    const page = directionOf(language) === "rtl" ? "rtl" : document.documentElement.dir;
    this.setAttribute("dir", this.getAttribute("dir") || page || directionOf(languages.find(Boolean)));
    this.setAttribute("lang", language);
    const view = createView({
      ...{ root: this.#root, customer, words, locale },
      signedIn: () => this.#signedIn,
      tell: (name) => this.#tell(name, null),
    });
    this.#view = view;
    customer.on("change", view.draw);
    if (this.#wantsOpen) view.open();
    await customer.start();
  }

  /** @param {string} name @param {any} told */
  #tell(name, told) {
    this.dispatchEvent(new CustomEvent(`handoff-${name}`, { detail: told }));
  }

  /**
   * Tells of what happens: `message` (somebody of the business said something), `handoff` (people speak now),
   * `returned`, `ended`, `unread` (how many), `open`, `close`, `error`.
   *
   * @param {string} name
   * @param {(told: any) => void} listener
   * @returns {() => void} stops it
   */
  on(name, listener) {
    const heard = (/** @type {any} */ event) => listener(event.detail);
    this.addEventListener(`handoff-${name}`, heard);
    return () => this.removeEventListener(`handoff-${name}`, heard);
  }

  open() {
    this.#wantsOpen = true;
    this.#view?.open();
  }

  close() {
    this.#wantsOpen = false;
    this.#view?.close();
  }

  /**
   * Says who the customer is.
   *
   * @param {string | (() => string | Promise<string>) | null} token signed by the page's own server, or what gives one;
   *   `null` after the customer has signed out
   */
  async setUser(token) {
    this.#signedIn = token !== null;
    await this.#customer?.setUser(token);
  }

  /**
   * Tells people where the customer is: `{page: "checkout", cart: 3}`.
   *
   * @param {Record<string, any>} about
   */
  setContext(about) {
    this.#context = { ...this.#context, ...about };
    this.#customer?.setContext(about);
  }
}

/** The script tag that brought this file, if the page has no element of its own. */
function scriptTag() {
  const own = [...document.querySelectorAll("script[src]")].filter(
    (script) => /** @type {HTMLScriptElement} */ (script).src.split(/[?#]/)[0] === `${DESK}/widget.js`,
  );
  return /** @type {HTMLScriptElement | undefined} */ (own.find((script) => "brand" in /** @type {any} */ (script).dataset));
}

function embed() {
  if (!customElements.get(TAG)) customElements.define(TAG, HandoffChat);
  const tag = scriptTag();
  let element = /** @type {HandoffChat | null} */ (document.querySelector(TAG));
  if (!element && tag) {
    element = /** @type {HandoffChat} */ (document.createElement(TAG));
    for (const name of SETTINGS) {
      const value = tag.dataset[name];
      if (value !== undefined) element.setAttribute(name, value);
    }
    document.body.append(element);
  }
  if (element) /** @type {any} */ (globalThis).handoff ??= element;
  document.dispatchEvent(new CustomEvent("handoff-ready", { detail: element }));
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", embed);
else embed();
