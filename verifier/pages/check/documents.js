// Check 7, document: of codes and texts there is no page to compare, only the host to which a code leads telephones. PDF
// files and pictures are the service's to read.

import { check as made } from "./report.js";
import { message } from "./wording.js";

/** @typedef {import("./presented.js").Presented} Presented */
/** @typedef {import("./report.js").Check} Check */

/**
 * Says that the paper itself was not compared, or that its code leads elsewhere.
 * @param {Presented} presented
 * @param {import("./knowledge.js").Snapshot | null} snapshot
 * @returns {Check}
 */
export function check(presented, snapshot) {
  const key = presented.foreignCodes ? "document.other_codes" : "document.none";
  return ledElsewhere(presented, snapshot) ?? made("document", "SKIPPED", message(key));
}

/**
 * Says that the code leads telephones to a site that the council never listed; null if it listed none at all.
 * @param {Presented} presented
 * @param {import("./knowledge.js").Snapshot | null} snapshot
 */
function ledElsewhere({ codes }, snapshot) {
  const host = hostOf(codes[0] ?? "");
  const official = snapshot === null ? [] : snapshot.hostsEver();
  if (host === null || !official.length || isOneOf(host, official)) return null;
  const listed = official.join(", ");
  const difference = { what: { key: "document.host" }, signed: listed, shown: host };
  const said = message("document.led_elsewhere", { host, official: listed });
  return made("document", "FAILED", said, ["INCOMPLETE"], [difference]);
}

/**
 * Returns the host that a code names; null for one that is nothing but digits.
 * @param {string} text
 */
export function hostOf(text) {
  const [scheme, ...rest] = text.split("://");
  return scheme && rest.length ? rest.join("://").split("/")[0] : null;
}

/**
 * @param {string} host
 * @param {string[]} official
 */
export function isOneOf(host, official) {
  return official.some((each) => each.toLowerCase() === host.toLowerCase());
}
