// The file that shows without a network that a certificate was anchored, and in which block. The block is believed for
// its validators' seals; on a chain without seals a checkpoint that an attester vouches for must list the same batch.

import { believed } from "./believing.js";
import { concat, equal, fromInteger, toWhole } from "./bytes.js";
import { isBytes, isInteger } from "./cbor.js";
import { readPath } from "./code.js";
import { HASH, requireAgency, requireBytes } from "./demands.js";
import { PROOF, unwrap } from "./envelope.js";
import { EvidenceError, refuse } from "./errors.js";
import { keccak } from "./keccak.js";
import { rootFromPath } from "./merkle.js";
import { anchored } from "./receipt.js";
import { encode } from "./rlp.js";
import { requireHeaders } from "./seals.js";
import { storageRoot, word } from "./state.js";
import { requireWalkable, valueAt } from "./trie.js";

/**
 * The receipt of the transaction that anchored, or the batch's slot after the block; headers as RLP.
 * @typedef {{headers: Uint8Array[], transactionIndex: number | bigint, nodes: Uint8Array[]}} ReceiptEvidence
 * @typedef {{headers: Uint8Array[], accountNodes: Uint8Array[], storageNodes: Uint8Array[]}} StateEvidence
 */

/**
 * A proof as read: not to be believed before `verifyProof`.
 * @typedef {object} Proof
 * @property {Uint8Array} registryId
 * @property {import("./merkle.js").InclusionPath} path
 * @property {ReceiptEvidence | StateEvidence} evidence
 */

/**
 * What a proof shows: a batch of that agency was anchored in that block.
 * @typedef {object} Anchored
 * @property {number} agency
 * @property {Uint8Array} root
 * @property {number} certificateType
 * @property {number} version
 * @property {number} size
 * @property {number} sequence
 * @property {number | bigint} blockNumber
 * @property {Uint8Array} blockHash
 * @property {number | bigint} timestamp Seconds since 1970.
 * @property {import("./seals.js").Sealing | null} sealing Null where nobody seals.
 */

/** @typedef {import("./types.js").CBOR} CBOR */
/** @typedef {import("./header.js").Header} Header */

const MALFORMED = "EvidenceMalformed";
const NOT_PROVEN = "NotProven";
/** Where Certificates keeps its batches (contracts/README.md). */
const BATCHES_SLOT = 5;
const INDEX_BYTES = 8;
const MAX_INDEX = 2n ** 64n;

/**
 * Reads a proof's file; refuses it as `EvidenceMalformed`, or `EvidenceUnsupported` if it is of a format to come.
 * @param {Uint8Array} data
 * @returns {Promise<Proof>}
 */
export async function readProof(data) {
  const members = await unwrap(data, PROOF);
  const [registryId, path, headers, shown] = members.length === 4 ? members : [];
  if (!isBytes(registryId) || registryId.length !== HASH) {
    return refuse(MALFORMED, "got a proof other than registry id, path, headers and evidence");
  }
  return { registryId, path: readPath(path, MALFORMED), evidence: readEvidence(headers, shown) };
}

/**
 * Checks that a leaf was anchored by an agency in the registry of the trust list. Not checked: whether the list has
 * expired, whether type and version are the certificate's, who had which rights, and what became of it afterwards.
 * @param {Proof} proof
 * @param {{leaf: Uint8Array, agency: number, trust: import("./trust_list.js").TrustList}} about
 * @returns {Promise<Anchored>}
 */
export async function verifyProof(proof, { leaf, agency, trust }) {
  requireBytes(leaf, "a leaf", HASH);
  requireAgency(agency);
  if (!equal(proof.registryId, trust.registryId)) {
    refuse("TrustListRefused", "got a proof for another registry than the trust list's");
  }
  const { evidence, path } = proof;
  const { header, hash, sealing } = believed(evidence.headers, trust);
  const root = await rootOf(leaf, path);
  const batch =
    "nodes" in evidence
      ? inReceipt(header, evidence, trust.registry, agency, root)
      : inSlot(header, evidence, trust.registry, agency, root);
  if (batch.size !== path.size) {
    refuse(NOT_PROVEN, `got a path in a batch of ${path.size} leaves, wanted ${batch.size} as anchored`);
  }
  return {
    agency,
    root,
    ...batch,
    blockNumber: header.number,
    blockHash: hash,
    timestamp: header.timestamp,
    sealing,
  };
}

