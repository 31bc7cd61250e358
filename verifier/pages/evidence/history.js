// Everything that a registry recorded up to a block, in three lists that are complete if they make its heads.

import { fromInteger, toWhole } from "./bytes.js";
import { decode, isBytes } from "./cbor.js";
import { HASH, requireAgency, requireBytes } from "./demands.js";
import { refuse } from "./errors.js";
import { NUMBER, countOf, eventsOf, requireAscending, requireBlocks } from "./history_form.js";
import { keccak } from "./keccak.js";
import { ADDRESS, BATCH_ANCHORED, CERTIFICATE_REPLACED, KINDS, LISTS, STATUS_CHANGED, WORD, eventOf } from "./steps.js";

/**
 * One event with its place on the chain. The heads bind neither its time nor the order of logs within one block.
 * @typedef {object} RegistryRecord
 * @property {string} kind The event's name.
 * @property {import("./steps.js").RegistryEvent} event
 * @property {number | bigint} blockNumber
 * @property {number | bigint} blockTimestamp Seconds since 1970.
 * @property {number} logIndex
 */

/** @typedef {import("./history_form.js").Events} Events */

const REASON = "EvidenceMalformed";
const AGENCY = 4;

/** A history in form. Whether it is whole, its `heads` say when they are compared with proven ones. */
export class History {
  /**
   * Reads a history; refuses anything else, even for what just is not needed.
   * @param {Uint8Array} data
   */
  constructor(data) {
    const whole = decode(data, REASON);
    const [blocks, addresses, ...lists] = Array.isArray(whole) ? whole : [];
    const [blockNumbers, timestamps] = Array.isArray(blocks) && blocks.length === 2 ? blocks : [];
    if (!isBytes(blockNumbers) || !isBytes(timestamps) || !isBytes(addresses) || lists.length !== LISTS.length) {
      refuse(REASON, "history: got another form than blocks, addresses and three lists");
    }
    const count = countOf(blockNumbers, timestamps);
    requireAscending(addresses);
    const used = new Uint8Array(addresses.length / ADDRESS);
    this.blockNumbers = blockNumbers;
    this.timestamps = timestamps;
    this.lists = lists.map((list, which) => eventsOf(which, list, addresses, used));
    requireBlocks(this.lists, count);
    if (used.includes(0)) refuse(REASON, "history: got addresses that do not occur");
  }

  /** The newest block with an event; 0 where there is none. */
  get lastBlock() {
    return toWhole(this.blockNumbers.subarray(-NUMBER));
  }

  /** The time of the newest block with an event; 0 where there is none. */
  get lastTimestamp() {
    return toWhole(this.timestamps.subarray(-NUMBER));
  }

  /**
   * Replays: returns the heads that these lists make, with all events or with those up to a block.
   * @param {number | null} [until]
   */
  heads(until = null) {
    return this.lists.map((events) => this.#head(events, until));
  }

  /**
   * Yields a list's records in the chain's order.
   * @param {number} which 0 anchors, 1 statuses, 2 rights.
   * @returns {Generator<RegistryRecord>}
   */
  *records(which) {
    if (!LISTS.some((_, place) => place === which)) throw new TypeError(`got ${which} as a list, wanted 0, 1 or 2`);
    const events = this.lists[which];
    const rows = new Map(events.tables.map((table) => [table.kind, 0]));
    for (const [position, kind] of events.kinds.entries()) {
      const row = rows.get(kind) ?? 0;
      rows.set(kind, row + 1);
      yield this.#record(events, position, row);
    }
  }

  /**
   * Returns what became of a certificate: its status changes, and its replacement by another.
   * @param {number} agency
   * @param {Uint8Array} leaf
   */
  statuses(agency, leaf) {
    requireAgency(agency);
    requireBytes(leaf, "a leaf", HASH);
    return this.#found(1, [CERTIFICATE_REPLACED, STATUS_CHANGED], agency, leaf);
  }

  /**
   * Returns the anchors of a batch.
   * @param {number} agency
   * @param {Uint8Array} root
   */
  batches(agency, root) {
    requireAgency(agency);
    requireBytes(root, "a root", HASH);
    return this.#found(0, [BATCH_ANCHORED], agency, root);
  }

  /**
   * Takes all steps of a list, as IHeads says: keccak(head ‖ block number ‖ topic ‖ keccak(arguments)).
   * @param {Events} events
   * @param {number | null} until
   */
  #head(events, until) {
    const next = new Map(events.tables.map((table) => [table.kind, table.encoder()]));
    const step = new Uint8Array(4 * WORD);
    for (const [position, kind] of events.kinds.entries()) {
      const at = events.blocks[position] * NUMBER;
      if (until !== null && toWhole(this.blockNumbers.subarray(at, at + NUMBER)) > until) break;
      step.set(this.blockNumbers.subarray(at, at + NUMBER), 2 * WORD - NUMBER);
      step.set(KINDS[kind].topic, 2 * WORD);
      step.set(keccak(/** @type {() => Uint8Array} */ (next.get(kind))()), 3 * WORD);
      step.set(keccak(step));
    }
    return step.slice(0, WORD);
  }

  /**
   * Finds events by their first two arguments.
   * @param {number} which
   * @param {number[]} kinds
   * @param {number} agency
   * @param {Uint8Array} searched
   */
  #found(which, kinds, agency, searched) {
    const events = this.lists[which];
    const found = events.tables
      .filter(({ kind }) => kinds.includes(kind))
      .flatMap((table) => {
        const rows = table.find(fromInteger(agency, AGENCY), searched);
        if (!rows.length) return [];
        const positions = [...events.kinds.keys()].filter((position) => events.kinds[position] === table.kind);
        return rows.map((row) => ({ position: positions[row], row }));
      });
    return found
      .sort((a, b) => a.position - b.position)
      .map(({ position, row }) => this.#record(events, position, row));
  }

  /**
   * @param {Events} events
   * @param {number} position In the list.
   * @param {number} row In the kind's table.
   * @returns {RegistryRecord}
   */
  #record(events, position, row) {
    const kind = events.kinds[position];
    const table = /** @type {import("./columns.js").Table} */ (events.tables.find((each) => each.kind === kind));
    const at = events.blocks[position] * NUMBER;
    return {
      kind: KINDS[kind].name,
      event: eventOf(kind, table.parts(row)),
      blockNumber: toWhole(this.blockNumbers.subarray(at, at + NUMBER)),
      blockTimestamp: toWhole(this.timestamps.subarray(at, at + NUMBER)),
      logIndex: events.logIndices[position],
    };
  }
}
