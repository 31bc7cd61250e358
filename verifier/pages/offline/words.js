// The sentences that reports and pages are said in, from the service or out of the one static file.

import { Unreachable } from "./client.js";
import { embedded } from "./embedded.js";

/** @type {Map<string, Promise<Record<string, string>>>} */
const loaded = new Map();

/**
 * Returns a language's sentences by their keys, with their placeholders.
 * @param {string} language As `lang` attributes write it.
 * @returns {Promise<Record<string, string>>} Fails with `Unreachable`.
 */
export function sentencesOf(language) {
  let words = loaded.get(language);
  if (!words) {
    words = load(language);
    // What failed is tried anew the next time.
    words.catch(() => loaded.delete(language));
    loaded.set(language, words);
  }
  return words;
}

/** @param {string} language */
async function load(language) {
  const carried = embedded("words");
  if (carried !== null) return JSON.parse(carried)[language];
  let response;
  try {
    response = await fetch(`/locales/${language}.json`, { credentials: "omit" });
  } catch (error) {
    throw new Unreachable(`got no sentences: ${error}`);
  }
  if (!response.ok) throw new Unreachable(`got the status ${response.status}, wanted the sentences of ${language}`);
  return response.json();
}
