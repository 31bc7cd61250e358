// The page's own script: it brings what somebody scans, chooses or types to where it is judged, and shows the verdict.
// Without it the form works all the same; only the camera and a scanned address need it.

import { takeAlong } from "../offline/along.js";
import { pageJudge } from "../offline/judge.js";
import { addressIn, codeWithin } from "./address.js";
import { answerTo } from "./answers.js";
import { askedDay, oneOf, ready } from "./asking.js";
import { scan } from "./camera.js";
import { element as el, find } from "./elements.js";
import { Fault, clearFault, showFault } from "./faults.js";
import { wayOf } from "./files.js";
import { foreignWarning } from "./foreign.js";
import { keepLive } from "./live.js";
import { offerToWatch } from "../watching/button.js";
import { offerReceipt } from "./receipt_button.js";
import { renderReceipt } from "./receipt_view.js";
import { render } from "./render.js";
import { wordsOf } from "./words.js";

const SCANNED = ["/v", "/c", "/r"];
/** A code's digits, or a receipt. */
const CODE = /^#(?:[0-9]+|eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/;
const isSite = location.protocol.startsWith("http");

/** @typedef {import("./answers.js").Question} Question */

/** What is shown now, so that it can be asked anew in the other language. @type {Question | null} */
let shown = null;
/** Shows what is shown instead of an answer in other words, if there is such a thing. @type {((words: import("./words.js").Words) => void) | null} */
let warn = null;
/** The address of the picture that is shown. */
let picture = "";
/** Only the newest question may change the page. */
let turn = 0;

function language() {
  return document.documentElement.lang;
}

/**
 * Asks, and shows the answer in the place of what is there.
 * @param {Question} question
 */
async function show(question) {
  const mine = ++turn;
  const words = await wordsOf(language());
  say(words.say("page.checking"));
  const { report, by, pack } = await answerTo(question, words.language);
  if (mine !== turn) return;
  if (!shown && !isScanned()) history.pushState(null, "");
  shown = question;
  warn = null;
  if ("strangers" in question && question.strangers > 0) {
    const message_id = "document.other_codes";
    report.warnings = [...(report.warnings ?? []), { message_id, message: words.say("page.stranger_code") }];
  }
  const beside = { words, by, pack, picture: picture || undefined, origin: `${location.origin}/` };
  settle(report.receipt ? renderReceipt(report, words) : render(report, beside), report.heading, words);
  if (isSite) {
    offerReceipt(report, question, words);
    // A browser that keeps nothing has no list, and the verdict stands all the same.
    offerToWatch(report, words).catch((error) => console.info(String(error)));
  }
  say(words.say("page.done"));
}

/**
 * Puts something in the place of what `main` holds, and the focus on its heading.
 * @param {DocumentFragment} made
 * @param {string} title
 * @param {import("./words.js").Words} words
 */
function settle(made, title, words) {
  const main = find("main");
  main.className = "frame result";
  main.replaceChildren(made);
  document.title = `${title} · 印信 Yinxin`;
  enliven(words);
  window.scrollTo(0, 0);
}

/** @param {import("./words.js").Words} words */
function enliven(words) {
  const asked = shown;
  keepLive(document, words, asked && (() => attempt(() => show(asked))));
  for (const button of document.querySelectorAll("button[data-print]")) {
    /** @type {HTMLElement} */ (button).hidden = false;
    button.addEventListener("click", () => window.print());
  }
  const again = document.querySelector(/** @type {"button"} */ ("button[data-ask-again]"));
  if (again && asked) {
    again.hidden = false;
    again.addEventListener("click", () => attempt(() => show(asked)));
  }
  document.querySelector(/** @type {"h1"} */ ("[data-focus]"))?.focus();
}

/** @param {string} text */
function say(text) {
  find("#progress").textContent = text;
}

/**
 * Does something that may fail, and says so in words.
 * @param {() => Promise<void>} what
 */
async function attempt(what) {
  document.body.setAttribute("aria-busy", "true");
  clearFault();
  find("#progress").classList.remove("stays");
  try {
    await what();
  } catch (error) {
    say("");
    await tell(error);
  } finally {
    document.body.removeAttribute("aria-busy");
  }
}

/** @param {unknown} error */
async function tell(error) {
  // What is no `Fault` of ours is a network that failed, or something unforeseen; neither says anything about a certificate.
  const fault = error instanceof Fault ? error : new Fault("page.failed", String(error), "typed");
  if (!(error instanceof Fault)) console.info(String(error));
  const words = await wordsOf(language()).catch(() => null);
  // Without the sentences all that is left is the one that the page was made with.
  const text = words ? words.say(fault.key, { example: "2026-01-31" }) : (find("#progress").dataset.failed ?? "");
  if (document.getElementById("scanned") && !shown) {
    tellScanned(text, true);
  } else if (words && document.getElementById("summary")) {
    showFault(fault, words);
  } else {
    find("#progress").classList.add("stays");
    say(text);
  }
}

/**
 * Has a text judged; what would lead elsewhere is not followed but shown.
 * @param {import("./asking.js").InSight} inSight
 * @param {string | null} on
 */
