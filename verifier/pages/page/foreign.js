// The warning about a code that leads elsewhere.

import { element as el, isolated } from "./elements.js";

/**
 * @param {import("./address.js").Address} address
 * @param {string[]} official The registry's verifying hosts, as far as they are known.
 * @param {import("./words.js").Words} words
 * @param {(() => void) | null} check Checks what stands in it here, where it has the form of a code.
 * @returns {DocumentFragment} What `main` holds.
 */
export function foreignWarning({ host, written, isMixed, isPunycode }, official, words, check) {
  const made = document.createDocumentFragment();
  const names = host === written || !written ? [host] : [written, host];
  const button = check && el("button", { type: "button", class: "button quiet" }, words.say("page.foreign_check"));
  if (button && check) button.addEventListener("click", check);
  made.append(
    el(
      "section",
      { class: "foreign", "aria-labelledby": "verdict" },
      el("h1", { id: "verdict", tabindex: "-1", "data-focus": true }, words.say("page.foreign")),
      el("p", {}, words.say("page.foreign_lead")),
      el(
        "dl",
        {},
        el(
          "div",
          { class: "host" },
          el("dt", {}, words.say("page.foreign_host")),
          names.map((name) => el("dd", {}, isolated(name || words.say("page.foreign_none")))),
        ),
        official.length > 0 &&
          el(
            "div",
            {},
            el("dt", {}, words.say("page.foreign_official")),
            official.map((name) => el("dd", {}, isolated(name))),
          ),
      ),
      isMixed && el("p", { class: "odd" }, words.say("page.foreign_mixed")),
      isPunycode && el("p", { class: "odd" }, words.say("page.foreign_punycode")),
      el("p", {}, words.say("page.foreign_do")),
    ),
    el(
      "div",
      { class: "actions" },
      el("a", { class: "button", href: `/?lang=${words.language}`, "data-again": true }, words.say("page.again")),
      button,
    ),
  );
  return made;
}
