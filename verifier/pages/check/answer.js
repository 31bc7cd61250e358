// A report in words: its heading and next step, and its JSON as the API and the command line give it.

import { hex } from "../evidence/bytes.js";
import { dayOf, isoTime, today } from "./calendar.js";
import { timesOf } from "./evidence.js";
import { TRACKS } from "./knowledge.js";
import { blockAge, colourOf, isTest, verdictOf } from "./report.js";
import { warnings } from "./spelling.js";
import { VERDICTS } from "./tracks.js";
import { day, message, say, show } from "./wording.js";

/** @typedef {import("./report.js").Check} Check */
/** @typedef {import("./report.js").Report} Report */
/** @typedef {import("./wording.js").Argument} Argument */
/** @typedef {import("./wording.js").Sentences} Sentences */

/** For a date that a heading names and the report does not know; no verdict comes to that. */
const UNKNOWN = "…";
const DAY_S = 86_400;
/** Whose offline headings say themselves as of when, or nothing about the register; the others have it added. */
const WITHOUT_AS_OF = ["VALID", "SIGNED", "UNREADABLE", "UNSUPPORTED"];
/** Headings that say what is so now; an answer about a past day has others in their place, which name the day. */
const OF_NOW = [
  "INCOMPLETE",
  "INCOMPLETE.copy",
  "INCOMPLETE.copy_short",
  "INCOMPLETE.document",
  "INCOMPLETE.withheld",
  "NOT_YET_VALID",
  "SIGNED",
  "SIGNED.dated",
  "SIGNED.dated_online",
  "VALID",
  "VALID.copy",
  "VALID.offline",
];
/** Messages by which only the copy falls short. */
const OF_COPIES = ["signature.copy_alone", "validity.copy_expired", "validity.copy_not_yet"];
/** What of a service's answer need be no lie, but is not enough either: one of several servers may lag a little. */
const NO_LIES = [
  "service.not_proven_yet",
  "service.key_not_proven_yet",
  "service.stale",
  "service.clock",
  "service.behind_checkpoint",
];

/**
 * Says the verdict in one line, with its date.
 * @param {Report} report
 * @param {string} language
 * @param {Sentences} sentences
 */
export function heading(report, language, sentences) {
  const { subject, offline, register } = report;
  const verdict = verdictOf(report.checks);
  if ("receipt" in report) return headingOfReceipt(report, verdict, language, sentences);
  const decisive = subject.statuses.find(({ inForce, track }) => inForce && VERDICTS[track] === verdict);
  const renewal = subject.statuses.find(({ inForce, ends }) => inForce && ends !== null)?.ends ?? null;
  const ends = decisive?.ends ?? null;
  const starts = decisive?.starts ?? null;
  const { copy } = subject;
  const asOf = asOfWhen(report, language, sentences);
  const given = {
    day: day(report.on),
    first: subject.validFrom === null ? UNKNOWN : day(subject.validFrom),
    last: subject.validUntil === null ? UNKNOWN : day(subject.validUntil),
    since: starts === null ? UNKNOWN : day(dayOf(starts)),
    until: renewal === null ? UNKNOWN : lastDay(renewal),
    until_words:
      ends === null ? "" : say(message("verdict.until_words", { until: lastDay(ends) }), language, sentences),
    agency: decisive?.decidedBy || UNKNOWN,
    ...(copy && { copy_first: day(copy.made), copy_last: day(copy.expires) }),
    ...asOf,
  };
  let said = say(message(keyOf(report, verdict, decisive), given), language, sentences);
  if (copy) {
    const signed = report.checks.some(({ name, outcome }) => name === "signature" && outcome === "PASSED");
    const { recipient, purpose, expires } = copy;
    const told = { recipient, purpose, copy_last: day(expires), said };
    said = say(message(signed ? "verdict.copy" : "verdict.copy_unconfirmed", told), language, sentences);
  }
  if (offline === null || register === null || WITHOUT_AS_OF.includes(verdict)) return said;
  return said + say(message("verdict.as_of", asOf), language, sentences);
}

/**
 * Says what to do now.
 * @param {Report} report
 * @param {string} language
 * @param {Sentences} sentences
 */
export function nextStep(report, language, sentences) {
  const verdict = verdictOf(report.checks);
  if ("receipt" in report) return say(message(`receipt.next.${verdict}`), language, sentences);
  let variant = "";
  if (verdict === "CANNOT_CHECK" && report.offline !== null) variant = ".offline";
  else if (isAboutTheService(report, verdict)) variant = variantOf(report, verdict);
  else if (verdict === "INCOMPLETE" && isAboutTheDocument(report)) variant = ".document";
  else if (verdict === "VALID" && report.subject.copy) variant = ".copy";
  else if (["INCOMPLETE", "EXPIRED", "NOT_YET_VALID"].includes(verdict) && isAboutTheCopy(report, verdict)) {
    variant = ".copy";
  }
  return say(message(`next.${verdict}${variant}`), language, sentences);
}

