// What an agency states about a holder, as an SD-JWT (RFC 9901): read by the strict profile, and verified.

import { characters, fromBase64url, sha256, utf8 } from "./bytes.js";
import { readHeader, readPayload } from "./credential.js";
import { requireText } from "./demands.js";
import { readDisclosure } from "./disclosures.js";
import { refuse } from "./errors.js";
import { leafOfDigests } from "./facts.js";
import { requireKid, signatureFault, verify } from "./keys.js";

/**
 * A certificate as read: not to be believed before `verifyCertificate`, nor relied on before the registry is asked.
 * @typedef {object} Certificate
 * @property {import("./credential.js").Credential} credential What stands in clear.
 * @property {import("./disclosures.js").Disclosure[]} disclosures In the order in which they came.
 * @property {number} withheld How many claims are not disclosed; the type says which must be.
 * @property {Uint8Array} kid Names the document key.
 * @property {string} signingInput
 * @property {Uint8Array} signingInputHash
 * @property {Uint8Array} signature r ‖ s with low s.
 * @property {Uint8Array} leaf What must have been anchored.
 */

const MALFORMED = "CertificateMalformed";
const ALTERED = "CertificateAltered";
const MAX_TEXT = 262_144;
const JWS_PARTS = 3;

/**
 * Reads a certificate; refuses it as `CertificateMalformed`, `CertificateAltered` or `CertificateUnsupported`.
 * @param {string} whole
 * @returns {Promise<Certificate>}
 */
export async function readCertificate(whole) {
  requireText(whole, "a certificate");
  if (whole.length > MAX_TEXT && characters(whole) > MAX_TEXT) {
    refuse(MALFORMED, `got ${whole.length} characters, wanted at most ${MAX_TEXT}`);
  }
  const [jws, ...shown] = whole.split("~");
  if (!shown.length) refuse(MALFORMED, "got no ~, wanted a JWS and its disclosures, each followed by ~");
  if (shown.pop())
    refuse(MALFORMED, "got something behind the last ~, wanted nothing: key binding is not part of this");
  const parts = jws.split(".");
  if (parts.length !== JWS_PARTS) refuse(MALFORMED, `got a JWS of ${parts.length} parts, wanted ${JWS_PARTS}`);
  const [header, payload, signature] = parts.map((part) => fromBase64url(part, MALFORMED));
  const kid = readHeader(header);
  const credential = readPayload(payload);
  const disclosures = [];
  for (const text of shown) disclosures.push(await readDisclosure(text));
  const fault = signatureFault(signature);
  if (fault) refuse(MALFORMED, fault);
  checkDisclosures(disclosures, credential.digests);
  const signingInput = jws.slice(0, jws.lastIndexOf("."));
  const signingInputHash = await sha256(utf8(signingInput));
  return {
    credential,
    disclosures,
    withheld: credential.digests.length - disclosures.length,
    kid,
    signingInput,
    signingInputHash,
    signature,
    leaf: await leafOfDigests(credential.codeDigest, signingInputHash),
  };
}

/**
 * Checks the signature; refuses it as `SignatureInvalid`. Whether the key may sign for the agency, the registry knows.
 * @param {Certificate} certificate
 * @param {import("./keys.js").PublicKey} key
 */
export async function verifyCertificate(certificate, key) {
  await requireKid(key, certificate.kid);
  await verify(key, certificate.signature, utf8(certificate.signingInput));
}

/**
 * Demands that every disclosure belongs to this certificate, and none says again what another said.
 * @param {import("./disclosures.js").Disclosure[]} disclosures
 * @param {string[]} digests
 */
function checkDisclosures(disclosures, digests) {
  const names = new Set();
  for (const { name, digest } of disclosures) {
    if (!digests.includes(digest)) refuse(ALTERED, `got a disclosure of ${name} that belongs to another certificate`);
    if (names.has(name)) refuse(ALTERED, `got the claim ${name} disclosed twice, wanted it once`);
    names.add(name);
  }
}
