// What a report tells about the certificate itself: whose it is, who issued it, what became of it.

import { KID8 } from "../evidence/facts.js";
import { shortNumber } from "../evidence/short_number.js";
import { timeOf, timeOfHour } from "./calendar.js";
import { RESIDENT_NUMBER, display, factText, plain } from "./claims.js";
import { REPLACED } from "./knowledge.js";
import * as tracks from "./tracks.js";
import { NUMBER } from "./type_file.js";
import { LANGUAGES } from "./wording.js";

/** @typedef {import("./form.js").Claimed} Claimed */
/** @typedef {import("./knowledge.js").AgencyRecord} AgencyRecord */
/** @typedef {import("./knowledge.js").Batch} Batch */
/** @typedef {import("./knowledge.js").Snapshot} Snapshot */
/** @typedef {import("./moments.js").Moment} Moment */
/** @typedef {import("./tracks.js").Entry} Entry */
/** @typedef {import("./type_file.js").CertificateType} CertificateType */
/** @typedef {import("./wording.js").Words} Words */

/**
 * One thing that a certificate says; «holder» names whose certificate it is, «number» is the certificate's number.
 * @typedef {{key: string, labels: Words, texts: Words, isFact: boolean, role: "holder" | "number" | null}} Item
 */
/** The agency, as the registry knows it. @typedef {{id: number, code: string, name: string, path: string[]}} Agency */
/** Where the batch stands on the chain. @typedef {{blockNumber: number, at: number, root: Uint8Array, sequence: number}} Anchoring */
/** The newer certificate. @typedef {{leaf: Uint8Array, shortNumber: string, starts: number}} Replacement */
/** An existing file that it vouches for. @typedef {{digest: Uint8Array, mediaType: string, isGiven: boolean}} CertifiedFile */
/**
 * One entry that the registry made about the certificate; times are seconds since 1970, the end exclusive.
 * @typedef {object} StatusShown
 * @property {number} track
 * @property {Words} words
 * @property {number | null} starts Null for an entry that lifts the track.
 * @property {number | null} ends
 * @property {number} recordedAt
 * @property {number} blockNumber
 * @property {string | null} decidedBy
 * @property {Uint8Array | null} decision The salted digest of the written decision.
 * @property {boolean} inForce
 */
/**
 * For what a limited copy is good.
 * @typedef {object} CopyShown
 * @property {string} recipient
 * @property {string} purpose
 * @property {string} made
 * @property {string} expires
 * @property {boolean} showsClaims
 * @property {boolean} isProven Whether the claims lead to the leaf.
 */
/**
 * What was checked, as far as it could be read.
 * @typedef {object} Subject
 * @property {{[key: string]: string | null} | null} facts
 * @property {Item[]} items
 * @property {Agency | null} agency
 * @property {{identifier: string, number: number, version: number, names: Words} | null} type
 * @property {string | null} number
 * @property {string | null} validFrom
 * @property {string | null} validUntil
 * @property {Uint8Array | null} kid8
 * @property {Uint8Array | null} leaf
 * @property {string | null} shortNumber
 * @property {Anchoring | null} anchored
 * @property {StatusShown[]} statuses
 * @property {Replacement | null} replacedBy
 * @property {CertifiedFile[]} certifiedFiles
 * @property {CopyShown | null} copy
 */

/**
 * Of what could not be read or found.
 * @type {Subject}
 */
export const NOTHING = {
  facts: null,
  items: [],
  agency: null,
  type: null,
  number: null,
  validFrom: null,
  validUntil: null,
  kid8: null,
  leaf: null,
  shortNumber: null,
  anchored: null,
  statuses: [],
  replacedBy: null,
  certifiedFiles: [],
  copy: null,
};
/** Agencies have at most so many levels (IAgencies). */
const LEVELS = 5;

/**
 * Returns an agency and all above it, the topmost first; nothing where any of them is not known.
 * @param {number} agency
 * @param {Snapshot} snapshot
 * @returns {AgencyRecord[]}
 */
export function lineage(agency, snapshot) {
  const found = [];
  for (let id = agency; found.length < LEVELS; ) {
    const record = snapshot.agency(id);
    if (record === null) return [];
    found.unshift(record);
    if (!record.parent) return found;
    id = record.parent;
  }
  return [];
}

/**
 * Tells what a certificate or code says, next to what the registry says about it.
 * @param {Claimed} claimed
 * @param {Snapshot | null} snapshot
 * @param {Entry[]} entries
 * @param {Batch | null} batch
 * @param {Moment} moment
 * @returns {Subject}
 */
export function ofClaimed(claimed, snapshot, entries, batch, moment) {
  const facts = factsOf(claimed);
  const number = claimed.code ? claimed.code.facts.number : claimed.claims.get(NUMBER);
  return {
    ...NOTHING,
    facts: Object.fromEntries(facts),
    items: itemsOf(claimed, facts),
    agency: snapshot && agencyOf(claimed.agency, snapshot),
    type: typeOf(claimed.type),
    number: number === undefined || number === null ? null : plain(number),
    validFrom: claimed.validity.firstDay,
    validUntil: claimed.validity.lastDay,
    kid8: claimed.kidPrefix.subarray(0, KID8),
    ...aboutLeaf(claimed.leaf, claimed.type, snapshot, entries, batch, moment),
    certifiedFiles: (claimed.certificate?.credential.relatedResources ?? []).map(({ digest, mediaType }) => {
      return { digest, mediaType, isGiven: false };
    }),
    copy: copyOf(claimed),
  };
}

