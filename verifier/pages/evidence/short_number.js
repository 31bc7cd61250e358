// The short number: what can be typed when a code cannot be scanned.

import { fromInteger, toInteger } from "./bytes.js";
import { HASH, requireBytes, requireText } from "./demands.js";
import { refuse } from "./errors.js";

/** Crockford's base 32: no I, L, O or U. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const VALUES = new Map([...ALPHABET].map((character, value) => [character, BigInt(value)]));
const LOOK_ALIKE = new Map([
  ["O", "0"],
  ["I", "1"],
  ["L", "1"],
]);
const CHECK_MODULUS = 1021n;
const CHARACTERS = 12;
const CHECK_CHARACTERS = 2;
/** Spaces as Python knows them, and whatever a keyboard puts for a hyphen. */
const IGNORED = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u002d\u2010-\u2015\u2212]/g;

/**
 * Writes a leaf's first 60 bits as `XXXX-XXXX-XXXX-XX`; the last two are check characters.
 * @param {Uint8Array} leaf
 */
export function shortNumber(leaf) {
  requireBytes(leaf, "a leaf", HASH);
  const value = toInteger(leaf.subarray(0, 8)) >> 4n;
  const text = base32(value, CHARACTERS) + base32(value % CHECK_MODULUS, CHECK_CHARACTERS);
  return [text.slice(0, 4), text.slice(4, 8), text.slice(8, 12), text.slice(12)].join("-");
}

/**
 * Returns the first 60 bits of the leaf as 8 bytes, the low 4 bits zero.
 * @param {string} text
 */
export function parseShortNumber(text) {
  requireText(text, "a short number");
  const characters = [...text.normalize("NFKC").replace(IGNORED, "").toUpperCase()];
  if (characters.length !== CHARACTERS + CHECK_CHARACTERS) {
    refuse("CodeMalformed", `got ${characters.length} characters, wanted the 14 of a short number`);
  }
  const values = characters.map((character) => {
    const value = VALUES.get(LOOK_ALIKE.get(character) ?? character);
    return value ?? refuse("CodeMalformed", `got ${character}, wanted digits and letters other than U`);
  });
  const value = valueOf(values.slice(0, CHARACTERS));
  if (value % CHECK_MODULUS !== valueOf(values.slice(CHARACTERS))) {
    refuse("CodeMalformed", "got a short number whose check characters do not fit: some character is mistyped");
  }
  return fromInteger(value << 4n, 8);
}

/**
 * @param {bigint} value
 * @param {number} length
 */
function base32(value, length) {
  return Array.from({ length }, (_, place) => ALPHABET[Number((value >> BigInt(5 * (length - 1 - place))) & 31n)]).join(
    "",
  );
}

/** @param {bigint[]} values */
function valueOf(values) {
  return values.reduce((value, next) => (value << 5n) | next, 0n);
}
