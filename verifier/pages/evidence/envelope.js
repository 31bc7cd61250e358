// The wrapping of proof, checkpoint and pack: a zlib stream (RFC 1950) of CBOR `[kind, format, …]`.

import { concat, concatAll, equal } from "./bytes.js";
import { decode, encode, isInteger } from "./cbor.js";
import { requireBytes } from "./demands.js";
import { EvidenceError, refuse } from "./errors.js";

export const PROOF = "yinxin-proof";
export const CHECKPOINT = "yinxin-checkpoint";
export const PACK = "yinxin-pack";
export const FORMAT = 1;

const REASON = "EvidenceMalformed";
const MEBIBYTE = 2 ** 20;
/** How many bytes each may have unpacked: 100,000 statuses take 13 MiB. */
const MOST = new Map([
  [PROOF, MEBIBYTE],
  [CHECKPOINT, 64 * MEBIBYTE],
  [PACK, 64 * MEBIBYTE],
]);
/** How many bytes are handed to the engine at once. */
const PIECE = 65_536;
/** How many unpacked bytes tell what kind of file it is, and in how many packed ones they are looked for one by one. */
const PEEK = 64;
const SINGLY = 1_024;
/** CBOR's major type of arrays (RFC 8949, section 3.1). */
const ARRAY = 4;
/** An empty zlib stream. */
const EMPTY = Uint8Array.of(0x78, 0x9c, 0x03, 0, 0, 0, 0, 1);

/**
 * Returns the members behind kind and format.
 * @param {Uint8Array} data
 * @param {string} kind
 */
export async function unwrap(data, kind) {
  requireBytes(data, `a file (${kind})`);
  const whole = decode(await unpacked(data, /** @type {number} */ (MOST.get(kind))), REASON);
  const [got, form, ...members] = Array.isArray(whole) ? whole : [];
  if (got !== kind || !isInteger(form) || form < FORMAT) {
    return refuse(REASON, `got another thing than ${kind} of format ${FORMAT}`);
  }
  if (form > FORMAT) refuse("EvidenceUnsupported", `got ${kind} of format ${form}, wanted ${FORMAT}`);
  return members;
}

/**
 * Peeks at what kind of file this claims to be, without reading it; null if it is none of ours.
 * @param {Uint8Array} data
 * @returns {Promise<string | null>}
 */
export async function kindOf(data) {
  requireBytes(data, "a file");
  const begin = await beginning(data);
  if (!begin.length || begin[0] >> 5 !== ARRAY) return null;
  return (
    [PROOF, CHECKPOINT, PACK].find((kind) => {
      const written = encode(kind);
      return equal(begin.subarray(1, 1 + written.length), written);
    }) ?? null
  );
}

/**
 * Unpacks one stream. Some engines (Node.js) take no notice of what stands behind it: there the stream must not be
 * whole when its last byte is taken away.
 * @param {Uint8Array} data
 * @param {number} most
 */
async function unpacked(data, most) {
  /** @type {Uint8Array[]} */
  const pieces = [];
  await inflate(data, most, (piece) => pieces.push(piece));
  lax ??= isWhole(concat(EMPTY, EMPTY.subarray(0, 1)), 0);
  if ((await lax) && (await isWhole(data.subarray(0, -1), most))) {
    refuse(REASON, "got something behind the zlib stream, wanted nothing");
  }
  return concatAll(pieces);
}

/** @type {Promise<boolean> | undefined} Whether this engine lets trailing bytes pass. */
let lax;

/**
 * @param {Uint8Array} data
 * @param {number} most
 */
async function isWhole(data, most) {
  try {
    await inflate(data, most, () => {});
    return true;
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return false;
  }
}

/**
 * Unpacks, and stops as soon as it is more than may be.
 * @param {Uint8Array} data
 * @param {number} most
 * @param {(piece: Uint8Array) => void} keep
 */
async function inflate(data, most, keep) {
  const reader = inflating(data, 0);
  let size = 0;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      size += value.length;
      if (size > most) refuse(REASON, `got more than ${most} bytes unpacked`);
      keep(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    if (error instanceof EvidenceError) throw error;
    refuse(REASON, `got ${data.length} bytes that are no whole zlib stream`);
  }
}

/**
 * Returns the first unpacked bytes, or as many as there are.
 * @param {Uint8Array} data
 */
async function beginning(data) {
  // Byte by byte, because an engine that meets a fault keeps to itself what it has unpacked of the same piece.
  const reader = inflating(data, SINGLY);
  let begin = new Uint8Array(0);
  try {
    while (begin.length < PEEK) {
      const { value, done } = await reader.read();
      if (done) break;
      begin = concat(begin, value);
    }
  } catch {
    // What is cut off or spoilt has begun all the same; whoever reads it, refuses it.
  }
  reader.cancel().catch(() => {});
  return begin;
}

/**
 * @param {Uint8Array} data
 * @param {number} singly How many bytes to take one by one, before whole pieces.
 * @returns {ReadableStreamDefaultReader<Uint8Array>}
 */
function inflating(data, singly) {
  let at = 0;
  const packed = new ReadableStream({
    // Piece by piece as it is asked for, so that a stream of zeros is stopped before all of it is unpacked.
    pull(controller) {
      if (at >= data.length) return controller.close();
      const end = at + (at < singly ? 1 : PIECE);
      controller.enqueue(data.subarray(at, end));
      at = end;
    },
  });
  return packed.pipeThrough(new DecompressionStream("deflate")).getReader();
}
