// Made by scripts/bundle from verifier/pages/evidence/; not to be edited here.
/*! It holds parts of @noble/curves and @noble/hashes:

The MIT License (MIT)

Copyright (c) 2022 Paul Miller (https://paulmillr.com)

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the “Software”), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in
all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED “AS IS”, WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
THE SOFTWARE.
*/

// verifier/pages/evidence/errors.js
var EvidenceError = class extends Error {
  /**
   * @param {string} reason The name of the class that Python raises (chain/errors.py).
   * @param {string} message What was got and what was wanted.
   */
  constructor(reason, message) {
    super(message);
    this.name = "EvidenceError";
    this.reason = reason;
  }
};
function refuse(reason, message) {
  throw new EvidenceError(reason, message);
}

// verifier/pages/evidence/bytes.js
var UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
var WRITER = new TextEncoder();
var URL_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
var URL_VALUES = new Map([...URL_ALPHABET].map((character, value) => [character, value]));
function concat(...parts) {
  return concatAll(parts);
}
function concatAll(parts) {
  const joined = new Uint8Array(parts.reduce((size, part2) => size + part2.length, 0));
  let at = 0;
  for (const part2 of parts) {
    joined.set(part2, at);
    at += part2.length;
  }
  return joined;
}
function equal(a, b) {
  return a.length === b.length && a.every((byte, place) => byte === b[place]);
}
function compare(a, b) {
  for (let place = 0; place < Math.min(a.length, b.length); place += 1) {
    if (a[place] !== b[place]) return a[place] - b[place];
  }
  return a.length - b.length;
}
function hex(data) {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
function unhex(text3) {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text3)) throw new TypeError("got text that is not hexadecimal");
  return Uint8Array.from({ length: text3.length / 2 }, (_, place) => parseInt(text3.slice(2 * place, 2 * place + 2), 16));
}
function base64url(data) {
  let text3 = "";
  for (let at = 0; at < data.length; at += 3) {
    const bits = data[at] << 16 | (data[at + 1] ?? 0) << 8 | (data[at + 2] ?? 0);
    const characters2 = Math.min(data.length - at, 3) + 1;
    for (let place = 0; place < characters2; place += 1) text3 += URL_ALPHABET[bits >> 18 - 6 * place & 63];
  }
  return text3;
}
function fromBase64url(text3, reason) {
  const data = new Uint8Array(Math.floor(text3.length * 3 / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of text3) {
    const value = URL_VALUES.get(character);
    if (value === void 0) refuse(reason, `got ${text3.slice(0, 40)}, wanted base64url without foreign characters`);
    held = held << 6 | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      data[at] = held >> bits;
      at += 1;
      held &= (1 << bits) - 1;
    }
  }
  if (bits === 6 || held !== 0) refuse(reason, `got ${text3.slice(0, 40)}, wanted base64url without stray bits`);
  return data;
}
function utf8(text3) {
  return WRITER.encode(text3);
}
function fromUtf8(data, reason) {
  try {
    return UTF8.decode(data);
  } catch {
    return refuse(reason, `got ${data.length} bytes that are not UTF-8`);
  }
}
function characters(text3) {
  return [...text3].length;
}
function toInteger(data) {
  return data.length ? BigInt(`0x${hex(data)}`) : 0n;
}
function toWhole(data) {
  let value = 0;
  for (const byte of data) value = value * 256 + byte;
  return Number.isSafeInteger(value) ? value : toInteger(data);
}
function fromInteger(value, size) {
  return unhex(
    BigInt(value).toString(16).padStart(2 * size, "0")
  );
}
async function sha256(data) {
  return new Uint8Array(await crypto.subtle.digest(
    "SHA-256",
    /** @type {BufferSource} */
    data
  ));
}

// verifier/pages/evidence/demands.js
var HASH = 32;
var MAX_AGENCY = 2 ** 32 - 1;
var SCHEMES = ["none", "qbft", "ibft2", "clique"];
function requireBytes(value, what, length) {
  const got = value instanceof Uint8Array ? `${value.length} bytes` : describe(value);
  if (!(value instanceof Uint8Array) || length !== void 0 && value.length !== length) {
    const wanted = length === void 0 ? "a Uint8Array" : `a Uint8Array of ${length} bytes`;
    throw new TypeError(`got ${got} as ${what}, wanted ${wanted}`);
  }
}
function requireText(value, what) {
  if (typeof value !== "string") throw new TypeError(`got ${describe(value)} as ${what}, wanted a string`);
}
function requireAgency(value) {
  if (!(typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_AGENCY)) {
    throw new TypeError(`got ${describe(value)} as an agency, wanted a whole number from 1 to ${MAX_AGENCY}`);
  }
}
function requireTime(value) {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) {
    throw new TypeError(`got ${describe(value)} as the time, wanted a valid Date`);
  }
}
function requireScheme(value) {
  if (!SCHEMES.some((scheme) => scheme === value)) {
    throw new TypeError(`got ${describe(value)} as a scheme, wanted one of ${SCHEMES.join(", ")}`);
  }
}
function describe(value) {
  if (typeof value === "object" && value !== null) return `an object (${value.constructor?.name})`;
  return `${typeof value} ${String(value).slice(0, 40)}`;
}

// verifier/pages/evidence/rlp.js
var MAX_ITEMS = 65536;
var TEXT = 128;
var LIST = 192;
var SHORT = 56;
function decode(data, reason, { depth = 4, mostItems = MAX_ITEMS } = {}) {
  let at = 0;
  let left = mostItems;
  const item = (end, levels) => {
    if (at >= end) refuse(reason, "got no bytes, wanted RLP");
    if (!left) refuse(reason, `got ${data.length} bytes of RLP with more than ${mostItems} items`);
    left -= 1;
    const first = data[at];
    at += 1;
    if (first < TEXT) return data.subarray(at - 1, at);
    const isList = first >= LIST;
    const size = length(first - (isList ? LIST : TEXT), end);
    const stop = at + size;
    if (stop > end) refuse(reason, `got RLP that wants ${stop} bytes where there are ${end}`);
    if (!isList) {
      if (stop - at === 1 && data[at] < TEXT) refuse(reason, "got RLP that is spelled longer than needed");
      const start = at;
      at = stop;
      return data.subarray(start, stop);
    }
    if (!levels) refuse(reason, "got RLP with more lists within lists than there can be");
    const items = [];
    while (at < stop) items.push(item(stop, levels - 1));
    return items;
  };
  const length = (short, end) => {
    if (short < SHORT) return short;
    const width2 = short - SHORT + 1;
    if (width2 > end - at) refuse(reason, "got RLP that breaks off");
    let value = 0;
    for (const byte of data.subarray(at, at + width2)) value = value * 256 + byte;
    if (data[at] === 0 || value < SHORT) refuse(reason, "got RLP that is spelled longer than needed");
    at += width2;
    return value;
  };
  const whole3 = item(data.length, depth);
  if (at !== data.length) refuse(reason, `got ${data.length - at} bytes behind the RLP, wanted none`);
  return whole3;
}
function encode(item) {
  if (Array.isArray(item)) {
    const items = concatAll(item.map(encode));
    return concat(head(LIST, items.length), items);
  }
  return item.length === 1 && item[0] < TEXT ? item : concat(head(TEXT, item.length), item);
}
function isBytes(item) {
  return item instanceof Uint8Array;
}
function head(kind, length) {
  if (length < SHORT) return Uint8Array.of(kind + length);
  const width2 = Math.ceil(length.toString(16).length / 2);
  return concat(Uint8Array.of(kind + SHORT - 1 + width2), fromInteger(length, width2));
}

// verifier/pages/evidence/header.js
var ITEMS = 15;
var MAX_ITEMS2 = 64;
var MAX_BYTES = 65536;
var EXTRA = 12;
var WIDTHS = [
  [0, 32],
  [1, 32],
  [2, 20],
  [3, 32],
  [4, 32],
  [5, 32],
  [6, 256],
  [13, 32],
  [14, 8]
];
var NUMBERS = [
  [7, 32],
  [8, 8],
  [9, 8],
  [10, 8],
  [11, 8]
];
function readHeader(data) {
  requireBytes(data, "a header's RLP");
  if (data.length > MAX_BYTES) {
    refuse("EvidenceMalformed", `got a header of ${data.length} bytes, wanted at most ${MAX_BYTES}`);
  }
  const read = decode(data, "EvidenceMalformed", { depth: 1, mostItems: MAX_ITEMS2 + 1 });
  if (!Array.isArray(read) || read.length < ITEMS || !read.every(isBytes)) {
    return refuse(
      "EvidenceMalformed",
      `got another thing than a header, wanted a list of ${ITEMS} or more, each bytes`
    );
  }
  const items = (
    /** @type {Uint8Array[]} */
    read
  );
  for (const [place, width2] of WIDTHS) {
    if (items[place].length !== width2) {
      refuse("EvidenceMalformed", `got ${items[place].length} bytes as item ${place} of a header, wanted ${width2}`);
    }
  }
  for (const [place, most] of NUMBERS) {
    if (items[place].length > most || items[place][0] === 0) {
      refuse("EvidenceMalformed", `got ${hex(items[place])} as item ${place} of a header, wanted a number`);
    }
  }
  return {
    items,
    parentHash: items[0],
    ommersHash: items[1],
    coinbase: items[2],
    stateRoot: items[3],
    receiptsRoot: items[5],
    difficulty: toWhole(items[7]),
    number: toWhole(items[8]),
    timestamp: toWhole(items[11]),
    extra: items[EXTRA],
    mixHash: items[13]
  };
}
function writeHeader(header, extra = header.extra) {
  return encode([...header.items.slice(0, EXTRA), extra, ...header.items.slice(EXTRA + 1)]);
}

// node_modules/@noble/hashes/_u64.js
var U32_MASK64 = /* @__PURE__ */ (() => BigInt(2 ** 32 - 1))();
var _32n = /* @__PURE__ */ BigInt(32);
function fromBig(n, le = false) {
  if (le)
    return { h: Number(n & U32_MASK64), l: Number(n >> _32n & U32_MASK64) };
  return { h: Number(n >> _32n & U32_MASK64) | 0, l: Number(n & U32_MASK64) | 0 };
}
function split(lst, le = false) {
  const len = lst.length;
  let Ah = new Uint32Array(len);
  let Al = new Uint32Array(len);
  for (let i = 0; i < len; i++) {
    const { h, l } = fromBig(lst[i], le);
    [Ah[i], Al[i]] = [h, l];
  }
  return [Ah, Al];
}
var fromNumH = (n) => n / 2 ** 32 | 0;
var fromNumL = (n) => n >>> 0;
function setU64FromNum(view, byteOffset, n, isLE2) {
  const h = fromNumH(n);
  const l = fromNumL(n);
  view.setUint32(byteOffset, isLE2 ? l : h, isLE2);
  view.setUint32(byteOffset + 4, isLE2 ? h : l, isLE2);
}

// node_modules/@noble/hashes/utils.js
function isBytes2(a) {
  return a instanceof Uint8Array || ArrayBuffer.isView(a) && a.constructor.name === "Uint8Array" && "BYTES_PER_ELEMENT" in a && a.BYTES_PER_ELEMENT === 1;
}
var atitle = (title) => title ? `"${title}" ` : "";
function anumber(n, title = "") {
  if (typeof n !== "number")
    throw new TypeError(atitle(title) + "expected number, got " + typeof n);
  if (!Number.isSafeInteger(n) || n < 0)
    throw new RangeError(atitle(title) + "expected integer >= 0, got " + n);
  return n;
}
function abool(value, title = "") {
  if (typeof value !== "boolean")
    throw new TypeError(atitle(title) + "expected boolean, got type=" + typeof value);
  return value;
}
function abytes(value, length, title = "") {
  if (isBytes2(value) && (length === void 0 || value.length === length))
    return value;
  if (length !== void 0)
    anumber(length, "length");
  const bytes3 = isBytes2(value);
  const ofLen = length !== void 0 ? ` of length ${length}` : "";
  const got = bytes3 ? `length=${value.length}` : `type=${typeof value}`;
  const message = atitle(title) + "expected Uint8Array" + ofLen + ", got " + got;
  if (!bytes3)
    throw new TypeError(message);
  throw new RangeError(message);
}
function ahash(h) {
  if (typeof h !== "function" || typeof h.create !== "function")
    throw new TypeError("expected hash wrapped by utils.createHasher");
  anumber(h.outputLen);
  anumber(h.blockLen);
  if (h.outputLen < 1 || h.blockLen < 1)
    throw new Error("hash blockLen / outputLen must be >= 1");
}
var aobject = (value, label) => {
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw new TypeError((label === "object" ? "" : `"${label}" `) + "expected object, got type=" + typeof value);
};
var aopts = (value, label) => {
  aobject(value, label);
  const proto = Object.getPrototypeOf(value);
  if (proto !== Object.prototype && proto !== null)
    throw new TypeError(`"${label}" expected plain object`);
  if (Object.hasOwn(value, "__proto__"))
    throw new TypeError(`"${label}.__proto__" is not allowed`);
};
function aexists(instance, checkFinished = true) {
  if (instance.destroyed)
    throw new Error("hash was destroyed");
  if (checkFinished && instance.finished)
    throw new Error("digest() was already called");
}
function aoutput(out, instance) {
  abytes(out, void 0, "output");
  const min = instance.outputLen;
  if (!(out.length >= min)) {
    throw new RangeError('"output" expected length >= ' + min);
  }
}
function u32(arr) {
  return new Uint32Array(arr.buffer, arr.byteOffset, Math.floor(arr.byteLength / 4));
}
function clean(...arrays) {
  for (let i = 0; i < arrays.length; i++) {
    arrays[i].fill(0);
  }
}
function createView(arr) {
  return new DataView(arr.buffer, arr.byteOffset, arr.byteLength);
}
function rotr(word2, shift) {
  return word2 << 32 - shift | word2 >>> shift;
}
var isLE = /* @__PURE__ */ (() => new Uint8Array(new Uint32Array([287454020]).buffer)[0] === 68)();
function byteSwap(word2) {
  return word2 << 24 & 4278190080 | word2 << 8 & 16711680 | word2 >>> 8 & 65280 | word2 >>> 24 & 255;
}
function byteSwap32(arr) {
  for (let i = 0; i < arr.length; i++) {
    arr[i] = byteSwap(arr[i]);
  }
  return arr;
}
var swap32IfBE = isLE ? (u) => u : byteSwap32;
var hasHexBuiltin = /* @__PURE__ */ (() => (
  // @ts-ignore
  typeof Uint8Array.from([]).toHex === "function" && typeof Uint8Array.fromHex === "function"
))();
var hexes = /* @__PURE__ */ Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));
function bytesToHex(bytes3) {
  abytes(bytes3);
  if (hasHexBuiltin)
    return bytes3.toHex();
  let hex2 = "";
  for (let i = 0; i < bytes3.length; i++) {
    hex2 += hexes[bytes3[i]];
  }
  return hex2;
}
function asciiToBase16(ch) {
  return ch >= 48 && ch <= 57 ? ch - 48 : ch >= 65 && ch <= 70 ? ch - (65 - 10) : ch >= 97 && ch <= 102 ? ch - (97 - 10) : void 0;
}
function hexToBytes(hex2) {
  if (typeof hex2 !== "string")
    throw new TypeError("hex string expected, got " + typeof hex2);
  if (hasHexBuiltin) {
    try {
      return Uint8Array.fromHex(hex2);
    } catch (error) {
      if (error instanceof SyntaxError)
        throw new RangeError(error.message);
      throw error;
    }
  }
  const hl = hex2.length;
  const al = hl / 2;
  if (hl % 2)
    throw new RangeError("hex string expected, got unpadded hex of length " + hl);
  const array2 = new Uint8Array(al);
  for (let ai = 0, hi = 0; ai < al; ai++, hi += 2) {
    const n1 = asciiToBase16(hex2.charCodeAt(hi));
    const n2 = asciiToBase16(hex2.charCodeAt(hi + 1));
    if (n1 === void 0 || n2 === void 0) {
      const char = hex2[hi] + hex2[hi + 1];
      throw new RangeError('hex string expected, got non-hex character "' + char + '" at index ' + hi);
    }
    array2[ai] = n1 * 16 + n2;
  }
  return array2;
}
function concatBytes(...arrays) {
  let sum = 0;
  for (let i = 0; i < arrays.length; i++) {
    const a = arrays[i];
    abytes(a);
    sum += a.length;
  }
  const res = new Uint8Array(sum);
  for (let i = 0, pad = 0; i < arrays.length; i++) {
    const a = arrays[i];
    res.set(a, pad);
    pad += a.length;
  }
  return res;
}
function checkOpts(defaults, opts, title = "opts") {
  aopts(defaults, "defaults");
  if (opts !== void 0)
    aopts(opts, title);
  const merged = Object.assign(/* @__PURE__ */ Object.create(null), defaults, opts);
  return merged;
}
function createHasher(hashCons, info = {}) {
  if (typeof hashCons !== "function")
    throw new TypeError('"hashCons" expected function, got type=' + typeof hashCons);
  info = checkOpts({}, info, "info");
  const hashC = (msg, opts) => hashCons(opts).update(msg).digest();
  const tmp = hashCons(void 0);
  hashC.outputLen = tmp.outputLen;
  hashC.blockLen = tmp.blockLen;
  hashC.canXOF = tmp.canXOF;
  hashC.create = (opts) => hashCons(opts);
  Object.assign(hashC, info);
  return Object.freeze(hashC);
}
function randomBytes(bytesLength = 32) {
  anumber(bytesLength, "bytesLength");
  const cr = typeof globalThis === "object" ? globalThis.crypto : null;
  if (typeof cr?.getRandomValues !== "function")
    throw new Error("crypto.getRandomValues must be defined");
  if (bytesLength > 65536)
    throw new RangeError(`"bytesLength" expected <= 65536, got ${bytesLength}`);
  return cr.getRandomValues(new Uint8Array(bytesLength));
}
var oidNist = (suffix) => ({
  // Current NIST hashAlgs suffixes used here fit in one DER subidentifier octet.
  // Larger suffix values would need base-128 OID encoding and a different length byte.
  oid: Uint8Array.from([6, 9, 96, 134, 72, 1, 101, 3, 4, 2, suffix])
});

// node_modules/@noble/hashes/sha3.js
var _0n = BigInt(0);
var _1n = BigInt(1);
var _2n = BigInt(2);
var _7n = BigInt(7);
var _256n = BigInt(256);
var _0x71n = BigInt(113);
var SHA3_PI = [];
var SHA3_ROTL = [];
var _SHA3_IOTA = [];
for (let round = 0, R = _1n, x = 1, y = 0; round < 24; round++) {
  [x, y] = [y, (2 * x + 3 * y) % 5];
  SHA3_PI.push(2 * (5 * y + x));
  SHA3_ROTL.push((round + 1) * (round + 2) / 2 % 64);
  let t = _0n;
  for (let j = 0; j < 7; j++) {
    R = (R << _1n ^ (R >> _7n) * _0x71n) % _256n;
    if (R & _2n)
      t ^= _1n << (_1n << BigInt(j)) - _1n;
  }
  _SHA3_IOTA.push(t);
}
var IOTAS = split(_SHA3_IOTA, true);
var SHA3_IOTA_H = IOTAS[0];
var SHA3_IOTA_L = IOTAS[1];
var rotlSH = (h, l, s) => h << s | l >>> 32 - s;
var rotlSL = (h, l, s) => l << s | h >>> 32 - s;
var rotlBH = (h, l, s) => l << s - 32 | h >>> 64 - s;
var rotlBL = (h, l, s) => h << s - 32 | l >>> 64 - s;
var rotlH = (h, l, s) => s > 32 ? rotlBH(h, l, s) : rotlSH(h, l, s);
var rotlL = (h, l, s) => s > 32 ? rotlBL(h, l, s) : rotlSL(h, l, s);
var B = new Uint32Array(5 * 2);
function keccakP(s, rounds = 24) {
  if (!(s instanceof Uint32Array))
    throw new TypeError('"s" expected Uint32Array(50), got type=' + typeof s);
  if (s.length !== 50)
    throw new RangeError('"s" expected Uint32Array(50), got length=' + s.length);
  anumber(rounds, "rounds");
  if (rounds < 1 || rounds > 24)
    throw new Error('"rounds" expected integer 1..24');
  for (let round = 24 - rounds; round < 24; round++) {
    for (let x = 0; x < 10; x++)
      B[x] = s[x] ^ s[x + 10] ^ s[x + 20] ^ s[x + 30] ^ s[x + 40];
    for (let x = 0; x < 10; x += 2) {
      const idx1 = (x + 8) % 10;
      const idx0 = (x + 2) % 10;
      const B0 = B[idx0];
      const B1 = B[idx0 + 1];
      const Th = rotlH(B0, B1, 1) ^ B[idx1];
      const Tl = rotlL(B0, B1, 1) ^ B[idx1 + 1];
      for (let y = 0; y < 50; y += 10) {
        s[x + y] ^= Th;
        s[x + y + 1] ^= Tl;
      }
    }
    let curH = s[2];
    let curL = s[3];
    for (let t = 0; t < 24; t++) {
      const shift = SHA3_ROTL[t];
      const Th = rotlH(curH, curL, shift);
      const Tl = rotlL(curH, curL, shift);
      const PI = SHA3_PI[t];
      curH = s[PI];
      curL = s[PI + 1];
      s[PI] = Th;
      s[PI + 1] = Tl;
    }
    for (let y = 0; y < 50; y += 10) {
      const b0 = s[y], b1 = s[y + 1], b2 = s[y + 2], b3 = s[y + 3];
      s[y] ^= ~s[y + 2] & s[y + 4];
      s[y + 1] ^= ~s[y + 3] & s[y + 5];
      s[y + 2] ^= ~s[y + 4] & s[y + 6];
      s[y + 3] ^= ~s[y + 5] & s[y + 7];
      s[y + 4] ^= ~s[y + 6] & s[y + 8];
      s[y + 5] ^= ~s[y + 7] & s[y + 9];
      s[y + 6] ^= ~s[y + 8] & b0;
      s[y + 7] ^= ~s[y + 9] & b1;
      s[y + 8] ^= ~b0 & b2;
      s[y + 9] ^= ~b1 & b3;
    }
    s[0] ^= SHA3_IOTA_H[round];
    s[1] ^= SHA3_IOTA_L[round];
  }
  clean(B);
}
var Keccak = class _Keccak {
  state;
  pos = 0;
  posOut = 0;
  finished = false;
  state32;
  destroyed = false;
  blockLen;
  suffix;
  outputLen;
  canXOF;
  enableXOF = false;
  rounds;
  // NOTE: we accept arguments in bytes instead of bits here.
  constructor(blockLen, suffix, outputLen, enableXOF = false, rounds = 24) {
    anumber(blockLen, "blockLen");
    anumber(suffix, "suffix");
    anumber(rounds, "rounds");
    abool(enableXOF, "enableXOF");
    this.blockLen = blockLen;
    this.suffix = suffix;
    this.outputLen = outputLen;
    this.enableXOF = enableXOF;
    this.canXOF = enableXOF;
    this.rounds = rounds;
    anumber(outputLen, "outputLen");
    if (!(0 < blockLen && blockLen < 200))
      throw new Error('"blockLen" must be 1..199');
    this.state = new Uint8Array(200);
    this.state32 = u32(this.state);
  }
  clone() {
    return this._cloneInto();
  }
  keccak() {
    swap32IfBE(this.state32);
    keccakP(this.state32, this.rounds);
    swap32IfBE(this.state32);
    this.posOut = 0;
    this.pos = 0;
  }
  update(data) {
    aexists(this);
    abytes(data);
    const { blockLen, state, state32 } = this;
    const len = data.length;
    const canUseU32 = blockLen % 4 === 0 && data.byteOffset % 4 === 0;
    const blockLen32 = blockLen / 4;
    const data32 = canUseU32 && len >= blockLen ? u32(data) : void 0;
    for (let pos = 0; pos < len; ) {
      if (data32 !== void 0 && this.pos === 0 && pos % 4 === 0 && len - pos >= blockLen) {
        for (let i = 0, o = pos / 4; i < blockLen32; i++)
          state32[i] ^= data32[o + i];
        pos += blockLen;
        this.pos = blockLen;
        this.keccak();
        continue;
      }
      const take = Math.min(blockLen - this.pos, len - pos);
      for (let i = 0; i < take; i++)
        state[this.pos++] ^= data[pos++];
      if (this.pos === blockLen)
        this.keccak();
    }
    return this;
  }
  finish() {
    if (this.finished)
      return;
    this.finished = true;
    const { state, suffix, pos, blockLen } = this;
    state[pos] ^= suffix;
    if ((suffix & 128) !== 0 && pos === blockLen - 1)
      this.keccak();
    state[blockLen - 1] ^= 128;
    this.keccak();
  }
  writeInto(out) {
    aexists(this, false);
    abytes(out);
    this.finish();
    const bufferOut = this.state;
    const { blockLen } = this;
    for (let pos = 0, len = out.length; pos < len; ) {
      if (this.posOut >= blockLen)
        this.keccak();
      const take = Math.min(blockLen - this.posOut, len - pos);
      out.set(bufferOut.subarray(this.posOut, this.posOut + take), pos);
      this.posOut += take;
      pos += take;
    }
    return out;
  }
  xofInto(out) {
    if (!this.enableXOF)
      throw new Error("XOF is not enabled");
    return this.writeInto(out);
  }
  xof(bytes3) {
    anumber(bytes3);
    return this.xofInto(new Uint8Array(bytes3));
  }
  digestInto(out) {
    aoutput(out, this);
    if (this.finished)
      throw new Error("digest() was already called");
    this.writeInto(out.length === this.outputLen ? out : out.subarray(0, this.outputLen));
    this.destroy();
  }
  digest() {
    const out = new Uint8Array(this.outputLen);
    this.digestInto(out);
    return out;
  }
  destroy() {
    this.destroyed = true;
    clean(this.state);
  }
  _cloneInto(to) {
    const { blockLen, suffix, outputLen, rounds, enableXOF } = this;
    to ||= new _Keccak(blockLen, suffix, outputLen, enableXOF, rounds);
    to.blockLen = blockLen;
    to.state32.set(this.state32);
    to.pos = this.pos;
    to.posOut = this.posOut;
    to.finished = this.finished;
    to.rounds = rounds;
    to.suffix = suffix;
    to.outputLen = outputLen;
    to.enableXOF = enableXOF;
    to.canXOF = this.canXOF;
    to.destroyed = this.destroyed;
    return to;
  }
};
var genKeccak = (suffix, blockLen, outputLen, info = {}) => createHasher(() => new Keccak(blockLen, suffix, outputLen), info);
var keccak_256 = /* @__PURE__ */ genKeccak(1, 136, 32);

// verifier/pages/evidence/keccak.js
function keccak(data) {
  return keccak_256(data);
}

