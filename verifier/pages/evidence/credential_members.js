// Single members of a credential, as strict as the whole.

import { fromBase64url } from "./bytes.js";
import { refuse } from "./errors.js";

/** @typedef {import("./types.js").JSONValue} JSONValue */

const MALFORMED = "CertificateMalformed";
/** Base64url of 32 bytes: the last character has two bits to spare, which are zero. */
export const DIGEST = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const SRI = /^sha256-[A-Za-z0-9+/]{43}=$/;

/**
 * @param {string} where
 * @param {JSONValue} value
 * @param {string} wanted
 */
export function exactly(where, value, wanted) {
  if (value !== wanted) refuse(MALFORMED, `${where}: got another value, wanted ${wanted}`);
}

/**
 * @param {string} where
 * @param {JSONValue} value
 * @param {number} most
 * @param {number} [least]
 */
export function list(where, value, most, least = 1) {
  if (!Array.isArray(value) || value.length < least || value.length > most) {
    return refuse(MALFORMED, `${where}: got another value, wanted an array of ${least} to ${most}`);
  }
  return value;
}

/**
 * @param {string} where
 * @param {JSONValue} value
 * @param {RegExp} pattern
 */
export function text(where, value, pattern) {
  if (typeof value !== "string" || !pattern.test(value)) {
    return refuse(MALFORMED, `${where}: got another value, wanted text like ${pattern.source}`);
  }
  return value;
}

/**
 * @param {string} where
 * @param {JSONValue} value
 * @param {number} most
 */
export function whole(where, value, most) {
  if (typeof value !== "number" || value < 1 || value > most) {
    return refuse(MALFORMED, `${where}: got another value, wanted a number from 1 to ${most}`);
  }
  return value;
}

/**
 * @param {string} where
 * @param {JSONValue} value
 */
export function hash(where, value) {
  return fromBase64url(text(where, value, DIGEST), MALFORMED);
}

/**
 * @param {string} where
 * @param {JSONValue} value
 */
export function sriDigest(where, value) {
  return hash(where, text(where, value, SRI).slice(7, -1).replaceAll("+", "-").replaceAll("/", "_"));
}

/**
 * @param {string} where
 * @param {JSONValue} value
 * @param {RegExp} pattern
 */
export function day(where, value, pattern) {
  const found = text(where, value, pattern).slice(0, 10);
  const time = Date.parse(`${found}T00:00:00Z`);
  // Some engines take 30 February for 2 March, and Python's calendar begins with the year 1.
  if (found < "0001" || Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== found) {
    refuse(MALFORMED, `${where}: got ${found}, which no calendar has`);
  }
  return found;
}
