// The verdict page of one report; the same as result.html makes of it, which a test compares.

import { element as el, isolated } from "./elements.js";
import { icon } from "./icons.js";
import { compared, differences, explained, pastDay, registeredLater, rows, shortly, technical, whose } from "./showing.js";

const NO_ANSWER = "copy.CANNOT_CHECK.unreachable";
const NOT_OFFLINE = "copy.CANNOT_CHECK.offline";
const BY_THE_CLOCK = "copy.CANNOT_CHECK.clock";
/** Messages by which an answer and this device's clock do not go together. */
const OF_CLOCKS = ["service.stale", "service.clock", "offline.clock_behind", "offline.trust_list_not_current"];
/** Where the next step is another than the report's. */
const OWN_FIRST = [NO_ANSWER, BY_THE_CLOCK];

/**
 * What is shown beside a report.
 * @typedef {object} Beside
 * @property {import("./words.js").Words} words
 * @property {import("../offline/judge.js").By} by
 * @property {{time: string, age_s: number} | null} pack The one it was checked against, by «pack».
 * @property {string} [picture] The address of the picture that the code was read from.
 * @property {string} origin Where this site is.
 */

/**
 * @param {import("./showing.js").Report} report
 * @param {Beside} beside
 * @returns {DocumentFragment} What `main` holds.
 */
export function render(report, beside) {
  const made = document.createDocumentFragment();
  const { words } = beside;
  const parts = [
    test(report, words),
    verdict(report, beside),
    paperNote(report, beside),
    live(report, words),
    warnings(report, words),
    limitedCopy(report, words),
    differing(report, words),
    certificate(report, beside),
    dates(report, words),
    comparing(report, words),
    against(report, beside),
    next(report, beside),
    details(report, words),
    actions(report, words),
  ];
  made.append(...parts.flatMap((part) => part ?? []));
  return made;
}

/** @typedef {import("./showing.js").Report} Report */
/** @typedef {import("./words.js").Words} Words */
/** @typedef {import("./elements.js").Content} Content */

/**
 * A part with its heading.
 * @param {string} look
 * @param {string} id
 * @param {string} heading
 * @param {...Content} content
 */
function section(look, id, heading, ...content) {
  return el("section", { class: look, "aria-labelledby": id }, el("h2", { id }, heading), ...content);
}

/**
 * One line of a description list.
 * @param {string} term
 * @param {Content} content
 * @param {string | null} [look] Of the line.
 * @param {string | null} [inner] Of what it says.
 */
function line(term, content, look = null, inner = null) {
  return el("div", { class: look }, el("dt", {}, term), el("dd", { class: inner }, content));
}

/** @type {(report: Report, words: Words) => HTMLElement | null} */
function test({ test: isTest }, words) {
  if (!isTest) return null;
  return el("p", { class: "test" }, el("strong", { lang: "en" }, "TEST"), ` ${words.say("page.test")}`);
}

/**
 * Returns under which key the verdict is explained: where nobody answered, nobody was asked, or the clock is not to be
 * trusted, that is the whole of it.
 * @param {Report} report
 * @param {Beside} beside
 */
function explanation(report, { by }) {
  if (report.verdict !== "CANNOT_CHECK") return explained(report);
  if (by === "nobody") return NO_ANSWER;
  if (report.checks.some((/** @type {any} */ check) => OF_CLOCKS.includes(check.message_id))) return BY_THE_CLOCK;
  return by === "pack" ? NOT_OFFLINE : explained(report);
}

/**
 * Says what this device lacks to tell without a network, or by what its clock cannot be right; null where that is not the
 * trouble.
 * @param {Report} report
 * @param {Beside} beside
 */
function lacking(report, beside) {
  if (![NOT_OFFLINE, BY_THE_CLOCK].includes(explanation(report, beside))) return null;
  const first = report.checks.find((/** @type {any} */ check) => check.outcome === "UNKNOWN");
  return first && el("p", { class: "means" }, isolated(first.message));
}