// verifier/pages/evidence/block_hash.js
var MALFORMED = "EvidenceMalformed";
var NOTHING = new Uint8Array(0);
var VANITY = 32;
var SEAL = 65;
var ADDRESS = 20;
var ROUND = 4;
function blockHash(header, scheme) {
  requireScheme(scheme);
  if (scheme === "none" || scheme === "clique") return keccak(writeHeader(header));
  const { vanity, listed, vote } = bftExtra(header, scheme);
  return hashWith(header, scheme === "qbft" ? [vanity, listed, vote, NOTHING, []] : [vanity, listed, vote]);
}
function commitHash(header, scheme) {
  requireScheme(scheme);
  if (scheme === "none")
    return refuse(MALFORMED, "got a header of a chain without seals, wanted one that somebody signed");
  if (scheme === "clique") return keccak(writeHeader(header, header.extra.slice(0, -SEAL)));
  return bftCommitHash(header, scheme, bftExtra(header, scheme));
}
function bftExtra(header, scheme) {
  const read = decode(header.extra, MALFORMED, { depth: 2 });
  const [vanity, listed, vote, round, seals] = Array.isArray(read) && read.length === 5 ? read : [];
  if (!isBytes(vanity) || vanity.length !== VANITY || !allOf(ADDRESS, listed) || !isVote(vote, scheme) || !isBytes(round) || !isRound(round, scheme) || !allOf(SEAL, seals)) {
    return refuse(MALFORMED, `block ${header.number}: got extra data other than that of ${scheme}`);
  }
  if (!listed.length && vote.length) {
    refuse(MALFORMED, `block ${header.number}: got a vote where a contract names the validators`);
  }
  return { vanity, listed, vote, round, seals };
}
function allOf(width2, items) {
  return Array.isArray(items) && items.every((item) => isBytes(item) && item.length === width2);
}
function isVote(vote, scheme) {
  if (isBytes(vote)) return scheme === "ibft2" && !vote.length;
  if (!Array.isArray(vote) || !vote.length) return scheme === "qbft" && vote !== void 0;
  const [address2, what] = vote;
  if (vote.length !== 2 || !allOf(ADDRESS, [address2]) || !isBytes(what)) return false;
  return ["ff", scheme === "ibft2" ? "00" : ""].includes(hex(what));
}
function isRound(round, scheme) {
  return scheme === "ibft2" ? round.length === ROUND : round.length <= ROUND && round[0] !== 0;
}
function bftCommitHash(header, scheme, { vanity, listed, vote, round }) {
  return hashWith(header, scheme === "ibft2" ? [vanity, listed, vote, round] : [vanity, listed, vote, round, []]);
}
function hashWith(header, extra) {
  return keccak(writeHeader(header, encode(extra)));
}

// node_modules/@noble/hashes/_md.js
function Chi(a, b, c) {
  return a & b ^ ~a & c;
}
function Maj(a, b, c) {
  return a & b ^ a & c ^ b & c;
}
var HashMD = class {
  blockLen;
  outputLen;
  canXOF = false;
  padOffset;
  isLE;
  // For partial updates less than block size
  buffer;
  view;
  finished = false;
  length = 0;
  pos = 0;
  destroyed = false;
  constructor(blockLen, outputLen, padOffset, isLE2) {
    this.blockLen = blockLen;
    this.outputLen = outputLen;
    this.padOffset = padOffset;
    this.isLE = isLE2;
    this.buffer = new Uint8Array(blockLen);
    this.view = createView(this.buffer);
  }
  update(data) {
    aexists(this);
    abytes(data);
    const { view, buffer, blockLen } = this;
    const len = data.length;
    let processed = false;
    for (let pos = 0; pos < len; ) {
      const take = Math.min(blockLen - this.pos, len - pos);
      if (take === blockLen) {
        const dataView = createView(data);
        for (; blockLen <= len - pos; pos += blockLen)
          this.process(dataView, pos);
        processed = true;
        continue;
      }
      buffer.set(pos === 0 && take === len ? data : data.subarray(pos, pos + take), this.pos);
      this.pos += take;
      pos += take;
      if (this.pos === blockLen) {
        this.process(view, 0);
        this.pos = 0;
        processed = true;
      }
    }
    this.length += data.length;
    if (processed)
      this.roundClean();
    return this;
  }
  digestInto(out) {
    aexists(this);
    aoutput(out, this);
    this.finished = true;
    const { buffer, view, blockLen, isLE: isLE2 } = this;
    let { pos } = this;
    buffer[pos++] = 128;
    buffer.fill(0, pos);
    if (this.padOffset > blockLen - pos) {
      this.process(view, 0);
      buffer.fill(0);
    }
    setU64FromNum(view, blockLen - 8, this.length * 8, isLE2);
    this.process(view, 0);
    this.roundClean();
    const oview = out === buffer ? view : createView(out);
    const len = this.outputLen;
    const outLen = len / 4;
    const state = this.get();
    if (len % 4 || outLen > state.length)
      throw new Error("invalid outputLen");
    for (let i = 0; i < outLen; i++)
      oview.setUint32(4 * i, state[i], isLE2);
  }
  digest() {
    const { buffer, outputLen } = this;
    this.digestInto(buffer);
    const res = buffer.slice(0, outputLen);
    this.destroy();
    return res;
  }
  _cloneIntoMeta(to) {
    const { buffer, length, finished, destroyed, pos } = this;
    to.destroyed = destroyed;
    to.finished = finished;
    to.length = length;
    to.pos = pos;
    if (pos)
      to.buffer.set(buffer);
    return to;
  }
  clone() {
    return this._cloneInto();
  }
};
var SHA256_IV = /* @__PURE__ */ Uint32Array.from([
  1779033703,
  3144134277,
  1013904242,
  2773480762,
  1359893119,
  2600822924,
  528734635,
  1541459225
]);

// node_modules/@noble/hashes/sha2.js
var SHA256_K = /* @__PURE__ */ Uint32Array.from([
  1116352408,
  1899447441,
  3049323471,
  3921009573,
  961987163,
  1508970993,
  2453635748,
  2870763221,
  3624381080,
  310598401,
  607225278,
  1426881987,
  1925078388,
  2162078206,
  2614888103,
  3248222580,
  3835390401,
  4022224774,
  264347078,
  604807628,
  770255983,
  1249150122,
  1555081692,
  1996064986,
  2554220882,
  2821834349,
  2952996808,
  3210313671,
  3336571891,
  3584528711,
  113926993,
  338241895,
  666307205,
  773529912,
  1294757372,
  1396182291,
  1695183700,
  1986661051,
  2177026350,
  2456956037,
  2730485921,
  2820302411,
  3259730800,
  3345764771,
  3516065817,
  3600352804,
  4094571909,
  275423344,
  430227734,
  506948616,
  659060556,
  883997877,
  958139571,
  1322822218,
  1537002063,
  1747873779,
  1955562222,
  2024104815,
  2227730452,
  2361852424,
  2428436474,
  2756734187,
  3204031479,
  3329325298
]);
var SHA256_W = /* @__PURE__ */ new Uint32Array(64);
var SHA2_32B = class extends HashMD {
  // We cannot use array here since array allows indexing by variable
  // which means optimizer/compiler cannot use registers.
  // Numeric initializers matter: starting the fields as `undefined` changes
  // V8's field representation and makes sha256 3x slower (measured).
  A = 0;
  B = 0;
  C = 0;
  D = 0;
  E = 0;
  F = 0;
  G = 0;
  H = 0;
  constructor(outputLen, IV) {
    super(64, outputLen, 8, false);
    this.A = IV[0] | 0;
    this.B = IV[1] | 0;
    this.C = IV[2] | 0;
    this.D = IV[3] | 0;
    this.E = IV[4] | 0;
    this.F = IV[5] | 0;
    this.G = IV[6] | 0;
    this.H = IV[7] | 0;
  }
  get() {
    const { A, B: B2, C, D, E, F, G, H } = this;
    return [A, B2, C, D, E, F, G, H];
  }
  // prettier-ignore
  set(A, B2, C, D, E, F, G, H) {
    this.A = A | 0;
    this.B = B2 | 0;
    this.C = C | 0;
    this.D = D | 0;
    this.E = E | 0;
    this.F = F | 0;
    this.G = G | 0;
    this.H = H | 0;
  }
  _cloneInto(to) {
    (to ||= new this.constructor()).set(...this.get());
    return this._cloneIntoMeta(to);
  }
  process(view, offset) {
    for (let i = 0; i < 16; i++, offset += 4)
      SHA256_W[i] = view.getUint32(offset, false);
    for (let i = 16; i < 64; i++) {
      const W15 = SHA256_W[i - 15];
      const W2 = SHA256_W[i - 2];
      const s0 = rotr(W15, 7) ^ rotr(W15, 18) ^ W15 >>> 3;
      const s1 = rotr(W2, 17) ^ rotr(W2, 19) ^ W2 >>> 10;
      SHA256_W[i] = s1 + SHA256_W[i - 7] + s0 + SHA256_W[i - 16] | 0;
    }
    let { A, B: B2, C, D, E, F, G, H } = this;
    for (let i = 0; i < 64; i++) {
      const sigma1 = rotr(E, 6) ^ rotr(E, 11) ^ rotr(E, 25);
      const T1 = H + sigma1 + Chi(E, F, G) + SHA256_K[i] + SHA256_W[i] | 0;
      const sigma0 = rotr(A, 2) ^ rotr(A, 13) ^ rotr(A, 22);
      const T2 = sigma0 + Maj(A, B2, C) | 0;
      H = G;
      G = F;
      F = E;
      E = D + T1 | 0;
      D = C;
      C = B2;
      B2 = A;
      A = T1 + T2 | 0;
    }
    A = A + this.A | 0;
    B2 = B2 + this.B | 0;
    C = C + this.C | 0;
    D = D + this.D | 0;
    E = E + this.E | 0;
    F = F + this.F | 0;
    G = G + this.G | 0;
    H = H + this.H | 0;
    this.set(A, B2, C, D, E, F, G, H);
  }
  roundClean() {
    clean(SHA256_W);
  }
  destroy() {
    this.destroyed = true;
    this.set(0, 0, 0, 0, 0, 0, 0, 0);
    clean(this.buffer);
  }
};
var _SHA256 = class extends SHA2_32B {
  constructor() {
    super(32, SHA256_IV);
  }
};
var sha2562 = /* @__PURE__ */ createHasher(
  () => new _SHA256(),
  /* @__PURE__ */ oidNist(1)
);

// node_modules/@noble/curves/utils.js
/*! noble-curves - MIT License (c) 2022 Paul Miller (paulmillr.com) */
function aarray(item, title, inner = () => {
}) {
  if (!Array.isArray(item))
    throw new TypeError(`"${title}" expected array, got type=${typeof item}`);
  for (let i = 0; i < item.length; i++)
    inner(item[i], `${title}[${i}]`);
  return item;
}
var abytes2 = (value, length, title) => abytes(value, length, title);
var anumber2 = anumber;
function astring(value, title = "") {
  if (typeof value !== "string") {
    const prefix = title && `"${title}" `;
    throw new TypeError(prefix + "expected string, got type=" + typeof value);
  }
  return value;
}
function aobject2(value, title = "object") {
  if (value === null || typeof value !== "object" || Array.isArray(value))
    throw new TypeError(title === "object" ? "expected valid options object" : `"${title}" expected object, got type=${typeof value}`);
  return value;
}
function afunction(value, title) {
  if (typeof value !== "function")
    throw new TypeError(`"${title}" is invalid: expected function, got ${typeof value}`);
  return value;
}
var bytesToHex2 = bytesToHex;
var concatBytes2 = (...arrays) => concatBytes(...arrays);
var hexToBytes2 = (hex2) => hexToBytes(hex2);
var isBytes3 = isBytes2;
var randomBytes2 = (bytesLength) => randomBytes(bytesLength);
var _0n2 = /* @__PURE__ */ BigInt(0);
var _1n2 = /* @__PURE__ */ BigInt(1);
var atitle2 = (title) => title ? `"${title}" ` : "";
function abool2(value, title = "") {
  if (typeof value !== "boolean")
    throw new TypeError(atitle2(title) + "expected boolean, got type=" + typeof value);
  return value;
}
function abignumber(n) {
  if (typeof n === "bigint") {
    if (!isPosBig(n))
      throw new RangeError("positive bigint expected, got " + n);
  } else
    anumber2(n);
  return n;
}
function asafenumber(value, title = "") {
  if (typeof value !== "number") {
    const prefix = title && `"${title}" `;
    throw new TypeError(prefix + "expected number, got type=" + typeof value);
  }
  if (!Number.isSafeInteger(value)) {
    const prefix = title && `"${title}" `;
    throw new RangeError(prefix + "expected safe integer, got " + value);
  }
}
function numberToHexUnpadded(num) {
  const hex2 = abignumber(num).toString(16);
  return hex2.length & 1 ? "0" + hex2 : hex2;
}
function hexToNumber(hex2) {
  if (typeof hex2 !== "string")
    throw new TypeError("hex string expected, got " + typeof hex2);
  return hex2 === "" ? _0n2 : BigInt("0x" + hex2);
}
function bytesToNumberBE(bytes3) {
  return hexToNumber(bytesToHex(bytes3));
}
function bytesToNumberLE(bytes3) {
  return hexToNumber(bytesToHex(copyBytes(abytes(bytes3)).reverse()));
}
function numberToBytesBE(n, len) {
  anumber(len);
  if (len === 0)
    throw new Error("zero output length is invalid");
  n = abignumber(n);
  const expectedLen = len * 2;
  const hex2 = n.toString(16);
  if (hex2.length > expectedLen)
    throw new RangeError("number is too large");
  return hexToBytes(hex2.padStart(expectedLen, "0"));
}
function numberToBytesLE(n, len) {
  return numberToBytesBE(n, len).reverse();
}
function copyBytes(bytes3) {
  return Uint8Array.from(abytes2(bytes3));
}
function isPosBig(n) {
  return typeof n === "bigint" && _0n2 <= n;
}
function inRange(n, min, max) {
  return isPosBig(n) && isPosBig(min) && isPosBig(max) && min <= n && n < max;
}
function aInRange(title, n, min, max) {
  if (!inRange(n, min, max))
    throw new RangeError("expected valid " + title + ": " + min + " <= n < " + max + ", got " + n);
}
function bitLen(n) {
  if (n < _0n2)
    throw new Error("expected non-negative bigint, got " + n);
  return n === _0n2 ? 0 : n.toString(2).length;
}
var bitMask = (n) => {
  asafenumber(n, "n");
  return (_1n2 << BigInt(n)) - _1n2;
};
function createHmacDrbg(hashLen, qByteLen, hmacFn) {
  anumber(hashLen, "hashLen");
  anumber(qByteLen, "qByteLen");
  if (typeof hmacFn !== "function")
    throw new TypeError("hmacFn must be a function");
  const u8n = (len) => new Uint8Array(len);
  const NULL2 = Uint8Array.of();
  const byte0 = Uint8Array.of(0);
  const byte1 = Uint8Array.of(1);
  const _maxDrbgIters = 1e3;
  let v = u8n(hashLen);
  let k = u8n(hashLen);
  let i = 0;
  const reset = () => {
    v.fill(1);
    k.fill(0);
    i = 0;
  };
  const h = (...msgs) => hmacFn(k, concatBytes2(v, ...msgs));
  const reseed = (seed = NULL2) => {
    k = h(byte0, seed);
    v = h();
    if (seed.length === 0)
      return;
    k = h(byte1, seed);
    v = h();
  };
  const gen = () => {
    if (i++ >= _maxDrbgIters)
      throw new Error("drbg: tried max amount of iterations");
    let len = 0;
    const out = [];
    while (len < qByteLen) {
      v = h();
      const sl = v.slice();
      out.push(sl);
      len += v.length;
    }
    return concatBytes2(...out);
  };
  const genUntil = (seed, pred) => {
    reset();
    reseed(seed);
    let res = void 0;
    while ((res = pred(gen())) === void 0)
      reseed();
    reset();
    return res;
  };
  return genUntil;
}
function validateObject(object, fields = {}, optFields = {}, title = "object") {
  aobject2(object, title);
  aobject2(fields, "fields");
  aobject2(optFields, "optFields");
  function checkField(fieldName, expectedType, isOpt) {
    const label = title === "object" ? `param "${String(fieldName)}"` : `"${title}.${String(fieldName)}"`;
    const val = object[fieldName];
    if (!Object.hasOwn(object, fieldName) && (isOpt ? val !== void 0 : expectedType !== "function")) {
      throw new TypeError(`${label} is invalid: expected own property`);
    }
    if (isOpt && val === void 0)
      return;
    const current = typeof val;
    if (current !== expectedType || val === null)
      throw new TypeError(`${label} is invalid: expected ${expectedType}, got ${current}`);
  }
  const iter = (f, isOpt) => Object.entries(f).forEach(([k, v]) => checkField(k, v, isOpt));
  iter(fields, false);
  iter(optFields, true);
}

// node_modules/@noble/curves/abstract/modular.js
/*! noble-curves - MIT License (c) 2022 Paul Miller (paulmillr.com) */
var _0n3 = /* @__PURE__ */ BigInt(0);
var _1n3 = /* @__PURE__ */ BigInt(1);
var _2n2 = /* @__PURE__ */ BigInt(2);
var _3n = /* @__PURE__ */ BigInt(3);
var _4n = /* @__PURE__ */ BigInt(4);
var _5n = /* @__PURE__ */ BigInt(5);
var _7n2 = /* @__PURE__ */ BigInt(7);
var _8n = /* @__PURE__ */ BigInt(8);
var _9n = /* @__PURE__ */ BigInt(9);
var _15n = /* @__PURE__ */ BigInt(15);
var _16n = /* @__PURE__ */ BigInt(16);
var POW_WINDOWED_MIN = /* @__PURE__ */ BigInt("0x10000000000000000");
function mod(a, b) {
  if (b <= _0n3)
    throw new Error("mod: expected positive modulus, got " + b);
  const result = a % b;
  return result >= _0n3 ? result : b + result;
}
function pow(num, power, modulo) {
  if (modulo <= _1n3)
    throw new Error("pow: expected modulus > 1, got " + modulo);
  if (typeof power !== "bigint")
    throw new TypeError("invalid exponent: expected bigint, got " + typeof power);
  if (power < _0n3)
    throw new Error("invalid exponent, negatives unsupported");
  if (power === _0n3)
    return _1n3;
  if (power === _1n3)
    return num;
  let d = num % modulo;
  if (d < _0n3)
    d += modulo;
  if (power < POW_WINDOWED_MIN) {
    let p2 = _1n3;
    while (power > _0n3) {
      if (power & _1n3)
        p2 = p2 * d % modulo;
      d = d * d % modulo;
      power >>= _1n3;
    }
    return p2;
  }
  const digits = [];
  while (power > _0n3) {
    digits.push(Number(power & _15n));
    power >>= _4n;
  }
  const table = new Array(16);
  table[0] = _1n3;
  table[1] = d;
  for (let i = 2; i < 16; i++)
    table[i] = table[i - 1] * d % modulo;
  let p = table[digits[digits.length - 1]];
  for (let w = digits.length - 2; w >= 0; w--) {
    p = p * p % modulo;
    p = p * p % modulo;
    p = p * p % modulo;
    p = p * p % modulo;
    const digit = digits[w];
    if (digit !== 0)
      p = p * table[digit] % modulo;
  }
  return p;
}
function pow2(x, power, modulo) {
  if (modulo <= _1n3)
    throw new Error("pow2: expected modulus > 1, got " + modulo);
  if (power < _0n3)
    throw new Error("pow2: expected non-negative exponent, got " + power);
  let res = x;
  while (power-- > _0n3) {
    res *= res;
    res %= modulo;
  }
  return res;
}
function invert(number, modulo) {
  if (number === _0n3)
    throw new Error("invert: expected non-zero number");
  if (modulo <= _1n3)
    throw new Error("invert: expected modulus > 1, got " + modulo);
  let a = mod(number, modulo);
  let b = modulo;
  let x = _0n3, u = _1n3;
  while (a !== _0n3) {
    const q = b / a;
    const r = b - a * q;
    const m = x - u * q;
    b = a, a = r, x = u, u = m;
  }
  const gcd = b;
  if (gcd !== _1n3)
    throw new Error("invert: does not exist");
  return mod(x, modulo);
}
function invertCt(a, prime) {
  if (prime <= _1n3)
    throw new Error("invertCt: expected prime modulus > 1, got " + prime);
  const an = mod(a, prime);
  if (an === _0n3)
    throw new Error("invertCt: expected non-zero number");
  const inverse = pow(an, prime - _2n2, prime);
  if (mod(an * inverse, prime) !== _1n3)
    throw new Error("invertCt: does not exist");
  return inverse;
}
function assertIsSquare(Fp, root, n) {
  const F = Fp;
  if (!F.eql(F.sqr(root), n))
    throw new Error("Cannot find square root");
}
function aoddModulus(order2, fnName) {
  if ((order2 & _1n3) === _0n3)
    throw new Error(fnName + ": expected odd modulus, got " + order2);
}
function sqrt3mod4(Fp, n) {
  const F = Fp;
  const p1div4 = (F.ORDER + _1n3) / _4n;
  const root = F.pow(n, p1div4);
  assertIsSquare(F, root, n);
  return root;
}
function sqrt5mod8(Fp, n) {
  const F = Fp;
  const p5div8 = (F.ORDER - _5n) / _8n;
  const n2 = F.mul(n, _2n2);
  const v = F.pow(n2, p5div8);
  const nv = F.mul(n, v);
  const i = F.mul(F.mul(nv, _2n2), v);
  const root = F.mul(nv, F.sub(i, F.ONE));
  assertIsSquare(F, root, n);
  return root;
}
function sqrt9mod16(P) {
  const Fp_ = Field(P);
  const tn = tonelliShanks(P);
  const c1 = tn(Fp_, Fp_.neg(Fp_.ONE));
  const c2 = tn(Fp_, c1);
  const c3 = tn(Fp_, Fp_.neg(c1));
  const c4 = (P + _7n2) / _16n;
  return ((Fp, n) => {
    const F = Fp;
    let tv1 = F.pow(n, c4);
    let tv2 = F.mul(tv1, c1);
    const tv3 = F.mul(tv1, c2);
    const tv4 = F.mul(tv1, c3);
    const e1 = F.eql(F.sqr(tv2), n);
    const e2 = F.eql(F.sqr(tv3), n);
    tv1 = F.cmov(tv1, tv2, e1);
    tv2 = F.cmov(tv4, tv3, e2);
    const e3 = F.eql(F.sqr(tv2), n);
    const root = F.cmov(tv1, tv2, e3);
    assertIsSquare(F, root, n);
    return root;
  });
}
function tonelliShanks(P) {
  if (P < _3n)
    throw new Error("sqrt is not defined for small field");
  aoddModulus(P, "tonelliShanks");
  let Q = P - _1n3;
  let S = 0;
  while (Q % _2n2 === _0n3) {
    Q /= _2n2;
    S++;
  }
  let Z = _2n2;
  const _Fp = Field(P);
  while (FpLegendre(_Fp, Z) === 1) {
    if (Z++ > 1e3)
      throw new Error("Cannot find square root: probably non-prime P");
  }
  if (S === 1)
    return sqrt3mod4;
  let cc = _Fp.pow(Z, Q);
  const Q1div2 = (Q + _1n3) / _2n2;
  return function tonelliSlow(Fp, n) {
    const F = Fp;
    if (F.is0(n))
      return n;
    if (FpLegendre(F, n) !== 1)
      throw new Error("Cannot find square root");
    let M = S;
    let c = F.mul(F.ONE, cc);
    let t = F.pow(n, Q);
    let R = F.pow(n, Q1div2);
    while (!F.eql(t, F.ONE)) {
      if (F.is0(t))
        throw new Error("Cannot find square root: probably non-prime P");
      let i = 1;
      let t_tmp = F.sqr(t);
      while (!F.eql(t_tmp, F.ONE)) {
        i++;
        t_tmp = F.sqr(t_tmp);
        if (i === M)
          throw new Error("Cannot find square root");
      }
      const exponent = _1n3 << BigInt(M - i - 1);
      const b = F.pow(c, exponent);
      M = i;
      c = F.sqr(b);
      t = F.mul(t, c);
      R = F.mul(R, b);
    }
    return R;
  };
}
function FpSqrt(P) {
  aoddModulus(P, "Fp.sqrt");
  if (P % _4n === _3n)
    return sqrt3mod4;
  if (P % _8n === _5n)
    return sqrt5mod8;
  if (P % _16n === _9n)
    return sqrt9mod16(P);
  return tonelliShanks(P);
}
var FIELD_FIELDS = [
  "create",
  "isValid",
  "is0",
  "neg",
  "inv",
  "sqrt",
  "sqr",
  "eql",
  "add",
  "sub",
  "mul",
  "pow",
  "div",
  "addN",
  "subN",
  "mulN",
  "sqrN"
];
function validateField(field) {
  aobject2(field, "field");
  if (typeof field.ORDER !== "bigint")
    throw new TypeError('param "ORDER" is invalid: expected bigint, got ' + typeof field.ORDER);
  asafenumber(field.BYTES, "BYTES");
  asafenumber(field.BITS, "BITS");
  for (const name of FIELD_FIELDS)
    afunction(field[name], "field." + name);
  if (field.BYTES < 1 || field.BITS < 1)
    throw new Error("invalid field: expected BYTES/BITS > 0");
  if (field.ORDER <= _1n3)
    throw new Error("invalid field: expected ORDER > 1, got " + field.ORDER);
  return field;
}
function FpInvertBatch(Fp, nums, passZero = false) {
  validateField(Fp);
  aarray(nums, "nums");
  abool2(passZero, "passZero");
  const F = Fp;
  const inverted = new Array(nums.length).fill(passZero ? F.ZERO : void 0);
  const multipliedAcc = nums.reduce((acc, num, i) => {
    if (F.is0(num))
      return acc;
    inverted[i] = acc;
    return F.mul(acc, num);
  }, F.ONE);
  const invertedAcc = F.inv(multipliedAcc);
  nums.reduceRight((acc, num, i) => {
    if (F.is0(num))
      return acc;
    inverted[i] = F.mul(acc, inverted[i]);
    return F.mul(acc, num);
  }, invertedAcc);
  return inverted;
}
function FpLegendre(Fp, n) {
  validateField(Fp);
  const F = Fp;
  aoddModulus(F.ORDER, "FpLegendre");
  const p1mod2 = (F.ORDER - _1n3) / _2n2;
  const powered = F.pow(n, p1mod2);
  const yes = F.eql(powered, F.ONE);
  const zero = F.eql(powered, F.ZERO);
  const no = F.eql(powered, F.neg(F.ONE));
  if (!yes && !zero && !no)
    throw new Error("invalid Legendre symbol result");
  return yes ? 1 : zero ? 0 : -1;
}
function nLength(n, nBitLength) {
  if (nBitLength !== void 0)
    anumber2(nBitLength);
  if (n <= _0n3)
    throw new Error("invalid n length: expected positive n, got " + n);
  if (nBitLength !== void 0 && nBitLength < 1)
    throw new Error("invalid n length: expected positive bit length, got " + nBitLength);
  const bits = bitLen(n);
  if (nBitLength !== void 0 && nBitLength < bits)
    throw new Error(`invalid n length: expected nBitLength (${nBitLength}) >= bitLen(n) (${bits})`);
  const _nBitLength = nBitLength !== void 0 ? nBitLength : bits;
  const nByteLength = Math.ceil(_nBitLength / 8);
  return { nBitLength: _nBitLength, nByteLength };
}
var FIELD_SQRT = /* @__PURE__ */ new WeakMap();
var _Field = class {
  ORDER;
  BITS;
  BYTES;
  isLE;
  ZERO = _0n3;
  ONE = _1n3;
  _lengths;
  _mod;
  constructor(ORDER3, opts = {}) {
    if (ORDER3 <= _1n3)
      throw new Error("invalid field: expected ORDER > 1, got " + ORDER3);
    let _nbitLength = void 0;
    this.isLE = false;
    if (opts != null && typeof opts === "object") {
      if (typeof opts.BITS === "number")
        _nbitLength = opts.BITS;
      if (typeof opts.sqrt === "function")
        Object.defineProperty(this, "sqrt", { value: opts.sqrt, enumerable: true });
      if (typeof opts.isLE === "boolean")
        this.isLE = opts.isLE;
      if (opts.allowedLengths)
        this._lengths = Object.freeze(opts.allowedLengths.slice());
      if (typeof opts.modFromBytes === "boolean")
        this._mod = opts.modFromBytes;
    }
    const { nBitLength, nByteLength } = nLength(ORDER3, _nbitLength);
    if (nByteLength > 2048)
      throw new Error("invalid field: expected ORDER of <= 2048 bytes");
    this.ORDER = ORDER3;
    this.BITS = nBitLength;
    this.BYTES = nByteLength;
    Object.freeze(this);
  }
  create(num) {
    return mod(num, this.ORDER);
  }
  isValid(num) {
    if (typeof num !== "bigint")
      throw new TypeError("invalid field element: expected bigint, got " + typeof num);
    return _0n3 <= num && num < this.ORDER;
  }
  is0(num) {
    return num === _0n3;
  }
  // is valid and invertible
  isValidNot0(num) {
    return !this.is0(num) && this.isValid(num);
  }
  isOdd(num) {
    return (num & _1n3) === _1n3;
  }
  neg(num) {
    return mod(-num, this.ORDER);
  }
  eql(lhs, rhs) {
    return lhs === rhs;
  }
  sqr(num) {
    return mod(num * num, this.ORDER);
  }
  add(lhs, rhs) {
    return mod(lhs + rhs, this.ORDER);
  }
  sub(lhs, rhs) {
    return mod(lhs - rhs, this.ORDER);
  }
  mul(lhs, rhs) {
    return mod(lhs * rhs, this.ORDER);
  }
  pow(num, power) {
    return pow(num, power, this.ORDER);
  }
  div(lhs, rhs) {
    return mod(lhs * invert(rhs, this.ORDER), this.ORDER);
  }
  // Same as above, but doesn't normalize
  sqrN(num) {
    return num * num;
  }
  addN(lhs, rhs) {
    return lhs + rhs;
  }
  subN(lhs, rhs) {
    return lhs - rhs;
  }
  mulN(lhs, rhs) {
    return lhs * rhs;
  }
  inv(num) {
    return invert(num, this.ORDER);
  }
  sqrt(num) {
    let sqrt = FIELD_SQRT.get(this);
    if (!sqrt)
      FIELD_SQRT.set(this, sqrt = FpSqrt(this.ORDER));
    return sqrt(this, num);
  }
  toBytes(num) {
    return this.isLE ? numberToBytesLE(num, this.BYTES) : numberToBytesBE(num, this.BYTES);
  }
  fromBytes(bytes3, skipValidation = false) {
    abytes2(bytes3);
    const { _lengths: allowedLengths, BYTES: BYTES2, isLE: isLE2, ORDER: ORDER3, _mod: modFromBytes } = this;
    if (allowedLengths) {
      if (bytes3.length < 1 || !allowedLengths.includes(bytes3.length) || bytes3.length > BYTES2) {
        throw new Error("Field.fromBytes: expected " + allowedLengths + " bytes, got " + bytes3.length);
      }
      const padded2 = new Uint8Array(BYTES2);
      padded2.set(bytes3, isLE2 ? 0 : padded2.length - bytes3.length);
      bytes3 = padded2;
    }
    if (bytes3.length !== BYTES2)
      throw new Error("Field.fromBytes: expected " + BYTES2 + " bytes, got " + bytes3.length);
    let scalar = isLE2 ? bytesToNumberLE(bytes3) : bytesToNumberBE(bytes3);
    if (modFromBytes)
      scalar = mod(scalar, ORDER3);
    if (!skipValidation) {
      if (!this.isValid(scalar))
        throw new Error("invalid field element: outside of range 0..ORDER");
    }
    return scalar;
  }
  // TODO: we don't need it here, move out to separate fn
  invertBatch(lst) {
    return FpInvertBatch(this, lst, true);
  }
  // We can't move this out because Fp6, Fp12 implement it
  // and it's unclear what to return in there.
  cmov(a, b, condition) {
    abool2(condition, "condition");
    return condition ? b : a;
  }
};
function Field(ORDER3, opts = {}) {
  Object.freeze(_Field.prototype);
  return new _Field(ORDER3, opts);
}
function getFieldBytesLength(fieldOrder) {
  if (typeof fieldOrder !== "bigint")
    throw new Error("field order must be bigint");
  if (fieldOrder <= _1n3)
    throw new Error("field order must be greater than 1");
  const bitLength = bitLen(fieldOrder - _1n3);
  return Math.ceil(bitLength / 8);
}
function getMinHashLength(fieldOrder) {
  const length = getFieldBytesLength(fieldOrder);
  return length + Math.ceil(length / 2);
}
function mapHashToField(key, fieldOrder, isLE2 = false) {
  abytes2(key);
  const len = key.length;
  const fieldLen = getFieldBytesLength(fieldOrder);
  const minLen = Math.max(getMinHashLength(fieldOrder), 16);
  if (len < minLen || len > 1024)
    throw new Error("expected " + minLen + "-1024 bytes of input, got " + len);
  const num = isLE2 ? bytesToNumberLE(key) : bytesToNumberBE(key);
  const reduced = mod(num, fieldOrder - _1n3) + _1n3;
  return isLE2 ? numberToBytesLE(reduced, fieldLen) : numberToBytesBE(reduced, fieldLen);
}

