// What the page says, in the language that it is read in and in the other.

import { sentencesOf } from "../offline/words.js";

/** Minutes and what they are mixed with, as in `shown.minute_word`. */
const MINUTE_MS = 60_000;
const MIX = 0x9e3779b1;
const MONTHS =
  "January February March April May June July August September October November December".split(" ");

/** @type {Record<string, string>} */
const OTHERS = { "zh-CN": "en", en: "zh-CN" };

/** Sentences and dates in one language. */
export class Words {
  #sentences;
  #others;

  /**
   * @param {string} language
   * @param {Record<string, string>} sentences
   * @param {Record<string, string>} others The same in the other language.
   */
  constructor(language, sentences, others) {
    this.language = language;
    this.other = OTHERS[language];
    this.#sentences = sentences;
    this.#others = others;
  }

  /**
   * Says a sentence.
   * @param {string} key
   * @param {Record<string, string | number>} values For its placeholders.
   */
  say(key, values = {}) {
    const sentence = this.#sentences[key];
    if (sentence === undefined) throw new Error(`got the sentence ${key}, which no locale has`);
    return sentence.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  }

  /**
   * Says a sentence in the other language.
   * @param {string} key
   */
  sayOther(key) {
    return this.#others[key];
  }

  /** @param {string} text A day such as 2026-01-31, or a moment that begins so. */
  day(text) {
    const [year, month, day] = text.slice(0, 10).split("-").map(Number);
    return this.language === "en" ? `${day} ${MONTHS[month - 1]} ${year}` : `${year}年${month}月${day}日`;
  }

  /** @param {string} text A moment in China, as reports tell it. */
  moment(text) {
    return `${this.day(text)} ${text.slice(11, 16)}`;
  }

  /**
   * Says how old something is, in whole units of at least two.
   * @param {number} seconds
   */
  ago(seconds) {
    for (const [key, size] of /** @type {[string, number][]} */ ([
      ["page.ago_days", 86_400],
      ["page.ago_hours", 3_600],
      ["page.ago_minutes", 60],
    ])) {
      if (seconds >= 2 * size) return this.say(key, { count: Math.floor(seconds / size) });
    }
    return this.say("page.ago_seconds", { count: seconds });
  }

  /** @param {number} time In milliseconds since 1970. */
  minuteWord(time) {
    const minute = Math.floor(time / MINUTE_MS);
    const words = this.say("page.words").split(" ");
    const place = (Math.imul(minute ^ (minute >>> 16), MIX) >>> 16) % words.length;
    return `${words[place]} · ${this.sayOther("page.words").split(" ")[place]}`;
  }
}

/**
 * @param {string} language
 * @returns {Promise<Words>} Fails with `Unreachable`.
 */
export async function wordsOf(language) {
  const [sentences, others] = await Promise.all([sentencesOf(language), sentencesOf(OTHERS[language])]);
  return new Words(language, sentences, others);
}