/**
 * Tells what the registry says about a leaf of which nothing else is known.
 * @param {Uint8Array} leaf
 * @param {{agency: number, known: CertificateType, snapshot: Snapshot, entries: Entry[], batch: Batch | null, moment: Moment}} about
 * @returns {Subject}
 */
export function ofLeaf(leaf, { agency, known, snapshot, entries, batch, moment }) {
  return {
    ...NOTHING,
    agency: agencyOf(agency, snapshot),
    type: typeOf(known),
    ...aboutLeaf(leaf, known, snapshot, entries, batch, moment),
  };
}

/**
 * @param {Uint8Array} leaf
 * @param {CertificateType} known
 * @param {Snapshot | null} snapshot
 * @param {Entry[]} entries
 * @param {Batch | null} batch
 * @param {Moment} moment
 */
function aboutLeaf(leaf, known, snapshot, entries, batch, moment) {
  return {
    leaf,
    shortNumber: shortNumber(leaf),
    anchored: anchoredOf(batch),
    statuses: statusesOf(entries, known, snapshot, moment),
    replacedBy: replacementOf(entries),
  };
}

/**
 * Returns the facts by claim key; from a certificate or copy, those that are disclosed.
 * @param {Claimed} claimed
 * @returns {Map<string, string | null>}
 */
function factsOf({ code, type, claims }) {
  return new Map(
    type.factClaims.map((claim, place) => {
      if (code) return [claim.key, code.facts.facts[place]];
      const value = claims.get(claim.key);
      return [claim.key, value === undefined ? null : factText(claim, value)];
    }),
  );
}

/**
 * @param {Claimed} claimed
 * @returns {CopyShown | null}
 */
function copyOf({ copy, opened }) {
  if (!copy) return null;
  const { recipient, purpose, made, expires } = copy.content;
  return { recipient, purpose, made, expires, showsClaims: copy.claims !== null, isProven: opened !== null };
}

/**
 * Returns all that is disclosed; resident numbers stay masked, as in a code, wherever a report may end up.
 * @param {Claimed} claimed
 * @param {Map<string, string | null>} facts
 * @returns {Item[]}
 */
function itemsOf({ type, claims }, facts) {
  return type.claims.flatMap((claim) => {
    const value = claims.get(claim.key);
    const fact = facts.get(claim.key) ?? null;
    /** @type {(language: string) => string} */
    let shown;
    if (value !== undefined && claim.mask !== RESIDENT_NUMBER) shown = (language) => display(claim, value, language);
    else if (value !== undefined) shown = () => factText(claim, value);
    else if (fact !== null && claim.kind === "date") shown = (language) => display(claim, fact, language);
    else if (fact !== null) shown = () => fact;
    else return [];
    const texts = Object.fromEntries(LANGUAGES.map((language) => [language, shown(language)]));
    const role = claim.key === NUMBER ? "number" : claim.key === type.holderName ? "holder" : null;
    return [{ key: claim.key, labels: claim.labels, texts, isFact: claim.fact, role }];
  });
}

/**
 * @param {number} agency
 * @param {Snapshot} snapshot
 * @returns {Agency | null}
 */
function agencyOf(agency, snapshot) {
  const path = lineage(agency, snapshot);
  const own = path.at(-1);
  return own ? { id: agency, code: own.code, name: own.name, path: path.map(({ name }) => name) } : null;
}

/** @param {CertificateType} known */
function typeOf({ identifier, number, version, names }) {
  return { identifier, number, version, names };
}

/** @param {Batch | null} batch */
function anchoredOf(batch) {
  if (batch === null) return null;
  const { place, timestamp, root, sequence } = batch;
  return { blockNumber: place.block, at: timeOf(timestamp), root, sequence };
}

/**
 * @param {Entry[]} entries
 * @param {CertificateType} known
 * @param {Snapshot | null} snapshot
 * @param {Moment} moment
 * @returns {StatusShown[]}
 */
function statusesOf(entries, known, snapshot, moment) {
  const inForce = tracks.inForce(entries, moment);
  return entries.map((entry) => {
    const { track, fromHour, untilHour, timestamp, place, actor, decision } = entry.record;
    return {
      track,
      words: known.statusWords[track],
      starts: fromHour ? timeOfHour(fromHour) : null,
      ends: untilHour ? timeOfHour(untilHour) : null,
      recordedAt: timeOf(timestamp),
      blockNumber: place.block,
      decidedBy: snapshot?.agency(actor)?.name ?? null,
      decision,
      inForce: inForce.has(entry),
    };
  });
}

/**
 * Returns what took the certificate's place, or will; null once that was lifted for good.
 * @param {Entry[]} entries
 * @returns {Replacement | null}
 */
function replacementOf(entries) {
  const found = entries.filter(({ record, stands }) => record.track === REPLACED && stands && record.newLeaf).at(-1);
  const leaf = found?.record.newLeaf;
  return found && leaf ? { leaf, shortNumber: shortNumber(leaf), starts: timeOfHour(found.record.fromHour) } : null;
}