// node_modules/@noble/curves/abstract/curve.js
/*! noble-curves - MIT License (c) 2022 Paul Miller (paulmillr.com) */
var _0n4 = /* @__PURE__ */ BigInt(0);
var _1n4 = /* @__PURE__ */ BigInt(1);
var _4n2 = /* @__PURE__ */ BigInt(4);
var BLIND_BYTES = 16;
var BLIND_BITS = 128;
var FW_WINDOW = 5;
var TABLE_BYTES_MAX = /* @__PURE__ */ (() => 2 ** 31)();
function validatePointCons(Point) {
  const pc = Point;
  if (typeof pc !== "function")
    throw new TypeError('"Point" expected constructor, got type=' + typeof Point);
  afunction(pc.fromAffine, "Point.fromAffine");
  afunction(pc.fromBytes, "Point.fromBytes");
  afunction(pc.fromHex, "Point.fromHex");
  aobject2(pc.BASE, "Point.BASE");
  aobject2(pc.ZERO, "Point.ZERO");
  validateField(pc.Fp);
  validateField(pc.Fn);
}
function normalizeZ(c, points) {
  validatePointCons(c);
  validateMSMPoints(points, c);
  const invertedZs = FpInvertBatch(c.Fp, points.map((p) => p.Z));
  return points.map((p, i) => c.fromAffine(p.toAffine(invertedZs[i])));
}
function validateW(W, bits, min = 1) {
  if (!Number.isSafeInteger(W) || W < min || W > bits)
    throw new Error("invalid window size, expected [" + min + ".." + bits + "], got W=" + W);
}
function validateTableBytes(numPoints, fpBytes) {
  const bytes3 = numPoints * (4 * fpBytes + 128);
  if (bytes3 > TABLE_BYTES_MAX)
    throw new Error("invalid window size: table would need ~" + Math.ceil(bytes3 / 2 ** 20) + " MiB, max " + TABLE_BYTES_MAX / 2 ** 20 + " MiB");
}
function probeRandomBytes(randomBytes3, length) {
  if (randomBytes3 === void 0)
    return void 0;
  afunction(randomBytes3, "randomBytes");
  try {
    const probe = randomBytes3(length);
    if (!isBytes3(probe) || probe.length !== length)
      return void 0;
  } catch {
    return void 0;
  }
  return randomBytes3;
}
function validateMSMPoints(points, c) {
  aarray(points, "points");
  points.forEach((p, i) => {
    if (!(p instanceof c))
      throw new Error("invalid point at index " + i);
  });
}
function validateMSMScalars(scalars, field, maxScalar) {
  if (!Array.isArray(scalars))
    throw new Error("array of scalars expected");
  scalars.forEach((s, i) => {
    const ok = maxScalar === void 0 ? field.isValid(s) : isPosBig(s) && s < maxScalar;
    if (!ok)
      throw new Error("invalid scalar at index " + i);
  });
}
var pointWindowSizes = /* @__PURE__ */ new WeakMap();
function getWindowSize(P) {
  return pointWindowSizes.get(P) || 1;
}
function oddMultiples(p, size) {
  const dbl = p.double();
  const t = [p];
  for (let j = 1; j < size; j++)
    t.push(t[j - 1].add(dbl));
  return t;
}
function wnafDigits(n, W) {
  const size = 2 ** W;
  const half = size / 2;
  const mask = BigInt(size - 1);
  const d = [];
  while (n > _0n4) {
    let w = 0;
    if (n & _1n4) {
      w = Number(n & mask);
      if (w >= half)
        w -= size;
      n -= BigInt(w);
    }
    d.push(w);
    n >>= _1n4;
  }
  return d;
}
function signedWindowDigits(n, W, windows) {
  const size = 2 ** W;
  const half = size / 2;
  const mask = BigInt(size - 1);
  const shiftBy = BigInt(W);
  const d = [];
  for (let w = 0; w < windows; w++) {
    let v = Number(n & mask);
    n >>= shiftBy;
    if (v > half) {
      v -= size;
      n += _1n4;
    }
    d.push(v);
  }
  if (n !== _0n4)
    throw new Error("invalid wnaf");
  return d;
}
function wnafWalk(zero, tables, digits) {
  let max = 0;
  for (const d of digits)
    max = Math.max(max, d.length);
  let acc = zero;
  for (let bit = max - 1; bit >= 0; bit--) {
    if (bit !== max - 1)
      acc = acc.double();
    for (let i = 0; i < digits.length; i++) {
      const w = digits[i][bit];
      if (w) {
        const item = tables[i][Math.abs(w) - 1 >> 1];
        acc = acc.add(w < 0 ? item.negate() : item);
      }
    }
  }
  return acc;
}
var ScalarMultiplier = class {
  Point;
  BASE;
  ZERO;
  randomBytes;
  wnafPrecomputes = /* @__PURE__ */ new WeakMap();
  baseCanBeBlinded;
  bits;
  // Parametrized with a given Point class (not individual point)
  constructor(Point, randomBytes3) {
    validatePointCons(Point);
    this.randomBytes = probeRandomBytes(randomBytes3, BLIND_BYTES);
    this.Point = Point;
    this.BASE = Point.BASE;
    this.ZERO = Point.ZERO;
    this.bits = Point.Fn.BITS;
  }
  /**
   * Creates a signed fixed-window wNAF precomputation table: for every window w, the
   * multiples `[1..2^(W−1)]⋅2^(w⋅W)⋅P`, flattened. All doublings are baked into the table,
   * so cached multiplication is additions-only. `windows = ceil(bits/W) + 1`: the extra
   * window absorbs the final carry of signed-digit recoding.
   * For a 256-bit curve and W=6, the table is 44⋅32 = 1408 points.
   * @param point - Point instance
   * @param W - window size
   * @param bits - scalar bitlength the table must cover
   */
  buildWnafTable(point, W, bits) {
    const windows = Math.ceil(bits / W) + 1;
    const half = 2 ** (W - 1);
    const comp = [];
    let base = point;
    for (let w = 0; w < windows; w++) {
      let acc = base;
      for (let i = 0; i < half; i++) {
        comp.push(acc);
        acc = acc.add(base);
      }
      base = comp[comp.length - 1].double();
    }
    return { W, bits, windows, comp };
  }
  /**
   * Implements ec multiplication using precomputed signed fixed-window wNAF tables.
   * Constant-time: fixed window count with one table addition per window — zero digits feed
   * the fake accumulator — and no doublings; the lookup scans the whole window slice.
   * Scalar bounds are validated by the public entry points ({@link ScalarMultiplier.mulCT},
   * {@link ScalarMultiplier.mulCTBlinded}, {@link ScalarMultiplier.mulUnsafe});
   * signedWindowDigits throws if `n` exceeds the table.
   * @returns real and fake (for const-time) points
   */
  wnafCachedCT(precomputes, n) {
    const { W, windows, comp } = precomputes;
    const half = 2 ** (W - 1);
    const digits = signedWindowDigits(n, W, windows);
    let p = this.ZERO;
    let f = this.BASE;
    for (let w = 0; w < windows; w++) {
      const digit = digits[w];
      const start = w * half;
      const idx = Math.abs(digit) - 1;
      let sel = comp[start];
      for (let i = 1; i < half; i++)
        sel = i === idx ? comp[start + i] : sel;
      const neg = sel.negate();
      if (digit === 0)
        f = f.add(comp[start]);
      else
        p = p.add(digit < 0 ? neg : sel);
    }
    return { p, f };
  }
  // Cache key is point identity plus (W, bits); at most two entries exist per point (public-width
  // `Fn.BITS` and blinded `Fn.BITS + BLIND_BITS`). Callers must not reuse the same point with
  // incompatible `transform(...)` layouts and expect a separate cache entry.
  getWnafPrecomputes(W, point, bits, transform) {
    let entries = this.wnafPrecomputes.get(point);
    let comp = entries?.find((entry) => entry.W === W && entry.bits === bits);
    if (!comp) {
      comp = this.buildWnafTable(point, W, bits);
      if (typeof transform === "function")
        comp = { ...comp, comp: transform(comp.comp) };
      if (!entries) {
        entries = [];
        this.wnafPrecomputes.set(point, entries);
      }
      entries.push(comp);
    }
    return comp;
  }
  assertPoint(point) {
    if (!(point instanceof this.Point))
      throw new TypeError('"point" expected Point instance, got type=' + typeof point);
  }
  // Shared prologue of the constant-time entry points. Rejects scalar 0: in key/signature-style
  // callers a zero scalar means broken upstream plumbing, and concrete Points already reject it.
  // Uses inRange instead of Fn.isValidNot0: validateField() only certifies the arithmetic subset.
  validateMulInput(point, scalar) {
    this.assertPoint(point);
    if (!inRange(scalar, _1n4, this.Point.Fn.ORDER))
      throw new Error("invalid scalar");
  }
  // Constant-time dispatch shared by mulCT / mulCTBlinded. Un-precomputed points (W===1, e.g.
  // ECDH peer keys) skip building a throwaway cached table in favor of a small fixed-window
  // multiply. `n` must be < 2^bits.
  runCT(point, n, bits, transform) {
    const W = getWindowSize(point);
    if (W === 1)
      return this.fixedWindowCT(point, n, bits);
    return this.wnafCachedCT(this.getWnafPrecomputes(W, point, bits, transform), n);
  }
  mulCT(point, scalar, transform) {
    this.validateMulInput(point, scalar);
    return this.runCT(point, scalar, this.bits, transform);
  }
  mulCTBlinded(point, scalar, transform) {
    this.validateMulInput(point, scalar);
    if (this.randomBytes === void 0)
      throw new Error("randomBytes is required for scalar blinding");
    const bits = this.Point.Fn.BITS + BLIND_BITS;
    const blind = this.randomBytes(BLIND_BYTES);
    if (!isBytes3(blind) || blind.length !== BLIND_BYTES)
      throw new Error("randomBytes returned invalid byte array");
    blind[0] = blind[0] & 63 | 128;
    const n = scalar + bytesToNumberBE(blind) * this.Point.Fn.ORDER;
    return this.runCT(point, n, bits, transform);
  }
  /**
   * Constant-time multiplication `n*point` for an un-precomputed point, via a small fixed window.
   * A cached wNAF table only pays off when reused; a flat 2^FW_WINDOW table (`size-1` adds) is
   * far cheaper to build for a single use. The point-operation sequence is independent of `n`:
   * build the table, then per window exactly FW_WINDOW doublings, a data-oblivious scan over
   * every table entry, and one addition (adds the identity when the window digit is 0 — never
   * skipped).
   *
   * `n` must be `< 2^bits`. Assumes complete addition (adding the identity costs the same as any
   * add), which holds for the Weierstrass/Edwards point types used here. The table is left in
   * projective form (no normalizeZ): normalizing this small a table costs more than the
   * mixed-add savings it would buy for a single multiply.
   * @returns real point `p`; `f` duplicates it only to match {@link wnafCachedCT}'s return shape
   * (this path needs no fake accumulator — its op-count is already scalar-independent).
   */
  fixedWindowCT(point, n, bits) {
    const W = FW_WINDOW;
    const size = 1 << W;
    const mask = bitMask(W);
    const table = new Array(size);
    table[0] = this.ZERO;
    for (let i = 1; i < size; i++)
      table[i] = table[i - 1].add(point);
    const windows = Math.ceil(bits / W);
    let acc = this.ZERO;
    for (let window = windows - 1; window >= 0; window--) {
      if (window !== windows - 1)
        for (let d = 0; d < W; d++)
          acc = acc.double();
      const digit = Number(n >> BigInt(window * W) & mask);
      let sel = table[0];
      for (let i = 1; i < size; i++)
        sel = i === digit ? table[i] : sel;
      acc = acc.add(sel);
    }
    return { p: acc, f: acc };
  }
  shouldBlind(point, cofactor) {
    if (this.randomBytes === void 0)
      return false;
    if (cofactor === _1n4)
      return true;
    if (point !== this.BASE)
      return false;
    if (this.baseCanBeBlinded === void 0)
      this.baseCanBeBlinded = this.mulUnsafe(this.BASE, this.Point.Fn.ORDER).is0();
    return this.baseCanBeBlinded;
  }
  mulSecret(point, scalar, cofactor, transform) {
    return this.shouldBlind(point, cofactor) ? this.mulCTBlinded(point, scalar, transform) : this.mulCT(point, scalar, transform);
  }
  mulUnsafe(point, scalar, transform) {
    this.assertPoint(point);
    if (!isPosBig(scalar))
      throw new Error("invalid scalar");
    const W = getWindowSize(point);
    if (W === 1 || scalar >= this.Point.Fn.ORDER)
      return mulAddUnsafe(this.Point, [point], [scalar], true);
    const precomputes = this.getWnafPrecomputes(W, point, this.bits, transform);
    return this.wnafCachedCT(precomputes, scalar).p;
  }
  // Remembers the window size used for precomputed wNAF multiplication of the given point
  // and drops any previously built tables. Usually only the base point is precomputed.
  // W=1 resets the point to the un-precomputed (table-less) paths.
  // W is additionally capped so tables stay under ~2 GiB ({@link TABLE_BYTES_MAX}).
  setWindowSize(point, W) {
    this.assertPoint(point);
    validateW(W, this.bits);
    const windows = Math.ceil((this.bits + BLIND_BITS) / W) + 1;
    validateTableBytes(windows * 2 ** (W - 1), this.Point.Fp.BYTES);
    pointWindowSizes.set(point, W);
    this.wnafPrecomputes.delete(point);
  }
  // True when a window size is set: tables themselves are built lazily on first multiply.
  hasWindowSize(point) {
    return getWindowSize(point) !== 1;
  }
};
function mulAddUnsafe(c, points, scalars, allowOversized = false) {
  validatePointCons(c);
  validateMSMPoints(points, c);
  abool2(allowOversized, "allowOversized");
  validateMSMScalars(scalars, c.Fn, allowOversized ? c.Fn.ORDER ** _4n2 : void 0);
  if (points.length !== scalars.length)
    throw new Error("arrays of points and scalars must have equal length");
  const tables = points.map((p) => oddMultiples(p, 4));
  const digits = scalars.map((n) => wnafDigits(n, 4));
  return wnafWalk(c.ZERO, tables, digits);
}
function createField(order2, field, isLE2) {
  if (field) {
    if (field.ORDER !== order2)
      throw new Error("Field.ORDER must match order: Fp == p, Fn == n");
    validateField(field);
    return field;
  } else {
    return Field(order2, { isLE: isLE2 });
  }
}
function createCurveFields(type, CURVE2, curveOpts = {}, FpFnLE) {
  if (type !== "weierstrass" && type !== "edwards")
    throw new Error('expected curve type "weierstrass" or "edwards"');
  if (FpFnLE === void 0)
    FpFnLE = type === "edwards";
  if (!CURVE2 || typeof CURVE2 !== "object")
    throw new Error(`expected valid ${type} CURVE object`);
  validateObject(curveOpts);
  for (const p of ["p", "n", "h"]) {
    const val = CURVE2[p];
    if (!(isPosBig(val) && val !== _0n4))
      throw new Error(`CURVE.${p} must be positive bigint`);
  }
  const Fp = createField(CURVE2.p, curveOpts.Fp, FpFnLE);
  const Fn = createField(CURVE2.n, curveOpts.Fn, FpFnLE);
  const _b = type === "weierstrass" ? "b" : "d";
  const params = ["Gx", "Gy", "a", _b];
  for (const p of params) {
    if (!Fp.isValid(CURVE2[p]))
      throw new Error(`CURVE.${p} must be valid field element of CURVE.Fp`);
  }
  CURVE2 = Object.freeze(Object.assign({}, CURVE2));
  return { CURVE: CURVE2, Fp, Fn };
}
function createKeygen(randomSecretKey, getPublicKey) {
  return function keygen(seed) {
    const secretKey = randomSecretKey(seed);
    return { secretKey, publicKey: getPublicKey(secretKey) };
  };
}

// node_modules/@noble/hashes/hmac.js
var _HMAC = class {
  oHash;
  iHash;
  blockLen;
  outputLen;
  canXOF = false;
  finished = false;
  destroyed = false;
  constructor(hash2, key) {
    ahash(hash2);
    abytes(key, void 0, "key");
    this.iHash = hash2.create();
    if (typeof this.iHash.update !== "function")
      throw new Error("expected Hash instance");
    this.blockLen = this.iHash.blockLen;
    this.outputLen = this.iHash.outputLen;
    const blockLen = this.blockLen;
    const pad = new Uint8Array(blockLen);
    pad.set(key.length > blockLen ? hash2.create().update(key).digest() : key);
    for (let i = 0; i < pad.length; i++)
      pad[i] ^= 54;
    this.iHash.update(pad);
    this.oHash = hash2.create();
    for (let i = 0; i < pad.length; i++)
      pad[i] ^= 54 ^ 92;
    this.oHash.update(pad);
    clean(pad);
  }
  update(buf) {
    aexists(this);
    this.iHash.update(buf);
    return this;
  }
  digestInto(out) {
    aexists(this);
    aoutput(out, this);
    this.finished = true;
    const buf = out.subarray(0, this.outputLen);
    this.iHash.digestInto(buf);
    this.oHash.update(buf);
    this.oHash.digestInto(buf);
    this.destroy();
  }
  digest() {
    const out = new Uint8Array(this.oHash.outputLen);
    this.digestInto(out);
    return out;
  }
  _cloneInto(to) {
    to ||= Object.create(Object.getPrototypeOf(this), {});
    const { oHash, iHash, finished, destroyed, blockLen, outputLen, canXOF } = this;
    to = to;
    to.finished = finished;
    to.destroyed = destroyed;
    to.blockLen = blockLen;
    to.outputLen = outputLen;
    to.canXOF = canXOF;
    to.oHash = oHash._cloneInto(to.oHash);
    to.iHash = iHash._cloneInto(to.iHash);
    return to;
  }
  clone() {
    return this._cloneInto();
  }
  destroy() {
    this.destroyed = true;
    this.oHash.destroy();
    this.iHash.destroy();
  }
};
var hmac = /* @__PURE__ */ (() => {
  const hmac_ = ((hash2, key, message) => new _HMAC(hash2, key).update(message).digest());
  hmac_.create = (hash2, key) => new _HMAC(hash2, key);
  return hmac_;
})();

// node_modules/@noble/curves/abstract/der.js
/*! noble-curves - MIT License (c) 2022 Paul Miller (paulmillr.com) */
var _0n5 = /* @__PURE__ */ BigInt(0);
var DERErr = class extends Error {
  constructor(m = "") {
    super(m);
  }
};
var _DER = {
  // asn.1 DER encoding utils
  Err: DERErr,
  // Basic building block is TLV (Tag-Length-Value)
  _tlv: {
    encode: (tag, data) => {
      const { Err: E } = _DER;
      asafenumber(tag, "tag");
      if (tag < 0 || tag > 255)
        throw new E("tlv.encode: wrong tag");
      astring(data, "data");
      if (data.length & 1)
        throw new E("tlv.encode: unpadded data");
      const dataLen = data.length / 2;
      const len = numberToHexUnpadded(dataLen);
      if (len.length / 2 & 128)
        throw new E("tlv.encode: long form length too big");
      const lenLen = dataLen > 127 ? numberToHexUnpadded(len.length / 2 | 128) : "";
      const t = numberToHexUnpadded(tag);
      return t + lenLen + len + data;
    },
    // v - value, l - left bytes (unparsed)
    decode(tag, data) {
      const { Err: E } = _DER;
      data = abytes2(data, void 0, "DER data");
      let pos = 0;
      if (tag < 0 || tag > 255)
        throw new E("tlv.decode: wrong tag");
      if (data.length < 2 || data[pos++] !== tag)
        throw new E("tlv.decode: wrong tlv");
      const first = data[pos++];
      const isLong = !!(first & 128);
      let length = 0;
      if (!isLong)
        length = first;
      else {
        const lenLen = first & 127;
        if (!lenLen)
          throw new E("tlv.decode(long): indefinite length not supported");
        if (lenLen > 4)
          throw new E("tlv.decode(long): byte length is too big");
        const lengthBytes = data.subarray(pos, pos + lenLen);
        if (lengthBytes.length !== lenLen)
          throw new E("tlv.decode: length bytes not complete");
        if (lengthBytes[0] === 0)
          throw new E("tlv.decode(long): zero leftmost byte");
        for (const b of lengthBytes)
          length = length << 8 | b;
        pos += lenLen;
        if (length < 128)
          throw new E("tlv.decode(long): not minimal encoding");
      }
      const v = data.subarray(pos, pos + length);
      if (v.length !== length)
        throw new E("tlv.decode: wrong value length");
      return { v, l: data.subarray(pos + length) };
    }
  },
  // https://crypto.stackexchange.com/a/57734 Leftmost bit of first byte is 'negative' flag,
  // since we always use positive integers here. It must always be empty:
  // - add zero byte if exists
  // - if next byte doesn't have a flag, leading zero is not allowed (minimal encoding)
  _int: {
    encode(num) {
      const { Err: E } = _DER;
      abignumber(num);
      if (num < _0n5)
        throw new E("integer: negative integers are not allowed");
      let hex2 = numberToHexUnpadded(num);
      if (Number.parseInt(hex2[0], 16) & 8)
        hex2 = "00" + hex2;
      if (hex2.length & 1)
        throw new E("unexpected DER parsing assertion: unpadded hex");
      return hex2;
    },
    decode(data) {
      const { Err: E } = _DER;
      if (data.length < 1)
        throw new E("invalid signature integer: empty");
      if (data[0] & 128)
        throw new E("invalid signature integer: negative");
      if (data.length > 1 && data[0] === 0 && !(data[1] & 128))
        throw new E("invalid signature integer: unnecessary leading zero");
      return bytesToNumberBE(data);
    }
  },
  toSig(bytes3, maxScalarBytes) {
    const { Err: E, _int: int, _tlv: tlv } = _DER;
    if (maxScalarBytes !== void 0) {
      asafenumber(maxScalarBytes, "maxScalarBytes");
      if (maxScalarBytes < 1)
        throw new E("invalid signature: maxScalarBytes must be positive");
    }
    const data = abytes2(bytes3, void 0, "signature");
    const { v: seqBytes, l: seqLeftBytes } = tlv.decode(48, data);
    if (seqLeftBytes.length)
      throw new E("invalid signature: left bytes after parsing");
    const { v: rBytes, l: rLeftBytes } = tlv.decode(2, seqBytes);
    const { v: sBytes, l: sLeftBytes } = tlv.decode(2, rLeftBytes);
    if (sLeftBytes.length)
      throw new E("invalid signature: left bytes after parsing");
    if (maxScalarBytes !== void 0 && (rBytes.length > maxScalarBytes || sBytes.length > maxScalarBytes))
      throw new E("invalid signature: integer too large");
    return { r: int.decode(rBytes), s: int.decode(sBytes) };
  },
  hexFromSig(sig) {
    const { _tlv: tlv, _int: int } = _DER;
    validateObject(sig, { r: "bigint", s: "bigint" }, {}, "sig");
    const rs = tlv.encode(2, int.encode(sig.r));
    const ss = tlv.encode(2, int.encode(sig.s));
    const seq = rs + ss;
    return tlv.encode(48, seq);
  }
};
var DER = /* @__PURE__ */ (() => {
  Object.freeze(_DER._tlv);
  Object.freeze(_DER._int);
  return Object.freeze(_DER);
})();

