// Whose secp256k1 key made a signature, as Ethereum recovers it.

import { secp256k1 } from "@noble/curves/secp256k1.js";

import { concat, hex, toInteger } from "./bytes.js";
import { refuse } from "./errors.js";
import { keccak } from "./keccak.js";

export const SIGNATURE_BYTES = 65;
/** Half of the order n of secp256k1 (SEC 2, section 2.4.1), rounded down. */
const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;
const ADDRESS = 20;

/**
 * Returns the address whose key made r ‖ s ‖ v over 32 bytes, v being 0 or 1; null if no key did. Refuses as
 * `EvidenceMalformed` what is not as we write signatures: for each with low s there would be another with high s.
 * @param {Uint8Array} digest
 * @param {Uint8Array} signature
 */
export function signerOf(digest, signature) {
  const r = toInteger(signature.subarray(0, 32));
  const s = toInteger(signature.subarray(32, 64));
  if (signature.length !== SIGNATURE_BYTES || signature[64] > 1 || r === 0n || s === 0n || s > HALF_ORDER) {
    refuse("EvidenceMalformed", `got the signature ${hex(signature)}, wanted r ‖ s ‖ v with low s and v 0 or 1`);
  }
  let key;
  try {
    // The library wants v in front.
    const recoverable = concat(signature.subarray(64), signature.subarray(0, 64));
    key = secp256k1.Signature.fromBytes(recoverable, "recovered").recoverPublicKey(digest);
  } catch {
    return null;
  }
  return keccak(key.toBytes(false).subarray(1)).subarray(-ADDRESS);
}
