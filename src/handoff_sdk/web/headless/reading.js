/**
 * Server-sent events as text that comes in pieces, with a piece's end anywhere.
 *
 * Source: the HTML standard, server-sent events.
 */

/**
 * Reads events out of text that comes in pieces.
 *
 * @param {(event: any, id: string | null) => void} take gets each event's JSON; `null` where only the place moved
 * @returns {(text: string) => void}
 */
export function eventReader(take) {
  let rest = "";
  /** @type {string[]} */
  let data = [];
  /** @type {string | null} */
  let id = null;
  return (text) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (data.length || id) take(data.length ? JSON.parse(data.join("\n")) : null, id);
        [data, id] = [[], null];
        continue;
      }
      const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
      if (name === "data") data.push(value);
      if (name === "id") id = value;
    }
  };
}