// node_modules/@noble/curves/abstract/weierstrass.js
/*! noble-curves - MIT License (c) 2022 Paul Miller (paulmillr.com) */
var divNearest = (num, den) => (num + (num >= 0 ? den : -den) / _2n3) / den;
function _splitEndoScalar(k, basis, n) {
  aInRange("scalar", k, _0n6, n);
  const [[a1, b1], [a2, b2]] = basis;
  const c1 = divNearest(b2 * k, n);
  const c2 = divNearest(-b1 * k, n);
  let k1 = k - c1 * a1 - c2 * a2;
  let k2 = -c1 * b1 - c2 * b2;
  const k1neg = k1 < _0n6;
  const k2neg = k2 < _0n6;
  if (k1neg)
    k1 = -k1;
  if (k2neg)
    k2 = -k2;
  const MAX_NUM = bitMask(Math.ceil(bitLen(n) / 2)) + _1n5;
  if (k1 < _0n6 || k1 >= MAX_NUM || k2 < _0n6 || k2 >= MAX_NUM) {
    throw new Error("splitScalar (endomorphism): failed for k");
  }
  return { k1neg, k1, k2neg, k2 };
}
function validateSigFormat(format) {
  if (!["compact", "recovered", "der"].includes(format))
    throw new Error('Signature format must be "compact", "recovered", or "der"');
  return format;
}
function validateSigOpts(opts, def) {
  validateObject(opts);
  const optsn = {};
  for (let optName of Object.keys(def)) {
    optsn[optName] = opts[optName] === void 0 ? def[optName] : opts[optName];
  }
  abool2(optsn.lowS, "lowS");
  abool2(optsn.prehash, "prehash");
  if (optsn.format !== void 0)
    validateSigFormat(optsn.format);
  return optsn;
}
var _0n6 = /* @__PURE__ */ BigInt(0);
var _1n5 = /* @__PURE__ */ BigInt(1);
var _2n3 = /* @__PURE__ */ BigInt(2);
var _3n2 = /* @__PURE__ */ BigInt(3);
var _4n3 = /* @__PURE__ */ BigInt(4);
function weierstrass(params, extraOpts = {}) {
  const validated = createCurveFields("weierstrass", params, extraOpts);
  const Fp = validated.Fp;
  const Fn = validated.Fn;
  let CURVE2 = validated.CURVE;
  const { h: cofactor, n: CURVE_ORDER } = CURVE2;
  validateObject(extraOpts, {}, {
    allowInfinityPoint: "boolean",
    clearCofactor: "function",
    isTorsionFree: "function",
    fromBytes: "function",
    toBytes: "function",
    endo: "object",
    randomBytes: "function"
  });
  const { endo: endoOpts, allowInfinityPoint, clearCofactor, isTorsionFree, fromBytes, toBytes } = extraOpts;
  const randomBytes3 = extraOpts.randomBytes === void 0 ? randomBytes2 : extraOpts.randomBytes;
  if (endoOpts) {
    if (!Fp.is0(CURVE2.a) || typeof endoOpts.beta !== "bigint" || !Array.isArray(endoOpts.basises)) {
      throw new Error('invalid endo: expected "beta": bigint and "basises": array');
    }
  }
  const endo = endoOpts ? {
    beta: endoOpts.beta,
    basises: endoOpts.basises.map((basis) => [...basis])
  } : void 0;
  const lengths = getWLengths(Fp, Fn);
  function assertCompressionIsSupported() {
    if (!Fp.isOdd)
      throw new Error("compression is not supported: Field does not have .isOdd()");
  }
  function pointToBytes(_c, point, isCompressed) {
    if (point.is0()) {
      if (!allowInfinityPoint)
        throw new Error("bad point: ZERO");
      return Uint8Array.of(0);
    }
    const { x, y } = point.toAffine();
    const bx = Fp.toBytes(x);
    abool2(isCompressed, "isCompressed");
    if (isCompressed) {
      assertCompressionIsSupported();
      const hasEvenY = !Fp.isOdd(y);
      return concatBytes2(pprefix(hasEvenY), bx);
    } else {
      return concatBytes2(Uint8Array.of(4), bx, Fp.toBytes(y));
    }
  }
  function pointFromBytes(bytes3) {
    abytes2(bytes3, void 0, "Point");
    const { publicKey: comp, publicKeyUncompressed: uncomp } = lengths;
    const length = bytes3.length;
    const head3 = bytes3[0];
    const tail = bytes3.subarray(1);
    if (allowInfinityPoint && length === 1 && head3 === 0)
      return { x: Fp.ZERO, y: Fp.ZERO };
    if (length === comp && (head3 === 2 || head3 === 3)) {
      const x = Fp.fromBytes(tail);
      if (!Fp.isValid(x))
        throw new Error("bad point: is not on curve, wrong x");
      const y2 = weierstrassEquation(x);
      let y;
      try {
        y = Fp.sqrt(y2);
      } catch (sqrtError) {
        const err = sqrtError instanceof Error ? ": " + sqrtError.message : "";
        throw new Error("bad point: is not on curve, sqrt error" + err);
      }
      assertCompressionIsSupported();
      const evenY = Fp.isOdd(y);
      const evenH = (head3 & 1) === 1;
      if (evenH !== evenY)
        y = Fp.neg(y);
      return { x, y };
    } else if (length === uncomp && head3 === 4) {
      const L = Fp.BYTES;
      const x = Fp.fromBytes(tail.subarray(0, L));
      const y = Fp.fromBytes(tail.subarray(L, L * 2));
      if (!isValidXY(x, y))
        throw new Error("bad point: is not on curve");
      return { x, y };
    } else {
      throw new Error(`bad point: got length ${length}, expected compressed=${comp} or uncompressed=${uncomp}`);
    }
  }
  const encodePoint = toBytes === void 0 ? pointToBytes : toBytes;
  const decodePoint = fromBytes === void 0 ? pointFromBytes : fromBytes;
  const b3 = Fp.mul(CURVE2.b, _3n2);
  const mulA = Fp.is0(CURVE2.a) ? (_) => Fp.ZERO : (x) => Fp.mul(CURVE2.a, x);
  function weierstrassEquation(x) {
    const x2 = Fp.sqr(x);
    const x3 = Fp.mul(x2, x);
    return Fp.add(Fp.add(x3, Fp.mul(x, CURVE2.a)), CURVE2.b);
  }
  function isValidXY(x, y) {
    const left = Fp.sqr(y);
    const right = weierstrassEquation(x);
    return Fp.eql(left, right);
  }
  if (!isValidXY(CURVE2.Gx, CURVE2.Gy))
    throw new Error("bad curve params: generator point");
  const _4a3 = Fp.mul(Fp.pow(CURVE2.a, _3n2), _4n3);
  const _27b2 = Fp.mul(Fp.sqr(CURVE2.b), BigInt(27));
  if (Fp.is0(Fp.add(_4a3, _27b2)))
    throw new Error("bad curve params: a or b");
  function acoord(title, n, banZero = false) {
    if (!Fp.isValid(n) || banZero && Fp.is0(n))
      throw new Error(`bad point coordinate ${title}`);
    return typeof n === "object" && n !== null ? Fp.create(n) : n;
  }
  function aprjpoint(other) {
    if (!(other instanceof Point))
      throw new Error("Weierstrass Point expected");
  }
  function splitEndoScalarN(k) {
    if (!endo || !endo.basises)
      throw new Error("no endo");
    return _splitEndoScalar(k, endo.basises, Fn.ORDER);
  }
  function pushWnafPair(points, scalars, p, k) {
    if (!Fn.isValid(k))
      throw new RangeError("invalid scalar: out of range");
    if (endo) {
      const { k1neg, k1, k2neg, k2 } = splitEndoScalarN(k);
      const psi = new Point(Fp.mul(p.X, endo.beta), p.Y, p.Z);
      points.push(k1neg ? p.negate() : p, k2neg ? psi.negate() : psi);
      scalars.push(k1, k2);
    } else {
      points.push(p);
      scalars.push(k);
    }
  }
  const validityCache = /* @__PURE__ */ new WeakSet();
  class Point {
    static BASE = new Point(CURVE2.Gx, CURVE2.Gy, Fp.ONE);
    static ZERO = new Point(Fp.ZERO, Fp.ONE, Fp.ZERO);
    static Fp = Fp;
    static Fn = Fn;
    X;
    Y;
    Z;
    /** Does NOT validate if the point is valid. Use `.assertValidity()`. */
    constructor(X, Y, Z) {
      this.X = acoord("x", X);
      this.Y = acoord("y", Y, true);
      this.Z = acoord("z", Z);
      Object.freeze(this);
    }
    static CURVE() {
      return CURVE2;
    }
    /** Does NOT validate if the point is valid. Use `.assertValidity()`. */
    static fromAffine(p) {
      const { x, y } = p || {};
      if (!p || !Fp.isValid(x) || !Fp.isValid(y))
        throw new Error("invalid affine point");
      if (p instanceof Point)
        throw new Error("projective point not allowed");
      if (Fp.is0(x) && Fp.is0(y))
        return Point.ZERO;
      return new Point(x, y, Fp.ONE);
    }
    static fromBytes(bytes3) {
      const P = Point.fromAffine(decodePoint(abytes2(bytes3, void 0, "point")));
      P.assertValidity();
      return P;
    }
    static fromHex(hex2) {
      return Point.fromBytes(hexToBytes2(hex2));
    }
    get x() {
      return this.toAffine().x;
    }
    get y() {
      return this.toAffine().y;
    }
    /**
     * @param isLazy - true will defer table computation until the first multiplication
     */
    precompute(windowSize = 6, isLazy = true) {
      wnaf.setWindowSize(this, windowSize);
      if (!isLazy)
        this.multiply(_3n2);
      return this;
    }
    // TODO: return `this`
    /** A point on curve is valid if it conforms to equation. */
    assertValidity() {
      const p = this;
      if (p.is0()) {
        if (allowInfinityPoint && Fp.is0(p.X) && Fp.eql(p.Y, Fp.ONE) && Fp.is0(p.Z))
          return;
        throw new Error("bad point: ZERO");
      }
      if (validityCache.has(p))
        return;
      const { x, y } = p.toAffine();
      if (!Fp.isValid(x) || !Fp.isValid(y))
        throw new Error("bad point: x or y not field elements");
      if (!isValidXY(x, y))
        throw new Error("bad point: equation left != right");
      if (!p.isTorsionFree())
        throw new Error("bad point: not in prime-order subgroup");
      validityCache.add(p);
    }
    hasEvenY() {
      const { y } = this.toAffine();
      if (!Fp.isOdd)
        throw new Error("Field doesn't support isOdd");
      return !Fp.isOdd(y);
    }
    /** Compare one point to another. */
    equals(other) {
      aprjpoint(other);
      const { X: X1, Y: Y1, Z: Z1 } = this;
      const { X: X2, Y: Y2, Z: Z2 } = other;
      const U1 = Fp.eql(Fp.mul(X1, Z2), Fp.mul(X2, Z1));
      const U2 = Fp.eql(Fp.mul(Y1, Z2), Fp.mul(Y2, Z1));
      return U1 && U2;
    }
    /** Flips point to one corresponding to (x, -y) in Affine coordinates. */
    negate() {
      return new Point(this.X, Fp.neg(this.Y), this.Z);
    }
    // Renes-Costello-Batina exception-free doubling formula.
    // There is 30% faster Jacobian formula, but it is not complete.
    // https://eprint.iacr.org/2015/1060, algorithm 3
    // Cost: 8M + 3S + 3*a + 2*b3 + 15add.
    double() {
      const { X: X1, Y: Y1, Z: Z1 } = this;
      let X3 = Fp.ZERO, Y3 = Fp.ZERO, Z3 = Fp.ZERO;
      let t0 = Fp.mul(X1, X1);
      let t1 = Fp.mul(Y1, Y1);
      let t2 = Fp.mul(Z1, Z1);
      let t3 = Fp.mul(X1, Y1);
      t3 = Fp.add(t3, t3);
      Z3 = Fp.mul(X1, Z1);
      Z3 = Fp.add(Z3, Z3);
      X3 = mulA(Z3);
      Y3 = Fp.mul(b3, t2);
      Y3 = Fp.add(X3, Y3);
      X3 = Fp.sub(t1, Y3);
      Y3 = Fp.add(t1, Y3);
      Y3 = Fp.mul(X3, Y3);
      X3 = Fp.mul(t3, X3);
      Z3 = Fp.mul(b3, Z3);
      t2 = mulA(t2);
      t3 = Fp.sub(t0, t2);
      t3 = mulA(t3);
      t3 = Fp.add(t3, Z3);
      Z3 = Fp.add(t0, t0);
      t0 = Fp.add(Z3, t0);
      t0 = Fp.add(t0, t2);
      t0 = Fp.mul(t0, t3);
      Y3 = Fp.add(Y3, t0);
      t2 = Fp.mul(Y1, Z1);
      t2 = Fp.add(t2, t2);
      t0 = Fp.mul(t2, t3);
      X3 = Fp.sub(X3, t0);
      Z3 = Fp.mul(t2, t1);
      Z3 = Fp.add(Z3, Z3);
      Z3 = Fp.add(Z3, Z3);
      return new Point(X3, Y3, Z3);
    }
    // Renes-Costello-Batina exception-free addition formula.
    // There is 30% faster Jacobian formula, but it is not complete.
    // https://eprint.iacr.org/2015/1060, algorithm 1
    // Cost: 12M + 0S + 3*a + 3*b3 + 23add.
    add(other) {
      aprjpoint(other);
      const { X: X1, Y: Y1, Z: Z1 } = this;
      const { X: X2, Y: Y2, Z: Z2 } = other;
      let X3 = Fp.ZERO, Y3 = Fp.ZERO, Z3 = Fp.ZERO;
      let t0 = Fp.mul(X1, X2);
      let t1 = Fp.mul(Y1, Y2);
      let t2 = Fp.mul(Z1, Z2);
      let t3 = Fp.add(X1, Y1);
      let t4 = Fp.add(X2, Y2);
      t3 = Fp.mul(t3, t4);
      t4 = Fp.add(t0, t1);
      t3 = Fp.sub(t3, t4);
      t4 = Fp.add(X1, Z1);
      let t5 = Fp.add(X2, Z2);
      t4 = Fp.mul(t4, t5);
      t5 = Fp.add(t0, t2);
      t4 = Fp.sub(t4, t5);
      t5 = Fp.add(Y1, Z1);
      X3 = Fp.add(Y2, Z2);
      t5 = Fp.mul(t5, X3);
      X3 = Fp.add(t1, t2);
      t5 = Fp.sub(t5, X3);
      Z3 = mulA(t4);
      X3 = Fp.mul(b3, t2);
      Z3 = Fp.add(X3, Z3);
      X3 = Fp.sub(t1, Z3);
      Z3 = Fp.add(t1, Z3);
      Y3 = Fp.mul(X3, Z3);
      t1 = Fp.add(t0, t0);
      t1 = Fp.add(t1, t0);
      t2 = mulA(t2);
      t4 = Fp.mul(b3, t4);
      t1 = Fp.add(t1, t2);
      t2 = Fp.sub(t0, t2);
      t2 = mulA(t2);
      t4 = Fp.add(t4, t2);
      t0 = Fp.mul(t1, t4);
      Y3 = Fp.add(Y3, t0);
      t0 = Fp.mul(t5, t4);
      X3 = Fp.mul(t3, X3);
      X3 = Fp.sub(X3, t0);
      t0 = Fp.mul(t3, t1);
      Z3 = Fp.mul(t5, Z3);
      Z3 = Fp.add(Z3, t0);
      return new Point(X3, Y3, Z3);
    }
    subtract(other) {
      aprjpoint(other);
      return this.add(other.negate());
    }
    is0() {
      return this.equals(Point.ZERO);
    }
    /**
     * Constant time multiplication.
     * Uses precomputed tables (signed fixed-window wNAF) when available.
     * Uses scalar blinding and avoids endomorphism splitting in the secret-scalar path.
     * @param scalar - by which the point would be multiplied
     * @returns New point
     */
    multiply(scalar) {
      if (!Fn.isValidNot0(scalar))
        throw new RangeError("invalid scalar: out of range");
      const { p, f } = wnaf.mulSecret(this, scalar, cofactor, normalize);
      return normalize([p, f])[0];
    }
    /**
     * Non-constant-time multiplication. Uses width-4 wNAF with GLV endomorphism splitting
     * when available (two half-width scalars sharing one halved doubling chain).
     * It's faster, but should only be used when you don't care about
     * an exposed secret key e.g. sig verification, which works over *public* keys.
     */
    multiplyUnsafe(scalar) {
      const p = this;
      const sc = scalar;
      if (!Fn.isValid(sc))
        throw new RangeError("invalid scalar: out of range");
      if (sc === _0n6 || p.is0())
        return Point.ZERO;
      if (sc === _1n5)
        return p;
      if (wnaf.hasWindowSize(this))
        return wnaf.mulUnsafe(p, sc, normalize);
      const points = [];
      const scalars = [];
      pushWnafPair(points, scalars, p, sc);
      return mulAddUnsafe(Point, points, scalars);
    }
    /**
     * Non-constant-time double-scalar multiplication `a⋅this + b⋅other` (Strauss–Shamir).
     * Both walks share one doubling chain via {@link mulAddUnsafe}, and GLV endomorphism
     * (when available) halves the chain again by splitting each scalar into two half-width
     * parts. Used by ECDSA verification and public-key recovery for `R = u1⋅G + u2⋅P`.
     * Only for public scalars.
     */
    mulAddUnsafe(a, other, b) {
      aprjpoint(other);
      const points = [];
      const scalars = [];
      pushWnafPair(points, scalars, this, a);
      pushWnafPair(points, scalars, other, b);
      return mulAddUnsafe(Point, points, scalars);
    }
    /**
     * Converts Projective point to affine (x, y) coordinates.
     * (X, Y, Z) ∋ (x=X/Z, y=Y/Z).
     * @param invertedZ - Z^-1 (inverted zero) - optional, precomputation is useful for invertBatch
     */
    toAffine(invertedZ) {
      const p = this;
      let iz = invertedZ;
      if (iz != null && !Fp.isValid(iz))
        throw new RangeError('"invertedZ" expected valid field element');
      const { X, Y, Z } = p;
      if (Fp.eql(Z, Fp.ONE))
        return { x: X, y: Y };
      const is0 = p.is0();
      if (iz == null)
        iz = is0 ? Fp.ONE : Fp.inv(Z);
      const x = Fp.mul(X, iz);
      const y = Fp.mul(Y, iz);
      const zz = Fp.mul(Z, iz);
      if (is0)
        return { x: Fp.ZERO, y: Fp.ZERO };
      if (!Fp.eql(zz, Fp.ONE))
        throw new Error("invZ was invalid");
      return { x, y };
    }
    /**
     * Checks whether Point is free of torsion elements (is in prime subgroup).
     * Always torsion-free for cofactor=1 curves.
     */
    isTorsionFree() {
      if (cofactor === _1n5)
        return true;
      if (isTorsionFree)
        return isTorsionFree(Point, this);
      return wnaf.mulUnsafe(this, CURVE_ORDER).is0();
    }
    clearCofactor() {
      if (cofactor === _1n5)
        return this;
      if (clearCofactor)
        return clearCofactor(Point, this);
      return this.multiplyUnsafe(cofactor);
    }
    isSmallOrder() {
      if (cofactor === _1n5)
        return this.is0();
      return this.clearCofactor().is0();
    }
    toBytes(isCompressed = true) {
      abool2(isCompressed, "isCompressed");
      this.assertValidity();
      return encodePoint(Point, this, isCompressed);
    }
    toHex(isCompressed = true) {
      return bytesToHex2(this.toBytes(isCompressed));
    }
    toString() {
      return `<Point ${this.is0() ? "ZERO" : this.toHex()}>`;
    }
  }
  const normalize = (points) => normalizeZ(Point, points);
  const wnaf = new ScalarMultiplier(Point, randomBytes3);
  if (wnaf.bits >= 6)
    Point.BASE.precompute(6);
  Object.freeze(Point.prototype);
  Object.freeze(Point);
  return Point;
}
function pprefix(hasEvenY) {
  return Uint8Array.of(hasEvenY ? 2 : 3);
}
function getWLengths(Fp, Fn) {
  return {
    secretKey: Fn.BYTES,
    publicKey: 1 + Fp.BYTES,
    publicKeyUncompressed: 1 + 2 * Fp.BYTES,
    publicKeyHasPrefix: true,
    // Raw compact `(r || s)` signature width; DER and recovered signatures use
    // different lengths outside this helper.
    signature: 2 * Fn.BYTES
  };
}
function ecdh(Point, ecdhOpts = {}) {
  validatePointCons(Point);
  const { Fn } = Point;
  const randomBytes_ = ecdhOpts.randomBytes === void 0 ? randomBytes2 : ecdhOpts.randomBytes;
  const lengths = Object.assign(getWLengths(Point.Fp, Fn), {
    seed: Math.max(getMinHashLength(Fn.ORDER), 16)
  });
  function isValidSecretKey(secretKey) {
    try {
      const num = Fn.fromBytes(secretKey);
      return Fn.isValidNot0(num);
    } catch (error) {
      return false;
    }
  }
  function isValidPublicKey(publicKey, isCompressed) {
    const { publicKey: comp, publicKeyUncompressed } = lengths;
    try {
      const l = publicKey.length;
      if (isCompressed === true && l !== comp)
        return false;
      if (isCompressed === false && l !== publicKeyUncompressed)
        return false;
      return !Point.fromBytes(publicKey).is0();
    } catch (error) {
      return false;
    }
  }
  function randomSecretKey(seed) {
    seed = seed === void 0 ? randomBytes_(lengths.seed) : seed;
    return mapHashToField(abytes2(seed, lengths.seed, "seed"), Fn.ORDER);
  }
  function getPublicKey(secretKey, isCompressed = true) {
    return Point.BASE.multiply(Fn.fromBytes(secretKey)).toBytes(isCompressed);
  }
  function isProbPub(item) {
    const { secretKey, publicKey, publicKeyUncompressed } = lengths;
    const allowedLengths = Fn._lengths;
    if (!isBytes3(item))
      return void 0;
    const l = abytes2(item, void 0, "key").length;
    const isPub = l === publicKey || l === publicKeyUncompressed;
    const isSec = l === secretKey || !!allowedLengths?.includes(l);
    if (isPub && isSec)
      return void 0;
    return isPub;
  }
  function getSharedSecret(secretKeyA, publicKeyB, isCompressed = true) {
    if (isProbPub(secretKeyA) === true)
      throw new Error("first arg must be private key");
    if (isProbPub(publicKeyB) === false)
      throw new Error("second arg must be public key");
    const s = Fn.fromBytes(secretKeyA);
    const b = Point.fromBytes(publicKeyB);
    if (b.is0())
      throw new Error("invalid public key: point at infinity");
    return b.multiply(s).toBytes(isCompressed);
  }
  const utils = {
    isValidSecretKey,
    isValidPublicKey,
    randomSecretKey
  };
  const keygen = createKeygen(randomSecretKey, getPublicKey);
  Object.freeze(utils);
  Object.freeze(lengths);
  return Object.freeze({ getPublicKey, getSharedSecret, keygen, Point, utils, lengths });
}
function ecdsa(Point, hash2, ecdsaOpts = {}) {
  validatePointCons(Point);
  const hash_ = hash2;
  ahash(hash_);
  validateObject(ecdsaOpts, {}, {
    hmac: "function",
    lowS: "boolean",
    randomBytes: "function",
    bits2int: "function",
    bits2int_modN: "function"
  });
  const opts = Object.assign({}, ecdsaOpts);
  const randomBytes3 = opts.randomBytes === void 0 ? randomBytes2 : opts.randomBytes;
  const hmac2 = opts.hmac === void 0 ? (key, msg) => hmac(hash_, key, msg) : opts.hmac;
  const { Fp, Fn } = Point;
  const { ORDER: CURVE_ORDER, BITS: fnBits } = Fn;
  const blindLength = getMinHashLength(CURVE_ORDER);
  const csprng = probeRandomBytes(randomBytes3, blindLength);
  const { keygen, getPublicKey, getSharedSecret, utils, lengths } = ecdh(Point, opts);
  const defaultSigOpts = {
    prehash: true,
    lowS: typeof opts.lowS === "boolean" ? opts.lowS : true,
    format: "compact",
    extraEntropy: false
  };
  const hasLargeRecoveryLifts = CURVE_ORDER * _2n3 + _1n5 < Fp.ORDER;
  function isBiggerThanHalfOrder(number) {
    const HALF2 = CURVE_ORDER >> _1n5;
    return number > HALF2;
  }
  function validateRS(title, num) {
    if (!Fn.isValidNot0(num))
      throw new Error(`invalid signature ${title}: out of range 1..Point.Fn.ORDER`);
    return num;
  }
  function assertFieldSignIsSupported() {
    if (!Fp.isOdd)
      throw new Error("Field doesn't support isOdd");
  }
  function getRecoveryBit(x, y, r) {
    assertFieldSignIsSupported();
    return (x === r ? 0 : 2) | Number(Fp.isOdd(y));
  }
  function assertRecoverableCurve() {
    if (hasLargeRecoveryLifts)
      throw new Error('"recovered" sig type is not supported for cofactor >2 curves');
  }
  function validateSigLength(bytes3, format) {
    validateSigFormat(format);
    const size = lengths.signature;
    const sizer = format === "compact" ? size : format === "recovered" ? size + 1 : void 0;
    return abytes2(bytes3, sizer);
  }
  class Signature {
    r;
    s;
    recovery;
    constructor(r, s, recovery) {
      this.r = validateRS("r", r);
      this.s = validateRS("s", s);
      if (recovery != null) {
        assertRecoverableCurve();
        if (![0, 1, 2, 3].includes(recovery))
          throw new Error("invalid recovery id");
        this.recovery = recovery;
      }
      Object.freeze(this);
    }
    static fromBytes(bytes3, format = defaultSigOpts.format) {
      validateSigLength(bytes3, format);
      let recid;
      if (format === "der") {
        if (bytes3.length > 2 * Fn.BYTES + 16)
          throw new DER.Err("invalid signature: DER signature too long");
        const { r: r2, s: s2 } = DER.toSig(abytes2(bytes3), Fn.BYTES + 1);
        return new Signature(r2, s2);
      }
      if (format === "recovered") {
        recid = bytes3[0];
        format = "compact";
        bytes3 = bytes3.subarray(1);
      }
      const L = lengths.signature / 2;
      const r = bytes3.subarray(0, L);
      const s = bytes3.subarray(L, L * 2);
      return new Signature(Fn.fromBytes(r), Fn.fromBytes(s), recid);
    }
    static fromHex(hex2, format) {
      return this.fromBytes(hexToBytes2(hex2), format);
    }
    assertRecovery() {
      const { recovery } = this;
      if (recovery == null)
        throw new Error("invalid recovery id: must be present");
      return recovery;
    }
    addRecoveryBit(recovery) {
      return new Signature(this.r, this.s, recovery);
    }
    // Unlike the top-level helper below, this method expects a digest that has
    // already been hashed to the curve's message representative.
    recoverPublicKey(messageHash) {
      const { r, s } = this;
      const recovery = this.assertRecovery();
      const radj = recovery === 2 || recovery === 3 ? r + CURVE_ORDER : r;
      if (!Fp.isValid(radj))
        throw new Error("invalid recovery id: sig.r+curve.n != R.x");
      const x = Fp.toBytes(radj);
      const R = Point.fromBytes(concatBytes2(pprefix((recovery & 1) === 0), x));
      const ir = Fn.inv(radj);
      const h = bits2int_modN(abytes2(messageHash, void 0, "msgHash"));
      const u1 = Fn.create(-h * ir);
      const u2 = Fn.create(s * ir);
      const Q = Point.BASE.mulAddUnsafe(u1, R, u2);
      if (Q.is0())
        throw new Error("invalid recovery: point at infinify");
      Q.assertValidity();
      return Q;
    }
    // Signatures should be low-s, to prevent malleability.
    hasHighS() {
      return isBiggerThanHalfOrder(this.s);
    }
    toBytes(format = defaultSigOpts.format) {
      validateSigFormat(format);
      if (format === "der")
        return hexToBytes2(DER.hexFromSig(this));
      const { r, s } = this;
      const rb = Fn.toBytes(r);
      const sb = Fn.toBytes(s);
      if (format === "recovered") {
        assertRecoverableCurve();
        return concatBytes2(Uint8Array.of(this.assertRecovery()), rb, sb);
      }
      return concatBytes2(rb, sb);
    }
    toHex(format) {
      return bytesToHex2(this.toBytes(format));
    }
  }
  Object.freeze(Signature.prototype);
  Object.freeze(Signature);
  const bits2int = opts.bits2int === void 0 ? function bits2int_def(bytes3) {
    if (bytes3.length > 8192)
      throw new Error("input is too large");
    const num = bytesToNumberBE(bytes3);
    const delta = bytes3.length * 8 - fnBits;
    return delta > 0 ? num >> BigInt(delta) : num;
  } : opts.bits2int;
  const bits2int_modN = opts.bits2int_modN === void 0 ? function bits2int_modN_def(bytes3) {
    return Fn.create(bits2int(bytes3));
  } : opts.bits2int_modN;
  const ORDER_MASK = bitMask(fnBits);
  function int2octets(num) {
    aInRange("num < 2^" + fnBits, num, _0n6, ORDER_MASK);
    return Fn.toBytes(num);
  }
  function validateMsgAndHash(message, prehash) {
    abytes2(message, void 0, "message");
    return prehash ? abytes2(hash_(message), void 0, "prehashed message") : message;
  }
  function prepSig(message, secretKey, opts2) {
    const { lowS, prehash, extraEntropy } = validateSigOpts(opts2, defaultSigOpts);
    message = validateMsgAndHash(message, prehash);
    const h1int = bits2int_modN(message);
    const d = Fn.fromBytes(secretKey);
    if (!Fn.isValidNot0(d))
      throw new Error("invalid private key");
    const seedArgs = [int2octets(d), int2octets(h1int)];
    if (extraEntropy != null && extraEntropy !== false) {
      const e = extraEntropy === true ? randomBytes3(lengths.secretKey) : extraEntropy;
      seedArgs.push(abytes2(e, void 0, "extraEntropy"));
    }
    const seed = concatBytes2(...seedArgs);
    const m = h1int;
    function k2sig(kBytes) {
      const k = bits2int(kBytes);
      if (!Fn.isValidNot0(k))
        return;
      const q = Point.BASE.multiply(k).toAffine();
      const r = Fn.create(q.x);
      if (r === _0n6)
        return;
      let s;
      if (csprng !== void 0) {
        const b = bytesToNumberBE(mapHashToField(csprng(blindLength), CURVE_ORDER));
        const ibk = Fn.inv(Fn.mul(b, k));
        const bm = Fn.mul(b, m);
        const bd = Fn.mul(b, d);
        s = Fn.create(ibk * Fn.create(bm + bd * r));
      } else {
        const ik = invertCt(k, CURVE_ORDER);
        s = Fn.create(ik * Fn.create(m + r * d));
      }
      if (s === _0n6)
        return;
      let recovery = getRecoveryBit(q.x, q.y, r);
      let normS = s;
      if (lowS && isBiggerThanHalfOrder(s)) {
        normS = Fn.neg(s);
        recovery ^= 1;
      }
      return new Signature(r, normS, hasLargeRecoveryLifts ? void 0 : recovery);
    }
    return { seed, k2sig };
  }
  function sign(message, secretKey, opts2 = {}) {
    const { seed, k2sig } = prepSig(message, secretKey, opts2);
    const drbg = createHmacDrbg(hash_.outputLen, Fn.BYTES, hmac2);
    const sig = drbg(seed, k2sig);
    return sig.toBytes(opts2.format);
  }
  function verify2(signature, message, publicKey, opts2 = {}) {
    const { lowS, prehash, format } = validateSigOpts(opts2, defaultSigOpts);
    publicKey = abytes2(publicKey, void 0, "publicKey");
    message = validateMsgAndHash(message, prehash);
    if (!isBytes3(signature)) {
      const end = signature instanceof Signature ? ", use sig.toBytes()" : "";
      throw new Error("verify expects Uint8Array signature" + end);
    }
    validateSigLength(signature, format);
    try {
      const sig = Signature.fromBytes(signature, format);
      const P = Point.fromBytes(publicKey);
      if (P.is0())
        return false;
      if (lowS && sig.hasHighS())
        return false;
      const { r, s } = sig;
      const h = bits2int_modN(message);
      const is = Fn.inv(s);
      const u1 = Fn.create(h * is);
      const u2 = Fn.create(r * is);
      const R = Point.BASE.mulAddUnsafe(u1, P, u2);
      if (R.is0())
        return false;
      const q = R.toAffine();
      const v = Fn.create(q.x);
      if (v !== r)
        return false;
      if (format === "recovered" && sig.recovery !== getRecoveryBit(q.x, q.y, r))
        return false;
      return true;
    } catch (e) {
      return false;
    }
  }
  function recoverPublicKey(signature, message, opts2 = {}) {
    const { prehash } = validateSigOpts(opts2, defaultSigOpts);
    message = validateMsgAndHash(message, prehash);
    return Signature.fromBytes(signature, "recovered").recoverPublicKey(message).toBytes();
  }
  return Object.freeze({
    keygen,
    getPublicKey,
    getSharedSecret,
    utils,
    lengths,
    Point,
    sign,
    verify: verify2,
    recoverPublicKey,
    Signature,
    hash: hash_
  });
}

