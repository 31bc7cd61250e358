// What a service tells beside a believed checkpoint, as verification asks it. Nothing of it is believed on its word alone:
// keys, rights and types are the checkpoint's; a batch counts only if the path that comes with it leads from the leaf to a
// root that the checkpoint lists; statuses up to the checkpoint are the checkpoint's, and must have been told as they are.
//
// What came after the checkpoint nobody vouches for. A later batch proves nothing yet. A later status is taken as one that
// is not final, so that it can speak against a certificate and never for it. That a service leaves out what came after
// the checkpoint, or a leaf in a batch that the checkpoint lists, nothing here can find out.

import { equal, hex } from "../evidence/bytes.js";
import { isOf } from "./errors.js";
import { rootOf } from "./inclusion.js";
import { read } from "./served_form.js";
import { message } from "./wording.js";

/** @typedef {import("./checkpointed.js").CheckpointSnapshot} CheckpointSnapshot */
/** @typedef {import("./knowledge.js").Batch} Batch */
/** @typedef {import("./knowledge.js").Place} Place */
/** @typedef {import("./knowledge.js").StatusRecord} StatusRecord */
/** @typedef {import("./served_form.js").Told} Told */
/** @typedef {import("./served_form.js").ToldLeaf} ToldLeaf */
/** @typedef {import("./wording.js").Message} Message */

/**
 * What was asked about: the beginning of a leaf, and of which agency's leaf all statuses must be told, if that is known.
 * @typedef {{prefix: string | null, agency: number | null, leaf: Uint8Array | null}} Asked
 */

const SHORT_NUMBER_BYTES = 7;

/** Answers from a checkpoint and what a service adds to it; a `Snapshot` of knowledge.js. */
export class ServedSnapshot {
  isCheckpoint = false;

  /**
   * @param {CheckpointSnapshot} checkpoint
   * @param {Told | null} told Null where it is in no form, or nothing had to be asked.
   * @param {Message | null} lie What was caught.
   */
  constructor(checkpoint, told, lie) {
    this.checkpoint = checkpoint;
    this.told = told;
    this.lie = lie;
    this.identity = checkpoint.identity;
    this.timesVouched = checkpoint.timesVouched;
    this.head = told?.block ?? checkpoint.head;
    this.confirmations = told?.confirmations ?? 0;
    this.finalStatuses = Math.min(checkpoint.head.number, this.head.number - this.confirmations);
    /** @type {Map<string, ToldLeaf>} */
    this.leaves = new Map(lie === null ? told?.leaves.map((each) => [hex(each.leaf), each]) : []);
  }

  /**
   * Reads an answer and holds all that is in it against the checkpoint.
   * @param {unknown} answer
   * @param {Asked} asked
   * @param {CheckpointSnapshot} checkpoint
   */
  static async of(answer, asked, checkpoint) {
    if (asked.prefix === null && answer === null) return new ServedSnapshot(checkpoint, null, null);
    let told;
    try {
      told = read(answer);
    } catch (error) {
      if (!isOf(error, "Malformed")) throw error;
      return new ServedSnapshot(checkpoint, null, message("service.malformed", { detail: error.message }));
    }
    return new ServedSnapshot(checkpoint, told, await lieOf(told, asked, checkpoint));
  }

  /**
   * Says why this may not be the truth: a lie, what speaks against the checkpoint, or an answer that is not of now.
   * @param {Date} now
   */
  doubt(now) {
    return this.lie ?? this.checkpoint.doubt(now) ?? (this.told && (this.told.doubt ?? staleness(this.told, now)));
  }

  /**
   * Whether the checkpoint is so old that too much hangs on the service's word alone.
   * @param {Date} now
   */
  isDated(now) {
    return this.checkpoint.isDated(now);
  }

  /**
   * @param {Batch} batch
   * @param {(number | bigint)[]} dates
   */
  possibly(batch, dates) {
    return this.checkpoint.possibly(batch, dates);
  }

  /** @param {number} agency */
  agency(agency) {
    return this.checkpoint.agency(agency);
  }

  hostsEver() {
    return this.checkpoint.hostsEver();
  }

  /**
   * @param {number} agency
   * @param {Uint8Array} kidPrefix
   */
  keys(agency, kidPrefix) {
    return this.checkpoint.keys(agency, kidPrefix);
  }

  /**
   * @param {number} agency
   * @param {Uint8Array} root
   */
  batch(agency, root) {
    return this.checkpoint.batch(agency, root);
  }

  /**
   * @param {number} agency
   * @param {Place} place
   */
  isSuspended(agency, place) {
    return this.checkpoint.isSuspended(agency, place);
  }

