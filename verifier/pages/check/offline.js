// What there is to answer from on this device: a trust list, a checkpoint with the types that came with it, and what was
// seen before. What cannot be relied on makes every report say CANNOT_CHECK, and why.

import { compare, equal, hex } from "../evidence/bytes.js";
import { readCheckpoint } from "../evidence/checkpoint.js";
import { verifyCheckpoint } from "../evidence/checkpoint_verify.js";
import { requireBytes, requireTime } from "../evidence/demands.js";
import { CHECKPOINT, kindOf } from "../evidence/envelope.js";
import { EvidenceError, refuse } from "../evidence/errors.js";
import { readPack, verifyPack } from "../evidence/pack.js";
import { LISTS } from "../evidence/steps.js";
import { readTrustList, verifyTrustList } from "../evidence/trust_list.js";
import { dayOf, isoTime, timeOf } from "./calendar.js";
import { byNumber } from "./certificate_types.js";
import { CheckpointSnapshot, isVouchedFor, notCurrent } from "./checkpointed.js";
import { isOf } from "./errors.js";
import { sealsUsed, trustUsed } from "./evidence.js";
import { parse } from "./type_file.js";
import { day, message } from "./wording.js";

/** @typedef {import("../evidence/checkpoint.js").Checkpoint} Checkpoint */
/** @typedef {import("../evidence/checkpoint_verify.js").Believed} Believed */
/** @typedef {import("../evidence/trust_list.js").TrustList} TrustList */
/** @typedef {import("./evidence.js").Grounds} Grounds */
/** @typedef {import("./wording.js").Message} Message */

/**
 * What was believed of one registry before: to be kept, and handed in again. The trust list is as it came; the rest is of
 * the newest checkpoint, and null or empty if there was none.
 * @typedef {object} Seen
 * @property {Uint8Array} trust
 * @property {number | null} blockNumber
 * @property {Uint8Array} blockHash
 * @property {Uint8Array[]} heads After that block.
 */

/**
 * What there is to answer from. It holds functions, so it stays where it was made.
 * @typedef {object} Basis
 * @property {Grounds} grounds
 * @property {TrustList | null} trust Null if it cannot be relied on.
 * @property {CheckpointSnapshot | null} snapshot Null if there is no checkpoint, or none that can be believed.
 * @property {import("./certificate_types.js").KnownType} knownType
 * @property {string[]} hosts The official verifying hosts; none where they are not known.
 * @property {Seen | null} seen What to keep from now on; null if nothing could be believed.
 * @property {{blockNumber: number, time: number} | null} checkpoint The checkpoint that is believed.
 * @property {Message | null} fault Why nothing is known of the register; null where a checkpoint is believed.
 */

/**
 * Believes what can be believed of the files, once for all questions. Never throws for what is in them.
 * @param {{trust: Uint8Array | null, pack: Uint8Array | null, now: Date, seen?: Seen | null}} given A pack may be a
 *   checkpoint's file as well; `seen` is what the basis before this one said to keep.
 * @returns {Promise<Basis>}
 */
export async function makeBasis({ trust: trustFile, pack, now, seen = null }) {
  requireTime(now);
  [trustFile, pack].filter((file) => file !== null).forEach((file) => requireBytes(file, "a trust list or a pack"));
  try {
    return await believe(trustFile, pack, now, seen);
  } catch {
    // Whoever asks about a certificate gets a report, CANNOT_CHECK, whatever failed here.
    return nothing(null, message("registry.unforeseen"), seen);
  }
}

/**
 * Says that a day asked about is after the checkpoint's: what became of anything until then, it cannot say.
 * @param {Basis} basis
 * @param {string} asked
 */
export function dayFault({ snapshot }, asked) {
  if (snapshot === null) return null;
  const last = dayOf(snapshot.head.timestamp);
  return asked > last ? message("offline.day_after", { day: day(asked), last: day(last) }) : null;
}

/**
 * @param {Uint8Array | null} trustFile
 * @param {Uint8Array | null} packFile
 * @param {Date} now
 * @param {Seen | null} seen
 */
async function believe(trustFile, packFile, now, seen) {
  /** @type {TrustList | null} */
  let previous = null;
  try {
    previous = seen && (await readTrustList(seen.trust));
  } catch (error) {
    return refused(null, "offline.state_unusable", error, seen);
  }
  /** @type {TrustList} */
  let trust;
  try {
    if (trustFile === null) return refuse("EvidenceMalformed", "got no trust list, wanted one");
    trust = await readTrustList(trustFile);
  } catch (error) {
    return refused(null, "offline.trust_list_refused", error, seen);
  }
  const fault = notCurrent(trust, now);
  if (fault !== null) return nothing(null, fault, seen);
  try {
    verifyTrustList(trust, { now, previous });
  } catch (error) {
    return refused(null, "offline.went_back", error, seen);
  }
  // The list is believed, whatever becomes of the checkpoint.
  /** @type {Seen} */
  const kept = { blockNumber: null, blockHash: new Uint8Array(0), heads: [], ...seen, trust: trustFile };
  if (packFile === null) {
    const why = message("offline.no_checkpoint");
    return { ...nothing(trust, why, kept), grounds: { offline: offlineOf(trust), silence: why, believesProofs: true } };
  }
  return withPack(trust, packFile, kept);
}

