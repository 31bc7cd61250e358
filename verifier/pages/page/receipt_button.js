// «Receipt» on a verdict's page: hands what was checked to the service, which checks it once more and signs the answer.
// Until then, a page that checks by itself has told nobody what it looked at.

import { element as el } from "./elements.js";

/**
 * @param {any} report As `/api/v1/verify` gives it.
 * @param {{text: string | null, file: File | null, on: string | null}} asked What was handed in here.
 * @param {import("./words.js").Words} words
 */
export function offerReceipt(report, { text, file, on }, words) {
  const place = document.getElementById("receipt");
  if (!place || report.verdict === "UNREADABLE" || (text === null && file === null)) return;
  const form = /** @type {HTMLFormElement} */ (
    el(
      "form",
      {
        id: "receipt",
        method: "post",
        action: `/receipt?lang=${words.language}`,
        enctype: "multipart/form-data",
        title: words.say("receipt.sends"),
      },
      on && el("input", { type: "hidden", name: "on", value: on }),
      text !== null && el("input", { type: "hidden", name: "typed", value: text }),
      el("button", { class: "button quiet", type: "submit" }, words.say("receipt.get")),
    )
  );
  if (file !== null) form.prepend(fieldOf(file));
  place.replaceWith(form);
}

/** @param {File} file */
function fieldOf(file) {
  const field = /** @type {HTMLInputElement} */ (el("input", { type: "file", name: "file", hidden: true }));
  const carried = new DataTransfer();
  carried.items.add(file);
  field.files = carried.files;
  return field;
}
