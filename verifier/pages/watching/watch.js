// The watch list's page: shows what this device watches, asks what happened to all certificates, and tells what happened
// to these. Entry of the bundle static/watch.js.

import { colourOf } from "../check/report.js";
import { say as inWords } from "../check/wording.js";
import { Unreachable } from "../offline/client.js";
import { pageJudge } from "../offline/judge.js";
import { sentencesOf } from "../offline/words.js";
import { element as el, find, isolated } from "../page/elements.js";
import { wordsOf } from "../page/words.js";
import { updated } from "./changes.js";
import { deltasAfter } from "./deltas.js";
import { change, isLasting, read } from "./kept.js";
import { MAX_LABEL, NoWatchList, added, fromFile, lacksDays, lacksKey, looked, relabelled, removed, toFile } from "./list.js";
import { VERDICT_OF, isNews, isOfDaysAlone, overOf, standingOf } from "./standing.js";

/** @typedef {import("../page/words.js").Words} Words */
/** @typedef {import("./list.js").Entry} Entry */
/** @typedef {import("./list.js").Noted} Noted */
/** @typedef {import("./standing.js").Standing} Standing */
/**
 * What the last check that came to something rests on.
 * @typedef {{asOf: number, offline: boolean, doubt: boolean, proven: number | null, registries: (string | undefined)[]}}
 *   Checked `proven` is the checkpoint's time. `registries` are those of which something is known, by their ids: a list
 *   from a file may name others.
 */

/** The service is asked from a multiple of so many blocks, so that the number is not one list's own. */
const STEP = 256;
const HOUR_MS = 3_600_000;
const CHINA_MS = 8 * HOUR_MS;
const PACK_MS = 8000;

/** @type {Checked | null} */
let checked = null;
/** The leaves of those that are told otherwise than when somebody was here last. @type {Set<string>} */
let news = new Set();
/** In which what the worker says is put into words. @type {Record<string, string>} */
let sentences = {};

async function begin() {
  const words = await wordsOf(document.documentElement.lang);
  sentences = await sentencesOf(words.language);
  find("#watching").hidden = false;
  find("#check").addEventListener("click", () => check(words));
  find("#export").addEventListener("click", () => save(words));
  find("#import").addEventListener("change", (/** @type {Event} */ event) => load(event, words));
  const list = await read();
  show(list, words);
  await tellKept();
  if (list.length) await check(words);
}

/** Says where the list is not kept. */
async function tellKept() {
  find("#not-kept").hidden = await isLasting();
}

/**
 * Asks, holds the answer to the checkpoint kept here, and shows what is known then.
 * @param {Words} words
 */
async function check(words) {
  const list = await read();
  if (!list.length) return;
  say(words.say("watch.checking"));
  const after = Math.floor(Math.min(...list.map(({ block }) => block)) / STEP) * STEP;
  const [told, proven] = await Promise.all([tellOf(after), provenOf(list)]);
  const asOf = told?.time ?? proven?.time;
  // Where nobody answers, nothing new is known, which is not that nothing was recorded.
  if (asOf !== undefined) {
    const doubt = told !== null && told.doubt !== null;
    const registries = [told?.registryId, proven?.registry_id];
    checked = { asOf, offline: told === null, doubt, proven: proven?.time ?? null, registries };
  }
  const now = Date.now();
  const kept = await change((entries) => {
    const known = entries.map((entry) => updated(entry, told, proven));
    for (const entry of known.filter((each) => isNews(each, now))) news.add(entry.leaf);
    return looked(known, now);
  });
  show(kept, words);
  await tellKept();
  const count = kept.filter(({ leaf }) => news.has(leaf)).length;
  if (told === null && proven === null) say(words.say("watch.unreachable"));
  else say(count ? words.say("watch.done_news", { count }) : words.say("watch.done"));
}

/** @param {number} after */
async function tellOf(after) {
  try {
    return await deltasAfter(after);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return null;
  }
}

/** @param {unknown} error */
function ignoreUnreachable(error) {
  if (!(error instanceof Unreachable)) throw error;
}

