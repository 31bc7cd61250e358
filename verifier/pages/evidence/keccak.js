// Keccak-256, as Ethereum hashes: SHA-3's function with the padding from before it became a standard.

import { keccak_256 } from "@noble/hashes/sha3.js";

/**
 * @param {Uint8Array} data
 * @returns {Uint8Array} 32 bytes.
 */
export function keccak(data) {
  return keccak_256(data);
}
