/** Requests and streams against a server on a real socket. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { eventReader } from "../../../src/handoff_sdk/web/headless/reading.js";
import { createTransport, HandoffError } from "../../../src/handoff_sdk/web/headless/transport.js";
import { desk, refuse, tell, TIMING } from "./desk.mjs";

const calls = (url, more) => createTransport({ url, timing: TIMING, ...more });

test("a request sends JSON and gives the answer's", async (t) => {
  const { url, requests } = await desk(t, (request, response) => tell(response, 201, { took: request.json }));
  assert.deepEqual({ took: { name: "Mia" } }, await calls(url).request("POST", "/v1/things", { name: "Mia" }));
  assert.equal("application/json", requests[0].headers["content-type"]);
});

test("what may pass is tried again under one key", async (t) => {
  const { url, requests } = await desk(t, (_, response, count) =>
    count < 3 ? refuse(response, 503, "unavailable") : tell(response, 201, { done: true }),
  );
  assert.deepEqual({ done: true }, await calls(url).request("POST", "/v1/things", {}));
  const keys = requests.map((request) => request.headers["idempotency-key"]);
  assert.equal(3, keys.length);
  assert.equal(1, new Set(keys).size);
  assert.match(keys[0], /^[0-9a-f]{32}$/);
});

test("what is refused is told at once, in the desk's words", async (t) => {
  const errors = [{ path: "content.text", message: "is empty" }];
  const { url, requests } = await desk(t, (_, response) =>
    tell(response, 400, { code: "invalid_request", detail: "content.text is empty", errors, request_id: "req_1" }),
  );
  await assert.rejects(calls(url).request("POST", "/v1/things", {}), (error) => {
    assert(error instanceof HandoffError);
    assert.deepEqual(["invalid_request", 400, "req_1", false], [error.code, error.status, error.requestId, error.passing]);
    assert.deepEqual(errors, error.errors);
    assert.equal("content.text is empty", error.message);
    return true;
  });
  assert.equal(1, requests.length);
});

test("where nobody answers the error says so after all attempts", async (t) => {
  let lost = 0;
  const { url } = await desk(t, (request) => {
    lost += 1;
    request.socket.destroy();
  });
  await assert.rejects(calls(url).request("GET", "/v1/things"), { code: "unreachable", status: 0, passing: true });
  assert.equal(TIMING.attempts, lost);
});

test("a server that takes too long counts as one that does not answer", async (t) => {
  const { url } = await desk(t, () => {});
  const transport = calls(url, { timing: { ...TIMING, timeout: 30, attempts: 2 } });
  await assert.rejects(transport.request("GET", "/v1/things"), { code: "unreachable" });
});

test("the desk's Retry-After is waited for", async (t) => {
  const { url } = await desk(t, (_, response, count) =>
    count === 1 ? refuse(response, 429, "rate_limited", { "Retry-After": "1" }) : tell(response, 200, {}),
  );
  const began = performance.now();
  await calls(url).request("GET", "/v1/things");
  assert(performance.now() - began >= 990);
});

test("a credential that was refused is renewed once", async (t) => {
  const { url, requests } = await desk(t, (request, response) =>
    request.headers.authorization === "Bearer new" ? tell(response, 200, {}) : refuse(response, 401, "unauthenticated"),
  );
  const asked = [];
  const credential = (renew) => {
    asked.push(renew);
    return renew ? "new" : "old";
  };
  await calls(url, { credential }).request("GET", "/v1/things");
  assert.deepEqual([false, true], asked);
  await assert.rejects(calls(url, { credential: () => "old" }).request("GET", "/v1/things"), { code: "unauthenticated" });
  assert.equal(4, requests.length);
});

test("a session by cookie sends its token with what changes something", async (t) => {
  const { url, requests } = await desk(t, (_, response) => tell(response, 200, {}));
  const transport = calls(url, { csrf: () => "c5rf", headers: () => ({ "X-Request-Id": "mine" }) });
  await transport.request("GET", "/v1/things");
  await transport.request("PATCH", "/v1/things", {});
  assert.deepEqual([undefined, "c5rf"], requests.map((request) => request.headers["x-csrf-token"]));
  assert.equal("mine", requests[0].headers["x-request-id"]);
});

test("a caller who has gone is not waited for", async (t) => {
  const { url } = await desk(t, () => {});
  const leaving = new AbortController();
  const asked = calls(url).request("GET", "/v1/things", undefined, { signal: leaving.signal });
  leaving.abort();
  await assert.rejects(asked);
});

test("events are read out of pieces, wherever they are cut", () => {
  const text = ': hi\nretry: 2000\nid: 7\n\nid: 8\r\nevent: a\r\ndata: {"n":\r\ndata: 1}\r\n\r\ndata: {"n":2}\n\n';
  for (let cut = 0; cut <= text.length; cut += 1) {
    const found = [];
    const read = eventReader((event, id) => found.push([event, id]));
    read(text.slice(0, cut));
    read(text.slice(cut));
    assert.deepEqual([[null, "7"], [{ n: 1 }, "8"], [{ n: 2 }, null]], found, `cut at ${cut}`);
  }
});

const streamed = (response, text) => {
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  response.write(text);
};

test("a stream that is lost goes on after the last event that came", async (t) => {
  const { url, requests } = await desk(t, (_, response, count) => {
    streamed(response, count === 1 ? 'id: 1\n\nid: 2\ndata: {"n":1}\n\n' : 'id: 3\ndata: {"n":2}\n\n');
    if (count === 1) response.end('data: {"n":"half');
  });
  const ending = new AbortController();
  const heard = [];
  const states = [];
  await calls(url).stream("/v1/stream", {
    cursor: "1",
    signal: ending.signal,
    onState: (state) => states.push(state),
    onEvent: (event, cursor) => heard.push([event.n, cursor]) === 2 && ending.abort(),
  });
  assert.deepEqual([[1, "2"], [2, "3"]], heard);
  assert.deepEqual(["1", "2"], requests.map((request) => request.headers["last-event-id"]));
  assert.deepEqual(["connecting", "open", "waiting", "connecting", "open"], states);
});

test("a stream that says nothing is taken for lost", async (t) => {
  const { url, requests } = await desk(t, (_, response, count) => streamed(response, count === 1 ? ": hi\n\n" : "id: 5\ndata: {}\n\n"));
  const ending = new AbortController();
  const transport = calls(url, { timing: { ...TIMING, silence: 30 } });
  await transport.stream("/v1/stream", { signal: ending.signal, onEvent: () => ending.abort() });
  assert.equal(2, requests.length);
});

test("a stream that the desk refuses for good ends with its refusal", async (t) => {
  const { url } = await desk(t, (_, response) => refuse(response, 404, "not_found"));
  await assert.rejects(calls(url).stream("/v1/stream", { onEvent() {} }), { code: "not_found" });
});

test("an event that cannot be taken ends the stream, and is not taken again", async (t) => {
  const { url, requests } = await desk(t, (_, response) => streamed(response, "id: 1\ndata: {}\n\n"));
  const onEvent = () => {
    throw new RangeError("no");
  };
  await assert.rejects(calls(url).stream("/v1/stream", { onEvent }), RangeError);
  assert.equal(1, requests.length);
});

test("whoever is woken tries again now", async (t) => {
  const { url } = await desk(t, (_, response, count) =>
    count === 1 ? refuse(response, 503, "unavailable", { "Retry-After": "600" }) : tell(response, 200, { n: count }),
  );
  const transport = calls(url);
  const asked = transport.request("GET", "/v1/things");
  const nudge = setInterval(() => transport.wake(), 5);
  assert.deepEqual({ n: 2 }, await asked);
  clearInterval(nudge);
});

test("without streams events are polled for, from the same place on", async (t) => {
  const { url, requests } = await desk(t, (request, response, count) =>
    count === 1
      ? tell(response, 200, { items: [{ n: 1, cursor: 8 }, { n: 2, cursor: 0 }], cursor: "9" })
      : tell(response, 200, { items: [{ n: 3, cursor: 10 }], cursor: "10" }),
  );
  const ending = new AbortController();
  const heard = [];
  await calls(url, { streaming: false }).stream("/v1/stream?conversation=c1", {
    cursor: "7",
    signal: ending.signal,
    onEvent: (event) => heard.push(event.n) === 3 && ending.abort(),
  });
  assert.deepEqual([1, 2, 3], heard);
  assert.deepEqual(
    ["/v1/events?conversation=c1&after=7", "/v1/events?conversation=c1&after=9&wait=25s"],
    requests.slice(0, 2).map((request) => request.url),
  );
});

test("a poll on a network that is gone is made anew when there is another one", async (t) => {
  const { url, requests } = await desk(t, (_, response, count) => {
    if (count !== 2) tell(response, 200, { items: count === 3 ? [{ n: 1, cursor: 8 }] : [], cursor: "8" });
  });
  const ending = new AbortController();
  const states = [];
  const transport = calls(url, { streaming: false });
  await transport.stream("/v1/stream", {
    cursor: "7",
    signal: ending.signal,
    onEvent: () => ending.abort(),
    onState(state) {
      states.push(state);
      if (states.length === 2) setTimeout(() => transport.wake(true), 20);
    },
  });
  assert.deepEqual(["connecting", "open", "waiting", "connecting", "open"], states);
  assert.deepEqual(["after=7", "after=8&wait=25s", "after=8"], requests.map(({ url: asked }) => asked.split("?")[1]));
});
