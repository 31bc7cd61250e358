// Whether a receipt is one of this registry's attesters, and whole: verifier/check/receipts.py and receipt_check.py in
// JavaScript. A receipt is not a certificate, so its report is never VALID: the form alone argues for INCOMPLETE.

import { characters, equal, fromBase64url, fromUtf8, hex, unhex, utf8 } from "../evidence/bytes.js";
import { AROUND } from "../evidence/code.js";
import { EvidenceError, refuse } from "../evidence/errors.js";
import { kidOf, signatureFault, verify } from "../evidence/keys.js";
import { shortNumber } from "../evidence/short_number.js";
import { members, parse, serialise } from "../evidence/strict_json.js";
import { isDay, today } from "./calendar.js";
import { CHECKS, VERDICTS, check } from "./report.js";
import { NOTHING } from "./subject.js";
import { message, time } from "./wording.js";

/** @typedef {import("../evidence/types.js").JSONValue} JSONValue */
/** @typedef {import("./report.js").Check} Check */
/** @typedef {import("./report.js").Report} Report */
/** @typedef {{[name: string]: any}} Said What a receipt says, member for member. */
/** A receipt as read; nothing of it is believed yet. @typedef {{text: string, said: Said, kid: Uint8Array, signature: Uint8Array}} Receipt */
/** A report about a receipt. @typedef {Report & {receipt: {believed: boolean, kid: string, says: Said} | null}} ReceiptReport */

