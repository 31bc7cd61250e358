// What somebody brought, taken out of its wrapping but not yet believed or even parsed. PDF files and pictures are not
// read here, so it is one thing.

/**
 * @typedef {object} Presented
 * @property {string[]} certificates SD-JWTs.
 * @property {Uint8Array[]} copies Files of limited copies; what a code says of one is among the codes.
 * @property {string[]} codes
 * @property {number} foreignCodes
 * @property {string[]} foreignHosts To which hosts those lead, as far as they are addresses.
 * @property {string | null} shortNumber
 * @property {Uint8Array[]} proofs Files that say they prove it; nobody has read them yet.
 * @property {import("./wording.js").Message | null} fault Why nothing could be read.
 */

/**
 * @param {Partial<Presented>} found
 * @returns {Presented}
 */
export function presented(found) {
  return {
    certificates: [],
    copies: [],
    codes: [],
    foreignCodes: 0,
    foreignHosts: [],
    shortNumber: null,
    proofs: [],
    fault: null,
    ...found,
  };
}
