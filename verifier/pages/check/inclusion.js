// Check 3, inclusion: whether the leaf, computed afresh, lies under the root of a batch of its agency. A checkpoint lists
// the batches only, so a proof, the path in a code, or the path that a service tells must lead to one of them; without,
// the agency's signature is all there is, and the verdict SIGNED at best.

import { equal, hex } from "../evidence/bytes.js";
import { EvidenceError } from "../evidence/errors.js";
import { rootFromPath } from "../evidence/merkle.js";
import { timeOf } from "./calendar.js";
import { isOf } from "./errors.js";
import { comparePlaces } from "./knowledge.js";
import { agree } from "./proven.js";
import { check as made } from "./report.js";
import { message, time } from "./wording.js";

/** @typedef {import("../evidence/proof.js").Anchored} Anchored */
/** @typedef {import("./form.js").Claimed} Claimed */
/** @typedef {import("./knowledge.js").Batch} Batch */
/** @typedef {import("./knowledge.js").Snapshot} Snapshot */
/** @typedef {import("./proven.js").Proven} Proven */
/** @typedef {import("./report.js").Check} Check */
/** @typedef {import("./served.js").ServedSnapshot} ServedSnapshot */
/** @typedef {import("./type_file.js").CertificateType} CertificateType */

/** What a short number leads to. @typedef {{leaf: Uint8Array, agency: number, type: CertificateType, batches: Batch[]}} Found */

/**
 * Finds with a checkpoint alone the batches of that agency in which the leaf lies, the earliest first; none unless the
 * check has passed. It may pass without any: then a proof shows a batch that the checkpoint is too old for.
 * @param {Claimed} claimed
 * @param {Proven} evidence
 * @param {Snapshot} snapshot
 * @returns {Promise<[Check, Batch[]]>}
 */
export async function inTheCheckpoint(claimed, evidence, snapshot) {
  if (evidence.fault !== null) return [evidence.fault, []];
  const { head } = snapshot;
  /** @type {Map<string, Batch>} */
  const batches = new Map();
  for (const shown of evidence.anchored) {
    const listed = snapshot.batch(claimed.agency, shown.root);
    if (listed === null && shown.blockNumber > head.number) continue;
    if (listed === null || !agree(listed, shown)) {
      return [ended("UNKNOWN", "inclusion.two_histories", [], { block: shown.blockNumber }), []];
    }
    batches.set(hex(shown.root), { ...listed, isTimeProven: shown.sealing !== null });
  }
  const path = claimed.code?.path ?? null;
  if (path !== null) {
    const root = await rootOf(claimed.leaf, path);
    if (root === null) return [ended("FAILED", "inclusion.path", ["ALTERED"]), []];
    const reached = snapshot.batch(claimed.agency, root);
    // One that leads elsewhere says nothing: its batch may have been anchored after the checkpoint.
    if (reached?.size === path.size && !batches.has(hex(root))) batches.set(hex(root), reached);
  }
  if (batches.size) return earliestOf([...batches.values()]);
  const [later] = afterCheckpoint(evidence, snapshot);
  if (!later) return [ended("SKIPPED", "inclusion.no_evidence", ["SIGNED"]), []];
  const told = { block: later.place.block, checkpoint: head.number, known: time(head.timestamp) };
  return [ended("PASSED", "inclusion.after_checkpoint", ["SIGNED"], told), []];
}

/**
 * Finds the batches in which a service says the leaf lies, and the checkpoint lists; the earliest first. What was
 * anchored after the checkpoint nothing proves yet: then the check is skipped.
 * @param {Claimed} claimed
 * @param {ServedSnapshot} snapshot
 * @returns {Promise<[Check, Batch[]]>}
 */
export async function inTheRegister(claimed, snapshot) {
  const holding = snapshot.batchesWith(claimed.leaf);
  const listed = holding.listed.filter(({ agency }) => agency === claimed.agency);
  const later = holding.later.filter(({ agency }) => agency === claimed.agency);
  const batches = new Map(listed.map((batch) => [hex(batch.root), batch]));
  const path = claimed.code?.path ?? null;
  if (path !== null) {
    const root = await rootOf(claimed.leaf, path);
    const leads = root && (snapshot.batch(claimed.agency, root) ?? later.find((each) => equal(each.root, root)));
    if (root === null || !leads || leads.size !== path.size) {
      if (listed.length || later.length) return [ended("FAILED", "inclusion.path", ["ALTERED"]), []];
    } else if (!later.includes(leads)) {
      // The chain's calldata may have been unreadable for the service; the path is proof enough.
      batches.set(hex(root), leads);
    }
  }
  if (batches.size) return earliestOf([...batches.values()]);
  if (later.length) return [notProvenYet("SKIPPED", later[0], snapshot, ["SIGNED"]), []];
  const isOthers = holding.listed.length + holding.later.length > 0;
  const key = isOthers ? "inclusion.other_agency" : "inclusion.none";
  return [ended("FAILED", key, ["NOT_FOUND"], { agency: claimed.agency }), []];
}

