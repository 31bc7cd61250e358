// Who sealed a block: QBFT, IBFT 2 and Clique. The set of validators is always that of the trust list for the block's
// height, never the one in the header: whoever follows headers can be led to a set of attackers.

import { SEAL, VANITY, bftCommitHash, bftExtra, blockHash, commitHash } from "./block_hash.js";
import { compare, equal, hex, unhex } from "./bytes.js";
import { requireBytes, requireScheme } from "./demands.js";
import { EvidenceError, refuse } from "./errors.js";
import { keccak } from "./keccak.js";
import { signerOf, withLowS } from "./recovery.js";
import { encode } from "./rlp.js";

/**
 * Enough of the pinned validators sealed a block.
 * @typedef {object} Sealing
 * @property {string} scheme
 * @property {number | bigint} blockNumber
 * @property {Uint8Array[]} signers Addresses, none twice, in the order of their seals.
 * @property {number} needed
 * @property {number} validators How many there are in the set of that height.
 * @property {boolean} isFinal A block that a majority of Clique's signers confirmed still is not.
 */

/** @typedef {import("./header.js").Header} Header */
/** @typedef {(number: number | bigint) => Uint8Array[]} ValidatorsAt The pinned set of a height, ascending. */

const INSUFFICIENT = "SealsInsufficient";
/** How long a run of Clique headers may be. */
const MAX_HEADERS = 64;
/** «ctical byzantine fault tolerance»: Istanbul's mark, which QBFT and IBFT 2 have kept. */
const MIX_HASH = unhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365");
const NO_OMMERS = keccak(encode([]));
const ADDRESS = 20;

/**
 * Checks that enough validators sealed the first header, and says who; null on a chain without seals. Clique's headers
 * are a run without gaps in which enough have signed, be it longer than needed; elsewhere there is one header. Whatever
 * keeps the block from being believed is `SealsInsufficient`: what is not in form here may be so under another scheme.
 * @param {Header[]} headers
 * @param {string} scheme
 * @param {ValidatorsAt} validatorsAt
 * @returns {Sealing | null}
 */
export function checkSeals(headers, scheme, validatorsAt) {
  requireScheme(scheme);
  if (!Array.isArray(headers)) throw new TypeError("got something else than an array of headers");
  requireHeaders(headers);
  try {
    if (scheme === "clique") return checkRun(headers, validatorsAt);
    if (headers.length > 1) refuse(INSUFFICIENT, `got ${headers.length} headers, wanted one under ${scheme}`);
    return scheme === "none" ? null : checkBft(headers[0], scheme, validatorsAt);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return refuse(INSUFFICIENT, error.message);
  }
}

/**
 * Refuses as `EvidenceMalformed` a run of none, or of more than any scheme has.
 * @param {unknown[]} headers
 */
export function requireHeaders(headers) {
  if (!headers.length || headers.length > MAX_HEADERS) {
    refuse("EvidenceMalformed", `got ${headers.length} headers, wanted 1 to ${MAX_HEADERS}`);
  }
}

/**
 * @param {Header} header
 * @param {string} scheme
 * @param {ValidatorsAt} validatorsAt
 */
function checkBft(header, scheme, validatorsAt) {
  const extra = bftExtra(header, scheme);
  if (!equal(header.mixHash, MIX_HASH) || header.difficulty !== 1 || !equal(header.ommersHash, NO_OMMERS)) {
    refuse(INSUFFICIENT, `block ${header.number}: got another mixHash, difficulty or ommers than those of ${scheme}`);
  }
  const validators = pinned(header, validatorsAt);
  // Validators that a contract names are not listed, and nobody votes about them in headers.
  if (extra.listed.length || scheme === "ibft2") requireListed(header, extra.listed, validators);
  if (!includes(validators, header.coinbase)) {
    refuse(INSUFFICIENT, `block ${header.number}: got a block proposed by ${hex(header.coinbase)}, no validator`);
  }
  const digest = bftCommitHash(header, scheme, extra);
  /** @type {Uint8Array[]} */
  const signers = [];
  for (const seal of extra.seals) {
    const signer = validSigner(header, digest, seal, validators);
    if (includes(signers, signer)) refuse(INSUFFICIENT, `block ${header.number}: got two seals of ${hex(signer)}`);
    signers.push(signer);
  }
  // ⌈2n/3⌉, and not «more than two thirds», which is one too many.
  const needed = Math.floor((2 * validators.length + 2) / 3);
  return sealing(scheme, header, signers, needed, validators);
}

