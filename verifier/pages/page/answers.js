// Questions and their answers: texts are judged on this device where that can be; files that need rendering go to the service.

import { CannotCheckHere } from "../offline/checker.js";
import { judge, pageJudge } from "../offline/judge.js";
import { Fault } from "./faults.js";

const VERIFY = "/api/v1/verify";
const TOO_LARGE = 413;
const CROWDED = [429, 503];
const BAD_DAY = 422;
/** How long the service may take for a file, in milliseconds: others may be waiting before it; and what it takes to get there. */
const PATIENCE_MS = 45_000;
const SLOWEST_BYTES_A_MS = 32;
/** How long a file's verdict may wait for the evidence that the service is to be held to, in milliseconds. */
const EVIDENCE_MS = 3000;

/**
 * An answer, and whose word it is.
 * @typedef {object} Answer
 * @property {import("./showing.js").Report} report
 * @property {import("../offline/judge.js").By} by
 * @property {{time: string, age_s: number} | null} pack
 */

/**
 * What is asked: about a text or a file, and on which day; null for today. Beside a text there may be codes of strangers.
 * @typedef {{text: string, file: null, on: string | null, strangers: number}} AboutText
 * @typedef {AboutText | {text: null, file: File, on: string | null}} Question
 */

/**
 * Answers a question.
 * @param {Question} question
 * @param {string} language
 * @returns {Promise<Answer>} Fails with a `Fault`, or with `Unreachable`.
 */
export function answerTo(question, language) {
  const { on } = question;
  return question.text === null ? answerToFile(question.file, { on, language }) : judge(question.text, { on, language });
}

/**
 * Has the service read a file, and say what it is worth.
 * @param {File} file
 * @param {{on: string | null, language: string}} asked
 * @returns {Promise<Answer>} Fails with a `Fault`.
 */
async function answerToFile(file, { on, language }) {
  if (!location.protocol.startsWith("http")) throw new Fault("page.needs_site");
  // Meanwhile the file is on its way.
  const trusted = requireTrusted();
  trusted.catch(() => {});
  const body = new FormData();
  body.append("file", file);
  const query = new URLSearchParams({ lang: language, ...(on ? { on } : {}) });
  const late = new AbortController();
  const patience = setTimeout(() => late.abort(), PATIENCE_MS + file.size / SLOWEST_BYTES_A_MS);
  let response = null;
  try {
    const asked = { method: "POST", body, cache: "no-store", credentials: "omit", signal: late.signal };
    response = await fetch(`${VERIFY}?${query}`, /** @type {RequestInit} */ (asked));
    const answer = await answerOf(response, on);
    await trusted;
    return answer;
  } catch (error) {
    if (error instanceof Fault) throw error;
    const key = response === null ? "page.file_offline" : "page.failed";
    throw new Fault(late.signal.aborted ? "page.no_answer" : key, `got no answer: ${error}`);
  } finally {
    clearTimeout(patience);
  }
}

/** Refuses the word of a site whose evidence was found to be false, by a `Fault`: it reads the file, and may say what it likes. */
async function requireTrusted() {
  /** @type {import("../offline/evidence_kept.js").Evidence} */
  let evidence;
  try {
    evidence = await pageJudge().evidence();
  } catch (error) {
    // A browser that cannot check by itself has caught nobody.
    if (!(error instanceof CannotCheckHere)) throw error;
    return;
  }
  await evidence.prepare({ withinMs: EVIDENCE_MS, onProgress: () => {} });
  if (evidence.isCaught) throw new Fault("page.site_caught", `got evidence that cannot be believed: ${evidence.fault}`);
}

/**
 * @param {Response} response
 * @param {string | null} on
 * @returns {Promise<Answer>} Fails with a `Fault`, or with why it could not be read.
 */
async function answerOf(response, on) {
  if (!response.ok) throw new Fault(faultOf(response.status, on), `got the status ${response.status}, wanted 200`);
  const report = (await response.json()).reports?.[0];
  if (typeof report?.verdict !== "string") throw new Fault("page.failed", "got an answer without a verdict");
  return { report, by: "service", pack: null };
}

/**
 * @param {number} status
 * @param {string | null} on
 */
function faultOf(status, on) {
  if (status === TOO_LARGE) return "page.too_large";
  if (CROWDED.includes(status)) return "page.crowded";
  return status === BAD_DAY && on ? "page.bad_day" : "page.failed";
}
