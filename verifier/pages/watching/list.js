// The watch list: which certificates somebody keeps an eye on. It stays on the device; a file takes it to another one.

import { HOUR_S, isDay } from "../check/calendar.js";
import { VERDICTS } from "../check/report.js";
import { markOf } from "./standing.js";

const KIND = "yinxin-watch-list";
const FORMAT = 1;
export const MOST = 1000;
export const MAX_LABEL = 80;
const MAX_FILE = 4 * 2 ** 20;
const LEAF = /^[0-9a-f]{64}$/;
const REGISTRY_ID = /^0x[0-9a-f]{64}$/;
/** How a key's kid begins; nothing where the key is not known. */
const KID = /^([0-9a-f]{16})?$/;
const ROOT = /^([0-9a-f]{64})?$/;
/** Control characters, and what turns the direction of writing. */
// eslint-disable-next-line no-control-regex
const UNSPEAKABLE = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** @typedef {import("./histories.js").Change} Change */
/**
 * What became of a certificate after it was put on the list.
 * @typedef {Change & {proven: boolean, doubt: "invented" | "withheld" | null}} Noted `proven` where a checkpoint holds it;
 *   `doubt` says what the service told otherwise.
 */
/** From which day to which, the last one included and null without end. @typedef {{first: string, last: string | null}} Days */
/**
 * A certificate that is watched.
 * @typedef {object} Entry
 * @property {string} leaf
 * @property {number} agency Whose certificate it is, by its number in the registry.
 * @property {string} registry_id
 * @property {string} label What the person calls it.
 * @property {string} short_number
 * @property {string} verdict The one that was found when it was put here.
 * @property {string} on The day that was found for.
 * @property {number} start The block that was known then.
 * @property {number} block The block up to which the service told everything.
 * @property {string} since The day on which it was put here.
 * @property {Noted[]} changes
 * @property {Change[]} earlier What had been recorded of it by then.
 * @property {Days | null} days On which it is valid; null where the list does not know.
 * @property {string} kid How the kid of the key begins that signed it; empty where the list does not know.
 * @property {string} root The root of its batch; empty where the list does not know.
 * @property {import("./histories.js").Rights | null} rights What the newest checkpoint here says of its key and its agency;
 *   null where none has said anything.
 * @property {string | null} seen What was told of it when the list was looked at last.
 */

/**
 * What entries lack that an earlier version of this page kept, or that come from its file.
 * @type {Pick<Entry, "earlier" | "days" | "kid" | "root" | "rights" | "seen">}
 */
const LACKING = { earlier: [], days: null, kid: "", root: "", rights: null, seen: null };

/** A file that is no watch list. */
export class NoWatchList extends Error {}

/**
 * Makes an entry of a report; null where there is nothing to watch.
 * @param {any} report As `/api/v1/verify` gives it.
 * @returns {Entry | null}
 */
export function entryOf(report) {
  const { leaf, agency, registry_id, short_number, verdict, on, block_number, checked_at, anchored } = report;
  if (!leaf || !agency || !registry_id || block_number === null || !anchored) return null;
  const since = checked_at.slice(0, 10);
  const entry = {
    ...LACKING,
    leaf,
    agency: agency.id,
    registry_id,
    label: "",
    short_number: short_number ?? "",
    verdict,
    on,
    start: block_number,
    block: block_number,
    since,
    changes: [],
    earlier: earlierOf(report),
    ...signedOf(report),
    root: anchored.root,
  };
  return { ...entry, seen: markOf(entry, Date.parse(checked_at)) };
}

/**
 * Returns an entry as this version of the page has it.
 * @param {Entry} entry As it was kept, by whichever version.
 * @returns {Entry}
 */
export function wholeOf(entry) {
  return { ...LACKING, ...entry };
}

/** @param {Entry} entry */
export function lacksDays({ days }) {
  return days === null;
}

/** @param {Entry} entry */
export function lacksKey({ kid, root }) {
  return !kid || !root;
}

/**
 * Fills in what an entry lacks, now that its certificate was checked anew.
 * @param {Entry[]} list
 * @param {Entry} checked As `entryOf` makes it of the new report.
 */
export function completed(list, checked) {
  return list.map((entry) => {
    if (entry.leaf !== checked.leaf || entry.registry_id !== checked.registry_id) return entry;
    const [days, isKey] = [entry.days ?? checked.days, lacksKey(entry) && !lacksKey(checked)];
    if (days === entry.days && !isKey) return entry;
    const { kid, root } = isKey ? checked : entry;
    const filled = { ...entry, days, kid, root };
    // Whoever sees the verdict knows by it how the certificate stands now.
    return { ...filled, seen: markOf(filled, Date.now()) };
  });
}

/**
 * Returns the list as looked at now.
 * @param {Entry[]} list
 * @param {number} now In milliseconds since 1970.
 */
export function looked(list, now) {
  return list.map((entry) => ({ ...entry, seen: markOf(entry, now) }));
}