  /**
   * @param {number} agency
   * @param {number} certificateType
   * @param {Place} place
   */
  holdsType(agency, certificateType, place) {
    return this.checkpoint.holdsType(agency, certificateType, place);
  }

  /**
   * @param {number} certificateType
   * @param {number} version
   * @param {Place} place
   */
  typeDigest(certificateType, version, place) {
    return this.checkpoint.typeDigest(certificateType, version, place);
  }

  /**
   * Returns what the checkpoint holds about an agency's leaf, then what is told to have been recorded after it.
   * @param {number} agency
   * @param {Uint8Array} leaf
   * @returns {StatusRecord[]}
   */
  statuses(agency, leaf) {
    const told = this.leaves.get(hex(leaf))?.statuses ?? [];
    const later = told.filter((each) => each.agency === agency && each.record.place.block > this.checkpoint.head.number);
    return [...this.checkpoint.statuses(agency, leaf), ...later.map(({ record }) => record)];
  }

  /**
   * Returns every batch, of any agency, to whose root a path was told: those that the checkpoint lists, and later ones.
   * @param {Uint8Array} leaf
   * @returns {{listed: Batch[], later: Batch[]}}
   */
  batchesWith(leaf) {
    const told = (this.leaves.get(hex(leaf))?.batches ?? []).map(({ batch }) => batch);
    const isLater = (/** @type {Batch} */ { place }) => place.block > this.checkpoint.head.number;
    return { listed: told.filter((batch) => !isLater(batch)), later: told.filter(isLater) };
  }

  /**
   * Returns the batches of an agency that are told to hold a leaf, and that the checkpoint is too old for.
   * @param {number} agency
   * @param {Uint8Array} leaf
   */
  laterOf(agency, leaf) {
    return this.batchesWith(leaf).later.filter((batch) => batch.agency === agency);
  }

  /**
   * Returns the leaves that begin as a short number says, and are told to be in a batch.
   * @param {Uint8Array} prefix 60 bits, in 8 bytes.
   */
  leavesBeginning(prefix) {
    return [...this.leaves.values()]
      .filter(({ leaf, batches }) => {
        const begins = equal(leaf.subarray(0, SHORT_NUMBER_BYTES), prefix.subarray(0, SHORT_NUMBER_BYTES));
        return begins && leaf[SHORT_NUMBER_BYTES] >> 4 === prefix[SHORT_NUMBER_BYTES] >> 4 && batches.length > 0;
      })
      .map(({ leaf }) => leaf);
  }
}

/**
 * Says that an answer is not of now by this device's clock; null if it is.
 * @param {Told} told
 * @param {Date} now
 */
function staleness({ block, polledAt, maxHeadAge: limit }, now) {
  const age = Math.floor(now.getTime() / 1000) - Math.min(block.timestamp, polledAt);
  const ahead = Math.max(block.timestamp, polledAt) - Math.floor(now.getTime() / 1000);
  if (age > limit) return message("service.stale", { age, limit });
  return ahead > limit ? message("service.clock", { age: ahead }) : null;
}

/**
 * Says what in an answer cannot be true beside the checkpoint; null if all of it may be.
 * @param {Told} told
 * @param {Asked} asked
 * @param {CheckpointSnapshot} checkpoint
 * @returns {Promise<Message | null>}
 */
async function lieOf(told, asked, checkpoint) {
  const found = lieOfWhole(told, asked, checkpoint);
  if (found) return found;
  for (const each of told.leaves) {
    for (const { batch, path } of each.batches) {
      const said = (await lieOfPath(each.leaf, batch, path)) ?? lieOfBatch(batch, told, checkpoint);
      if (said) return said;
    }
    const said = lieOfStatuses(each, asked, told, checkpoint);
    if (said) return said;
  }
  const { agency, leaf } = asked;
  const isLeft = agency !== null && leaf !== null && !told.leaves.some((each) => equal(each.leaf, leaf));
  return isLeft ? lieOfStatuses({ leaf, batches: [], statuses: [] }, asked, told, checkpoint) : null;
}

/**
 * @param {Told} told
 * @param {Asked} asked
 * @param {CheckpointSnapshot} checkpoint
 */
