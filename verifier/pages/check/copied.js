// What a limited copy must be besides what its certificate must: signed by a key that still counts, and of its days. When
// a copy was signed, only the copy says; so a key that was cut off vouches for none, whenever it was.

import { hex } from "../evidence/bytes.js";
import { HOUR_S, dayAfter, firstHour } from "./calendar.js";
import { NO_CUT_OFF } from "./knowledge.js";
import { VERDICTS, check } from "./report.js";
import { day, message } from "./wording.js";

/** @typedef {import("../evidence/copy.js").LimitedCopy} LimitedCopy */
/** @typedef {import("./knowledge.js").ListedKey} ListedKey */
/** @typedef {import("./report.js").Check} Check */

/**
 * Check 2 for a copy whose signature is good; returns the certificate's own key with it, where that is known.
 * @param {LimitedCopy} copy
 * @param {import("./form.js").Claimed} claimed
 * @param {ListedKey} key
 * @param {import("./knowledge.js").Snapshot} snapshot
 * @returns {[Check, ListedKey | null]}
 */
export function checkKey(copy, claimed, key, snapshot) {
  const fault = faultOfKey(copy, key);
  if (fault) return [check("signature", "FAILED", fault, ["ISSUER_NOT_AUTHORISED"]), null];
  const kid = hex(key.kid.subarray(0, 8));
  if (claimed.opened === null) {
    return [check("signature", "PASSED", message("signature.copy_alone", { kid }), ["INCOMPLETE"]), null];
  }
  const [own] = snapshot.keys(claimed.agency, claimed.opened.kid);
  if (!own) {
    const named = { agency: claimed.agency, kid: hex(claimed.opened.kid.subarray(0, 8)) };
    return [check("signature", "FAILED", message("signature.key_not_listed", named), ["ISSUER_NOT_AUTHORISED"]), null];
  }
  return [check("signature", "PASSED", message("signature.copy", { kid })), own];
}

/**
 * Check 6: a copy's own days; what `validity` says of the certificate's counts as well.
 * @param {LimitedCopy | null} copy
 * @param {Check} validity
 * @param {import("./moments.js").Moment} moment
 * @returns {Check}
 */
export function checkDays(copy, validity, moment) {
  if (copy === null || validity.outcome === "UNKNOWN") return validity;
  const { made, expires } = copy.content;
  const [reason, key] =
    moment.day > expires
      ? ["EXPIRED", "validity.copy_expired"]
      : moment.day < made
        ? ["NOT_YET_VALID", "validity.copy_not_yet"]
        : ["", ""];
  if (!reason) {
    if (validity.outcome !== "PASSED") return validity;
    return { ...validity, message: message("validity.copy", { made: day(made), last: day(expires) }) };
  }
  if (validity.reasons.some((own) => VERDICTS.indexOf(own) <= VERDICTS.indexOf(reason))) {
    // The certificate itself is no better; that is what people are told.
    return validity;
  }
  const said = message(key, { day: day(moment.day), made: day(made), last: day(expires) });
  return check("validity", "FAILED", said, [reason, ...validity.reasons]);
}

/**
 * @param {LimitedCopy} copy
 * @param {ListedKey} key
 */
function faultOfKey({ content: { made } }, { cutOffBlock, validFrom, validUntil }) {
  if (cutOffBlock !== NO_CUT_OFF) return message("signature.copy_key_cut_off", { cut_off: cutOffBlock });
  const [begins, ends] = [made, dayAfter(made)].map((each) => firstHour(each) * HOUR_S);
  if (ends <= validFrom || (validUntil && begins >= validUntil)) {
    return message("signature.copy_key_out_of_date", { made: day(made) });
  }
  return null;
}
