// Who seals the blocks of which heights, and how, as a trust list says it.

import { SCHEMES } from "./demands.js";
import { refuse } from "./errors.js";
import { members } from "./strict_json.js";
import { addresses, array, whole } from "./trust_list_members.js";

/** @typedef {import("./types.js").JSONValue} JSONValue */

/**
 * A range of heights; half-open.
 * @typedef {object} ValidatorSet
 * @property {number} fromBlock
 * @property {number | null} untilBlock
 * @property {string} scheme `none`, `qbft`, `ibft2` or `clique`.
 * @property {Uint8Array[]} validators Addresses, ascending; none where nobody seals.
 */

const MALFORMED = "EvidenceMalformed";

/**
 * Reads the ranges: at least one, ascending, without overlap.
 * @param {JSONValue} value
 */
export function setsOf(value) {
  const sets = array(value, "seals").map(setOf);
  if (!sets.length) refuse(MALFORMED, "got no ranges of blocks as seals, wanted at least one");
  sets.slice(1).forEach(({ fromBlock }, place) => {
    const end = sets[place].untilBlock;
    if (end === null || fromBlock < end) {
      refuse(MALFORMED, `got a range from block ${fromBlock} on before the one ahead of it ends`);
    }
  });
  return sets;
}

/**
 * Returns the range that a height is in; refuses (`SealsInsufficient`) if it is in none.
 * @param {ValidatorSet[]} sets
 * @param {number | bigint} number
 */
export function setAt(sets, number) {
  const found = sets.find(({ fromBlock, untilBlock }) => {
    return fromBlock <= number && (untilBlock === null || number < untilBlock);
  });
  return found ?? refuse("SealsInsufficient", `the trust list says nothing of block ${number}`);
}

/**
 * @param {JSONValue} value
 * @returns {ValidatorSet}
 */
function setOf(value) {
  const pinned = members(value, "a range of seals", MALFORMED, ["from_block", "until_block", "scheme", "validators"]);
  const fromBlock = whole(pinned.from_block, "from_block", 0);
  const untilBlock = pinned.until_block === null ? null : whole(pinned.until_block, "until_block", fromBlock + 1);
  const { scheme } = pinned;
  if (typeof scheme !== "string" || !SCHEMES.includes(scheme)) {
    return refuse(MALFORMED, `got another scheme of seals, wanted one of ${SCHEMES.join(", ")}`);
  }
  if (scheme !== "none") {
    return { fromBlock, untilBlock, scheme, validators: addresses(pinned.validators, "validators") };
  }
  const { length } = array(pinned.validators, "validators");
  if (length) refuse(MALFORMED, `got ${length} validators where nobody seals, wanted none`);
  return { fromBlock, untilBlock, scheme, validators: [] };
}