// node_modules/@noble/curves/secp256k1.js
/*! noble-curves - MIT License (c) 2022 Paul Miller (paulmillr.com) */
var secp256k1_CURVE = {
  p: BigInt("0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"),
  n: BigInt("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"),
  h: BigInt(1),
  a: BigInt(0),
  b: BigInt(7),
  Gx: BigInt("0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
  Gy: BigInt("0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")
};
var secp256k1_ENDO = {
  beta: BigInt("0x7ae96a2b657c07106e64479eac3434e99cf0497512f58995c1396c28719501ee"),
  basises: [
    [BigInt("0x3086d221a7d46bcde86c90e49284eb15"), -BigInt("0xe4437ed6010e88286f547fa90abfe4c3")],
    [BigInt("0x114ca50f7a8e2f3f657c1108d9d44cfd8"), BigInt("0x3086d221a7d46bcde86c90e49284eb15")]
  ]
};
var _2n4 = /* @__PURE__ */ BigInt(2);
function sqrtMod(y) {
  const P = secp256k1_CURVE.p;
  const _3n3 = BigInt(3), _6n = BigInt(6), _11n = BigInt(11), _22n = BigInt(22);
  const _23n = BigInt(23), _44n = BigInt(44), _88n = BigInt(88);
  const b2 = y * y * y % P;
  const b3 = b2 * b2 * y % P;
  const b6 = pow2(b3, _3n3, P) * b3 % P;
  const b9 = pow2(b6, _3n3, P) * b3 % P;
  const b11 = pow2(b9, _2n4, P) * b2 % P;
  const b22 = pow2(b11, _11n, P) * b11 % P;
  const b44 = pow2(b22, _22n, P) * b22 % P;
  const b88 = pow2(b44, _44n, P) * b44 % P;
  const b176 = pow2(b88, _88n, P) * b88 % P;
  const b220 = pow2(b176, _44n, P) * b44 % P;
  const b223 = pow2(b220, _3n3, P) * b3 % P;
  const t1 = pow2(b223, _23n, P) * b22 % P;
  const t2 = pow2(t1, _6n, P) * b2 % P;
  const root = pow2(t2, _2n4, P);
  if (!Fpk1.eql(Fpk1.sqr(root), y))
    throw new Error("Cannot find square root");
  return root;
}
var Fpk1 = /* @__PURE__ */ Field(secp256k1_CURVE.p, { sqrt: sqrtMod });
var Pointk1 = /* @__PURE__ */ weierstrass(secp256k1_CURVE, {
  Fp: Fpk1,
  endo: secp256k1_ENDO
});
var secp256k1 = /* @__PURE__ */ ecdsa(Pointk1, sha2562);

// verifier/pages/evidence/recovery.js
var SIGNATURE_BYTES = 65;
var ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
var HALF_ORDER = ORDER / 2n;
var ADDRESS2 = 20;
function signerOf(digest, signature) {
  const r = toInteger(signature.subarray(0, 32));
  const s = toInteger(signature.subarray(32, 64));
  if (signature.length !== SIGNATURE_BYTES || signature[64] > 1 || r === 0n || s === 0n || s > HALF_ORDER) {
    refuse("EvidenceMalformed", `got the signature ${hex(signature)}, wanted r ‖ s ‖ v with low s and v 0 or 1`);
  }
  let key;
  try {
    const recoverable = concat(signature.subarray(64), signature.subarray(0, 64));
    key = secp256k1.Signature.fromBytes(recoverable, "recovered").recoverPublicKey(digest);
  } catch {
    return null;
  }
  return keccak(key.toBytes(false).subarray(1)).subarray(-ADDRESS2);
}
function withLowS(signature) {
  const s = toInteger(signature.subarray(32, 64));
  if (signature.length !== SIGNATURE_BYTES || signature[64] > 1 || s <= HALF_ORDER || s >= ORDER) return signature;
  return concat(signature.subarray(0, 32), fromInteger(ORDER - s, 32), Uint8Array.of(1 - signature[64]));
}

// verifier/pages/evidence/seals.js
var INSUFFICIENT = "SealsInsufficient";
var MAX_HEADERS = 64;
var MIX_HASH = unhex("63746963616c2062797a616e74696e65206661756c7420746f6c6572616e6365");
var NO_OMMERS = keccak(encode([]));
var ADDRESS3 = 20;
function checkSeals(headers, scheme, validatorsAt) {
  requireScheme(scheme);
  if (!Array.isArray(headers)) throw new TypeError("got something else than an array of headers");
  requireHeaders(headers);
  try {
    if (scheme === "clique") return checkRun(headers, validatorsAt);
    if (headers.length > 1) refuse(INSUFFICIENT, `got ${headers.length} headers, wanted one under ${scheme}`);
    return scheme === "none" ? null : checkBft(headers[0], scheme, validatorsAt);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return refuse(INSUFFICIENT, error.message);
  }
}
function requireHeaders(headers) {
  if (!headers.length || headers.length > MAX_HEADERS) {
    refuse("EvidenceMalformed", `got ${headers.length} headers, wanted 1 to ${MAX_HEADERS}`);
  }
}
function checkBft(header, scheme, validatorsAt) {
  const extra = bftExtra(header, scheme);
  if (!equal(header.mixHash, MIX_HASH) || header.difficulty !== 1 || !equal(header.ommersHash, NO_OMMERS)) {
    refuse(INSUFFICIENT, `block ${header.number}: got another mixHash, difficulty or ommers than those of ${scheme}`);
  }
  const validators = pinned(header, validatorsAt);
  if (extra.listed.length || scheme === "ibft2") requireListed(header, extra.listed, validators);
  if (!includes(validators, header.coinbase)) {
    refuse(INSUFFICIENT, `block ${header.number}: got a block proposed by ${hex(header.coinbase)}, no validator`);
  }
  const digest = bftCommitHash(header, scheme, extra);
  const signers = [];
  for (const seal of extra.seals) {
    const signer = validSigner(header, digest, seal, validators);
    if (includes(signers, signer)) refuse(INSUFFICIENT, `block ${header.number}: got two seals of ${hex(signer)}`);
    signers.push(signer);
  }
  const needed = Math.floor((2 * validators.length + 2) / 3);
  return sealing(scheme, header, signers, needed, validators);
}
function checkRun(headers, validatorsAt) {
  const voters = pinned(headers[0], validatorsAt);
  const needed = Math.floor(voters.length / 2) + 1;
  const signers = [];
  headers.forEach((header, place) => {
    if (place) requireFollows(header, headers[place - 1]);
    const signer = cliqueSigner(header, pinned(header, validatorsAt));
    if (includes(voters, signer) && !includes(signers, signer)) signers.push(signer);
  });
  return sealing("clique", headers[0], signers, needed, voters);
}
function sealing(scheme, header, signers, needed, validators) {
  if (signers.length < needed) {
    refuse(
      INSUFFICIENT,
      `block ${header.number}: got seals of ${signers.length} of ${validators.length} validators, wanted ${needed}`
    );
  }
  const isFinal = scheme !== "clique";
  return { scheme, blockNumber: header.number, signers, needed, validators: validators.length, isFinal };
}
function requireFollows(header, before) {
  const parent = blockHash(before, "clique");
  if (BigInt(header.number) !== BigInt(before.number) + 1n || !equal(header.parentHash, parent)) {
    refuse(INSUFFICIENT, `got block ${header.number} upon ${hex(header.parentHash)}, wanted it upon ${hex(parent)}`);
  }
}
function cliqueSigner(header, validators) {
  const { extra } = header;
  const size = extra.length - VANITY - SEAL;
  if (size < 0 || size % ADDRESS3) {
    refuse(
      INSUFFICIENT,
      `block ${header.number}: got ${extra.length} bytes of extra data that are not vanity, list, seal`
    );
  }
  if (size) {
    const listed = Array.from({ length: size / ADDRESS3 }, (_, place) => {
      return extra.subarray(VANITY + place * ADDRESS3, VANITY + (place + 1) * ADDRESS3);
    });
    requireListed(header, listed, validators);
  }
  return validSigner(header, commitHash(header, "clique"), withLowS(extra.subarray(-SEAL)), validators);
}
function pinned(header, validatorsAt) {
  const validators = validatorsAt(header.number);
  validators.forEach((address2) => requireBytes(address2, "a validator", ADDRESS3));
  if (new Set(validators.map(hex)).size !== validators.length) throw new TypeError("got a validator twice, not a set");
  if (!validators.length) refuse(INSUFFICIENT, `block ${header.number}: got an empty set of validators to believe`);
  return validators;
}
function requireListed(header, listed, validators) {
  const sorted = [...validators].sort(compare);
  if (listed.length !== sorted.length || !listed.every((address2, place) => equal(address2, sorted[place]))) {
    refuse(INSUFFICIENT, `block ${header.number}: got another list of validators than the ones to believe, ascending`);
  }
}
function validSigner(header, digest, seal, validators) {
  const signer = signerOf(digest, seal);
  if (!signer || !includes(validators, signer)) {
    return refuse(INSUFFICIENT, `block ${header.number}: got a seal of ${signer && hex(signer)}, who is no validator`);
  }
  return signer;
}
function includes(addresses2, address2) {
  return addresses2.some((known) => equal(known, address2));
}

// verifier/pages/evidence/believing.js
function believed(files, trust) {
  requireHeaders(files);
  const run = files.map(readHeader);
  const [header] = run;
  const scheme = trust.schemeAt(header.number);
  const sealing2 = checkSeals(run, scheme, (number) => trust.validatorsAt(number, scheme));
  return { header, hash: blockHash(header, scheme), sealing: sealing2 };
}

// verifier/pages/evidence/cbor.js
var MAX_DEPTH = 6;
var MAX_ITEMS3 = 4096;
var MAX_TEXT = 65536;
var INTEGER = 0;
var NEGATIVE = 1;
var BYTES = 2;
var TEXT2 = 3;
var ARRAY = 4;
var MAP = 5;
var NULL = 246;
function decode2(data, reason) {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;
  let left = MAX_ITEMS3;
  const take = (size) => {
    if (size > data.length - at) refuse(reason, `got ${data.length} bytes of CBOR that break off`);
    at += size;
    return at - size;
  };
  const argument = (short) => {
    if (short < 24) return short;
    if (short > 27) refuse(reason, "got CBOR of an indefinite or unknown length");
    const size = 1 << short - 24;
    const start = take(size);
    const value2 = size === 8 ? view.getBigUint64(start) : wholeOf(view, start, size);
    if (value2 < [24, 256, 65536, 0x100000000n][short - 24]) refuse(reason, "got CBOR spelled longer than needed");
    return value2 <= Number.MAX_SAFE_INTEGER ? Number(value2) : value2;
  };
  const tooMany = () => refuse(reason, `got ${data.length} bytes of CBOR with more than ${MAX_ITEMS3} items`);
  const item = (depth) => {
    if (!left) tooMany();
    left -= 1;
    const head3 = data[take(1)];
    if (head3 === NULL) return null;
    const kind = head3 >> 5;
    if (kind > MAP) refuse(reason, "got CBOR with tags, fractions, truth values or the like");
    const value2 = argument(head3 & 31);
    if (kind === INTEGER) return value2;
    if (kind === NEGATIVE) {
      return typeof value2 === "number" && value2 < Number.MAX_SAFE_INTEGER ? -1 - value2 : -1n - BigInt(value2);
    }
    const size = Number(value2);
    if (kind === TEXT2 && size > MAX_TEXT) refuse(reason, `got a text of ${size} bytes, wanted at most ${MAX_TEXT}`);
    if (kind === BYTES || kind === TEXT2) {
      const start = take(size);
      const bytes3 = data.subarray(start, at);
      return kind === BYTES ? bytes3 : fromUtf8(bytes3, reason);
    }
    if (size > left) tooMany();
    if (size && depth === MAX_DEPTH) refuse(reason, `got CBOR of more than ${MAX_DEPTH} levels`);
    if (kind === ARRAY) {
      const items = [];
      for (let place = 0; place < size; place += 1) items.push(item(depth + 1));
      return items;
    }
    if (size > 1) refuse(reason, "got a map of more than one member");
    const map = /* @__PURE__ */ new Map();
    if (size) {
      const key = item(depth + 1);
      if (!isInteger(key)) refuse(reason, "got a map whose key is no integer");
      map.set(key, item(depth + 1));
    }
    return map;
  };
  const value = item(0);
  if (at !== data.length) refuse(reason, `got ${data.length - at} bytes behind CBOR, wanted none`);
  return value;
}
function encode2(value) {
  if (value === null) return Uint8Array.of(NULL);
  if (isInteger(value)) return value < 0 ? head2(NEGATIVE, -1n - BigInt(value)) : head2(INTEGER, value);
  if (value instanceof Uint8Array) return concat(head2(BYTES, value.length), value);
  if (typeof value === "string") {
    const bytes3 = utf8(value);
    return concat(head2(TEXT2, bytes3.length), bytes3);
  }
  if (Array.isArray(value)) return concat(head2(ARRAY, value.length), ...value.map(encode2));
  return concat(head2(MAP, value.size), ...[...value].flatMap((member) => member.map(encode2)));
}
function isInteger(value) {
  return typeof value === "number" || typeof value === "bigint";
}
function isBytes4(value) {
  return value instanceof Uint8Array;
}
function wholeOf(view, start, size) {
  if (size === 1) return view.getUint8(start);
  return size === 2 ? view.getUint16(start) : view.getUint32(start);
}
function head2(kind, value) {
  const size = value < 24 ? 0 : value < 256 ? 1 : value < 65536 ? 2 : value < 4294967296 ? 4 : 8;
  if (!size) return Uint8Array.of(kind << 5 | Number(value));
  return concat(Uint8Array.of(kind << 5 | 24 + Math.log2(size)), fromInteger(value, size));
}

// verifier/pages/evidence/steps.js
var WORD = 32;
var ADDRESS4 = 20;
var LISTS = (
  /** @type {const} */
  ["anchors", "statuses", "rights"]
);
var NOT_TEXT = "0x";
var CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
var KINDS = [
  "RegistryCreated(bytes32 registryId, bool test)",
  "MemberAdded(address member, uint8 threshold)",
  "MemberRemoved(address member, uint8 threshold)",
  "ProposalMade(uint256 proposal, address proposer, address target, bytes data, uint64 expiresAtBlock)",
  "VoteCast(uint256 proposal, address member)",
  "ProposalExecuted(uint256 proposal, address executor)",
  "VerifyingHostSet(string host, bool listed)",
  "SuccessorNamed(address registry, bytes32 successorId)",
  "TypeRegistered(uint32 certificateType, uint16 version, bytes32 digest)",
  "TypeRetired(uint32 certificateType, uint16 version)",
  "AgencyRegistered(uint32 agency, uint32 parent, uint8 level, bytes18 code, string name, address[] consenters)",
  "AgencyCorrected(uint32 agency, bytes18 code, string name)",
  "AgencySuspended(uint32 agency, uint8 suspendedBy, address[] consenters)",
  "AgencyResumed(uint32 agency, address[] consenters)",
  "TypeGranted(uint32 agency, uint32 certificateType, address[] consenters)",
  "TypeWithdrawn(uint32 agency, uint32 certificateType, address[] consenters)",
  "ApprovalsDemanded(uint32 agency, uint8 approvals, address[] consenters)",
  "OwnApprovalsSet(uint32 agency, uint8 approvals, address[] consenters)",
  "OfficerSet(uint32 agency, address officer, uint8 capabilities, address[] consenters)",
  "KeyAdded(uint32 agency, bytes32 kid, uint8 algorithm, bytes32 x, bytes32 y, uint64 validFrom, uint64 validUntil, address[] consenters)",
  "KeyCutOff(uint32 agency, bytes32 kid, uint64 cutOffBlock, address[] consenters)",
  "BatchAnchored(uint32 agency, bytes32 root, uint32 certificateType, uint16 version, uint16 size, uint32 sequence, address preparer, address[] approvers)",
  "CertificateReplaced(uint32 agency, bytes32 oldLeaf, bytes32 newLeaf, uint24 fromHour, uint256 held)",
  "StatusChanged(uint32 agency, bytes32 leaf, uint8 track, uint24 fromHour, uint24 untilHour, uint32 actor, bytes32 decision, uint256 held, address[] officers)"
].map(declared);
var BATCH_ANCHORED = 21;
var CERTIFICATE_REPLACED = 22;
var STATUS_CHANGED = 23;
function listOf(kind) {
  if (kind === BATCH_ANCHORED) return 0;
  return kind === CERTIFICATE_REPLACED || kind === STATUS_CHANGED ? 1 : 2;
}
function isBlob(type) {
  return type === "string" || type === "bytes";
}
function width(type) {
  if (type === "bool") return 1;
  if (type === "address") return ADDRESS4;
  return type.startsWith("bytes") ? Number(type.slice(5)) : Number(type.slice(4)) / 8;
}
function join(kind, parts) {
  const types = KINDS[kind].arguments;
  const head3 = [];
  const tail = [];
  let end = types.length * WORD;
  types.forEach(({ type }, place) => {
    const part2 = parts[place];
    if (part2 instanceof Uint8Array && !isBlob(type)) {
      head3.push(padded(type, part2));
      return;
    }
    const items = part2 instanceof Uint8Array ? [part2, new Uint8Array(-part2.length & WORD - 1)] : part2.map(address);
    const behind2 = concat(fromInteger(part2.length, WORD), ...items);
    head3.push(fromInteger(end, WORD));
    tail.push(behind2);
    end += behind2.length;
  });
  return concat(...head3, ...tail);
}
function eventOf(kind, parts) {
  return Object.fromEntries(KINDS[kind].arguments.map(({ name, type }, place) => [name, valueOf(type, parts[place])]));
}
function valueOf(type, part2) {
  if (!(part2 instanceof Uint8Array) || type === "bytes" || type === "uint256") return part2;
  if (type === "string" || type === "bytes18") return text(part2);
  if (type === "bool") return part2[0] === 1;
  return type.startsWith("uint") ? toWhole(part2) : part2;
}
function text(raw) {
  let plain;
  try {
    plain = fromUtf8(raw, "EvidenceMalformed");
  } catch {
    return NOT_TEXT + hex(raw);
  }
  return plain.startsWith(NOT_TEXT) || CONTROL.test(plain) ? NOT_TEXT + hex(raw) : plain;
}
function padded(type, part2) {
  const zeros = new Uint8Array(WORD - part2.length);
  return type.startsWith("bytes") ? concat(part2, zeros) : concat(zeros, part2);
}
function address(part2) {
  return padded("address", part2);
}
function declared(declaration) {
  const [, name, list3] = (
    /** @type {RegExpExecArray} */
    /^(\w+)\((.*)\)$/.exec(declaration)
  );
  const given = list3.split(", ").map((argument) => {
    const [type, named] = argument.split(" ");
    return { name: named, type };
  });
  return { name, arguments: given, topic: keccak(utf8(`${name}(${given.map(({ type }) => type).join(",")})`)) };
}

// verifier/pages/evidence/columns.js
var ADDRESSES = "address[]";
var PLACE = 4;
var MAX_TRACK = 7;
var TRACK_COLUMN = 2;
var NOTHING2 = new Uint8Array(0);
var NO_STARTS = new Float64Array(0);
function numbers(column) {
  const view = new DataView(column.buffer, column.byteOffset, column.byteLength);
  return Uint32Array.from({ length: column.length / PLACE }, (_, row) => view.getUint32(row * PLACE));
}
var Table = class {
  /**
   * Reads a kind's columns, so that every row of theirs is an event; refuses them as `EvidenceMalformed`.
   * @param {number} kind
   * @param {import("./types.js").CBOR} value
   * @param {number} rows
   * @param {Uint8Array} addresses All that occur in the history, 20 bytes each.
   * @param {Uint8Array} used One byte for each address, set to 1 where it occurs here.
   */
  constructor(kind, value, rows, addresses2, used) {
    this.kind = kind;
    this.rows = rows;
    this.addresses = addresses2;
    const given = Array.isArray(value) ? value : [];
    const types = KINDS[kind].arguments.map(({ type }) => type);
    const wanted = types.reduce((count, type) => count + (isDynamic(type) ? 2 : 1), 0);
    if (given.length !== wanted || !given.every((column) => column instanceof Uint8Array)) {
      this.refuse(`got ${given.length} columns, wanted ${wanted} byte strings`);
    }
    const columns = (
      /** @type {Uint8Array[]} */
      given[Symbol.iterator]()
    );
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
    const column = columns.next().value;
    const more = isDynamic(type) ? columns.next().value : NOTHING2;
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
      const part2 = column.subarray(row * size, (row + 1) * size);
      return type === "address" ? this.listed(part2, 0, 1).next().value ?? part2 : part2;
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
      if (seconds[row * second.length] === second[0] && equal(seconds.subarray(row * second.length, (row + 1) * second.length), second) && equal(firsts.subarray(row * first.length, (row + 1) * first.length), first)) {
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
    const from = placeAt(places, row) * ADDRESS4;
    for (let byte = 0; byte < ADDRESS4; byte += 1) buffer[at + WORD - ADDRESS4 + byte] = this.addresses[from + byte];
  }
  /**
   * @param {Uint8Array} places
   * @param {number} first
   * @param {number} last Excluded.
   */
  *listed(places, first, last) {
    for (let item = first; item < last; item += 1) {
      const at = placeAt(places, item) * ADDRESS4;
      yield this.addresses.subarray(at, at + ADDRESS4);
    }
  }
  /**
   * @param {string} why
   * @returns {never}
   */
  refuse(why) {
    return refuse("EvidenceMalformed", `history, the table of ${KINDS[this.kind].name}: ${why}`);
  }
};
function isDynamic(type) {
  return type === ADDRESSES || isBlob(type);
}
function startsOf(counts) {
  let end = 0;
  const starts = new Float64Array(counts.length + 1);
  counts.forEach((count, row) => {
    end += count;
    starts[row + 1] = end;
  });
  return starts;
}
function behind({ type, starts }, row) {
  if (!isDynamic(type)) return 0;
  const count = starts[row + 1] - starts[row];
  return WORD + WORD * (type === ADDRESSES ? count : Math.ceil(count / WORD));
}
function placeAt(places, row) {
  const at = row * PLACE;
  return (places[at] << 24 | places[at + 1] << 16 | places[at + 2] << 8 | places[at + 3]) >>> 0;
}

// verifier/pages/evidence/history_form.js
var REASON = "EvidenceMalformed";
var NUMBER = 8;
var PLACE2 = 4;
function countOf(blockNumbers, timestamps) {
  if (blockNumbers.length % NUMBER || timestamps.length !== blockNumbers.length) {
    refuse(REASON, `history: got ${blockNumbers.length} and ${timestamps.length} bytes as blocks, wanted 8 each`);
  }
  for (let at = NUMBER; at < blockNumbers.length; at += NUMBER) {
    if (order(blockNumbers, at, NUMBER) <= 0) refuse(REASON, "history: got blocks whose numbers do not rise");
    if (order(timestamps, at, NUMBER) < 0) refuse(REASON, "history: got blocks whose times fall");
  }
  return blockNumbers.length / NUMBER;
}
function requireAscending(addresses2) {
  let isInOrder = addresses2.length % ADDRESS4 === 0;
  for (let at = ADDRESS4; isInOrder && at < addresses2.length; at += ADDRESS4)
    isInOrder = order(addresses2, at, ADDRESS4) > 0;
  if (!isInOrder) refuse(REASON, `history: got ${addresses2.length} bytes as addresses, wanted 20 each, ascending`);
}
function order(column, at, size) {
  return compare(column.subarray(at, at + size), column.subarray(at - size, at));
}
function eventsOf(which, value, addresses2, used) {
  const [kinds, blocks, logIndices, tables] = Array.isArray(value) && value.length === 4 ? value : [];
  if (!isBytes4(kinds) || !isBytes4(blocks) || !isBytes4(logIndices) || !Array.isArray(tables) || blocks.length !== kinds.length * PLACE2 || logIndices.length !== blocks.length) {
    return refuse(REASON, `history, ${LISTS[which]}: got another form than columns and tables`);
  }
  const rows = /* @__PURE__ */ new Map();
  for (const kind of kinds) rows.set(kind, (rows.get(kind) ?? 0) + 1);
  const occurring = [...rows.keys()].sort((a, b) => a - b);
  if (occurring.some((kind) => kind >= KINDS.length || listOf(kind) !== which)) {
    refuse(REASON, `history, ${LISTS[which]}: got the kinds ${occurring}, wanted only those of this list`);
  }
  const isListed = tables.length === occurring.length && tables.every((table, place) => {
    return Array.isArray(table) && table.length === 2 && table[0] === occurring[place];
  });
  if (!isListed) refuse(REASON, `history, ${LISTS[which]}: got other tables than for the kinds ${occurring}`);
  return {
    kinds,
    blocks: numbers(blocks),
    logIndices: numbers(logIndices),
    tables: occurring.map((kind, place) => {
      return new Table(
        kind,
        /** @type {CBOR[]} */
        tables[place][1],
        rows.get(kind),
        addresses2,
        used
      );
    })
  };
}
function requireBlocks(lists, count) {
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
    if (nextBlock < block || nextBlock === block && nextLog <= log) {
      refuse(REASON, `history, ${LISTS[next]}: got events that are not in the chain's order, or a log twice`);
    }
    blocks += Number(nextBlock > block);
    [block, log] = [nextBlock, nextLog];
  }
  if (block >= count || blocks !== count)
    refuse(REASON, `history: got ${count} blocks, of which events name ${blocks}`);
}
function isBefore(lists, heads, one, other) {
  const [a, b] = [lists[one], lists[other]];
  const blocks = a.blocks[heads[one]] - b.blocks[heads[other]];
  return blocks < 0 || blocks === 0 && a.logIndices[heads[one]] < b.logIndices[heads[other]];
}

// verifier/pages/evidence/history.js
var REASON2 = "EvidenceMalformed";
var AGENCY = 4;
var History = class {
  /**
   * Reads a history; refuses anything else, even for what just is not needed.
   * @param {Uint8Array} data
   */
  constructor(data) {
    const whole3 = decode2(data, REASON2);
    const [blocks, addresses2, ...lists] = Array.isArray(whole3) ? whole3 : [];
    const [blockNumbers, timestamps] = Array.isArray(blocks) && blocks.length === 2 ? blocks : [];
    if (!isBytes4(blockNumbers) || !isBytes4(timestamps) || !isBytes4(addresses2) || lists.length !== LISTS.length) {
      refuse(REASON2, "history: got another form than blocks, addresses and three lists");
    }
    const count = countOf(blockNumbers, timestamps);
    requireAscending(addresses2);
    const used = new Uint8Array(addresses2.length / ADDRESS4);
    this.blockNumbers = blockNumbers;
    this.timestamps = timestamps;
    this.lists = lists.map((list3, which) => eventsOf(which, list3, addresses2, used));
    requireBlocks(this.lists, count);
    if (used.includes(0)) refuse(REASON2, "history: got addresses that do not occur");
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
      step.set(keccak(
        /** @type {() => Uint8Array} */
        next.get(kind)()
      ), 3 * WORD);
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
    const found = events.tables.filter(({ kind }) => kinds.includes(kind)).flatMap((table) => {
      const rows = table.find(fromInteger(agency, AGENCY), searched);
      if (!rows.length) return [];
      const positions = [...events.kinds.keys()].filter((position) => events.kinds[position] === table.kind);
      return rows.map((row) => ({ position: positions[row], row }));
    });
    return found.sort((a, b) => a.position - b.position).map(({ position, row }) => this.#record(events, position, row));
  }
  /**
   * @param {Events} events
   * @param {number} position In the list.
   * @param {number} row In the kind's table.
   * @returns {RegistryRecord}
   */
  #record(events, position, row) {
    const kind = events.kinds[position];
    const table = (
      /** @type {import("./columns.js").Table} */
      events.tables.find((each) => each.kind === kind)
    );
    const at = events.blocks[position] * NUMBER;
    return {
      kind: KINDS[kind].name,
      event: eventOf(kind, table.parts(row)),
      blockNumber: toWhole(this.blockNumbers.subarray(at, at + NUMBER)),
      blockTimestamp: toWhole(this.timestamps.subarray(at, at + NUMBER)),
      logIndex: events.logIndices[position]
    };
  }
};

// verifier/pages/evidence/keys.js
var ORDER2 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
var PRIME = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
var SIGNATURE_BYTES2 = 64;
var HALF = 32;
var CURVE = { name: "ECDSA", namedCurve: "P-256" };
var UNCOMPRESSED = Uint8Array.of(4);
async function kidOf({ x, y }) {
  requireBytes(x, "a key's x", HALF);
  requireBytes(y, "a key's y", HALF);
  return sha256(utf8(`{"crv":"P-256","kty":"EC","x":"${base64url(x)}","y":"${base64url(y)}"}`));
}
async function load({ x, y }) {
  requireBytes(x, "a key's x");
  requireBytes(y, "a key's y");
  if (x.length !== HALF || y.length !== HALF) {
    refuse("InvalidInput", `got coordinates of ${x.length} and ${y.length} bytes, wanted 32 and 32`);
  }
  if (toInteger(x) >= PRIME || toInteger(y) >= PRIME) {
    refuse("InvalidInput", "got coordinates that are not below P-256's prime");
  }
  const point = (
    /** @type {BufferSource} */
    concat(UNCOMPRESSED, x, y)
  );
  try {
    return await crypto.subtle.importKey("raw", point, CURVE, false, ["verify"]);
  } catch {
    return refuse("InvalidInput", "got coordinates that are no point on P-256");
  }
}
async function verify(key, signature, message) {
  const loaded = await load(key);
  if (signature.length !== SIGNATURE_BYTES2) {
    refuse("SignatureInvalid", `got a signature of ${signature.length} bytes, wanted ${SIGNATURE_BYTES2}`);
  }
  const [signed, over] = (
    /** @type {BufferSource[]} */
    [signature, message]
  );
  if (!await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, loaded, signed, over)) {
    refuse("SignatureInvalid", `got a signature that the key ${base64url(await kidOf(key))} did not make`);
  }
}
function signatureFault(signature) {
  if (signature.length !== SIGNATURE_BYTES2) {
    return `got a signature of ${signature.length} bytes, wanted ${SIGNATURE_BYTES2}`;
  }
  const r = toInteger(signature.subarray(0, HALF));
  const s = toInteger(signature.subarray(HALF));
  if (!(r > 0n && r < ORDER2 && s > 0n && s < ORDER2)) {
    return "got a signature whose r or s is not between 0 and the order of P-256";
  }
  return 2n * s > ORDER2 ? "got a signature with high s, wanted the low one: one paper has one code" : "";
}
async function requireKid(key, named) {
  const kid = await kidOf(key);
  if (!equal(kid.subarray(0, named.length), named)) {
    refuse("SignatureInvalid", `got the name of another key, tried the key ${base64url(kid)}`);
  }
}