async function checkText({ text: brought, strangers }, on) {
  const text = codeWithin(brought);
  const address = addressIn(text);
  const judged = () => show({ text, file: null, on, strangers });
  if (!address || address.host === location.host) return judged();
  const official = await officialHosts();
  const known = official.some((host) => host.toLowerCase() === address.host);
  const isOdd = address.isMixed || address.isPunycode;
  if (address.isOurs && (known || (official.length === 0 && !isOdd))) return judged();
  const words = await wordsOf(language());
  const here = address.isOurs ? () => attempt(judged) : null;
  if (!isScanned()) history.pushState(null, "");
  shown = null;
  warn = (said) => settle(foreignWarning(address, official, said, here), said.say("page.foreign"), said);
  warn(words);
  say("");
}

/** @returns {Promise<string[]>} The registry's verifying hosts; none where this device does not know them. */
async function officialHosts() {
  try {
    const evidence = await pageJudge().evidence();
    await evidence.prepare({ withinMs: 4000, onProgress: () => {} });
    return /** @type {any} */ (evidence).hosts ?? [];
  } catch {
    // A browser that cannot check by itself knows no hosts; the service's report names them.
    return [];
  }
}

/** @param {File} file */
async function checkFile(file) {
  const on = askedDay(document.querySelector("#on"));
  const words = await wordsOf(language());
  say(words.say("page.reading"));
  URL.revokeObjectURL(picture);
  picture = "";
  const way = await wayOf(file);
  if (way.kind === "file") return show({ text: null, file, on });
  if (way.kind === "text") return checkText({ text: way.text, strangers: 0 }, on);
  picture = URL.createObjectURL(file);
  if (way.kind === "codes") return checkText(oneOf(way.texts), on);
  say("");
  offerToSend(file, on, words);
}

/**
 * Asks for leave to send a picture in which no code was found here.
 * @param {File} file
 * @param {string | null} on
 * @param {import("./words.js").Words} words
 */
function offerToSend(file, on, words) {
  const send = el("button", { type: "button", class: "button" }, words.say("page.send"));
  const other = el("button", { type: "button", class: "button quiet" }, words.say("page.other_picture"));
  const box = el(
    "div",
    { class: "offer", role: "group", "aria-labelledby": "offer", tabindex: "-1" },
    el("h2", { id: "offer" }, words.say("page.no_code_found")),
    el("p", {}, words.say("page.ask_send")),
    el("p", { class: "pair" }, send, " ", other),
  );
  send.addEventListener("click", () => attempt(() => show({ text: null, file, on })));
  other.addEventListener("click", () => {
    box.remove();
    find("#file").value = "";
    find("#file").click();
  });
  find("#summary").replaceChildren(box);
  box.focus();
}

async function scanNow() {
  const on = askedDay(document.querySelector("#on"));
  const words = await wordsOf(language());
  const texts = await scan(find("#scanner"), words);
  URL.revokeObjectURL(picture);
  picture = "";
  if (texts) await checkText(oneOf(texts), on);
}

function isScanned() {
  return SCANNED.includes(location.pathname);
}

/** Judges what stands behind # in the address that a telephone's own camera opened. */
async function checkScanned() {
  find("#scanned").hidden = true;
  const words = await wordsOf(language());
  if (!CODE.test(location.hash)) {
    tellScanned(words.say("page.no_code"), false);
    return;
  }
  // The digits alone: this very site is where the code has led.
  await show({ text: location.hash.slice(1), file: null, on: null, strangers: 0 });
}

/**
 * @param {string} text
 * @param {boolean} again Whether trying again may help.
 */
function tellScanned(text, again) {
  const problem = find("#scanned .problem");
  problem.textContent = text;
  problem.hidden = false;
  find("#scanned [data-retry]").hidden = !again;
  find("#scanned").hidden = false;
  problem.focus();
}

/** Takes the page to its other language, with what it shows. */
async function switchLanguage() {
  const words = await wordsOf(find("[data-switch]").lang);
  document.documentElement.lang = words.language;
  for (const said of document.querySelectorAll("[data-word]")) said.textContent = words.say(/** @type {any} */ (said).dataset.word);
  const link = find("[data-switch]");
  link.lang = link.hreflang = words.other;
  link.textContent = words.say("page.other_language");
  find("[data-home]").href = `/?lang=${words.language}`;
  if (shown) await show(shown);
  else if (warn) warn(words);
  else document.title = `${words.say("page.title")} · 印信 Yinxin`;
}

function begin() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("form.ask"));
  const day = () => askedDay(document.querySelector("#on"));
  if (form) {
    ready(form, {
      file: (file) => attempt(() => checkFile(file)),
      text: (text) => attempt(async () => checkText({ text, strangers: 0 }, day())),
      scan: () => attempt(scanNow),
      fault: (fault) => tell(fault),
    });
    find("[data-switch]").addEventListener("click", (/** @type {Event} */ event) => {
      event.preventDefault();
      attempt(switchLanguage);
    });
  }
  // The link moves the focus itself: an address's fragment is for codes, and another one would have the page loaded anew.
  find(".skip").addEventListener("click", (/** @type {Event} */ event) => {
    event.preventDefault();
    find("#main").focus();
  });
  takeAlong(() => wordsOf(language())).catch((error) => console.info(String(error)));
  window.addEventListener("popstate", () => location.reload());
  if (!isSite) {
    // One file on a disk has no other page to go to.
    document.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest("[data-home], [data-again]")) {
        event.preventDefault();
        location.reload();
      }
    });
  }
  if (isScanned()) {
    find("[data-retry]").addEventListener("click", () => attempt(checkScanned));
    window.addEventListener("hashchange", () => location.reload());
    attempt(checkScanned);
    return;
  }
  wordsOf(language()).then(enliven, () => {});
}

begin();