/**
 * @param {TrustList} trust
 * @param {Uint8Array} packFile
 * @param {Seen} seen
 * @returns {Promise<Basis>}
 */
async function withPack(trust, packFile, seen) {
  let brought;
  try {
    const isCheckpoint = (await kindOf(packFile)) === CHECKPOINT;
    brought = isCheckpoint ? { checkpoint: await readCheckpoint(packFile), types: [] } : await readPack(packFile);
  } catch (error) {
    return refused(trust, "offline.checkpoint_refused", error, seen);
  }
  /** @type {Believed} */
  let believed;
  try {
    believed = brought.types.length ? await verifyPack(brought, trust) : await verifyCheckpoint(brought.checkpoint, trust);
    requirePassed(believed, seen);
  } catch (error) {
    const key = isOf(error, "WentBack") ? "offline.went_back" : "offline.checkpoint_refused";
    return refused(trust, key, error, seen, `${stated(brought.checkpoint)}: `);
  }
  const { checkpoint, sealing, attesters } = believed;
  const snapshot = new CheckpointSnapshot(believed, trust);
  const used = {
    blockNumber: Number(checkpoint.blockNumber),
    blockHash: checkpoint.blockHash,
    time: timeOf(checkpoint.timestamp),
    sealing: sealsUsed(sealing),
    attesters,
    timesVouched: isVouchedFor(believed, trust),
  };
  const offline = { ...offlineOf(trust), checkpoint: used };
  return {
    // Why nothing is known is never asked then: the checkpoint answers.
    grounds: { offline, silence: message("offline.no_checkpoint"), believesProofs: true },
    trust,
    snapshot,
    knownType: byNumber(await typesOf(brought.types, snapshot)),
    hosts: snapshot.hostsEver(),
    seen: { ...seen, blockNumber: used.blockNumber, blockHash: used.blockHash, heads: checkpoint.heads },
    checkpoint: { blockNumber: used.blockNumber, time: used.time },
    fault: null,
  };
}

/**
 * Refuses (`WentBack`) a checkpoint unless its history goes on from that of the one seen before.
 * @param {Believed} believed
 * @param {Seen} seen
 */
function requirePassed({ checkpoint, history }, { blockNumber, blockHash, heads }) {
  if (blockNumber === null) return;
  const { blockNumber: number, blockHash: hash } = checkpoint;
  if (number < blockNumber) {
    refuse("WentBack", `got a checkpoint of block ${number}, saw one of block ${blockNumber} before`);
  }
  if (number === blockNumber && !equal(hash, blockHash)) {
    refuse("WentBack", `block ${number}: got the hash ${hex(hash)}, saw ${hex(blockHash)} before`);
  }
  // Of the same block, its own heads have just been proven.
  const passed = number === blockNumber ? checkpoint.heads : history.heads(blockNumber);
  const changed = LISTS.filter((_, which) => !equal(passed[which], heads[which]));
  if (changed.length) {
    const lists = changed.join(", ");
    refuse("WentBack", `got another history of ${lists} up to block ${blockNumber} than was seen before`);
  }
}

/**
 * Returns the types that files define, as far as they are understood here and the registry lists them so.
 * @param {Uint8Array[]} files
 * @param {CheckpointSnapshot} snapshot
 */
async function typesOf(files, snapshot) {
  const now = { block: snapshot.head.number + 1, logIndex: 0 };
  const found = [];
  for (const file of files) {
    try {
      const brought = await parse(file);
      const digest = snapshot.typeDigest(brought.number, brought.version, now);
      if (digest !== null && equal(digest, brought.digest)) found.push(brought);
    } catch (error) {
      if (!isOf(error, "CertificateTypeInvalid")) throw error;
    }
  }
  return found.sort((a, b) => compare(a.digest, b.digest));
}

/**
 * @param {TrustList | null} trust
 * @param {string} key
 * @param {unknown} error
 * @param {Seen | null} seen
 * @param {string} [about]
 */
function refused(trust, key, error, seen, about = "") {
  if (!(error instanceof EvidenceError)) throw error;
  return nothing(trust, message(key, { detail: about + error.message }), seen);
}

/**
 * @param {TrustList | null} trust
 * @param {Message} why
 * @param {Seen | null} seen
 * @returns {Basis}
 */
function nothing(trust, why, seen) {
  return {
    grounds: { offline: offlineOf(trust), silence: why, believesProofs: false },
    trust,
    snapshot: null,
    knownType: byNumber([]),
    hosts: [],
    seen,
    checkpoint: null,
    fault: why,
  };
}

/**
 * @param {TrustList | null} trust
 * @returns {import("./evidence.js").Offline}
 */
function offlineOf(trust) {
  return { trust: trust && trustUsed(trust), checkpoint: null, proof: null };
}

/**
 * Says of which block a checkpoint says to be, which need not be true; nor need its time be one that exists.
 * @param {Checkpoint} checkpoint
 */
function stated({ blockNumber, timestamp }) {
  try {
    return `block ${blockNumber} of ${isoTime(timeOf(timestamp))}`;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return `block ${blockNumber}`;
  }
}
