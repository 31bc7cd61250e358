// Check 4, anchoring: whether the agency was authorised in the block in which it anchored a leaf, and that is final.

import { equal } from "../evidence/bytes.js";
import { NO_CUT_OFF, finalBlock } from "./knowledge.js";
import { check as made } from "./report.js";
import { lineage } from "./subject.js";
import { message, time, words } from "./wording.js";

/** @typedef {import("./knowledge.js").AgencyRecord} AgencyRecord */
/** @typedef {import("./knowledge.js").Batch} Batch */
/** @typedef {import("./knowledge.js").ListedKey} ListedKey */
/** @typedef {import("./knowledge.js").Snapshot} Snapshot */
/** @typedef {import("./report.js").Check} Check */
/** @typedef {import("./type_file.js").CertificateType} CertificateType */
/** @typedef {import("./wording.js").Message} Message */

/**
 * Check 4: the earliest batch that nothing speaks against; without a key, the key is not judged.
 * @param {CertificateType} known
 * @param {Batch[]} batches
 * @param {ListedKey | null} key
 * @param {Snapshot} snapshot
 * @returns {[Check, Batch | null]}
 */
export function check(known, batches, key, snapshot) {
  if (!batches.length) return [made("anchoring", "SKIPPED", message("check.not_found")), null];
  // The batches are one agency's. Whether those above it could act nobody knows unless all of them are known.
  const above = lineage(batches[0].agency, snapshot);
  if (!above.length) return [made("anchoring", "UNKNOWN", message("inclusion.index_contradicts_itself")), null];
  const dates = key === null ? [] : [key.validFrom, key.validUntil];
  const faults = batches.map((batch) => {
    return snapshot.possibly(batch, dates).map((each) => faultOf(each, known, key, above, snapshot));
  });
  const batch = batches.find((_, place) => faults[place].every((fault) => fault === null));
  if (!batch) return [noneCounts(batches, faults), null];
  const missing = batch.place.block - finalBlock(snapshot);
  if (missing > 0) {
    const said = message("anchoring.pending", { block: batch.place.block, missing });
    return [made("anchoring", "FAILED", said, ["PENDING"]), batch];
  }
  const said = message("anchoring.good", { block: batch.place.block, time: time(batch.timestamp) });
  return [made("anchoring", "PASSED", said), batch];
}

/**
 * Check 4 where no batch that the checkpoint lists holds the leaf: nobody knows who might do what in its block. `later`
 * are batches after the checkpoint; what can be told of them counts. A key that was cut off may be in anybody's hands.
 * Its signature says nothing, unless it is older than the cut-off.
 * @param {import("./form.js").Claimed} claimed
 * @param {Batch[]} later
 * @param {ListedKey | null} key
 * @param {Check} included
 * @param {Snapshot} snapshot
 * @returns {Check}
 */
export function unplaced(claimed, later, key, included, snapshot) {
  if (included.outcome === "FAILED") return made("anchoring", "SKIPPED", message("check.proof_refused"));
  const faults = later.map((batch) => faultOfType(batch, claimed.type) ?? faultOfKey(key, batch));
  const [said] = faults;
  if (said && faults.every((fault) => fault !== null)) {
    return made("anchoring", "FAILED", said, ["ISSUER_NOT_AUTHORISED"]);
  }
  if (!later.length && key !== null && key.cutOffBlock !== NO_CUT_OFF) {
    return made("anchoring", "UNKNOWN", message("anchoring.cut_off_unplaced", { cut_off: key.cutOffBlock }));
  }
  const now = { block: snapshot.head.number + 1, logIndex: 0 };
  const suspended = lineage(claimed.agency, snapshot).find(({ id }) => snapshot.isSuspended(id, now));
  if (suspended) {
    const known = { agency: suspended.name, known: time(snapshot.head.timestamp) };
    return made("anchoring", "SKIPPED", message("anchoring.unplaced_suspended", known));
  }
  return made("anchoring", "SKIPPED", message("anchoring.unplaced"));
}

/**
 * Check 4 where nothing but a proof is known: of all that must be so, the type is shown, and `why` no more.
 * @param {CertificateType} known
 * @param {Batch | null} batch
 * @param {Message} why
 */
export function byProofAlone(known, batch, why) {
  const fault = batch && faultOfType(batch, known);
  if (fault) return made("anchoring", "FAILED", fault, ["ISSUER_NOT_AUTHORISED"]);
  return made("anchoring", "UNKNOWN", why);
}

/**
 * Says why no batch counts; where one might, at another time or place in its block, nobody knows.
 * @param {Batch[]} batches
 * @param {(Message | null)[][]} faults
 */
function noneCounts(batches, faults) {
  const might = batches.find((_, place) => faults[place].some((fault) => fault === null));
  if (might) {
    return made("anchoring", "UNKNOWN", message("anchoring.times_unvouched", { block: might.place.block }));
  }
  const said = /** @type {Message} */ (faults[0][0]);
  return made("anchoring", "FAILED", said, ["ISSUER_NOT_AUTHORISED"]);
}

/**
 * Says what keeps a batch from counting; null if nothing does.
 * @param {Batch} batch
 * @param {CertificateType} known
 * @param {ListedKey | null} key
 * @param {AgencyRecord[]} above The agency and all above it.
 * @param {Snapshot} snapshot
 * @returns {Message | null}
 */
function faultOf(batch, known, key, above, snapshot) {
  const fault = faultOfType(batch, known);
  if (fault) return fault;
  const [block, type] = [batch.place.block, words(known.names)];
  const digest = snapshot.typeDigest(known.number, known.version, batch.place);
  if (digest === null || !equal(digest, known.digest)) {
    return message("anchoring.type_not_registered", { type, version: known.version });
  }
  for (const { id, name } of above) {
    if (snapshot.isSuspended(id, batch.place)) return message("anchoring.suspended", { agency: name, block });
    if (!snapshot.holdsType(id, known.number, batch.place)) {
      return message("anchoring.type_not_held", { agency: name, type, block });
    }
  }
  return faultOfKey(key, batch);
}

/**
 * @param {Batch} batch
 * @param {CertificateType} known
 */
function faultOfType({ certificateType, version }, known) {
  if (certificateType === known.number && version === known.version) return null;
  return message("anchoring.other_type", {
    number: certificateType,
    version,
    wanted_number: known.number,
    wanted_version: known.version,
  });
}

/**
 * Says why a key does not count for a batch; nothing of one that is not known.
 * @param {ListedKey | null} key
 * @param {Batch} batch
 */
function faultOfKey(key, { place: { block }, timestamp }) {
  if (key === null) return null;
  const { listedAtBlock, validFrom, validUntil, cutOffBlock } = key;
  if (listedAtBlock > block) return message("anchoring.key_listed_later", { block, listed: listedAtBlock });
  if (timestamp < validFrom || (validUntil && timestamp >= validUntil)) {
    return message("anchoring.key_out_of_date", { time: time(timestamp) });
  }
  if (block >= cutOffBlock) return message("anchoring.key_cut_off", { block, cut_off: cutOffBlock });
  return null;
}
