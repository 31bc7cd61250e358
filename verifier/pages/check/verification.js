// The procedure: whether a certificate is to be believed, and why. What was brought, what is known of the registry and the
// moment come in, a report comes out. A bad certificate is an answer, never an exception. Nothing here asks anybody or
// reads a clock. The checks are those of verifier/check/verification.py, in its order and words:
//
// 1. form, 2. signature, 3. inclusion, 4. anchoring, 5. status, 6. validity, 7. document.
//
// Not checked here: whether the person who shows it is its holder, and whether a paper looks like its document.

import * as anchoring from "./anchoring.js";
import { timeOf } from "./calendar.js";
import * as copied from "./copied.js";
import * as documents from "./documents.js";
import * as form from "./form.js";
import { imitated } from "./hosts.js";
import * as inclusion from "./inclusion.js";
import * as proven from "./proven.js";
import { CHECKS, check } from "./report.js";
import { ServedSnapshot } from "./served.js";
import * as subject from "./subject.js";
import * as tracks from "./tracks.js";
import { checkSignature, checkStatus, checkValidity, foreignOf } from "./verification_checks.js";
import { message } from "./wording.js";

/** @typedef {import("./evidence.js").Offline} Offline */
/** @typedef {import("./form.js").Claimed} Claimed */
/** @typedef {import("./knowledge.js").Batch} Batch */
/** @typedef {import("./knowledge.js").ListedKey} ListedKey */
/** @typedef {import("./knowledge.js").Snapshot} Snapshot */
/** @typedef {import("./moments.js").Moment} Moment */
/** @typedef {import("./presented.js").Presented} Presented */
/** @typedef {import("./proven.js").Proven} Proven */
/** @typedef {import("./report.js").Check} Check */
/** @typedef {import("./report.js").Report} Report */
/** @typedef {import("./subject.js").Subject} Subject */
/** @typedef {import("./tracks.js").Entry} Entry */
/** @typedef {import("./wording.js").Message} Message */

/**
 * All that a question is answered from. No snapshot means that nothing is known of the register. Grounds are there where
 * none was asked; then the snapshot is a checkpoint's.
 * @typedef {object} Known
 * @property {Snapshot | null} snapshot
 * @property {import("./evidence.js").Grounds | null} grounds
 * @property {import("../evidence/trust_list.js").TrustList | null} trust
 * @property {import("./certificate_types.js").KnownType} knownType
 * @property {Moment} moment
 */

/** The checks that nobody can make without the registry. */
const OF_THE_REGISTRY = CHECKS.slice(1, 5);

/**
 * Verifies what was presented, under that name.
 * @param {Presented} presented
 * @param {Known} known
 * @param {string} name
 * @param {import("./form.js").Formed} [formed] What `form.check` said of it, where that was asked before.
 * @returns {Promise<Report>}
 */
export async function verify(presented, known, name, formed) {
  const { check: formCheck, claimed, short } = formed ?? (await form.check(presented, known.knownType));
  /** @type {{checks: Check[], shown: Subject, proof?: import("./evidence.js").ProofUsed | null}} */
  let answer = { checks: nothingToVerify(known), shown: subject.NOTHING };
  if (claimed) answer = await verifyClaimed(presented, claimed, known);
  else if (short) answer = verifyShortNumber(short, known);
  return {
    input: name,
    checks: [withImitation(formCheck, presented, known.snapshot), ...answer.checks],
    subject: answer.shown,
    on: known.moment.day,
    checkedAt: known.moment.now.getTime(),
    register: known.snapshot && registerOf(known.snapshot),
    offline: known.grounds && { ...known.grounds.offline, proof: answer.proof ?? null },
    dated: datedOf(known),
  };
}

/**
 * Returns the report for when nothing could be checked, and why: CANNOT_CHECK.
 * @param {{day: string, now: Date}} asked
 * @param {string} name
 * @param {Offline | null} offline
 * @param {Message} [why]
 * @returns {Report}
 */
export function unforeseen({ day: on, now }, name, offline, why = message("registry.unforeseen")) {
  return {
    input: name,
    checks: all(CHECKS, "UNKNOWN", why),
    subject: subject.NOTHING,
    on,
    checkedAt: now.getTime(),
    register: null,
    offline,
    dated: null,
  };
}

/** @param {Known} known */
function datedOf({ snapshot, moment }) {
  if (!(snapshot instanceof ServedSnapshot) || !snapshot.isDated(moment.now)) return null;
  const { number, timestamp } = snapshot.checkpoint.head;
  return { blockNumber: number, blockTime: timestamp };
}

/**
 * Returns the snapshot if it is the truth, else why it may not be.
 * @param {Known} known
 * @returns {{trusted: Snapshot, why: null} | {trusted: null, why: Message}}
 */
