// What a believed checkpoint holds about the leaves of a watch list, and about who signed and anchored them. Pure: it runs
// in the worker that has the checkpoint.

import * as anchoring from "../check/anchoring.js";
import { isOf } from "../check/errors.js";
import { TRACKS } from "../check/knowledge.js";
import { message } from "../check/wording.js";
import { hex, unhex } from "../evidence/bytes.js";

/**
 * One entry about one leaf, whoever tells it. An hour of 0 lifts the track, or is without end.
 * @typedef {object} Change
 * @property {string} track
 * @property {number} from_hour
 * @property {number} until_hour
 * @property {number} block_number
 * @property {number} log_index
 * @property {number} timestamp
 */
/**
 * Whether the key and the agency of a certificate count: why not, or null where they do.
 * @typedef {{fault: import("../check/wording.js").Message | null}} Rights
 */
/**
 * What is asked about. `kid` is how the key's begins that signed it, `root` that of its batch; empty where not known.
 * @typedef {{agency: number, leaf: string, kid: string, root: string}} Watched
 */
/**
 * @typedef {object} Histories
 * @property {string} registry_id
 * @property {number} block_number
 * @property {number} time
 * @property {Record<string, Change[]>} leaves
 * @property {Record<string, Rights | null>} rights Null where that cannot be told.
 */

/**
 * @param {import("../check/offline.js").Basis} basis
 * @param {Watched[]} watched
 * @returns {Histories | null}
 */
export function historiesOf({ snapshot, trust, knownType }, watched) {
  if (snapshot === null || trust === null) return null;
  const leaves = watched.map(({ agency, leaf }) => [leaf, snapshot.statuses(agency, unhex(leaf)).map(changeOf)]);
  const rights = watched.map((each) => [each.leaf, rightsOf(each, snapshot, knownType)]);
  return {
    registry_id: `0x${hex(trust.registryId)}`,
    block_number: snapshot.head.number,
    time: snapshot.head.timestamp,
    leaves: Object.fromEntries(leaves),
    rights: Object.fromEntries(rights),
  };
}

/**
 * Judges anew whether key and agency counted in the block of the batch, as verification does (check 4): what a registry
 * says of that may change, as when a key is cut off. The type is the batch's own; that it fitted was found before.
 * @param {Watched} watched
 * @param {import("../check/knowledge.js").Snapshot} snapshot
 * @param {import("../check/certificate_types.js").KnownType} knownType
 * @returns {Rights | null}
 */
function rightsOf({ agency, kid, root }, snapshot, knownType) {
  const batch = kid && root ? snapshot.batch(agency, unhex(root)) : null;
  if (batch === null) return null;
  const keys = snapshot.keys(agency, unhex(kid));
  if (!keys.length) return { fault: message("signature.key_not_listed", { agency, kid }) };
  let type;
  try {
    type = knownType(batch.certificateType, batch.version);
  } catch (error) {
    if (!isOf(error, "CertificateTypeInvalid")) throw error;
    return null;
  }
  const checks = keys.map((key) => anchoring.check(type, [batch], key, snapshot)[0]);
  // Where two keys begin alike, either may be the one.
  const failed = checks.find(({ outcome }) => outcome === "FAILED");
  if (failed) return { fault: failed.message };
  return checks.every(({ outcome }) => outcome === "PASSED") ? { fault: null } : null;
}

/**
 * @param {import("../check/knowledge.js").StatusRecord} record
 * @returns {Change}
 */
function changeOf({ track, fromHour, untilHour, place, timestamp }) {
  return {
    track: TRACKS[track],
    from_hour: fromHour,
    until_hour: untilHour,
    block_number: place.block,
    log_index: place.logIndex,
    timestamp,
  };
}
