// What a believed checkpoint knows, as verification asks it: a snapshot without a register. All of it is final. It holds
// every right, every status and the root of every batch up to its block, and nothing that came after; which leaves a
// batch has, only a path tells.

import { verifyTrustList } from "../evidence/trust_list.js";
import { timeOf } from "./calendar.js";
import { isOf } from "./errors.js";
import { REPLACED, comparePlaces } from "./knowledge.js";
import { Rights } from "./rights.js";
import { message, time } from "./wording.js";

/** @typedef {import("../evidence/checkpoint_verify.js").Believed} Believed */
/** @typedef {import("../evidence/history.js").RegistryRecord} RegistryRecord */
/** @typedef {import("../evidence/trust_list.js").TrustList} TrustList */
/** @typedef {import("./knowledge.js").Batch} Batch */
/** @typedef {import("./knowledge.js").Place} Place */
/** @typedef {import("./knowledge.js").StatusRecord} StatusRecord */

/** How old a checkpoint may be to speak of today (protocol, «Offline»). */
const FRESH_S = 24 * 60 * 60;
const CLOCK_TOLERANCE_S = 5 * 60;
const RIGHTS = 2;

/**
 * Whether as many attesters vouch for a checkpoint as the trust list demands, and one at least.
 * @param {Believed} believed
 * @param {TrustList} trust
 */
export function isVouchedFor(believed, trust) {
  return believed.attesters.length >= Math.max(1, trust.attesterThreshold);
}

/**
 * Says that a trust list is not of this time, or that the clock is not; null if they go together.
 * @param {TrustList} trust
 * @param {Date} now
 */
export function notCurrent(trust, now) {
  try {
    verifyTrustList(trust, { now });
    return null;
  } catch (error) {
    if (!isOf(error, "TrustListRefused")) throw error;
    const [told, issued, expires] = [now, trust.issued, trust.expires].map((each) => time(Math.floor(each.getTime() / 1000)));
    return message("offline.trust_list_not_current", { now: told, issued, expires });
  }
}

/** Answers from a checkpoint's history; a `Snapshot` of knowledge.js. */
export class CheckpointSnapshot {
  isCheckpoint = true;
  /** None: a checkpoint is believed only when its block is final, or as final as it gets. */
  confirmations = 0;

  /**
   * Folds the rights; statuses and batches are looked up when they are asked for.
   * @param {Believed} believed
   * @param {TrustList} trust
   */
  constructor(believed, trust) {
    const { blockNumber, timestamp } = believed.checkpoint;
    this.history = believed.history;
    this.trust = trust;
    this.rights = new Rights(believed.history.records(RIGHTS));
    /** The checkpoint's block. */
    this.head = { number: Number(blockNumber), timestamp: timeOf(timestamp) };
    this.blockHash = believed.checkpoint.blockHash;
    this.finalStatuses = this.head.number;
    this.timesVouched = isVouchedFor(believed, trust);
    /** @type {import("./knowledge.js").Identity} */
    this.identity = {
      chainId: trust.chainId,
      registryId: trust.registryId,
      address: trust.registry,
      agenciesAddress: trust.agencies,
      test: trust.test,
    };
  }

  /**
   * Returns a batch, then as it is at other places and times that it may have had, up to the checkpoint's.
   * @param {Batch} batch
   * @param {(number | bigint)[]} dates
   * @returns {Batch[]}
   */
  possibly(batch, dates) {
    if (this.timesVouched) return [batch];
    const { number, timestamp } = this.head;
    const times = new Set([batch.timestamp]);
    if (!batch.isTimeProven && batch.place.block !== number) {
      // Blocks' times rise, but where they begin nobody who is trusted says.
      [0, timestamp, ...dates.filter((date) => date < timestamp).map(Number)].forEach((each) => times.add(each));
    }
    const places = [batch.place, ...this.rights.placesIn(batch.place.block)].sort(comparePlaces);
    const others = places.flatMap((place) => {
      return [...times].sort((a, b) => a - b).map((each) => ({ ...batch, place, timestamp: each }));
    });
    // What is told comes first: it is what a report repeats.
    return [batch, ...others.filter((each) => !isSame(each, batch))];
  }

