// Questions and their answers: texts are judged on this device where that can be; files that need rendering go to the service.

import { judge } from "../offline/judge.js";
import { Fault } from "./faults.js";

const VERIFY = "/api/v1/verify";
const TOO_LARGE = 413;
const CROWDED = [429, 503];
const BAD_DAY = 422;

/**
 * An answer, and whose word it is.
 * @typedef {object} Answer
 * @property {import("./showing.js").Report} report
 * @property {"page" | "pack" | "service"} by
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
  const body = new FormData();
  body.append("file", file);
  const query = new URLSearchParams({ lang: language, ...(on ? { on } : {}) });
  let response;
  try {
    response = await fetch(`${VERIFY}?${query}`, { method: "POST", body, cache: "no-store", credentials: "omit" });
  } catch (error) {
    throw new Fault("page.failed", `got no answer: ${error}`);
  }
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
