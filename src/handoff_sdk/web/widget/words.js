/** The widget's own words, in the customer's language: which one, how it is brought, and how blanks are filled in. */

/** @typedef {Record<keyof typeof import("../words/en.js").default, string>} Words */

/** Those that there are words in; each is brought when somebody needs it. */
const THERE = ["ar", "de", "en", "es", "fr", "he", "pt"];
const RIGHT_TO_LEFT = new Set(["ar", "dv", "fa", "he", "ps", "ur", "yi"]);

/**
 * The first of the languages that there are words for; else English.
 *
 * @param {ReadonlyArray<string | null | undefined>} wanted best first; `de-AT` is also `de`
 */
export function chosen(wanted) {
  const names = wanted.map((language) => language?.split("-")[0].toLowerCase() ?? "");
  return names.find((name) => THERE.includes(name)) ?? "en";
}

/** @param {string} language one of `chosen` @returns {Promise<Words>} */
export async function wordsOf(language) {
  return (await import(`../words/${language}.js`)).default;
}

/** @param {string | null | undefined} language */
export function directionOf(language) {
  return RIGHT_TO_LEFT.has(language?.split("-")[0].toLowerCase() ?? "") ? "rtl" : "ltr";
}

/**
 * @param {string} text with `{blanks}`
 * @param {Record<string, string | number>} values
 */
export function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (blank, name) => String(values[name] ?? blank));
}
