// Proofs in Ethereum's tries (Yellow Paper, appendix D): what lies under a key, or that nothing does. Nodes come in the
// order of the walk, each once and all of them used; a node is found by its hash, or lies within its parent.

import { equal, hex } from "./bytes.js";
import { refuse } from "./errors.js";
import { keccak } from "./keccak.js";
import { decode, encode, isBytes } from "./rlp.js";

/** @typedef {import("./types.js").Item} Item */

const REASON = "NotProven";
/** No walk is longer: nobody finds two keys whose hashes are alike in so many digits. */
const MAX_NODES = 64;
/** Bytes. A leaf of receipts holds a whole receipt; that of 1,024 replacements has 240 kB. */
const MAX_NODE = 524_288;
/** More than a node has, with the short nodes that lie within it. */
const NODE_ITEMS = 512;
const HASH = 32;
/** How many items a branch has, and an extension or a leaf. */
const BRANCH = 17;
const PATH = 2;
/** The place of a branch's own value, behind its sixteen children. */
const VALUE = 16;
/** The flags in the first nibble of a path. */
const ODD = 1;
const LEAF = 2;
/** The root of a trie without anything in it, in which there is nothing to walk. */
const EMPTY_ROOT = keccak(encode(new Uint8Array(0)));

/**
 * Refuses as `EvidenceMalformed` more or longer nodes than any walk has; for whoever reads them from a file.
 * @param {Uint8Array[]} nodes
 */
export function requireWalkable(nodes) {
  if (nodes.length > MAX_NODES || nodes.some((node) => node.length > MAX_NODE)) {
    refuse(
      "EvidenceMalformed",
      `got ${nodes.length} nodes of a walk, wanted at most ${MAX_NODES}, each of at most ${MAX_NODE} bytes`,
    );
  }
}

/**
 * Returns what lies under a key, or null where the nodes prove that nothing does. The key is taken as it is: where a
 * trie's keys are hashes, the caller hashes.
 * @param {Uint8Array} root
 * @param {Uint8Array} key
 * @param {Uint8Array[]} nodes
 */
export function valueAt(root, key, nodes) {
  const unused = nodes[Symbol.iterator]();
  const value = equal(root, EMPTY_ROOT) ? null : walk(nodeOf(root, unused, 0), nibbles(key), unused);
  if (!unused.next().done) refuse(REASON, "got more nodes of a trie than the walk needs");
  return value;
}

/**
 * @param {Item[]} node
 * @param {number[]} key One nibble each.
 * @param {Iterator<Uint8Array>} unused
 * @returns {Uint8Array | null}
 */
function walk(node, key, unused) {
  if (node.length === BRANCH) {
    if (node.filter((item) => item.length).length < 2) {
      refuse(REASON, "got a branch with less than two children, wanted a path");
    }
    if (!key.length) return node[VALUE].length ? valueOf(node[VALUE]) : null;
    const below = node[key[0]];
    return below.length ? walk(child(below, unused), key.slice(1), unused) : null;
  }
  const { path, isLeaf } = pathOf(node[0]);
  const fits = path.every((nibble, place) => nibble === key[place]);
  if (isLeaf) return fits && path.length === key.length ? valueOf(node[1]) : null;
  if (!fits) return null;
  const below = child(node[1], unused);
  if (below.length !== BRANCH) refuse(REASON, "got an extension upon another path, wanted it upon a branch");
  return walk(below, key.slice(path.length), unused);
}

/**
 * Returns the node that a parent points to, or has within itself.
 * @param {Item} item
 * @param {Iterator<Uint8Array>} unused
 */
function child(item, unused) {
  if (!isBytes(item)) {
    if (encode(item).length >= HASH) refuse(REASON, `got a node of ${HASH} bytes or more within another`);
    return inForm(item);
  }
  if (item.length !== HASH) refuse(REASON, `got ${item.length} bytes where a node should point to another by its hash`);
  return nodeOf(item, unused, HASH);
}

/**
 * Returns the next node, which has the hash that is wanted; only the root may be shorter than a hash.
 * @param {Uint8Array} wanted
 * @param {Iterator<Uint8Array>} unused
 * @param {number} least
 */
function nodeOf(wanted, unused, least) {
  const { value: node, done } = unused.next();
  if (done || !equal(keccak(node), wanted)) refuse(REASON, `got another node or none, wanted ${hex(wanted)}`);
  if (node.length < least)
    refuse(REASON, `got a node of ${node.length} bytes by its hash, wanted it within its parent`);
  return inForm(decode(node, REASON, { mostItems: NODE_ITEMS }));
}

/** @param {Item} node */
function inForm(node) {
  if (!Array.isArray(node) || (node.length !== BRANCH && node.length !== PATH)) {
    return refuse(REASON, `got a node of ${node.length} parts, wanted a list of ${BRANCH} or ${PATH}`);
  }
  return node;
}

/**
 * Returns an extension's or a leaf's nibbles, and whether it is a leaf (Yellow Paper, appendix C).
 * @param {Item} encoded
 */
function pathOf(encoded) {
  if (!isBytes(encoded) || !encoded.length) return refuse(REASON, "got a path that is no bytes, or none");
  const [flags, ...path] = nibbles(encoded);
  if (flags > (ODD | LEAF)) refuse(REASON, `got a path with the flags ${flags}, wanted 0 to ${ODD | LEAF}`);
  const isLeaf = Boolean(flags & LEAF);
  if (!(flags & ODD) && path.shift()) refuse(REASON, "got a path of even length whose padding is not zero");
  if (!path.length && !isLeaf) refuse(REASON, "got an extension without a path");
  return { path, isLeaf };
}

/** @param {Item} item */
function valueOf(item) {
  return isBytes(item) && item.length ? item : refuse(REASON, "got a value that is no bytes, or none");
}

/** @param {Uint8Array} data */
function nibbles(data) {
  return Array.from(data).flatMap((byte) => [byte >> 4, byte & 15]);
}
