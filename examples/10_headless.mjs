// A customer's side in JavaScript without a page: what a mobile app or a terminal builds on.
//
//     node examples/10_headless.mjs http://127.0.0.1:8080
//
// It says something, loses its network, says something more, is stopped and started again like an app that the system
// has put away: nothing is lost, and nothing arrives twice. The address is that of a desk that takes customers who have
// not signed in.

import { createCustomer } from "../src/handoff_sdk/web/headless/index.js";

const url = process.argv[2];
let online = true;

/** What is kept when the app is put away; React Native's AsyncStorage fits in here as it is. */
const kept = new Map();
const storage = {
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, value) => void kept.set(name, value),
  removeItem: (name) => void kept.delete(name),
};

/** The network, with a plug to pull. */
const network = (address, init) => (online ? fetch(address, init) : Promise.reject(new TypeError("no network")));

function app() {
  return createCustomer({ url, storage, fetch: network, language: "en", timing: { first: 50, longest: 200 } });
}

/** Settles when there is something to see. */
function until(customer, there) {
  return new Promise((resolve) => {
    const stop = customer.on("change", (view) => look(view));
    const look = (view) => there(view) && (stop(), resolve(view));
    look(customer.view);
  });
}

const arrived = (texts) => (view) =>
  texts.every((text) => view.messages.some((message) => message.content.text === text && !message.sending));

let customer = app();
await customer.start();
await customer.send("Where is my parcel?");
await until(customer, arrived(["Where is my parcel?"]));
console.log("arrived: Where is my parcel?");

console.log("-- the network is gone");
online = false;
customer.wake(true);
await customer.send("It is number 4711.");
const view = await until(customer, (shown) => shown.connection === "offline");
console.log(`${view.messages.at(-1).sending ? "waits" : "arrived"}: ${view.messages.at(-1).content.text}`);

console.log("-- the app is put away, and comes back with the network");
await customer.stop();
online = true;
customer = app();
await customer.start();
const { conversation, messages } = await until(customer, arrived(["Where is my parcel?", "It is number 4711."]));
for (const message of messages) {
  console.log(`${message.author.type}: ${message.content.text}`);
}
console.log(`the ${conversation.owner} has it`);
await customer.stop();
