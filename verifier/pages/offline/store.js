// What this device keeps between visits: the pinned trust list, the newest pack, what was seen, and what the page's other
// parts keep under names of their own. Where the browser refuses storage it is kept until the page closes, and said so.

const DATABASE = "yinxin";
const VERSION = 1;
const TABLE = "kept";
const OPENING_MS = 3000;

/** @typedef {import("../check/offline.js").Seen} Seen */

/**
 * A file as the service gave it.
 * @typedef {{data: Uint8Array, tag: string, at: number}} KeptFile `tag` is its ETag; `at` when it came, in ms since 1970.
 */

/**
 * What was believed, as it is kept.
 * @typedef {object} Kept
 * @property {KeptFile | null} trust The pinned trust list.
 * @property {KeptFile | null} pack
 * @property {Seen | null} seen
 */

/**
 * @typedef {object} Store
 * @property {boolean} lasting Whether it outlives this page, as far as that was tried.
 * @property {(name: string) => Promise<any>} get Undefined where there is nothing.
 * @property {(name: string, value: any) => Promise<void>} put
 * @property {(name: string) => Promise<void>} remove
 * @property {() => Promise<Kept>} kept
 * @property {(kept: {trust: KeptFile, pack: KeptFile | null, seen: Seen}, before: Seen | null) => Promise<boolean>}
 *   remember Takes what was believed now, held to what was seen before; false where that is no longer what was seen.
 */

/**
 * Opens what is kept on this device.
 * @returns {Promise<Store>}
 */
export async function openStore() {
  const database = await opened();
  if (!database) return openMemory();
  const { table, isFull } = asFarAsItGoes(tableOf(database));
  return storeOver(table, () => !isFull());
}

/**
 * Returns a store that forgets all when the page closes.
 * @returns {Store}
 */
export function openMemory() {
  return storeOver(inMemory(), () => false);
}

/**
 * Where values stand under names, and several are read and written at once.
 * @typedef {object} Table
 * @property {(names: string[]) => Promise<any[]>} read
 * @property {(change: (values: any[]) => [string, any][] | null, names: string[]) => Promise<boolean>} change Writes what
 *   it makes of those that stand there, all or none; undefined removes. False where it makes nothing.
 */

/**
 * @param {Table} table
 * @param {() => boolean} isLasting
 * @returns {Store}
 */
function storeOver(table, isLasting) {
  return {
    get lasting() {
      return isLasting();
    },
    get: async (name) => (await table.read([name]))[0],
    put: async (name, value) => void (await table.change(() => [[name, value]], [])),
    remove: async (name) => void (await table.change(() => [[name, undefined]], [])),
    kept: async () => {
      const [trust, pack, seen] = await table.read(["trust", "pack", "seen"]);
      return { trust: trust ?? null, pack: pack ?? null, seen: seen ?? null };
    },
    remember: ({ trust, pack, seen }, before) =>
      // Of two pages, the one with the older checkpoint must not have the last word.
      table.change(
        ([known]) =>
          isSame(known ?? null, before)
            ? [
                ["trust", trust],
                ["seen", seen],
                // What was there stays where nothing came in its place.
                ...(pack ? [/** @type {[string, any]} */ (["pack", pack])] : []),
              ]
            : null,
        ["seen"],
      ),
  };
}

/**
 * @param {Seen | null} a
 * @param {Seen | null} b
 */
function isSame(a, b) {
  if (a === null || b === null) return a === b;
  const hashes = (/** @type {Seen} */ { blockHash, heads, trust }) => [blockHash, trust, ...heads].map(String);
  return a.blockNumber === b.blockNumber && String(hashes(a)) === String(hashes(b));
}

/** @returns {Promise<IDBDatabase | null>} Null where the browser refuses, as in some private windows. */
function opened() {
  return new Promise((resolve) => {
    const patience = setTimeout(() => resolve(null), OPENING_MS);
    const settle = (/** @type {IDBDatabase | null} */ database) => {
      clearTimeout(patience);
      resolve(database);
    };
    try {
      const request = indexedDB.open(DATABASE, VERSION);
      request.onupgradeneeded = () => request.result.createObjectStore(TABLE);
      request.onsuccess = () => {
        // A page that is left open must not keep a later version from opening.
        request.result.onversionchange = () => request.result.close();
        settle(request.result);
      };
      request.onerror = () => settle(null);
      request.onblocked = () => settle(null);
    } catch {
      // Where there is no indexedDB at all, or reading its name alone is refused.
      settle(null);
    }
  });
}

/**
 * @param {IDBDatabase} database
 * @returns {Table}
 */
function tableOf(database) {
  return {
    read: (names) =>
      inOneGo(database, "readonly", (table, done) => {
        const requests = names.map((name) => table.get(name));
        requests[requests.length - 1].onsuccess = () => done(requests.map((request) => request.result));
      }),
    change: (change, names) =>
      inOneGo(database, "readwrite", (table, done) => {
        const requests = names.map((name) => table.get(name));
        const write = () => {
          const entries = change(requests.map((request) => request.result));
          for (const [name, value] of entries ?? []) {
            if (value === undefined) table.delete(name);
            else table.put(value, name);
          }
          done(entries !== null);
        };
        if (requests.length) requests[requests.length - 1].onsuccess = write;
        else write();
      }),
  };
}

/**
 * Runs requests in one transaction, and waits until what it wrote is written.
 * @param {IDBDatabase} database
 * @param {IDBTransactionMode} mode
 * @param {(table: IDBObjectStore, done: (value: any) => void) => void} run
 * @returns {Promise<any>}
 */
function inOneGo(database, mode, run) {
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(TABLE, mode);
    /** @type {any} */
    let answer;
    transaction.oncomplete = () => resolve(answer);
    transaction.onabort = () => reject(transaction.error ?? new Error("the device's storage gave up"));
    run(transaction.objectStore(TABLE), (value) => {
      answer = value;
    });
  });
}

/**
 * Goes on in memory from where a table fails: a telephone without room for a pack checks with it all the same.
 * @param {Table} table
 * @returns {{table: Table, isFull: () => boolean}}
 */
function asFarAsItGoes(table) {
  let hasFailed = false;
  /** @type {Map<string, any>} */
  const instead = new Map();
  const failed = (/** @type {unknown} */ error) => {
    hasFailed = true;
    console.info(String(error));
  };
  const read = async (/** @type {string[]} */ names) => {
    const stored = await table.read(names).catch((error) => {
      failed(error);
      return names.map(() => undefined);
    });
    return names.map((name, place) => (instead.has(name) ? instead.get(name) : stored[place]));
  };
  /** @type {Table["change"]} */
  const change = async (change, names) => {
    if (!hasFailed) {
      try {
        return await table.change(change, names);
      } catch (error) {
        failed(error);
      }
    }
    const entries = change(await read(names));
    for (const [name, value] of entries ?? []) instead.set(name, value);
    return entries !== null;
  };
  return { table: { read, change }, isFull: () => hasFailed };
}

/** @returns {Table} */
function inMemory() {
  /** @type {Map<string, any>} */
  const values = new Map();
  const read = async (/** @type {string[]} */ names) => names.map((name) => values.get(name));
  return {
    read,
    change: async (change, names) => {
      const entries = change(names.map((name) => values.get(name)));
      for (const [name, value] of entries ?? []) {
        if (value === undefined) values.delete(name);
        else values.set(name, value);
      }
      return entries !== null;
    },
  };
}