/**
 * Puts an entry on the list; one of the same leaf stays as it is.
 * @param {Entry[]} list
 * @param {Entry} entry
 */
export function added(list, entry) {
  return has(list, entry.leaf) || list.length >= MOST ? list : [...list, entry];
}

/**
 * @param {Entry[]} list
 * @param {string} leaf
 */
export function removed(list, leaf) {
  return list.filter((entry) => entry.leaf !== leaf);
}

/**
 * @param {Entry[]} list
 * @param {string} leaf
 * @param {string} label
 */
export function relabelled(list, leaf, label) {
  return list.map((entry) => (entry.leaf === leaf ? { ...entry, label: speakable(label) } : entry));
}

/**
 * @param {Entry[]} list
 * @param {string} leaf
 */
export function has(list, leaf) {
  return list.some((entry) => entry.leaf === leaf);
}

/**
 * Writes a list as a file. What became of its certificates is left out, and what was seen of that: whoever reads it asks
 * anew.
 * @param {Entry[]} list
 */
export function toFile(list) {
  const entries = list.map(({ changes: _, earlier: __, rights: ___, seen: ____, ...entry }) => {
    return { ...entry, block: entry.start };
  });
  return JSON.stringify({ kind: KIND, format: FORMAT, entries }, null, 1);
}

/**
 * Reads a file; throws `NoWatchList`.
 * @param {string} text
 * @returns {Entry[]}
 */
export function fromFile(text) {
  if (text.length > MAX_FILE) throw new NoWatchList(`got ${text.length} characters, wanted at most ${MAX_FILE}`);
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    throw new NoWatchList("got no JSON");
  }
  const { kind, format, entries } = file ?? {};
  if (kind !== KIND || format !== FORMAT || !Array.isArray(entries) || entries.length > MOST) {
    throw new NoWatchList(`got another file, wanted a ${KIND} of format ${FORMAT} with at most ${MOST} entries`);
  }
  return entries.reduce((list, entry) => added(list, requireEntry(entry)), /** @type {Entry[]} */ ([]));
}

/** @param {any} entry */
function requireEntry(entry) {
  const { leaf, agency, registry_id, label, short_number, verdict, on, start, since } = entry ?? {};
  // Files of earlier versions have none of these.
  const { days = null, kid = "", root = "" } = entry ?? {};
  const texts = [label, short_number, verdict, on, since, leaf, registry_id, kid, root];
  const isSound =
    texts.every((text) => typeof text === "string") &&
    LEAF.test(leaf) &&
    REGISTRY_ID.test(registry_id) &&
    VERDICTS.includes(verdict) &&
    isDay(on) &&
    isDay(since) &&
    areDays(days) &&
    KID.test(kid) &&
    ROOT.test(root) &&
    short_number.length <= 20 &&
    [agency, start].every((number) => Number.isSafeInteger(number) && number >= 0);
  if (!isSound) throw new NoWatchList("got an entry that is none");
  const known = { ...LACKING, leaf, agency, registry_id, verdict, on, start, block: start, since, changes: [], kid, root };
  const kept = days && { first: days.first, last: days.last };
  return { ...known, days: kept, label: speakable(label), short_number: speakable(short_number) };
}

/** @param {any} days */
function areDays(days) {
  if (days === null) return true;
  const { first, last } = days;
  return typeof first === "string" && isDay(first) && (last === null || (typeof last === "string" && isDay(last)));
}

/**
 * Returns what a report says of a certificate in its agency's own words, where its signature was found to be good: its
 * days, and its key. A limited copy is signed with another key than its certificate.
 * @param {any} report
 * @returns {Pick<Entry, "days" | "kid">}
 */
function signedOf({ checks, valid_from: first, valid_until: last, kid, copy }) {
  const { outcome } = checks.find((/** @type {any} */ { name }) => name === "signature") ?? {};
  const isSigned = outcome === "PASSED";
  return { days: isSigned && first ? { first, last: last ?? null } : null, kid: isSigned && !copy && kid ? kid : "" };
}

/**
 * @param {any} report
 * @returns {Change[]}
 */
function earlierOf({ statuses }) {
  return statuses
    .filter((/** @type {any} */ { track, in_force }) => track !== "RENEWAL_PENDING" || in_force)
    .map((/** @type {any} */ { track, from, until, block_number, recorded_at }) => ({
      track,
      from_hour: hourOf(from),
      until_hour: hourOf(until),
      block_number,
      log_index: 0,
      timestamp: Date.parse(recorded_at) / 1000,
    }));
}

/** @param {string | null} time As reports write it. */
function hourOf(time) {
  return time === null ? 0 : Date.parse(time) / 1000 / HOUR_S;
}

/** @param {string} text */
function speakable(text) {
  return [...text.replace(UNSPEAKABLE, " ").trim()].slice(0, MAX_LABEL).join("");
}
