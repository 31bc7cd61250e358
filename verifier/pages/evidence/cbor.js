// CBOR with one encoding for one value (RFC 8949, section 4.2.1), of few kinds and without tags.

import { concat, fromInteger, fromUtf8, utf8 } from "./bytes.js";
import { refuse } from "./errors.js";

/** @typedef {import("./types.js").CBOR} CBOR */

const MAX_DEPTH = 6;
/** More than anything here needs: a history with every kind of event has about 300. */
const MAX_ITEMS = 4_096;
/** Bytes of one text. */
const MAX_TEXT = 65_536;
const INTEGER = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const NULL = 0xf6;

/**
 * Reads one value, down to six levels; refuses every other spelling of it. Byte strings are views, not copies. Each
 * value counts, and so do arrays and keys: nothing is built of more than `MAX_ITEMS`.
 * @param {Uint8Array} data
 * @param {string} reason What to refuse it as.
 * @returns {CBOR}
 */
export function decode(data, reason) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;
  let left = MAX_ITEMS;

  /** @param {number} size */
  const take = (size) => {
    if (size > data.length - at) refuse(reason, `got ${data.length} bytes of CBOR that break off`);
    at += size;
    return at - size;
  };

  /**
   * @param {number} short The head's lower five bits.
   * @returns {number | bigint}
   */
  const argument = (short) => {
    if (short < 24) return short;
    if (short > 27) refuse(reason, "got CBOR of an indefinite or unknown length");
    const size = 1 << (short - 24);
    const start = take(size);
    const value = size === 8 ? view.getBigUint64(start) : wholeOf(view, start, size);
    if (value < [24, 0x100, 0x10000, 0x100000000n][short - 24]) refuse(reason, "got CBOR spelled longer than needed");
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  };

  /** @returns {never} */
  const tooMany = () => refuse(reason, `got ${data.length} bytes of CBOR with more than ${MAX_ITEMS} items`);

  /**
   * @param {number} depth
   * @returns {CBOR}
   */
  const item = (depth) => {
    if (!left) tooMany();
    left -= 1;
    const head = data[take(1)];
    if (head === NULL) return null;
    const kind = head >> 5;
    if (kind > MAP) refuse(reason, "got CBOR with tags, fractions, truth values or the like");
    const value = argument(head & 31);
    if (kind === INTEGER) return value;
    if (kind === NEGATIVE) {
      return typeof value === "number" && value < Number.MAX_SAFE_INTEGER ? -1 - value : -1n - BigInt(value);
    }
    const size = Number(value);
    if (kind === TEXT && size > MAX_TEXT) refuse(reason, `got a text of ${size} bytes, wanted at most ${MAX_TEXT}`);
    if (kind === BYTES || kind === TEXT) {
      const start = take(size);
      const bytes = data.subarray(start, at);
      return kind === BYTES ? bytes : fromUtf8(bytes, reason);
    }
    if (size > left) tooMany();
    if (size && depth === MAX_DEPTH) refuse(reason, `got CBOR of more than ${MAX_DEPTH} levels`);
    if (kind === ARRAY) {
      /** @type {CBOR[]} */
      const items = [];
      for (let place = 0; place < size; place += 1) items.push(item(depth + 1));
      return items;
    }
    if (size > 1) refuse(reason, "got a map of more than one member");
    /** @type {Map<number | bigint, CBOR>} */
    const map = new Map();
    if (size) {
      const key = item(depth + 1);
      if (!isInteger(key)) refuse(reason, "got a map whose key is no integer");
      map.set(key, item(depth + 1));
    }
    return map;
  };

  const value = item(0);
  if (at !== data.length) refuse(reason, `got ${data.length - at} bytes behind CBOR, wanted none`);
  return value;
}

/**
 * Writes a value in the one way.
 * @param {CBOR} value
 * @returns {Uint8Array}
 */
export function encode(value) {
  if (value === null) return Uint8Array.of(NULL);
  if (isInteger(value)) return value < 0 ? head(NEGATIVE, -1n - BigInt(value)) : head(INTEGER, value);
  if (value instanceof Uint8Array) return concat(head(BYTES, value.length), value);
  if (typeof value === "string") {
    const bytes = utf8(value);
    return concat(head(TEXT, bytes.length), bytes);
  }
  if (Array.isArray(value)) return concat(head(ARRAY, value.length), ...value.map(encode));
  return concat(head(MAP, value.size), ...[...value].flatMap((member) => member.map(encode)));
}

/**
 * @param {CBOR | undefined} value
 * @returns {value is number | bigint}
 */
export function isInteger(value) {
  return typeof value === "number" || typeof value === "bigint";
}

/**
 * @param {CBOR | undefined} value
 * @returns {value is Uint8Array}
 */
export function isBytes(value) {
  return value instanceof Uint8Array;
}

/**
 * @param {DataView} view
 * @param {number} start
 * @param {number} size 1, 2 or 4.
 */
function wholeOf(view, start, size) {
  if (size === 1) return view.getUint8(start);
  return size === 2 ? view.getUint16(start) : view.getUint32(start);
}

/**
 * @param {number} kind
 * @param {number | bigint} value
 */
function head(kind, value) {
  const size = value < 24 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 0x100000000 ? 4 : 8;
  if (!size) return Uint8Array.of((kind << 5) | Number(value));
  return concat(Uint8Array.of((kind << 5) | (24 + Math.log2(size))), fromInteger(value, size));
}
