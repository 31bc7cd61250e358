// Single members of a trust list, as strict as the whole.

import { compare, unhex } from "./bytes.js";
import { refuse } from "./errors.js";

/** @typedef {import("./types.js").JSONValue} JSONValue */

const MALFORMED = "EvidenceMalformed";
export const ADDRESS = 20;
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/;

/**
 * @param {JSONValue} value
 * @param {string} what
 */
export function addresses(value, what) {
  const read = array(value, what).map((item) => bytes(item, ADDRESS, what));
  if (!read.length || read.some((address, place) => place && compare(read[place - 1], address) >= 0)) {
    refuse(MALFORMED, `got ${read.length} addresses as ${what}, wanted at least one, ascending, each once`);
  }
  return read;
}

/**
 * @param {JSONValue} value
 * @param {string} what
 */
export function array(value, what) {
  return Array.isArray(value) ? value : refuse(MALFORMED, `${what}: got another value than an array`);
}

/**
 * @param {JSONValue} value
 * @param {string} what
 * @param {number} least
 */
export function whole(value, what, least) {
  const fits = typeof value === "number" && value >= least;
  return fits ? value : refuse(MALFORMED, `${what}: got another value than a whole number from ${least} up`);
}

/**
 * @param {JSONValue} value
 * @param {string} what
 */
export function time(value, what) {
  const read = typeof value === "string" && TIME.test(value) ? new Date(value) : new Date(NaN);
  // Some engines take 24:00 or 30 February for a time of the day after, and Python's calendar begins with the year 1.
  const fits =
    !Number.isNaN(read.getTime()) && read.getUTCFullYear() > 0 && read.toISOString().replace(".000Z", "Z") === value;
  return fits ? read : refuse(MALFORMED, `${what}: got another value than a time like 2026-01-31T00:00:00Z`);
}

/**
 * @param {JSONValue} value
 * @param {number} length
 * @param {string} what
 */
export function bytes(value, length, what) {
  if (typeof value !== "string" || !/^0x[0-9a-f]*$/.test(value) || value.length !== 2 + 2 * length) {
    return refuse(MALFORMED, `${what}: got another value than 0x and ${length} bytes in small hexadecimal digits`);
  }
  return unhex(value.slice(2));
}
