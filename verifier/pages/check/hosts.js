// To which host an address leads, and whether that host imitates an official one. An address in a stranger's code is never
// opened; its host is told so that people recognise the trap.

import { AROUND } from "../evidence/code.js";
import * as punycode from "./punycode.js";

const SPACE = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
const AUTHORITY = new RegExp(String.raw`^[A-Za-z][A-Za-z0-9+.-]*:[/\\]{2,}([^/\\?#${SPACE}]+)`);
const MOST = 80;
/** Names of so many letters that differ in so few are taken for one another. */
const FEWEST_LETTERS = 8;
const FEW_SLIPS = 2;
/** Cyrillic and Greek letters, and digits, that look like Latin letters. */
const ALIKE = alike("аеорсухѕіјһԁԛԝткмнвαεικνορτυχıɡ10", "aeopcyxsijhdqwtkmhbaeikvoptuxiglo");
const PAIRS = [
  ["rn", "m"],
  ["vv", "w"],
  ["cl", "d"],
];

/**
 * Returns the host of an address as the network writes it, without a name or port; empty if it has none.
 * @param {string} address
 */
export function hostOf(address) {
  const found = AUTHORITY.exec(address.replace(AROUND, ""));
  if (!found) return "";
  // What stands before @ is no host, however much it looks like one.
  const named = found[1].slice(found[1].lastIndexOf("@") + 1).toLowerCase();
  const host = named.replace(/^\.+|\.+$/g, "").normalize("NFKC").replaceAll("\u3002", ".");
  const labels = host.replace(/:[0-9]*$/, "").split(".").map(onTheWire);
  return [...labels.join(".")].slice(0, MOST).join("");
}

/**
 * Returns the official host that a host imitates; null if it is one itself, or imitates none.
 * @param {string} host
 * @param {string[]} official
 */
export function imitated(host, official) {
  const listed = official.map((each) => each.toLowerCase().replace(/:[0-9]*$/, ""));
  return listed.includes(host) ? null : (listed.find((each) => imitates(host, each)) ?? null);
}

/**
 * @param {string} host
 * @param {string} official
 */
function imitates(host, official) {
  const [seen, wanted] = [asSeen(host), asSeen(official)];
  if (seen.join("").includes(wanted.join(""))) return true;
  return Math.min(seen.length, wanted.length) >= FEWEST_LETTERS && differsLittle(seen, wanted);
}

/**
 * Returns what a hasty reader sees: letters of all alphabets as Latin ones, dots and hyphens left out.
 * @param {string} host
 */
function asSeen(host) {
  const labels = host.split(".").map(inLetters).join("").toLowerCase();
  const letters = Array.from(labels.normalize("NFKD")).filter((each) => /[\p{L}\p{N}]/u.test(each));
  const latin = letters.map((each) => ALIKE.get(each) ?? each).join("");
  return [...PAIRS.reduce((text, [pair, single]) => text.replaceAll(pair, single), latin)];
}

/** @param {string} label */
function onTheWire(label) {
  if (/^[\x00-\x7f]*$/.test(label)) return label.replace(/[^\x20-\x7e]/g, "");
  return `xn--${punycode.encode(label)}`;
}

/** @param {string} label */
function inLetters(label) {
  return label.startsWith("xn--") ? (punycode.decode(label.slice(4)) ?? label) : label;
}

/**
 * Whether no more than a few letters were put in, left out or changed.
 * @param {string[]} one
 * @param {string[]} other
 */
function differsLittle(one, other) {
  if (Math.abs(one.length - other.length) > FEW_SLIPS) return false;
  let row = Array.from({ length: other.length + 1 }, (_, place) => place);
  for (const [place, letter] of one.entries()) {
    const following = [place + 1];
    other.forEach((wanted, at) => {
      following.push(Math.min(row[at] + Number(letter !== wanted), row[at + 1] + 1, following[at] + 1));
    });
    row = following;
  }
  return row[row.length - 1] <= FEW_SLIPS;
}

/**
 * @param {string} from
 * @param {string} to
 */
function alike(from, to) {
  return new Map([...from].map((letter, place) => [letter, to[place]]));
}
