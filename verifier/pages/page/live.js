// What a screenshot does not have: a clock that goes on, and the word of the minute. A verdict that has been standing there
// for a while is not of now any more: then both end, and the page says how old it is.

import { element as el } from "./elements.js";

const SECOND_MS = 1000;
const CHINA_MS = 8 * 3_600_000;
/** How long after the check a verdict passes for one of now, in milliseconds. */
const LIVE_MS = 10 * 60_000;
/** How often it is said anew how old it is, in milliseconds. */
const AGEING_MS = 30_000;

/**
 * Keeps the clock and the word going for as long as they are on the page, and the verdict is new.
 * @param {ParentNode} root
 * @param {import("./words.js").Words} words
 * @param {(() => void) | null} again Has the same thing checked once more, where that can be done.
 */
export function keepLive(root, words, again) {
  const clock = root.querySelector("[data-clock]");
  const word = root.querySelector("[data-minute-word]");
  if (!clock || !word) return;
  const since = Date.now();
  const begun = performance.now();
  // By the clock that counts a telephone's sleep, or by the one that nobody sets back.
  const age = () => Math.max(Date.now() - since, performance.now() - begun);
  const tick = () => {
    if (!clock.isConnected) return;
    const now = Date.now();
    if (age() > LIVE_MS) {
      growOld(/** @type {HTMLElement} */ (clock.closest(".live")), { since, age, words, again });
      return;
    }
    clock.textContent = new Date(now + CHINA_MS).toISOString().slice(11, 19);
    word.textContent = words.minuteWord(now);
    setTimeout(tick, SECOND_MS - (now % SECOND_MS));
  };
  tick();
}

/**
 * Says in the place of the clock, and in the verdict itself, of when this is.
 * @param {HTMLElement} live
 * @param {{since: number, age: () => number, words: import("./words.js").Words, again: (() => void) | null}} of Times are
 *   in milliseconds.
 */
function growOld(live, { since, age, words, again }) {
  const said = el("p", { class: "past", "data-aged": true, role: "status" });
  document.querySelector("section.verdict h1")?.parentElement?.append(said);
  const button = again && el("button", { type: "button", class: "button" }, words.say("page.check_again"));
  if (button && again) button.addEventListener("click", again);
  live.replaceChildren(el("p", { class: "hint" }, words.say("page.aged_hint")), ...(button ? [el("p", {}, button)] : []));
  const time = words.moment(new Date(since + CHINA_MS).toISOString());
  const tell = () => {
    if (!said.isConnected) return;
    const sentence = words.say("page.aged", { time, age: words.ago(Math.floor(age() / SECOND_MS)) });
    if (said.textContent !== sentence) said.textContent = sentence;
    setTimeout(tell, AGEING_MS);
  };
  tell();
}