/**
 * @param {Header[]} headers
 * @param {ValidatorsAt} validatorsAt
 */
function checkRun(headers, validatorsAt) {
  const voters = pinned(headers[0], validatorsAt);
  const needed = Math.floor(voters.length / 2) + 1;
  /** @type {Uint8Array[]} */
  const signers = [];
  headers.forEach((header, place) => {
    if (place) requireFollows(header, headers[place - 1]);
    const signer = cliqueSigner(header, pinned(header, validatorsAt));
    // Whoever joined within the run seals, but is none of those who had to agree at its beginning.
    if (includes(voters, signer) && !includes(signers, signer)) signers.push(signer);
  });
  return sealing("clique", headers[0], signers, needed, voters);
}

/**
 * @param {string} scheme
 * @param {Header} header
 * @param {Uint8Array[]} signers
 * @param {number} needed
 * @param {Uint8Array[]} validators
 * @returns {Sealing}
 */
function sealing(scheme, header, signers, needed, validators) {
  if (signers.length < needed) {
    refuse(
      INSUFFICIENT,
      `block ${header.number}: got seals of ${signers.length} of ${validators.length} validators, wanted ${needed}`,
    );
  }
  const isFinal = scheme !== "clique";
  return { scheme, blockNumber: header.number, signers, needed, validators: validators.length, isFinal };
}

/**
 * @param {Header} header
 * @param {Header} before
 */
function requireFollows(header, before) {
  const parent = blockHash(before, "clique");
  if (BigInt(header.number) !== BigInt(before.number) + 1n || !equal(header.parentHash, parent)) {
    refuse(INSUFFICIENT, `got block ${header.number} upon ${hex(header.parentHash)}, wanted it upon ${hex(parent)}`);
  }
}

/**
 * Returns who sealed a Clique header; the list in an epoch block is held to the pinned set.
 * @param {Header} header
 * @param {Uint8Array[]} validators
 */
function cliqueSigner(header, validators) {
  const { extra } = header;
  const size = extra.length - VANITY - SEAL;
  if (size < 0 || size % ADDRESS) {
    refuse(
      INSUFFICIENT,
      `block ${header.number}: got ${extra.length} bytes of extra data that are not vanity, list, seal`,
    );
  }
  if (size) {
    const listed = Array.from({ length: size / ADDRESS }, (_, place) => {
      return extra.subarray(VANITY + place * ADDRESS, VANITY + (place + 1) * ADDRESS);
    });
    requireListed(header, listed, validators);
  }
  // The header's hash covers the seal, so whoever made the evidence could not turn a high s; here it may be.
  return validSigner(header, commitHash(header, "clique"), withLowS(extra.subarray(-SEAL)), validators);
}

/**
 * Returns the set of the header's height; an empty one could be outvoted by nobody.
 * @param {Header} header
 * @param {ValidatorsAt} validatorsAt
 */
function pinned(header, validatorsAt) {
  const validators = validatorsAt(header.number);
  validators.forEach((address) => requireBytes(address, "a validator", ADDRESS));
  if (new Set(validators.map(hex)).size !== validators.length) throw new TypeError("got a validator twice, not a set");
  if (!validators.length) refuse(INSUFFICIENT, `block ${header.number}: got an empty set of validators to believe`);
  return validators;
}

/**
 * @param {Header} header
 * @param {Uint8Array[]} listed
 * @param {Uint8Array[]} validators
 */
function requireListed(header, listed, validators) {
  const sorted = [...validators].sort(compare);
  if (listed.length !== sorted.length || !listed.every((address, place) => equal(address, sorted[place]))) {
    refuse(INSUFFICIENT, `block ${header.number}: got another list of validators than the ones to believe, ascending`);
  }
}

/**
 * @param {Header} header
 * @param {Uint8Array} digest
 * @param {Uint8Array} seal
 * @param {Uint8Array[]} validators
 */
function validSigner(header, digest, seal, validators) {
  const signer = signerOf(digest, seal);
  if (!signer || !includes(validators, signer)) {
    return refuse(INSUFFICIENT, `block ${header.number}: got a seal of ${signer && hex(signer)}, who is no validator`);
  }
  return signer;
}

/**
 * @param {Uint8Array[]} addresses
 * @param {Uint8Array} address
 */
function includes(addresses, address) {
  return addresses.some((known) => equal(known, address));
}
