// The sentences that reports and pages are said in, from the service or out of the one static file.

import { Unreachable, asked, received } from "./client.js";
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
  const stop = new AbortController();
  const response = await asked(`/locales/${language}.json`, { signal: stop.signal });
  if (!response.ok) throw new Unreachable(`got the status ${response.status}, wanted the sentences of ${language}`);
  const sentences = JSON.parse(new TextDecoder().decode(await received(response, stop, () => {})));
  // Without the one that says what went wrong, nothing could be told at all.
  if (typeof sentences?.["page.failed"] !== "string") throw new Unreachable(`got no sentences of ${language}`);
  return sentences;
}
