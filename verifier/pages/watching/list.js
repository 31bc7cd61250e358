// The watch list: which certificates somebody keeps an eye on. It stays on the device; a file takes it to another one.

import { isDay } from "../check/calendar.js";
import { VERDICTS } from "../check/report.js";

const KIND = "yinxin-watch-list";
const FORMAT = 1;
export const MOST = 1000;
export const MAX_LABEL = 80;
const MAX_FILE = 4 * 2 ** 20;
const LEAF = /^[0-9a-f]{64}$/;
const REGISTRY_ID = /^0x[0-9a-f]{64}$/;
/** Control characters, and what turns the direction of writing. */
// eslint-disable-next-line no-control-regex
const UNSPEAKABLE = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** @typedef {import("./histories.js").Change} Change */
/**
 * What became of a certificate after it was put on the list.
 * @typedef {Change & {proven: boolean, doubt: "invented" | "withheld" | null}} Noted `proven` where a checkpoint holds it;
 *   `doubt` says what the service told otherwise.
 */
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
 */

/** A file that is no watch list. */
export class NoWatchList extends Error {}

/**
 * Makes an entry of a report; null where there is nothing to watch.
 * @param {any} report As `/api/v1/verify` gives it.
 * @returns {Entry | null}
 */
export function entryOf({ leaf, agency, registry_id, short_number, verdict, on, block_number, checked_at, anchored }) {
  if (!leaf || !agency || !registry_id || block_number === null || !anchored) return null;
  const since = checked_at.slice(0, 10);
  return {
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
  };
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
 * Writes a list as a file. What became of its certificates is left out: whoever reads it asks anew.
 * @param {Entry[]} list
 */
export function toFile(list) {
  const entries = list.map(({ changes: _, ...entry }) => ({ ...entry, block: entry.start }));
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
  const texts = [label, short_number, verdict, on, since, leaf, registry_id];
  const isSound =
    texts.every((text) => typeof text === "string") &&
    LEAF.test(leaf) &&
    REGISTRY_ID.test(registry_id) &&
    VERDICTS.includes(verdict) &&
    isDay(on) &&
    isDay(since) &&
    short_number.length <= 20 &&
    [agency, start].every((number) => Number.isSafeInteger(number) && number >= 0);
  if (!isSound) throw new NoWatchList("got an entry that is none");
  const known = { leaf, agency, registry_id, verdict, on, start, block: start, since, changes: [] };
  return { ...known, label: speakable(label), short_number: speakable(short_number) };
}

/** @param {string} text */
function speakable(text) {
  return [...text.replace(UNSPEAKABLE, " ").trim()].slice(0, MAX_LABEL).join("");
}
