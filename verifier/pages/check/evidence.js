// What a report tells of the evidence it rests on, where no register was asked. Plain values: a trust list itself has
// functions, which no worker can hand over.

/** @typedef {import("../evidence/seals.js").Sealing} Sealing */
/**
 * Whose list of validators, attesters and council keys was believed; times are seconds since 1970.
 * @typedef {object} TrustUsed
 * @property {number} version
 * @property {number} expires
 * @property {number} chainId
 * @property {Uint8Array} registry
 * @property {Uint8Array} registryId
 * @property {boolean} test
 */
/** @typedef {{scheme: string, signers: number, needed: number, validators: number}} SealsUsed */
/**
 * The checkpoint that was believed.
 * @typedef {object} CheckpointUsed
 * @property {number} blockNumber
 * @property {Uint8Array} blockHash
 * @property {number} time
 * @property {SealsUsed | null} sealing Null on a chain without seals.
 * @property {Uint8Array[]} attesters The kids of those who vouch for it and are in the trust list.
 * @property {boolean} timesVouched Whether they are as many as the trust list demands of them.
 */
/** A proof whose block was believed. @typedef {{agency: number, blockNumber: number, time: number, sealing: SealsUsed | null}} ProofUsed */
/** What an answer without a network rests on. @typedef {{trust: TrustUsed | null, checkpoint: CheckpointUsed | null, proof: ProofUsed | null}} Offline */
/**
 * What can be relied on without a network, before anything was presented.
 * @typedef {object} Grounds
 * @property {Offline} offline
 * @property {import("./wording.js").Message} silence Why nothing is known of the register, where nothing is.
 * @property {boolean} believesProofs Whether what a proof shows is believed: not beside a checkpoint that was refused.
 */

/**
 * Whose word it is when something was recorded; null where no times are told.
 * @param {Offline} offline
 */
export function timesOf({ checkpoint, proof }) {
  if (checkpoint?.timesVouched) return "attested";
  if (proof) return "proven";
  return checkpoint ? "nobody" : null;
}

/**
 * @param {import("../evidence/trust_list.js").TrustList} trust
 * @returns {TrustUsed}
 */
export function trustUsed({ version, expires, chainId, registry, registryId, test }) {
  return { version, expires: Math.floor(expires.getTime() / 1000), chainId, registry, registryId, test };
}

/**
 * @param {Sealing | null} sealing
 * @returns {SealsUsed | null}
 */
export function sealsUsed(sealing) {
  if (sealing === null) return null;
  const { scheme, signers, needed, validators } = sealing;
  return { scheme, signers: signers.length, needed, validators };
}
