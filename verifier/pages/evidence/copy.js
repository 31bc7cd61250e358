// A limited copy: some of a certificate's claims, for one recipient and purpose, until a day. A COSE_Sign1 by the
// agency's document key; what is shown rides along unsigned, held to a digest, with an opening that leads to the leaf.

import { base64url, concat, equal, fromBase64url, fromUtf8, hex, sha256, utf8 } from "./bytes.js";
import { decode, encode, isBytes } from "./cbor.js";
import { AROUND, LOCAL, PROTECTED } from "./code.js";
import { readClaims, readContent } from "./copy_content.js";
import { readHeader, readPayload } from "./credential.js";
import { HASH, requireBytes, requireText } from "./demands.js";
import * as digits from "./digits.js";
import { readDisclosure } from "./disclosures.js";
import { refuse } from "./errors.js";
import { leafOfDigests } from "./facts.js";
import { requireKid, signatureFault, verify } from "./keys.js";
import { serialise } from "./strict_json.js";

/**
 * What leads from the claims that are shown to the leaf. The certificate's own signature is not in it.
 * @typedef {object} Opening
 * @property {Uint8Array} signingInput
 * @property {Uint8Array[]} salts One for each claim that is shown, in their order.
 */

/**
 * A copy as read: not to be believed before `verifyCopy`, nor relied on before the registry is asked.
 * @typedef {object} LimitedCopy
 * @property {import("./copy_content.js").Content} content
 * @property {Uint8Array} payload The content, as signed.
 * @property {Uint8Array} signature r ‖ s with low s.
 * @property {[number, import("./copy_content.js").Value][] | null} claims Null where there was no room for them.
 * @property {Opening | null} opening
 * @property {string | null} host Which verifier the URL names; null for bare digits. Not signed.
 */

const REASON = "CodeMalformed";
const MALFORMED = "CertificateMalformed";
const ALTERED = "CertificateAltered";
const MAX_FILE = 393_216;
const MAX_SIGNING_INPUT = 131_072;
const MIN_SALT = 16;
const MAX_SALT = 64;
/** The second label for private use (RFC 9052, section 11.1). */
const LABEL = -65538;
const DOMAIN = utf8("copy");
const FULL_STOP = 0x2e;
const URL_FORM = /^(https?):\/\/([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[0-9]{1,5})?)\/c#([0-9]+)$/;

/**
 * Reads a copy from its URL or from bare digits; refuses it as `CodeMalformed` or `CodeUnsupported`.
 * @param {string} text
 * @returns {Promise<LimitedCopy>}
 */
export async function readCopy(text) {
  requireText(text, "a limited copy");
  const [host, number] = split(text.replace(AROUND, ""));
  if (number.length > MAX_FILE) refuse(REASON, `got ${number.length} digits, wanted at most ${MAX_FILE}`);
  return { ...(await readCopyFile(digits.decode(number))), host };
}

/**
 * Reads a copy's file; refuses it as `CodeMalformed` or `CodeUnsupported`.
 * @param {Uint8Array} data
 * @returns {Promise<LimitedCopy>}
 */
export async function readCopyFile(data) {
  requireBytes(data, "a limited copy");
  if (data.length > MAX_FILE) refuse(REASON, `got a copy of ${data.length} bytes, wanted at most ${MAX_FILE}`);
  const value = decode(data, REASON);
  const members = Array.isArray(value) && value.length === 4 ? value : [];
  const [header, unprotected, payload, signature] = members;
  if (!isBytes(header) || !(unprotected instanceof Map) || !isBytes(payload) || !isBytes(signature)) {
    return refuse(REASON, "got CBOR that is not the four members of a COSE_Sign1");
  }
  if (!equal(header, PROTECTED)) refuse(REASON, `got the protected header ${hex(header)}, wanted ES256's`);
  const fault = signatureFault(signature);
  if (fault) refuse(REASON, fault);
  const content = readContent(payload);
  return { content, payload, signature, ...(await readUnprotected(unprotected, content)), host: null };
}

/**
 * Checks the signature; refuses it as `SignatureInvalid`. Whether the key may sign for the agency, and was never cut
 * off, the registry knows.
 * @param {LimitedCopy} copy
 * @param {import("./keys.js").PublicKey} key
 * @param {Uint8Array} registryId 32 bytes.
 */