/**
 * Returns the report as JSON; words are in the language, names of languages and verdicts are the same in both.
 * @param {Report} report
 * @param {string} language
 * @param {Sentences | {[language: string]: Sentences}} locales A locale's sentences, or all locales' by language.
 */
export function asJson(report, language, locales) {
  const sentences = /** @type {Sentences} */ (typeof locales[language] === "object" ? locales[language] : locales);
  const { subject, register, offline, checks } = report;
  // A trust list names its registry even where nothing else could be believed.
  const asked = register ?? offline?.trust ?? null;
  const verdict = verdictOf(checks);
  const age = blockAge(report);
  return {
    input: report.input,
    verdict,
    colour: colourOf(verdict),
    heading: heading(report, language, sentences),
    next_step: nextStep(report, language, sentences),
    checks: checks.map((check) => checkOf(check, language, sentences)),
    facts: subject.facts,
    claims: Object.fromEntries(subject.items.map(({ key, texts }) => [key, texts[language]])),
    items: subject.items.map(({ key, labels, texts, isFact, role }) => {
      return { key, label: labels[language], text: texts[language], fact: isFact, role };
    }),
    agency: subject.agency,
    type: subject.type,
    number: subject.number,
    valid_from: subject.validFrom,
    valid_until: subject.validUntil,
    kid: subject.kid8 && hex(subject.kid8),
    leaf: subject.leaf && hex(subject.leaf),
    short_number: subject.shortNumber,
    anchored: subject.anchored && {
      block_number: subject.anchored.blockNumber,
      at: isoTime(subject.anchored.at),
      root: hex(subject.anchored.root),
      sequence: subject.anchored.sequence,
    },
    copy: subject.copy && copyOf(subject.copy),
    pdf_signatures: [],
    warnings: warnings(report).map((each) => ({ message_id: each.key, message: say(each, language, sentences) })),
    certified_files: subject.certifiedFiles.map(({ digest, mediaType, isGiven }) => {
      return { sha256: hex(digest), media_type: mediaType, given: isGiven };
    }),
    statuses: subject.statuses.map(statusOf),
    replaced_by: subject.replacedBy && {
      leaf: hex(subject.replacedBy.leaf),
      short_number: subject.replacedBy.shortNumber,
      from: isoTime(subject.replacedBy.starts),
    },
    on: report.on,
    known_at: register && isoTime(register.blockTime),
    checked_at: isoTime(Math.floor(report.checkedAt / 1000)),
    chain_id: asked && asked.chainId,
    registry: asked && `0x${hex(asked.registry)}`,
    registry_id: asked && `0x${hex(asked.registryId)}`,
    block_number: register && register.blockNumber,
    block_age_s: age,
    test: "receipt" in report && report.receipt ? /** @type {any} */ (report).receipt.says.test : isTest(report),
    offline: offline && offlineOf(offline, age),
    request_id: "",
    ...("receipt" in report && { receipt: report.receipt }),
  };
}

/**
 * Says that it is a receipt; what it says, where an attester vouches for it.
 * @param {any} report
 * @param {string} verdict
 * @param {string} language
 * @param {Sentences} sentences
 */
function headingOfReceipt({ receipt }, verdict, language, sentences) {
  if (verdict !== "INCOMPLETE" || !receipt) return say(message(`receipt.heading.${verdict}`), language, sentences);
  const { verdict: finding, on, checked_at: checkedAt } = receipt.says;
  const found = say(message(`receipt.found.${finding}`), language, sentences);
  const at = { time: Date.parse(checkedAt) / 1000 };
  // Its time is China's, and begins with the day.
  const key = on < checkedAt.slice(0, 10) ? "receipt.heading.INCOMPLETE.on" : "receipt.heading.INCOMPLETE";
  return say(message(key, { at, day: day(on), found }), language, sentences);
}

/**
 * Returns the key of a certificate's heading.
 * @param {Report} report
 * @param {string} verdict
 * @param {import("./subject.js").StatusShown | undefined} decisive
 */
function keyOf(report, verdict, decisive) {
  if (verdict === "SUSPENDED" && decisive?.decidedBy) return "verdict.SUSPENDED.by";
  const named = `${verdict}${variantOf(report, verdict)}`;
  const isPast = report.on < today(new Date(report.checkedAt));
  return isPast && OF_NOW.includes(named) ? `verdict.${named}.on` : `verdict.${named}`;
}

/**
 * Returns which of a verdict's headings it is, as the end of its key; empty for the usual one.
 * @param {Report} report
 * @param {string} verdict
 */
function variantOf(report, verdict) {
  const { subject, checks, offline } = report;
  if (isAboutTheCopy(report, verdict)) {
    return verdict === "INCOMPLETE" && subject.copy && !subject.copy.showsClaims ? ".copy_short" : ".copy";
  }
  switch (verdict) {
    case "INCOMPLETE":
      if (isAboutTheDocument(report)) return ".document";
      return subject.facts ? ".withheld" : "";
    case "VALID":
      if (offline !== null) return ".offline";
      return subject.copy ? ".copy" : "";
    case "SIGNED":
      if (checks.filter(({ reasons }) => reasons.length).every(({ name }) => name === "status")) {
        // Only the checkpoint's age stands between this and VALID.
        return offline === null ? ".dated_online" : ".dated";
      }
      return isAboutTheService(report, verdict) ? ".recent" : "";
    case "CANNOT_CHECK":
      if (isAboutTheService(report, verdict)) return ".service";
      return wasGenuine(report) ? ".issued" : "";
    default:
      return "";
  }
}

