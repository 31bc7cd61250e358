// The verification procedure where a certificate is looked at: verifier/check/verification.py and what it stands on, in
// JavaScript. Nothing here asks a network, a clock, a store or a page; what is known and what time it is come in.

import { hex } from "../evidence/bytes.js";
import { requireTime } from "../evidence/demands.js";
import { EvidenceError } from "../evidence/errors.js";
import { today } from "./calendar.js";
import * as form from "./form.js";
import { moment } from "./moments.js";
import { dayFault } from "./offline.js";
import { presentedOf } from "./reading.js";
import { checkReceipt } from "./receipt.js";
import { ServedSnapshot } from "./served.js";
import { unforeseen, verify } from "./verification.js";
import { message } from "./wording.js";

export { EvidenceError } from "../evidence/errors.js";
export { shortNumber } from "../evidence/short_number.js";
export { readTrustList, verifyTrustList } from "../evidence/trust_list.js";
export { asJson, heading, nextStep } from "./answer.js";
export { makeBasis } from "./offline.js";
export { readFile, readInput } from "./reading.js";
export { checkReceipt, readReceipt, receiptIn } from "./receipt.js";
export { colourOf, verdictOf } from "./report.js";
export { say } from "./wording.js";

/** @typedef {import("./form.js").Formed} Formed */
/** @typedef {import("./moments.js").Moment} Moment */
/** @typedef {import("./offline.js").Basis} Basis */
/** @typedef {import("./reading.js").Input} Input */
/** @typedef {import("./report.js").Report} Report */
/** @typedef {import("./verification.js").Known} Known */
/** @typedef {import("./wording.js").Message} Message */

/** How much of a leaf a service is asked for, in hexadecimal digits: among a million certificates, fifteen begin alike. */
const PREFIX_DIGITS = 4;

/**
 * Checks with what is on this device alone; `proofs` came with the input, and one that does not fit speaks against it.
 * @param {Input} input
 * @param {Basis} basis
 * @param {{on?: string | null, now: Date, proofs?: Uint8Array[]}} asked
 * @returns {Promise<Report>}
 */
export function checkOffline(input, basis, { on = null, now, proofs = [] }) {
  const { grounds, snapshot, trust, knownType } = basis;
  return answered(input, on, now, grounds.offline, async (when) => {
    if (input.kind === "receipt") return checkReceipt(input.text, basis, { now, on: when.day });
    const late = on === null ? null : dayFault(basis, when.day);
    if (late) return late;
    const known = { snapshot, grounds, trust, knownType, moment: when };
    const report = await verify(presentedOf(input, proofs), known, input.kind);
    // Types come with a pack. Without one none is known, which says nothing about the certificate.
    const isUnknownType = report.checks.some(({ message: said }) => said.key === "form.unknown_type");
    return snapshot === null && isUnknownType ? grounds.silence : report;
  });
}

/**
 * Checks with what a service answered about the beginning of the leaf, and believes of it what the checkpoint bears out.
 * @param {Input} input
 * @param {Basis} basis
 * @param {unknown} answer What `/api/v1/leaves?prefix=` answered, parsed; null where `prefixOf` gives nothing to ask for.
 * @param {{on?: string | null, now: Date}} asked
 * @returns {Promise<Report>}
 */
export function checkOnline(input, basis, answer, { on = null, now }) {
  const { snapshot: checkpoint, trust, knownType, fault } = basis;
  return answered(input, on, now, null, async (when) => {
    // No service is asked about one: the trust list says whose receipts are believed.
    if (input.kind === "receipt") return checkReceipt(input.text, basis, { now, on: when.day, offline: false });
    if (checkpoint === null) return fault ?? message("registry.never_reached");
    const presented = presentedOf(input);
    const formed = await form.check(presented, knownType);
    const { agency = null, leaf = null } = formed.claimed ?? {};
    const asked = { prefix: beginningOf(formed), agency, leaf };
    const snapshot = await ServedSnapshot.of(answer ?? null, asked, checkpoint);
    return verify(presented, { snapshot, grounds: null, trust, knownType, moment: when }, input.kind, formed);
  });
}

/**
 * Returns which leaves a service is to be asked about: the 16 bits with which the input's begins, in hexadecimal; null
 * where there is no leaf to be found in it.
 * @param {Input} input
 * @returns {Promise<string | null>}
 */
export async function prefixOf(input) {
  try {
    const leaf = await form.leafOf(presentedOf(input));
    return leaf && hex(leaf).slice(0, PREFIX_DIGITS);
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return null;
  }
}

/** @param {Formed} formed */
function beginningOf({ claimed, short }) {
  const leaf = claimed?.leaf ?? short?.prefix;
  return leaf ? hex(leaf).slice(0, PREFIX_DIGITS) : null;
}

/**
 * Answers with a report, whatever happens.
 * @param {Input} input
 * @param {string | null} on
 * @param {Date} now
 * @param {import("./evidence.js").Offline | null} offline
 * @param {(when: Moment) => Promise<Report | Message>} answer A report, or why there is none.
 * @returns {Promise<Report>}
 */
async function answered(input, on, now, offline, answer) {
  requireTime(now);
  const asked = { day: today(now), now };
  const name = typeof input?.kind === "string" ? input.kind : "";
  try {
    const when = moment(on, now);
    const found = await answer(when);
    return "checks" in found ? found : unforeseen(when, name, offline, found);
  } catch (error) {
    // Whoever asks about a certificate gets a report: CANNOT_CHECK, never VALID.
    const isDay = error instanceof EvidenceError && error.reason === "InvalidInput";
    return unforeseen(asked, name, offline, isDay ? message("page.bad_day", { example: asked.day }) : undefined);
  }
}
