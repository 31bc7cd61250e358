// Which entries about a certificate are in force at the moment that is asked about. An entry holds from its first hour
// until its end, or until a later entry on the same track takes its place: the hour in which that was recorded.
//
// A block that is not final may be taken back. What speaks against a certificate counts at once, and goes on counting
// until what takes its place is final; what speaks for it must hold whether or not the newest blocks stay.

import { hourOf, timeOf } from "./calendar.js";
import { TRACKS } from "./knowledge.js";

/** Half-open, in whole hours since 1970. @typedef {{start: number, stop: number}} Hours */
/** @typedef {import("./knowledge.js").StatusRecord} StatusRecord */
/** @typedef {import("./moments.js").Moment} Moment */

/**
 * A status record with the hours in which it counts.
 * @typedef {object} Entry
 * @property {StatusRecord} record
 * @property {Hours} hours As it was recorded; empty for an entry that lifts its track.
 * @property {Hours} hoursLeft What a later entry on its track, final or not, leaves of them.
 * @property {boolean} isFinal
 * @property {boolean} stands Whether no later entry on its track took its place in a final block.
 */

/** The first hour that a status slot cannot name. */
const FOR_EVER = 2 ** 24;
const RESCINDED = TRACKS.indexOf("RESCINDED");
const RENEWAL_PENDING = TRACKS.indexOf("RENEWAL_PENDING");

/** What each track that speaks against a certificate makes of it; by track. */
export const VERDICTS = ["RESCINDED", "REVOKED", "WITHDRAWN", "CANCELLED", "REPLACED", "SUSPENDED", "LOST"];

/**
 * Whether it holds against the certificate at any hour of the moment. A rescission counts for all dates as soon as it is
 * recorded.
 * @param {Entry} entry
 * @param {Moment} moment
 */
function speaksAgainst({ record, hours, hoursLeft, stands }, moment) {
  if (VERDICTS[record.track] === undefined) return false;
  if (record.track === RESCINDED) return stands && hours.start < hours.stop;
  const left = stands ? hours : hoursLeft;
  return Math.max(left.start, moment.hours.start) < Math.min(left.stop, moment.hours.stop);
}

/**
 * Gives every record of one leaf its hours; the records come in the chain's order, and so do the entries.
 * @param {StatusRecord[]} records
 * @param {number} finalBlock
 * @returns {Entry[]}
 */
export function entries(records, finalBlock) {
  return records.map((record, place) => {
    const later = records.slice(place + 1).find(({ track }) => track === record.track);
    return entryOf(record, later ?? null, finalBlock);
  });
}

/**
 * Returns the entries in force that speak against the certificate.
 * @param {Entry[]} all
 * @param {Moment} moment
 */
export function against(all, moment) {
  return all.filter((entry) => speaksAgainst(entry, moment));
}

/**
 * Returns the entry by which the certificate is deemed extended, if one is in force at all hours of the moment. One must
 * be by the final entries alone, and also with each of the others after them: nobody knows at which of them the chain
 * will go on. Of those, the one that ends first is returned.
 * @param {Entry[]} all
 * @param {Moment} moment
 * @returns {Entry | null}
 */
export function renewal(all, moment) {
  const pending = all.filter(({ record }) => record.track === RENEWAL_PENDING);
  const newestFinal = pending.filter(({ isFinal }) => isFinal).length - 1;
  if (newestFinal < 0) return null;
  /** @type {Entry[]} */
  const found = [];
  /** @type {Entry | null} */
  let earlier = null;
  for (const [place, entry] of pending.entries()) {
    if (place >= newestFinal) {
      const deemed = covers(entry.hours, moment) ? entry : earlier;
      if (deemed === null) return null;
      found.push(deemed);
    }
    if (covers(entry.hoursLeft, moment)) earlier = entry;
  }
  return found.reduce((first, each) => (each.record.untilHour < first.record.untilHour ? each : first));
}

/**
 * Returns all entries that count at the moment, for the certificate or against it.
 * @param {Entry[]} all
 * @param {Moment} moment
 */
export function inForce(all, moment) {
  const deemed = renewal(all, moment);
  return new Set([...against(all, moment), ...(deemed ? [deemed] : [])]);
}

/**
 * Whether an answer might be another one, were it not known in which hour, up to the last, entries were recorded. The
 * later that was, the longer what they took the place of had counted: what is so at both ends, is so between.
 * @param {Entry[]} all
 * @param {number} last
 * @param {(those: Entry[]) => unknown} answer
 */
export function hangsOnTimes(all, last, answer) {
  const [early, late] = [0, last].map((hour) => {
    return all.map((entry) => {
      if (entry.stands) return entry;
      return { ...entry, hoursLeft: { start: entry.hours.start, stop: Math.min(entry.hours.stop, hour) } };
    });
  });
  return answer(early) !== answer(late);
}

/**
 * @param {StatusRecord} record
 * @param {StatusRecord | null} later
 * @param {number} finalBlock
 * @returns {Entry}
 */
function entryOf(record, later, finalBlock) {
  const hours = record.fromHour
    ? { start: record.fromHour, stop: record.untilHour || FOR_EVER }
    : { start: 0, stop: 0 };
  const stop = later === null ? FOR_EVER : hourOf(timeOf(later.timestamp));
  return {
    record,
    hours,
    hoursLeft: { start: hours.start, stop: Math.min(hours.stop, stop) },
    isFinal: record.place.block <= finalBlock,
    stands: later === null || later.place.block > finalBlock,
  };
}

/**
 * @param {Hours} hours
 * @param {Moment} moment
 */
function covers(hours, moment) {
  return hours.start <= moment.hours.start && moment.hours.stop <= hours.stop;
}