// verifier/pages/evidence/trie.js
var REASON3 = "NotProven";
var MAX_NODES = 64;
var MAX_NODE = 524288;
var NODE_ITEMS = 512;
var HASH2 = 32;
var BRANCH = 17;
var PATH = 2;
var VALUE = 16;
var ODD = 1;
var LEAF = 2;
var EMPTY_ROOT = keccak(encode(new Uint8Array(0)));
function requireWalkable(nodes) {
  if (nodes.length > MAX_NODES || nodes.some((node) => node.length > MAX_NODE)) {
    refuse(
      "EvidenceMalformed",
      `got ${nodes.length} nodes of a walk, wanted at most ${MAX_NODES}, each of at most ${MAX_NODE} bytes`
    );
  }
}
function valueAt(root, key, nodes) {
  const unused = nodes[Symbol.iterator]();
  const value = equal(root, EMPTY_ROOT) ? null : walk(nodeOf(root, unused, 0), nibbles(key), unused);
  if (!unused.next().done) refuse(REASON3, "got more nodes of a trie than the walk needs");
  return value;
}
function walk(node, key, unused) {
  if (node.length === BRANCH) {
    if (node.filter((item) => item.length).length < 2) {
      refuse(REASON3, "got a branch with less than two children, wanted a path");
    }
    if (!key.length) return node[VALUE].length ? valueOf2(node[VALUE]) : null;
    const below2 = node[key[0]];
    return below2.length ? walk(child(below2, unused), key.slice(1), unused) : null;
  }
  const { path, isLeaf } = pathOf(node[0]);
  const fits = path.every((nibble, place) => nibble === key[place]);
  if (isLeaf) return fits && path.length === key.length ? valueOf2(node[1]) : null;
  if (!fits) return null;
  const below = child(node[1], unused);
  if (below.length !== BRANCH) refuse(REASON3, "got an extension upon another path, wanted it upon a branch");
  return walk(below, key.slice(path.length), unused);
}
function child(item, unused) {
  if (!isBytes(item)) {
    if (encode(item).length >= HASH2) refuse(REASON3, `got a node of ${HASH2} bytes or more within another`);
    return inForm(item);
  }
  if (item.length !== HASH2) refuse(REASON3, `got ${item.length} bytes where a node should point to another by its hash`);
  return nodeOf(item, unused, HASH2);
}
function nodeOf(wanted, unused, least) {
  const { value: node, done } = unused.next();
  if (done || !equal(keccak(node), wanted)) refuse(REASON3, `got another node or none, wanted ${hex(wanted)}`);
  if (node.length < least)
    refuse(REASON3, `got a node of ${node.length} bytes by its hash, wanted it within its parent`);
  return inForm(decode(node, REASON3, { mostItems: NODE_ITEMS }));
}
function inForm(node) {
  if (!Array.isArray(node) || node.length !== BRANCH && node.length !== PATH) {
    return refuse(REASON3, `got a node of ${node.length} parts, wanted a list of ${BRANCH} or ${PATH}`);
  }
  return node;
}
function pathOf(encoded) {
  if (!isBytes(encoded) || !encoded.length) return refuse(REASON3, "got a path that is no bytes, or none");
  const [flags, ...path] = nibbles(encoded);
  if (flags > (ODD | LEAF)) refuse(REASON3, `got a path with the flags ${flags}, wanted 0 to ${ODD | LEAF}`);
  const isLeaf = Boolean(flags & LEAF);
  if (!(flags & ODD) && path.shift()) refuse(REASON3, "got a path of even length whose padding is not zero");
  if (!path.length && !isLeaf) refuse(REASON3, "got an extension without a path");
  return { path, isLeaf };
}
function valueOf2(item) {
  return isBytes(item) && item.length ? item : refuse(REASON3, "got a value that is no bytes, or none");
}
function nibbles(data) {
  return Array.from(data).flatMap((byte) => [byte >> 4, byte & 15]);
}

// verifier/pages/evidence/state.js
var REASON4 = "NotProven";
var WORD2 = 32;
function storageRoot(stateRoot, address2, nodes) {
  const account = valueAt(stateRoot, keccak(address2), nodes);
  if (!account)
    return refuse(REASON4, `got a proof that there is no account ${hex(address2)}, wanted the contract there`);
  const read = decode(account, REASON4, { depth: 1 });
  const [, , root, codeHash] = Array.isArray(read) && read.length === 4 && read.every(isBytes) ? read : [];
  if (!isBytes(root) || root.length !== WORD2 || codeHash.length !== WORD2) {
    return refuse(REASON4, `got an account ${hex(address2)} that is not nonce, balance and two hashes`);
  }
  return root;
}
function word(root, slot2, nodes) {
  const value = valueAt(root, keccak(slot2), nodes);
  if (!value) return new Uint8Array(WORD2);
  const number = decode(value, REASON4, { depth: 1 });
  if (!isBytes(number) || !number.length || number.length > WORD2 || number[0] === 0) {
    return refuse(REASON4, `got ${hex(value)} in the slot ${hex(slot2)}, wanted a number of at most ${WORD2} bytes`);
  }
  return concat(new Uint8Array(WORD2 - number.length), number);
}

// verifier/pages/evidence/checkpoint_verify.js
var NOT_PROVEN = "NotProven";
var WORD3 = 32;
async function verifyCheckpoint(checkpoint, trust) {
  if (!equal(checkpoint.registryId, trust.registryId) || checkpoint.chainId !== trust.chainId || !equal(checkpoint.registry, trust.registry) || !equal(checkpoint.agencies, trust.agencies)) {
    refuse("TrustListRefused", "got a checkpoint of another registry than the trust list's");
  }
  const attesters = await attestersOf(checkpoint, trust);
  const sealing2 = sealingOf(checkpoint, trust);
  const needed = Math.max(1, trust.attesterThreshold);
  if (!sealing2 && attesters.length < needed) {
    refuse(
      "NotAttested",
      `got a checkpoint of a block without seals that ${attesters.length} attesters vouch for, wanted ${needed}`
    );
  }
  const history = new History(checkpoint.history);
  requireWhole(checkpoint, history);
  return { checkpoint, history, sealing: sealing2, attesters };
}
async function attestersOf(checkpoint, trust) {
  const kids = await Promise.all(trust.attesters.map(kidOf));
  const vouching = [];
  for (const { kid, signature } of checkpoint.attestations) {
    const place = kids.findIndex((known) => equal(known, kid));
    if (place < 0) continue;
    try {
      await verify(trust.attesters[place], signature, checkpoint.statement);
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      refuse(NOT_PROVEN, `got an attestation for another checkpoint: ${error.message}`);
    }
    vouching.push(kid);
  }
  return vouching;
}
function sealingOf(checkpoint, trust) {
  const { state, blockNumber, timestamp } = checkpoint;
  if (!state) {
    const scheme = trust.schemeAt(blockNumber);
    if (scheme !== "none") {
      refuse("SealsInsufficient", `block ${blockNumber}: got a checkpoint without a header, wanted it under ${scheme}`);
    }
    return null;
  }
  const { header, hash: hash2, sealing: sealing2 } = believed(state.headers, trust);
  if (blockNumber !== header.number || timestamp !== header.timestamp || !equal(checkpoint.blockHash, hash2)) {
    refuse(NOT_PROVEN, `got a checkpoint of block ${blockNumber}, its header is of another one`);
  }
  const [certificatesPath, anchorsPath, statusesPath, agenciesPath, rightsPath] = state.paths;
  const certificates = storageRoot(header.stateRoot, checkpoint.registry, certificatesPath);
  const agencies = storageRoot(header.stateRoot, checkpoint.agencies, agenciesPath);
  const heads = [
    word(certificates, slot(0), anchorsPath),
    word(certificates, slot(1), statusesPath),
    word(agencies, slot(2), rightsPath)
  ];
  const others = lacking(heads, checkpoint.heads);
  if (others.length) refuse(NOT_PROVEN, `block ${header.number}: got other heads of ${others} than its state has`);
  return sealing2;
}
function requireWhole({ blockNumber, timestamp, heads }, history) {
  const missing = lacking(history.heads(), heads);
  if (missing.length) {
    refuse(
      "HistoryIncomplete",
      `block ${blockNumber}: got lists that do not make the heads of ${missing.join(", ")}: something was left out, added or changed`
    );
  }
  const { lastBlock, lastTimestamp } = history;
  if (lastBlock > blockNumber || lastTimestamp > timestamp || lastBlock === blockNumber && lastTimestamp !== timestamp) {
    refuse(NOT_PROVEN, `got a history up to block ${lastBlock}, wanted none after ${blockNumber}`);
  }
}
function lacking(got, wanted) {
  return LISTS.filter((_, which) => !equal(got[which], wanted[which]));
}
function slot(which) {
  return new Uint8Array(WORD3).fill(which, WORD3 - 1);
}

// verifier/pages/evidence/credential_members.js
var MALFORMED2 = "CertificateMalformed";
var DIGEST = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
var SRI = /^sha256-[A-Za-z0-9+/]{43}=$/;
function exactly(where, value, wanted) {
  if (value !== wanted) refuse(MALFORMED2, `${where}: got another value, wanted ${wanted}`);
}
function list(where, value, most, least = 1) {
  if (!Array.isArray(value) || value.length < least || value.length > most) {
    return refuse(MALFORMED2, `${where}: got another value, wanted an array of ${least} to ${most}`);
  }
  return value;
}
function text2(where, value, pattern) {
  if (typeof value !== "string" || !pattern.test(value)) {
    return refuse(MALFORMED2, `${where}: got another value, wanted text like ${pattern.source}`);
  }
  return value;
}
function whole(where, value, most) {
  if (typeof value !== "number" || value < 1 || value > most) {
    return refuse(MALFORMED2, `${where}: got another value, wanted a number from 1 to ${most}`);
  }
  return value;
}
function hash(where, value) {
  return fromBase64url(text2(where, value, DIGEST), MALFORMED2);
}
function sriDigest(where, value) {
  return hash(where, text2(where, value, SRI).slice(7, -1).replaceAll("+", "-").replaceAll("/", "_"));
}
function day(where, value, pattern) {
  const found = text2(where, value, pattern).slice(0, 10);
  const time2 = Date.parse(`${found}T00:00:00Z`);
  if (found < "0001" || Number.isNaN(time2) || new Date(time2).toISOString().slice(0, 10) !== found) {
    refuse(MALFORMED2, `${where}: got ${found}, which no calendar has`);
  }
  return found;
}

// verifier/pages/evidence/facts.js
var FORMAT = 1;
var MEMBERS = 10;
var MAX_AGENCY2 = 2 ** 32 - 1;
var MAX_TYPE = 2 ** 32 - 1;
var MAX_TYPE_VERSION = 2 ** 16 - 1;
var MAX_NUMBER = 64;
var MAX_FACTS = 8;
var MAX_FACT_BYTES = 512;
var KID8 = 8;
var SALT = 16;
var DAY_MS = 864e5;
var FIRST_DAY = -25567;
var LAST_DAY = 2932896;
var UNSPEAKABLE = /[\u0000-\u001f\u007f-\u009f]/;
var LEAF2 = Uint8Array.of(0);
function readFacts(data) {
  const value = decode2(data, "CodeMalformed");
  const members2 = Array.isArray(value) ? value : [];
  const [format, agency, certificateType, version, kid8, number, texts, first, last, salt] = members2;
  if (isInteger(format) && format > FORMAT) {
    refuse("CodeUnsupported", `got a code of format ${format}, this software knows format ${FORMAT}`);
  }
  if (members2.length !== MEMBERS || format !== FORMAT || !isBytes4(kid8) || typeof number !== "string" || !Array.isArray(texts) || !texts.every((text3) => text3 === null || typeof text3 === "string") || !isBytes4(salt)) {
    return refuse("CodeMalformed", `facts: got CBOR that is not the ten members of format ${FORMAT}`);
  }
  const facts = (
    /** @type {(string | null)[]} */
    texts
  );
  checkLengths(kid8, number, facts, salt);
  const firstDay = within("first day", first, FIRST_DAY, LAST_DAY);
  return {
    agency: within("agency", agency, 1, MAX_AGENCY2),
    certificateType: within("certificate type", certificateType, 1, MAX_TYPE),
    version: within("type version", version, 1, MAX_TYPE_VERSION),
    kid8,
    number,
    facts,
    firstDay: dayOf(firstDay),
    lastDay: last === null ? null : dayOf(within("last day", last, firstDay, LAST_DAY)),
    salt
  };
}
async function leafOfDigests(codeDigest, signingInputHash) {
  return sha256(concat(LEAF2, codeDigest, signingInputHash));
}
function checkLengths(kid8, number, facts, salt) {
  within("length of kid8", kid8.length, KID8, KID8);
  within("length of the salt", salt.length, SALT, SALT);
  within("length of the certificate number", characters(number), 1, MAX_NUMBER);
  within("number of facts", facts.length, 0, MAX_FACTS);
  for (const text3 of [number, ...facts]) {
    if (text3 !== null && (text3 === "" || UNSPEAKABLE.test(text3) || utf8(text3).length > MAX_FACT_BYTES)) {
      refuse("CodeMalformed", "facts: got text that is empty, too long or has control characters");
    }
  }
}
function within(name, value, least, most) {
  if (typeof value !== "number" || value < least || value > most) {
    return refuse("CodeMalformed", `facts: ${name}: got ${value}, wanted ${least} to ${most}`);
  }
  return value;
}
function dayOf(days) {
  return new Date(days * DAY_MS).toISOString().slice(0, 10);
}

// verifier/pages/evidence/strict_json.js
var MAX_DEPTH2 = 16;
var SPACE = /[ \t\n\r]*/y;
var PLAIN = /[^"\\\u0000-\u001f]*/y;
var NUMBER2 = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
var HEXADECIMAL = /[0-9a-fA-F]{4}/y;
var WORDS = (
  /** @type {const} */
  [
    ["true", true],
    ["false", false],
    ["null", null]
  ]
);
var ESCAPES = /* @__PURE__ */ new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "	"]
]);
var HALF_A_PAIR = /\p{Surrogate}/u;
function parse(data, reason) {
  const text3 = fromUtf8(data, reason);
  let at = 0;
  const match = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text3)?.[0] ?? "";
    at += found.length;
    return found;
  };
  const skip = (character) => {
    const found = text3[at] === character;
    if (found) at += 1;
    return found;
  };
  const spoilt = () => refuse(reason, `got JSON that is spoilt at character ${at}`);
  const string = () => {
    if (!skip('"')) spoilt();
    let value2 = "";
    for (; ; ) {
      value2 += match(PLAIN);
      if (skip('"')) break;
      if (!skip("\\")) spoilt();
      const escape = text3[at];
      at += 1;
      if (escape === "u") {
        const digits = match(HEXADECIMAL);
        if (!digits) spoilt();
        value2 += String.fromCharCode(parseInt(digits, 16));
      } else {
        value2 += ESCAPES.get(escape) ?? spoilt();
      }
    }
    if (HALF_A_PAIR.test(value2)) refuse(reason, "got half of a surrogate pair, wanted whole characters");
    return value2;
  };
  const number = () => {
    const digits = match(NUMBER2);
    if (!digits) spoilt();
    const value2 = Number(digits);
    if (!/^-?[0-9]+$/.test(digits) || !Number.isSafeInteger(value2)) {
      refuse(reason, `got the number ${digits.slice(0, 24)}, wanted a whole one within ±(2**53 - 1)`);
    }
    return value2 === 0 ? 0 : value2;
  };
  const members2 = (end, member) => {
    at += 1;
    match(SPACE);
    if (skip(end)) return;
    do {
      match(SPACE);
      member();
      match(SPACE);
    } while (skip(","));
    if (!skip(end)) spoilt();
  };
  const value = (depth) => {
    if (depth > MAX_DEPTH2) refuse(reason, `got JSON of more than ${MAX_DEPTH2} levels`);
    if (text3[at] === '"') return string();
    if (text3[at] === "[") {
      const items = [];
      members2("]", () => items.push(value(depth + 1)));
      return items;
    }
    if (text3[at] === "{") {
      const object = /* @__PURE__ */ Object.create(null);
      members2("}", () => {
        const name = string();
        if (name in object) refuse(reason, `got the member ${name} twice, wanted it once`);
        match(SPACE);
        if (!skip(":")) spoilt();
        match(SPACE);
        object[name] = value(depth + 1);
      });
      return object;
    }
    for (const [word2, meaning] of WORDS) {
      if (text3.startsWith(word2, at)) {
        at += word2.length;
        return meaning;
      }
    }
    return number();
  };
  match(SPACE);
  const whole3 = value(0);
  match(SPACE);
  if (at !== text3.length) refuse(reason, "got something behind the JSON value, wanted nothing");
  return whole3;
}
function serialise(value) {
  if (Array.isArray(value)) return `[${value.map(serialise).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.keys(value).sort((a, b) => compare(utf8(a), utf8(b))).map((name) => `${JSON.stringify(name)}:${serialise(value[name])}`).join(",")}}`;
}
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function members(value, where, reason, required, optional = []) {
  if (!isObject(value)) return refuse(reason, `${where}: got no object, wanted one`);
  for (const name of required) {
    if (!(name in value)) refuse(reason, `${where}: ${name} is missing`);
  }
  for (const name of Object.keys(value)) {
    if (!required.includes(name) && !optional.includes(name)) {
      refuse(reason, `${where}: got the unknown member ${name.slice(0, 40)}`);
    }
  }
  return value;
}

