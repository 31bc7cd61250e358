// F: the few facts that a code carries, as bytes, and the leaf that binds them to everything else.

import { characters, concat, sha256, utf8 } from "./bytes.js";
import { decode, isBytes, isInteger } from "./cbor.js";
import { refuse } from "./errors.js";

/**
 * What a code says in clear. Ids and numbers are the registry's; days are `YYYY-MM-DD`, both included.
 * @typedef {object} Facts
 * @property {number} agency
 * @property {number} certificateType
 * @property {number} version Of the certificate type.
 * @property {Uint8Array} kid8 The first 8 bytes of the document key's kid.
 * @property {string} number The certificate number.
 * @property {(string | null)[]} facts In the type's order.
 * @property {string} firstDay
 * @property {string | null} lastDay Null is open-ended.
 * @property {Uint8Array} salt
 */

const FORMAT = 1;
const MEMBERS = 10;
export const MAX_AGENCY = 2 ** 32 - 1;
export const MAX_TYPE = 2 ** 32 - 1;
export const MAX_TYPE_VERSION = 2 ** 16 - 1;
const MAX_NUMBER = 64;
const MAX_FACTS = 8;
const MAX_FACT_BYTES = 512;
export const KID8 = 8;
const SALT = 16;
const DAY_MS = 86_400_000;
/** 1 January 1900 and 31 December 9999, in days since 1970. */
const FIRST_DAY = -25_567;
const LAST_DAY = 2_932_896;
/** Control characters. Format characters stay: Mongolian needs them. */
const UNSPEAKABLE = /[\u0000-\u001f\u007f-\u009f]/;
const LEAF = Uint8Array.of(0);

/**
 * Reads F; refuses it as `CodeMalformed`, or `CodeUnsupported` for a format version to come.
 * @param {Uint8Array} data
 * @returns {Facts}
 */
export function readFacts(data) {
  const value = decode(data, "CodeMalformed");
  const members = Array.isArray(value) ? value : [];
  const [format, agency, certificateType, version, kid8, number, texts, first, last, salt] = members;
  if (isInteger(format) && format > FORMAT) {
    refuse("CodeUnsupported", `got a code of format ${format}, this software knows format ${FORMAT}`);
  }
  if (
    members.length !== MEMBERS ||
    format !== FORMAT ||
    !isBytes(kid8) ||
    typeof number !== "string" ||
    !Array.isArray(texts) ||
    !texts.every((text) => text === null || typeof text === "string") ||
    !isBytes(salt)
  ) {
    return refuse("CodeMalformed", `facts: got CBOR that is not the ten members of format ${FORMAT}`);
  }
  const facts = /** @type {(string | null)[]} */ (texts);
  checkLengths(kid8, number, facts, salt);
  const firstDay = within("first day", first, FIRST_DAY, LAST_DAY);
  return {
    agency: within("agency", agency, 1, MAX_AGENCY),
    certificateType: within("certificate type", certificateType, 1, MAX_TYPE),
    version: within("type version", version, 1, MAX_TYPE_VERSION),
    kid8,
    number,
    facts,
    firstDay: dayOf(firstDay),
    lastDay: last === null ? null : dayOf(within("last day", last, firstDay, LAST_DAY)),
    salt,
  };
}

/**
 * Returns what is anchored: SHA-256(00 ‖ SHA-256(F) ‖ SHA-256(JWS signing input)).
 * @param {Uint8Array} codeDigest SHA-256(F).
 * @param {Uint8Array} signingInputHash
 */
export async function leafOfDigests(codeDigest, signingInputHash) {
  return sha256(concat(LEAF, codeDigest, signingInputHash));
}

/**
 * @param {Uint8Array} kid8
 * @param {string} number
 * @param {(string | null)[]} facts
 * @param {Uint8Array} salt
 */
function checkLengths(kid8, number, facts, salt) {
  within("length of kid8", kid8.length, KID8, KID8);
  within("length of the salt", salt.length, SALT, SALT);
  within("length of the certificate number", characters(number), 1, MAX_NUMBER);
  within("number of facts", facts.length, 0, MAX_FACTS);
  for (const text of [number, ...facts]) {
    // The message does not repeat the text, which may name a person.
    if (text !== null && (text === "" || UNSPEAKABLE.test(text) || utf8(text).length > MAX_FACT_BYTES)) {
      refuse("CodeMalformed", "facts: got text that is empty, too long or has control characters");
    }
  }
}

/**
 * @param {string} name
 * @param {import("./types.js").CBOR} value
 * @param {number} least
 * @param {number} most
 */
function within(name, value, least, most) {
  if (typeof value !== "number" || value < least || value > most) {
    return refuse("CodeMalformed", `facts: ${name}: got ${value}, wanted ${least} to ${most}`);
  }
  return value;
}

/** @param {number} days Since 1 January 1970. */
function dayOf(days) {
  return new Date(days * DAY_MS).toISOString().slice(0, 10);
}
