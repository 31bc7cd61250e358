// The hashes of a block: what everybody calls its hash, and what its validators seal. They leave out the seals, which
// stand in the extra data.

import { hex } from "./bytes.js";
import { requireScheme } from "./demands.js";
import { refuse } from "./errors.js";
import { writeHeader } from "./header.js";
import { keccak } from "./keccak.js";
import * as rlp from "./rlp.js";

/** @typedef {import("./types.js").Item} Item */
/** @typedef {import("./header.js").Header} Header */
/** @typedef {{vanity: Uint8Array, listed: Uint8Array[], vote: Item, round: Uint8Array, seals: Uint8Array[]}} Extra */

const MALFORMED = "EvidenceMalformed";
const NOTHING = new Uint8Array(0);
export const VANITY = 32;
export const SEAL = 65;
const ADDRESS = 20;
const ROUND = 4;

/**
 * Returns what everybody calls the block's hash.
 * @param {Header} header
 * @param {string} scheme
 */
export function blockHash(header, scheme) {
  requireScheme(scheme);
  if (scheme === "none" || scheme === "clique") return keccak(writeHeader(header));
  const { vanity, listed, vote } = bftExtra(header, scheme);
  return hashWith(header, scheme === "qbft" ? [vanity, listed, vote, NOTHING, []] : [vanity, listed, vote]);
}

/**
 * Returns the hash that a validator's seal signs.
 * @param {Header} header
 * @param {string} scheme
 */
export function commitHash(header, scheme) {
  requireScheme(scheme);
  if (scheme === "none")
    return refuse(MALFORMED, "got a header of a chain without seals, wanted one that somebody signed");
  if (scheme === "clique") return keccak(writeHeader(header, header.extra.slice(0, -SEAL)));
  return bftCommitHash(header, scheme, bftExtra(header, scheme));
}

/**
 * Reads the extra data of a QBFT or IBFT 2 header.
 * @param {Header} header
 * @param {string} scheme
 * @returns {Extra}
 */
export function bftExtra(header, scheme) {
  const read = rlp.decode(header.extra, MALFORMED, { depth: 2 });
  const [vanity, listed, vote, round, seals] = Array.isArray(read) && read.length === 5 ? read : [];
  if (
    !rlp.isBytes(vanity) ||
    vanity.length !== VANITY ||
    !allOf(ADDRESS, listed) ||
    !isVote(vote, scheme) ||
    !rlp.isBytes(round) ||
    !isRound(round, scheme) ||
    !allOf(SEAL, seals)
  ) {
    return refuse(MALFORMED, `block ${header.number}: got extra data other than that of ${scheme}`);
  }
  if (!listed.length && vote.length) {
    refuse(MALFORMED, `block ${header.number}: got a vote where a contract names the validators`);
  }
  return { vanity, listed, vote, round, seals };
}

/**
 * @param {number} width
 * @param {Item | undefined} items
 * @returns {items is Uint8Array[]}
 */
function allOf(width, items) {
  return Array.isArray(items) && items.every((item) => rlp.isBytes(item) && item.length === width);
}

/**
 * To add a validator, to drop one, or neither.
 * @param {Item | undefined} vote
 * @param {string} scheme
 * @returns {vote is Item}
 */
function isVote(vote, scheme) {
  if (rlp.isBytes(vote)) return scheme === "ibft2" && !vote.length;
  if (!Array.isArray(vote) || !vote.length) return scheme === "qbft" && vote !== undefined;
  const [address, what] = vote;
  if (vote.length !== 2 || !allOf(ADDRESS, [address]) || !rlp.isBytes(what)) return false;
  return ["ff", scheme === "ibft2" ? "00" : ""].includes(hex(what));
}

/**
 * @param {Uint8Array} round
 * @param {string} scheme
 */
function isRound(round, scheme) {
  return scheme === "ibft2" ? round.length === ROUND : round.length <= ROUND && round[0] !== 0;
}

/**
 * @param {Header} header
 * @param {string} scheme
 * @param {Extra} extra
 */
export function bftCommitHash(header, scheme, { vanity, listed, vote, round }) {
  return hashWith(header, scheme === "ibft2" ? [vanity, listed, vote, round] : [vanity, listed, vote, round, []]);
}

/**
 * @param {Header} header
 * @param {Item[]} extra
 */
function hashWith(header, extra) {
  return keccak(writeHeader(header, rlp.encode(extra)));
}
