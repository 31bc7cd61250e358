// Asks a verifier for a verdict. What it answers is believed, since the widget checks nothing by itself; but an answer that
// is none is never VALID.

import { VERDICTS, colourOf } from "../check/report.js";
import { say } from "./words.js";

/** @typedef {{base: string, code: string, number: string, language: import("./words.js").Language}} Question */
/** @typedef {{verdict: string, colour: "green" | "amber" | "red" | "grey", heading: string, checkedAt: string, test: boolean}} Answer */

const PATIENCE_MS = 10_000;
const CANNOT_CHECK = "CANNOT_CHECK";
const MOST = 300;
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+08:00$/;
const LOCAL = ["localhost", "127.0.0.1", "[::1]"];

/**
 * @param {Question} question
 * @returns {Promise<Answer>} Fails where there is no answer that can be shown.
 */
export async function askVerdict({ base, code, number, language }) {
  if (Boolean(code) === Boolean(number)) throw new TypeError("wanted one of the attributes code and number");
  const address = new URL(`api/v1/verify?lang=${language}`, siteOf(base));
  const response = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(code ? { code } : { short_number: number }),
    cache: "no-store",
    credentials: "omit",
    mode: "cors",
    redirect: "error",
    referrerPolicy: "no-referrer",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!response.ok) throw new Error(`got the status ${response.status}, wanted 200`);
  return answerOf((await response.json())?.reports, language);
}

/**
 * Returns what is shown where nobody knows.
 * @param {import("./words.js").Language} language
 * @returns {Answer}
 */
export function cannotCheck(language) {
  return { verdict: CANNOT_CHECK, colour: "grey", heading: say(language, "cannot"), checkedAt: "", test: false };
}

/**
 * Returns where a verifier is, with a slash behind it; throws for anything that is not fetched safely.
 * @param {string} base
 */
export function siteOf(base) {
  const site = new URL(base.endsWith("/") ? base : `${base}/`);
  if (site.protocol !== "https:" && !(site.protocol === "http:" && LOCAL.includes(site.hostname))) {
    throw new TypeError(`got ${site.protocol} as the way to the verifier, wanted https:`);
  }
  if (site.username || site.password || site.search || site.hash) throw new TypeError("wanted a plain address");
  return site;
}

/**
 * @param {any} reports
 * @param {import("./words.js").Language} language
 * @returns {Answer}
 */
function answerOf(reports, language) {
  const [report] = Array.isArray(reports) && reports.length === 1 ? reports : [null];
  const { verdict, heading, checked_at: checkedAt, test } = report ?? {};
  if (!VERDICTS.includes(verdict) || typeof heading !== "string" || heading.length > MOST || !TIME.test(checkedAt)) {
    throw new Error("got an answer that is no report");
  }
  // A receipt is no certificate, whatever it is about.
  if (verdict === "VALID" && "receipt" in report) return cannotCheck(language);
  // By the verdict alone, whatever colour the answer names.
  return { verdict, colour: colourOf(verdict), heading, checkedAt, test: test !== false };
}
