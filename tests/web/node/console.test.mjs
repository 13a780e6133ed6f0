/** What the console makes of an agent's state, and how it says times. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { HandoffError } from "../../../src/handoff_sdk/web/headless/transport.js";
import { createOutbox } from "../../../src/handoff_sdk/web/console/outbox.js";
import { stretchesOf } from "../../../src/handoff_sdk/web/console/messages.js";
import {
    ownTickets,
    promisesOf,
    silentSince,
    titleOf,
    waitingTickets,
} from "../../../src/handoff_sdk/web/console/seen.js";
import { leftUntil, lengthOf } from "../../../src/handoff_sdk/web/console/times.js";

const NOON = "2026-03-02T12:00:00Z";
const at = (seconds) => new Date(Date.parse(NOON) + seconds * 1_000).toISOString();
const ticket = (id, more) => ({
    ...{
        id,
        number: 1,
        conversation_id: `of ${id}`,
        live: true,
        status: "open",
        assignee: null,
        offer: null,
        group: null,
    },
    ...{ priority: null, routing_channel: "messaging", sla: {}, created_at: NOON, ...more },
});
const desk = (tickets, more) => ({
    ...{ me: "ana", role: "agent", agents: { ana: { groups: ["support"] } }, conversations: {}, open: null, ...more },
    tickets: Object.fromEntries(tickets.map((one) => [one.id, one])),
});
const said = (type, seconds, more) => ({
    ...{ id: `${type} ${seconds}`, author: { type }, visibility: "public", ticket_id: "t", at: at(seconds), ...more },
});

/** Since when it is silent after these messages on an open ticket of Ana's. */
function silence(messages, more = {}) {
    const open = { conversation_id: "of t", ticket_id: "t", messages };
    return silentSince(desk([ticket("t", { assignee: "ana", ...more })], { open }));
}

test("lengths are said in their largest units", () => {
    const lengths = [0, 59, 60, 3_599, 3_600, 7_500, 86_400, 90_000].map((seconds) => lengthOf(seconds * 1_000));
    assert.deepEqual(lengths, ["0 s", "59 s", "1 min", "59 min", "1 h", "2 h 5 min", "1 d", "1 d 1 h"]);
});

test("what is near counts down by seconds, and what has passed is late", () => {
    const left = [-180, -1, 0, 25, 65, 599, 600].map((seconds) => leftUntil(at(seconds), Date.parse(NOON)));
    assert.deepEqual(left, ["late 3 min", "late 1 s", "0:00", "0:25", "1:05", "9:59", "10 min"]);
});

test("silence counts from the first words that were not answered", () => {
    const words = [said("agent", 0), said("customer", 1), said("agent", 2), said("agent", 3)];
    assert.equal(silence(words), at(2));
    assert.equal(silence([...words, said("customer", 4)]), null);
});

test("notes, follow-ups and older tickets are no words that wait for an answer", () => {
    assert.equal(silence([said("customer", 0), said("agent", 1, { visibility: "internal" })]), null);
    assert.equal(silence([said("agent", 1, { via: "rule" }), said("bot", 2)]), null);
    assert.equal(silence([said("agent", 1, { ticket_id: "older" }), said("bot", 2, { ticket_id: null })]), null);
});

test("a ticket that is parked, or a colleague's, is not silent", () => {
    assert.equal(silence([said("agent", 0)], { status: "pending" }), null);
    assert.equal(silence([said("agent", 0)], { assignee: "ben" }), null);
});

test("those wait whom nobody has and the agent may take, the most urgent first", () => {
    const tickets = [
        ticket("old"),
        ticket("urgent", { priority: "urgent", created_at: at(9) }),
        ticket("older", { created_at: at(-9) }),
        ticket("taken", { assignee: "ben" }),
        ticket("parked", { status: "pending" }),
        ticket("email", { routing_channel: "email" }),
        ticket("grouped", { group: "support", created_at: at(1) }),
        ticket("others", { group: "night" }),
    ];
    const ids = (state) => waitingTickets(state).map(({ id }) => id);
    assert.deepEqual(ids(desk(tickets)), ["urgent", "older", "old", "grouped"]);
    assert.deepEqual(ids(desk(tickets, { role: "lead" })), ["urgent", "older", "old", "others", "grouped"]);
});

test("one's own tickets come by status, and in each who waits longest first", () => {
    const mine = (id, status, last) => ticket(id, { assignee: "ana", status, created_at: at(last) });
    const tickets = [
        mine("solved", "solved", 0),
        mine("late", "open", 5),
        mine("early", "open", 1),
        mine("new", "new", 9),
    ];
    assert.deepEqual(
        ownTickets(desk([...tickets, mine("closed", "closed", 0)])).map(({ id }) => id),
        ["new", "early", "late", "solved"],
    );
});

