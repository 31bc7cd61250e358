// The one door of the page: a text goes in, a report comes out, and whose word it is. The text is read and checked on this
// device; the service is asked for 16 bits of the leaf, and believed as far as the evidence kept here bears it out.

import { CannotCheckHere, startChecker } from "./checker.js";
import { Unreachable, makeClient } from "./client.js";
import { embedded } from "./embedded.js";
import { Evidence } from "./evidence_kept.js";
import { openMemory, openStore } from "./store.js";
import { sentencesOf } from "./words.js";

/**
 * Whose word a report is: checked here with the service's answer held to the evidence («page»); checked here without a
 * network («pack»); the service's own («service»), because this browser cannot check by itself or has not got what it
 * takes yet; nobody's («nobody»), because then the service, which was sent the text, gave no answer either, or what came
 * from it cannot be believed («caught»).
 * @typedef {"page" | "pack" | "service" | "nobody" | "caught"} By
 */

/**
 * @typedef {object} Judged
 * @property {any} report As `/api/v1/verify` gives it.
 * @property {By} by
 * @property {import("./evidence_kept.js").PackShown | null} pack The newest one that is believed here.
 */

/** How long a first visit may wait for what it takes to check by itself, in milliseconds. */
const FIRST_VISIT_MS = 8000;
/** How long a newer pack may keep somebody waiting who has one. */
const NEWER_PACK_MS = 3000;

/** @typedef {(progress: import("./evidence_kept.js").Progress) => void} OnProgress */

/**
 * What a judge works with; a part left out is the page's own.
 * @typedef {object} Parts
 * @property {() => Promise<import("./checker.js").Checker>} checker
 * @property {import("./client.js").Client | null} client Null where no service is to be asked, ever.
 * @property {() => Promise<import("./store.js").Store>} store
 * @property {(language: string) => Promise<Record<string, string>>} sentences
 * @property {() => Date} clock
 * @property {number} firstVisitMs
 */

/** Judges what people bring. One for a page: it keeps the evidence at hand, and what it caught. */
export class Judge {
  #parts;
  /** @type {Promise<Evidence> | null} */
  #evidence = null;

  /** @param {Partial<Parts>} [parts] */
  constructor(parts = {}) {
    this.#parts = { ...siteParts(), ...parts };
  }

