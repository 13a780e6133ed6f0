/**
 * Following what happens to a customer: the stream, from where it was left, and whether the desk is heard.
 */

/** @typedef {"idle" | "connecting" | "online" | "offline"} Connection */

/**
 * @param {object} given
 * @param {import("./transport.js").Transport} given.transport
 * @param {() => number} given.covered up to where a snapshot has told already; 0: nothing has
 * @param {(event: any) => void} given.onEvent
 * @param {(gone: number) => void} given.onBack the desk was not heard for so many milliseconds
 * @param {() => void} given.onOpen the desk is heard
 * @param {() => void} given.onChange of the connection
 * @param {(error: any) => void} given.onError the desk refuses for good
 */
export function createFollowing({ transport, covered, onEvent, onBack, onOpen, onChange, onError }) {
  /** @type {Connection} */
  let connection = "idle";
  let lostAt = 0;
  /** How far the stream has come. @type {string | null} */
  let reached = null;
  /** @type {AbortController | null} */
  let following = null;
  let resting = false;

  /** @param {Connection} now */
  function become(now) {
    connection = now;
    onChange();
  }

  /** Follows, from the last event or the snapshot on, or from now on. */
  function follow() {
    if (following || resting) return;
    const own = new AbortController();
    following = own;
    transport
      .stream("/v1/stream", {
        cursor: reached ?? (covered() ? String(covered()) : null),
        onEvent(event, cursor) {
          reached = cursor;
          onEvent(event);
        },
        ...{ onState: moved, signal: own.signal },
      })
      .catch((error) => {
        if (following !== own) return;
        following = null;
        onError(error);
        become("offline");
      });
  }

  /** @param {"connecting" | "open" | "waiting"} told */
  function moved(told) {
    if (told === "waiting") lostAt ||= Date.now();
    if (told === "open" && lostAt) {
      const gone = Date.now() - lostAt;
      lostAt = 0;
      onBack(gone);
    }
    become(told === "open" ? "online" : lostAt ? "offline" : "connecting");
    if (told === "open") onOpen();
  }

  function stop() {
    following?.abort();
    following = null;
  }

  return {
    follow,
    stop,
    become,

    get connection() {
      return connection;
    },

    /** What was followed was somebody else's. */
    forget() {
      reached = null;
      become("idle");
    },

    /** Lets go until `rise`. */
    rest() {
      resting = true;
      stop();
      lostAt ||= Date.now();
      become("idle");
    },

    /** Whether there was anything to go on with. */
    rise() {
      const rested = resting;
      resting = false;
      return rested || connection !== "idle";
    },
  };
}