  /**
   * Whether the checkpoint is more than a day old.
   * @param {Date} now
   */
  isDated(now) {
    return now.getTime() / 1000 - this.head.timestamp > FRESH_S;
  }

  /**
   * Says that the clock must be wrong, or that the trust list has expired.
   * @param {Date} now
   */
  doubt(now) {
    const { number, timestamp } = this.head;
    if (now.getTime() / 1000 < timestamp - CLOCK_TOLERANCE_S) {
      const told = { time: Math.floor(now.getTime() / 1000) };
      return message("offline.clock_behind", { now: told, known: time(timestamp), block: number });
    }
    return notCurrent(this.trust, now);
  }

  /**
   * Returns an agency as of the checkpoint.
   * @param {number} agency
   */
  agency(agency) {
    return this.rights.agency(agency);
  }

  /** Returns the official verifying hosts as of the checkpoint and as they ever were before. */
  hostsEver() {
    return this.rights.hostsEver();
  }

  /**
   * Returns the keys listed for an agency whose kid begins so.
   * @param {number} agency
   * @param {Uint8Array} kidPrefix
   */
  keys(agency, kidPrefix) {
    return this.rights.keys(agency, kidPrefix);
  }

  /**
   * Returns an agency's batch by its root.
   * @param {number} agency
   * @param {Uint8Array} root
   * @returns {Batch | null}
   */
  batch(agency, root) {
    // One at most: the registry takes no batch twice.
    const [record] = this.history.batches(agency, root);
    return record ? batchOf(record) : null;
  }

  /**
   * Whether that one agency was suspended just before that place.
   * @param {number} agency
   * @param {Place} place
   */
  isSuspended(agency, place) {
    return this.rights.isSuspended(agency, place);
  }

  /**
   * Whether that one agency held the type just before that place.
   * @param {number} agency
   * @param {number} certificateType
   * @param {Place} place
   */
  holdsType(agency, certificateType, place) {
    return this.rights.holdsType(agency, certificateType, place);
  }

  /**
   * Returns the digest of the type's data file, null if it was not registered before that place.
   * @param {number} certificateType
   * @param {number} version
   * @param {Place} place
   */
  typeDigest(certificateType, version, place) {
    return this.rights.typeDigest(certificateType, version, place);
  }

  /**
   * Returns everything recorded about an agency's leaf, in the chain's order.
   * @param {number} agency
   * @param {Uint8Array} leaf
   * @returns {StatusRecord[]}
   */
  statuses(agency, leaf) {
    return this.history.statuses(agency, leaf).map(statusOf);
  }
}

/**
 * @param {Batch} a
 * @param {Batch} b
 */
function isSame(a, b) {
  return comparePlaces(a.place, b.place) === 0 && a.timestamp === b.timestamp;
}

/**
 * @param {RegistryRecord} record
 * @returns {Batch}
 */
function batchOf(record) {
  const event = /** @type {any} */ (record.event);
  return {
    agency: event.agency,
    root: event.root,
    certificateType: event.certificateType,
    version: event.version,
    size: event.size,
    sequence: event.sequence,
    place: placeOf(record),
    timestamp: timeOf(record.blockTimestamp),
    isTimeProven: false,
  };
}

/**
 * @param {RegistryRecord} record
 * @returns {StatusRecord}
 */
function statusOf(record) {
  const event = /** @type {any} */ (record.event);
  const [place, timestamp] = [placeOf(record), timeOf(record.blockTimestamp)];
  const { fromHour } = event;
  if (record.kind === "CertificateReplaced") {
    const { agency, newLeaf } = event;
    return { track: REPLACED, fromHour, untilHour: 0, actor: agency, newLeaf, decision: null, place, timestamp };
  }
  const { track, untilHour, actor, decision } = event;
  return { track, fromHour, untilHour, actor, newLeaf: null, decision, place, timestamp };
}

/** @param {RegistryRecord} record */
function placeOf({ blockNumber, logIndex }) {
  return { block: Number(blockNumber), logIndex };
}