  /**
   * Judges a text: a code, its address, a certificate or a short number.
   * @param {string} text
   * @param {{on?: string | null, language: string, onProgress?: OnProgress}} asked `on` is a day such as 2026-01-31.
   * @returns {Promise<Judged>} Fails with `Unreachable` where nobody can say anything: this browser cannot check by
   *   itself, and the service cannot be reached.
   */
  async judge(text, { on = null, language, onProgress = () => {} }) {
    const asked = { on: on || null, language };
    let evidence;
    try {
      evidence = await this.evidence();
    } catch (error) {
      if (!(error instanceof CannotCheckHere)) throw error;
      return this.#byService(text, asked);
    }
    await evidence.prepare({ withinMs: this.#parts.firstVisitMs, onProgress });
    let isAlone = false;
    if (evidence.isUnfinished) {
      try {
        return await this.#byService(text, asked, evidence);
      } catch (error) {
        // What there is here says at least why nothing can be said; nobody need wait for another answer that does not come.
        if (!(error instanceof Unreachable)) throw error;
        isAlone = true;
      }
    }
    const whole = { ...asked, sentences: await this.#parts.sentences(language) };
    if (isAlone) return this.#alone(evidence, text, whole, onProgress);
    return this.#here(evidence, this.#parts.client, text, whole, onProgress);
  }

  /** Whether no service is asked, ever: this is the one static file. */
  get isAlone() {
    return this.#parts.client === null;
  }

  /** Returns what is known here; the same for the whole page. Fails with `CannotCheckHere`. */
  evidence() {
    this.#evidence ??= this.#open();
    return this.#evidence;
  }

  async #open() {
    const { checker, client, store, clock } = this.#parts;
    return Evidence.open({ checker: await checker(), client, store: await store(), clock });
  }

  /**
   * @param {Evidence} evidence
   * @param {import("./client.js").Client | null} client Null where nobody is to be asked.
   * @param {string} text
   * @param {{on: string | null, language: string, sentences: Record<string, string>}} asked
   * @param {OnProgress} onProgress
   * @returns {Promise<Judged>}
   */
  async #here(evidence, client, text, asked, onProgress) {
    const { prefix } = await evidence.read(text);
    let { basis } = evidence;
    let answer = null;
    if (prefix !== null && client) {
      onProgress({ step: "asking" });
      ({ answer, basis } = await this.#answer(evidence, client, prefix, onProgress));
    }
    onProgress({ step: "checking" });
    // Where there was nothing to ask, as of what is no code of ours, a network would have told nothing more.
    const online = answer !== null || (prefix === null && evidence.isOnline);
    const report = await evidence.check(text, basis, { ...asked, online, answer });
    return { report, by: online ? "page" : "pack", pack: evidence.pack() };
  }

  /**
   * Judges with what is here, after the service was asked for its word and gave none that counts.
   * @param {Evidence} evidence
   * @param {string} text
   * @param {{on: string | null, language: string, sentences: Record<string, string>}} asked
   * @param {OnProgress} onProgress
   * @returns {Promise<Judged>}
   */
  async #alone(evidence, text, asked, onProgress) {
    const judged = await this.#here(evidence, null, text, asked, onProgress);
    // What it takes may have come meanwhile.
    if (judged.pack !== null) return { ...judged, by: "pack" };
    return { ...judged, by: evidence.fault === null ? "nobody" : "caught" };
  }

  /**
   * Asks for what is known of a prefix, and sees to it that the evidence at hand is as new as the service says there is.
   * @param {Evidence} evidence
   * @param {import("./client.js").Client} client
   * @param {string} prefix
   * @param {OnProgress} onProgress
   * @returns {Promise<{answer: object | null, basis: number}>} The answer is null where nobody answers; the basis is
   *   what to hold it to: one that took its place since may be of a block that the answer cannot know.
   */
  async #answer(evidence, client, prefix, onProgress) {
    let { basis } = evidence;
    try {
      let answer = await client.leaves(prefix);
      const named = numberOf(answer, "checkpoint");
      if (named !== null && evidence.isOlderThan(named)) {
        await evidence.renew({ withinMs: NEWER_PACK_MS, onProgress });
        ({ basis } = evidence);
        if (evidence.isNewerThan(numberOf(answer, "block"))) answer = await client.leaves(prefix);
      }
      return { answer, basis };
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      return { answer: null, basis };
    }
  }

  /**
   * Takes the service's word, which gets to see the text. Never after a lie was caught: then that is what is said.
   * @param {string} text
   * @param {{on: string | null, language: string}} asked
   * @param {Evidence | null} [evidence]
   * @returns {Promise<Judged>}
   */
  async #byService(text, asked, evidence = null) {
    const { client } = this.#parts;
    if (!client) throw new Unreachable("this browser cannot check by itself, and no service is to be asked");
    const report = await client.verdict(text, kindOf(text), asked);
    // What came meanwhile may have shown that its word counts for nothing.
    if (evidence?.fault) throw new Unreachable(`the service was caught: ${evidence.fault}`);
    return { report, by: "service", pack: evidence?.pack() ?? null };
  }
}

/** @returns {Parts} */
function siteParts() {
  const isAlone = embedded("trust-list") !== null;
  return {
    checker: startChecker,
    client: isAlone ? null : makeClient(),
    store: isAlone ? async () => openMemory() : openStore,
    sentences: sentencesOf,
    clock: () => new Date(),
    firstVisitMs: FIRST_VISIT_MS,
  };
}

/**
 * @param {any} answer
 * @param {"block" | "checkpoint"} member
 * @returns {number | null} The block number that an answer names; null where it names none.
 */
function numberOf(answer, member) {
  const number = answer[member]?.[member === "block" ? "number" : "block_number"];
  return Number.isSafeInteger(number) ? number : null;
}

/**
 * Says what a text is, as the API wants it told, where no checker is there to read it.
 * @param {string} text
 */
function kindOf(text) {
  // A receipt goes where a code goes: the service tells them apart.
  if (/^eyJ[^~]+$/.test(text.trim())) return "code";
  if (text.includes("~")) return "certificate";
  return /^[0-9]{20,}$|:\/\//.test(text.trim()) ? "code" : "short_number";
}

/** @type {Judge | null} */
let page = null;

/** Returns the judge that all parts of a page share. */
export function pageJudge() {
  page ??= new Judge();
  return page;
}

/**
 * Judges a text with the page's own judge.
 * @param {string} text
 * @param {{on?: string | null, language: string, onProgress?: OnProgress}} asked
 */
export function judge(text, asked) {
  return pageJudge().judge(text, asked);
}