function trustedOf({ snapshot, grounds, moment }) {
  if (snapshot !== null) {
    const why = snapshot.doubt(moment.now);
    return why === null ? { trusted: snapshot, why } : { trusted: null, why };
  }
  return { trusted: null, why: grounds === null ? message("registry.never_reached") : grounds.silence };
}

/**
 * Returns the id and the chain id of the registry that is asked, or would be.
 * @param {Known} known
 */
function registryOf({ snapshot, grounds }) {
  return snapshot?.identity ?? grounds?.offline.trust ?? null;
}

/**
 * Returns what is known to be recorded about a leaf.
 * @param {Known} known
 * @param {number} agency
 * @param {Uint8Array} leaf
 * @returns {Entry[]}
 */
function entriesOf({ snapshot }, agency, leaf) {
  return snapshot === null ? [] : tracks.entries(snapshot.statuses(agency, leaf), snapshot.finalStatuses);
}

/**
 * Returns what the proofs show by themselves. Where a service is at hand, it is asked, and they are not.
 * @param {Known} known
 * @param {Presented} presented
 * @param {Claimed} claimed
 */
async function provenOf({ grounds, trust }, presented, claimed) {
  const believed = grounds?.believesProofs ? trust : null;
  return believed === null ? proven.NOTHING : proven.anchoredBy(presented.proofs, claimed, believed);
}

/**
 * What the registry says about a certificate: checks 2 to 5, the key that made the signature, and the batch that counts.
 * @typedef {{checks: Check[], key: ListedKey | null, batch: Batch | null}} Answer
 */

/**
 * @param {Presented} presented
 * @param {Claimed} claimed
 * @param {Known} known
 */
async function verifyClaimed(presented, claimed, known) {
  const { snapshot, moment } = known;
  const entries = entriesOf(known, claimed.agency, claimed.leaf);
  const evidence = await provenOf(known, presented, claimed);
  const { trusted, why } = trustedOf(known);
  const foreign = foreignOf(claimed, registryOf(known));
  /** @type {Answer} */
  let answer;
  if (foreign) {
    const skipped = all(OF_THE_REGISTRY.slice(1), "SKIPPED", message("check.other_registry"));
    answer = { checks: [foreign, ...skipped], key: null, batch: null };
  } else if (trusted !== null) {
    answer = await ask(claimed, evidence, trusted, entries, moment);
  } else if (snapshot === null) {
    answer = byProofAlone(claimed, evidence, why);
  } else {
    answer = { checks: withheldBy(snapshot, claimed, entries, moment, why), key: null, batch: null };
  }
  const validity = checkValidity(claimed.validity, entries, moment, snapshot);
  const checks = [
    ...answer.checks,
    copied.checkDays(claimed.copy, validity, moment),
    checkDocument(presented, evidence, snapshot),
  ];
  const shown = subject.ofClaimed(claimed, snapshot, entries, answer.batch, moment);
  return { checks, shown, proof: proven.used(evidence, answer.checks[1], snapshot) };
}

/**
 * @param {Claimed} claimed
 * @param {Proven} evidence
 * @param {Snapshot} snapshot
 * @param {Entry[]} entries
 * @param {Moment} moment
 * @returns {Promise<Answer>}
 */
async function ask(claimed, evidence, snapshot, entries, moment) {
  const served = snapshot instanceof ServedSnapshot ? snapshot : null;
  const [signature, key] = await checkSignature(claimed, snapshot);
  const [included, batches] = served
    ? await inclusion.inTheRegister(claimed, served)
    : await inclusion.inTheCheckpoint(claimed, evidence, snapshot);
  const status = checkStatus(entries, moment, claimed.type, snapshot);
  if (!batches.length && (!served || included.outcome === "SKIPPED")) {
    const passed = included.outcome === "PASSED" ? inclusion.afterCheckpoint(evidence, snapshot) : [];
    const later = served ? served.laterOf(claimed.agency, claimed.leaf) : passed;
    const anchored = anchoring.unplaced(claimed, later, key, included, served ? served.checkpoint : snapshot);
    return { checks: [signature, included, anchored, status], key, batch: null };
  }
  const [anchored, batch] = anchoring.check(claimed.type, batches, key, snapshot);
  return { checks: [signature, included, anchored, status], key, batch };
}

/**
 * Answers where nothing is known of the register: what a proof shows stands, and all else is unknown.
 * @param {Claimed} claimed
 * @param {Proven} evidence
 * @param {Message} why
 * @returns {Answer}
 */
