// What a QR code says: a COSE_Sign1 (RFC 9052, section 4.2) over F and the hash of the certificate's signing input.

import { equal, hex, sha256 } from "./bytes.js";
import { decode, encode, isBytes } from "./cbor.js";
import { HASH, requireBytes, requireText } from "./demands.js";
import * as digits from "./digits.js";
import { refuse } from "./errors.js";
import { leafOfDigests, readFacts } from "./facts.js";
import { requireKid, signatureFault, verify } from "./keys.js";
import { pathFault } from "./merkle.js";

/**
 * A code as read: not to be believed before `verifyCode`, nor to be relied on before the registry is asked.
 * @typedef {object} Code
 * @property {import("./facts.js").Facts} facts
 * @property {Uint8Array} factsBytes F, as signed.
 * @property {Uint8Array} signingInputHash SHA-256 of the certificate's JWS signing input.
 * @property {Uint8Array} payload What was signed, as COSE's payload.
 * @property {Uint8Array} signature r ‖ s with low s.
 * @property {import("./merkle.js").InclusionPath | null} path
 * @property {string | null} host Which verifier the URL names; null for bare digits. Not signed.
 * @property {Uint8Array} leaf What must have been anchored.
 */

/** What the largest QR code holds in numeric mode (ISO/IEC 18004, table 7). */
const MAX_DIGITS = 7089;
/** The algorithm, ES256, and nothing else (RFC 9053, section 2.1). */
export const PROTECTED = Uint8Array.of(0xa1, 0x01, 0x26);
/** The first label for private use (RFC 9052, section 11.1). */
const PATH_LABEL = -65537;
const SPACE = String.raw`[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
/** What Python's `strip` takes off, so that both readers take the same texts. */
export const AROUND = new RegExp(`^${SPACE}+|${SPACE}+$`, "g");
const URL_FORM = /^(https?):\/\/([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[0-9]{1,5})?)\/v#([0-9]+)$/;
export const LOCAL = /^(?:localhost|127\.0\.0\.1)(?::[0-9]{1,5})?$/;

/**
 * Reads a code from its URL or from bare digits; refuses it as `CodeMalformed` or `CodeUnsupported`.
 * @param {string} text
 * @returns {Promise<Code>}
 */
export async function readCode(text) {
  requireText(text, "a code");
  const [host, number] = split(text.replace(AROUND, ""));
  if (number.length > MAX_DIGITS) {
    refuse("CodeMalformed", `got ${number.length} digits, wanted at most ${MAX_DIGITS}`);
  }
  const value = decode(digits.decode(number), "CodeMalformed");
  const members = Array.isArray(value) && value.length === 4 ? value : [];
  const [header, unprotected, payload, signature] = members;
  if (!isBytes(header) || !(unprotected instanceof Map) || !isBytes(payload) || !isBytes(signature)) {
    return refuse("CodeMalformed", "got CBOR that is not the four members of a COSE_Sign1");
  }
  if (!equal(header, PROTECTED)) refuse("CodeMalformed", `got the protected header ${hex(header)}, wanted ES256's`);
  const fault = signatureFault(signature);
  if (fault) refuse("CodeMalformed", fault);
  const [factsBytes, signingInputHash] = readPayload(payload);
  return {
    facts: readFacts(factsBytes),
    factsBytes,
    signingInputHash,
    payload,
    signature,
    path: unprotected.size ? readPath(unprotected.get(PATH_LABEL), "CodeMalformed") : null,
    host,
    leaf: await leafOf(factsBytes, signingInputHash),
  };
}

/**
 * Checks the signature; refuses it as `SignatureInvalid`. Whether the key may sign for the agency, the registry knows.
 * @param {Code} code
 * @param {import("./keys.js").PublicKey} key
 * @param {Uint8Array} registryId 32 bytes; not carried in the code, and yet a code of another registry fails.
 */
export async function verifyCode(code, key, registryId) {
  requireBytes(registryId, "a registry id", HASH);
  await requireKid(key, code.facts.kid8);
  await verify(key, code.signature, encode(["Signature1", PROTECTED, registryId, code.payload]));
}

/**
 * Returns what is anchored for a certificate: SHA-256(00 ‖ SHA-256(F) ‖ SHA-256(JWS signing input)).
 * @param {Uint8Array} factsBytes F.
 * @param {Uint8Array} signingInputHash
 */
export async function leafOf(factsBytes, signingInputHash) {
  requireBytes(factsBytes, "F");
  requireBytes(signingInputHash, "the signing input's hash", HASH);
  return leafOfDigests(await sha256(factsBytes), signingInputHash);
}

/**
 * Reads an inclusion path `[size, index, [hash…]]`, as it stands in a code and in a proof.
 * @param {import("./types.js").CBOR | undefined} value
 * @param {string} reason What to refuse it as.
 * @returns {import("./merkle.js").InclusionPath}
 */
export function readPath(value, reason) {
  const [size, index, hashes] = Array.isArray(value) && value.length === 3 ? value : [];
  if (typeof size !== "number" || typeof index !== "number" || !Array.isArray(hashes) || !hashes.every(isBytes)) {
    return refuse(reason, "got something else than an inclusion path [size, index, [hash…]]");
  }
  const path = { size, index, hashes: /** @type {Uint8Array[]} */ (hashes) };
  const fault = pathFault(path);
  if (fault) refuse(reason, fault);
  return path;
}

/**
 * Returns host and digits.
 * @param {string} text
 * @returns {[string | null, string]}
 */
function split(text) {
  if (/^[0-9]+$/.test(text)) return [null, text];
  const url = URL_FORM.exec(text);
  if (!url) return refuse("CodeMalformed", `got ${text.slice(0, 60)}, wanted https://<verifying host>/v#<digits>`);
  const [, scheme, host, number] = url;
  if (scheme === "http" && !LOCAL.test(host)) refuse("CodeMalformed", `got http://${host}, wanted https`);
  return [host, number];
}

/**
 * @param {Uint8Array} payload
 * @returns {[Uint8Array, Uint8Array]}
 */
function readPayload(payload) {
  const value = decode(payload, "CodeMalformed");
  const [factsBytes, signingInputHash] = Array.isArray(value) && value.length === 2 ? value : [];
  if (!isBytes(factsBytes) || !isBytes(signingInputHash) || signingInputHash.length !== HASH) {
    return refuse("CodeMalformed", "payload: got other CBOR than F and a hash of 32 bytes");
  }
  return [factsBytes, signingInputHash];
}
