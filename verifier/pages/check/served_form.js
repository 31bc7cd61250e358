// The service's answer about all leaves that begin alike (`/api/v1/leaves`), in its form. Nothing of it is believed here.

import { unhex } from "../evidence/bytes.js";
import { refuse } from "../evidence/errors.js";
import { members } from "../evidence/strict_json.js";
import { timeOf } from "./calendar.js";
import { TRACKS, comparePlaces } from "./knowledge.js";
import { message } from "./wording.js";

/** @typedef {import("../evidence/types.js").JSONValue} JSONValue */
/** @typedef {import("./knowledge.js").Batch} Batch */
/** @typedef {import("./knowledge.js").StatusRecord} StatusRecord */
/** @typedef {import("./wording.js").Message} Message */

/**
 * All that a service tells of one leaf.
 * @typedef {object} ToldLeaf
 * @property {Uint8Array} leaf
 * @property {{batch: Batch, path: import("../evidence/merkle.js").InclusionPath}[]} batches In the chain's order.
 * @property {{agency: number, record: StatusRecord}[]} statuses In the chain's order.
 */

/**
 * What a service tells.
 * @typedef {object} Told
 * @property {string} prefix
 * @property {{chainId: number, registryId: Uint8Array, registry: Uint8Array, agencies: Uint8Array, test: boolean}} registry
 * @property {{number: number, hash: Uint8Array, timestamp: number}} block The newest that it read.
 * @property {number} polledAt
 * @property {number} confirmations
 * @property {number} maxHeadAge In seconds.
 * @property {Message | null} doubt Why it may not be the present truth.
 * @property {ToldLeaf[]} leaves Ascending.
 */

const REASON = "EvidenceMalformed";
const HASH = 32;
const ADDRESS = 20;
const MAX_LEAVES = 4096;
const MAX_AGENCY = 2 ** 32 - 1;
const MAX_HOUR = 2 ** 24 - 1;
/** The slowest profile's: whoever allows more than that wants an old answer to be believed. */
const MAX_HEAD_AGE = 900;
/** Why a service may doubt its own answer, and the numbers that it tells with that. */
const DOUBTS = new Map([
  ["registry.untrusted", []],
  ["registry.silent", ["since"]],
  ["registry.behind", ["age", "limit"]],
  ["registry.ahead", ["age"]],
]);

/**
 * Reads an answer; refuses (`EvidenceMalformed`) every other form.
 * @param {unknown} answer As `JSON.parse` gives it.
 * @returns {Told}
 */
export function read(answer) {
  const all = part(answer, "the answer", [
    "prefix",
    "registry",
    "block",
    "polled_at",
    "confirmations",
    "max_head_age_s",
    "doubt",
    "checkpoint",
    "leaves",
  ]);
  const registry = part(all.registry, "registry", ["chain_id", "registry_id", "registry", "agencies", "test"]);
  const block = part(all.block, "block", ["number", "hash", "timestamp"]);
  if (all.checkpoint !== null) whole(part(all.checkpoint, "checkpoint", ["block_number"]).block_number, "checkpoint");
  if (typeof all.prefix !== "string" || !/^[0-9a-f]{4}$/.test(all.prefix)) refuse(REASON, "got another prefix");
  if (typeof registry.test !== "boolean") refuse(REASON, "test: got another value than true or false");
  const leaves = list(all.leaves, "leaves").map(leafOf);
  if (leaves.length > MAX_LEAVES || leaves.some(({ text }, place) => place && leaves[place - 1].text >= text)) {
    refuse(REASON, `got ${leaves.length} leaves, wanted at most ${MAX_LEAVES}, ascending, each once`);
  }
  return {
    prefix: all.prefix,
    registry: {
      chainId: whole(registry.chain_id, "chain_id"),
      registryId: bytes(registry.registry_id, HASH, "0x"),
      registry: bytes(registry.registry, ADDRESS, "0x"),
      agencies: bytes(registry.agencies, ADDRESS, "0x"),
      test: registry.test,
    },
    block: { number: whole(block.number, "number"), hash: bytes(block.hash, HASH, "0x"), timestamp: seconds(block.timestamp) },
    polledAt: seconds(all.polled_at),
    confirmations: whole(all.confirmations, "confirmations"),
    maxHeadAge: whole(all.max_head_age_s, "max_head_age_s", MAX_HEAD_AGE),
    doubt: all.doubt === null ? null : doubtOf(all.doubt),
    leaves,
  };
}

/**
 * @param {JSONValue} value
 * @returns {Message}
 */
function doubtOf(value) {
  const told = part(value, "doubt", ["message_id", "arguments"]);
  const key = String(told.message_id);
  const names = DOUBTS.get(key) ?? refuse(REASON, "doubt: got one that nobody has");
  const given = part(told.arguments, "arguments", names);
  const known = names.map((name) => [name, name === "since" ? { time: moment(given.since) } : whole(given[name], name)]);
  return message(key, Object.fromEntries(known));
}