/**
 * Whether it was this service that was caught lying, or that knows more than is proven yet.
 * @param {Report} report
 * @param {string} verdict
 */
function isAboutTheService({ checks, offline }, verdict) {
  if (verdict === "SIGNED") return offline === null;
  if (verdict !== "CANNOT_CHECK") return false;
  return checks.some(({ message: { key } }) => key.startsWith("service.") && !NO_LIES.includes(key));
}

/**
 * Whether the certificate shows all that it must, and what it came on is another matter.
 * @param {Report} report
 */
function isAboutTheDocument({ checks }) {
  const names = checks.filter(({ reasons }) => reasons.includes("INCOMPLETE")).map(({ name }) => name);
  return names.length === 1 && names[0] === "document";
}

/**
 * Whether the certificate would do, and only its limited copy does not.
 * @param {Report} report
 * @param {string} verdict
 */
function isAboutTheCopy({ checks }, verdict) {
  const decisive = checks
    .filter(({ name, reasons }) => reasons.includes(verdict) && name !== "document")
    .map((each) => each.message.key);
  return decisive.length > 0 && OF_COPIES.includes(decisive[0]) && decisive.every((key) => key === decisive[0]);
}

/**
 * Whether a proof shows that it was issued, nothing speaks against it, and only what came afterwards is unknown.
 * @param {Report} report
 */
function wasGenuine({ register, offline, checks }) {
  return register === null && offline?.proof != null && checks.every(({ outcome }) => outcome !== "FAILED");
}

/**
 * Returns when what is known of the register was so, and when a proof says that the certificate was anchored.
 * @param {Report} report
 * @param {string} language
 * @param {Sentences} sentences
 * @returns {{[name: string]: Argument}}
 */
function asOfWhen(report, language, sentences) {
  const proof = report.offline?.proof ?? null;
  const known = report.dated ?? report.register;
  const age = known === null ? 0 : Math.trunc(report.checkedAt / 1000 - known.blockTime);
  const days = Math.floor(age / DAY_S);
  return {
    known: known === null ? UNKNOWN : { time: known.blockTime },
    block: known === null ? UNKNOWN : known.blockNumber,
    ago: say(message(days === 1 ? "verdict.day_ago" : "verdict.days_ago", { days }), language, sentences),
    anchored: proof === null ? UNKNOWN : { time: proof.time },
    anchored_block: proof === null ? UNKNOWN : proof.blockNumber,
  };
}

/**
 * Returns the last day of a half-open interval.
 * @param {number} end
 */
function lastDay(end) {
  return day(dayOf(end - 1));
}

/**
 * @param {Check} check
 * @param {string} language
 * @param {Sentences} sentences
 */
function checkOf({ name, outcome, message: said, reasons, differences }, language, sentences) {
  return {
    name,
    outcome,
    message: say(said, language, sentences),
    message_id: said.key,
    reasons,
    ...(differences.length && {
      differences: differences.map(({ what, signed, shown }) => {
        return { what: show(what, language, sentences), signed, shown };
      }),
    }),
  };
}

/** @param {import("./subject.js").CopyShown} copy */
function copyOf({ recipient, purpose, made, expires, showsClaims, isProven }) {
  return { recipient, purpose, made, expires, shows_claims: showsClaims, proven: isProven };
}

/** @param {import("./subject.js").StatusShown} status */
function statusOf({ track, words, starts, ends, recordedAt, blockNumber, decidedBy, decision, inForce }) {
  return {
    track: TRACKS[track],
    words,
    from: starts === null ? null : isoTime(starts),
    until: ends === null ? null : isoTime(ends),
    recorded_at: isoTime(recordedAt),
    block_number: blockNumber,
    decided_by: decidedBy,
    decision: decision === null ? null : `0x${hex(decision)}`,
    in_force: inForce,
  };
}

/**
 * @param {import("./evidence.js").Offline} offline
 * @param {number | null} age
 */
function offlineOf(offline, age) {
  const { trust, checkpoint, proof } = offline;
  return {
    trust_list_version: trust && trust.version,
    trust_list_expires: trust && isoTime(trust.expires),
    checkpoint: checkpoint && {
      block_number: checkpoint.blockNumber,
      block_hash: `0x${hex(checkpoint.blockHash)}`,
      time: isoTime(checkpoint.time),
      age_s: age,
      attesters: checkpoint.attesters.map(hex),
    },
    seals: checkpoint && checkpoint.sealing,
    proof: proof && {
      agency: proof.agency,
      block_number: proof.blockNumber,
      time: isoTime(proof.time),
      seals: proof.sealing,
    },
    times: timesOf(offline),
  };
}
