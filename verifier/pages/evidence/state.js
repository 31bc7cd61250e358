// What a contract's storage holds, proven from a block's state root.

import { concat, hex } from "./bytes.js";
import { refuse } from "./errors.js";
import { keccak } from "./keccak.js";
import { decode, isBytes } from "./rlp.js";
import { valueAt } from "./trie.js";

const REASON = "NotProven";
const WORD = 32;

/**
 * Returns the root of an account's storage (Yellow Paper, 4.1); refuses if there is no such account.
 * @param {Uint8Array} stateRoot
 * @param {Uint8Array} address
 * @param {Uint8Array[]} nodes
 */
export function storageRoot(stateRoot, address, nodes) {
  const account = valueAt(stateRoot, keccak(address), nodes);
  if (!account)
    return refuse(REASON, `got a proof that there is no account ${hex(address)}, wanted the contract there`);
  const read = decode(account, REASON, { depth: 1 });
  const [, , root, codeHash] = Array.isArray(read) && read.length === 4 && read.every(isBytes) ? read : [];
  if (!isBytes(root) || root.length !== WORD || codeHash.length !== WORD) {
    return refuse(REASON, `got an account ${hex(address)} that is not nonce, balance and two hashes`);
  }
  return root;
}

/**
 * Returns the 32 bytes in a slot, zeros where nothing is proven to lie there.
 * @param {Uint8Array} root The storage's.
 * @param {Uint8Array} slot
 * @param {Uint8Array[]} nodes
 */
export function word(root, slot, nodes) {
  const value = valueAt(root, keccak(slot), nodes);
  if (!value) return new Uint8Array(WORD);
  const number = decode(value, REASON, { depth: 1 });
  if (!isBytes(number) || !number.length || number.length > WORD || number[0] === 0) {
    return refuse(REASON, `got ${hex(value)} in the slot ${hex(slot)}, wanted a number of at most ${WORD} bytes`);
  }
  return concat(new Uint8Array(WORD - number.length), number);
}
