// From what people type, paste or scan to what can be verified. PDF files and pictures are the service's to read.

import { fromUtf8 } from "../evidence/bytes.js";
import { AROUND } from "../evidence/code.js";
import { EvidenceError } from "../evidence/errors.js";
import { hostOf as hostInCode, isOneOf } from "./documents.js";
import { isCopy } from "./form.js";
import { hostOf } from "./hosts.js";
import { presented } from "./presented.js";
import { receiptIn } from "./receipt.js";
import { message } from "./wording.js";

/**
 * What was brought: a certificate, a code, a limited copy's code or file, a short number, a receipt, a stranger's code
 * with its host, or nothing of the kind with the reason.
 * @typedef {object} Input
 * @property {"code" | "copy" | "certificate" | "short_number" | "receipt" | "foreign" | "nothing"} kind
 * @property {string} text
 * @property {Uint8Array} [data] Of a limited copy's file.
 * @property {string} [host] Of a stranger's code, where its text names one.
 * @property {import("./wording.js").Message} [fault]
 */

const SPACE = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
const OUR_CODE = new RegExp(`^https?://[^${SPACE}/]+/[cv]#[^${SPACE}]*$`);
/** What an address bar shows of a code after the page's language was chosen, or what a chat adds when one is shared. */
const WITH_QUERY = new RegExp(`^(https?://[^${SPACE}/?#]+/[cvr])\\?[A-Za-z0-9_=&.-]{0,100}(?=#)`);
const URL_FORM = new RegExp(`^[a-z][a-z0-9+.-]*:[^${SPACE}]+$`, "i");
/** A code's digits without its URL; a short number is far shorter. */
const DIGITS = /^[0-9]{40,}$/;
/** What may be meant as a short number, mistyped or not. */
const SHORT_NUMBER = new RegExp(String.raw`^[\p{L}\p{N}_${SPACE}\-\u2010-\u2015\u2212\ufe58\ufe63\uff0d]{10,40}$`, "u");
/** How a COSE_Sign1 with our one protected header begins: a limited copy, where it is a file. */
const COSE = [0x84, 0x43, 0xa1, 0x01, 0x26];

/**
 * Reads what was typed, pasted or scanned; never throws. An empty list of hosts means that they are not known: then any
 * host with a path of ours passes, and verification says that it is not an official one once they are.
 * @param {string} text
 * @param {{hosts?: string[]}} [known] The official verifying hosts (`basis.hosts`).
 * @returns {Input}
 */
export function readInput(text, { hosts = [] } = {}) {
  if (typeof text !== "string") return nothing("", "read.text");
  const bare = text.replace(AROUND, "").replace(WITH_QUERY, "$1");
  if (!bare) return nothing(bare, "read.empty");
  const receipt = receiptIn(bare);
  if (receipt !== null) return { kind: "receipt", text: receipt };
  if (bare.startsWith("eyJ")) return { kind: "certificate", text: bare };
  if (OUR_CODE.test(bare) || DIGITS.test(bare)) return codeOf(bare, hosts);
  if (URL_FORM.test(bare)) return foreign(bare);
  if (SHORT_NUMBER.test(bare)) return { kind: "short_number", text: bare };
  return nothing(bare, "read.text");
}

/**
 * Reads a file that is neither a PDF nor a picture: a limited copy, or text; never throws.
 * @param {Uint8Array} data
 * @param {{hosts?: string[]}} [known]
 * @returns {Input}
 */
export function readFile(data, known) {
  if (COSE.every((byte, place) => data[place] === byte)) return { kind: "copy", text: "", data };
  try {
    return readInput(fromUtf8(data, "CodeMalformed").replace(/^\ufeff/, ""), known);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return nothing("", "read.kind");
  }
}

/**
 * Returns what was brought, as the procedure takes it.
 * @param {Input} input
 * @param {Uint8Array[]} [proofs]
 */
export function presentedOf({ kind, text, data, host, fault }, proofs = []) {
  switch (kind) {
    case "certificate":
    case "receipt":
      return presented({ certificates: [text], proofs });
    case "code":
      return presented({ codes: [text], proofs });
    case "copy":
      return data ? presented({ copies: [data], proofs }) : presented({ codes: [text], proofs });
    case "short_number":
      return presented({ shortNumber: text });
    case "foreign":
      return presented({ foreignCodes: 1, foreignHosts: host ? [host] : [] });
    default:
      return presented({ fault: fault ?? message("read.text") });
  }
}

/**
 * @param {string} text
 * @param {string[]} hosts
 * @returns {Input}
 */
function codeOf(text, hosts) {
  const host = hostInCode(text);
  if (host !== null && hosts.length && !isOneOf(host, hosts)) return foreign(text);
  return { kind: isCopy(text) ? "copy" : "code", text };
}

/**
 * @param {string} text
 * @returns {Input}
 */
function foreign(text) {
  const host = hostOf(text);
  return { kind: "foreign", text, ...(host && { host }) };
}

/**
 * @param {string} text
 * @param {string} key
 * @returns {Input}
 */
function nothing(text, key) {
  return { kind: "nothing", text, fault: message(key) };
}
