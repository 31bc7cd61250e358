// «Watch» on a verdict's page: puts the certificate on the list that this device keeps, or takes it off.

import { element as el } from "../page/elements.js";
import { change, isLasting, read } from "./kept.js";
import { added, completed, entryOf, has, removed } from "./list.js";

/**
 * @param {any} report As `/api/v1/verify` gives it.
 * @param {import("../page/words.js").Words} words
 */
export async function offerToWatch(report, words) {
  const place = document.getElementById("watch");
  const entry = entryOf(report);
  if (!place || !entry) return;
  const list = await read();
  // What this page alone remembers, the list's page would not know.
  if (!(await isLasting())) return;
  const button = el("button", { type: "button", class: "button quiet" });
  const where = el("a", { class: "watch-link", href: `/watch?lang=${words.language}` }, words.say("watch.see"));
  let isWatched = has(list, entry.leaf);
  // What the list did not know of it, as one that an earlier version of this page kept, the verdict tells.
  if (isWatched) await change((kept) => completed(kept, entry));
  const show = () => {
    button.textContent = words.say(isWatched ? "watch.stop" : "watch.start");
    button.setAttribute("aria-pressed", String(isWatched));
    where.hidden = !isWatched;
  };
  button.addEventListener("click", async () => {
    const now = await change((kept) => (isWatched ? removed(kept, entry.leaf) : added(kept, entry)));
    isWatched = has(now, entry.leaf);
    show();
    if (!(await isLasting())) place.replaceChildren(el("span", { class: "hint", role: "status" }, words.say("watch.no_room")));
  });
  show();
  place.replaceChildren(button, " ", where);
  place.hidden = false;
}
