// The evidence that this page judges by: kept on the device, renewed from the service, and never let go back. What the
// service offers and cannot be believed is not kept, but it is told: until the service mends its ways, it is all that
// reports rest on.

import { Unreachable } from "./client.js";
import { embeddedBytes } from "./embedded.js";

/** How long what the service has counts as known, in milliseconds. */
const RENEW_EVERY_MS = 10 * 60 * 1000;
/** By which fault nobody is to blame but, more often than not, this device's clock. */
const OF_CLOCKS = "offline.trust_list_not_current";

/**
 * @typedef {{step: "trust_list" | "pack" | "replay" | "asking" | "checking", received?: number, total?: number | null}} Progress
 */

/**
 * The pack that is believed here.
 * @typedef {object} PackShown
 * @property {number} block_number
 * @property {string} time Of that block, in ISO 8601.
 * @property {number} age_s
 * @property {number} size In bytes.
 */

/** @typedef {import("./checking.js").Opened} Opened */
/** @typedef {import("./store.js").KeptFile} KeptFile */

/** What is known here, and where it comes from. */
export class Evidence {
  #checker;
  #client;
  #store;
  #clock;
  /** @type {Opened} What reports rest on now. */
  #opened;
  /** @type {{trust: KeptFile | null, pack: KeptFile | null}} What `#opened` was made of. */
  #files;
  /** @type {Promise<void> | null} */
  #renewing = null;
  #renewedAt = -Infinity;
  /** @type {boolean | null} Whether the service answered last; null while it was not asked. */
  #isOnline = null;
  /** @type {Set<() => void>} */
  #listeners = new Set();

  /**
   * @param {{checker: import("./checker.js").Checker, client: import("./client.js").Client | null,
   *   store: import("./store.js").Store, clock: () => Date}} parts
   * @param {{trust: KeptFile | null, pack: KeptFile | null}} files
   * @param {Opened} opened
   */
  constructor({ checker, client, store, clock }, files, opened) {
    this.#checker = checker;
    this.#client = client;
    this.#store = store;
    this.#clock = clock;
    this.#files = files;
    this.#opened = opened;
  }

  /**
   * Opens what is kept on this device, or carried in this very file.
   * @param {{checker: import("./checker.js").Checker, client: import("./client.js").Client | null,
   *   store: import("./store.js").Store, clock: () => Date}} parts
   */
  static async open(parts) {
    const { checker, store, clock } = parts;
    const kept = await store.kept();
    const files = { trust: kept.trust ?? carried("trust-list"), pack: kept.pack ?? carried("pack") };
    const opened = await checker.open({ ...dataOf(files), seen: kept.seen, now: clock().getTime() });
    return new Evidence(parts, files, opened);
  }

  /** The number under which the worker knows what reports rest on now. */
  get basis() {
    return this.#opened.basis;
  }

  /** Whether the service answered when it was asked last, or might. */
  get isOnline() {
    return this.#client !== null && (this.#isOnline ?? navigator.onLine);
  }

  /** The registry's official verifying hosts; none where there is no pack. */
  get hosts() {
    return this.#opened.hosts;
  }

  /** Whether what it takes to check has not come yet, for whatever reason. Not where something was caught. */
  get isUnfinished() {
    return this.#client !== null && !this.#isWhole && this.#opened.fault === null;
  }

  /** What of the evidence cannot be believed: a message's key; null if all can. */
  get fault() {
    return this.#opened.fault;
  }

  /** Whether it does not go with this device's time. */
  get isOutOfTime() {
    return this.fault === OF_CLOCKS;
  }

  /** Whether what the service sent cannot be believed: then its word counts for nothing. Not where it sent no trust list. */
  get isCaught() {
    return this.fault !== null && !this.isOutOfTime && this.#files.trust !== null;
  }

