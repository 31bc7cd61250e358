// The watch list's page: shows what this device watches, asks what happened to all certificates, and tells what happened
// to these. Entry of the bundle static/watch.js.

import { Unreachable } from "../offline/client.js";
import { pageJudge } from "../offline/judge.js";
import { element as el, find, isolated } from "../page/elements.js";
import { wordsOf } from "../page/words.js";
import { inForce, updated } from "./changes.js";
import { deltasAfter } from "./deltas.js";
import { change, isLasting, read } from "./kept.js";
import { MAX_LABEL, NoWatchList, added, fromFile, relabelled, removed, toFile } from "./list.js";

/** @typedef {import("../page/words.js").Words} Words */
/** @typedef {import("./list.js").Entry} Entry */
/** @typedef {import("./list.js").Noted} Noted */
/**
 * What the last check that came to something rests on.
 * @typedef {{asOf: number, offline: boolean, doubt: boolean, registries: (string | undefined)[]}} Checked `registries` are
 *   those of which something is known, by their ids: a list from a file may name others.
 */

/** The service is asked from a multiple of so many blocks, so that the number is not one list's own. */
const STEP = 256;
/** A suspension is announced as its verdict is called. @type {Record<string, string>} */
const VERDICT_OF = { SUSPENSION: "SUSPENDED", LOSS: "LOST" };
const HOUR_MS = 3_600_000;
const CHINA_MS = 8 * HOUR_MS;
const PACK_MS = 8000;

/** @type {Checked | null} */
let checked = null;

async function begin() {
  const words = await wordsOf(document.documentElement.lang);
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
    checked = { asOf, offline: told === null, doubt, registries: [told?.registryId, proven?.registry_id] };
  }
  const now = await change((kept) => kept.map((entry) => updated(entry, told, proven)));
  show(now, words);
  await tellKept();
  say(words.say(told === null && proven === null ? "watch.unreachable" : "watch.done"));
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
    return await evidence.histories(list.map(({ agency, leaf }) => ({ agency, leaf })));
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
}

/** @param {Words} words */
function asOf(words) {
  if (!checked) return "";
  const key = checked.offline ? "watch.as_of_pack" : checked.doubt ? "watch.as_of_doubt" : "watch.as_of";
  return words.say(key, { time: words.moment(inChina(checked.asOf * 1000)) });
}

/**
 * @param {Entry} entry
 * @param {Words} words
 */
function shown(entry, words) {
  const against = inForce(entry.changes, Date.now());
  const isOdd = entry.changes.some(({ doubt }) => doubt !== null);
  const colour = against.length || isOdd ? "red" : entry.changes.length ? "amber" : isChecked(entry) ? "calm" : "grey";
  const name = entry.label || entry.short_number;
  const id = `watched-${entry.leaf.slice(0, 16)}`;
  return el(
    "li",
    { class: `watched ${colour}`, "aria-labelledby": id },
    el("h2", { id }, isolated(name)),
    el("p", { class: "state" }, stateOf(entry, against, words)),
    entry.changes.length > 0 && el("ul", { class: "changes" }, entry.changes.map((each) => changed(each, words))),
    el(
      "p",
      { class: "path" },
      words.say("watch.then", { verdict: words.say(`copy.${entry.verdict}.word`), day: words.day(entry.on) }),
      entry.label && entry.short_number ? [" · ", el("span", { class: "number" }, entry.short_number)] : "",
      ` · ${words.say("watch.since", { day: words.day(entry.since) })}`,
    ),
    el("p", { class: "pair" }, labelField(entry, words), removeButton(entry, name, words)),
  );
}

/**
 * Says in one line how a certificate stands.
 * @param {Entry} entry
 * @param {Noted[]} against
 * @param {Words} words
 */
function stateOf(entry, against, words) {
  if (entry.changes.some(({ doubt }) => doubt !== null)) return words.say("watch.contradicted");
  if (against.length) return against.map(({ track }) => wordOf(track, words)).join(" · ");
  if (entry.changes.length) return words.say("watch.changed");
  return words.say(isChecked(entry) ? "watch.unchanged" : "watch.not_checked");
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
