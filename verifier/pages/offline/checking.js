// The worker that checks: it holds the evidence, unfolded once, and answers the page's questions about it. Entry of the
// bundle static/checking.js. It asks no network; time, sentences and the service's answers come with the questions.

import { asJson, checkOffline, checkOnline, makeBasis, prefixOf, readInput } from "../check/index.js";
import { historiesOf } from "../watching/histories.js";

/** How many bases are kept at once: judgements under way hold on to theirs while newer ones take the place. */
const KEPT = 4;

/**
 * What was made of evidence: what can be believed of it, as the page needs to know it.
 * @typedef {object} Opened
 * @property {number} basis Its number here.
 * @property {boolean} trust Whether there is a trust list that is believed.
 * @property {{block_number: number, time: string} | null} pack The pack that is believed.
 * @property {string | null} fault Key of the message that says what cannot be believed; null where all that was given can.
 * @property {string[]} hosts The official verifying hosts.
 * @property {import("../check/offline.js").Seen | null} seen What to remember now.
 */

/** @typedef {{kind: string, prefix: string | null}} Read */

/**
 * How a question is asked.
 * @typedef {object} Asked
 * @property {string | null} on
 * @property {number} now In milliseconds since 1970.
 * @property {string} language
 * @property {Record<string, string>} sentences
 * @property {boolean} online Whether the register is to answer; else what is kept here.
 * @property {object | null} answer The service's; null where there was nothing to ask.
 */

/** @type {Map<number, import("../check/offline.js").Basis>} */
const bases = new Map();
let last = 0;

const questions = {
  /** @param {{trust: Uint8Array | null, pack: Uint8Array | null, seen: any, now: number}} given */
  open: async ({ trust, pack, seen, now }) => {
    const basis = await makeBasis({ trust, pack, now: new Date(now), seen });
    last += 1;
    bases.set(last, basis);
    bases.delete(last - KEPT);
    const isRefused = (trust !== null && basis.trust === null) || (pack !== null && basis.checkpoint === null);
    return {
      basis: last,
      trust: basis.trust !== null,
      pack: basis.checkpoint && {
        block_number: basis.checkpoint.blockNumber,
        time: new Date(basis.checkpoint.time * 1000).toISOString(),
      },
      fault: isRefused ? (basis.fault?.key ?? "registry.unforeseen") : null,
      hosts: basis.hosts,
      seen: basis.seen,
    };
  },

  /**
   * @param {string} text
   * @returns {Promise<Read>}
   */
  read: async (text) => {
    const input = readInput(text);
    return { kind: input.kind, prefix: await prefixOf(input) };
  },

  /**
   * @param {string} text
   * @param {number} number
   * @param {Asked} asked
   */
  check: async (text, number, { on, now, language, sentences, online, answer }) => {
    const basis = basisOf(number);
    // The page has warned of a host that is not official; what stands behind it is judged, and told with that host.
    const input = readInput(text);
    const how = { on, now: new Date(now) };
    const report = await (online ? checkOnline(input, basis, answer, how) : checkOffline(input, basis, how));
    return asJson(report, language, sentences);
  },

  /**
   * What the checkpoint holds about leaves, for a watch list; null where none is believed.
   * @param {number} number
   * @param {import("../watching/histories.js").Watched[]} watched
   */
  histories: async (number, watched) => historiesOf(basisOf(number), watched),
};

/** @param {number} number */
function basisOf(number) {
  const basis = bases.get(number);
  if (!basis) throw new Error(`got ${number} as a basis, which is none of the newest ${KEPT}`);
  return basis;
}

globalThis.onmessage = async ({ data: { number, question, given } }) => {
  try {
    globalThis.postMessage({ number, answer: await /** @type {any} */ (questions)[question](...given) });
  } catch (error) {
    globalThis.postMessage({ number, fault: String(error) });
  }
};
// The page waits for a first word, to tell a worker that runs from one that cannot be loaded.
globalThis.postMessage("ready");