/** @param {Entry[]} list */
async function provenOf(list) {
  try {
    const evidence = await pageJudge().evidence();
    // The newest checkpoint reaches furthest; without a network the one that is kept here does.
    await evidence.renew({ withinMs: PACK_MS }).catch(ignoreUnreachable);
    return await evidence.histories(list.map(({ agency, leaf, kid, root }) => ({ agency, leaf, kid, root })));
  } catch (error) {
    // A browser that cannot check by itself has the service's word alone, and the page says so.
    console.info(String(error));
    return null;
  }
}

/**
 * @param {Entry[]} list
 * @param {Words} words
 */
function show(list, words) {
  find("#empty").hidden = list.length > 0;
  find("#check").hidden = list.length === 0;
  find("#export").hidden = list.length === 0;
  find("#watched").replaceChildren(...list.map((entry) => shown(entry, words)));
  find("#as-of").textContent = asOf(words);
  showNews(list, words);
}

/**
 * Names those that changed, each with a link to where the list tells more.
 * @param {Entry[]} list
 * @param {Words} words
 */
function showNews(list, words) {
  const changed = list.filter(({ leaf }) => news.has(leaf));
  const links = changed.map((entry) => el("li", {}, linkTo(entry)));
  find("#news").hidden = changed.length === 0;
  find("#news").replaceChildren(el("h2", {}, words.say("watch.news", { count: changed.length })), el("ul", {}, links));
}

/** @param {Entry} entry */
function linkTo(entry) {
  const link = el("a", { href: `#${idOf(entry)}` }, isolated(nameOf(entry)));
  // The page is loaded anew where its address changes, even behind #.
  link.addEventListener("click", (event) => {
    event.preventDefault();
    find(`#${idOf(entry)}`).focus();
  });
  return link;
}

/** @param {Words} words */
function asOf(words) {
  if (!checked) return "";
  const { asOf: time, proven, offline, doubt } = checked;
  const key = offline ? "watch.as_of_pack" : doubt ? "watch.as_of_doubt" : proven === null ? "watch.as_of_site" : "watch.as_of";
  const said = [words.say(key, { time: words.moment(inChina(time * 1000)) })];
  // Who may sign and anchor, no answer of the service tells.
  if (proven === null) said.push(words.say("watch.rights_unknown"));
  else if (!offline) said.push(words.say("watch.rights_as_of", { time: words.moment(inChina(proven * 1000)) }));
  return said.join(words.language === "en" ? " " : "");
}

/**
 * @param {Entry} entry
 * @param {Words} words
 */
function shown(entry, words) {
  const standing = standingOf(entry, Date.now());
  const name = nameOf(entry);
  const id = idOf(entry);
  const told = [...faultOf(entry, words), ...entry.changes.map((each) => changed(each, words))];
  const lacking = lackingOf(entry, words);
  const isNew = news.has(entry.leaf) && [" ", el("span", { class: "new" }, words.say("watch.new"))];
  return el(
    "li",
    { class: `watched ${colourFor(entry, standing)}`, "aria-labelledby": id },
    el("h2", { id, tabindex: "-1" }, isolated(name), isNew),
    stateOf(entry, standing, words).map((said, place) => el("p", { class: place ? "hint" : "state" }, said)),
    told.length > 0 && el("ul", { class: "changes" }, told),
    lacking && el("p", { class: "hint" }, lacking),
    el(
      "p",
      { class: "path" },
      daysOf(entry, words),
      words.say("watch.then", { verdict: words.say(`copy.${entry.verdict}.word`), day: words.day(entry.on) }),
      entry.label && entry.short_number ? [" · ", el("span", { class: "number" }, entry.short_number)] : "",
      ` · ${words.say("watch.since", { day: words.day(entry.since) })}`,
    ),
    el("p", { class: "pair" }, labelField(entry, words), removeButton(entry, name, words)),
  );
}

/** @param {Entry} entry */
function nameOf({ label, short_number }) {
  return label || short_number;
}

