// The watch list as it is kept on this device: read, changed and written in one go, so that two pages keep what each did.

import { openStore } from "../offline/store.js";
import { wholeOf } from "./list.js";

const NAME = "watch-list";

/** @typedef {import("./list.js").Entry} Entry */

/** @type {Promise<import("../offline/store.js").Store> | null} */
let store = null;

function opened() {
  store ??= openStore();
  return store;
}

/** @returns {Promise<Entry[]>} */
export async function read() {
  return ((await (await opened()).get(NAME)) ?? []).map(wholeOf);
}

/**
 * @param {(list: Entry[]) => Entry[]} change
 * @returns {Promise<Entry[]>}
 */
export async function change(change) {
  const run = async () => {
    const changed = change(await read());
    await (await opened()).put(NAME, changed);
    return changed;
  };
  // Where the browser has locks, no other page comes in between.
  return navigator.locks ? navigator.locks.request(`yinxin-${NAME}`, run) : run();
}

/** Whether the list outlives this page. */
export async function isLasting() {
  return (await opened()).lasting;
}
