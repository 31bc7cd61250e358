// «Take it to the steppe»: one button that puts the page and the newest pack on the device, and what there is of it, always
// in sight: of when the pack is, how old, and until when verdicts from it are green.

import { element as el } from "../page/elements.js";
import { CannotCheckHere } from "./checker.js";
import { KeepsNoPages, forgetPage, keepPage } from "./install.js";

/** How old a pack may be for a verdict to be green (protocol, «Offline»), in milliseconds. */
const FRESH_MS = 24 * 3_600_000;
const CHINA_MS = 8 * 3_600_000;
const TICK_MS = 30_000;
const FILE = "/yinxin-verifier.html";
const TAKEN = "taken";

/** @typedef {import("../page/words.js").Words} Words */
/** @typedef {import("./evidence_kept.js").Evidence} Evidence */
/** @typedef {import("./judge.js").Judge} Judge */

/**
 * What was taken along. @typedef {{at: number, size: number}} Taken When, in milliseconds since 1970; and how much the page
 *   itself takes, in bytes.
 */

/**
 * Fills a section with the button, and keeps telling what there is.
 * @param {HTMLElement} section
 * @param {Judge} judge
 * @param {Words} words
 * @returns {Promise<() => void>} Ends that, for another to begin.
 */
export async function wireTake(section, judge, words) {
  let evidence;
  try {
    evidence = await judge.evidence();
  } catch (error) {
    if (!(error instanceof CannotCheckHere)) throw error;
    // A browser that cannot check by itself has no use for a pack.
    section.hidden = true;
    return () => {};
  }
  const wired = new Take(section, evidence, words, judge.isAlone);
  const unlisten = evidence.listen(() => wired.tell());
  const ticking = setInterval(() => wired.tell(), TICK_MS);
  await wired.tell();
  return () => {
    clearInterval(ticking);
    unlisten();
  };
}

class Take {
  #section;
  #evidence;
  #words;
  #isAlone;
  #state = el("p", { class: "state", "data-pack": true });
  #said = el("p", { class: "hint", role: "status", "data-said": true });
  #take = el("button", { type: "button", class: "button", "data-take": true });
  #remove = el("button", { type: "button", class: "button quiet", "data-remove": true });

  /**
   * @param {HTMLElement} section
   * @param {Evidence} evidence
   * @param {Words} words
   * @param {boolean} isAlone Whether this is the one static file.
   */
  constructor(section, evidence, words, isAlone) {
    this.#section = section;
    this.#evidence = evidence;
    this.#words = words;
    this.#isAlone = isAlone;
    this.#take.addEventListener("click", () => this.#begin(() => this.#bring()));
    this.#remove.textContent = words.say("take.remove");
    this.#remove.addEventListener("click", () => this.#begin(() => this.#leave()));
    const file = el("a", { href: `${FILE}?lang=${words.language}`, download: true, class: "save" }, words.say("take.save"));
    section.replaceChildren(
      el("h2", {}, words.say(isAlone ? "take.alone" : "take.title")),
      el("p", { class: "hint" }, words.say(isAlone ? "take.alone_hint" : "take.hint")),
      this.#state,
      this.#said,
      ...(isAlone ? [] : [el("p", { class: "pair" }, this.#take, " ", this.#remove), el("p", {}, file)]),
    );
  }

  /** Tells what there is now. */
  async tell() {
    const words = this.#words;
    const pack = this.#evidence.pack();
    const taken = await this.#evidence.noted(TAKEN);
    this.#section.classList.toggle("taken", taken !== null);
    this.#state.replaceChildren(pack ? this.#about(pack, taken) : words.say("take.none"));
    this.#take.textContent = words.say(taken === null ? "take.take" : "take.renew");
    this.#remove.hidden = taken === null;
    this.#section.hidden = false;
  }

  /**
   * @param {import("./evidence_kept.js").PackShown} pack
   * @param {Taken | null} taken
   */
  #about(pack, taken) {
    const words = this.#words;
    const about = { time: this.#moment(Date.parse(pack.time)), age: words.ago(pack.age_s), block: pack.block_number };
    const until = Date.parse(pack.time) + FRESH_MS;
    const parts = [
      el("strong", {}, words.say("take.pack", about)),
      el("br"),
      pack.age_s * 1000 <= FRESH_MS
        ? words.say("take.green_until", { until: this.#moment(until) })
        : words.say("take.amber", { until: this.#moment(until) }),
      " ",
      words.say("take.block", about),
    ];
    if (taken !== null) parts.push(" ", words.say("take.size", { size: megabytes(pack.size + taken.size) }));
    return el("span", {}, parts);
  }

  /**
   * Does something that takes a while, and says how it goes.
   * @param {() => Promise<string>} what Returns what to say in the end.
   */
  async #begin(what) {
    this.#take.disabled = this.#remove.disabled = true;
    try {
      this.#said.textContent = await what();
    } catch (error) {
      // Whatever it was, what is on the device is as it was before.
      this.#said.textContent = this.#words.say(error instanceof KeepsNoPages ? "take.no_pages" : "take.failed");
      console.info(String(error));
    } finally {
      this.#take.disabled = this.#remove.disabled = false;
      await this.tell();
    }
  }

  /** Takes page and pack along. */
  async #bring() {
    const words = this.#words;
    this.#said.textContent = words.say("take.page");
    const size = await keepPage();
    await this.#evidence.renew({ onProgress: (progress) => this.#progress(progress) });
    if (this.#evidence.isOutOfTime) return words.say("take.clock");
    if (this.#evidence.isCaught) return words.say("take.refused");
    if (this.#evidence.pack() === null) return words.say("take.no_pack");
    if (!this.#evidence.lasting) return words.say("take.not_lasting");
    // Without leave, a browser that runs out of room may clear what is kept; it says so by no, or by a fault.
    await navigator.storage?.persist?.().catch((error) => console.info(String(error)));
    await this.#evidence.note(TAKEN, { at: Date.now(), size });
    return words.say("take.done");
  }

  /** Leaves both behind. What was seen stays, so that nobody can take this device back to an older state. */
  async #leave() {
    await this.#evidence.note(TAKEN, null);
    await this.#evidence.forgetPack();
    await forgetPage();
    return this.#words.say("take.removed");
  }

  /** @param {import("./evidence_kept.js").Progress} progress */
  #progress({ step, received = 0, total = null }) {
    const words = this.#words;
    if (step === "replay") this.#said.textContent = words.say("take.checking");
    if (step === "pack") {
      this.#said.textContent = total
        ? words.say("take.loading_of", { received: megabytes(received), total: megabytes(total) })
        : words.say("take.loading", { received: megabytes(received) });
    }
  }

  /** @param {number} time In milliseconds since 1970. */
  #moment(time) {
    return this.#words.moment(new Date(time + CHINA_MS).toISOString());
  }
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 1e6).toFixed(bytes < 1e5 ? 2 : 1);
}
