// The few sentences of the widget, out of the locales: only what is named here becomes part of the bundle.

import {
  "verdict.CANNOT_CHECK" as cannotEn,
  "widget.checked" as checkedEn,
  "widget.checking" as checkingEn,
  "widget.label" as labelEn,
  "widget.link" as linkEn,
  "widget.nothing" as nothingEn,
  "widget.test" as testEn,
} from "../../locales/en.json";
import {
  "verdict.CANNOT_CHECK" as cannotZh,
  "widget.checked" as checkedZh,
  "widget.checking" as checkingZh,
  "widget.label" as labelZh,
  "widget.link" as linkZh,
  "widget.nothing" as nothingZh,
  "widget.test" as testZh,
} from "../../locales/zh-CN.json";

/** @typedef {"en" | "zh-CN"} Language */
/** @typedef {"cannot" | "checked" | "checking" | "label" | "link" | "nothing" | "test"} Key */

/** @type {Record<Language, Record<Key, string>>} */
const SENTENCES = {
  en: {
    cannot: cannotEn,
    checked: checkedEn,
    checking: checkingEn,
    label: labelEn,
    link: linkEn,
    nothing: nothingEn,
    test: testEn,
  },
  "zh-CN": {
    cannot: cannotZh,
    checked: checkedZh,
    checking: checkingZh,
    label: labelZh,
    link: linkZh,
    nothing: nothingZh,
    test: testZh,
  },
};

/**
 * Chooses by a `lang` attribute; Chinese unless English is asked for.
 * @param {string} tag
 * @returns {Language}
 */
export function languageOf(tag) {
  return tag.toLowerCase().startsWith("en") ? "en" : "zh-CN";
}

/**
 * @param {Language} language
 * @param {Key} key
 * @param {Record<string, string>} [values]
 */
export function say(language, key, values = {}) {
  return SENTENCES[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
