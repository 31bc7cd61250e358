// The page's end of the worker that checks: questions go there and answers come back, each with its number. Off the
// page's own thread, because replaying a long history takes a telephone seconds.

import { embedded } from "./embedded.js";

/** How long the worker may take to begin, in milliseconds; the script is then still on its way. */
const BEGINNING_MS = 15_000;

/** This browser cannot check by itself. */
export class CannotCheckHere extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = "CannotCheckHere";
  }
}

/** The worker ended while it was asked something: nothing is known then, and nobody else's word takes its place. */
class CheckerEnded extends Error {
  constructor() {
    super("the worker that checks has ended");
    this.name = "CheckerEnded";
  }
}

/**
 * @typedef {object} Checker
 * @property {(files: {trust: Uint8Array | null, pack: Uint8Array | null, seen: object | null, now: number}) =>
 *   Promise<import("./checking.js").Opened>} open Believes what can be believed of the files.
 * @property {(text: string) => Promise<import("./checking.js").Read>} read
 * @property {(text: string, basis: number, asked: import("./checking.js").Asked) => Promise<object>} check The report.
 * @property {(basis: number, watched: import("../watching/histories.js").Watched[]) =>
 *   Promise<import("../watching/histories.js").Histories | null>} histories What the checkpoint holds about leaves.
 */

/**
 * Begins to check off this thread.
 * @param {() => Worker} [begin]
 * @returns {Promise<Checker>} Fails with `CannotCheckHere`.
 */
export async function startChecker(begin = beginWorker) {
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle || !globalThis.DecompressionStream) {
    throw new CannotCheckHere("got no WebCrypto or DecompressionStream, wanted both");
  }
  const [worker, ready] = begun(begin);
  await ready;
  return checkerOver(worker);
}

function beginWorker() {
  const carried = embedded("checking");
  if (carried === null) return new Worker("/static/checking.js", { type: "module" });
  // A file on a disk has no origin that a module could be loaded from.
  return new Worker(URL.createObjectURL(new Blob([carried], { type: "text/javascript" })));
}

/**
 * @param {() => Worker} begin
 * @returns {[Worker, Promise<void>]}
 */
function begun(begin) {
  try {
    const worker = begin();
    const ready = new Promise((resolve, reject) => {
      const patience = setTimeout(() => reject(new CannotCheckHere("the worker did not begin")), BEGINNING_MS);
      worker.onerror = () => reject(new CannotCheckHere("the worker could not be loaded"));
      worker.onmessage = () => {
        clearTimeout(patience);
        resolve(undefined);
      };
    });
    return [worker, ready];
  } catch (error) {
    throw new CannotCheckHere(`got no worker: ${error}`);
  }
}

/**
 * @param {Worker} worker
 * @returns {Checker}
 */
function checkerOver(worker) {
  let last = 0;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (reason: Error) => void}>} */
  const waiting = new Map();
  worker.onmessage = ({ data: { number, answer, fault } }) => {
    const { resolve, reject } = /** @type {any} */ (waiting.get(number));
    waiting.delete(number);
    if (fault === undefined) resolve(answer);
    else reject(new Error(fault));
  };
  let isOver = false;
  worker.onerror = () => {
    isOver = true;
    for (const { reject } of waiting.values()) reject(new CheckerEnded());
    waiting.clear();
  };
  const ask = (/** @type {string} */ question, /** @type {any[]} */ ...given) =>
    new Promise((resolve, reject) => {
      if (isOver) throw new CheckerEnded();
      last += 1;
      waiting.set(last, { resolve, reject });
      worker.postMessage({ number: last, question, given });
    });
  return {
    open: (files) => ask("open", files),
    read: (text) => ask("read", text),
    check: (text, basis, asked) => ask("check", text, basis, asked),
    histories: (basis, watched) => ask("histories", basis, watched),
  };
}