  get #isWhole() {
    const { trust, pack, fault } = this.#opened;
    return trust && pack !== null && fault === null;
  }

  /** Whether it outlives this page. */
  get lasting() {
    return this.#store.lasting;
  }

  /** @returns {PackShown | null} */
  pack() {
    const { pack } = this.#opened;
    if (!pack || !this.#files.pack) return null;
    const age = Math.floor((this.#clock().getTime() - Date.parse(pack.time)) / 1000);
    return { ...pack, age_s: Math.max(0, age), size: this.#files.pack.data.length };
  }

  /**
   * Calls back whenever other evidence took the place of this; returns what ends that.
   * @param {() => void} listener
   */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Sees to it that there is something to judge by: what is kept here at once, else what comes within that time.
   * @param {{withinMs: number, onProgress: (progress: Progress) => void}} how
   */
  async prepare({ withinMs, onProgress }) {
    if (!this.#client) return;
    await this.#catchUp();
    if (this.#isWhole) {
      // A judgement does not wait for this; whether there is a newer pack, the service's answer says as well.
      if (this.#clock().getTime() - this.#renewedAt > RENEW_EVERY_MS) this.renew().catch(ignoreUnreachable);
      return;
    }
    await this.renew({ withinMs, onProgress }).catch(ignoreUnreachable);
  }

  /**
   * Asks the service for what is newer, and takes it if it can be believed. Goes on in the background after that time.
   * @param {{withinMs?: number, onProgress?: (progress: Progress) => void}} [how]
   * @returns {Promise<void>} Fails with `Unreachable`.
   */
  async renew({ withinMs = Infinity, onProgress = () => {} } = {}) {
    if (!this.#renewing) {
      this.#renewing = this.#renew(onProgress).finally(() => {
        this.#renewing = null;
      });
      // Whoever stopped waiting hears no more of it.
      this.#renewing.catch(() => {});
    }
    if (withinMs === Infinity) return this.#renewing;
    let patience;
    const late = new Promise((resolve) => {
      patience = setTimeout(resolve, withinMs);
    });
    await Promise.race([this.#renewing, late]).finally(() => clearTimeout(patience));
  }

  /** @param {number} block Whether the pack here ends before it; never where the service was caught. */
  isOlderThan(block) {
    return this.#opened.fault === null && (this.#opened.pack?.block_number ?? -1) < block;
  }

  /** @param {number | null} block Whether the pack here goes beyond it. */
  isNewerThan(block) {
    return block !== null && (this.#opened.pack?.block_number ?? -1) > block;
  }

  /** @param {string} text */
  read(text) {
    return this.#checker.read(text);
  }

  /**
   * @param {string} text
   * @param {number} basis What `basis` was when the answer was asked for, or later.
   * @param {Omit<import("./checking.js").Asked, "now">} asked
   */
  check(text, basis, asked) {
    return this.#checker.check(text, basis, { ...asked, now: this.#clock().getTime() });
  }

  /**
   * Returns what the checkpoint here holds about leaves; null where none is believed.
   * @param {import("../watching/histories.js").Watched[]} watched
   */
  histories(watched) {
    return this.#checker.histories(this.basis, watched);
  }

  /**
   * Returns what was noted on this device under a name; null where there is nothing.
   * @param {string} name
   */
  async noted(name) {
    return (await this.#store.get(name)) ?? null;
  }

  /**
   * Notes something on this device; null removes it.
   * @param {string} name
   * @param {any} value
   */
  note(name, value) {
    return value === null ? this.#store.remove(name) : this.#store.put(name, value);
  }

  /** Removes the pack from this device; what was seen stays, so that nobody can take it back to an older state. */
  async forgetPack() {
    await this.#store.remove("pack");
  }

  /** Takes what another page of this site has taken meanwhile on the same device, if it is newer than what is at hand. */
  async #catchUp() {
    const seen = await this.#store.get("seen");
    if (this.#opened.fault !== null || !(seen?.blockNumber > (this.#opened.pack?.block_number ?? -1))) return;
    const { trust, pack } = await this.#store.kept();
    // The pack may have been removed; what was seen stays.
    if (pack !== null && !isSame({ trust, pack }, this.#files)) await this.#take({ trust, pack });
  }

  /** @param {(progress: Progress) => void} onProgress */
  async #renew(onProgress) {
    const client = /** @type {import("./client.js").Client} */ (this.#client);
    // Of what is kept, not of what was caught: that is asked for again, for it may have been mended.
    const kept = await this.#store.kept();
    // What is kept and cannot be believed has gone bad on this device: «not modified» would leave it so.
    const isSpoilt = this.isCaught && isSame(kept, this.#files);
    const tagOf = (/** @type {KeptFile | null} */ file) => (isSpoilt ? "" : (file?.tag ?? ""));
    onProgress({ step: "trust_list" });
    let trust, pack;
    try {
      [trust, pack] = await Promise.all([
        client.trustList(tagOf(kept.trust)),
        client.pack(tagOf(kept.pack), (received, total) => onProgress({ step: "pack", received, total })),
      ]);
    } catch (error) {
      if (error instanceof Unreachable) this.#isOnline = false;
      throw error;
    }
    this.#isOnline = true;
    const at = this.#clock().getTime();
    const files = { trust: taken(trust, kept.trust, at), pack: taken(pack, kept.pack, at) };
    if (!isSame(files, this.#files)) {
      onProgress({ step: "replay" });
      await this.#take(files);
    }
    this.#renewedAt = at;
  }

  /** @param {{trust: KeptFile | null, pack: KeptFile | null}} files */
  async #take(files) {
    for (;;) {
      const { seen: before } = await this.#store.kept();
      const opened = await this.#checker.open({ ...dataOf(files), seen: before, now: this.#clock().getTime() });
      this.#opened = opened;
      this.#files = files;
      if (!opened.trust || !files.trust || !opened.seen) break;
      // A list that is believed is pinned, whatever becomes of the pack.
      const kept = { trust: files.trust, pack: opened.pack ? files.pack : null, seen: opened.seen };
      if (await this.#store.remember(kept, before)) break;
      // Another page remembered something meanwhile: what is held to that may be older.
    }
    for (const listener of this.#listeners) listener();
  }
}

/**
 * @param {import("./client.js").Fetched} fetched
 * @param {KeptFile | null} kept
 * @param {number} at
 * @returns {KeptFile | null}
 */
function taken(fetched, kept, at) {
  if (fetched === "none" || fetched === "same") return kept;
  return { ...fetched, at };
}

/**
 * @param {{trust: KeptFile | null, pack: KeptFile | null}} some
 * @param {{trust: KeptFile | null, pack: KeptFile | null}} others
 */
function isSame(some, others) {
  return sameBytes(some.trust, others.trust) && sameBytes(some.pack, others.pack);
}

/**
 * @param {KeptFile | null} one
 * @param {KeptFile | null} other
 */
function sameBytes(one, other) {
  if (one === null || other === null) return one === other;
  return one.data.length === other.data.length && one.data.every((byte, place) => byte === other.data[place]);
}

/** @param {{trust: KeptFile | null, pack: KeptFile | null}} files */
function dataOf({ trust, pack }) {
  return { trust: trust?.data ?? null, pack: pack?.data ?? null };
}

/**
 * @param {"trust-list" | "pack"} name
 * @returns {KeptFile | null}
 */
function carried(name) {
  const data = embeddedBytes(name);
  return data && { data, tag: "", at: 0 };
}

/** @param {unknown} error */
function ignoreUnreachable(error) {
  if (!(error instanceof Unreachable)) throw error;
}
