// What a transaction's receipt says about a batch.

import { concat, equal, fromInteger, hex, toWhole } from "./bytes.js";
import { refuse } from "./errors.js";
import { decode, isBytes } from "./rlp.js";
import { ADDRESS, BATCH_ANCHORED, KINDS, WORD, eventOf, join } from "./steps.js";

/**
 * A batch as the registry anchored it.
 * @typedef {object} Batch
 * @property {number} agency
 * @property {Uint8Array} root
 * @property {number} certificateType
 * @property {number} version
 * @property {number} size
 * @property {number} sequence
 */

const REASON = "NotProven";
/** A first byte up to this one is a receipt's type (EIP-2718); a legacy receipt begins as a list does. */
const LAST_TYPE = 0x7f;
const BLOOM = 256;
/** The event's own topic, and those of its three indexed arguments, which are its first. */
const TOPICS = 4;
const HEAD = 5 * WORD;

/**
 * Returns the one event with which the registry anchored that batch in the receipt's transaction.
 * @param {Uint8Array} receipt
 * @param {Uint8Array} registry The address of Certificates.
 * @param {number} agency
 * @param {Uint8Array} root
 * @returns {Batch}
 */
export function anchored(receipt, registry, agency, root) {
  const wanted = [KINDS[BATCH_ANCHORED].topic, fromInteger(agency, WORD), root];
  const found = logsOf(receipt).filter(({ address, topics }) => {
    return equal(address, registry) && wanted.every((topic, place) => topics[place] && equal(topics[place], topic));
  });
  if (found.length !== 1) {
    refuse(REASON, `got a receipt with ${found.length} logs, wanted one that anchors the batch ${hex(root)}`);
  }
  return batchOf(found[0].topics, found[0].data);
}

/**
 * Takes the log's arguments from where they should stand, writes them again, and compares.
 * @param {Uint8Array[]} topics
 * @param {Uint8Array} data
 * @returns {Batch}
 */
function batchOf(topics, data) {
  const last = (/** @type {number} */ place, /** @type {number} */ size) => {
    return data.subarray((place + 1) * WORD - size, (place + 1) * WORD);
  };
  const approvers = toWhole(data.subarray(HEAD, HEAD + WORD));
  if (topics.length !== TOPICS || data.length !== HEAD + WORD + Number(approvers) * WORD) {
    refuse(REASON, "got a log of BatchAnchored that the registry does not write");
  }
  const places = Array.from({ length: Number(approvers) }, (_, place) => HEAD / WORD + 1 + place);
  const [, agency, root, type] = topics;
  const parts = [
    agency.subarray(-4),
    root,
    type.subarray(-4),
    last(0, 2),
    last(1, 2),
    last(2, 4),
    last(3, ADDRESS),
    places.map((place) => last(place, ADDRESS)),
  ];
  const indexed = concat(agency, root, type);
  const encoded = join(BATCH_ANCHORED, parts);
  // In a log the offset counts from the first argument that is not indexed.
  encoded.set(fromInteger(HEAD, WORD), indexed.length + HEAD - WORD);
  if (!equal(encoded, concat(indexed, data))) {
    refuse(REASON, "got a log of BatchAnchored that the registry does not write");
  }
  return /** @type {Batch} */ (/** @type {unknown} */ (eventOf(BATCH_ANCHORED, parts)));
}

/**
 * Reads a receipt (Yellow Paper, 4.4.1), typed or legacy.
 * @param {Uint8Array} receipt
 */
function logsOf(receipt) {
  const read = decode(receipt[0] <= LAST_TYPE ? receipt.subarray(1) : receipt, REASON);
  const [status, gas, bloom, logs] = Array.isArray(read) && read.length === 4 ? read : [];
  if (!isBytes(gas) || !isBytes(bloom) || bloom.length !== BLOOM || !Array.isArray(logs)) {
    return refuse(REASON, "got a receipt that is not status, gas, bloom and logs");
  }
  if (!isBytes(status) || status.length !== 1 || status[0] !== 1) {
    refuse(REASON, "got the receipt of a transaction that failed");
  }
  return logs.map((log) => {
    const [address, items, data] = Array.isArray(log) && log.length === 3 ? log : [];
    const isTopics = Array.isArray(items) && items.length <= TOPICS;
    if (
      !isBytes(address) ||
      address.length !== ADDRESS ||
      !isBytes(data) ||
      !isTopics ||
      !items.every((topic) => isBytes(topic) && topic.length === WORD)
    ) {
      return refuse(REASON, "got a log that is not an address, up to four topics and data");
    }
    return { address, topics: /** @type {Uint8Array[]} */ (items), data };
  });
}
