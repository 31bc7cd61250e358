// RLP with one encoding for one value, as Ethereum hashes it (Yellow Paper, appendix B).

import { concat, concatAll, fromInteger } from "./bytes.js";
import { refuse } from "./errors.js";

/** @typedef {import("./types.js").Item} Item */

/** More than the longest receipt has, which is the longest that there is. */
const MAX_ITEMS = 65_536;
const TEXT = 0x80;
const LIST = 0xc0;
/** A length below this one stands in the first byte; a longer one in as many bytes as that says. */
const SHORT = 56;

/**
 * Reads one item, lists within lists down to `depth` levels, and no more than `mostItems` in all, lists included;
 * refuses every other spelling of it.
 * @param {Uint8Array} data
 * @param {string} reason What to refuse it as.
 * @param {{depth?: number, mostItems?: number}} [limits]
 * @returns {Item}
 */
export function decode(data, reason, { depth = 4, mostItems = MAX_ITEMS } = {}) {
  let at = 0;
  let left = mostItems;

  /**
   * @param {number} end
   * @param {number} levels
   * @returns {Item}
   */
  const item = (end, levels) => {
    if (at >= end) refuse(reason, "got no bytes, wanted RLP");
    if (!left) refuse(reason, `got ${data.length} bytes of RLP with more than ${mostItems} items`);
    left -= 1;
    const first = data[at];
    at += 1;
    if (first < TEXT) return data.subarray(at - 1, at);
    const isList = first >= LIST;
    // First the length, which moves on to what it is the length of.
    const size = length(first - (isList ? LIST : TEXT), end);
    const stop = at + size;
    if (stop > end) refuse(reason, `got RLP that wants ${stop} bytes where there are ${end}`);
    if (!isList) {
      if (stop - at === 1 && data[at] < TEXT) refuse(reason, "got RLP that is spelled longer than needed");
      const start = at;
      at = stop;
      return data.subarray(start, stop);
    }
    if (!levels) refuse(reason, "got RLP with more lists within lists than there can be");
    /** @type {Item[]} */
    const items = [];
    while (at < stop) items.push(item(stop, levels - 1));
    return items;
  };

  /**
   * @param {number} short
   * @param {number} end
   */
  const length = (short, end) => {
    if (short < SHORT) return short;
    const width = short - SHORT + 1;
    if (width > end - at) refuse(reason, "got RLP that breaks off");
    let value = 0;
    for (const byte of data.subarray(at, at + width)) value = value * 0x100 + byte;
    if (data[at] === 0 || value < SHORT) refuse(reason, "got RLP that is spelled longer than needed");
    at += width;
    return value;
  };

  const whole = item(data.length, depth);
  if (at !== data.length) refuse(reason, `got ${data.length - at} bytes behind the RLP, wanted none`);
  return whole;
}

/**
 * Writes an item in the one way.
 * @param {Item} item
 * @returns {Uint8Array}
 */
export function encode(item) {
  if (Array.isArray(item)) {
    const items = concatAll(item.map(encode));
    return concat(head(LIST, items.length), items);
  }
  return item.length === 1 && item[0] < TEXT ? item : concat(head(TEXT, item.length), item);
}

/**
 * @param {Item | undefined} item
 * @returns {item is Uint8Array}
 */
export function isBytes(item) {
  return item instanceof Uint8Array;
}

/**
 * @param {number} kind
 * @param {number} length
 */
function head(kind, length) {
  if (length < SHORT) return Uint8Array.of(kind + length);
  const width = Math.ceil(length.toString(16).length / 2);
  return concat(Uint8Array.of(kind + SHORT - 1 + width), fromInteger(length, width));
}