// verifier/pages/evidence/credential.js
var MALFORMED3 = "CertificateMalformed";
var UNSUPPORTED = "CertificateUnsupported";
var MEDIA_TYPE = "vc+sd-jwt";
var CONTEXT = "https://www.w3.org/ns/credentials/v2";
var SCHEMA_TYPE = "YinxinCertificateType";
var SCHEMA_ID = "urn:yinxin:certificate-type:";
var STATUS_TYPE = "YinxinRegistryEntry";
var MAX_CHAIN_ID = Number.MAX_SAFE_INTEGER;
var MAX_CLAIMS = 64;
var MAX_RESOURCES = 16;
var MAX_ISSUER = 512;
var FIRST_DAY2 = "1900-01-01";
var REQUIRED = [
  "@context",
  "_sd_alg",
  "codeDigest",
  "credentialSchema",
  "credentialStatus",
  "credentialSubject",
  "issuer",
  "type",
  "validFrom"
];
var OPTIONAL = ["relatedResource", "validUntil"];
var ISSUER = /^did:web:[A-Za-z0-9._%-]+(?::[A-Za-z0-9._%-]+)*$/;
var CREDENTIAL_TYPE = /^[A-Z][A-Za-z0-9]{0,63}$/;
var TYPE_ID = /^urn:yinxin:certificate-type:[a-z0-9]+(?:-[a-z0-9]+)*$/;
var REGISTRY = /^[0-9a-f]{64}$/;
var FIRST_INSTANT = /^([0-9]{4}-[0-9]{2}-[0-9]{2})T00:00:00\+08:00$/;
var LAST_INSTANT = /^([0-9]{4}-[0-9]{2}-[0-9]{2})T23:59:59\+08:00$/;
var RESOURCE_ID = /^urn:[a-z0-9][a-z0-9-]{0,31}:[A-Za-z0-9()+,.:=@;$_!*'%/?#-]{1,256}$/;
var MEDIA_TYPE_FORM = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;
function readHeader2(data) {
  const header = parse(data, MALFORMED3);
  if (isObject(header) && typeof header.typ === "string" && header.typ !== MEDIA_TYPE) {
    refuse(UNSUPPORTED, `got a token of the type ${header.typ.slice(0, 40)}, wanted ${MEDIA_TYPE}`);
  }
  const { alg, kid, typ } = members(header, "header", MALFORMED3, ["alg", "kid", "typ"]);
  exactly("alg", alg, "ES256");
  exactly("typ", typ, MEDIA_TYPE);
  return hash("kid", kid);
}
function readPayload(data) {
  const payload = parse(data, MALFORMED3);
  checkProfile(payload);
  const all = members(payload, "payload", MALFORMED3, REQUIRED, OPTIONAL);
  const context = list("@context", all["@context"], 1);
  exactly("@context", context[0], CONTEXT);
  exactly("_sd_alg", all._sd_alg, "sha-256");
  const schema = members(all.credentialSchema, "credentialSchema", MALFORMED3, ["digestSRI", "id", "type", "version"]);
  exactly("credentialSchema.type", schema.type, SCHEMA_TYPE);
  const status = members(all.credentialStatus, "credentialStatus", MALFORMED3, [
    "agency",
    "certificateType",
    "chainId",
    "registry",
    "type"
  ]);
  exactly("credentialStatus.type", status.type, STATUS_TYPE);
  const subject = members(all.credentialSubject, "credentialSubject", MALFORMED3, ["_sd"]);
  const [first, name] = list("type", all.type, 2, 2);
  exactly("type", first, "VerifiableCredential");
  if (typeof all.issuer === "string" && all.issuer.length > MAX_ISSUER) refuse(MALFORMED3, "issuer: got it too long");
  return {
    issuer: text2("issuer", all.issuer, ISSUER),
    credentialType: text2("type", name, CREDENTIAL_TYPE),
    typeIdentifier: text2("credentialSchema.id", schema.id, TYPE_ID).slice(SCHEMA_ID.length),
    typeVersion: whole("credentialSchema.version", schema.version, MAX_TYPE_VERSION),
    typeDigest: sriDigest("credentialSchema.digestSRI", schema.digestSRI),
    registryId: unhex(text2("credentialStatus.registry", status.registry, REGISTRY)),
    chainId: whole("credentialStatus.chainId", status.chainId, MAX_CHAIN_ID),
    agency: whole("credentialStatus.agency", status.agency, MAX_AGENCY2),
    typeNumber: whole("credentialStatus.certificateType", status.certificateType, MAX_TYPE),
    ...validity(all),
    codeDigest: hash("codeDigest", all.codeDigest),
    digests: digestsOf(subject._sd),
    relatedResources: relatedResources(all)
  };
}
function checkProfile(payload) {
  if (!isObject(payload)) return;
  const { "@context": context, credentialSchema: schema, credentialStatus: status } = payload;
  if (Array.isArray(context) && typeof context[0] === "string" && context[0] !== CONTEXT) {
    refuse(UNSUPPORTED, `got a credential of ${context[0].slice(0, 80)}, wanted ${CONTEXT}`);
  }
  if (isObject(schema) && typeof schema.type === "string" && schema.type !== SCHEMA_TYPE) {
    refuse(UNSUPPORTED, `got a credential with a ${schema.type.slice(0, 40)}, wanted a ${SCHEMA_TYPE}`);
  }
  if (isObject(status) && typeof status.type === "string" && status.type !== STATUS_TYPE) {
    refuse(UNSUPPORTED, `got a credential with a ${status.type.slice(0, 40)}, wanted a ${STATUS_TYPE}`);
  }
}
function validity(all) {
  const firstDay = day("validFrom", all.validFrom, FIRST_INSTANT);
  const lastDay = "validUntil" in all ? day("validUntil", all.validUntil, LAST_INSTANT) : null;
  if (firstDay < FIRST_DAY2 || lastDay !== null && firstDay > lastDay) {
    refuse(MALFORMED3, `got a validity from ${firstDay} to ${lastDay}`);
  }
  return { firstDay, lastDay };
}
function digestsOf(value) {
  const digests = list("_sd", value, MAX_CLAIMS).map((item) => text2("_sd", item, DIGEST));
  if (digests.some((digest, place) => place && digests[place - 1] >= digest)) {
    refuse(MALFORMED3, "_sd: got digests out of order or twice, wanted each once, ascending");
  }
  return digests;
}
function relatedResources(all) {
  if (!("relatedResource" in all)) return [];
  const resources = list("relatedResource", all.relatedResource, MAX_RESOURCES).map((item) => {
    const { id, digestSRI, mediaType } = members(item, "relatedResource", MALFORMED3, ["digestSRI", "id", "mediaType"]);
    return {
      id: text2("relatedResource.id", id, RESOURCE_ID),
      digest: sriDigest("relatedResource.digestSRI", digestSRI),
      mediaType: text2("relatedResource.mediaType", mediaType, MEDIA_TYPE_FORM)
    };
  });
  if (new Set(resources.map(({ id }) => id)).size !== resources.length) {
    refuse(MALFORMED3, "relatedResource: got one id twice");
  }
  return resources;
}

// verifier/pages/evidence/disclosures.js
var REASON5 = "CertificateMalformed";
var SALT_BYTES = 16;
var MAX_NAME = 64;
var RESERVED = ["_sd", "..."];
async function readDisclosure(text3) {
  const content = parse(fromBase64url(text3, REASON5), REASON5);
  const [salt, name, value] = Array.isArray(content) && content.length === 3 ? content : [];
  if (typeof salt !== "string" || typeof name !== "string" || value === void 0) {
    return refuse(REASON5, "disclosure: got JSON that is not [salt, name, value]");
  }
  const size = fromBase64url(salt, REASON5).length;
  if (size < SALT_BYTES) refuse(REASON5, `disclosure: got a salt of ${size} bytes, wanted at least ${SALT_BYTES}`);
  if (RESERVED.includes(name) || name === "" || characters(name) > MAX_NAME) {
    refuse(REASON5, `disclosure: got the name ${name.slice(0, MAX_NAME)}, wanted that of a claim`);
  }
  checkValue(name, value);
  return { text: text3, name, value, digest: base64url(await sha256(utf8(text3))) };
}
function checkValue(name, value) {
  if (isObject(value) && RESERVED.some((reserved) => reserved in value)) {
    refuse(REASON5, `disclosure of ${name}: got a reserved name within its value`);
  }
  if (typeof value === "object" && value !== null) {
    for (const member of Object.values(value)) checkValue(name, member);
  }
}

// verifier/pages/evidence/certificate.js
var MALFORMED4 = "CertificateMalformed";
var ALTERED = "CertificateAltered";
var MAX_TEXT2 = 262144;
var JWS_PARTS = 3;
async function readCertificate(whole3) {
  requireText(whole3, "a certificate");
  if (whole3.length > MAX_TEXT2 && characters(whole3) > MAX_TEXT2) {
    refuse(MALFORMED4, `got ${whole3.length} characters, wanted at most ${MAX_TEXT2}`);
  }
  const [jws, ...shown] = whole3.split("~");
  if (!shown.length) refuse(MALFORMED4, "got no ~, wanted a JWS and its disclosures, each followed by ~");
  if (shown.pop())
    refuse(MALFORMED4, "got something behind the last ~, wanted nothing: key binding is not part of this");
  const parts = jws.split(".");
  if (parts.length !== JWS_PARTS) refuse(MALFORMED4, `got a JWS of ${parts.length} parts, wanted ${JWS_PARTS}`);
  const [header, payload, signature] = parts.map((part2) => fromBase64url(part2, MALFORMED4));
  const kid = readHeader2(header);
  const credential = readPayload(payload);
  const disclosures = [];
  for (const text3 of shown) disclosures.push(await readDisclosure(text3));
  const fault = signatureFault(signature);
  if (fault) refuse(MALFORMED4, fault);
  checkDisclosures(disclosures, credential.digests);
  const signingInput = jws.slice(0, jws.lastIndexOf("."));
  const signingInputHash = await sha256(utf8(signingInput));
  return {
    credential,
    disclosures,
    withheld: credential.digests.length - disclosures.length,
    kid,
    signingInput,
    signingInputHash,
    signature,
    leaf: await leafOfDigests(credential.codeDigest, signingInputHash)
  };
}
async function verifyCertificate(certificate, key) {
  await requireKid(key, certificate.kid);
  await verify(key, certificate.signature, utf8(certificate.signingInput));
}
function checkDisclosures(disclosures, digests) {
  const names = /* @__PURE__ */ new Set();
  for (const { name, digest } of disclosures) {
    if (!digests.includes(digest)) refuse(ALTERED, `got a disclosure of ${name} that belongs to another certificate`);
    if (names.has(name)) refuse(ALTERED, `got the claim ${name} disclosed twice, wanted it once`);
    names.add(name);
  }
}

// verifier/pages/evidence/envelope.js
var PROOF = "yinxin-proof";
var CHECKPOINT = "yinxin-checkpoint";
var PACK = "yinxin-pack";
var FORMAT2 = 1;
var REASON6 = "EvidenceMalformed";
var MEBIBYTE = 2 ** 20;
var MOST = /* @__PURE__ */ new Map([
  [PROOF, MEBIBYTE],
  [CHECKPOINT, 64 * MEBIBYTE],
  [PACK, 64 * MEBIBYTE]
]);
var PIECE = 65536;
var PEEK = 64;
var SINGLY = 1024;
var ARRAY2 = 4;
var EMPTY = Uint8Array.of(120, 156, 3, 0, 0, 0, 0, 1);
async function unwrap(data, kind) {
  requireBytes(data, `a file (${kind})`);
  const whole3 = decode2(await unpacked(
    data,
    /** @type {number} */
    MOST.get(kind)
  ), REASON6);
  const [got, form, ...members2] = Array.isArray(whole3) ? whole3 : [];
  if (got !== kind || !isInteger(form) || form < FORMAT2) {
    return refuse(REASON6, `got another thing than ${kind} of format ${FORMAT2}`);
  }
  if (form > FORMAT2) refuse("EvidenceUnsupported", `got ${kind} of format ${form}, wanted ${FORMAT2}`);
  return members2;
}
async function kindOf(data) {
  requireBytes(data, "a file");
  const begin = await beginning(data);
  if (!begin.length || begin[0] >> 5 !== ARRAY2) return null;
  return [PROOF, CHECKPOINT, PACK].find((kind) => {
    const written = encode2(kind);
    return equal(begin.subarray(1, 1 + written.length), written);
  }) ?? null;
}
async function unpacked(data, most) {
  const pieces = [];
  await inflate(data, most, (piece) => pieces.push(piece));
  lax ??= isWhole(concat(EMPTY, EMPTY.subarray(0, 1)), 0);
  if (await lax && await isWhole(data.subarray(0, -1), most)) {
    refuse(REASON6, "got something behind the zlib stream, wanted nothing");
  }
  return concatAll(pieces);
}
var lax;
async function isWhole(data, most) {
  try {
    await inflate(data, most, () => {
    });
    return true;
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return false;
  }
}
async function inflate(data, most, keep) {
  const reader = inflating(data, 0);
  let size = 0;
  try {
    for (; ; ) {
      const { value, done } = await reader.read();
      if (done) return;
      size += value.length;
      if (size > most) refuse(REASON6, `got more than ${most} bytes unpacked`);
      keep(value);
    }
  } catch (error) {
    reader.cancel().catch(() => {
    });
    if (error instanceof EvidenceError) throw error;
    refuse(REASON6, `got ${data.length} bytes that are no whole zlib stream`);
  }
}
async function beginning(data) {
  const reader = inflating(data, SINGLY);
  let begin = new Uint8Array(0);
  try {
    while (begin.length < PEEK) {
      const { value, done } = await reader.read();
      if (done) break;
      begin = concat(begin, value);
    }
  } catch {
  }
  reader.cancel().catch(() => {
  });
  return begin;
}
function inflating(data, singly) {
  let at = 0;
  const packed = new ReadableStream({
    // Piece by piece as it is asked for, so that a stream of zeros is stopped before all of it is unpacked.
    pull(controller) {
      if (at >= data.length) return controller.close();
      const end = at + (at < singly ? 1 : PIECE);
      controller.enqueue(data.subarray(at, end));
      at = end;
    }
  });
  return packed.pipeThrough(new DecompressionStream("deflate")).getReader();
}

// verifier/pages/evidence/digits.js
var GROUP_BYTES = 7;
var GROUP_DIGITS = 17;
var DIGITS = [0, 3, 5, 8, 10, 13, 15, GROUP_DIGITS];
function encode3(data) {
  requireBytes(data, "what to write as digits");
  let digits = "";
  for (let at = 0; at < data.length; at += GROUP_BYTES) {
    const group = data.subarray(at, at + GROUP_BYTES);
    digits += String(toInteger(group)).padStart(DIGITS[group.length], "0");
  }
  return digits;
}
function decode3(digits) {
  requireText(digits, "digits");
  if (!/^[0-9]+$/.test(digits)) refuse("CodeMalformed", `got ${digits.slice(0, 40)}, wanted the digits 0 to 9`);
  const groups = [];
  for (let at = 0; at < digits.length; at += GROUP_DIGITS) {
    const group = digits.slice(at, at + GROUP_DIGITS);
    const size = DIGITS.indexOf(group.length);
    if (size < 0)
      refuse("CodeMalformed", `got ${group.length} digits left over, wanted none, or ${DIGITS.slice(1, -1)}`);
    const value = BigInt(group);
    if (value >> BigInt(8 * size))
      refuse("CodeMalformed", `got ${group}, wanted a number that fits into ${size} bytes`);
    groups.push(fromInteger(value, size));
  }
  return concat(...groups);
}

// verifier/pages/evidence/merkle.js
var MAX_BATCH = 1024;
var MAX_PATH = 10;
var NODE = Uint8Array.of(1);
async function rootFromPath(leaf, { size, index, hashes }) {
  [leaf, ...hashes].forEach((hash2) => requireBytes(hash2, "a hash in a path"));
  if (typeof size !== "number" || typeof index !== "number") throw new TypeError("got a size or index of another type");
  if (!(Number.isSafeInteger(size) && Number.isSafeInteger(index) && index >= 0 && index < size)) {
    refuse("TreeMalformed", `got leaf index ${index}, wanted one within a tree of ${size}`);
  }
  for (const hash2 of [leaf, ...hashes]) {
    if (hash2.length !== HASH) refuse("TreeMalformed", `got a hash of ${hash2.length} bytes, wanted ${HASH}`);
  }
  let node = leaf;
  let wanted = 0;
  let [place, last] = [index, size - 1];
  while (last > 0) {
    if (place % 2 || place < last) {
      const sibling = hashes[wanted];
      wanted += 1;
      if (!sibling) return refuse("TreeMalformed", `got a path of ${hashes.length} hashes, wanted more`);
      node = await sha256(place % 2 ? concat(NODE, sibling, node) : concat(NODE, node, sibling));
    }
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  if (wanted !== hashes.length) refuse("TreeMalformed", `got a path of ${hashes.length} hashes, wanted ${wanted}`);
  return node;
}
function pathFault({ size, index, hashes }) {
  if (!(index >= 0 && index < size && size <= MAX_BATCH)) {
    return `got leaf ${index} of ${size}, wanted one of at most ${MAX_BATCH}`;
  }
  if (hashes.length > MAX_PATH || hashes.some((hash2) => hash2.length !== HASH)) {
    return `got ${hashes.length} hashes in a path, wanted at most ${MAX_PATH}, of ${HASH} bytes each`;
  }
  return "";
}

// verifier/pages/evidence/code.js
var MAX_DIGITS = 7089;
var PROTECTED = Uint8Array.of(161, 1, 38);
var PATH_LABEL = -65537;
var SPACE2 = String.raw`[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
var AROUND = new RegExp(`^${SPACE2}+|${SPACE2}+$`, "g");
var URL_FORM = /^(https?):\/\/([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[0-9]{1,5})?)\/v#([0-9]+)$/;
var LOCAL = /^(?:localhost|127\.0\.0\.1)(?::[0-9]{1,5})?$/;
async function readCode(text3) {
  requireText(text3, "a code");
  const [host, number] = split2(text3.replace(AROUND, ""));
  if (number.length > MAX_DIGITS) {
    refuse("CodeMalformed", `got ${number.length} digits, wanted at most ${MAX_DIGITS}`);
  }
  const value = decode2(decode3(number), "CodeMalformed");
  const members2 = Array.isArray(value) && value.length === 4 ? value : [];
  const [header, unprotected, payload, signature] = members2;
  if (!isBytes4(header) || !(unprotected instanceof Map) || !isBytes4(payload) || !isBytes4(signature)) {
    return refuse("CodeMalformed", "got CBOR that is not the four members of a COSE_Sign1");
  }
  if (!equal(header, PROTECTED)) refuse("CodeMalformed", `got the protected header ${hex(header)}, wanted ES256's`);
  const fault = signatureFault(signature);
  if (fault) refuse("CodeMalformed", fault);
  const [factsBytes, signingInputHash] = readPayload2(payload);
  return {
    facts: readFacts(factsBytes),
    factsBytes,
    signingInputHash,
    payload,
    signature,
    path: unprotected.size ? readPath(unprotected.get(PATH_LABEL), "CodeMalformed") : null,
    host,
    leaf: await leafOf(factsBytes, signingInputHash)
  };
}
async function verifyCode(code, key, registryId) {
  requireBytes(registryId, "a registry id", HASH);
  await requireKid(key, code.facts.kid8);
  await verify(key, code.signature, encode2(["Signature1", PROTECTED, registryId, code.payload]));
}
async function leafOf(factsBytes, signingInputHash) {
  requireBytes(factsBytes, "F");
  requireBytes(signingInputHash, "the signing input's hash", HASH);
  return leafOfDigests(await sha256(factsBytes), signingInputHash);
}
function readPath(value, reason) {
  const [size, index, hashes] = Array.isArray(value) && value.length === 3 ? value : [];
  if (typeof size !== "number" || typeof index !== "number" || !Array.isArray(hashes) || !hashes.every(isBytes4)) {
    return refuse(reason, "got something else than an inclusion path [size, index, [hash…]]");
  }
  const path = { size, index, hashes: (
    /** @type {Uint8Array[]} */
    hashes
  ) };
  const fault = pathFault(path);
  if (fault) refuse(reason, fault);
  return path;
}
function split2(text3) {
  if (/^[0-9]+$/.test(text3)) return [null, text3];
  const url = URL_FORM.exec(text3);
  if (!url) return refuse("CodeMalformed", `got ${text3.slice(0, 60)}, wanted https://<verifying host>/v#<digits>`);
  const [, scheme, host, number] = url;
  if (scheme === "http" && !LOCAL.test(host)) refuse("CodeMalformed", `got http://${host}, wanted https`);
  return [host, number];
}
function readPayload2(payload) {
  const value = decode2(payload, "CodeMalformed");
  const [factsBytes, signingInputHash] = Array.isArray(value) && value.length === 2 ? value : [];
  if (!isBytes4(factsBytes) || !isBytes4(signingInputHash) || signingInputHash.length !== HASH) {
    return refuse("CodeMalformed", "payload: got other CBOR than F and a hash of 32 bytes");
  }
  return [factsBytes, signingInputHash];
}

// verifier/pages/evidence/receipt.js
var REASON7 = "NotProven";
var LAST_TYPE = 127;
var BLOOM = 256;
var TOPICS = 4;
var HEAD = 5 * WORD;
function anchored(receipt, registry, agency, root) {
  const wanted = [KINDS[BATCH_ANCHORED].topic, fromInteger(agency, WORD), root];
  const found = logsOf(receipt).filter(({ address: address2, topics }) => {
    return equal(address2, registry) && wanted.every((topic, place) => topics[place] && equal(topics[place], topic));
  });
  if (found.length !== 1) {
    refuse(REASON7, `got a receipt with ${found.length} logs, wanted one that anchors the batch ${hex(root)}`);
  }
  return batchOf(found[0].topics, found[0].data);
}
function batchOf(topics, data) {
  const last = (place, size) => {
    return data.subarray((place + 1) * WORD - size, (place + 1) * WORD);
  };
  const approvers = toWhole(data.subarray(HEAD, HEAD + WORD));
  if (topics.length !== TOPICS || data.length !== HEAD + WORD + Number(approvers) * WORD) {
    refuse(REASON7, "got a log of BatchAnchored that the registry does not write");
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
    last(3, ADDRESS4),
    places.map((place) => last(place, ADDRESS4))
  ];
  const indexed = concat(agency, root, type);
  const encoded = join(BATCH_ANCHORED, parts);
  encoded.set(fromInteger(HEAD, WORD), indexed.length + HEAD - WORD);
  if (!equal(encoded, concat(indexed, data))) {
    refuse(REASON7, "got a log of BatchAnchored that the registry does not write");
  }
  return (
    /** @type {Batch} */
    /** @type {unknown} */
    eventOf(BATCH_ANCHORED, parts)
  );
}
function logsOf(receipt) {
  const read = decode(receipt[0] <= LAST_TYPE ? receipt.subarray(1) : receipt, REASON7);
  const [status, gas, bloom, logs] = Array.isArray(read) && read.length === 4 ? read : [];
  if (!isBytes(gas) || !isBytes(bloom) || bloom.length !== BLOOM || !Array.isArray(logs)) {
    return refuse(REASON7, "got a receipt that is not status, gas, bloom and logs");
  }
  if (!isBytes(status) || status.length !== 1 || status[0] !== 1) {
    refuse(REASON7, "got the receipt of a transaction that failed");
  }
  return logs.map((log) => {
    const [address2, items, data] = Array.isArray(log) && log.length === 3 ? log : [];
    const isTopics = Array.isArray(items) && items.length <= TOPICS;
    if (!isBytes(address2) || address2.length !== ADDRESS4 || !isBytes(data) || !isTopics || !items.every((topic) => isBytes(topic) && topic.length === WORD)) {
      return refuse(REASON7, "got a log that is not an address, up to four topics and data");
    }
    return { address: address2, topics: (
      /** @type {Uint8Array[]} */
      items
    ), data };
  });
}

// verifier/pages/evidence/proof.js
var MALFORMED5 = "EvidenceMalformed";
var NOT_PROVEN2 = "NotProven";
var BATCHES_SLOT = 5;
var INDEX_BYTES = 8;
var MAX_INDEX = 2n ** 64n;
async function readProof(data) {
  const members2 = await unwrap(data, PROOF);
  const [registryId, path, headers, shown] = members2.length === 4 ? members2 : [];
  if (!isBytes4(registryId) || registryId.length !== HASH) {
    return refuse(MALFORMED5, "got a proof other than registry id, path, headers and evidence");
  }
  return { registryId, path: readPath(path, MALFORMED5), evidence: readEvidence(headers, shown) };
}
async function verifyProof(proof, { leaf, agency, trust }) {
  requireBytes(leaf, "a leaf", HASH);
  requireAgency(agency);
  if (!equal(proof.registryId, trust.registryId)) {
    refuse("TrustListRefused", "got a proof for another registry than the trust list's");
  }
  const { evidence, path } = proof;
  const { header, hash: hash2, sealing: sealing2 } = believed(evidence.headers, trust);
  const root = await rootOf(leaf, path);
  const batch = "nodes" in evidence ? inReceipt(header, evidence, trust.registry, agency, root) : inSlot(header, evidence, trust.registry, agency, root);
  if (batch.size !== path.size) {
    refuse(NOT_PROVEN2, `got a path in a batch of ${path.size} leaves, wanted ${batch.size} as anchored`);
  }
  return {
    agency,
    root,
    ...batch,
    blockNumber: header.number,
    blockHash: hash2,
    timestamp: header.timestamp,
    sealing: sealing2
  };
}
function readEvidence(headers, shown) {
  const blocks = byteStrings(headers);
  requireHeaders(blocks);
  const [kind, first, second] = Array.isArray(shown) && shown.length === 3 ? shown : [];
  if (kind === 0 && isInteger(first) && first >= 0 && first < MAX_INDEX) {
    return { headers: blocks, transactionIndex: first, nodes: walkOf(second) };
  }
  if (kind === 1) return { headers: blocks, accountNodes: walkOf(first), storageNodes: walkOf(second) };
  return refuse(MALFORMED5, "got evidence that is neither a receipt nor a batch's slot");
}
function byteStrings(value) {
  if (!Array.isArray(value) || !value.every(isBytes4)) {
    return refuse(MALFORMED5, "got something else than an array of bytes as headers or nodes");
  }
  return (
    /** @type {Uint8Array[]} */
    value
  );
}
function walkOf(value) {
  const nodes = byteStrings(value);
  requireWalkable(nodes);
  return nodes;
}
function inReceipt(header, { transactionIndex, nodes }, registry, agency, root) {
  const index = fromInteger(transactionIndex, INDEX_BYTES);
  const key = encode(index.filter((_, place) => index.subarray(0, place + 1).some(Boolean)));
  const found = valueAt(header.receiptsRoot, key, nodes);
  if (!found)
    return refuse(NOT_PROVEN2, `got a proof that block ${header.number} has no transaction ${transactionIndex}`);
  const { certificateType, version, size, sequence } = anchored(found, registry, agency, root);
  return { certificateType, version, size, sequence };
}
function inSlot(header, { accountNodes, storageNodes }, registry, agency, root) {
  const storage = storageRoot(header.stateRoot, registry, accountNodes);
  const outer = keccak(concat(fromInteger(agency, HASH), fromInteger(BATCHES_SLOT, HASH)));
  const slot2 = word(storage, keccak(concat(root, outer)), storageNodes);
  const [certificateType, version, size, sequence] = [
    [28, 32],
    [26, 28],
    [24, 26],
    [20, 24]
  ].map(([start, end]) => {
    return Number(toWhole(slot2.subarray(start, end)));
  });
  if (!size) refuse(NOT_PROVEN2, `block ${header.number}: got a slot without the batch`);
  const number = toWhole(slot2.subarray(12, 20));
  if (number !== header.number) {
    refuse(NOT_PROVEN2, `got the header of block ${header.number}, wanted that of ${number}, in which it was anchored`);
  }
  return { certificateType, version, size, sequence };
}
async function rootOf(leaf, path) {
  try {
    return await rootFromPath(leaf, path);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return refuse(NOT_PROVEN2, `got a path that cannot belong to its index and size: ${error.message}`);
  }
}

// verifier/pages/evidence/checkpoint.js
var MALFORMED6 = "EvidenceMalformed";
var HASH3 = 32;
var ADDRESS5 = 20;
var PATHS = 5;
async function readCheckpoint(data) {
  const members2 = await unwrap(data, CHECKPOINT);
  return members2.length === 2 ? checkpointOf(members2) : refuse(MALFORMED6, "got a checkpoint other than body and attestations");
}
async function checkpointOf([body, attestations]) {
  if (!isBytes4(body) || !Array.isArray(attestations)) {
    return refuse(MALFORMED6, "got a checkpoint other than body and attestations");
  }
  const signed = attestations.map(attestationOf);
  if (new Set(signed.map(({ kid }) => hex(kid))).size !== signed.length) {
    refuse(MALFORMED6, "got two attestations of one key, wanted one");
  }
  const read = readBody(decode2(body, MALFORMED6));
  const statement = encode2([
    CHECKPOINT,
    FORMAT2,
    read.registryId,
    read.chainId,
    read.blockNumber,
    read.blockHash,
    read.timestamp,
    ...read.heads,
    await sha256(read.history)
  ]);
  return { ...read, attestations: signed, statement };
}
function attestationOf(value) {
  const [kid, signature] = Array.isArray(value) && value.length === 2 ? value : [];
  if (!isBytes4(kid) || kid.length !== HASH3 || !isBytes4(signature)) {
    return refuse(MALFORMED6, "got a checkpoint's attestation other than kid and signature");
  }
  const fault = signatureFault(signature);
  if (fault) refuse(MALFORMED6, `a checkpoint's attestation: ${fault}`);
  return { kid, signature };
}
function readBody(value) {
  const [registryId, chainId, contracts, block, heads, headers, paths, history] = list2(value, 8);
  const [registry, agencies] = list2(contracts, 2).map((address2) => sized(address2, ADDRESS5));
  const [number, hash2, timestamp] = list2(block, 3);
  if (![chainId, number, timestamp].every((whole3) => isInteger(whole3) && whole3 >= 0) || !isBytes4(history)) {
    return refuse(MALFORMED6, "got a checkpoint's body other than registry, block, heads, state and history");
  }
  return {
    registryId: sized(registryId, HASH3),
    chainId: (
      /** @type {number} */
      chainId
    ),
    registry,
    agencies,
    blockNumber: (
      /** @type {number} */
      number
    ),
    blockHash: sized(hash2, HASH3),
    timestamp: (
      /** @type {number} */
      timestamp
    ),
    heads: list2(heads, LISTS.length).map((head3) => sized(head3, HASH3)),
    state: stateOf(headers, paths),
    history
  };
}
function stateOf(headers, paths) {
  const blocks = byteStrings(headers);
  if (!blocks.length && Array.isArray(paths) && !paths.length) return null;
  requireHeaders(blocks);
  return { headers: blocks, paths: list2(paths, PATHS).map(walkOf) };
}
function list2(value, length) {
  if (!Array.isArray(value) || value.length !== length) {
    return refuse(MALFORMED6, `got another thing within a checkpoint's body than an array of ${length}`);
  }
  return value;
}
function sized(value, length) {
  if (!isBytes4(value) || value.length !== length) {
    return refuse(MALFORMED6, `got another thing within a checkpoint's body than ${length} bytes`);
  }
  return value;
}

// verifier/pages/evidence/copy_content.js
var REASON8 = "CodeMalformed";
var FORMAT3 = 1;
var MEMBERS2 = 14;
var MAX_TERM = 50;
var MAX_DAYS = 180;
var MAX_CLAIMS2 = 64;
var MAX_CLAIMS_BYTES = 131072;
var MAX_PLACE = 255;
var DAY_MS2 = 864e5;
var FIRST_DAY3 = -25567;
var LAST_DAY2 = 2932896;
var UNSPEAKABLE2 = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
var UNSPEAKABLE_IN_CLAIMS = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;
function readContent(payload) {
  const value = decode2(payload, REASON8);
  const members2 = Array.isArray(value) ? value : [];
  const [format, agency, certificateType, version, kid8, leaf, first, last, claimsDigest, ...rest] = members2;
  const [purpose, recipient, made, expires, salt] = rest;
  if (isInteger(format) && format > FORMAT3) {
    refuse("CodeUnsupported", `got a copy of format ${format}, this software knows format ${FORMAT3}`);
  }
  if (members2.length !== MEMBERS2 || format !== FORMAT3) {
    return refuse(REASON8, `copy: got CBOR that is not the ${MEMBERS2} members of format ${FORMAT3}`);
  }
  const firstDay = within2("first day", first, FIRST_DAY3, LAST_DAY2);
  const madeDay = within2("day on which it was made", made, FIRST_DAY3, LAST_DAY2);
  bytes("salt", salt, 16);
  return {
    agency: within2("agency", agency, 1, MAX_AGENCY2),
    certificateType: within2("certificate type", certificateType, 1, MAX_TYPE),
    version: within2("type version", version, 1, MAX_TYPE_VERSION),
    kid8: bytes("kid8", kid8, 8),
    leaf: bytes("leaf", leaf, HASH),
    firstDay: dayOf2(firstDay),
    lastDay: last === null ? null : dayOf2(within2("last day", last, firstDay, LAST_DAY2)),
    claimsDigest: bytes("claims' digest", claimsDigest, HASH),
    purpose: term("purpose", purpose),
    recipient: term("recipient", recipient),
    made: dayOf2(madeDay),
    expires: dayOf2(within2("last day of the copy", expires, madeDay, Math.min(LAST_DAY2, madeDay + MAX_DAYS)))
  };
}
async function readClaims(written, content) {
  if (written.length > MAX_CLAIMS_BYTES || !equal(await sha256(written), content.claimsDigest)) {
    refuse(REASON8, "claims: got others than those whose digest was signed");
  }
  const value = decode2(written, REASON8);
  if (!Array.isArray(value) || !value.length || value.length > MAX_CLAIMS2) {
    return refuse(REASON8, `claims: got something else than 1 to ${MAX_CLAIMS2} of them`);
  }
  const claims = value.map(readClaim);
  if (claims.some(([place], at) => at && claims[at - 1][0] >= place)) {
    refuse(REASON8, "claims: got places out of order or twice, wanted each once, ascending");
  }
  return claims;
}
function readClaim(item) {
  const [place, value] = Array.isArray(item) && item.length === 2 ? item : [];
  const texts = Array.isArray(value) && value.length ? value : [value];
  if (typeof place !== "number" || place < 0 || place > MAX_PLACE || value !== null && !texts.every((text3) => typeof text3 === "string" && text3 && !UNSPEAKABLE_IN_CLAIMS.test(text3))) {
    return refuse(REASON8, "claims: got something else than a place and a text, several texts, or null");
  }
  return [
    place,
    /** @type {Value} */
    value
  ];
}
function within2(name, value, least, most) {
  if (typeof value !== "number" || value < least || value > most) {
    return refuse(REASON8, `copy: ${name}: got ${value}, wanted ${least} to ${most}`);
  }
  return value;
}
function bytes(name, value, length) {
  return isBytes4(value) && value.length === length ? value : refuse(REASON8, `copy: ${name}: wanted ${length} bytes`);
}
function term(name, value) {
  if (typeof value !== "string" || value === "" || characters(value) > MAX_TERM || UNSPEAKABLE2.test(value)) {
    return refuse(REASON8, `copy: ${name}: wanted 1 to ${MAX_TERM} characters, none of them unseen`);
  }
  return value.replace(AROUND, "") === value ? value : refuse(REASON8, `copy: ${name}: got space around it`);
}
function dayOf2(days) {
  return new Date(days * DAY_MS2).toISOString().slice(0, 10);
}

// verifier/pages/evidence/copy.js
var REASON9 = "CodeMalformed";
var MALFORMED7 = "CertificateMalformed";
var ALTERED2 = "CertificateAltered";
var MAX_FILE = 393216;
var MAX_SIGNING_INPUT = 131072;
var MIN_SALT = 16;
var MAX_SALT = 64;
var LABEL = -65538;
var DOMAIN = utf8("copy");
var FULL_STOP = 46;
var URL_FORM2 = /^(https?):\/\/([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[0-9]{1,5})?)\/c#([0-9]+)$/;
async function readCopy(text3) {
  requireText(text3, "a limited copy");
  const [host, number] = split3(text3.replace(AROUND, ""));
  if (number.length > MAX_FILE) refuse(REASON9, `got ${number.length} digits, wanted at most ${MAX_FILE}`);
  return { ...await readCopyFile(decode3(number)), host };
}
async function readCopyFile(data) {
  requireBytes(data, "a limited copy");
  if (data.length > MAX_FILE) refuse(REASON9, `got a copy of ${data.length} bytes, wanted at most ${MAX_FILE}`);
  const value = decode2(data, REASON9);
  const members2 = Array.isArray(value) && value.length === 4 ? value : [];
  const [header, unprotected, payload, signature] = members2;
  if (!isBytes4(header) || !(unprotected instanceof Map) || !isBytes4(payload) || !isBytes4(signature)) {
    return refuse(REASON9, "got CBOR that is not the four members of a COSE_Sign1");
  }
  if (!equal(header, PROTECTED)) refuse(REASON9, `got the protected header ${hex(header)}, wanted ES256's`);
  const fault = signatureFault(signature);
  if (fault) refuse(REASON9, fault);
  const content = readContent(payload);
  return { content, payload, signature, ...await readUnprotected(unprotected, content), host: null };
}
async function verifyCopy(copy, key, registryId) {
  requireBytes(registryId, "a registry id", HASH);
  await requireKid(key, copy.content.kid8);
  await verify(key, copy.signature, encode2(["Signature1", PROTECTED, concat(registryId, DOMAIN), copy.payload]));
}
async function openCopy(copy, names) {
  const { claims, content, opening } = copy;
  if (!claims || !opening) return refuse("InvalidInput", "got a copy without an opening, wanted one with it");
  const stop = opening.signingInput.indexOf(FULL_STOP);
  if (stop < 0) refuse(MALFORMED7, "opening: got no full stop, wanted header and payload with one between them");
  const kid = readHeader2(part(opening.signingInput.subarray(0, stop)));
  const credential = readPayload(part(opening.signingInput.subarray(stop + 1)));
  if (!equal(await leafOfDigests(credential.codeDigest, await sha256(opening.signingInput)), content.leaf)) {
    refuse(ALTERED2, "got an opening of another certificate than the one that the copy names");
  }
  const told = [credential.agency, credential.typeNumber, credential.typeVersion];
  const named = [content.agency, content.certificateType, content.version];
  const days = [credential.firstDay, credential.lastDay, content.firstDay, content.lastDay];
  if (String(told) !== String(named) || days[0] !== days[2] || days[1] !== days[3]) {
    refuse(ALTERED2, "got a copy that names another agency, type or validity than its certificate");
  }
  for (const [at, [place, value]] of claims.entries()) {
    const name = names[place] ?? refuse(ALTERED2, `got the claim ${place} of a type of ${names.length}`);
    const text3 = base64url(utf8(serialise([base64url(opening.salts[at]), name, value])));
    const { digest } = await readDisclosure(text3);
    if (!credential.digests.includes(digest)) {
      refuse(ALTERED2, `got a claim ${name} that the certificate does not state`);
    }
  }
  return { credential, kid };
}
function part(written) {
  return fromBase64url(fromUtf8(written, MALFORMED7), MALFORMED7);
}
async function readUnprotected(unprotected, content) {
  if (!unprotected.size) return { claims: null, opening: null };
  const members2 = unprotected.get(LABEL);
  const [written, signingInput, salts] = Array.isArray(members2) ? members2 : [];
  if (!Array.isArray(members2) || !isBytes4(written) || members2.length !== 1 && members2.length !== 3) {
    return refuse(REASON9, "got unprotected members other than claims, or claims and their opening");
  }
  if (members2.length === 1) return { claims: await readClaims(written, content), opening: null };
  if (!isBytes4(signingInput) || !Array.isArray(salts)) {
    return refuse(REASON9, "got unprotected members other than claims, or claims and their opening");
  }
  const claims = await readClaims(written, content);
  const fit = salts.every((salt) => isBytes4(salt) && MIN_SALT <= salt.length && salt.length <= MAX_SALT);
  if (!fit || salts.length !== claims.length || signingInput.length > MAX_SIGNING_INPUT) {
    return refuse(REASON9, `opening: got ${salts.length} salts, wanted ${claims.length} of ${MIN_SALT} bytes or more`);
  }
  return { claims, opening: { signingInput, salts: (
    /** @type {Uint8Array[]} */
    salts
  ) } };
}
function split3(text3) {
  if (/^[0-9]+$/.test(text3)) return [null, text3];
  const url = URL_FORM2.exec(text3);
  if (!url) return refuse(REASON9, `got ${text3.slice(0, 60)}, wanted https://<verifying host>/c#<digits>`);
  const [, scheme, host, number] = url;
  if (scheme === "http" && !LOCAL.test(host)) refuse(REASON9, `got http://${host}, wanted https`);
  return [host, number];
}

// verifier/pages/evidence/pack.js
var MALFORMED8 = "EvidenceMalformed";
var RIGHTS = 2;
async function readPack(data) {
  const members2 = await unwrap(data, PACK);
  const [body, attestations, types] = members2.length === 3 ? members2 : [];
  if (!Array.isArray(types) || !types.every(isBytes4)) {
    return refuse(MALFORMED8, "got a pack other than body, attestations and type files");
  }
  const files = (
    /** @type {Uint8Array[]} */
    types
  );
  const digests = await Promise.all(files.map(digestOf));
  if (new Set(digests).size !== files.length) refuse(MALFORMED8, "got a type file twice, wanted each once");
  return { checkpoint: await checkpointOf([body, attestations]), types: files };
}
async function verifyPack(pack, trust) {
  const believed2 = await verifyCheckpoint(pack.checkpoint, trust);
  const listed = /* @__PURE__ */ new Set();
  for (const { kind, event } of believed2.history.records(RIGHTS)) {
    if (kind === "TypeRegistered") listed.add(hex(
      /** @type {Uint8Array} */
      event.digest
    ));
  }
  for (const file of pack.types) {
    const digest = await digestOf(file);
    if (!listed.has(digest))
      refuse("NotProven", `got a type file of SHA-256 ${digest}, which the registry does not list`);
  }
  return believed2;
}
async function digestOf(file) {
  return hex(await sha256(file));
}

// verifier/pages/evidence/short_number.js
var ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
var VALUES = new Map([...ALPHABET].map((character, value) => [character, BigInt(value)]));
var LOOK_ALIKE = /* @__PURE__ */ new Map([
  ["O", "0"],
  ["I", "1"],
  ["L", "1"]
]);
var CHECK_MODULUS = 1021n;
var CHARACTERS = 12;
var CHECK_CHARACTERS = 2;
var IGNORED = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\u002d\u2010-\u2015\u2212]/g;
function shortNumber(leaf) {
  requireBytes(leaf, "a leaf", HASH);
  const value = toInteger(leaf.subarray(0, 8)) >> 4n;
  const text3 = base32(value, CHARACTERS) + base32(value % CHECK_MODULUS, CHECK_CHARACTERS);
  return [text3.slice(0, 4), text3.slice(4, 8), text3.slice(8, 12), text3.slice(12)].join("-");
}
function parseShortNumber(text3) {
  requireText(text3, "a short number");
  const characters2 = [...text3.normalize("NFKC").replace(IGNORED, "").toUpperCase()];
  if (characters2.length !== CHARACTERS + CHECK_CHARACTERS) {
    refuse("CodeMalformed", `got ${characters2.length} characters, wanted the 14 of a short number`);
  }
  const values = characters2.map((character) => {
    const value2 = VALUES.get(LOOK_ALIKE.get(character) ?? character);
    return value2 ?? refuse("CodeMalformed", `got ${character}, wanted digits and letters other than U`);
  });
  const value = valueOf3(values.slice(0, CHARACTERS));
  if (value % CHECK_MODULUS !== valueOf3(values.slice(CHARACTERS))) {
    refuse("CodeMalformed", "got a short number whose check characters do not fit: some character is mistyped");
  }
  return fromInteger(value << 4n, 8);
}
function base32(value, length) {
  return Array.from({ length }, (_, place) => ALPHABET[Number(value >> BigInt(5 * (length - 1 - place)) & 31n)]).join(
    ""
  );
}
function valueOf3(values) {
  return values.reduce((value, next) => value << 5n | next, 0n);
}

