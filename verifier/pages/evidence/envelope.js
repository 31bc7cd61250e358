// The wrapping of proof, checkpoint and pack: a zlib stream (RFC 1950) of CBOR `[kind, format, …]`.

import { concat, concatAll, equal } from "./bytes.js";
import { decode, encode, isInteger } from "./cbor.js";
import { EvidenceError, refuse } from "./errors.js";

export const PROOF = "yinxin-proof";
export const CHECKPOINT = "yinxin-checkpoint";
export const PACK = "yinxin-pack";
/** How many bytes a proof, and what carries a history, may have unpacked. */
export const MAX_PROOF = 2 ** 20;
export const MAX_HISTORY = 128 * 2 ** 20;

const REASON = "EvidenceMalformed";
export const FORMAT = 1;
const PIECE = 65_536;
/** CBOR's major type of arrays (RFC 8949, section 3.1). */
const ARRAY = 4;
/** An empty zlib stream. */
const EMPTY = Uint8Array.of(0x78, 0x9c, 0x03, 0, 0, 0, 0, 1);

/**
 * Returns the members behind kind and format.
 * @param {Uint8Array} data
 * @param {string} kind
 * @param {number} most
 */
export async function unwrap(data, kind, most) {
  const whole = decode(await unpacked(data, most), REASON);
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
  const reader = inflating(data);
  const { value: begin } = await reader.read().catch(() => ({ value: undefined }));
  reader.cancel().catch(() => {});
  if (!begin || begin[0] >> 5 !== ARRAY) return null;
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
  const whole = await inflate(data, most);
  lax ??= inflate(concat(EMPTY, EMPTY.subarray(0, 1)), 0).then(
    () => true,
    () => false,
  );
  if (
    (await lax) &&
    (await inflate(data.subarray(0, -1), most).then(
      () => true,
      () => false,
    ))
  ) {
    refuse(REASON, "got something behind the zlib stream, wanted nothing");
  }
  return whole;
}

/** @type {Promise<boolean> | undefined} Whether this engine lets trailing bytes pass. */
let lax;

/**
 * @param {Uint8Array} data
 * @param {number} most
 */
async function inflate(data, most) {
  const reader = inflating(data);
  /** @type {Uint8Array[]} */
  const pieces = [];
  let size = 0;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return concatAll(pieces);
      size += value.length;
      if (size > most) refuse(REASON, `got more than ${most} bytes unpacked`);
      pieces.push(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {});
    if (error instanceof EvidenceError) throw error;
    return refuse(REASON, `got ${data.length} bytes that are no whole zlib stream`);
  }
}

/**
 * @param {Uint8Array} data
 * @returns {ReadableStreamDefaultReader<Uint8Array>}
 */
function inflating(data) {
  let at = 0;
  const packed = new ReadableStream({
    // Piece by piece as it is asked for, so that a stream of zeros is stopped before all of it is unpacked.
    pull(controller) {
      if (at >= data.length) return controller.close();
      controller.enqueue(data.subarray(at, at + PIECE));
      at += PIECE;
    },
  });
  return packed.pipeThrough(new DecompressionStream("deflate")).getReader();
}
