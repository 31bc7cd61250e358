// The file that shows everything a registry recorded up to a block, so that nothing can be left out: as it is written.
// Whether it is to be believed, `checkpoint_verify.js` says.

import { hex, sha256 } from "./bytes.js";
import { decode, encode, isBytes, isInteger } from "./cbor.js";
import { CHECKPOINT, FORMAT, unwrap } from "./envelope.js";
import { refuse } from "./errors.js";
import { signatureFault } from "./keys.js";
import { byteStrings, walkOf } from "./proof.js";
import { requireHeaders } from "./seals.js";
import { LISTS } from "./steps.js";

/** @typedef {import("./types.js").CBOR} CBOR */

/**
 * What leads from a header to the three heads: the header (in Clique its successors, too) as RLP, and the nodes of the
 * account Certificates, of its slots 0 and 1, of the account Agencies, and of its slot 2.
 * @typedef {{headers: Uint8Array[], paths: Uint8Array[][]}} StateProof
 */

/**
 * A checkpoint as read: not to be believed before `verifyCheckpoint`.
 * @typedef {object} Checkpoint
 * @property {Uint8Array} registryId
 * @property {number | bigint} chainId
 * @property {Uint8Array} registry Address of Certificates.
 * @property {Uint8Array} agencies Address of Agencies.
 * @property {number | bigint} blockNumber
 * @property {Uint8Array} blockHash
 * @property {number | bigint} timestamp Of that block, in seconds since 1970.
 * @property {Uint8Array[]} heads Anchors, statuses, rights.
 * @property {StateProof | null} state Null on chains that have no such proofs.
 * @property {Uint8Array} history
 * @property {{kid: Uint8Array, signature: Uint8Array}[]} attestations
 * @property {Uint8Array} statement What is signed for it.
 */

const MALFORMED = "EvidenceMalformed";
const HASH = 32;
const ADDRESS = 20;
const PATHS = 5;

/**
 * Reads a checkpoint's file; refuses it as `EvidenceMalformed`, or `EvidenceUnsupported` if it is of a format to come.
 * @param {Uint8Array} data
 */
export async function readCheckpoint(data) {
  const members = await unwrap(data, CHECKPOINT);
  return members.length === 2
    ? checkpointOf(members)
    : refuse(MALFORMED, "got a checkpoint other than body and attestations");
}

/**
 * Reads body and attestations, as they stand in the files of a checkpoint and of a pack.
 * @param {CBOR[]} members
 * @returns {Promise<Checkpoint>}
 */
export async function checkpointOf([body, attestations]) {
  if (!isBytes(body) || !Array.isArray(attestations)) {
    return refuse(MALFORMED, "got a checkpoint other than body and attestations");
  }
  const signed = attestations.map(attestationOf);
  if (new Set(signed.map(({ kid }) => hex(kid))).size !== signed.length) {
    refuse(MALFORMED, "got two attestations of one key, wanted one");
  }
  const read = readBody(decode(body, MALFORMED));
  const statement = encode([
    CHECKPOINT,
    FORMAT,
    read.registryId,
    read.chainId,
    read.blockNumber,
    read.blockHash,
    read.timestamp,
    ...read.heads,
    await sha256(read.history),
  ]);
  return { ...read, attestations: signed, statement };
}

/** @param {CBOR} value */
function attestationOf(value) {
  const [kid, signature] = Array.isArray(value) && value.length === 2 ? value : [];
  if (!isBytes(kid) || kid.length !== HASH || !isBytes(signature)) {
    return refuse(MALFORMED, "got a checkpoint's attestation other than kid and signature");
  }
  const fault = signatureFault(signature);
  if (fault) refuse(MALFORMED, `a checkpoint's attestation: ${fault}`);
  return { kid, signature };
}

/** @param {CBOR} value */
function readBody(value) {
  const [registryId, chainId, contracts, block, heads, headers, paths, history] = list(value, 8);
  const [registry, agencies] = list(contracts, 2).map((address) => sized(address, ADDRESS));
  const [number, hash, timestamp] = list(block, 3);
  if (![chainId, number, timestamp].every((whole) => isInteger(whole) && whole >= 0) || !isBytes(history)) {
    return refuse(MALFORMED, "got a checkpoint's body other than registry, block, heads, state and history");
  }
  return {
    registryId: sized(registryId, HASH),
    chainId: /** @type {number} */ (chainId),
    registry,
    agencies,
    blockNumber: /** @type {number} */ (number),
    blockHash: sized(hash, HASH),
    timestamp: /** @type {number} */ (timestamp),
    heads: list(heads, LISTS.length).map((head) => sized(head, HASH)),
    state: stateOf(headers, paths),
    history,
  };
}

/**
 * @param {CBOR} headers
 * @param {CBOR} paths
 * @returns {StateProof | null}
 */
function stateOf(headers, paths) {
  const blocks = byteStrings(headers);
  if (!blocks.length && Array.isArray(paths) && !paths.length) return null;
  requireHeaders(blocks);
  return { headers: blocks, paths: list(paths, PATHS).map(walkOf) };
}

/**
 * @param {CBOR} value
 * @param {number} length
 */
function list(value, length) {
  if (!Array.isArray(value) || value.length !== length) {
    return refuse(MALFORMED, `got another thing within a checkpoint's body than an array of ${length}`);
  }
  return value;
}

/**
 * @param {CBOR} value
 * @param {number} length
 */
function sized(value, length) {
  if (!isBytes(value) || value.length !== length) {
    return refuse(MALFORMED, `got another thing within a checkpoint's body than ${length} bytes`);
  }
  return value;
}
