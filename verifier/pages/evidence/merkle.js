// RFC 9162 Merkle trees: the root that an inclusion path leads to.

import { concat, sha256 } from "./bytes.js";
import { HASH, requireBytes } from "./demands.js";
import { refuse } from "./errors.js";

export const MAX_BATCH = 1024;
export const MAX_PATH = 10;

const NODE = Uint8Array.of(1);

/**
 * Where a leaf lies in its batch.
 * @typedef {{size: number, index: number, hashes: Uint8Array[]}} InclusionPath
 */

/**
 * Returns the root that the path leads to (RFC 9162, section 2.1.3.2); refuses a path that cannot belong to that index
 * and size. Whether the root is the anchored one is the caller's to compare.
 * @param {Uint8Array} leaf
 * @param {InclusionPath} path
 */
export async function rootFromPath(leaf, { size, index, hashes }) {
  [leaf, ...hashes].forEach((hash) => requireBytes(hash, "a hash in a path"));
  if (typeof size !== "number" || typeof index !== "number") throw new TypeError("got a size or index of another type");
  if (!(Number.isSafeInteger(size) && Number.isSafeInteger(index) && index >= 0 && index < size)) {
    refuse("TreeMalformed", `got leaf index ${index}, wanted one within a tree of ${size}`);
  }
  for (const hash of [leaf, ...hashes]) {
    if (hash.length !== HASH) refuse("TreeMalformed", `got a hash of ${hash.length} bytes, wanted ${HASH}`);
  }
  let node = leaf;
  let wanted = 0;
  let [place, last] = [index, size - 1];
  while (last > 0) {
    // The last node of a level that has an odd number of them has no sibling: it moves up as it is.
    if (place % 2 || place < last) {
      const sibling = hashes[wanted];
      wanted += 1;
      if (!sibling) return refuse("TreeMalformed", `got a path of ${hashes.length} hashes, wanted more`);
      node = await sha256(place % 2 ? concat(NODE, sibling, node) : concat(NODE, node, sibling));
    }
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  if (wanted !== hashes.length) refuse("TreeMalformed", `got a path of ${hashes.length} hashes, wanted ${wanted}`);
  return node;
}

/**
 * Says which limit a path oversteps, as it stands in a code or a proof; empty if none. Whether it fits its index and
 * size, `rootFromPath` finds out.
 * @param {InclusionPath} path
 */
export function pathFault({ size, index, hashes }) {
  if (!(index >= 0 && index < size && size <= MAX_BATCH)) {
    return `got leaf ${index} of ${size}, wanted one of at most ${MAX_BATCH}`;
  }
  if (hashes.length > MAX_PATH || hashes.some((hash) => hash.length !== HASH)) {
    return `got ${hashes.length} hashes in a path, wanted at most ${MAX_PATH}, of ${HASH} bytes each`;
  }
  return "";
}