/** @param {Entry} entry */
function idOf({ leaf }) {
  return `watched-${leaf.slice(0, 16)}`;
}

/**
 * @param {Entry} entry
 * @param {Standing} standing
 */
function colourFor(entry, { verdicts, daysLeft }) {
  const colours = verdicts.map(colourOf);
  if (isOdd(entry) || colours.includes("red")) return "red";
  if (colours.length || entry.changes.length || daysLeft !== null) return "amber";
  return isChecked(entry) && !lacksDays(entry) && !lacksKey(entry) ? "calm" : "grey";
}

/**
 * Says in one line how a certificate stands; then, unless that line does, whether anything was recorded.
 * @param {Entry} entry
 * @param {Standing} standing
 * @param {Words} words
 * @returns {string[]}
 */
function stateOf(entry, standing, words) {
  const { verdicts, daysLeft } = standing;
  const said = verdicts.map((verdict) => verdictIn(verdict, entry, standing, words));
  if (daysLeft !== null) said.push(endingIn(daysLeft, entry, words));
  if (!verdicts.length) said.push(...overOf(entry, standing).map((verdict) => overIn(verdict, entry, words)));
  if (isOdd(entry)) said.unshift(words.say("watch.contradicted"));
  const line = said.length ? [said.join(" · ")] : [];
  // What its days come to says nothing of what was recorded.
  return !isOdd(entry) && isOfDaysAlone(standing) ? [...line, words.say(recordedOf(entry))] : line;
}

/** @param {Entry} entry */
function recordedOf(entry) {
  if (entry.changes.length) return "watch.changed";
  return isChecked(entry) ? "watch.unchanged" : "watch.not_checked";
}

/**
 * @param {string} verdict
 * @param {Entry} entry
 * @param {Standing} standing
 * @param {Words} words
 */
function verdictIn(verdict, { days }, { deemedUntil }, words) {
  const last = days?.last ? words.day(days.last) : "";
  if (verdict === "EXPIRED") return words.say("watch.expired", { last });
  if (verdict === "RENEWAL_PENDING" && deemedUntil) return words.say("watch.deemed", { last, until: words.day(deemedUntil) });
  if (verdict === "NOT_YET_VALID" && days) return words.say("watch.not_yet", { first: words.day(days.first) });
  return words.say(`copy.${verdict}.word`);
}

/**
 * @param {string} verdict
 * @param {Entry} entry
 * @param {Words} words
 */
function overIn(verdict, { days }, words) {
  if (verdict === "NOT_YET_VALID" && days) return words.say("watch.begun", { first: words.day(days.first) });
  return words.say("watch.over", { what: words.say(`copy.${verdict}.word`) });
}

/**
 * @param {number} daysLeft
 * @param {Entry} entry
 * @param {Words} words
 */
function endingIn(daysLeft, { days }, words) {
  const key = ["watch.expires_today", "watch.expires_tomorrow"][daysLeft] ?? "watch.expires_in";
  return words.say(key, { days: daysLeft, last: words.day(/** @type {string} */ (days?.last)) });
}

/**
 * Says on which days a certificate is valid, as far as the list knows.
 * @param {Entry} entry
 * @param {Words} words
 */
function daysOf({ days }, words) {
  if (days === null) return "";
  const first = words.day(days.first);
  const said = days.last ? words.say("watch.days", { first, last: words.day(days.last) }) : words.say("watch.days_open", { first });
  return `${said} · `;
}

/**
 * Says what the list does not know of a certificate, and so cannot notice.
 * @param {Entry} entry
 * @param {Words} words
 */
function lackingOf(entry, words) {
  const [days, key] = [lacksDays(entry), lacksKey(entry)];
  if (!days && !key) return "";
  return words.say(days && key ? "watch.lacks_both" : days ? "watch.lacks_days" : "watch.lacks_key");
}

/**
 * Says why a key or an agency does not count, where a checkpoint shows it.
 * @param {Entry} entry
 * @param {Words} words
 */
