// The form of a history: blocks, addresses and events in the one order in which they may stand.

import { compare } from "./bytes.js";
import { isBytes } from "./cbor.js";
import { Table, numbers } from "./columns.js";
import { refuse } from "./errors.js";
import { ADDRESS, KINDS, LISTS, listOf } from "./steps.js";

/** @typedef {import("./types.js").CBOR} CBOR */

/**
 * One list: each event's kind, its block's place among the blocks, its log's index, and one table for each kind.
 * @typedef {{kinds: Uint8Array, blocks: Uint32Array, logIndices: Uint32Array, tables: Table[]}} Events
 */

const REASON = "EvidenceMalformed";
/** Bytes of a block's number or timestamp. */
export const NUMBER = 8;
const PLACE = 4;

/**
 * Returns how many blocks there are; refuses unless their numbers rise and their times do not fall.
 * @param {Uint8Array} blockNumbers
 * @param {Uint8Array} timestamps
 */
export function countOf(blockNumbers, timestamps) {
  if (blockNumbers.length % NUMBER || timestamps.length !== blockNumbers.length) {
    refuse(REASON, `history: got ${blockNumbers.length} and ${timestamps.length} bytes as blocks, wanted 8 each`);
  }
  for (let at = NUMBER; at < blockNumbers.length; at += NUMBER) {
    if (order(blockNumbers, at, NUMBER) <= 0) refuse(REASON, "history: got blocks whose numbers do not rise");
    if (order(timestamps, at, NUMBER) < 0) refuse(REASON, "history: got blocks whose times fall");
  }
  return blockNumbers.length / NUMBER;
}

/** @param {Uint8Array} addresses */
export function requireAscending(addresses) {
  let isInOrder = addresses.length % ADDRESS === 0;
  for (let at = ADDRESS; isInOrder && at < addresses.length; at += ADDRESS)
    isInOrder = order(addresses, at, ADDRESS) > 0;
  if (!isInOrder) refuse(REASON, `history: got ${addresses.length} bytes as addresses, wanted 20 each, ascending`);
}

/**
 * Compares what stands at a place with what stands before it.
 * @param {Uint8Array} column
 * @param {number} at
 * @param {number} size
 */
function order(column, at, size) {
  return compare(column.subarray(at, at + size), column.subarray(at - size, at));
}

/**
 * @param {number} which
 * @param {CBOR} value
 * @param {Uint8Array} addresses
 * @param {Uint8Array} used
 * @returns {Events}
 */
export function eventsOf(which, value, addresses, used) {
  const [kinds, blocks, logIndices, tables] = Array.isArray(value) && value.length === 4 ? value : [];
  if (
    !isBytes(kinds) ||
    !isBytes(blocks) ||
    !isBytes(logIndices) ||
    !Array.isArray(tables) ||
    blocks.length !== kinds.length * PLACE ||
    logIndices.length !== blocks.length
  ) {
    return refuse(REASON, `history, ${LISTS[which]}: got another form than columns and tables`);
  }
  const rows = new Map();
  for (const kind of kinds) rows.set(kind, (rows.get(kind) ?? 0) + 1);
  const occurring = [...rows.keys()].sort((a, b) => a - b);
  if (occurring.some((kind) => kind >= KINDS.length || listOf(kind) !== which)) {
    refuse(REASON, `history, ${LISTS[which]}: got the kinds ${occurring}, wanted only those of this list`);
  }
  const isListed =
    tables.length === occurring.length &&
    tables.every((table, place) => {
      return Array.isArray(table) && table.length === 2 && table[0] === occurring[place];
    });
  if (!isListed) refuse(REASON, `history, ${LISTS[which]}: got other tables than for the kinds ${occurring}`);
  return {
    kinds,
    blocks: numbers(blocks),
    logIndices: numbers(logIndices),
    tables: occurring.map((kind, place) => {
      return new Table(kind, /** @type {CBOR[]} */ (tables[place])[1], rows.get(kind), addresses, used);
    }),
  };
}

/**
 * Demands that every list runs through the blocks in order, no log stands twice, and every block has one: goes through
 * all lists at once, always to the next log.
 * @param {Events[]} lists
 * @param {number} count
 */
export function requireBlocks(lists, count) {
  const heads = lists.map(() => 0);
  let [block, log, blocks] = [-1, -1, 0];
  for (let left = lists.reduce((sum, { kinds }) => sum + kinds.length, 0); left; left -= 1) {
    let next = -1;
    lists.forEach((events, which) => {
      if (heads[which] < events.kinds.length && (next < 0 || isBefore(lists, heads, which, next))) next = which;
    });
    const at = heads[next];
    heads[next] += 1;
    const [nextBlock, nextLog] = [lists[next].blocks[at], lists[next].logIndices[at]];
    if (nextBlock < block || (nextBlock === block && nextLog <= log)) {
      refuse(REASON, `history, ${LISTS[next]}: got events that are not in the chain's order, or a log twice`);
    }
    blocks += Number(nextBlock > block);
    [block, log] = [nextBlock, nextLog];
  }
  if (block >= count || blocks !== count)
    refuse(REASON, `history: got ${count} blocks, of which events name ${blocks}`);
}

/**
 * @param {Events[]} lists
 * @param {number[]} heads
 * @param {number} one
 * @param {number} other
 */
function isBefore(lists, heads, one, other) {
  const [a, b] = [lists[one], lists[other]];
  const blocks = a.blocks[heads[one]] - b.blocks[heads[other]];
  return blocks < 0 || (blocks === 0 && a.logIndices[heads[one]] < b.logIndices[heads[other]]);
}
