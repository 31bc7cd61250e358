// What the verifier says, in Chinese and English. The procedure speaks in messages: a key and its arguments. The
// sentences stand in `verifier/locales/*.json`, and whoever wants a message in words brings them along.

import { dayOf, inChina, timeOf } from "./calendar.js";

/** One text in each language. @typedef {{[language: string]: string}} Words */
/**
 * What a message may carry. Words are said in the language of the message; `{key}` is a sentence without placeholders.
 * @typedef {string | number | bigint | {day: string} | {time: number} | {words: Words} | {key: string}} Argument
 */
/** One sentence, not yet in any language. @typedef {{key: string, arguments: {[name: string]: Argument}}} Message */
/** A locale's sentences by key. @typedef {{[key: string]: string}} Sentences */

export const CHINESE = "zh-CN";
export const ENGLISH = "en";
export const LANGUAGES = [CHINESE, ENGLISH];

export const MONTHS = (
  "January February March April May June July August September October November December"
).split(" ");
/** @type {Words} */
const BETWEEN = { [CHINESE]: "、", [ENGLISH]: ", " };

/**
 * Makes a message; the key must stand in the locales.
 * @param {string} key
 * @param {{[name: string]: Argument}} [given]
 * @returns {Message}
 */
export function message(key, given = {}) {
  return { key, arguments: given };
}

/** @param {string} value */
export function day(value) {
  return { day: value };
}

/**
 * A block's time. Throws `RangeError` for one that no calendar has.
 * @param {number | bigint} seconds
 */
export function time(seconds) {
  return { time: timeOf(seconds) };
}

/** @param {Words} given */
export function words(given) {
  return { words: given };
}

/**
 * Returns several words as one, in every language.
 * @param {Words[]} items
 * @returns {Words}
 */
export function listed(items) {
  return Object.fromEntries(
    LANGUAGES.map((language) => [language, items.map((item) => item[language]).join(BETWEEN[language])]),
  );
}

/**
 * Puts a message into words.
 * @param {Message} what
 * @param {string} language
 * @param {Sentences} sentences
 */
export function say(what, language, sentences) {
  return sentence(what.key, sentences).replace(/\{(\w+)\}/g, (whole, name) => {
    const value = Object.hasOwn(what.arguments, name) ? what.arguments[name] : undefined;
    return value === undefined ? whole : show(value, language, sentences);
  });
}

/**
 * Returns a sentence with its placeholders; the key itself where a locale lacks it, so that a verdict is still shown.
 * @param {string} key
 * @param {Sentences} sentences
 */
export function sentence(key, sentences) {
  return Object.hasOwn(sentences, key) ? sentences[key] : key;
}

/**
 * Writes a value as people of this language do: dates in Shanghai, words in their own language.
 * @param {Argument} value
 * @param {string} language
 * @param {Sentences} sentences
 */
export function show(value, language, sentences) {
  if (typeof value !== "object") return String(value);
  if ("day" in value) return dayInWords(value.day, language);
  if ("time" in value) {
    return `${dayInWords(dayOf(value.time), language)} ${inChina(value.time).slice(11, 16)}`;
  }
  return "key" in value ? sentence(value.key, sentences) : value.words[language];
}

/**
 * @param {string} value
 * @param {string} language
 */
export function dayInWords(value, language) {
  const [year, month, date] = value.split("-").map(Number);
  return language === CHINESE ? `${year}年${month}月${date}日` : `${date} ${MONTHS[month - 1]} ${year}`;
}
