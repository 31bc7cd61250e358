// What went wrong, in words, on top of the page, with the focus on it.

import { element as el, find } from "./elements.js";

/** The page's title before it told of a fault; empty where it tells of none. */
let titled = "";

/** What somebody can be told about: a sentence's key, and which field it is about. */
export class Fault extends Error {
  /**
   * @param {string} key
   * @param {string} [message] For whoever looks for the cause.
   * @param {string} [field] The id of the field.
   */
  constructor(key, message = key, field = "file") {
    super(message);
    this.name = "Fault";
    this.key = key;
    this.field = field;
  }
}

/**
 * @param {{key: string, field: string}} fault
 * @param {import("./words.js").Words} words
 */
export function showFault({ key, field }, words) {
  const summary = el(
    "div",
    { class: "summary", role: "alert", tabindex: "-1" },
    el("h2", {}, words.say("page.fault")),
    el("p", {}, el("a", { href: `#${field}` }, words.say(key, { example: "2026-01-31" }))),
  );
  clearFault();
  titled = document.title;
  find("#summary").append(summary);
  const wrong = document.getElementById(field);
  wrong?.closest(".field")?.classList.add("wrong");
  wrong?.closest("details")?.setAttribute("open", "");
  // The link moves the focus itself: an address's fragment is for codes.
  find("a", summary).addEventListener("click", (/** @type {Event} */ event) => {
    event.preventDefault();
    wrong?.focus();
  });
  document.title = `${words.say("page.error_prefix")}: ${words.say("page.fault")} · ${words.say("page.title")} · 印信 Yinxin`;
  summary.focus();
}

/** Takes away what was wrong before. */
export function clearFault() {
  document.getElementById("summary")?.replaceChildren();
  if (titled) document.title = titled;
  titled = "";
  for (const field of document.querySelectorAll(".field.wrong")) field.classList.remove("wrong");
}
