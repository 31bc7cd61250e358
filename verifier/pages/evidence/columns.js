// Events of one kind in columns, one for each argument: packed well, and put back row by row in no time.

import { equal } from "./bytes.js";
import { refuse } from "./errors.js";
import { ADDRESS, KINDS, STATUS_CHANGED, WORD, isBlob, width } from "./steps.js";

/** @typedef {{type: string, column: Uint8Array, more: Uint8Array, size: number, starts: Float64Array}} Column */

const ADDRESSES = "address[]";
/** Bytes of a place among the addresses or the blocks, and of a text's length. */
const PLACE = 4;
const MAX_TRACK = 7;
const TRACK_COLUMN = 2;
const NOTHING = new Uint8Array(0);
const NO_STARTS = new Float64Array(0);

/**
 * Reads a column of four bytes a row.
 * @param {Uint8Array} column
 */
export function numbers(column) {
  const view = new DataView(column.buffer, column.byteOffset, column.byteLength);
  return Uint32Array.from({ length: column.length / PLACE }, (_, row) => view.getUint32(row * PLACE));
}

/** The rows of one kind, in the order of their list. */
export class Table {
  /**
   * Reads a kind's columns, so that every row of theirs is an event; refuses them as `EvidenceMalformed`.
   * @param {number} kind
   * @param {import("./types.js").CBOR} value
   * @param {number} rows
   * @param {Uint8Array} addresses All that occur in the history, 20 bytes each.
   * @param {Uint8Array} used One byte for each address, set to 1 where it occurs here.
   */
  constructor(kind, value, rows, addresses, used) {
    this.kind = kind;
    this.rows = rows;
    this.addresses = addresses;
    const given = Array.isArray(value) ? value : [];
    const types = KINDS[kind].arguments.map(({ type }) => type);
    const wanted = types.reduce((count, type) => count + (isDynamic(type) ? 2 : 1), 0);
    if (given.length !== wanted || !given.every((column) => column instanceof Uint8Array)) {
      this.refuse(`got ${given.length} columns, wanted ${wanted} byte strings`);
    }
    const columns = /** @type {Uint8Array[]} */ (given)[Symbol.iterator]();
    this.columns = types.map((type) => this.column(type, columns, used));
    const tracks = this.columns[TRACK_COLUMN];
    if (kind === STATUS_CHANGED && tracks.column.some((track) => track > MAX_TRACK))
      this.refuse("got an unknown track");
  }

  /**
   * Takes an argument's column, and the second one of a type that has two.
   * @param {string} type
   * @param {Iterator<Uint8Array>} columns
   * @param {Uint8Array} used
   * @returns {Column}
   */
  column(type, columns, used) {
    /** @type {Uint8Array} */
    const column = columns.next().value;
    /** @type {Uint8Array} */
    const more = isDynamic(type) ? columns.next().value : NOTHING;
    const size = type === ADDRESSES ? 1 : isBlob(type) || type === "address" ? PLACE : width(type);
    if (column.length !== this.rows * size) {
      this.refuse(`got ${column.length} bytes of ${type} for ${this.rows} rows, wanted ${size} each`);
    }
    const starts = isDynamic(type) ? startsOf(type === ADDRESSES ? column : numbers(column)) : NO_STARTS;
    const counted = (starts.at(-1) ?? 0) * (type === ADDRESSES ? PLACE : 1);
    if (more.length !== counted) this.refuse(`got ${more.length} bytes behind a column of ${type}, wanted ${counted}`);
    if (type === "bool" && column.some((value) => value > 1)) this.refuse("got a truth value that is none");
    if (type === "address" || type === ADDRESSES) {
      for (const place of numbers(type === ADDRESSES ? more : column)) {
        if (place >= used.length) this.refuse(`got the place ${place} among ${used.length} addresses`);
        used[place] = 1;
      }
    }
    return { type, column, more, size, starts };
  }

  /**
   * Returns a row's arguments, apart and without padding.
   * @param {number} row
   * @returns {import("./steps.js").Part[]}
   */
  parts(row) {
    return this.columns.map(({ type, column, more, size, starts }) => {
      if (isBlob(type)) return more.subarray(starts[row], starts[row + 1]);
      if (type === ADDRESSES) return Array.from(this.listed(more, starts[row], starts[row + 1]));
      const part = column.subarray(row * size, (row + 1) * size);
      return type === "address" ? (this.listed(part, 0, 1).next().value ?? part) : part;
    });
  }

