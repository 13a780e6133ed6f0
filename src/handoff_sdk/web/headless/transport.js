/**
 * Requests to a desk and the stream of what happens there, for whoever calls: a customer's widget, an agent's console,
 * a script. Needs `fetch` and nothing else; there is no DOM in here.
 *
 * - A POST carries an idempotency key, so that trying again never does a thing twice.
 * - What may pass is tried again, later each time and never all callers at once; what is refused is told at once.
 * - A stream that is lost goes on after the last event that came. One that says nothing, not even that it lives, is
 *   taken for lost.
 *
 * Source: api.md, Resources, Events and Errors; the HTML standard, server-sent events.
 */

import { eventReader } from "./reading.js";

/**
 * @typedef {object} Timing Milliseconds, but for `attempts`.
 * @property {number} timeout after which an answer is not waited for any more
 * @property {number} silence after which a stream that does not say that it lives is taken for lost
 * @property {number} first the longest wait before something is tried again for the first time; it doubles
 * @property {number} longest wait before something is tried again
 * @property {number} steady for how long a stream has to last to count as one that works
 * @property {number} attempts how often a request is sent at most
 */

/** @type {Timing} */
const TIMING = { timeout: 30_000, silence: 45_000, first: 1_000, longest: 30_000, steady: 5_000, attempts: 4 };

/** Statuses that may be others the next time; 0 is no answer at all. */
const PASSING = new Set([0, 408, 425, 429, 502, 503, 504]);
const SAFE = new Set(["GET", "HEAD"]);
/** How long a poll asks the desk to wait. */
const POLL = "25s";

/**
 * Why a call failed: `code` is stable and what programs compare, `message` is for people.
 *
 * The codes are the desk's, and `unreachable` where there was no answer.
 */
export class HandoffError extends Error {
  /**
   * @param {number} status the answer's; 0 where there was none
   * @param {{code?: string, title?: string, detail?: string, errors?: Array<{path: string, message: string}>,
   *   request_id?: string}} problem the problem document
   * @param {number} [retryAfter] seconds the desk asks to wait
   */
  constructor(status, problem, retryAfter = 0) {
    super(problem.detail || problem.title || `The desk answered ${status}.`);
    this.name = "HandoffError";
    this.status = status;
    this.code = problem.code ?? (status ? "unknown" : "unreachable");
    this.errors = problem.errors ?? [];
    this.requestId = problem.request_id ?? null;
    this.retryAfter = retryAfter;
  }

  /** Whether the same call may work a little later. */
  get passing() {
    return PASSING.has(this.status);
  }
}

/**
 * A key that nobody else has made, for whatever must not be done twice.
 *
 * @returns {string}
 */
