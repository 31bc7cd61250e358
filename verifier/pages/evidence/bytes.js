// Bytes: joined, compared, hashed, and written as text in exactly one way.

import { refuse } from "./errors.js";

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const WRITER = new TextEncoder();
const URL_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const URL_VALUES = new Map([...URL_ALPHABET].map((character, value) => [character, value]));

/**
 * @param {...Uint8Array} parts A few; a list from outside may be too long to be arguments.
 * @returns {Uint8Array}
 */
export function concat(...parts) {
  return concatAll(parts);
}

/**
 * @param {Uint8Array[]} parts
 * @returns {Uint8Array}
 */
export function concatAll(parts) {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * Whether two byte strings are the same. Nothing here is secret, so it may take as long as it takes.
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 */
export function equal(a, b) {
  return a.length === b.length && a.every((byte, place) => byte === b[place]);
}

/**
 * Which of two byte strings comes first: negative, 0 or positive.
 * @param {Uint8Array} a
 * @param {Uint8Array} b
 */
export function compare(a, b) {
  for (let place = 0; place < Math.min(a.length, b.length); place += 1) {
    if (a[place] !== b[place]) return a[place] - b[place];
  }
  return a.length - b.length;
}

/** @param {Uint8Array} data */
export function hex(data) {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Reads hexadecimal; the caller has looked at its form, or wrote it.
 * @param {string} text
 */
export function unhex(text) {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) throw new TypeError("got text that is not hexadecimal");
  return Uint8Array.from({ length: text.length / 2 }, (_, place) => parseInt(text.slice(2 * place, 2 * place + 2), 16));
}

/** @param {Uint8Array} data */
export function base64url(data) {
  let text = "";
  for (let at = 0; at < data.length; at += 3) {
    const bits = (data[at] << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
    const characters = Math.min(data.length - at, 3) + 1;
    for (let place = 0; place < characters; place += 1) text += URL_ALPHABET[(bits >> (18 - 6 * place)) & 63];
  }
  return text;
}

/**
 * Reads base64url without padding; refuses every other spelling of the same bytes.
 * @param {string} text
 * @param {string} reason What to refuse it as.
 */
export function fromBase64url(text, reason) {
  const data = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of text) {
    const value = URL_VALUES.get(character);
    if (value === undefined) refuse(reason, `got ${text.slice(0, 40)}, wanted base64url without foreign characters`);
    held = (held << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      data[at] = held >> bits;
      at += 1;
      held &= (1 << bits) - 1;
    }
  }
  if (bits === 6 || held !== 0) refuse(reason, `got ${text.slice(0, 40)}, wanted base64url without stray bits`);
  return data;
}

/** @param {string} text */
export function utf8(text) {
  return WRITER.encode(text);
}

/**
 * Reads UTF-8; a byte order mark is a character like any other, and what is no UTF-8 is refused.
 * @param {Uint8Array} data
 * @param {string} reason
 */
export function fromUtf8(data, reason) {
  try {
    return UTF8.decode(data);
  } catch {
    return refuse(reason, `got ${data.length} bytes that are not UTF-8`);
  }
}

/**
 * Counts characters as people and Python do, not the halves of which JavaScript makes some.
 * @param {string} text
 */
export function characters(text) {
  return [...text].length;
}

/**
 * Reads a whole number, big-endian.
 * @param {Uint8Array} data
 * @returns {bigint}
 */
export function toInteger(data) {
  return data.length ? BigInt(`0x${hex(data)}`) : 0n;
}

/**
 * Reads a whole number, big-endian: a number where that is exact, otherwise a bigint, so that `===` compares values.
 * @param {Uint8Array} data
 * @returns {number | bigint}
 */
export function toWhole(data) {
  let value = 0;
  for (const byte of data) value = value * 0x100 + byte;
  return Number.isSafeInteger(value) ? value : toInteger(data);
}

/**
 * Writes a whole number in so many bytes, big-endian; the caller knows that it fits.
 * @param {bigint | number} value
 * @param {number} size
 */
export function fromInteger(value, size) {
  return unhex(
    BigInt(value)
      .toString(16)
      .padStart(2 * size, "0"),
  );
}

/**
 * @param {Uint8Array} data
 * @returns {Promise<Uint8Array>}
 */
export async function sha256(data) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (data)));
}
