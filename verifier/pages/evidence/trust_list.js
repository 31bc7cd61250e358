// Which validators, attesters and council keys to believe, signed by the council. Whoever has only this list believes a
// block, and from there everything that a block proves.

import { concat, equal, fromBase64url, hex, utf8 } from "./bytes.js";
import { requireBytes, requireTime } from "./demands.js";
import { EvidenceError, refuse } from "./errors.js";
import { keccak } from "./keccak.js";
import { load } from "./keys.js";
import { SIGNATURE_BYTES, signerOf } from "./recovery.js";
import { isObject, members, parse, serialise } from "./strict_json.js";
import { ADDRESS, addresses, array, bytes, time, whole } from "./trust_list_members.js";
import { setAt, setsOf } from "./validator_sets.js";

/** @typedef {import("./types.js").JSONValue} JSONValue */

/**
 * A trust list as read, signed by as many of its own council keys as it demands.
 * @typedef {object} TrustList
 * @property {number} version
 * @property {Uint8Array} registryId
 * @property {Uint8Array} registry Address of Certificates.
 * @property {Uint8Array} agencies Address of Agencies.
 * @property {number} chainId
 * @property {boolean} test
 * @property {Date} issued
 * @property {Date} expires
 * @property {number} threshold
 * @property {Uint8Array[]} council Addresses, ascending.
 * @property {import("./validator_sets.js").ValidatorSet[]} sets At least one; ascending, without overlap.
 * @property {import("./keys.js").PublicKey[]} attesters
 * @property {number} attesterThreshold How many of them must vouch for a checkpoint of a block that nobody seals; 0
 *   where there are none.
 * @property {Uint8Array} signedBytes What the council signed: the canonical JSON of `signed`.
 * @property {Uint8Array[]} signers Addresses of all who signed, be it this list's council or the one before.
 * @property {(number: number | bigint) => string} schemeAt How blocks are sealed at a height; refuses if it is in none.
 * @property {(number: number | bigint, scheme?: string) => Uint8Array[]} validatorsAt Who seals at a height; refuses if
 *   it is in no range, or under another scheme than the given one.
 */

/** How far a clock may be behind the times that it is told. */
const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;

const MALFORMED = "EvidenceMalformed";
const REFUSED = "TrustListRefused";
const KIND = "yinxin-trust-list";
const FORMAT = 1;
const MAX_BYTES = 2 ** 20;
const HASH = 32;
/** What `personal_sign` adds to the 0 or 1 that tells which of two keys signed. */
const V = 27;
const MEMBERS = [
  "kind",
  "format",
  "version",
  "registry_id",
  "registry",
  "agencies",
  "chain_id",
  "test",
  "issued",
  "expires",
  "council",
  "seals",
  "attesters",
];

/**
 * Reads a list and checks its signatures; whether it is current and follows the one known before is for
 * `requireCurrent` and `requireFollows`.
 * @param {Uint8Array} data
 * @returns {Promise<TrustList>}
 */
export async function readTrustList(data) {
  requireBytes(data, "a trust list");
  if (data.length > MAX_BYTES)
    refuse(MALFORMED, `got a trust list of ${data.length} bytes, wanted at most ${MAX_BYTES}`);
  const outer = members(parse(data, MALFORMED), "trust list", MALFORMED, ["signed", "signatures"]);
  const signatures = array(outer.signatures, "signatures").map(signatureOf);
  if (new Set(signatures.map(({ by }) => hex(by))).size !== signatures.length) {
    refuse(REFUSED, "got two signatures of one key, wanted distinct keys");
  }
  const listed = await readSigned(outer.signed, signatures);
  requireSignedBy(listed, listed);
  return listed;
}

/**
 * Refuses a list that has expired, or that neither is the one known before nor takes its place.
 * @param {TrustList} listed
 * @param {{now: Date, previous?: TrustList | null}} at
 */
export function verifyTrustList(listed, { now, previous = null }) {
  requireTime(now);
  if (previous !== null) requireFollows(listed, previous);
  if (listed.issued.getTime() - now.getTime() > CLOCK_TOLERANCE_MS) {
    refuse(REFUSED, `the trust list was issued at ${listed.issued.toISOString()}, after it is now: ${now.toISOString()}`);
  }
  if (now >= listed.expires) refuse(REFUSED, `the trust list expired at ${listed.expires.toISOString()}`);
}

/**
 * @param {TrustList} listed
 * @param {TrustList} previous
 */
function requireFollows(listed, previous) {
  if (!equal(listed.registryId, previous.registryId)) {
    refuse(REFUSED, "got a trust list of another registry than the one known before");
  }
  if (equal(listed.signedBytes, previous.signedBytes)) return;
  if (listed.version <= previous.version) {
    refuse(REFUSED, `got version ${listed.version} of the trust list, knew ${previous.version} already`);
  }
  requireSignedBy(listed, previous);
}

/**
 * @param {JSONValue} value
 * @param {{by: Uint8Array, signature: Uint8Array}[]} signatures
 * @returns {Promise<TrustList>}
 */