export function newKey() {
  const random = globalThis.crypto?.getRandomValues?.(new Uint8Array(16));
  // Without a secure source it only has to be unlike the caller's other keys.
  const bytes = random ?? Array.from({ length: 16 }, () => Math.floor(Math.random() * 256));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @typedef {object} TransportOptions
 * @property {string} url the desk's address
 * @property {typeof fetch} [fetch]
 * @property {(renew: boolean) => string | null | Promise<string | null>} [credential] the bearer token; asked with
 *   `true` after the desk has refused the one before
 * @property {() => string | null} [csrf] the token of a session by cookie; makes that cookie go along
 * @property {(renew: boolean) => Record<string, string> | Promise<Record<string, string>>} [headers] more of them
 * @property {boolean} [streaming] whether `fetch` gives an answer's body piece by piece; found out where not said.
 *   Without that (React Native), events are polled for.
 * @property {Partial<Timing>} [timing]
 * @property {() => number} [random] spreads what is tried again; between 0 and 1
 */

/**
 * @typedef {object} RequestOptions
 * @property {string} [key] the idempotency key; a POST without one gets one
 * @property {AbortSignal} [signal]
 * @property {boolean} [open] without a credential
 * @property {number} [attempts]
 * @property {Record<string, string>} [headers]
 */

/**
 * @typedef {object} StreamOptions
 * @property {(event: any, cursor: string | null) => void} onEvent takes each event; one that throws ends the stream
 * @property {string | null} [cursor] after which to begin; without one from now on
 * @property {(state: "connecting" | "open" | "waiting") => void} [onState]
 * @property {AbortSignal} [signal] ends it
 */

/** @typedef {ReturnType<typeof createTransport>} Transport */

/**
 * A way to call one desk as one caller.
 *
 * @param {TransportOptions} options
 */
export function createTransport(options) {
  const { credential, csrf, random = Math.random } = options;
  const base = options.url.replace(/\/+$/, "");
  const send = options.fetch ?? globalThis.fetch.bind(globalThis);
  const timing = { ...TIMING, ...options.timing };
  const streaming = options.streaming ?? "body" in (globalThis.Response?.prototype ?? {});
  /** @type {Set<(fresh: boolean) => void>} */
  const sleepers = new Set();

  /**
   * The headers that say who calls.
   *
   * @param {boolean} [renew] the last ones were refused
   * @param {string} [method]
   * @returns {Promise<Record<string, string>>}
   */
  async function headers(renew = false, method = "GET") {
    const token = await credential?.(renew);
    const guard = SAFE.has(method) ? null : csrf?.();
    return {
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(guard ? { "X-CSRF-Token": guard } : {}),
      ...(await options.headers?.(renew)),
    };
  }

  /**
   * One request, once; again only with a new credential.
   *
   * @param {string} method
   * @param {string} path
   * @param {RequestInit} init
   * @param {boolean} open
   * @returns {Promise<Response>}
   */
  async function fetched(method, path, init, open) {
    for (const renew of [false, true]) {
      const known = open ? {} : await headers(renew, method).catch((error) => Promise.reject(unreachable(error)));
      /** @type {RequestCredentials} */
      const credentials = csrf ? "same-origin" : "omit";
      const given = /** @type {Record<string, string>} */ (init.headers);
      let response;
      try {
        response = await send(base + path, { ...init, method, credentials, headers: { ...known, ...given } });
      } catch (error) {
        throw unreachable(error);
      }
      if (response.ok) return response;
      if (response.status !== 401 || renew || open) throw await refusal(response);
    }
    throw new TypeError(path);
  }

  /**
   * Sends a request and gives the answer's JSON.
   *
   * @param {string} method
   * @param {string} path with its query, from `/v1` on
   * @param {unknown} [body] JSON; a `Blob` goes as it is
   * @param {RequestOptions} [more]
   * @returns {Promise<any>}
   * @throws {HandoffError} it was refused, or there was no answer after all attempts
   */
  async function request(method, path, body, more = {}) {
    const { signal, open = false, attempts = timing.attempts } = more;
    const key = more.key ?? (method === "POST" ? newKey() : null);
    const raw = typeof Blob !== "undefined" && body instanceof Blob;
    const init = {
      headers: {
        ...(body === undefined || raw ? {} : { "Content-Type": "application/json" }),
        ...(key ? { "Idempotency-Key": key } : {}),
        ...more.headers,
      },
      body: body === undefined || raw ? /** @type {any} */ (body) : JSON.stringify(body),
    };
    for (let attempt = 1; ; attempt += 1) {
      const limit = limited(signal, timing.timeout);
      try {
        const response = await fetched(method, path, { ...init, signal: limit.signal }, open);
        const text = await response.text();
        return text ? JSON.parse(text) : null;
      } catch (error) {
        if (signal?.aborted) throw error;
        const failure = unreachable(error);
        if (!failure.passing || attempt >= attempts) throw failure;
        await pause(attempt, signal, failure.retryAfter);
      } finally {
        limit.clear();
      }
    }
  }

  /**
   * Follows what happens, until `signal` ends it: a lost connection is made again, after the last event that came.
   *
   * @param {string} path `/v1/stream`, with its query
   * @param {StreamOptions} follow
   * @returns {Promise<void>} settled when it has ended
   * @throws {HandoffError} the desk refuses for good
   */
  async function stream(path, { onEvent, cursor = null, onState, signal }) {
    const place = { cursor };
    /** @param {any} event @param {string | null} id */
    const take = (event, id) => {
      if (id) place.cursor = id;
      if (event) onEvent(event, place.cursor);
    };
    for (let failures = 0; !signal?.aborted; ) {
      const began = Date.now();
      let wanted = 0;
      onState?.("connecting");
      try {
        await (streaming ? listen : poll)(path, place, take, () => onState?.("open"), signal);
      } catch (error) {
        if (signal?.aborted) return;
        if (!(error instanceof HandoffError && error.passing)) throw error;
        wanted = error.retryAfter;
      }
      if (signal?.aborted) return;
      failures = Date.now() - began >= timing.steady ? 1 : failures + 1;
      onState?.("waiting");
      await pause(failures, signal, wanted);
    }
  }

  /**
   * One connection of a stream, to its end.
   *
   * @param {string} path
   * @param {{cursor: string | null}} place
   * @param {(event: any, id: string | null) => void} take
   * @param {() => void} opened
   * @param {AbortSignal} [signal]
   */
  async function listen(path, place, take, opened, signal) {
    const limit = limited(signal, timing.timeout);
    /** @param {boolean} fresh */
    const woken = (fresh) => {
      if (fresh || Date.now() - limit.heard() > timing.silence / 2) limit.abort();
    };
    sleepers.add(woken);
    try {
      /** @type {Record<string, string>} */
      const after = place.cursor ? { "Last-Event-ID": place.cursor } : {};
      const init = { headers: after, signal: limit.signal };
      const response = await fetched("GET", path, init, false);
      const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
      const decoder = new TextDecoder();
      const read = eventReader(take);
      opened();
      for (;;) {
        limit.again(timing.silence);
        const { done, value } = await reader.read().catch((error) => Promise.reject(unreachable(error)));
        if (done) return;
        read(decoder.decode(value, { stream: true }));
      }
    } finally {
      sleepers.delete(woken);
      limit.abort();
      limit.clear();
    }
  }

  /**
   * The same without a stream: asks again and again, and is kept waiting until something happens.
   *
   * @param {string} path
   * @param {{cursor: string | null}} place
   * @param {(event: any, id: string | null) => void} take
   * @param {() => void} opened
   * @param {AbortSignal} [signal]
   */
  async function poll(path, place, take, opened, signal) {
    const [route, query = ""] = path.split("?");
    const own = limited(signal);
    const woken = (/** @type {boolean} */ fresh) => fresh && own.abort();
    sleepers.add(woken);
    // The first one does not wait: whether the desk is heard shows at once.
    let wait = "";
    try {
      for (;;) {
        const after = place.cursor ? `&after=${place.cursor}${wait}` : "";
        const asked = `${route.replace(/stream$/, "events")}?${query}${after}`;
        const found = await request("GET", asked.replace("?&", "?"), undefined, { signal: own.signal, attempts: 1 });
        opened();
        for (const event of found.items) take(event, event.cursor ? String(event.cursor) : null);
        take(null, found.cursor);
        wait = `&wait=${POLL}`;
      }
    } catch (error) {
      throw own.signal.aborted ? unreachable(error) : error;
    } finally {
      sleepers.delete(woken);
      own.clear();
    }
  }

  /**
   * Waits before something is tried again: at random, so that not all who lost the desk come back together.
   *
   * @param {number} attempt 1 for the first
   * @param {AbortSignal} [signal]
   * @param {number} [seconds] at least
   * @returns {Promise<void>}
   */
  function pause(attempt, signal, seconds = 0) {
    const most = Math.min(timing.longest, timing.first * 2 ** (attempt - 1));
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        sleepers.delete(done);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, seconds * 1000 + most * random());
      sleepers.add(done);
      signal?.addEventListener("abort", done);
      if (signal?.aborted) done();
    });
  }

  /**
   * Tries now what waits to be tried again: the network is back, the machine awake, the page looked at.
   *
   * @param {boolean} [fresh] what is connected may be dead as well: connect anew
   */
  function wake(fresh = false) {
    for (const sleeper of [...sleepers]) sleeper(fresh);
  }

  return { url: base, headers, request, stream, pause, wake };
}

/**
 * A signal that goes off with another one, or when time is up.
 *
 * @param {AbortSignal | undefined} outer
 * @param {number} [milliseconds] never, without them
 */
function limited(outer, milliseconds) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  let timer = milliseconds ? setTimeout(abort, milliseconds) : undefined;
  let heard = Date.now();
  outer?.addEventListener("abort", abort);
  if (outer?.aborted) abort();
  return {
    signal: controller.signal,
    abort,
    heard: () => heard,
    /** @param {number} anew */
    again(anew) {
      clearTimeout(timer);
      timer = setTimeout(abort, anew);
      heard = Date.now();
    },
    clear() {
      clearTimeout(timer);
      outer?.removeEventListener("abort", abort);
    },
  };
}

/** @param {unknown} cause @returns {HandoffError} */
function unreachable(cause) {
  if (cause instanceof HandoffError) return cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  return new HandoffError(0, { detail: `No answer: ${said}` });
}

/**
 * @param {Response} response
 * @returns {Promise<HandoffError>}
 */
async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  return new HandoffError(response.status, problem, Number(response.headers.get("Retry-After")) || 0);
}
