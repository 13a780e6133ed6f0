/** A log that stories left behind, read by a console: after each step it knows what a new snapshot tells. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { loadOf } from "../../../src/handoff_sdk/web/console/seen.js";
import { apply, asking, fromSnapshot, withOpen, withRead } from "../../../src/handoff_sdk/web/console/state.js";

/** How many messages a snapshot of a conversation holds. */
const HELD = 100;

/**
 * What can be compared: how long a target is, is not told with a promise, nor on a ticket whom its lines have introduced
 * and what they said of the wait.
 */
function known({ open, missing, ...state }) {
    const tickets = Object.entries(state.tickets).map(([id, { sla, introduced, promised_wait, ...ticket }]) => [
        id,
        { ...ticket, sla: Object.entries(sla).map(([metric, { target, ...promise }]) => [metric, promise]) },
    ]);
    return { ...state, tickets: new Map(tickets.sort()) };
}

const frozen = (value) => {
    if (typeof value === "object" && value !== null && !Object.isFrozen(value))
        Object.values(Object.freeze(value)).forEach(frozen);
    return value;
};

/** Reads all that is missing. */
function caughtUp(state, reads) {
    while (Object.keys(state.missing).length > 0) {
        const [about] = Object.keys(state.missing);
        state = frozen(withRead(asking(state, about), reads[about]));
    }
    return state;
}

const after = (state, events) => events.reduce((before, event) => frozen(apply(before, event)), state);
const asked = (state) => Object.keys(state.missing).reduce(asking, state);
const stories = JSON.parse(readFileSync(process.env.HANDOFF_LOG, "utf8"));

for (const [agent, [first, ...steps]] of Object.entries(stories)) {
    test(`${agent}'s workplace and the events after it are the next workplace`, () => {
        let state = frozen(fromSnapshot(first.snapshot));
        for (const { deed, events, snapshot, reads } of steps) {
            state = caughtUp(after(state, events), reads);
            assert.deepEqual(known(state), known(fromSnapshot(snapshot)), deed.join(" "));
            assert.deepEqual(
                loadOf(state).messaging.used,
                snapshot.agents.find(({ id }) => id === agent).used.messaging,
            );
            assert.deepEqual(loadOf(state).email.used, snapshot.agents.find(({ id }) => id === agent).used.email);
        }
    });

    test(`${agent} misses nothing of what happens while something is read`, () => {
        let state = frozen(fromSnapshot(first.snapshot));
        let late = {};
        for (const { deed, events, snapshot, reads } of steps) {
            const about = Object.keys(state.missing);
            state = after(frozen(asked(state)), events);
            for (const id of about) state = frozen(withRead(state, late[id]));
            late = reads;
            assert.deepEqual(known(caughtUp(state, reads)), known(fromSnapshot(snapshot)), deed.join(" "));
        }
    });

    test(`${agent} sees all that is said where they look`, () => {
        const [about, read] = Object.entries(first.reads)[0];
        const opened = { ...read, messages: first.messages, more: false, ticketId: null };
        let state = frozen(withOpen(asking(fromSnapshot(first.snapshot), about), opened));
        for (const { deed, events, messages } of steps) {
            state = after(state, [...events, ...events.filter(({ type }) => type === "message.created")]);
            const ids = state.open.messages.map(({ id }) => id).slice(-HELD);
            assert.deepEqual(
                ids,
                messages.map(({ id }) => id),
                deed.join(" "),
            );
        }
    });
}