  /**
   * Returns a function that encodes the next row's arguments as `abi.encode` does; each call overwrites what the one
   * before returned, because a replay asks a hundred thousand times.
   * @returns {() => Uint8Array}
   */
  encoder() {
    const line = this.columns.length * WORD;
    let buffer = new Uint8Array(line + 16 * WORD);
    let row = 0;
    return () => {
      const needed = line + this.columns.reduce((size, column) => size + behind(column, row), 0);
      if (needed > buffer.length) buffer = new Uint8Array(2 * needed);
      const view = new DataView(buffer.buffer);
      buffer.fill(0, line, needed);
      let end = line;
      this.columns.forEach((column, place) => {
        const at = place * WORD;
        const { type, size } = column;
        if (isDynamic(type)) {
          view.setUint32(at + WORD - PLACE, end);
          view.setUint32(end + WORD - PLACE, column.starts[row + 1] - column.starts[row]);
          this.write(buffer, end + WORD, column, row);
          end += behind(column, row);
        } else if (type === "address") {
          this.copy(buffer, at, column.column, row);
        } else {
          const start = type.startsWith("bytes") ? at : at + WORD - size;
          for (let byte = 0; byte < size; byte += 1) buffer[start + byte] = column.column[row * size + byte];
        }
      });
      row += 1;
      return buffer.subarray(0, needed);
    };
  }

  /**
   * Returns the rows whose first two arguments are these.
   * @param {Uint8Array} first
   * @param {Uint8Array} second
   */
  find(first, second) {
    const [{ column: firsts }, { column: seconds }] = this.columns;
    const rows = [];
    for (let row = 0; row < this.rows; row += 1) {
      if (
        seconds[row * second.length] === second[0] &&
        equal(seconds.subarray(row * second.length, (row + 1) * second.length), second) &&
        equal(firsts.subarray(row * first.length, (row + 1) * first.length), first)
      ) {
        rows.push(row);
      }
    }
    return rows;
  }

  /**
   * Writes what stands behind the length of a dynamic argument.
   * @param {Uint8Array} buffer
   * @param {number} at
   * @param {Column} column
   * @param {number} row
   */
  write(buffer, at, { type, more, starts }, row) {
    if (isBlob(type)) {
      buffer.set(more.subarray(starts[row], starts[row + 1]), at);
      return;
    }
    for (let item = starts[row]; item < starts[row + 1]; item += 1) {
      this.copy(buffer, at + (item - starts[row]) * WORD, more, item);
    }
  }

  /**
   * Writes an address as a word.
   * @param {Uint8Array} buffer
   * @param {number} at
   * @param {Uint8Array} places
   * @param {number} row
   */
  copy(buffer, at, places, row) {
    const from = placeAt(places, row) * ADDRESS;
    for (let byte = 0; byte < ADDRESS; byte += 1) buffer[at + WORD - ADDRESS + byte] = this.addresses[from + byte];
  }

  /**
   * @param {Uint8Array} places
   * @param {number} first
   * @param {number} last Excluded.
   */
  *listed(places, first, last) {
    for (let item = first; item < last; item += 1) {
      const at = placeAt(places, item) * ADDRESS;
      yield this.addresses.subarray(at, at + ADDRESS);
    }
  }

  /**
   * @param {string} why
   * @returns {never}
   */
  refuse(why) {
    return refuse("EvidenceMalformed", `history, the table of ${KINDS[this.kind].name}: ${why}`);
  }
}

/** @param {string} type */
function isDynamic(type) {
  return type === ADDRESSES || isBlob(type);
}

/**
 * Returns where each row's items begin, and behind them all where they end.
 * @param {Uint8Array | Uint32Array} counts
 */
function startsOf(counts) {
  let end = 0;
  // Doubles, because lengths from outside may add up to more than 32 bits before they are found to be wrong.
  const starts = new Float64Array(counts.length + 1);
  counts.forEach((count, row) => {
    end += count;
    starts[row + 1] = end;
  });
  return starts;
}

/**
 * Returns how many bytes an argument takes behind the others.
 * @param {Column} column
 * @param {number} row
 */
function behind({ type, starts }, row) {
  if (!isDynamic(type)) return 0;
  const count = starts[row + 1] - starts[row];
  return WORD + WORD * (type === ADDRESSES ? count : Math.ceil(count / WORD));
}

/**
 * @param {Uint8Array} places
 * @param {number} row
 */
function placeAt(places, row) {
  const at = row * PLACE;
  return ((places[at] << 24) | (places[at + 1] << 16) | (places[at + 2] << 8) | places[at + 3]) >>> 0;
}
