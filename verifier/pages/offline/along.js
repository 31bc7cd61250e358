// What every page does to be there without a network: it puts itself on the device, gets the evidence ready while somebody
// still looks for the paper, and offers to take the pack along.

import { element as el } from "../page/elements.js";
import { install, whenRenewed } from "./install.js";
import { pageJudge } from "./judge.js";
import { wireTake } from "./take.js";

/** How long the first evidence may take before the page stops waiting for it; it goes on coming. */
const PREPARE_MS = 60_000;

/**
 * @param {() => Promise<import("../page/words.js").Words>} wordsNow In the language that the page is in.
 */
export async function takeAlong(wordsNow) {
  const version = /** @type {HTMLMetaElement | null} */ (document.querySelector("meta[name=yinxin-version]"))?.content;
  if (version) whenRenewed(version, async () => tellRenewed(await wordsNow()));
  install();
  const section = document.getElementById("take");
  if (!section) return;
  const judge = pageJudge();
  let end = await wireTake(section, judge, await wordsNow());
  new MutationObserver(async () => {
    end();
    end = await wireTake(section, judge, await wordsNow());
  }).observe(document.documentElement, { attributeFilter: ["lang"] });
  // Who pays for every byte has the pack loaded when it is needed, and not before.
  if (!(/** @type {any} */ (navigator).connection?.saveData)) await prepare(judge);
}

/**
 * Says above the page that there is a newer one, and leaves it to whoever reads it when to load that.
 * @param {import("../page/words.js").Words} words
 */
function tellRenewed(words) {
  if (document.getElementById("renewed")) return;
  const load = el("button", { type: "button", class: "button quiet", "data-word": "take.load_renewed" }, words.say("take.load_renewed"));
  load.addEventListener("click", () => location.reload());
  const said = el("p", { id: "renewed-said", role: "status", "data-word": "take.renewed" });
  document.getElementById("main")?.before(el("aside", { id: "renewed", class: "renewed frame", "aria-labelledby": said.id }, said, load));
  // Only what changes on the page is read aloud.
  said.textContent = words.say("take.renewed");
}

/** @param {import("./judge.js").Judge} judge */
async function prepare(judge) {
  try {
    const evidence = await judge.evidence();
    await evidence.prepare({ withinMs: PREPARE_MS, onProgress: () => {} });
  } catch (error) {
    // Nobody has asked anything yet: whoever does is told.
    console.info(String(error));
  }
}
