// What a screenshot does not have: a clock that goes on, and the word of the minute.

const SECOND_MS = 1000;
const CHINA_MS = 8 * 3_600_000;

/**
 * Keeps the clock and the word going for as long as they are on the page.
 * @param {ParentNode} root
 * @param {import("./words.js").Words} words
 */
export function keepLive(root, words) {
  const clock = root.querySelector("[data-clock]");
  const word = root.querySelector("[data-minute-word]");
  if (!clock || !word) return;
  const tick = () => {
    if (!clock.isConnected) return;
    const now = Date.now();
    clock.textContent = new Date(now + CHINA_MS).toISOString().slice(11, 19);
    word.textContent = words.minuteWord(now);
    setTimeout(tick, SECOND_MS - (now % SECOND_MS));
  };
  tick();
}