export async function verifyCopy(copy, key, registryId) {
  requireBytes(registryId, "a registry id", HASH);
  await requireKid(key, copy.content.kid8);
  await verify(key, copy.signature, encode(["Signature1", PROTECTED, concat(registryId, DOMAIN), copy.payload]));
}

/**
 * Follows the opening from the claims to the leaf; refuses it as `CertificateMalformed`, `CertificateUnsupported` or
 * `CertificateAltered`, and as `InvalidInput` if there is none.
 * @param {LimitedCopy} copy
 * @param {string[]} names Of the type's claims, in its order.
 */
export async function openCopy(copy, names) {
  const { claims, content, opening } = copy;
  if (!claims || !opening) return refuse("InvalidInput", "got a copy without an opening, wanted one with it");
  const stop = opening.signingInput.indexOf(FULL_STOP);
  if (stop < 0) refuse(MALFORMED, "opening: got no full stop, wanted header and payload with one between them");
  const kid = readHeader(part(opening.signingInput.subarray(0, stop)));
  const credential = readPayload(part(opening.signingInput.subarray(stop + 1)));
  if (!equal(await leafOfDigests(credential.codeDigest, await sha256(opening.signingInput)), content.leaf)) {
    refuse(ALTERED, "got an opening of another certificate than the one that the copy names");
  }
  const told = [credential.agency, credential.typeNumber, credential.typeVersion];
  const named = [content.agency, content.certificateType, content.version];
  const days = [credential.firstDay, credential.lastDay, content.firstDay, content.lastDay];
  if (String(told) !== String(named) || days[0] !== days[2] || days[1] !== days[3]) {
    refuse(ALTERED, "got a copy that names another agency, type or validity than its certificate");
  }
  for (const [at, [place, value]] of claims.entries()) {
    const name = names[place] ?? refuse(ALTERED, `got the claim ${place} of a type of ${names.length}`);
    const text = base64url(utf8(serialise([base64url(opening.salts[at]), name, value])));
    const { digest } = await readDisclosure(text);
    if (!credential.digests.includes(digest)) {
      refuse(ALTERED, `got a claim ${name} that the certificate does not state`);
    }
  }
  return { credential, kid };
}

/** @param {Uint8Array} written */
function part(written) {
  return fromBase64url(fromUtf8(written, MALFORMED), MALFORMED);
}

/**
 * @param {Map<number, import("./types.js").CBOR>} unprotected
 * @param {import("./copy_content.js").Content} content
 * @returns {Promise<{claims: LimitedCopy["claims"], opening: Opening | null}>}
 */
async function readUnprotected(unprotected, content) {
  if (!unprotected.size) return { claims: null, opening: null };
  const members = unprotected.get(LABEL);
  const [written, signingInput, salts] = Array.isArray(members) ? members : [];
  if (!Array.isArray(members) || !isBytes(written) || (members.length !== 1 && members.length !== 3)) {
    return refuse(REASON, "got unprotected members other than claims, or claims and their opening");
  }
  if (members.length === 1) return { claims: await readClaims(written, content), opening: null };
  if (!isBytes(signingInput) || !Array.isArray(salts)) {
    return refuse(REASON, "got unprotected members other than claims, or claims and their opening");
  }
  const claims = await readClaims(written, content);
  const fit = salts.every((salt) => isBytes(salt) && MIN_SALT <= salt.length && salt.length <= MAX_SALT);
  if (!fit || salts.length !== claims.length || signingInput.length > MAX_SIGNING_INPUT) {
    return refuse(REASON, `opening: got ${salts.length} salts, wanted ${claims.length} of ${MIN_SALT} bytes or more`);
  }
  return { claims, opening: { signingInput, salts: /** @type {Uint8Array[]} */ (salts) } };
}

/**
 * Returns host and digits.
 * @param {string} text
 * @returns {[string | null, string]}
 */
function split(text) {
  if (/^[0-9]+$/.test(text)) return [null, text];
  const url = URL_FORM.exec(text);
  if (!url) return refuse(REASON, `got ${text.slice(0, 60)}, wanted https://<verifying host>/c#<digits>`);
  const [, scheme, host, number] = url;
  if (scheme === "http" && !LOCAL.test(host)) refuse(REASON, `got http://${host}, wanted https`);
  return [host, number];
}
