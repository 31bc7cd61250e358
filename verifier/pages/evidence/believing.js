// Whether a trust list makes a block believed: the first half of every proof and checkpoint. What fails here speaks
// against the block under this list, never against a certificate.

import { blockHash } from "./block_hash.js";
import { readHeader } from "./header.js";
import { checkSeals, requireHeaders } from "./seals.js";

/**
 * A block that enough of the pinned validators sealed, or one at a height where nobody seals; its hash depends on the
 * scheme.
 * @typedef {object} BelievedBlock
 * @property {import("./header.js").Header} header
 * @property {Uint8Array} hash
 * @property {import("./seals.js").Sealing | null} sealing Null where nobody seals.
 */

/**
 * Checks that a trust list makes the first of these headers believed; in Clique its successors follow it.
 * @param {Uint8Array[]} files Headers as RLP.
 * @param {import("./trust_list.js").TrustList} trust
 * @returns {BelievedBlock}
 */
export function believed(files, trust) {
  requireHeaders(files);
  const run = files.map(readHeader);
  const [header] = run;
  const scheme = trust.schemeAt(header.number);
  const sealing = checkSeals(run, scheme, (number) => trust.validatorsAt(number, scheme));
  // The seals were found in the extra data, so it is in the form that the hash is made of.
  return { header, hash: blockHash(header, scheme), sealing };
}
