// A block's header: what it says, and how it is written.

import { hex, toWhole } from "./bytes.js";
import { requireBytes } from "./demands.js";
import { refuse } from "./errors.js";
import { decode, encode, isBytes } from "./rlp.js";

/**
 * A header in form. Whether anybody sealed it, `seals.js` says. Numbers are bigints only where a number is not exact.
 * @typedef {object} Header
 * @property {Uint8Array[]} items 15 or more, in the order of the Yellow Paper (4.4), and whatever later rules added.
 * @property {Uint8Array} parentHash
 * @property {Uint8Array} ommersHash
 * @property {Uint8Array} coinbase
 * @property {Uint8Array} stateRoot
 * @property {Uint8Array} receiptsRoot
 * @property {number | bigint} difficulty
 * @property {number | bigint} number
 * @property {number | bigint} timestamp
 * @property {Uint8Array} extra
 * @property {Uint8Array} mixHash
 */

const ITEMS = 15;
const MAX_ITEMS = 64;
/** Room for 300 validators and their seals. */
const MAX_BYTES = 65_536;
const EXTRA = 12;
/** Places and widths of what has a fixed one. */
const WIDTHS = [
  [0, 32],
  [1, 32],
  [2, 20],
  [3, 32],
  [4, 32],
  [5, 32],
  [6, 256],
  [13, 32],
  [14, 8],
];
/** Places of numbers (difficulty, number, gas limit, gas used, timestamp), and how many bytes they have at most. */
const NUMBERS = [
  [7, 32],
  [8, 8],
  [9, 8],
  [10, 8],
  [11, 8],
];

/**
 * Reads a header from its RLP; refuses it as `EvidenceMalformed`.
 * @param {Uint8Array} data
 * @returns {Header}
 */
export function readHeader(data) {
  requireBytes(data, "a header's RLP");
  if (data.length > MAX_BYTES) {
    refuse("EvidenceMalformed", `got a header of ${data.length} bytes, wanted at most ${MAX_BYTES}`);
  }
  // The list itself is an item, too.
  const read = decode(data, "EvidenceMalformed", { depth: 1, mostItems: MAX_ITEMS + 1 });
  if (!Array.isArray(read) || read.length < ITEMS || !read.every(isBytes)) {
    return refuse(
      "EvidenceMalformed",
      `got another thing than a header, wanted a list of ${ITEMS} or more, each bytes`,
    );
  }
  const items = /** @type {Uint8Array[]} */ (read);
  for (const [place, width] of WIDTHS) {
    if (items[place].length !== width) {
      refuse("EvidenceMalformed", `got ${items[place].length} bytes as item ${place} of a header, wanted ${width}`);
    }
  }
  for (const [place, most] of NUMBERS) {
    if (items[place].length > most || items[place][0] === 0) {
      refuse("EvidenceMalformed", `got ${hex(items[place])} as item ${place} of a header, wanted a number`);
    }
  }
  return {
    items,
    parentHash: items[0],
    ommersHash: items[1],
    coinbase: items[2],
    stateRoot: items[3],
    receiptsRoot: items[5],
    difficulty: toWhole(items[7]),
    number: toWhole(items[8]),
    timestamp: toWhole(items[11]),
    extra: items[EXTRA],
    mixHash: items[13],
  };
}

/**
 * Returns a header's RLP, with other extra data if it is given, as block and commit hashes want it.
 * @param {Header} header
 * @param {Uint8Array} [extra]
 */
export function writeHeader(header, extra = header.extra) {
  return encode([...header.items.slice(0, EXTRA), extra, ...header.items.slice(EXTRA + 1)]);
}
