/** Paths of the API. */

/**
 * A path with what stands in it quoted.
 *
 * @param {TemplateStringsArray} words
 * @param {...string} values
 */
export function at(words, ...values) {
  return String.raw({ raw: words }, ...values.map(encodeURIComponent));
}
