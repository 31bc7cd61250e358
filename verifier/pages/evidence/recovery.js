// Whose secp256k1 key made a signature, as Ethereum recovers it.

import { secp256k1 } from "@noble/curves/secp256k1.js";

import { concat, fromInteger, hex, toInteger } from "./bytes.js";
import { refuse } from "./errors.js";
import { keccak } from "./keccak.js";

export const SIGNATURE_BYTES = 65;
/** The order n of secp256k1 (SEC 2, section 2.4.1). */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const HALF_ORDER = ORDER / 2n;
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

/**
 * Returns the one of r ‖ s ‖ v and r ‖ n - s ‖ 1 - v that `signerOf` takes; both are the same key's.
 * @param {Uint8Array} signature
 */
export function withLowS(signature) {
  const s = toInteger(signature.subarray(32, 64));
  if (signature.length !== SIGNATURE_BYTES || signature[64] > 1 || s <= HALF_ORDER || s >= ORDER) return signature;
  return concat(signature.subarray(0, 32), fromInteger(ORDER - s, 32), Uint8Array.of(1 - signature[64]));
}