async function readSigned(value, signatures) {
  if (isObject(value) && value.kind === KIND && typeof value.format === "number" && value.format > FORMAT) {
    refuse("EvidenceUnsupported", `got a trust list of format ${value.format}, wanted ${FORMAT}`);
  }
  const signed = members(value, "signed", MALFORMED, MEMBERS);
  const { kind, format, test } = signed;
  if (kind !== KIND || format !== FORMAT) refuse(MALFORMED, `got another trust list than ${KIND} of format ${FORMAT}`);
  if (typeof test !== "boolean") return refuse(MALFORMED, "test: got another value than true or false");
  const [issued, expires] = [time(signed.issued, "issued"), time(signed.expires, "expires")];
  if (expires <= issued) refuse(MALFORMED, "got an end before the beginning, wanted expires after issued");
  const council = members(signed.council, "council", MALFORMED, ["threshold", "keys"]);
  const keys = addresses(council.keys, "council keys");
  const attesters = await attestersOf(signed.attesters);
  const signedBytes = utf8(serialise(value));
  checkSignatures(signedBytes, signatures);
  const sets = setsOf(signed.seals);
  return {
    version: whole(signed.version, "version", 1),
    registryId: bytes(signed.registry_id, HASH, "registry_id"),
    registry: bytes(signed.registry, ADDRESS, "registry"),
    agencies: bytes(signed.agencies, ADDRESS, "agencies"),
    chainId: whole(signed.chain_id, "chain_id", 0),
    test,
    issued,
    expires,
    threshold: thresholdOf(council.threshold, keys),
    council: keys,
    sets,
    ...attesters,
    signedBytes,
    signers: signatures.map(({ by }) => by),
    schemeAt: (number) => setAt(sets, number).scheme,
    validatorsAt: (number, scheme) => {
      const pinned = setAt(sets, number);
      if (scheme !== undefined && pinned.scheme !== scheme) {
        refuse("SealsInsufficient", `got a seal of block ${number} of another scheme, wanted ${pinned.scheme}`);
      }
      return pinned.validators;
    },
  };
}

/**
 * Holds each signature to whom it names: EIP-191's `personal_sign` over what was signed.
 * @param {Uint8Array} signedBytes
 * @param {{by: Uint8Array, signature: Uint8Array}[]} signatures
 */
function checkSignatures(signedBytes, signatures) {
  const digest = keccak(concat(utf8(`\x19Ethereum Signed Message:\n${signedBytes.length}`), signedBytes));
  for (const { by, signature } of signatures) {
    const signer = signerOf(
      digest,
      signature.map((byte, place) => (place === SIGNATURE_BYTES - 1 ? byte - V : byte)),
    );
    if (!signer || !equal(signer, by))
      refuse(REFUSED, `got a signature that ${hex(by)} did not make for this trust list`);
  }
}

/**
 * Refuses unless enough of the other list's council signed this one.
 * @param {TrustList} listed
 * @param {TrustList} other
 */
function requireSignedBy(listed, other) {
  const signers = listed.signers.filter((signer) => other.council.some((key) => equal(key, signer)));
  if (signers.length < other.threshold) {
    refuse(
      REFUSED,
      `version ${listed.version} of the trust list is signed by ${signers.length} council keys of version ` +
        `${other.version}, wanted ${other.threshold}`,
    );
  }
}

/** @param {JSONValue} value */
function signatureOf(value) {
  const entry = members(value, "signature", MALFORMED, ["by", "signature"]);
  const signature = bytes(entry.signature, SIGNATURE_BYTES, "signature");
  const v = signature[SIGNATURE_BYTES - 1];
  if (v !== V && v !== V + 1) refuse(MALFORMED, `got a signature with v ${v}, wanted ${V} or ${V + 1}`);
  return { by: bytes(entry.by, ADDRESS, "by"), signature };
}

/**
 * @param {JSONValue} value
 * @param {unknown[]} keys
 */
function thresholdOf(value, keys) {
  const threshold = whole(value, "threshold", Math.min(1, keys.length));
  if (threshold > keys.length) refuse(MALFORMED, `got a threshold of ${threshold} for ${keys.length} keys`);
  return threshold;
}

/** @param {JSONValue} value */
async function attestersOf(value) {
  const attesters = members(value, "attesters", MALFORMED, ["threshold", "keys"]);
  const keys = [];
  for (const item of array(attesters.keys, "attesters")) {
    const { kty, crv, x, y } = members(item, "attester", MALFORMED, ["kty", "crv", "x", "y"]);
    if (kty !== "EC" || crv !== "P-256" || typeof x !== "string" || typeof y !== "string") {
      return refuse(MALFORMED, "got another key than one of EC and P-256");
    }
    const key = { x: fromBase64url(x, MALFORMED), y: fromBase64url(y, MALFORMED) };
    try {
      await load(key);
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      refuse(MALFORMED, `got an attester's key that is none: ${error.message}`);
    }
    keys.push(key);
  }
  if (new Set(keys.map(({ x, y }) => hex(concat(x, y)))).size !== keys.length)
    refuse(MALFORMED, "got an attester twice");
  return { attesters: keys, attesterThreshold: thresholdOf(attesters.threshold, keys) };
}