test("of promises those that run are shown, what is due first before the others", () => {
    const sla = {
        resolution: { state: "active", due: at(9), ended_at: null },
        first_reply: { state: "breached", due: at(1), ended_at: null },
        next_reply: { state: "fulfilled", due: at(0), ended_at: at(0) },
    };
    assert.deepEqual(
        promisesOf(ticket("t", { sla })).map(({ metric }) => metric),
        ["first_reply", "resolution"],
    );
});

test("a ticket is called by what is known of it", () => {
    assert.equal(titleOf(ticket("t", { subject: "Parcel", summary: "Late" })), "Parcel");
    assert.equal(titleOf(ticket("t", { summary: "Late\nsince Monday" })), "Late");
    assert.equal(titleOf(ticket("t", { reason: "bot_silent" })), "bot_silent");
    assert.equal(titleOf(ticket("t")), "Ticket 1");
});

test("what the bot and what people heard stands apart, lines of the engine with what they stand in", () => {
    const messages = [
        said("customer", 0, { ticket_id: null }),
        said("bot", 1, { ticket_id: null }),
        said("agent", 2),
        said("system", 3, { ticket_id: null }),
        said("customer", 4),
        said("bot", 5, { ticket_id: null }),
    ];
    assert.deepEqual(
        stretchesOf(messages).map((one) => [one.ticketId, one.messages.length]),
        [
            [null, 2],
            ["t", 3],
            [null, 1],
        ],
    );
});

/** An outbox on a desk that answers as it is told, and what was asked of that desk. */
function outboxOn(...answers) {
    const asked = [];
    const taken = [];
    const request = async (method, path, body, { key }) => {
        asked.push([body.content.text, key]);
        const answer = answers.shift() ?? { id: key };
        if (answer instanceof Error) throw answer;
        return answer;
    };
    const options = { request, tell() {}, fenceOf: () => ({ epoch: 2 }), taken: (message) => taken.push(message) };
    return { outbox: createOutbox(options), asked, taken };
}

const text = (words) => ({ type: "text", text: words });
const file = (link) => ({ type: "file", url: `/v1/attachments/${link}` });
const settled = () => new Promise((resolve) => setTimeout(resolve));

test("what is said is sent in its order and gone once it was taken", async () => {
    const { outbox, asked, taken } = outboxOn();
    outbox.say("c", text("one"), false);
    outbox.say("c", text("two"), false);
    assert.equal(outbox.all().length, 2);
    await settled();
    assert.deepEqual([asked.map(([text]) => text), taken.length, outbox.all()], [["one", "two"], 2, []]);
});

test("what had no answer goes again under its key, as it may have arrived", async () => {
    const { outbox, asked } = outboxOn(new HandoffError(0, { detail: "No network." }));
    outbox.say("c", text("one"), false);
    await settled();
    assert.equal(outbox.all()[0].refusal, "No network.");
    outbox.again();
    await settled();
    const [[, first], [, second]] = asked;
    assert.deepEqual([asked.length, first, outbox.all()], [2, second, []]);
});

test("what was refused waits for the agent, and goes again under another key", async () => {
    const { outbox, asked } = outboxOn(new HandoffError(409, { detail: "It has moved on." }));
    outbox.say("c", text("one"), false);
    await settled();
    outbox.again();
    await settled();
    assert.equal(asked.length, 1);
    outbox.settle(outbox.all()[0], true);
    await settled();
    assert.notEqual(asked[0][1], asked[1][1]);
    assert.deepEqual(outbox.all(), []);
});

test("what the feed tells of does not wait any more, and a note is no reply", () => {
    const { outbox } = outboxOn();
    outbox.say("c", text("one"), true);
    outbox.told({ conversation_id: "c", visibility: "public", content: text("one") });
    assert.equal(outbox.all().length, 1);
    outbox.told({ conversation_id: "c", visibility: "internal", content: text("one") });
    assert.deepEqual(outbox.all(), []);
});

test("a file that the feed tells of is the one that was sent, whatever its link is signed with", () => {
    const { outbox } = outboxOn();
    outbox.say("c", file("one?signature=before"), false);
    outbox.told({ conversation_id: "c", visibility: "public", content: file("other?signature=after") });
    assert.equal(outbox.all().length, 1);
    outbox.told({ conversation_id: "c", visibility: "public", content: file("one?signature=after") });
    assert.deepEqual(outbox.all(), []);
});

test("what is held is sent when the agent says so, and not before", async () => {
    const { outbox, asked } = outboxOn();
    outbox.hold("c", text("one"), "It has moved on.");
    outbox.again();
    await settled();
    assert.deepEqual([asked.length, outbox.all()[0].refusal], [0, "It has moved on."]);
    outbox.settle(outbox.all()[0], true);
    await settled();
    assert.deepEqual([asked.length, outbox.all()], [1, []]);
});