/** @type {(report: Report, beside: Beside) => HTMLElement} */
function verdict(report, beside) {
  const { words } = beside;
  const registered = registeredLater(report);
  return el(
    "section",
    { class: `verdict ${report.colour}`, "data-verdict": report.verdict, "aria-labelledby": "verdict" },
    icon(report.colour),
    el(
      "div",
      {},
      el("h1", { id: "verdict", tabindex: "-1", "data-focus": true }, report.heading),
      el("p", { class: "other", lang: words.other }, words.sayOther(shortly(report))),
      pastDay(report).map((key) => el("p", { class: "past" }, words.say(key, { day: words.day(report.on) }))),
      el("p", { class: "means" }, words.say(`${explanation(report, beside)}.means`)),
      lacking(report, beside),
      registered && el("p", { class: "means" }, words.say("bulk.before_anchoring", { day: words.day(registered) })),
    ),
  );
}

/**
 * What stands under the verdict on paper, where the clock stands on a screen: a sheet has no «now».
 * @type {(report: Report, beside: Beside) => HTMLElement}
 */
function paperNote(report, { words, origin }) {
  const checked = `${words.say("page.checked")} ${words.moment(report.checked_at)}`;
  return el("p", { class: "paper-note" }, `${words.say("page.paper_note")} ${origin} · ${checked}`);
}

/** @type {(report: Report, words: Words) => HTMLElement} */
function live(report, words) {
  const time = el("time", { "data-clock": true }, report.checked_at.slice(11, 19));
  const word = el("strong", { "data-minute-word": true }, words.minuteWord(Date.parse(report.checked_at)));
  return el(
    "section",
    { class: "live", "aria-label": words.say("page.live") },
    el(
      "p",
      {},
      el("span", {}, `${words.say("page.live")} `, time),
      " ",
      el("span", {}, `${words.say("page.live_word")} `, word),
    ),
    el("p", { class: "hint" }, words.say("page.live_hint")),
  );
}

/** @type {(report: Report, words: Words) => HTMLElement | null} */
function warnings(report, words) {
  const found = report.warnings ?? [];
  if (found.length === 0) return null;
  const items = found.map((/** @type {any} */ warning) => el("li", {}, isolated(warning.message)));
  return section("warnings", "warnings", words.say("page.warnings"), el("ul", {}, items));
}

/** @type {(report: Report, words: Words) => HTMLElement | null} */
function limitedCopy({ copy }, words) {
  if (!copy) return null;
  const span = words.say("page.span", { first: words.day(copy.made), last: words.day(copy.expires) });
  return section(
    "copy",
    "copy",
    words.say("page.copy"),
    el("p", {}, words.say("page.copy_lead")),
    el(
      "dl",
      {},
      line(words.say("page.copy_recipient"), isolated(copy.recipient), null, "main"),
      line(words.say("page.copy_purpose"), isolated(copy.purpose), null, "main"),
      line(words.say("page.copy_days"), span, null, "main"),
    ),
  );
}

/** @type {(report: Report, words: Words) => HTMLElement | null} */
function differing(report, words) {
  const found = differences(report);
  if (found.length === 0) return null;
  const heads = ["page.signed", "page.shown"].map((key) => el("th", { scope: "col" }, words.say(key)));
  const lines = found.map(({ what, signed, shown }) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, what),
      el("td", {}, isolated(signed)),
      el("td", {}, el("span", { class: "mark" }, "≠"), " ", isolated(shown || words.say("page.not_shown"))),
    ),
  );
  return section(
    "differ",
    "differences",
    words.say("page.differences"),
    el("p", {}, words.say("page.differences_lead")),
    el(
      "table",
      { class: "differences" },
      el("thead", {}, el("tr", {}, el("td"), heads)),
      el("tbody", {}, lines),
    ),
  );
}

