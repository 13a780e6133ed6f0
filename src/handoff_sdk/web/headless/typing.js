/** Who types: the customer, which is told as often as is useful, and somebody of the business, which is over by itself. */

/** Milliseconds: how long others count as typing who do not say so again; how often the customer's own is told. */
const TYPING = { shown: 15_000, told: 4_000, over: 6_000 };

/**
 * @param {(type: "typing_start" | "typing_stop") => Promise<any>} told tells the desk of the customer
 */
export function createTyping(told) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let others;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let own;
  let toldAt = 0;

  /** The customer has sent it, or has stopped. */
  function over() {
    clearTimeout(own);
    toldAt = 0;
  }

  return {
    over,

    /** The customer types. */
    async wrote() {
      clearTimeout(own);
      own = setTimeout(() => {
        toldAt = 0;
        told("typing_stop").catch(() => {});
      }, TYPING.over);
      if (Date.now() - toldAt < TYPING.told) return;
      toldAt = Date.now();
      await told("typing_start").catch(() => {});
    },

    /** @param {() => void} forget somebody else types; done where they do not say so again */
    heard(forget) {
      clearTimeout(others);
      others = setTimeout(forget, TYPING.shown);
    },

    stop() {
      over();
      clearTimeout(others);
    },
  };
}
