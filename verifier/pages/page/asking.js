// The form: what somebody chooses, types, drops or pastes becomes one question.

import { FIRST_DAY } from "../check/moments.js";
import { addressIn } from "./address.js";
import { find } from "./elements.js";
import { Fault } from "./faults.js";

const DIGITS = /^[0-9]{40,}$/;
const CHINA_MS = 8 * 3_600_000;

/**
 * What the form leads to.
 * @typedef {object} Doing
 * @property {(file: File) => void} file
 * @property {(text: string) => void} text
 * @property {() => void} scan
 * @property {(fault: Fault) => void} fault
 */

/**
 * Lets the form do without loading a page anew.
 * @param {HTMLFormElement} form
 * @param {Doing} doing
 */
export function ready(form, doing) {
  const [file, typed, certified] = ["#file", "#typed", "#certified_file"].map((selector) => find(selector, form));
  const scan = find("#scan", form);
  scan.hidden = false;
  scan.addEventListener("click", doing.scan);
  find(".drop-hint", form).hidden = false;
  document.documentElement.classList.add("scripted");
  form.addEventListener("submit", (event) => {
    // Two files at once go the way they go without scripts.
    if (certified.files.length > 0) return;
    event.preventDefault();
    const text = typed.value.trim();
    const [chosen] = file.files;
    if (chosen && text) doing.fault(new Fault("page.two_things", "", "typed"));
    else if (chosen) doing.file(chosen);
    else if (text) doing.text(text);
    else doing.fault(new Fault("page.no_file", "", "typed"));
  });
  file.addEventListener("change", () => {
    if (file.files.length > 0 && !find("#with-file", form).open) doing.file(file.files[0]);
  });
  takeDropped(form, doing);
  takePasted(doing);
}

/**
 * @param {HTMLFormElement} form
 * @param {Doing} doing
 */
function takeDropped(form, doing) {
  document.addEventListener("dragover", (event) => {
    if (!form.isConnected) return;
    event.preventDefault();
    form.classList.add("dragging");
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) form.classList.remove("dragging");
  });
  document.addEventListener("drop", (event) => {
    if (!form.isConnected) return;
    event.preventDefault();
    form.classList.remove("dragging");
    take(event.dataTransfer, doing);
  });
}

/** @param {Doing} doing */
function takePasted(doing) {
  document.addEventListener("paste", (event) => {
    if (!find("main").classList.contains("start")) return;
    const isField = event.target instanceof HTMLInputElement;
    // What is pasted into a field stays there, unless it is a picture, which no field takes.
    if (isField && !event.clipboardData?.files.length) return;
    event.preventDefault();
    take(event.clipboardData, doing);
  });
}

/**
 * @param {DataTransfer | null} transfer
 * @param {Doing} doing
 */
function take(transfer, doing) {
  const [file] = transfer?.files ?? [];
  const text = transfer?.getData("text/plain").trim() ?? "";
  if (file) doing.file(file);
  else if (text) doing.text(text);
}

/**
 * Returns the day that is asked about; null for today.
 * @param {HTMLInputElement | null} field
 * @returns {string | null} Fails with a `Fault`.
 */
export function askedDay(field) {
  if (!field) return null;
  const today = new Date(Date.now() + CHINA_MS).toISOString().slice(0, 10);
  const isKnown = FIRST_DAY <= field.value && field.value <= today;
  if (field.validity.badInput || (field.value && !isKnown)) throw new Fault("page.bad_day", field.value, "on");
  return field.value || null;
}

/**
 * What to judge of all that is in sight. @typedef {{text: string, strangers: number}} InSight How many codes beside it are
 *   somebody else's.
 */

/**
 * Chooses what to judge of all that is in sight.
 * @param {string[]} texts At least one.
 * @returns {InSight} Fails with a `Fault`.
 */
export function oneOf(texts) {
  const ours = texts.filter((text) => DIGITS.test(text) || addressIn(text)?.isOurs);
  if (ours.length > 1) throw new Fault("page.several_codes");
  return ours.length === 0 ? { text: texts[0], strangers: 0 } : { text: ours[0], strangers: texts.length - 1 };
}
