/** A log that a story left behind, read by a customer's side: after each step it knows what a new snapshot tells. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { apply, fromSnapshot } from "../../../src/handoff_sdk/web/headless/state.js";

/** How many messages a snapshot holds. */
const HELD = 100;

/** What can be compared: places in the queue are pushed, typing is over, and who goes on keeps more of the past. */
function known(state) {
  const { position, wait, ...conversation } = state.conversation;
  return { conversation, messages: state.messages.slice(-HELD) };
}

const frozen = (value) => {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
};

const stories = JSON.parse(readFileSync(process.env.HANDOFF_LOG, "utf8"));

for (const [number, steps] of stories.entries()) {
  test(`a snapshot and the events after it are the next snapshot in story ${number}`, () => {
    let state = frozen(fromSnapshot(steps[0].snapshot));
    for (const { deed, events, snapshot } of steps.slice(1)) {
      state = events.reduce((before, event) => frozen(apply(before, event)), state);
      const twice = events.filter((event) => event.type === "message.created").reduce(apply, state);
      assert.deepEqual(known(fromSnapshot(snapshot)), known(state), deed.join(" "));
      assert.deepEqual(state, twice, deed.join(" "));
    }
  });
}
