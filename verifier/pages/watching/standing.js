// How a watched certificate stands at a moment, by what this device knows of it: what was recorded, its days, and whether
// its key and its agency still count. Pure: the moment comes in.

import { HOUR_S, today } from "../check/calendar.js";
import { lastDayBefore } from "../check/moments.js";
import { VERDICTS } from "../check/report.js";

/** @typedef {import("./histories.js").Change} Change */
/** @typedef {import("./list.js").Entry} Entry */
/** @typedef {import("./list.js").Noted} Noted */
/**
 * @typedef {object} Standing
 * @property {string[]} verdicts What keeps it from being in force, the gravest first; as verdicts are called.
 * @property {number | null} daysLeft After today; null unless its last day is near.
 * @property {string | null} deemedUntil The last day on which it is deemed extended, where that is all that holds it.
 */

/** From so many days before the last one on, its end is announced. */
export const WARN_DAYS = 30;
const DAY_MS = 86_400_000;
/** Tracks that speak against a certificate while they are in force. */
const AGAINST = ["RESCINDED", "REVOKED", "WITHDRAWN", "CANCELLED", "REPLACED", "SUSPENSION", "LOSS"];
/** A suspension is announced as its verdict is called. @type {Record<string, string>} */
export const VERDICT_OF = { SUSPENSION: "SUSPENDED", LOSS: "LOST" };
const OF_VALIDITY = ["NOT_YET_VALID", "EXPIRED", "RENEWAL_PENDING"];

/**
 * @param {Entry} entry
 * @param {number} now In milliseconds since 1970.
 * @returns {Standing}
 */
export function standingOf(entry, now) {
  const day = today(new Date(now));
  const deemedUntil = deemedUntilOf(entry, now);
  const found = [
    ...inForce([...entry.earlier, ...entry.changes], now).map(({ track }) => VERDICT_OF[track] ?? track),
    ...ofWhoSigned(entry),
    ...ofDays(entry, day, deemedUntil),
  ];
  return {
    verdicts: VERDICTS.filter((verdict) => found.includes(verdict)),
    daysLeft: daysLeftOf(entry, day),
    deemedUntil: found.includes("RENEWAL_PENDING") ? deemedUntil : null,
  };
}

/**
 * Whether nothing but its days keeps it from being in force.
 * @param {Standing} standing
 */
export function isOfDaysAlone({ verdicts }) {
  return verdicts.every((verdict) => OF_VALIDITY.includes(verdict));
}

/**
 * Returns what is told of an entry, in one text: while it is the same, nothing has changed. That an end comes near is no
 * change.
 * @param {Entry} entry
 * @param {number} now
 */
export function markOf(entry, now) {
  const doubts = entry.changes.filter(({ doubt }) => doubt !== null).length;
  return `${standingOf(entry, now).verdicts.join(" ")} ${entry.changes.length} ${doubts}`;
}

/**
 * Returns what kept a certificate from being in force when it was put on the list, and keeps it no longer.
 * @param {Entry} entry
 * @param {Standing} standing
 */
export function overOf(entry, { verdicts }) {
  return standingOf(asPutHere(entry), endOf(entry.since)).verdicts.filter((verdict) => !verdicts.includes(verdict));
}

/**
 * Whether an entry is told otherwise than when the list was looked at last, or, before the first time, when it was put on it.
 * @param {Entry} entry
 * @param {number} now
 */
export function isNews(entry, now) {
  return markOf(entry, now) !== (entry.seen ?? markOf(asPutHere(entry), endOf(entry.since)));
}

/**
 * @param {Entry} entry
 * @returns {Entry}
 */
function asPutHere(entry) {
  return { ...entry, changes: [], rights: null };
}

/**
 * Returns what is in force now of what became of a certificate; the newest entry of each track decides.
 * @param {(Change | Noted)[]} changes
 * @param {number} now In milliseconds since 1970.
 */
function inForce(changes, now) {
  const hour = hourOf(now);
  const newest = new Map(changes.filter((each) => !isInvented(each)).map((change) => [change.track, change]));
  return [...newest.values()].filter(
    ({ track, from_hour: from, until_hour: until }) =>
      // A rescission counts for all dates as soon as it is recorded.
      AGAINST.includes(track) && from > 0 && (track === "RESCINDED" || from <= hour) && (until === 0 || hour < until),
  );
}

/**
 * What a checkpoint shows of its key and its agency; until one did, what was found when it was put here. What was altered
 * then stays so.
 * @param {Entry} entry
 */
function ofWhoSigned({ rights, verdict }) {
  const isFault = rights === null ? verdict === "ISSUER_NOT_AUTHORISED" : rights.fault !== null;
  return [...(isFault ? ["ISSUER_NOT_AUTHORISED"] : []), ...(verdict === "ALTERED" ? [verdict] : [])];
}

/**
 * @param {Entry} entry
 * @param {string} day
 * @param {string | null} deemedUntil
 */
function ofDays({ days }, day, deemedUntil) {
  if (days === null) return [];
  if (day < days.first) return ["NOT_YET_VALID"];
  if (days.last === null || day <= days.last) return [];
  return [deemedUntil === null ? "EXPIRED" : "RENEWAL_PENDING"];
}

/**
 * @param {Entry} entry
 * @param {string} day
 */
function daysLeftOf({ days }, day) {
  if (days === null || days.last === null || day < days.first || day > days.last) return null;
  const left = (Date.parse(`${days.last}T00:00:00Z`) - Date.parse(`${day}T00:00:00Z`)) / DAY_MS;
  return left <= WARN_DAYS ? left : null;
}

/**
 * Returns the last day on which silence about a renewal holds a certificate. What speaks for one must be shown by a
 * checkpoint, and hold as well with all that was told after it.
 * @param {Entry} entry
 * @param {number} now
 * @returns {string | null}
 */
function deemedUntilOf({ earlier, changes }, now) {
  const pending = [...earlier.map((each) => ({ ...each, proven: true })), ...changes]
    .filter((each) => each.track === "RENEWAL_PENDING" && !isInvented(each));
  const newest = pending.map(({ proven }) => proven).lastIndexOf(true);
  if (newest < 0) return null;
  const hour = hourOf(now);
  const from = pending.slice(newest);
  if (!from.every(({ from_hour, until_hour }) => from_hour > 0 && from_hour <= hour && hour < until_hour)) return null;
  return lastDayBefore(Math.min(...from.map(({ until_hour }) => until_hour)));
}

/** @param {Change | Noted} change */
function isInvented(change) {
  return "doubt" in change && change.doubt === "invented";
}

/** @param {number} now */
function hourOf(now) {
  return Math.floor(now / 1000 / HOUR_S);
}

/** @param {string} day */
function endOf(day) {
  return Date.parse(`${day}T23:59:59+08:00`);
}
