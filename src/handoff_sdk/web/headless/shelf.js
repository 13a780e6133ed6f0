/**
 * What is kept over a reload, as JSON under names of one desk and brand. Where nothing can be kept (a browser that
 * forbids it, a full disk) it lasts as long as the page does.
 */

/**
 * @typedef {object} Storage `localStorage`, React Native's `AsyncStorage`, or whatever keeps texts
 * @property {(name: string) => string | null | Promise<string | null>} getItem
 * @property {(name: string, value: string) => void | Promise<void>} setItem
 * @property {(name: string) => void | Promise<void>} removeItem
 */

/** @typedef {ReturnType<typeof createShelf>} Shelf */

/**
 * @param {Storage | null | undefined} storage
 * @param {string} prefix
 */
export function createShelf(storage, prefix) {
  /** @type {Map<string, any>} */
  const memory = new Map();
  /** Every change of one name waits for the one before: storages may be slow. */
  let last = Promise.resolve();

  /** @param {string} name @returns {Promise<any>} */
  async function get(name) {
    try {
      const text = await storage?.getItem(prefix + name);
      if (text !== null && text !== undefined) return JSON.parse(text);
    } catch {
      // It cannot be read, or somebody else wrote it.
    }
    return memory.get(name) ?? null;
  }

  /** @param {string} name @param {any} value `null` removes it @returns {Promise<void>} */
  async function set(name, value) {
    memory.set(name, value);
    try {
      if (value === null) await storage?.removeItem(prefix + name);
      else await storage?.setItem(prefix + name, JSON.stringify(value));
    } catch {
      // It is in memory.
    }
  }

  /**
   * Changes what is kept under a name, after what is being changed already.
   *
   * @template T
   * @param {string} name
   * @param {(value: any) => T} change
   * @returns {Promise<T>} what is kept now
   */
  function update(name, change) {
    const done = last.then(async () => {
      const value = change(await get(name));
      await set(name, value);
      return value;
    });
    last = done.then(
      () => {},
      () => {},
    );
    return done;
  }

  return { get, set, update };
}