/** @type {(report: Report, beside: Beside) => HTMLElement | null} */
function certificate(report, { words, picture }) {
  if (!report.type && report.items.length === 0) return null;
  const heading = whose(report);
  const lines = rows(report, words).map(({ look, label, text, path, differs }) =>
    line(
      label,
      [
        isolated(text),
        path ? [" ", el("span", { class: "path" }, isolated(path))] : null,
        differs ? [" ", el("span", { class: "mark" }, `≠ ${words.say("page.differs")}`)] : null,
      ],
      look + (differs ? " differs" : ""),
    ),
  );
  const files = report.certified_files.map((/** @type {any} */ file) =>
    line(
      words.say("page.certified_file"),
      [
        `${file.media_type}, `,
        el("span", { class: "number" }, `SHA-256 ${file.sha256}`),
        " ",
        el("span", { class: "path" }, words.say(file.given ? "page.file_given" : "page.file_not_given")),
      ],
      "plain",
    ),
  );
  const signed = report.pdf_signatures.map((/** @type {any} */ each) =>
    line(words.say(each.is_time_stamp ? "page.pdf_time_stamps" : "page.pdf_signatures"), signature(each, words), "plain"),
  );
  const look = `certificate${heading === "page.claimed" ? " unconfirmed" : ""}${picture ? " with-picture" : ""}`;
  return section(look, "whose", words.say(heading), picture && shownPicture(picture, words), el("dl", {}, lines, files, signed));
}

/**
 * Who signed a PDF itself, and whether anybody vouches for that.
 * @type {(signature: any, words: Words) => (Node | string)[]}
 */
function signature({ signer, issuer, serial, not_before: from, not_after: until, whole_file: isWhole, trusted }, words) {
  const [first, last] = [from, until].map((time) => words.day(time));
  const certificate = words.say("page.pdf_certificate", { issuer, serial, first, last });
  const unchanged = words.say(isWhole ? "page.pdf_unchanged" : "page.pdf_changed");
  const vouched = words.say(trusted ? "page.pdf_signer_trusted" : "page.pdf_signer_unjudged");
  return [isolated(signer), " ", el("span", { class: "path" }, isolated(certificate), ` ${unchanged} ${vouched}`)];
}

/** @type {(address: string, words: Words) => HTMLElement} */
function shownPicture(address, words) {
  return el(
    "figure",
    {},
    el("img", { src: address, alt: words.say("page.picture_alt") }),
    el("figcaption", {}, words.say("page.picture_note")),
  );
}

/** @type {(report: Report, words: Words) => HTMLElement | null} */
function dates(report, words) {
  const { valid_from: first, valid_until: last, statuses } = report;
  if (!first && statuses.length === 0) return null;
  const span =
    first &&
    (last
      ? words.say("page.span", { first: words.day(first), last: words.day(last) })
      : words.say("page.open_span", { first: words.day(first) }));
  return section(
    `dates${whose(report) === "page.claimed" ? " unconfirmed" : ""}`,
    "dates",
    words.say("page.dates_and_entries"),
    span && el("p", { class: "span" }, span),
    statuses.length > 0 && el("ul", { class: "history" }, statuses.map((/** @type {any} */ each) => entry(each, words))),
  );
}

/** @type {(status: any, words: Words) => HTMLElement} */
function entry(status, words) {
  const until = status.until ? ` ${words.say("page.until")} ${words.moment(status.until)}` : "";
  const from = status.from ? `${words.say("page.from")} ${words.moment(status.from)}${until}` : words.say("page.lifted");
  return el(
    "li",
    { class: status.in_force ? "in-force" : null },
    el("strong", {}, status.words[words.language]),
    ` ${from} `,
    el(
      "span",
      { class: "path" },
      `${words.say("page.recorded")} ${words.moment(status.recorded_at)} · ${words.say("page.by")} `,
      isolated(status.decided_by || words.say("page.council")),
      status.in_force && ` · ${words.say("page.in_force")}`,
    ),
    status.decision && el("span", { class: "decision" }, `${words.say("page.decision")} `, el("code", {}, status.decision)),
  );
}

