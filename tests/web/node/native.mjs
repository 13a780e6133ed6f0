/**
 * The customer's side where React Native would run it, against a real desk: what a browser has and React Native has not
 * is taken away, and what it has otherwise is made as it has it. No device and no simulator takes part.
 *
 * - `fetch` answers when the whole answer is there, and gives no body to read piece by piece.
 * - `AbortSignal` knows `aborted` and `addEventListener`, and neither reasons nor timeouts.
 * - `XMLHttpRequest` uploads a `Blob`, and tells how far it is.
 * - Storage is asynchronous.
 *
 *     node native.mjs URL BOT_KEY
 *
 * Prints what the customer sees in the end, what they were told of on the way, and which paths were asked.
 */

import { request as send } from "node:http";
import { argv, stdout } from "node:process";

const ABSENT = [
  ...["Buffer", "process", "ReadableStream", "WritableStream", "TransformStream", "TextDecoder", "TextEncoder"],
  ...["TextDecoderStream", "TextEncoderStream", "Response", "Request", "Headers", "crypto", "structuredClone"],
  ...["Event", "EventTarget", "MessageChannel", "BroadcastChannel", "WebSocket", "navigator", "WebAssembly"],
];
for (const name of ABSENT) delete globalThis[name];
for (const name of [...ABSENT, "document", "window", "localStorage", "sessionStorage"]) {
  if (name in globalThis) throw new Error(`${name} is there`);
}

globalThis.AbortController = class {
  constructor() {
    const listeners = new Set();
    this.signal = {
      aborted: false,
      addEventListener: (_, listener) => listeners.add(listener),
      removeEventListener: (_, listener) => listeners.delete(listener),
    };
    this.abort = () => {
      if (this.signal.aborted) return;
      this.signal.aborted = true;
      for (const listener of [...listeners]) listener();
    };
  }
};
delete globalThis.AbortSignal;

const asked = new Set();
const going = new Set();
/** What becomes of requests that begin now: `on`, `off`, or `swallowing`: they arrive, and their answers do not. */
let network = "on";
let swallowed = 0;

/** @returns {Promise<any>} as `fetch` gives it; `how.mode`: what becomes of it */
const fetched = (address, { method = "GET", headers = {}, body, signal, mode = "on" }) =>
  new Promise((resolve, reject) => {
    const lost = () => reject(new TypeError("Network request failed"));
    if (mode === "off") return void setTimeout(lost);
    const sent = send(address, { method, headers, agent: false }, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece.toString("latin1")));
      answer.on("error", lost);
      answer.on("end", () => {
        going.delete(sent);
        if (mode === "swallowing") {
          swallowed += 1;
          return lost();
        }
        const text = decodeURIComponent(escape(pieces.join("")));
        const status = answer.statusCode;
        const told = { get: (name) => answer.headers[name.toLowerCase()] ?? null };
        const [asText, asJson] = [async () => text, async () => JSON.parse(text)];
        resolve({ ok: status < 300, status, headers: told, text: asText, json: asJson });
      });
    });
    if (signal) going.add(sent);
    sent.on("error", lost);
    signal?.addEventListener("abort", () => sent.destroy());
    sent.end(body);
  });

/** Somebody else's network, which is always there. */
const others = (address, { method, headers, body }) => fetched(address, { method, headers, body });

globalThis.fetch = (address, init) => {
  asked.add(`${init.method} ${new URL(address).pathname.replace(/cnv_\w+/, "ID")}`);
  return fetched(address, { ...init, mode: network });
};

