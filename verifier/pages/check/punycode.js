// Punycode (RFC 3492): how labels of hosts in other alphabets than Latin are written on the wire.

const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;
const INITIAL_BIAS = 72;
const INITIAL = 128;
const MOST = 0x10ffff;
const DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789";

/**
 * Writes a label, without the `xn--` before it.
 * @param {string} label
 */
export function encode(label) {
  const points = Array.from(label, (character) => character.codePointAt(0) ?? 0);
  const basic = points.filter((point) => point < INITIAL);
  let written = basic.length ? `${String.fromCodePoint(...basic)}-` : "";
  let handled = basic.length;
  let [least, delta, bias] = [INITIAL, 0, INITIAL_BIAS];
  while (handled < points.length) {
    const next = Math.min(...points.filter((point) => point >= least));
    delta += (next - least) * (handled + 1);
    least = next;
    for (const point of points) {
      if (point < least) delta += 1;
      if (point !== least) continue;
      written += number(delta, bias);
      bias = adapted(delta, handled + 1, handled === basic.length);
      delta = 0;
      handled += 1;
    }
    delta += 1;
    least += 1;
  }
  return written;
}

/**
 * Reads what stands behind `xn--`; null for what nobody wrote so.
 * @param {string} written
 */
export function decode(written) {
  const stop = written.lastIndexOf("-");
  const points = Array.from(written.slice(0, Math.max(0, stop)), (character) => character.codePointAt(0) ?? 0);
  if (points.some((point) => point >= INITIAL)) return null;
  const digits = [...written.slice(stop + 1).toLowerCase()].map((character) => DIGITS.indexOf(character));
  let [point, bias, place] = [INITIAL, INITIAL_BIAS, 0];
  for (let at = 0; at < digits.length; ) {
    const before = place;
    let weight = 1;
    for (let k = BASE; ; k += BASE, at += 1) {
      const digit = digits[at];
      if (digit === undefined || digit < 0) return null;
      place += digit * weight;
      const threshold = thresholdOf(k, bias);
      if (digit < threshold) break;
      weight *= BASE - threshold;
    }
    at += 1;
    const length = points.length + 1;
    bias = adapted(place - before, length, before === 0);
    point += Math.floor(place / length);
    place %= length;
    if (!(point <= MOST)) return null;
    points.splice(place, 0, point);
    place += 1;
  }
  return points.map((each) => String.fromCodePoint(each)).join("");
}

/**
 * @param {number} delta
 * @param {number} bias
 */
function number(delta, bias) {
  let [rest, written] = [delta, ""];
  for (let k = BASE; ; k += BASE) {
    const threshold = thresholdOf(k, bias);
    if (rest < threshold) return written + DIGITS[rest];
    written += DIGITS[threshold + ((rest - threshold) % (BASE - threshold))];
    rest = Math.floor((rest - threshold) / (BASE - threshold));
  }
}

/**
 * @param {number} k
 * @param {number} bias
 */
function thresholdOf(k, bias) {
  return Math.min(T_MAX, Math.max(T_MIN, k - bias));
}

/**
 * @param {number} delta
 * @param {number} length
 * @param {boolean} isFirst
 */
function adapted(delta, length, isFirst) {
  let rest = Math.floor(delta / (isFirst ? DAMP : 2));
  rest += Math.floor(rest / length);
  let k = 0;
  for (; rest > Math.floor(((BASE - T_MIN) * T_MAX) / 2); k += BASE) rest = Math.floor(rest / (BASE - T_MIN));
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW));
}
