// Checks 2, 5 and 6 of the procedure: whose signature it is, which status counts, and whether the day lies within the dates.
// Python has them in verification.py.

import { equal, hex } from "../evidence/bytes.js";
import { verifyCertificate } from "../evidence/certificate.js";
import { verifyCode } from "../evidence/code.js";
import { verifyCopy } from "../evidence/copy.js";
import { hourOf, timeOfHour } from "./calendar.js";
import * as copied from "./copied.js";
import { isOf } from "./errors.js";
import { lastDayBefore } from "./moments.js";
import { check } from "./report.js";
import { ServedSnapshot } from "./served.js";
import * as tracks from "./tracks.js";
import { day, message, time, words } from "./wording.js";

/** @typedef {import("./form.js").Claimed} Claimed */
/** @typedef {import("./knowledge.js").ListedKey} ListedKey */
/** @typedef {import("./knowledge.js").Snapshot} Snapshot */
/** @typedef {import("./moments.js").Moment} Moment */
/** @typedef {import("./report.js").Check} Check */
/** @typedef {import("./tracks.js").Entry} Entry */
/** @typedef {import("./type_file.js").CertificateType} CertificateType */

/**
 * Check 2, first half: a certificate names the registry that it was made for. A code has it in its signature.
 * @param {Claimed} claimed
 * @param {{registryId: Uint8Array, chainId: number} | null} ours
 */
export function foreignOf({ certificate, opened }, ours) {
  const named = certificate?.credential ?? opened?.credential ?? null;
  if (ours === null || named === null) return null;
  if (equal(named.registryId, ours.registryId) && named.chainId === ours.chainId) return null;
  const said = message("signature.other_registry", {
    registry: hex(named.registryId),
    chain: named.chainId,
    our_registry: hex(ours.registryId),
    our_chain: ours.chainId,
  });
  return check("signature", "FAILED", said, ["UNSUPPORTED"]);
}

/**
 * Check 2, second half: only a key that the registry lists for that agency is even tried.
 * @param {Claimed} claimed
 * @param {Snapshot} snapshot
 * @returns {Promise<[Check, ListedKey | null]>}
 */
export async function checkSignature(claimed, snapshot) {
  const { certificate, code, copy, agency, kidPrefix } = claimed;
  const { registryId } = snapshot.identity;
  const keys = snapshot.keys(agency, kidPrefix);
  if (!keys.length) return [keyNotListed(claimed, snapshot), null];
  for (const key of keys) {
    try {
      if (certificate) await verifyCertificate(certificate, key.publicKey);
      else if (code) await verifyCode(code, key.publicKey, registryId);
      else if (copy) await verifyCopy(copy, key.publicKey, registryId);
    } catch (error) {
      if (!isOf(error, "SignatureInvalid")) throw error;
      continue;
    }
    if (copy) return copied.checkKey(copy, claimed, key, snapshot);
    const said = message("signature.good", { kid: hex(key.kid.subarray(0, 8)) });
    return [check("signature", "PASSED", said), key];
  }
  return [check("signature", "FAILED", message("signature.bad"), ["ALTERED"]), null];
}

/**
 * Says that the registry lists no such key. Where a service says that the certificate was anchored after the checkpoint,
 * its key may have been listed after it, too, and nobody can tell.
 * @param {Claimed} claimed
 * @param {Snapshot} snapshot
 */
function keyNotListed({ agency, kidPrefix, leaf }, snapshot) {
  const kid = hex(kidPrefix.subarray(0, 8));
  if (snapshot instanceof ServedSnapshot && snapshot.laterOf(agency, leaf).length) {
    const block = snapshot.checkpoint.head.number;
    return check("signature", "UNKNOWN", message("service.key_not_proven_yet", { agency, kid, block }));
  }
  const said = message("signature.key_not_listed", { agency, kid });
  return check("signature", "FAILED", said, ["ISSUER_NOT_AUTHORISED"]);
}

/**
 * Check 5: the gravest entry in force is told here; the report lists all.
 * @param {Entry[]} entries
 * @param {Moment} moment
 * @param {CertificateType} known
 * @param {Snapshot} snapshot
 */
export function checkStatus(entries, moment, known, snapshot) {
  /** @param {Entry[]} those */
  const gravestInForce = (those) => {
    return Math.min(...tracks.against(those, moment).map(({ record }) => record.track));
  };
  const asked = day(moment.day);
  if (hangsOnTimes(entries, snapshot, gravestInForce)) {
    return check("status", "UNKNOWN", message("status.times_unvouched", { day: asked }));
  }
  const inForce = tracks.against(entries, moment);
  if (inForce.length) {
    const gravest = inForce.reduce((worst, each) => (each.record.track < worst.record.track ? each : worst));
    const { track, fromHour, timestamp } = gravest.record;
    const said = message("status.against", {
      words: words(known.statusWords[track]),
      since: time(timeOfHour(fromHour)),
      recorded: time(timestamp),
    });
    const reasons = [...new Set(inForce.map(({ record }) => tracks.VERDICTS[record.track]))];
    return check("status", "FAILED", said, reasons);
  }
  const isDated = snapshot.isDated(moment.now);
  if (!snapshot.isCheckpoint && !isDated) return check("status", "PASSED", message("status.good", { day: asked }));
  const { number, timestamp } = (snapshot instanceof ServedSnapshot ? snapshot.checkpoint : snapshot).head;
  const said = message("status.good_as_of", { known: time(timestamp), block: number, day: asked });
  return check("status", "PASSED", said, isDated ? ["SIGNED"] : []);
}

/**
 * Whether an answer hangs on when entries were recorded, and nobody who is trusted says when.
 * @param {Entry[]} entries
 * @param {Snapshot} snapshot
 * @param {(those: Entry[]) => unknown} answer
 */
function hangsOnTimes(entries, snapshot, answer) {
  if (snapshot.timesVouched) return false;
  return tracks.hangsOnTimes(entries, hourOf(snapshot.head.timestamp), answer);
}

/**
 * Check 6: calendar days in China, the last one included.
 * @param {{firstDay: string, lastDay: string | null}} validity
 * @param {Entry[]} entries
 * @param {Moment} moment
 * @param {Snapshot | null} snapshot
 */
export function checkValidity({ firstDay, lastDay }, entries, moment, snapshot) {
  const first = day(firstDay);
  const asked = day(moment.day);
  if (moment.day < firstDay) {
    return check("validity", "FAILED", message("validity.not_yet", { day: asked, first }), ["NOT_YET_VALID"]);
  }
  if (lastDay === null) return check("validity", "PASSED", message("validity.open", { first }));
  const last = day(lastDay);
  if (moment.day <= lastDay) return check("validity", "PASSED", message("validity.good", { first, last }));
  /** @param {Entry[]} those */
  const isDeemedExtended = (those) => tracks.renewal(those, moment) !== null;
  if (snapshot !== null && hangsOnTimes(entries, snapshot, isDeemedExtended)) {
    return check("validity", "UNKNOWN", message("status.times_unvouched", { day: asked }));
  }
  const renewal = tracks.renewal(entries, moment);
  if (renewal === null) {
    return check("validity", "FAILED", message("validity.expired", { day: asked, last }), ["EXPIRED"]);
  }
  const until = day(lastDayBefore(renewal.record.untilHour));
  return check("validity", "FAILED", message("validity.renewal_pending", { last, until }), ["RENEWAL_PENDING"]);
}