const TYPE = "yinxin-receipt+jwt";
const FORMAT = 1;
const MAX_TEXT = 4096;
const MAX_ASKED_BY = 120;
const MALFORMED = "ReceiptMalformed";
const UNSUPPORTED = "ReceiptUnsupported";
/** How far a clock may be behind the times that it is told. */
const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;
const HASH = 64;
const ADDRESS = 40;
const ID = 32;
const JWS = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
/** Space as Python's `\s` has it. */
const SPACE = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
const ADDRESS_OF_ONE = new RegExp(`^https?://[^${SPACE}/]+/r#([^${SPACE}]*)$`);
const TIME = /^([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\+08:00$/;
/** Control characters, halves of surrogate pairs, what cannot be seen, and what turns the direction of writing. */
const UNSPEAKABLE =
  // eslint-disable-next-line no-control-regex
  /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/u;
/** Space before or behind a text; `AROUND` finds all of it, and remembers where it was. */
const BLANK_AROUND = new RegExp(`^[${SPACE}]|[${SPACE}]$`);
const REQUIRED = [
  "chain_id",
  "checked_at",
  "format",
  "handed_in",
  "id",
  "on",
  "registry",
  "registry_id",
  "test",
  "verdict",
];
const OPTIONAL = ["asked_by", "block", "checkpoint", "known_at", "leaf", "registered_on", "short_number"];

/**
 * Returns the receipt that a text is, or is the address of; null where it is none.
 * @param {string} text
 */
export function receiptIn(text) {
  const bare = text.replace(AROUND, "");
  const address = ADDRESS_OF_ONE.exec(bare);
  if (address) return address[1];
  if (bare.length > MAX_TEXT || !JWS.test(bare)) return null;
  try {
    const header = parse(fromBase64url(bare.split(".")[0], MALFORMED), MALFORMED);
    return /** @type {any} */ (header)?.typ === TYPE ? bare : null;
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return null;
  }
}

/**
 * Reads a receipt strictly; refuses it as `ReceiptMalformed` or `ReceiptUnsupported`.
 * @param {string} text
 * @returns {Receipt}
 */
export function readReceipt(text) {
  if (text.length > MAX_TEXT || !JWS.test(text)) {
    refuse(MALFORMED, `got ${text.length} characters that are no JWS, wanted one of at most ${MAX_TEXT}`);
  }
  const [header, payload, signature] = text.split(".").map((part) => fromBase64url(part, MALFORMED));
  const { alg, kid, typ } = canonical(header, "header", ["alg", "kid", "typ"]);
  if (alg !== "ES256" || typ !== TYPE || typeof kid !== "string") {
    return refuse(MALFORMED, `got another header, wanted ES256, ${TYPE} and a kid`);
  }
  const name = fromBase64url(kid, MALFORMED);
  if (2 * name.length !== HASH) refuse(MALFORMED, `got a kid of ${name.length} bytes, wanted ${HASH / 2}`);
  const said = canonical(payload, "receipt", REQUIRED, OPTIONAL);
  requireSound(said);
  const fault = signatureFault(signature);
  if (fault) refuse(MALFORMED, fault);
  return { text, said, kid: name, signature };
}

/**
 * Reports about a receipt, by the attesters of the trust list that is believed here.
 * @param {string} text
 * @param {import("./offline.js").Basis} basis
 * @param {{now: Date, on?: string | null, offline?: boolean}} asked
 * @returns {Promise<ReceiptReport>}
 */
export async function checkReceipt(text, basis, { now, on = null, offline = true }) {
  /** @type {Receipt | null} */
  let receipt = null;
  let form;
  try {
    receipt = readReceipt(receiptIn(text) ?? text.replace(AROUND, ""));
    // With this reason no outcome of the other checks can make it VALID.
    form = check("form", "PASSED", message("receipt.form"), ["INCOMPLETE"]);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    const isToCome = error.reason === UNSUPPORTED;
    const key = isToCome ? "receipt.unsupported" : "receipt.malformed";
    form = check("form", "FAILED", message(key, { detail: error.message }), [isToCome ? "UNSUPPORTED" : "UNREADABLE"]);
  }
  const signature = receipt ? await checkSignature(receipt, basis, now) : skipped("signature");
  return {
    input: "receipt",
    checks: [form, signature, ...CHECKS.slice(2).map(skipped)],
    subject: NOTHING,
    on: on ?? today(now),
    checkedAt: now.getTime(),
    register: null,
    offline: offline ? basis.grounds.offline : null,
    dated: null,
    receipt: receipt && { believed: signature.outcome === "PASSED", kid: hex(receipt.kid), says: receipt.said },
  };
}

/**
 * @param {Receipt} receipt
 * @param {import("./offline.js").Basis} basis
 * @param {Date} now
 * @returns {Promise<Check>}
 */
async function checkSignature({ text, said, kid, signature }, { trust, grounds }, now) {
  if (trust === null) return check("signature", "UNKNOWN", grounds.silence);
  const { registryId, registry, chainId, test } = trust;
  const ours = [`0x${hex(registryId)}`, `0x${hex(registry)}`, chainId, test];
  if ([said.registry_id, said.registry, said.chain_id, said.test].some((each, place) => each !== ours[place])) {
    const told = message("receipt.other_registry", {
      registry: said.registry_id.slice(2),
      chain: said.chain_id,
      our_registry: hex(registryId),
      our_chain: chainId,
    });
    return check("signature", "FAILED", told, ["UNSUPPORTED"]);
  }
  const shown = hex(kid.subarray(0, 8));
  const key = await keyOf(kid, trust.attesters);
  if (!key) {
    return check("signature", "FAILED", message("receipt.key_not_listed", { kid: shown }), ["ISSUER_NOT_AUTHORISED"]);
  }
  try {
    await verify(key, signature, utf8(text.slice(0, text.lastIndexOf("."))));
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return check("signature", "FAILED", message("receipt.altered"), ["ALTERED"]);
  }
  const made = Date.parse(said.checked_at);
  if (made - now.getTime() > CLOCK_TOLERANCE_MS) {
    return check("signature", "UNKNOWN", message("receipt.not_yet", { at: time(made / 1000) }));
  }
  return check("signature", "PASSED", message("receipt.signed", { kid: shown }));
}

/**
 * @param {Uint8Array} kid
 * @param {import("../evidence/keys.js").PublicKey[]} keys
 */
async function keyOf(kid, keys) {
  for (const key of keys) {
    if (equal(await kidOf(key), kid)) return key;
  }
  return null;
}

/** @param {string} name */
function skipped(name) {
  return check(name, "SKIPPED", message("receipt.not_asked"));
}

/**
 * Reads an object of these members, written as we write it.
 * @param {Uint8Array} data
 * @param {string} where
 * @param {string[]} required
 * @param {string[]} [optional]
 * @returns {Said}
 */
function canonical(data, where, required, optional) {
  const value = parse(data, MALFORMED);
  const form = /** @type {any} */ (value)?.format;
  if (required.includes("format") && Number.isInteger(form) && form > FORMAT) {
    refuse(UNSUPPORTED, `got a receipt of format ${form}, wanted ${FORMAT}`);
  }
  const found = members(value, where, MALFORMED, required, optional);
  if (serialise(value) !== fromUtf8(data, MALFORMED)) {
    refuse(MALFORMED, `${where}: got another spelling of the same JSON, wanted it compact, with sorted members`);
  }
  return found;
}

/** @param {Said} said */
function requireSound(said) {
  if (said.format !== FORMAT) refuse(MALFORMED, `got the format ${said.format}, wanted ${FORMAT}`);
  if (typeof said.test !== "boolean") refuse(MALFORMED, "got no true or false as test");
  if (!VERDICTS.includes(said.verdict) || said.verdict === "UNREADABLE") refuse(MALFORMED, "got another verdict");
  if (!Number.isInteger(said.chain_id) || said.chain_id < 0) refuse(MALFORMED, "got no whole number as chain_id");
  requireHex(said.id, ID, "id");
  requireHex(said.handed_in, HASH, "handed_in");
  requireHex(said.registry, ADDRESS, "registry", "0x");
  requireHex(said.registry_id, HASH, "registry_id", "0x");
  if (typeof said.on !== "string" || !isDay(said.on)) refuse(MALFORMED, "got no day as on");
  requireTime(said.checked_at, "checked_at");
  if ("known_at" in said) requireTime(said.known_at, "known_at");
  for (const name of ["block", "checkpoint"]) {
    if (name in said) {
      const { number, hash } = members(said[name], name, MALFORMED, ["hash", "number"]);
      if (!Number.isInteger(number) || Number(number) < 0) refuse(MALFORMED, `got no whole number as ${name}`);
      requireHex(hash, HASH, name, "0x");
    }
  }
  if ("block" in said !== "known_at" in said) refuse(MALFORMED, "got a block without its time, or a time without one");
  if ("leaf" in said) requireHex(said.leaf, HASH, "leaf");
  if ("registered_on" in said) {
    const { leaf, on, registered_on: day, checked_at: checkedAt } = said;
    // Its time is China's, and begins with the day.
    const isLater = typeof day === "string" && isDay(day) && day > on && day <= checkedAt.slice(0, 10);
    if (!isLater || leaf === undefined) {
      refuse(MALFORMED, "got a registered_on that is no certificate's day after on and not after checked_at");
    }
  }
  const short = "leaf" in said ? shortNumber(unhex(said.leaf)) : undefined;
  if (said.short_number !== short) refuse(MALFORMED, "got another short number than the leaf's");
  if ("asked_by" in said) requireAsker(said.asked_by);
}

/** @param {unknown} value */
function requireAsker(value) {
  if (typeof value !== "string" || !value || characters(value) > MAX_ASKED_BY) {
    refuse(MALFORMED, `got an asked_by that is no text of 1 to ${MAX_ASKED_BY} characters`);
  } else if (UNSPEAKABLE.test(value) || BLANK_AROUND.test(value)) {
    refuse(MALFORMED, "got an asked_by that cannot be shown, wanted one line of text");
  }
}

/**
 * @param {unknown} value
 * @param {number} digits
 * @param {string} what
 * @param {string} [prefix]
 */
function requireHex(value, digits, what, prefix = "") {
  const isOne = typeof value === "string" && new RegExp(`^${prefix}[0-9a-f]{${digits}}$`).test(value);
  if (!isOne) refuse(MALFORMED, `got no ${digits} small hexadecimal digits as ${what}`);
}

/**
 * @param {unknown} value
 * @param {string} what
 */
function requireTime(value, what) {
  const found = typeof value === "string" ? TIME.exec(value) : null;
  const [, day, hour, minute, second] = found ?? [];
  if (!found || !isDay(day) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) {
    refuse(MALFORMED, `got no time as ${what}, wanted one such as 2026-01-31T09:00:00+08:00`);
  }
}