globalThis.XMLHttpRequest = class {
  upload = {};
  #headers = {};
  open(method, address) {
    this.asked = [method, address];
  }
  setRequestHeader(name, value) {
    this.#headers[name] = value;
  }
  async send(blob) {
    const [method, address] = this.asked;
    asked.add(`${method} ${new URL(address).pathname}`);
    const body = new Uint8Array(await blob.arrayBuffer());
    try {
      const answer = await fetched(address, { method, headers: this.#headers, body, mode: network });
      this.upload.onprogress?.({ loaded: body.length, total: body.length });
      [this.status, this.response] = [answer.status, await answer.json()];
      this.onload();
    } catch {
      this.onerror();
    }
  }
};

/** @param {typeof network} mode what is on its way is lost */
function switched(mode) {
  network = mode;
  for (const sent of going) sent.destroy();
  going.clear();
}

const kept = new Map();
const later = (value) => new Promise((resolve) => setTimeout(resolve, 1, value));
const storage = {
  getItem: (name) => later(kept.get(name) ?? null),
  setItem: (name, value) => later(void kept.set(name, value)),
  removeItem: (name) => later(void kept.delete(name)),
};

const { openChat } = await import("../../../examples/11_react_native.mjs");
const { createTransport } = await import("../../../src/handoff_sdk/web/headless/transport.js");
const [, , url, key] = argv;
const heard = [];

/** The system, which puts apps away and brings them back. */
const listeners = new Set();
const appState = {
  addEventListener(_, listener) {
    listeners.add(listener);
    return { remove: () => listeners.delete(listener) };
  },
};
const turns = (state) => listeners.forEach((listener) => listener(state));

let chat = app();
let { customer } = chat;

function app() {
  const made = openChat({ url, brand: "acme", storage, appState, language: "en", timing: { first: 20, longest: 50 } });
  made.customer.on("message", ({ content }) => heard.push(content.text));
  return made;
}

const wordsOf = ({ content }) => content.text ?? content.name;

/** Settles when the customer sees this, and it has arrived. */
function shows(...texts) {
  return new Promise((resolve) => {
    const look = ({ messages }) => {
      const there = new Set(messages.filter(({ sending }) => !sending).map(wordsOf));
      if (texts.every((text) => there.has(text))) resolve(stop());
    };
    const stop = customer.on("change", look);
    look(customer.view);
  });
}

/** Settles when another answer was swallowed. */
async function swallow() {
  for (const before = swallowed; swallowed === before; ) await later();
}

await customer.start();
await customer.send("Größe 42?");
await shows("Größe 42?");
const { id, epoch } = customer.view.conversation;
const desk = createTransport({ url, credential: () => key, fetch: others });

/** Says something as the bot, whatever becomes of the customer's network. */
async function says(...texts) {
  for (const text of texts) {
    const body = { author: { type: "bot" }, content: { type: "text", text }, epoch };
    await desk.request("POST", `/v1/conversations/${id}/messages`, body);
  }
}

await says("b1", "b2", "b3");
await shows("b3");

switched("swallowing");
await customer.send("whose answer is lost");
await swallow();
network = "on";
await shows("whose answer is lost");

switched("off");
await customer.send("without a network");
await says("b4", "b5");
switched("on");
customer.wake(true);
await shows("without a network", "b4", "b5");

switched("swallowing");
await says("b6");
await swallow();
switched("on");
await shows("b6");

const progress = [];
const file = Object.assign(new Blob(["12 €"], { type: "text/plain" }), { name: "bill.txt" });
network = "off";
const refused = await customer.attach(file).then(
  () => null,
  (error) => error.code,
);
network = "on";
await customer.attach(file, (share) => progress.push(share));
await shows("bill.txt");

turns("background");
await says("b7");
turns("active");
await shows("b7");

switched("off");
await customer.send("before the app was killed");
await chat.close();
await says("b8");
network = "on";
chat = app();
customer = chat.customer;
await customer.start();
await shows("before the app was killed", "b8");
await says("b9");
await shows("b9");

const seen = customer.view.messages.map((message) => [message.author.type, wordsOf(message)]);
const { items } = await desk.request("GET", `/v1/conversations/${id}/messages?limit=100`);
const said = items.map((message) => [message.author.type, wordsOf(message)]);
const steady = customer.view === customer.view;
await chat.close();
if (listeners.size) throw new Error("the chat still listens after it was closed");
stdout.write(JSON.stringify({ seen, said, heard, asked: [...asked].sort(), refused, progress, steady }));
