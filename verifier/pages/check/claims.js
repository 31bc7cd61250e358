// A claim: one thing a certificate says, and how its type wants it shown and hidden.

import { characters } from "../evidence/bytes.js";
import { serialise } from "../evidence/strict_json.js";
import { isDay } from "./calendar.js";
import { displayed } from "./money.js";
import { CHINESE, ENGLISH, dayInWords } from "./wording.js";

/** @typedef {import("../evidence/types.js").JSONValue} JSONValue */
/** @typedef {import("./wording.js").Words} Words */

/**
 * What a type says about one of its claims.
 * @typedef {object} Claim
 * @property {string} key
 * @property {Words} labels
 * @property {string} kind
 * @property {boolean} required
 * @property {boolean} always Shown wherever the certificate is shown to third parties.
 * @property {boolean} fact Carried by the code.
 * @property {string | null} mask
 * @property {number} factMaxLength In characters of what the code carries.
 * @property {{[code: string]: Words}} choices
 * @property {boolean} isName
 */

export const KINDS = [
  "text",
  "date",
  "uscc",
  "resident-number",
  "certificate-identifier",
  "money",
  "enum",
  "list",
];
export const RESIDENT_NUMBER = "resident-number";
/** Days outside are typing mistakes: 0202 for 2002, 2206 for 2026. */
const EARLIEST = "1900-01-01";
const LATEST = "2199-12-31";
/** @type {Words} */
const SEPARATORS = { [CHINESE]: "、", [ENGLISH]: "; " };

/**
 * Says a claim's value to a person. What does not fit the kind (it was signed unchecked) is shown as it is.
 * @param {Claim} claim
 * @param {JSONValue} value
 * @param {string} language
 */
export function display(claim, value, language) {
  switch (claim.kind) {
    case "date":
      return typeof value === "string" && isDay(value) && EARLIEST <= value && value <= LATEST
        ? dayInWords(value, language)
        : plain(value);
    case "money":
      return displayed(plain(value), language) ?? plain(value);
    case "enum":
      return typeof value === "string" && Object.hasOwn(claim.choices, value)
        ? claim.choices[value][language]
        : plain(value);
    case "list":
      return Array.isArray(value) ? value.map(plain).join(SEPARATORS[language]) : plain(value);
    default:
      return plain(value);
  }
}

/**
 * Returns what a code carries: Chinese, but days as ISO 8601 writes them; resident numbers masked.
 * @param {Claim} claim
 * @param {JSONValue} value
 */
export function factText(claim, value) {
  if (claim.kind === "date") return plain(value);
  if (claim.kind === "list" && Array.isArray(value)) {
    return cutShort(value.map(plain), claim.factMaxLength, claim.isName ? "人" : "项");
  }
  const shown = display(claim, value, CHINESE);
  return claim.mask === RESIDENT_NUMBER ? maskResidentNumber(shown) : shown;
}

/**
 * Writes a value of whatever kind as text.
 * @param {JSONValue} value
 */
export function plain(value) {
  return typeof value === "string" ? value : serialise(value);
}

/**
 * Hides birthday and sequence of a resident number: `150121********000X`; `T150121********000X` with a prefix. Whatever
 * has another length is hidden altogether, for it may have the number anywhere.
 * @param {string} text
 */
function maskResidentNumber(text) {
  const all = [...text];
  const shown = all.length - 12;
  if (shown < 6 || shown > 7) return "*".repeat(all.length);
  return `${all.slice(0, shown).join("")}${"*".repeat(8)}${all.slice(-4).join("")}`;
}

/**
 * Names as many as fit, then how many there are, as deeds do: `甲、乙等5人`.
 * @param {string[]} entries
 * @param {number} most
 * @param {string} counted
 */
function cutShort(entries, most, counted) {
  const whole = entries.join("、");
  if (characters(whole) <= most) return whole;
  const rest = entries.length > 1 ? `等${entries.length}${counted}` : "";
  for (let count = entries.length - 1; count > 0; count -= 1) {
    const some = entries.slice(0, count).join("、") + rest;
    if (characters(some) <= most) return some;
  }
  const room = most - characters(rest) - 1;
  // Where there is no room at all, both languages count from the end.
  return `${[...entries[0]].slice(0, room).join("")}…${rest}`;
}