// verifier/pages/evidence/trust_list_members.js
var MALFORMED9 = "EvidenceMalformed";
var ADDRESS6 = 20;
var TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/;
function addresses(value, what) {
  const read = array(value, what).map((item) => bytes2(item, ADDRESS6, what));
  if (!read.length || read.some((address2, place) => place && compare(read[place - 1], address2) >= 0)) {
    refuse(MALFORMED9, `got ${read.length} addresses as ${what}, wanted at least one, ascending, each once`);
  }
  return read;
}
function array(value, what) {
  return Array.isArray(value) ? value : refuse(MALFORMED9, `${what}: got another value than an array`);
}
function whole2(value, what, least) {
  const fits = typeof value === "number" && value >= least;
  return fits ? value : refuse(MALFORMED9, `${what}: got another value than a whole number from ${least} up`);
}
function time(value, what) {
  const read = typeof value === "string" && TIME.test(value) ? new Date(value) : /* @__PURE__ */ new Date(NaN);
  const fits = !Number.isNaN(read.getTime()) && read.getUTCFullYear() > 0 && read.toISOString().replace(".000Z", "Z") === value;
  return fits ? read : refuse(MALFORMED9, `${what}: got another value than a time like 2026-01-31T00:00:00Z`);
}
function bytes2(value, length, what) {
  if (typeof value !== "string" || !/^0x[0-9a-f]*$/.test(value) || value.length !== 2 + 2 * length) {
    return refuse(MALFORMED9, `${what}: got another value than 0x and ${length} bytes in small hexadecimal digits`);
  }
  return unhex(value.slice(2));
}

// verifier/pages/evidence/validator_sets.js
var MALFORMED10 = "EvidenceMalformed";
function setsOf(value) {
  const sets = array(value, "seals").map(setOf);
  if (!sets.length) refuse(MALFORMED10, "got no ranges of blocks as seals, wanted at least one");
  sets.slice(1).forEach(({ fromBlock }, place) => {
    const end = sets[place].untilBlock;
    if (end === null || fromBlock < end) {
      refuse(MALFORMED10, `got a range from block ${fromBlock} on before the one ahead of it ends`);
    }
  });
  return sets;
}
function setAt(sets, number) {
  const found = sets.find(({ fromBlock, untilBlock }) => {
    return fromBlock <= number && (untilBlock === null || number < untilBlock);
  });
  return found ?? refuse("SealsInsufficient", `the trust list says nothing of block ${number}`);
}
function setOf(value) {
  const pinned2 = members(value, "a range of seals", MALFORMED10, ["from_block", "until_block", "scheme", "validators"]);
  const fromBlock = whole2(pinned2.from_block, "from_block", 0);
  const untilBlock = pinned2.until_block === null ? null : whole2(pinned2.until_block, "until_block", fromBlock + 1);
  const { scheme } = pinned2;
  if (typeof scheme !== "string" || !SCHEMES.includes(scheme)) {
    return refuse(MALFORMED10, `got another scheme of seals, wanted one of ${SCHEMES.join(", ")}`);
  }
  if (scheme !== "none") {
    return { fromBlock, untilBlock, scheme, validators: addresses(pinned2.validators, "validators") };
  }
  const { length } = array(pinned2.validators, "validators");
  if (length) refuse(MALFORMED10, `got ${length} validators where nobody seals, wanted none`);
  return { fromBlock, untilBlock, scheme, validators: [] };
}

// verifier/pages/evidence/trust_list.js
var CLOCK_TOLERANCE_MS = 5 * 60 * 1e3;
var MALFORMED11 = "EvidenceMalformed";
var REFUSED = "TrustListRefused";
var KIND = "yinxin-trust-list";
var FORMAT4 = 1;
var MAX_BYTES2 = 2 ** 20;
var HASH4 = 32;
var V = 27;
var MEMBERS3 = [
  "kind",
  "format",
  "version",
  "registry_id",
  "registry",
  "agencies",
  "chain_id",
  "test",
  "issued",
  "expires",
  "council",
  "seals",
  "attesters"
];
async function readTrustList(data) {
  requireBytes(data, "a trust list");
  if (data.length > MAX_BYTES2)
    refuse(MALFORMED11, `got a trust list of ${data.length} bytes, wanted at most ${MAX_BYTES2}`);
  const outer = members(parse(data, MALFORMED11), "trust list", MALFORMED11, ["signed", "signatures"]);
  const signatures = array(outer.signatures, "signatures").map(signatureOf);
  if (new Set(signatures.map(({ by }) => hex(by))).size !== signatures.length) {
    refuse(REFUSED, "got two signatures of one key, wanted distinct keys");
  }
  const listed = await readSigned(outer.signed, signatures);
  requireSignedBy(listed, listed);
  return listed;
}
function verifyTrustList(listed, { now, previous = null }) {
  requireTime(now);
  if (previous !== null) requireFollows2(listed, previous);
  if (listed.issued.getTime() - now.getTime() > CLOCK_TOLERANCE_MS) {
    refuse(REFUSED, `the trust list was issued at ${listed.issued.toISOString()}, after it is now: ${now.toISOString()}`);
  }
  if (now >= listed.expires) refuse(REFUSED, `the trust list expired at ${listed.expires.toISOString()}`);
}
function requireFollows2(listed, previous) {
  if (!equal(listed.registryId, previous.registryId)) {
    refuse(REFUSED, "got a trust list of another registry than the one known before");
  }
  if (equal(listed.signedBytes, previous.signedBytes)) return;
  if (listed.version <= previous.version) {
    refuse(REFUSED, `got version ${listed.version} of the trust list, knew ${previous.version} already`);
  }
  requireSignedBy(listed, previous);
}
async function readSigned(value, signatures) {
  if (isObject(value) && value.kind === KIND && typeof value.format === "number" && value.format > FORMAT4) {
    refuse("EvidenceUnsupported", `got a trust list of format ${value.format}, wanted ${FORMAT4}`);
  }
  const signed = members(value, "signed", MALFORMED11, MEMBERS3);
  const { kind, format, test } = signed;
  if (kind !== KIND || format !== FORMAT4) refuse(MALFORMED11, `got another trust list than ${KIND} of format ${FORMAT4}`);
  if (typeof test !== "boolean") return refuse(MALFORMED11, "test: got another value than true or false");
  const [issued, expires] = [time(signed.issued, "issued"), time(signed.expires, "expires")];
  if (expires <= issued) refuse(MALFORMED11, "got an end before the beginning, wanted expires after issued");
  const council = members(signed.council, "council", MALFORMED11, ["threshold", "keys"]);
  const keys = addresses(council.keys, "council keys");
  const attesters = await attestersOf2(signed.attesters);
  const signedBytes = utf8(serialise(value));
  checkSignatures(signedBytes, signatures);
  const sets = setsOf(signed.seals);
  return {
    version: whole2(signed.version, "version", 1),
    registryId: bytes2(signed.registry_id, HASH4, "registry_id"),
    registry: bytes2(signed.registry, ADDRESS6, "registry"),
    agencies: bytes2(signed.agencies, ADDRESS6, "agencies"),
    chainId: whole2(signed.chain_id, "chain_id", 0),
    test,
    issued,
    expires,
    threshold: thresholdOf(council.threshold, keys),
    council: keys,
    sets,
    ...attesters,
    signedBytes,
    signers: signatures.map(({ by }) => by),
    schemeAt: (number) => setAt(sets, number).scheme,
    validatorsAt: (number, scheme) => {
      const pinned2 = setAt(sets, number);
      if (scheme !== void 0 && pinned2.scheme !== scheme) {
        refuse("SealsInsufficient", `got a seal of block ${number} of another scheme, wanted ${pinned2.scheme}`);
      }
      return pinned2.validators;
    }
  };
}
function checkSignatures(signedBytes, signatures) {
  const digest = keccak(concat(utf8(`Ethereum Signed Message:
${signedBytes.length}`), signedBytes));
  for (const { by, signature } of signatures) {
    const signer = signerOf(
      digest,
      signature.map((byte, place) => place === SIGNATURE_BYTES - 1 ? byte - V : byte)
    );
    if (!signer || !equal(signer, by))
      refuse(REFUSED, `got a signature that ${hex(by)} did not make for this trust list`);
  }
}
function requireSignedBy(listed, other) {
  const signers = listed.signers.filter((signer) => other.council.some((key) => equal(key, signer)));
  if (signers.length < other.threshold) {
    refuse(
      REFUSED,
      `version ${listed.version} of the trust list is signed by ${signers.length} council keys of version ${other.version}, wanted ${other.threshold}`
    );
  }
}
function signatureOf(value) {
  const entry = members(value, "signature", MALFORMED11, ["by", "signature"]);
  const signature = bytes2(entry.signature, SIGNATURE_BYTES, "signature");
  const v = signature[SIGNATURE_BYTES - 1];
  if (v !== V && v !== V + 1) refuse(MALFORMED11, `got a signature with v ${v}, wanted ${V} or ${V + 1}`);
  return { by: bytes2(entry.by, ADDRESS6, "by"), signature };
}
function thresholdOf(value, keys) {
  const threshold = whole2(value, "threshold", Math.min(1, keys.length));
  if (threshold > keys.length) refuse(MALFORMED11, `got a threshold of ${threshold} for ${keys.length} keys`);
  return threshold;
}
async function attestersOf2(value) {
  const attesters = members(value, "attesters", MALFORMED11, ["threshold", "keys"]);
  const keys = [];
  for (const item of array(attesters.keys, "attesters")) {
    const { kty, crv, x, y } = members(item, "attester", MALFORMED11, ["kty", "crv", "x", "y"]);
    if (kty !== "EC" || crv !== "P-256" || typeof x !== "string" || typeof y !== "string") {
      return refuse(MALFORMED11, "got another key than one of EC and P-256");
    }
    const key = { x: fromBase64url(x, MALFORMED11), y: fromBase64url(y, MALFORMED11) };
    try {
      await load(key);
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      refuse(MALFORMED11, `got an attester's key that is none: ${error.message}`);
    }
    keys.push(key);
  }
  if (new Set(keys.map(({ x, y }) => hex(concat(x, y)))).size !== keys.length)
    refuse(MALFORMED11, "got an attester twice");
  return { attesters: keys, attesterThreshold: thresholdOf(attesters.threshold, keys) };
}
export {
  EvidenceError,
  blockHash,
  checkSeals,
  commitHash,
  decode3 as fromDigits,
  kidOf,
  kindOf,
  leafOf,
  openCopy,
  parseShortNumber,
  readCertificate,
  readCheckpoint,
  readCode,
  readCopy,
  readCopyFile,
  readHeader,
  readPack,
  readProof,
  readTrustList,
  rootFromPath,
  shortNumber,
  encode3 as toDigits,
  verifyCertificate,
  verifyCheckpoint,
  verifyCode,
  verifyCopy,
  verifyPack,
  verifyProof,
  verifyTrustList
};
