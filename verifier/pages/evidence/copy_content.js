// What a limited copy says: which certificate, which of its claims, for whom, for what, until when.

import { characters, equal, sha256 } from "./bytes.js";
import { decode, isBytes, isInteger } from "./cbor.js";
import { AROUND } from "./code.js";
import { HASH } from "./demands.js";
import { refuse } from "./errors.js";
import { MAX_AGENCY, MAX_TYPE, MAX_TYPE_VERSION } from "./facts.js";

/**
 * A claim's value: a text, several, or null for what is stated to be absent.
 * @typedef {string | string[] | null} Value
 */

/**
 * What is signed. Ids and numbers are the registry's; days are `YYYY-MM-DD`, both included.
 * @typedef {object} Content
 * @property {number} agency
 * @property {number} certificateType
 * @property {number} version Of the certificate type.
 * @property {Uint8Array} kid8 Of the document key that signs the copy.
 * @property {Uint8Array} leaf The certificate's.
 * @property {string} firstDay The certificate's.
 * @property {string | null} lastDay The certificate's; null is open-ended.
 * @property {Uint8Array} claimsDigest
 * @property {string} purpose
 * @property {string} recipient
 * @property {string} made
 * @property {string} expires The copy's last day, included.
 */

const REASON = "CodeMalformed";
const FORMAT = 1;
const MEMBERS = 14;
const MAX_TERM = 50;
const MAX_DAYS = 180;
const MAX_CLAIMS = 64;
const MAX_CLAIMS_BYTES = 131_072;
const MAX_PLACE = 255;
const DAY_MS = 86_400_000;
/** 1 January 1900 and 31 December 9999, in days since 1970. */
const FIRST_DAY = -25_567;
const LAST_DAY = 2_932_896;
/** Control characters, and what turns the direction of writing. */
const UNSPEAKABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
/** Of control characters, claims may have line feeds. */
const UNSPEAKABLE_IN_CLAIMS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

/**
 * Reads COSE's payload; refuses it as `CodeMalformed`, or `CodeUnsupported` for a format version to come.
 * @param {Uint8Array} payload
 * @returns {Content}
 */
export function readContent(payload) {
  const value = decode(payload, REASON);
  const members = Array.isArray(value) ? value : [];
  const [format, agency, certificateType, version, kid8, leaf, first, last, claimsDigest, ...rest] = members;
  const [purpose, recipient, made, expires, salt] = rest;
  if (isInteger(format) && format > FORMAT) {
    refuse("CodeUnsupported", `got a copy of format ${format}, this software knows format ${FORMAT}`);
  }
  if (members.length !== MEMBERS || format !== FORMAT) {
    return refuse(REASON, `copy: got CBOR that is not the ${MEMBERS} members of format ${FORMAT}`);
  }
  const firstDay = within("first day", first, FIRST_DAY, LAST_DAY);
  const madeDay = within("day on which it was made", made, FIRST_DAY, LAST_DAY);
  bytes("salt", salt, 16);
  return {
    agency: within("agency", agency, 1, MAX_AGENCY),
    certificateType: within("certificate type", certificateType, 1, MAX_TYPE),
    version: within("type version", version, 1, MAX_TYPE_VERSION),
    kid8: bytes("kid8", kid8, 8),
    leaf: bytes("leaf", leaf, HASH),
    firstDay: dayOf(firstDay),
    lastDay: last === null ? null : dayOf(within("last day", last, firstDay, LAST_DAY)),
    claimsDigest: bytes("claims' digest", claimsDigest, HASH),
    purpose: term("purpose", purpose),
    recipient: term("recipient", recipient),
    made: dayOf(madeDay),
    expires: dayOf(within("last day of the copy", expires, madeDay, Math.min(LAST_DAY, madeDay + MAX_DAYS))),
  };
}

/**
 * Reads the claims that ride along; refuses them unless they are those whose digest was signed.
 * @param {Uint8Array} written
 * @param {Content} content
 * @returns {Promise<[number, Value][]>} Each claim's place among those of its type, from 0, and its value.
 */
export async function readClaims(written, content) {
  if (written.length > MAX_CLAIMS_BYTES || !equal(await sha256(written), content.claimsDigest)) {
    refuse(REASON, "claims: got others than those whose digest was signed");
  }
  const value = decode(written, REASON);
  if (!Array.isArray(value) || !value.length || value.length > MAX_CLAIMS) {
    return refuse(REASON, `claims: got something else than 1 to ${MAX_CLAIMS} of them`);
  }
  const claims = value.map(readClaim);
  if (claims.some(([place], at) => at && claims[at - 1][0] >= place)) {
    refuse(REASON, "claims: got places out of order or twice, wanted each once, ascending");
  }
  return claims;
}

/**
 * @param {import("./types.js").CBOR} item
 * @returns {[number, Value]}
 */
function readClaim(item) {
  const [place, value] = Array.isArray(item) && item.length === 2 ? item : [];
  const texts = Array.isArray(value) && value.length ? value : [value];
  if (
    typeof place !== "number" ||
    place < 0 ||
    place > MAX_PLACE ||
    (value !== null && !texts.every((text) => typeof text === "string" && text && !UNSPEAKABLE_IN_CLAIMS.test(text)))
  ) {
    return refuse(REASON, "claims: got something else than a place and a text, several texts, or null");
  }
  return [place, /** @type {Value} */ (value)];
}

/**
 * @param {string} name
 * @param {import("./types.js").CBOR} value
 * @param {number} least
 * @param {number} most
 */
function within(name, value, least, most) {
  if (typeof value !== "number" || value < least || value > most) {
    return refuse(REASON, `copy: ${name}: got ${value}, wanted ${least} to ${most}`);
  }
  return value;
}

/**
 * @param {string} name
 * @param {import("./types.js").CBOR} value
 * @param {number} length
 */
function bytes(name, value, length) {
  return isBytes(value) && value.length === length ? value : refuse(REASON, `copy: ${name}: wanted ${length} bytes`);
}

/**
 * @param {string} name
 * @param {import("./types.js").CBOR} value
 */
function term(name, value) {
  // The message does not repeat the text, which may name a person.
  if (typeof value !== "string" || value === "" || characters(value) > MAX_TERM || UNSPEAKABLE.test(value)) {
    return refuse(REASON, `copy: ${name}: wanted 1 to ${MAX_TERM} characters, none of them unseen`);
  }
  return value.replace(AROUND, "") === value ? value : refuse(REASON, `copy: ${name}: got space around it`);
}

/** @param {number} days Since 1 January 1970. */
function dayOf(days) {
  return new Date(days * DAY_MS).toISOString().slice(0, 10);
}