function faultOf({ rights }, words) {
  if (!rights?.fault) return [];
  return [
    el(
      "li",
      {},
      el("strong", {}, words.say("copy.ISSUER_NOT_AUTHORISED.word")),
      ` ${inWords(rights.fault, words.language, sentences)} `,
      el("span", { class: "path" }, words.say("watch.proven")),
    ),
  ];
}

/** @param {Entry} entry */
function isOdd({ changes }) {
  return changes.some(({ doubt }) => doubt !== null);
}

/** @param {Entry} entry */
function isChecked({ registry_id: registry }) {
  return checked?.registries.includes(registry) ?? false;
}

/**
 * Says one change in words, and whose word it is.
 * @param {Noted} change
 * @param {Words} words
 */
function changed(change, words) {
  const { track, from_hour: from, until_hour: until, block_number: block, timestamp, proven, doubt } = change;
  const day = (/** @type {number} */ hour) => words.moment(inChina(hour * HOUR_MS));
  const span = until ? words.say("watch.from_until", { from: day(from), until: day(until) }) : words.say("watch.from", { from: day(from) });
  const recorded = words.say("watch.recorded", { time: words.moment(inChina(timestamp * 1000)), block });
  const whose = doubt ? `watch.${doubt}` : proven ? "watch.proven" : "watch.told";
  return el(
    "li",
    { class: doubt ? "odd" : null },
    el("strong", {}, from ? wordOf(track, words) : words.say("watch.lifted", { what: wordOf(track, words) })),
    ` ${from ? span : ""} `,
    el("span", { class: "path" }, `${recorded} · ${words.say(whose)}`),
  );
}

/**
 * @param {string} track
 * @param {Words} words
 */
function wordOf(track, words) {
  return words.say(`copy.${VERDICT_OF[track] ?? track}.word`);
}

/**
 * @param {Entry} entry
 * @param {Words} words
 */
function labelField(entry, words) {
  const field = /** @type {HTMLInputElement} */ (
    el("input", { type: "text", value: entry.label, maxlength: String(MAX_LABEL), autocomplete: "off" })
  );
  field.addEventListener("change", async () => {
    const list = await change((kept) => relabelled(kept, entry.leaf, field.value));
    show(list, words);
    say(words.say("watch.named"));
  });
  return el("label", { class: "label" }, el("span", {}, words.say("watch.label")), " ", field);
}

/**
 * @param {Entry} entry
 * @param {string} name
 * @param {Words} words
 */
function removeButton(entry, name, words) {
  const button = el("button", { type: "button", class: "button quiet", "aria-label": `${words.say("watch.stop")}: ${name}` }, words.say("watch.stop"));
  button.addEventListener("click", async () => {
    show(await change((kept) => removed(kept, entry.leaf)), words);
    say(words.say("watch.removed", { name }));
    find("#main").focus();
  });
  return button;
}

/** @param {Words} words */
async function save(words) {
  const address = URL.createObjectURL(new Blob([toFile(await read())], { type: "application/json" }));
  const link = /** @type {HTMLAnchorElement} */ (el("a", { href: address, download: "yinxin-watch-list.json" }));
  link.click();
  URL.revokeObjectURL(address);
  say(words.say("watch.exported"));
}

/**
 * @param {Event} event
 * @param {Words} words
 */
async function load(event, words) {
  const field = /** @type {HTMLInputElement} */ (event.target);
  const [file] = field.files ?? [];
  if (!file) return;
  try {
    const brought = fromFile(await file.text());
    const list = await change((kept) => brought.reduce(added, kept));
    show(list, words);
    await tellKept();
    say(words.say("watch.imported", { count: brought.length }));
    await check(words);
  } catch (error) {
    if (!(error instanceof NoWatchList)) throw error;
    say(words.say("watch.bad_file"));
  } finally {
    field.value = "";
  }
}

/** @param {number} time In milliseconds since 1970. */
function inChina(time) {
  return new Date(time + CHINA_MS).toISOString();
}

/** @param {string} text */
function say(text) {
  find("#progress").textContent = text;
}

begin();
