// Bytes as decimal digits, because a QR code's numeric mode packs those almost without loss.

import { concat, fromInteger, toInteger } from "./bytes.js";
import { requireBytes, requireText } from "./demands.js";
import { refuse } from "./errors.js";

const GROUP_BYTES = 7;
const GROUP_DIGITS = 17;
/** How many digits so many bytes take. */
const DIGITS = [0, 3, 5, 8, 10, 13, 15, GROUP_DIGITS];

/**
 * Writes 7 bytes, big-endian, as 17 digits, and a rest of r bytes as 3, 5, 8, 10, 13 or 15.
 * @param {Uint8Array} data
 */
export function encode(data) {
  requireBytes(data, "what to write as digits");
  let digits = "";
  for (let at = 0; at < data.length; at += GROUP_BYTES) {
    const group = data.subarray(at, at + GROUP_BYTES);
    digits += String(toInteger(group)).padStart(DIGITS[group.length], "0");
  }
  return digits;
}

/**
 * Reads what `encode` wrote; refuses anything else, so that no bytes have two spellings.
 * @param {string} digits
 */
export function decode(digits) {
  requireText(digits, "digits");
  if (!/^[0-9]+$/.test(digits)) refuse("CodeMalformed", `got ${digits.slice(0, 40)}, wanted the digits 0 to 9`);
  const groups = [];
  for (let at = 0; at < digits.length; at += GROUP_DIGITS) {
    const group = digits.slice(at, at + GROUP_DIGITS);
    const size = DIGITS.indexOf(group.length);
    if (size < 0)
      refuse("CodeMalformed", `got ${group.length} digits left over, wanted none, or ${DIGITS.slice(1, -1)}`);
    const value = BigInt(group);
    if (value >> BigInt(8 * size))
      refuse("CodeMalformed", `got ${group}, wanted a number that fits into ${size} bytes`);
    groups.push(fromInteger(value, size));
  }
  return concat(...groups);
}
