// Which checkpoints are to be believed: a sealed header proves the heads of the three hash chains, and the lists must
// make these heads. On a chain without seals an attester's signature stands in for the header's.

import { believed } from "./believing.js";
import { equal } from "./bytes.js";
import { EvidenceError, refuse } from "./errors.js";
import { History } from "./history.js";
import { kidOf, verify } from "./keys.js";
import { storageRoot, word } from "./state.js";
import { LISTS } from "./steps.js";

/** @typedef {import("./checkpoint.js").Checkpoint} Checkpoint */
/** @typedef {import("./trust_list.js").TrustList} TrustList */

/**
 * A checkpoint that a trust list makes worth believing.
 * @typedef {object} Believed
 * @property {Checkpoint} checkpoint
 * @property {History} history
 * @property {import("./seals.js").Sealing | null} sealing Null on a chain without seals.
 * @property {Uint8Array[]} attesters The kids of the trust list's attesters who vouch for it.
 */

const NOT_PROVEN = "NotProven";
const WORD = 32;

/**
 * Checks that a checkpoint shows everything the trust list's registry recorded up to its block. Not checked: whether
 * the trust list has expired, how old the checkpoint is, and whether a newer one was seen before.
 * @param {Checkpoint} checkpoint
 * @param {TrustList} trust
 * @returns {Promise<Believed>}
 */
export async function verifyCheckpoint(checkpoint, trust) {
  if (
    !equal(checkpoint.registryId, trust.registryId) ||
    checkpoint.chainId !== trust.chainId ||
    !equal(checkpoint.registry, trust.registry) ||
    !equal(checkpoint.agencies, trust.agencies)
  ) {
    refuse("TrustListRefused", "got a checkpoint of another registry than the trust list's");
  }
  const attesters = await attestersOf(checkpoint, trust);
  const sealing = sealingOf(checkpoint, trust);
  // A list without attesters has the threshold 0.
  const needed = Math.max(1, trust.attesterThreshold);
  if (!sealing && attesters.length < needed) {
    refuse(
      "NotAttested",
      `got a checkpoint of a block without seals that ${attesters.length} attesters vouch for, wanted ${needed}`,
    );
  }
  const history = new History(checkpoint.history);
  requireWhole(checkpoint, history);
  return { checkpoint, history, sealing, attesters };
}

/**
 * Returns who of the trust list's attesters vouches; signatures of others count for nothing, either way.
 * @param {Checkpoint} checkpoint
 * @param {TrustList} trust
 */
async function attestersOf(checkpoint, trust) {
  const kids = await Promise.all(trust.attesters.map(kidOf));
  const vouching = [];
  for (const { kid, signature } of checkpoint.attestations) {
    const place = kids.findIndex((known) => equal(known, kid));
    if (place < 0) continue;
    try {
      await verify(trust.attesters[place], signature, checkpoint.statement);
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      refuse(NOT_PROVEN, `got an attestation for another checkpoint: ${error.message}`);
    }
    vouching.push(kid);
  }
  return vouching;
}

/**
 * Checks header, seals and heads; null where nobody seals.
 * @param {Checkpoint} checkpoint
 * @param {TrustList} trust
 */
function sealingOf(checkpoint, trust) {
  const { state, blockNumber, timestamp } = checkpoint;
  if (!state) {
    const scheme = trust.schemeAt(blockNumber);
    if (scheme !== "none") {
      refuse("SealsInsufficient", `block ${blockNumber}: got a checkpoint without a header, wanted it under ${scheme}`);
    }
    return null;
  }
  const { header, hash, sealing } = believed(state.headers, trust);
  if (
    blockNumber !== header.number ||
    timestamp !== header.timestamp ||
    !equal(checkpoint.blockHash, hash)
  ) {
    refuse(NOT_PROVEN, `got a checkpoint of block ${blockNumber}, its header is of another one`);
  }
  const [certificatesPath, anchorsPath, statusesPath, agenciesPath, rightsPath] = state.paths;
  const certificates = storageRoot(header.stateRoot, checkpoint.registry, certificatesPath);
  const agencies = storageRoot(header.stateRoot, checkpoint.agencies, agenciesPath);
  const heads = [
    word(certificates, slot(0), anchorsPath),
    word(certificates, slot(1), statusesPath),
    word(agencies, slot(2), rightsPath),
  ];
  const others = lacking(heads, checkpoint.heads);
  if (others.length) refuse(NOT_PROVEN, `block ${header.number}: got other heads of ${others} than its state has`);
  return sealing;
}

/**
 * Refuses unless the lists make the heads, and their times are at most the header's.
 * @param {Checkpoint} checkpoint
 * @param {History} history
 */
function requireWhole({ blockNumber, timestamp, heads }, history) {
  const missing = lacking(history.heads(), heads);
  if (missing.length) {
    refuse(
      "HistoryIncomplete",
      `block ${blockNumber}: got lists that do not make the heads of ${missing.join(", ")}: something was left out, ` +
        "added or changed",
    );
  }
  const { lastBlock, lastTimestamp } = history;
  if (
    lastBlock > blockNumber ||
    lastTimestamp > timestamp ||
    (lastBlock === blockNumber && lastTimestamp !== timestamp)
  ) {
    refuse(NOT_PROVEN, `got a history up to block ${lastBlock}, wanted none after ${blockNumber}`);
  }
}

/**
 * @param {Uint8Array[]} got
 * @param {Uint8Array[]} wanted
 */
function lacking(got, wanted) {
  return LISTS.filter((_, which) => !equal(got[which], wanted[which]));
}

/** @param {number} which Where a head stands: the first two in Certificates, the third one in Agencies (IHeads). */
function slot(which) {
  return new Uint8Array(WORD).fill(which, WORD - 1);
}