function byProofAlone(claimed, evidence, why) {
  const [included, batch] = inclusion.byProofAlone(evidence, why);
  if (included.outcome === "FAILED" || evidence.spoilt !== null) {
    // What is at odds with itself is altered, whatever else might be known.
    const [signature, skipped, ...rest] = all(OF_THE_REGISTRY, "SKIPPED", message("check.proof_refused"));
    const inclusionCheck = included.outcome === "FAILED" ? included : skipped;
    return { checks: [signature, inclusionCheck, ...rest], key: null, batch: null };
  }
  const [signature, status] = all(["signature", "status"], "UNKNOWN", why);
  const anchored = anchoring.byProofAlone(claimed.type, batch, why);
  return { checks: [signature, included, anchored, status], key: null, batch };
}

/**
 * Returns checks 2 to 5 where what is known may not be the truth. Beside a service that was caught lying, what the
 * checkpoint itself holds against the certificate stays said.
 * @param {Snapshot} snapshot
 * @param {Claimed} claimed
 * @param {Entry[]} entries
 * @param {Moment} moment
 * @param {Message} why
 */
function withheldBy(snapshot, claimed, entries, moment, why) {
  const [signature, included, anchored, unknown] = all(OF_THE_REGISTRY, "UNKNOWN", why);
  const isCaught = snapshot instanceof ServedSnapshot && snapshot.lie !== null;
  const status = isCaught ? checkStatus(entries, moment, claimed.type, snapshot) : unknown;
  return [signature, included, anchored, status.outcome === "FAILED" ? status : unknown];
}

/**
 * A short number finds a leaf and its status, never what the certificate says: it is INCOMPLETE at best.
 * @param {import("./form.js").ShortNumber} short
 * @param {Known} known
 */
function verifyShortNumber(short, known) {
  const rest = [
    check("validity", "SKIPPED", message("validity.not_shown"), ["INCOMPLETE"]),
    check("document", "SKIPPED", message("document.none")),
  ];
  const { trusted, why } = trustedOf(known);
  if (trusted === null || !(trusted instanceof ServedSnapshot)) {
    const said = why ?? message("offline.short_number");
    return { checks: [...all(OF_THE_REGISTRY, "UNKNOWN", said), ...rest], shown: subject.NOTHING };
  }
  const signature = check("signature", "SKIPPED", message("signature.not_shown"), ["INCOMPLETE"]);
  const [included, found] = inclusion.find(short, trusted, known.knownType);
  if (found === null) {
    const unanswered = all(["anchoring", "status"], "SKIPPED", message("check.not_found"));
    return { checks: [signature, included, ...unanswered, ...rest], shown: subject.NOTHING };
  }
  const { leaf, agency, type, batches } = found;
  const { moment } = known;
  const entries = entriesOf(known, agency, leaf);
  const [anchored, batch] = anchoring.check(type, batches, null, trusted);
  const status = checkStatus(entries, moment, type, trusted);
  const shown = subject.ofLeaf(leaf, { agency, known: type, snapshot: trusted, entries, batch, moment });
  return { checks: [signature, included, anchored, status, ...rest], shown };
}

/**
 * Says of somebody else's code which official site it imitates, if it does.
 * @param {Check} checked
 * @param {Presented} presented
 * @param {Snapshot | null} snapshot
 * @returns {Check}
 */
function withImitation(checked, { foreignHosts }, snapshot) {
  if (snapshot === null || checked.message.key !== "form.foreign_host") return checked;
  for (const host of foreignHosts) {
    const official = imitated(host, snapshot.hostsEver());
    if (official) return { ...checked, message: message("form.look_alike_host", { host, official }) };
  }
  return checked;
}

/**
 * Returns the other six checks where the form failed; a registry that is silent is said to be, all the same.
 * @param {Known} known
 */
function nothingToVerify(known) {
  const no = message("check.no_form");
  const { why } = trustedOf(known);
  return [
    ...(why === null ? all(OF_THE_REGISTRY, "SKIPPED", no) : all(OF_THE_REGISTRY, "UNKNOWN", why)),
    ...all(["validity", "document"], "SKIPPED", no),
  ];
}

/**
 * Check 7: where a code leads, and whether what came along as a proof can be read.
 * @param {Presented} presented
 * @param {Proven} evidence
 * @param {Snapshot | null} snapshot
 */
function checkDocument(presented, evidence, snapshot) {
  const checked = documents.check(presented, snapshot);
  return checked.outcome === "FAILED" ? checked : (evidence.spoilt ?? checked);
}

/**
 * @param {string[]} names
 * @param {import("./report.js").Outcome} outcome
 * @param {Message} said
 */
function all(names, outcome, said) {
  return names.map((name) => check(name, outcome, said));
}

/**
 * Returns against what was checked.
 * @param {Snapshot} snapshot
 * @returns {import("./report.js").Register}
 */
function registerOf({ identity, head }) {
  const { chainId, address, registryId, test } = identity;
  return {
    chainId,
    registry: address,
    registryId,
    test,
    blockNumber: head.number,
    blockTime: timeOf(head.timestamp),
  };
}
