// What verification asks about the registry, and the values it is answered with. `checkpointed.js` answers from a
// checkpoint alone, `served.js` from a checkpoint and what a service adds to it.

/** Where an event stands on the chain. @typedef {{block: number, logIndex: number}} Place */

/**
 * An ES256 document key, as the registry lists it for an agency now. Times are seconds since 1970, the last one
 * exclusive and 0 without end.
 * @typedef {object} ListedKey
 * @property {Uint8Array} kid
 * @property {import("../evidence/keys.js").PublicKey} publicKey
 * @property {number} listedAtBlock
 * @property {number | bigint} validFrom
 * @property {number | bigint} validUntil
 * @property {number | bigint} cutOffBlock
 */

/** An agency; its parent is 0 for a top-level one. @typedef {{id: number, parent: number, code: string, name: string}} AgencyRecord */

/**
 * An anchored batch. Which leaves it has, only a path tells.
 * @typedef {object} Batch
 * @property {number} agency
 * @property {Uint8Array} root
 * @property {number} certificateType
 * @property {number} version
 * @property {number} size
 * @property {number} sequence
 * @property {Place} place
 * @property {number} timestamp
 * @property {boolean} isTimeProven Whether a header that enough validators sealed shows this time.
 */

/**
 * One entry about one leaf. An hour of 0 lifts the track, or is without end; the actor 0 is the council.
 * @typedef {object} StatusRecord
 * @property {number} track
 * @property {number} fromHour
 * @property {number} untilHour
 * @property {number} actor
 * @property {Uint8Array | null} newLeaf What takes the leaf's place, where a replacement was anchored.
 * @property {Uint8Array | null} decision The salted digest of the written decision; null where a replacement was anchored.
 * @property {Place} place
 * @property {number} timestamp
 */

/**
 * Which registry it is.
 * @typedef {{chainId: number, registryId: Uint8Array, address: Uint8Array, agenciesAddress: Uint8Array, test: boolean}} Identity
 */

/**
 * All that is known of one registry at one moment, consistent in itself.
 * @typedef {object} Snapshot
 * @property {Identity} identity
 * @property {{number: number, timestamp: number}} head The newest known block.
 * @property {number} confirmations How many blocks must follow a block for it to be final.
 * @property {number} finalStatuses The newest block whose statuses nothing takes back.
 * @property {boolean} isCheckpoint Whether a checkpoint alone answers.
 * @property {boolean} timesVouched Whether somebody who is trusted says when blocks were made.
 * @property {(batch: Batch, dates: (number | bigint)[]) => Batch[]} possibly A batch, then as it is at other places and
 *   times that it may have had: those that make a difference.
 * @property {(now: Date) => boolean} isDated Whether what became of a certificate is known only as of a day ago or more.
 * @property {(now: Date) => import("./wording.js").Message | null} doubt Why this may not be the truth.
 * @property {(agency: number) => AgencyRecord | null} agency
 * @property {() => string[]} hostsEver
 * @property {(agency: number, kidPrefix: Uint8Array) => ListedKey[]} keys
 * @property {(agency: number, root: Uint8Array) => Batch | null} batch
 * @property {(agency: number, place: Place) => boolean} isSuspended
 * @property {(agency: number, certificateType: number, place: Place) => boolean} holdsType
 * @property {(certificateType: number, version: number, place: Place) => Uint8Array | null} typeDigest
 * @property {(agency: number, leaf: Uint8Array) => StatusRecord[]} statuses In the chain's order.
 */

/** The cut-off block of a key that has none. */
export const NO_CUT_OFF = 2n ** 64n - 1n;

/** The tracks of a status, as ICertificates numbers them. */
export const TRACKS = /** @type {const} */ ([
  "RESCINDED",
  "REVOKED",
  "WITHDRAWN",
  "CANCELLED",
  "REPLACED",
  "SUSPENSION",
  "LOSS",
  "RENEWAL_PENDING",
]);
export const REPLACED = TRACKS.indexOf("REPLACED");

/**
 * Which of two places comes first: negative, 0 or positive.
 * @param {Place} a
 * @param {Place} b
 */
export function comparePlaces(a, b) {
  return a.block - b.block || a.logIndex - b.logIndex;
}

/**
 * Returns the newest block that is final: so many blocks follow it as the registry's profile demands.
 * @param {Snapshot} snapshot
 */
export function finalBlock(snapshot) {
  return snapshot.head.number - snapshot.confirmations;
}
