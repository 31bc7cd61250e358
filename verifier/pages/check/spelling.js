// Warns of letters in what a report shows that are not what they look like: A of another alphabet, signs unseen. A warning
// changes no verdict. The rules are ranges and sets of characters, the same as in verifier/check/spelling.py.

import { CHINESE, message, words } from "./wording.js";

/** @typedef {import("./report.js").Report} Report */

/** How many different characters a warning names. */
const MOST_TOLD = 5;

const LATIN = String.raw`A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f`;
const CYRILLIC = String.raw`\u0400-\u052f`;
const GREEK = String.raw`\u0370-\u03ff`;
/** Cyrillic and Greek letters that look like Latin ones. */
const LIKE_LATIN =
  String.raw`\u0405\u0406\u0408\u0410\u0412\u0415\u041a\u041c-\u041e\u0420-\u0423\u0425` +
  String.raw`\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04ae\u04af\u04bb\u0501\u051b\u051d` +
  String.raw`\u0391\u0392\u0395-\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bd\u03bf`;
const HAN = String.raw`\u3007\u3400-\u9fff\u{20000}-\u{323af}`;
const KANA = String.raw`\u3041-\u3096\u30a1-\u30fa\u30fc\u3105-\u312f`;
/** Kana and Bopomofo that look like Chinese characters where they stand alone among them. */
const LIKE_HAN =
  String.raw`\u30a8\u30aa\u30ab\u30bf\u30c1\u30c8\u30cb\u30cc\u30ce\u30cf\u30d2\u30df\u30e0\u30ed\u30fc` +
  String.raw`\u3108\u3112\u311a\u3115\u3126`;

const WORD = all(`[${LATIN}${CYRILLIC}${GREEK}]+`);
const OF_LATIN = new RegExp(`[${LATIN}]`, "u");
const OF_OTHERS = all(`[${CYRILLIC}${LIKE_LATIN}]`);
const ALPHABETS = [all(`[${CYRILLIC}]`), all(`[${GREEK}]`)];
const LOOKS_LATIN = new RegExp(`^[${LIKE_LATIN}]$`, "u");
const LOOKS_HAN = all(`(?<=[${HAN}])[${LIKE_HAN}](?![${KANA}])|(?<![${KANA}])[${LIKE_HAN}](?=[${HAN}])`);
/** Letters and digits of mathematics, bold or slanted by themselves. */
const STYLED = all(String.raw`[\u{1d400}-\u{1d7ff}]`);
const RADICAL = all(String.raw`[\u2e80-\u2fdf\u31c0-\u31ef]`);
/** Signs that show nothing; Mongolian ones that choose a letter's shape are good behind a Mongolian letter. */
const UNSEEN = all(
  String.raw`[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u034f\u115f\u1160\u17b4\u17b5\u200b-\u200d\u2060-\u2064\u206a-\u206f` +
    String.raw`\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e01ef}]` +
    String.raw`|(?<![\u1800-\u18af\u202f])[\u180b-\u180f]`,
);
const TURNING = all(String.raw`[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]`);
/** Spaces, dots, slashes and colons that look like ordinary ones. */
const ODD_SIGN = all(
  String.raw`[\u00a0\u02bc\u0589\u16eb\u2000-\u200a\u2024\u2027\u2028\u2029\u2044\u205f\u2215\u2219\u2236\u22c5\ua789` +
    String.raw`\uff61\uff65]|(?<![\u1800-\u18af])\u202f`,
);

/** @type {[string, (text: string) => string[]][]} */
const RULES = [
  ["spelling.mixed", mixed],
  ["spelling.alike", alike],
  ["spelling.radical", (text) => found(RADICAL, text)],
  ["spelling.unseen", (text) => found(UNSEEN, text)],
  ["spelling.turning", (text) => found(TURNING, text)],
  ["spelling.odd_sign", (text) => found(ODD_SIGN, text)],
];

/**
 * Returns what to be careful about in what a report shows, one sentence for each kind and place.
 * @param {Report} report
 */
export function warnings(report) {
  return shown(report).flatMap(({ what, text }) => {
    return RULES.flatMap(([key, rule]) => {
      const characters = rule(text);
      return characters.length ? [message(key, { what, characters: named(characters) })] : [];
    });
  });
}

/**
 * Returns each text that somebody else chose, with what it is called.
 * @param {Report} report
 * @returns {{what: import("./wording.js").Argument, text: string}[]}
 */
function shown({ subject: { agency, copy, items } }) {
  return [
    ...(agency ? [{ what: { key: "page.agency" }, text: agency.path.join(" › ") }] : []),
    ...(copy ? [{ what: { key: "page.copy_recipient" }, text: copy.recipient }] : []),
    ...(copy ? [{ what: { key: "page.copy_purpose" }, text: copy.purpose }] : []),
    ...items.map(({ labels, texts }) => ({ what: words(labels), text: texts[CHINESE] })),
  ];
}

/**
 * Returns the letters of other alphabets in words that have Latin letters, too.
 * @param {string} text
 */
function mixed(text) {
  return found(WORD, text)
    .filter((word) => OF_LATIN.test(word))
    .flatMap((word) => found(OF_OTHERS, word));
}

/**
 * Returns what looks like a letter or character that it is not.
 * @param {string} text
 */
function alike(text) {
  const letters = ALPHABETS.flatMap((alphabet) => {
    const its = found(alphabet, text);
    // Words that have letters of their own are words of that alphabet.
    return its.every((letter) => LOOKS_LATIN.test(letter)) ? its : [];
  });
  return [...letters, ...found(LOOKS_HAN, text), ...found(STYLED, text)];
}

/**
 * Names characters by their numbers, each once, in order of appearance.
 * @param {string[]} characters
 */
function named(characters) {
  const different = [...new Set(characters)];
  const told = different.slice(0, MOST_TOLD).map((each) => {
    return `U+${(each.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
  });
  return told.join(", ") + (different.length > MOST_TOLD ? ", …" : "");
}

/**
 * @param {RegExp} pattern
 * @param {string} text
 * @returns {string[]}
 */
function found(pattern, text) {
  return text.match(pattern) ?? [];
}

/** @param {string} pattern */
function all(pattern) {
  return new RegExp(pattern, "gu");
}