/** @type {(report: Report, words: Words) => HTMLElement | null} */
function comparing(report, words) {
  const keys = compared(report);
  if (keys.length === 0) return null;
  const items = keys.map((key) =>
    el("li", {}, el("label", {}, el("input", { type: "checkbox" }), " ", el("span", {}, words.say(key)))),
  );
  return section("compare", "compare", words.say("page.compare"), el("ul", {}, items));
}

/** @type {(report: Report, beside: Beside) => HTMLElement} */
function against(report, { words, by, pack }) {
  const { block_number: block, chain_id: chain, block_age_s: age } = report;
  const register =
    block === null
      ? words.say("page.block_none")
      : [
          `${words.say("page.block", { block, chain, age: words.ago(age) })} `,
          el("span", { class: "path" }, words.moment(report.known_at)),
        ];
  return section(
    "against",
    "against",
    words.say("page.against"),
    el(
      "dl",
      {},
      line(words.say("page.checked"), words.moment(report.checked_at)),
      line(words.say("page.on"), words.day(report.on)),
      line(words.say("page.register"), register),
      line(words.say("page.by_whom"), byWhom(by, pack, words)),
    ),
  );
}

/** @type {(by: Beside["by"], pack: Beside["pack"], words: Words) => string} */
function byWhom(by, pack, words) {
  if (by === "pack" && pack) {
    const time = words.moment(inChina(pack.time));
    return words.say("page.by_pack", { time, age: words.ago(pack.age_s) });
  }
  if (by === "nobody" || by === "caught") return words.say("page.by_nobody");
  // Without a pack nothing but the device itself vouches for what is said.
  return words.say(by === "service" ? "page.by_service" : "page.by_page");
}

/** @param {string} time In ISO 8601, of whatever zone. */
function inChina(time) {
  return new Date(Date.parse(time) + 8 * 3_600_000).toISOString();
}

/** @type {(report: Report, beside: Beside) => HTMLElement} */
function next(report, beside) {
  const { words } = beside;
  const key = explanation(report, beside);
  return section(
    "next",
    "next",
    words.say("page.next"),
    el("p", { class: "first" }, OWN_FIRST.includes(key) ? words.say(`${key}.first`) : report.next_step),
    el("p", {}, words.say(`${key}.do`)),
    el("h3", {}, words.say("page.not_this")),
    el("p", {}, words.say(`${key}.not`)),
  );
}

/** @type {(report: Report, words: Words) => HTMLElement} */
function details(report, words) {
  const checks = report.checks.map((/** @type {any} */ check) =>
    el(
      "li",
      { class: check.outcome.toLowerCase() },
      el("span", { class: "name" }, words.say(`check.${check.name}`)),
      " ",
      el("span", { class: "outcome" }, words.say(`outcome.${check.outcome}`)),
      " ",
      el("span", { class: "message" }, isolated(check.message)),
    ),
  );
  const values = technical(report, words).map(([key, text]) => line(words.say(key), text, null, "number"));
  return el(
    "details",
    { class: "technical" },
    el("summary", {}, words.say("page.technical_checks")),
    el("ol", { class: "checks" }, checks),
    el("dl", {}, values),
  );
}

/** @type {(report: Report, words: Words) => HTMLElement} */
function actions({ verdict: said }, words) {
  // What may be otherwise in a minute can be asked again at once.
  const passes = ["CANNOT_CHECK", "PENDING"].includes(said);
  return el(
    "div",
    { class: "actions" },
    passes &&
      el("button", { type: "button", class: "button", "data-ask-again": true, hidden: true }, words.say("page.retry")),
    el("a", { class: "button", href: `/?lang=${words.language}`, "data-again": true }, words.say("page.again")),
    el("button", { type: "button", class: "button quiet", "data-print": true, hidden: true }, words.say("page.print")),
    el("span", { id: "receipt", hidden: true }),
    el("span", { id: "watch", hidden: true }),
  );
}
