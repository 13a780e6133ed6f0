/** Lengths of time and instants, in few letters. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const CALENDAR = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/**
 * A length of time in its two largest units: `45 s`, `6 min`, `2 h 5 min`, `3 d 1 h`.
 *
 * @param {number} milliseconds
 */
export function lengthOf(milliseconds) {
  const length = Math.max(0, milliseconds);
  if (length < MINUTE) return `${Math.floor(length / SECOND)} s`;
  if (length < HOUR) return `${Math.floor(length / MINUTE)} min`;
  if (length < DAY) return joined(length, HOUR, "h", MINUTE, "min");
  return joined(length, DAY, "d", HOUR, "h");
}

/**
 * What is left until an instant, to the second when it is near: `0:25`, `12 min`, and `late 3 min` where it has passed.
 *
 * @param {string} at
 * @param {number} now
 */
export function leftUntil(at, now) {
  const left = Date.parse(at) - now;
  if (left < 0) return `late ${lengthOf(-left)}`;
  if (left >= 10 * MINUTE) return lengthOf(left);
  const seconds = Math.ceil(left / SECOND);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** @param {string} at @param {number} now the time of day; with the date where it was another day */
export function instantOf(at, now) {
  const then = new Date(at);
  return then.toDateString() === new Date(now).toDateString() ? CLOCK.format(then) : CALENDAR.format(then);
}

/** @param {string} at @param {number} now how long ago */
export function agoOf(at, now) {
  return lengthOf(now - Date.parse(at));
}

/** @param {number} length @param {number} large @param {string} of @param {number} small @param {string} and */
function joined(length, large, of, small, and) {
  const rest = Math.floor((length % large) / small);
  return `${Math.floor(length / large)} ${of}${rest ? ` ${rest} ${and}` : ""}`;
}