/**
 * @param {JSONValue} value
 * @returns {ToldLeaf & {text: string}}
 */
function leafOf(value) {
  const told = part(value, "leaf", ["leaf", "batches", "statuses"]);
  const batches = list(told.batches, "batches").map(batchOf);
  const statuses = list(told.statuses, "statuses").map(statusOf);
  requireInOrder(batches.map(({ batch }) => batch.place));
  requireInOrder(statuses.map(({ record }) => record.place));
  return { text: String(told.leaf), leaf: bytes(told.leaf, HASH), batches, statuses };
}

/** @param {JSONValue} value */
function batchOf(value) {
  const told = part(value, "batch", [
    "agency",
    "root",
    "type",
    "version",
    "size",
    "sequence",
    "block_number",
    "log_index",
    "timestamp",
    "index",
    "path",
  ]);
  const size = whole(told.size, "size");
  return {
    batch: {
      agency: agencyOf(told.agency),
      root: bytes(told.root, HASH),
      certificateType: whole(told.type, "type"),
      version: whole(told.version, "version"),
      size,
      sequence: whole(told.sequence, "sequence"),
      place: placeOf(told),
      timestamp: seconds(told.timestamp),
      isTimeProven: false,
    },
    path: {
      size,
      index: whole(told.index, "index"),
      hashes: list(told.path, "path").map((hash) => bytes(hash, HASH)),
    },
  };
}

/** @param {JSONValue} value */
function statusOf(value) {
  const told = part(value, "status", [
    "agency",
    "track",
    "from_hour",
    "until_hour",
    "actor",
    "new_leaf",
    "decision",
    "block_number",
    "log_index",
    "timestamp",
  ]);
  const track = TRACKS.findIndex((name) => name === told.track);
  if (track < 0) refuse(REASON, "track: got one that nobody has");
  return {
    agency: agencyOf(told.agency),
    record: {
      track,
      fromHour: whole(told.from_hour, "from_hour", MAX_HOUR),
      untilHour: whole(told.until_hour, "until_hour", MAX_HOUR),
      actor: whole(told.actor, "actor", MAX_AGENCY),
      newLeaf: told.new_leaf === null ? null : bytes(told.new_leaf, HASH),
      decision: told.decision === null ? null : bytes(told.decision, HASH, "0x"),
      place: placeOf(told),
      timestamp: seconds(told.timestamp),
    },
  };
}

/**
 * Demands the chain's order, and no place twice.
 * @param {import("./knowledge.js").Place[]} places
 */
function requireInOrder(places) {
  if (places.some((place, at) => at && comparePlaces(places[at - 1], place) >= 0)) {
    refuse(REASON, "got batches or statuses that are not in the chain's order");
  }
}

/**
 * @param {unknown} value
 * @param {string} where
 * @param {string[]} names
 */
function part(value, where, names) {
  return members(/** @type {JSONValue} */ (value), where, REASON, names);
}

/**
 * @param {JSONValue} value
 * @param {string} what
 */
function list(value, what) {
  return Array.isArray(value) ? value : refuse(REASON, `${what}: got another value than an array`);
}

/**
 * @param {JSONValue} value
 * @param {string} what
 * @param {number} [most]
 */
function whole(value, what, most = Number.MAX_SAFE_INTEGER) {
  const fits = typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most;
  return fits ? value : refuse(REASON, `${what}: got another value than a whole number up to ${most}`);
}

/** @param {JSONValue} value */
function agencyOf(value) {
  return whole(value, "agency", MAX_AGENCY) || refuse(REASON, "agency: got 0");
}

/** @param {{[name: string]: JSONValue}} told */
function placeOf(told) {
  return { block: whole(told.block_number, "block_number"), logIndex: whole(told.log_index, "log_index") };
}

/** @param {JSONValue} value */
function seconds(value) {
  return inCalendar(whole(value, "timestamp"));
}

/** @param {JSONValue} value */
function moment(value) {
  const time = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? refuse(REASON, "since: got another value than a time") : inCalendar(Math.floor(time / 1000));
}

/** @param {number} value */
function inCalendar(value) {
  try {
    return timeOf(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return refuse(REASON, `got ${value} as a time`);
  }
}

/**
 * @param {JSONValue} value
 * @param {number} length
 * @param {string} [before]
 */
function bytes(value, length, before = "") {
  const digits = typeof value === "string" && value.startsWith(before) ? value.slice(before.length) : "";
  if (digits.length !== 2 * length || !/^[0-9a-f]+$/.test(digits)) {
    return refuse(REASON, `got another value than ${length} bytes in small hexadecimal digits`);
  }
  return unhex(digits);
}
