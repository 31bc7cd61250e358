// JSON with one meaning for one text: JSON.parse takes the last of two equal keys and rounds what it cannot keep.

import { compare, fromUtf8, utf8 } from "./bytes.js";
import { refuse } from "./errors.js";

/** @typedef {import("./types.js").JSONValue} JSONValue */

const MAX_DEPTH = 16;
const SPACE = /[ \t\n\r]*/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const HEXADECIMAL = /[0-9a-fA-F]{4}/y;
const WORDS = /** @type {const} */ ([
  ["true", true],
  ["false", false],
  ["null", null],
]);
const ESCAPES = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);
const HALF_A_PAIR = /\p{Surrogate}/u;

/**
 * Parses UTF-8 JSON. Refused: other encodings and a byte order mark, duplicate keys, fractions, integers beyond
 * 2^53 - 1, lone surrogates, more than 16 levels, anything after the value.
 * @param {Uint8Array} data
 * @param {string} reason What to refuse it as.
 * @returns {JSONValue}
 */
export function parse(data, reason) {
  const text = fromUtf8(data, reason);
  let at = 0;

  /** @param {RegExp} pattern A sticky one. */
  const match = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? "";
    at += found.length;
    return found;
  };

  /** @param {string} character */
  const skip = (character) => {
    const found = text[at] === character;
    if (found) at += 1;
    return found;
  };

  /** @returns {never} */
  const spoilt = () => refuse(reason, `got JSON that is spoilt at character ${at}`);

  const string = () => {
    if (!skip('"')) spoilt();
    let value = "";
    for (;;) {
      value += match(PLAIN);
      if (skip('"')) break;
      if (!skip("\\")) spoilt();
      const escape = text[at];
      at += 1;
      if (escape === "u") {
        const digits = match(HEXADECIMAL);
        if (!digits) spoilt();
        value += String.fromCharCode(parseInt(digits, 16));
      } else {
        value += ESCAPES.get(escape) ?? spoilt();
      }
    }
    if (HALF_A_PAIR.test(value)) refuse(reason, "got half of a surrogate pair, wanted whole characters");
    return value;
  };

  const number = () => {
    const digits = match(NUMBER);
    if (!digits) spoilt();
    const value = Number(digits);
    if (!/^-?[0-9]+$/.test(digits) || !Number.isSafeInteger(value)) {
      refuse(reason, `got the number ${digits.slice(0, 24)}, wanted a whole one within ±(2**53 - 1)`);
    }
    return value === 0 ? 0 : value;
  };

  /**
   * @param {string} end
   * @param {() => void} member
   */
  const members = (end, member) => {
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

  /**
   * @param {number} depth
   * @returns {JSONValue}
   */
  const value = (depth) => {
    if (depth > MAX_DEPTH) refuse(reason, `got JSON of more than ${MAX_DEPTH} levels`);
    if (text[at] === '"') return string();
    if (text[at] === "[") {
      /** @type {JSONValue[]} */
      const items = [];
      members("]", () => items.push(value(depth + 1)));
      return items;
    }
    if (text[at] === "{") {
      /** @type {{[name: string]: JSONValue}} */
      const object = Object.create(null);
      members("}", () => {
        const name = string();
        if (name in object) refuse(reason, `got the member ${name} twice, wanted it once`);
        match(SPACE);
        if (!skip(":")) spoilt();
        match(SPACE);
        object[name] = value(depth + 1);
      });
      return object;
    }
    for (const [word, meaning] of WORDS) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return meaning;
      }
    }
    return number();
  };

  match(SPACE);
  const whole = value(0);
  match(SPACE);
  if (at !== text.length) refuse(reason, "got something behind the JSON value, wanted nothing");
  return whole;
}

/**
 * Writes compact JSON with sorted keys, as docs/protocol.md wants it signed. They are sorted as UTF-8, and so by whole
 * characters, where JavaScript would sort by halves of them.
 * @param {JSONValue} value What `parse` returned.
 * @returns {string}
 */
export function serialise(value) {
  if (Array.isArray(value)) return `[${value.map(serialise).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.keys(value)
    .sort((a, b) => compare(utf8(a), utf8(b)))
    .map((name) => `${JSON.stringify(name)}:${serialise(value[name])}`)
    .join(",")}}`;
}

/**
 * @param {JSONValue | undefined} value
 * @returns {value is {[name: string]: JSONValue}}
 */
export function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Demands exactly these members: what we do not know may change the meaning of what we do.
 * @param {JSONValue | undefined} value
 * @param {string} where
 * @param {string} reason
 * @param {string[]} required
 * @param {string[]} [optional]
 * @returns {{[name: string]: JSONValue}}
 */
export function members(value, where, reason, required, optional = []) {
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