function lieOfWhole({ prefix, registry, block, leaves }, asked, { head, identity, blockHash }) {
  if (prefix !== (asked.prefix ?? prefix) || leaves.some(({ leaf }) => !hex(leaf).startsWith(prefix))) {
    return message("service.other_prefix");
  }
  if (
    registry.chainId !== identity.chainId ||
    registry.test !== identity.test ||
    !equal(registry.registryId, identity.registryId) ||
    !equal(registry.registry, identity.address) ||
    !equal(registry.agencies, identity.agenciesAddress)
  ) {
    return message("service.other_registry");
  }
  const blocks = { block: block.number, checkpoint: head.number };
  if (block.number < head.number) return message("service.behind_checkpoint", blocks);
  const isSame = block.number > head.number || (equal(block.hash, blockHash) && block.timestamp === head.timestamp);
  return isSame && block.timestamp >= head.timestamp ? null : message("service.other_block", blocks);
}

/**
 * @param {Uint8Array} leaf
 * @param {Batch} batch
 * @param {import("../evidence/merkle.js").InclusionPath} path
 */
async function lieOfPath(leaf, { root, place }, path) {
  const reached = await rootOf(leaf, path);
  return reached !== null && equal(reached, root) ? null : message("service.path", { block: place.block });
}

/**
 * @param {Batch} batch
 * @param {Told} told
 * @param {CheckpointSnapshot} checkpoint
 */
function lieOfBatch(batch, { block: newest }, checkpoint) {
  const { block } = batch.place;
  const listed = checkpoint.batch(batch.agency, batch.root);
  if (block > checkpoint.head.number) {
    // The registry takes no batch twice.
    if (listed !== null) return message("service.batch_differs", { block });
    return isWithin(batch, newest, checkpoint) ? null : message("service.impossible", { block });
  }
  if (listed === null) return message("service.batch_not_listed", { block, checkpoint: checkpoint.head.number });
  const isSame =
    listed.certificateType === batch.certificateType &&
    listed.version === batch.version &&
    listed.size === batch.size &&
    listed.sequence === batch.sequence &&
    isAtOnce(listed, batch);
  return isSame ? null : message("service.batch_differs", { block });
}

/**
 * Holds what is told about a leaf to what the checkpoint holds, agency by agency.
 * @param {ToldLeaf} each
 * @param {Asked} asked
 * @param {Told} told
 * @param {CheckpointSnapshot} checkpoint
 */
function lieOfStatuses({ leaf, batches, statuses }, asked, told, checkpoint) {
  const number = checkpoint.head.number;
  const later = statuses.map(({ record }) => record).filter(({ place }) => place.block > number);
  const beyond = later.find((record) => !isWithin(record, told.block, checkpoint));
  if (beyond) return message("service.impossible", { block: beyond.place.block });
  const isAsked = asked.leaf !== null && equal(asked.leaf, leaf);
  const agencies = [
    ...(isAsked && asked.agency !== null ? [asked.agency] : []),
    ...batches.map(({ batch }) => batch.agency),
    ...statuses.map(({ agency }) => agency),
  ];
  for (const agency of new Set(agencies)) {
    const held = checkpoint.statuses(agency, leaf);
    const own = statuses.filter((status) => status.agency === agency).map(({ record }) => record);
    const early = own.filter(({ place }) => place.block <= number);
    if (held.some((record) => !early.some((one) => isSameStatus(one, record)))) {
      return message("service.status_left_out", { checkpoint: number });
    }
    if (early.length !== held.length) return message("service.status_added", { checkpoint: number });
  }
  return null;
}

/**
 * Whether something after the checkpoint stands no later than the newest block, and has a time between those of both.
 * @param {{place: Place, timestamp: number}} told
 * @param {{number: number, timestamp: number}} newest
 * @param {CheckpointSnapshot} checkpoint
 */
function isWithin({ place, timestamp }, newest, { head }) {
  return place.block <= newest.number && head.timestamp <= timestamp && timestamp <= newest.timestamp;
}

/**
 * @param {{place: Place, timestamp: number}} a
 * @param {{place: Place, timestamp: number}} b
 */
function isAtOnce(a, b) {
  return a.place.block === b.place.block && a.place.logIndex === b.place.logIndex && a.timestamp === b.timestamp;
}

/** @type {(a: Uint8Array | null, b: Uint8Array | null) => boolean} */
function isSame(a, b) {
  return a === null || b === null ? a === b : equal(a, b);
}

/**
 * @param {StatusRecord} a
 * @param {StatusRecord} b
 */
function isSameStatus(a, b) {
  return (
    a.track === b.track &&
    a.fromHour === b.fromHour &&
    a.untilHour === b.untilHour &&
    a.actor === b.actor &&
    isSame(a.newLeaf, b.newLeaf) &&
    isSame(a.decision, b.decision) &&
    isAtOnce(a, b)
  );
}
