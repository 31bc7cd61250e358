// The page of a report about a receipt; the same as receipt_result.html makes of it, which a test compares.

import { element as el, isolated } from "./elements.js";
import { icon } from "./icons.js";

/** @typedef {import("./words.js").Words} Words */

/**
 * @param {any} report
 * @param {Words} words
 * @returns {DocumentFragment} What `main` holds.
 */
export function renderReceipt(report, words) {
  const made = document.createDocumentFragment();
  const lines = says(report, words);
  const parts = [
    report.test && el("p", { class: "test" }, el("strong", { lang: "en" }, "TEST"), ` ${words.say("page.test")}`),
    el(
      "section",
      { class: `verdict ${report.colour}`, "data-verdict": report.verdict, "aria-labelledby": "verdict" },
      icon(report.colour),
      el(
        "div",
        {},
        el("h1", { id: "verdict", tabindex: "-1", "data-focus": true }, report.heading),
        pastDay(report, words),
        el("p", { class: "means" }, report.next_step),
      ),
    ),
    lines.length > 0 &&
      el(
        "section",
        { class: "certificate", "aria-labelledby": "says" },
        el("h2", { id: "says" }, words.say("receipt.heading_page")),
        el("dl", {}, lines.map(line)),
      ),
    el(
      "details",
      { class: "technical", open: lines.length === 0 },
      el("summary", {}, words.say("page.technical_checks")),
      el("ol", { class: "checks" }, report.checks.map((/** @type {any} */ check) => step(check, words))),
    ),
    el(
      "div",
      { class: "actions" },
      el("a", { class: "button", href: `/?lang=${words.language}`, "data-again": true }, words.say("page.again")),
      el("button", { type: "button", class: "button quiet", "data-print": true, hidden: true }, words.say("page.print")),
    ),
  ];
  made.append(...parts.flatMap((part) => part || []));
  return made;
}

/**
 * Says that it answers a question about another day than the one on which it was asked.
 * @param {any} report
 * @param {Words} words
 */
function pastDay({ receipt }, words) {
  if (!receipt?.believed || receipt.says.on >= receipt.says.checked_at.slice(0, 10)) return null;
  return el("p", { class: "past" }, words.say("receipt.past_day", { day: words.day(receipt.says.on) }));
}

/**
 * Returns label, text and look of each line; nothing where nobody who is believed vouches for it.
 * @param {any} report
 * @param {Words} words
 * @returns {[string, string, string][]}
 */
function says({ receipt }, words) {
  if (!receipt?.believed) return [];
  const said = receipt.says;
  const seconds = (/** @type {string} */ time) => `${words.moment(time)}:${time.slice(17, 19)}`;
  /** @type {[string, string, string][]} */
  const lines = [
    [words.say("receipt.finding"), words.say(`receipt.found.${said.verdict}`), "main"],
    [words.say("receipt.checked_at"), seconds(said.checked_at), "main"],
    [words.say("receipt.on"), words.day(said.on), "plain"],
  ];
  if (said.registered_on) {
    const late = words.say("bulk.before_anchoring", { day: words.day(said.registered_on) });
    lines.push([words.say("receipt.registered"), late, "main"]);
  }
  if (said.leaf) {
    lines.push([words.say("page.short_number"), said.short_number, "main"]);
    lines.push([words.say("page.leaf"), said.leaf, "plain number"]);
  }
  if (said.asked_by) {
    lines.push([words.say("receipt.asked_by"), `${said.asked_by} (${words.say("receipt.themselves")})`, "plain"]);
  }
  if (said.block) {
    const block = words.say("receipt.block_of", { number: said.block.number, time: seconds(said.known_at) });
    lines.push([words.say("receipt.block"), block, "plain"]);
    lines.push([words.say("receipt.block_hash"), said.block.hash, "plain number"]);
  } else {
    lines.push([words.say("receipt.block"), words.say("receipt.no_block"), "plain"]);
  }
  if (said.checkpoint) lines.push([words.say("receipt.checkpoint"), String(said.checkpoint.number), "plain"]);
  lines.push([words.say("receipt.handed_in"), said.handed_in, "plain number"]);
  lines.push([words.say("receipt.id"), said.id, "plain number"]);
  return lines;
}

/** @param {[string, string, string]} said */
function line([label, text, look]) {
  const inner = look === "plain number" ? "number" : null;
  return el("div", { class: look }, el("dt", {}, label), el("dd", { class: inner }, isolated(text)));
}

/** @type {(check: any, words: Words) => HTMLElement} */
function step(check, words) {
  return el(
    "li",
    { class: check.outcome.toLowerCase() },
    el("span", { class: "name" }, words.say(`check.${check.name}`)),
    " ",
    el("span", { class: "outcome" }, words.say(`outcome.${check.outcome}`)),
    " ",
    el("span", { class: "message" }, isolated(check.message)),
  );
}
