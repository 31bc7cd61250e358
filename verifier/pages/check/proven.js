// What the proofs that came with a certificate show: that its leaf was anchored, by whom, as what and in which block. A
// file is a stranger's until it has led from the certificate's own leaf to a root in a block that seals vouch for.

import { equal, hex } from "../evidence/bytes.js";
import { readProof, verifyProof } from "../evidence/proof.js";
import { timeOf } from "./calendar.js";
import { isOf } from "./errors.js";
import { sealsUsed } from "./evidence.js";
import { check } from "./report.js";
import { message } from "./wording.js";

/** @typedef {import("../evidence/proof.js").Anchored} Anchored */
/** @typedef {import("../evidence/trust_list.js").TrustList} TrustList */
/** @typedef {import("./form.js").Claimed} Claimed */
/** @typedef {import("./report.js").Check} Check */

/**
 * What became of all the proofs of one certificate.
 * @typedef {object} Proven
 * @property {Anchored[]} anchored The earliest block first.
 * @property {Check | null} fault Check 3, where one of them shows something else, or its block is not believed: none is
 *   relied on then.
 * @property {Check | null} spoilt Check 7, where one of them cannot be read.
 */

/**
 * Where no proof came along.
 * @type {Proven}
 */
export const NOTHING = { anchored: [], fault: null, spoilt: null };

/**
 * Verifies proofs against a trust list; one that does not hold spoils them all, for they came as one.
 * @param {Uint8Array[]} proofs
 * @param {Claimed} claimed
 * @param {TrustList} trust
 * @returns {Promise<Proven>}
 */
export async function anchoredBy(proofs, { leaf, agency }, trust) {
  const anchored = [];
  for (const data of proofs) {
    let proof;
    try {
      proof = await readProof(data);
    } catch (error) {
      if (!isOf(error, "Malformed")) throw error;
      return { ...NOTHING, spoilt: malformed(error) };
    }
    if (!equal(proof.registryId, trust.registryId)) {
      return { ...NOTHING, fault: foreign(proof.registryId, trust.registryId) };
    }
    try {
      anchored.push(await verifyProof(proof, { leaf, agency, trust }));
    } catch (error) {
      if (isOf(error, "Malformed", "NotProven")) {
        const said = message("inclusion.proof_does_not_fit", { detail: error.message });
        return { ...NOTHING, fault: check("inclusion", "FAILED", said, ["ALTERED"]) };
      }
      if (!isOf(error, "EvidenceRefused")) throw error;
      const said = message("inclusion.proof_not_sealed", { detail: error.message });
      return { ...NOTHING, fault: check("inclusion", "UNKNOWN", said) };
    }
  }
  return { ...NOTHING, anchored: anchored.sort((a, b) => Number(a.blockNumber) - Number(b.blockNumber)) };
}

/**
 * Returns the earliest proof whose block is believed: it is sealed, or a checkpoint lists the same batch in it.
 * @param {Proven} evidence
 * @param {Check} included
 * @param {import("./knowledge.js").Snapshot | null} snapshot
 * @returns {import("./evidence.js").ProofUsed | null}
 */
export function used(evidence, included, snapshot) {
  const listed = snapshot === null ? -1 : snapshot.head.number;
  const shown = evidence.anchored.find(({ sealing, blockNumber }) => sealing !== null || blockNumber <= listed);
  if (!shown || included.outcome !== "PASSED") return null;
  const { agency, blockNumber, timestamp, sealing } = shown;
  return { agency, blockNumber: Number(blockNumber), time: timeOf(timestamp), sealing: sealsUsed(sealing) };
}

/**
 * Whether the registry's own list and a proof say the same of a batch.
 * @param {import("./knowledge.js").Batch} listed
 * @param {Anchored} shown
 */
export function agree(listed, shown) {
  return (
    listed.place.block === shown.blockNumber &&
    listed.timestamp === shown.timestamp &&
    listed.size === shown.size &&
    listed.sequence === shown.sequence &&
    listed.certificateType === shown.certificateType &&
    listed.version === shown.version
  );
}

/**
 * Says that a proof belongs to another registry.
 * @param {Uint8Array} registry
 * @param {Uint8Array} ours
 */
function foreign(registry, ours) {
  const said = message("inclusion.proof_other_registry", { registry: hex(registry), our_registry: hex(ours) });
  return check("inclusion", "FAILED", said, ["UNSUPPORTED"]);
}

/**
 * Says that what came along as a proof cannot be read.
 * @param {Error} error
 */
function malformed(error) {
  const [key, reason] = isOf(error, "EvidenceUnsupported")
    ? ["document.proof_unsupported", "UNSUPPORTED"]
    : ["document.proof_malformed", "ALTERED"];
  return check("document", "FAILED", message(key, { detail: error.message }), [reason]);
}