/**
 * Says what proofs show of the leaf where nothing is known of the register, and `why` that is.
 * @param {Proven} evidence
 * @param {import("./wording.js").Message} why
 * @returns {[Check, Batch | null]}
 */
export function byProofAlone(evidence, why) {
  if (evidence.fault !== null) return [evidence.fault, null];
  const [first] = evidence.anchored;
  if (!first) return [made("inclusion", "UNKNOWN", why), null];
  if (first.sealing === null) return [ended("UNKNOWN", "inclusion.proof_without_seals"), null];
  const { agency, blockNumber, timestamp, sequence, size } = first;
  const told = { agency, block: blockNumber, time: time(timestamp), sequence, size };
  return [ended("PASSED", "inclusion.proven", [], told), batchOf(first)];
}

/**
 * Returns the batches that proofs show in sealed blocks after a checkpoint, which does not list them.
 * @param {Proven} evidence
 * @param {Snapshot} snapshot
 */
export function afterCheckpoint(evidence, snapshot) {
  return evidence.anchored
    .filter(({ sealing, blockNumber }) => sealing !== null && blockNumber > snapshot.head.number)
    .map(batchOf);
}

/**
 * Check 3 for a short number: exactly one leaf of exactly one agency begins so.
 * @param {import("./form.js").ShortNumber} short
 * @param {ServedSnapshot} snapshot
 * @param {import("./certificate_types.js").KnownType} knownType
 * @returns {[Check, Found | null]}
 */
export function find(short, snapshot, knownType) {
  const leaves = snapshot.leavesBeginning(short.prefix);
  if (!leaves.length) return [ended("FAILED", "inclusion.short_number_unknown", ["NOT_FOUND"]), null];
  const held = leaves.map((leaf) => snapshot.batchesWith(leaf));
  const [listed, later] = [held.flatMap((each) => each.listed), held.flatMap((each) => each.later)];
  if (leaves.length > 1 || new Set([...listed, ...later].map(({ agency }) => agency)).size > 1) {
    return [ended("UNKNOWN", "inclusion.short_number_ambiguous"), null];
  }
  if (!listed.length) return [notProvenYet("UNKNOWN", later[0], snapshot), null];
  const batches = listed.sort((a, b) => comparePlaces(a.place, b.place));
  const [first] = batches;
  try {
    const type = knownType(first.certificateType, first.version);
    return [included(first), { leaf: leaves[0], agency: first.agency, type, batches }];
  } catch (error) {
    if (!isOf(error, "CertificateTypeInvalid")) throw error;
    return [ended("FAILED", "form.unknown_type", ["UNSUPPORTED"], { detail: error.message }), null];
  }
}

/**
 * Returns where a path leads; null if it cannot belong to its index and size.
 * @param {Uint8Array} leaf
 * @param {import("../evidence/merkle.js").InclusionPath} path
 */
export async function rootOf(leaf, path) {
  try {
    return await rootFromPath(leaf, path);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return null;
  }
}

/**
 * @param {Batch[]} batches
 * @returns {[Check, Batch[]]}
 */
function earliestOf(batches) {
  const earliestFirst = batches.sort((a, b) => comparePlaces(a.place, b.place));
  return [included(earliestFirst[0]), earliestFirst];
}

/** @param {Batch} batch */
function included({ place, sequence, size }) {
  return ended("PASSED", "inclusion.found", [], { block: place.block, sequence, size });
}

/**
 * @param {import("./report.js").Outcome} outcome
 * @param {Batch} batch
 * @param {ServedSnapshot} snapshot
 * @param {string[]} [reasons]
 */
function notProvenYet(outcome, { place }, { checkpoint: { head } }, reasons) {
  const told = { block: place.block, checkpoint: head.number, known: time(head.timestamp) };
  return ended(outcome, "service.not_proven_yet", reasons, told);
}

/**
 * Returns a batch as its proof shows it; where in its block its event stands, no proof needs to say.
 * @param {Anchored} shown
 * @returns {Batch}
 */
function batchOf({ agency, root, certificateType, version, size, sequence, blockNumber, timestamp }) {
  return {
    agency,
    root,
    certificateType,
    version,
    size,
    sequence,
    place: { block: Number(blockNumber), logIndex: 0 },
    timestamp: timeOf(timestamp),
    isTimeProven: true,
  };
}

/**
 * @param {import("./report.js").Outcome} outcome
 * @param {string} key
 * @param {string[]} [reasons]
 * @param {{[name: string]: import("./wording.js").Argument}} [given]
 */
function ended(outcome, key, reasons, given) {
  return made("inclusion", outcome, message(key, given), reasons);
}
