// What a believed checkpoint holds about the leaves of a watch list. Pure: it runs in the worker that has the checkpoint.

import { hex, unhex } from "../evidence/bytes.js";
import { TRACKS } from "../check/knowledge.js";

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
/** @typedef {{registry_id: string, block_number: number, time: number, leaves: Record<string, Change[]>}} Histories */

/**
 * @param {import("../check/checkpointed.js").CheckpointSnapshot | null} snapshot
 * @param {import("../evidence/trust_list.js").TrustList | null} trust
 * @param {{agency: number, leaf: string}[]} watched
 * @returns {Histories | null}
 */
export function historiesOf(snapshot, trust, watched) {
  if (snapshot === null || trust === null) return null;
  const leaves = watched.map(({ agency, leaf }) => [leaf, snapshot.statuses(agency, unhex(leaf)).map(changeOf)]);
  return {
    registry_id: `0x${hex(trust.registryId)}`,
    block_number: snapshot.head.number,
    time: snapshot.head.timestamp,
    leaves: Object.fromEntries(leaves),
  };
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