/**
 * @param {CBOR} headers
 * @param {CBOR} shown
 * @returns {ReceiptEvidence | StateEvidence}
 */
function readEvidence(headers, shown) {
  const blocks = byteStrings(headers);
  requireHeaders(blocks);
  const [kind, first, second] = Array.isArray(shown) && shown.length === 3 ? shown : [];
  if (kind === 0 && isInteger(first) && first >= 0 && first < MAX_INDEX) {
    return { headers: blocks, transactionIndex: first, nodes: walkOf(second) };
  }
  if (kind === 1) return { headers: blocks, accountNodes: walkOf(first), storageNodes: walkOf(second) };
  return refuse(MALFORMED, "got evidence that is neither a receipt nor a batch's slot");
}

/**
 * Reads an array of byte strings: headers or nodes.
 * @param {CBOR | undefined} value
 */
export function byteStrings(value) {
  if (!Array.isArray(value) || !value.every(isBytes)) {
    return refuse(MALFORMED, "got something else than an array of bytes as headers or nodes");
  }
  return /** @type {Uint8Array[]} */ (value);
}

/**
 * Reads the nodes of a walk.
 * @param {CBOR | undefined} value
 */
export function walkOf(value) {
  const nodes = byteStrings(value);
  requireWalkable(nodes);
  return nodes;
}

/**
 * @param {Header} header
 * @param {ReceiptEvidence} evidence
 * @param {Uint8Array} registry
 * @param {number} agency
 * @param {Uint8Array} root
 */
function inReceipt(header, { transactionIndex, nodes }, registry, agency, root) {
  // In RLP a number has no leading zeros, and zero has no bytes at all.
  const index = fromInteger(transactionIndex, INDEX_BYTES);
  const key = encode(index.filter((_, place) => index.subarray(0, place + 1).some(Boolean)));
  const found = valueAt(header.receiptsRoot, key, nodes);
  if (!found)
    return refuse(NOT_PROVEN, `got a proof that block ${header.number} has no transaction ${transactionIndex}`);
  const { certificateType, version, size, sequence } = anchored(found, registry, agency, root);
  return { certificateType, version, size, sequence };
}

/**
 * @param {Header} header
 * @param {StateEvidence} evidence
 * @param {Uint8Array} registry
 * @param {number} agency
 * @param {Uint8Array} root
 */
function inSlot(header, { accountNodes, storageNodes }, registry, agency, root) {
  const storage = storageRoot(header.stateRoot, registry, accountNodes);
  const outer = keccak(concat(fromInteger(agency, HASH), fromInteger(BATCHES_SLOT, HASH)));
  const slot = word(storage, keccak(concat(root, outer)), storageNodes);
  // From the low end: type, version, size, sequence and block number; what lies above tells replacements apart.
  const [certificateType, version, size, sequence] = [
    [28, 32],
    [26, 28],
    [24, 26],
    [20, 24],
  ].map(([start, end]) => {
    return Number(toWhole(slot.subarray(start, end)));
  });
  if (!size) refuse(NOT_PROVEN, `block ${header.number}: got a slot without the batch`);
  const number = toWhole(slot.subarray(12, 20));
  if (number !== header.number) {
    refuse(NOT_PROVEN, `got the header of block ${header.number}, wanted that of ${number}, in which it was anchored`);
  }
  return { certificateType, version, size, sequence };
}

/**
 * @param {Uint8Array} leaf
 * @param {import("./merkle.js").InclusionPath} path
 */
async function rootOf(leaf, path) {
  try {
    return await rootFromPath(leaf, path);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return refuse(NOT_PROVEN, `got a path that cannot belong to its index and size: ${error.message}`);
  }
}
