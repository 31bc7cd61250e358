// Check 1, form: strict parsing of what was brought, into what it says of itself.

import { equal, fromBase64url, utf8, compare } from "../evidence/bytes.js";
import { decode, isBytes, isInteger } from "../evidence/cbor.js";
import { readCertificate } from "../evidence/certificate.js";
import { AROUND, readCode } from "../evidence/code.js";
import { openCopy, readCopy, readCopyFile } from "../evidence/copy.js";
import * as digits from "../evidence/digits.js";
import { EvidenceError } from "../evidence/errors.js";
import { parseShortNumber } from "../evidence/short_number.js";
import { isObject, parse } from "../evidence/strict_json.js";
import { isOf } from "./errors.js";
import { check as made } from "./report.js";
import { listed, message, words } from "./wording.js";

/** @typedef {import("../evidence/certificate.js").Certificate} Certificate */
/** @typedef {import("../evidence/code.js").Code} Code */
/** @typedef {import("../evidence/copy.js").LimitedCopy} LimitedCopy */
/** @typedef {import("../evidence/types.js").JSONValue} JSONValue */
/** @typedef {import("./certificate_types.js").KnownType} KnownType */
/** @typedef {import("./presented.js").Presented} Presented */
/** @typedef {import("./report.js").Check} Check */
/** @typedef {import("./type_file.js").CertificateType} CertificateType */
/** @typedef {{credential: import("../evidence/credential.js").Credential, kid: Uint8Array}} Opened */

/**
 * What a certificate, a code or a limited copy says of itself; nothing of it is believed yet. It is one of the three.
 * @typedef {object} Claimed
 * @property {Certificate | null} certificate
 * @property {Code | null} code
 * @property {LimitedCopy | null} copy
 * @property {CertificateType} type
 * @property {Opened | null} opened Of a copy: what led from its claims to its leaf.
 * @property {number} agency The agency named in what is signed.
 * @property {Uint8Array} kidPrefix The document key's name: all of it in a certificate, 8 bytes in a code or copy.
 * @property {{firstDay: string, lastDay: string | null}} validity
 * @property {Uint8Array} leaf What must have been anchored: computed afresh, but for a copy that is not opened.
 * @property {Map<string, JSONValue>} claims What is disclosed; nothing for a code, which has facts.
 */

/** The beginning of a leaf: its first 60 bits, in 8 bytes. @typedef {{prefix: Uint8Array}} ShortNumber */
/** @typedef {{check: Check, claimed: Claimed | null, short: ShortNumber | null}} Formed */

const MEDIA_TYPE = "vc+sd-jwt";
const WHOLE_TOKEN = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*(?:~[A-Za-z0-9_-]+)*~$/;
const SPACE = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
const CODE = new RegExp(`^(?:https?://[^${SPACE}/]+/[cv]#)?([0-9]+)$`);
const COPY = new RegExp(`^https?://[^${SPACE}/]+/c#[^${SPACE}]*$`);
const CODE_MEMBERS = 4;
const MAX_DIGITS = 7089;

/**
 * Finds the one thing to verify.
 * @param {Presented} presented
 * @param {KnownType} knownType
 * @returns {Promise<Formed>}
 */
export async function check(presented, knownType) {
  const { fault, copies, certificates, codes, shortNumber, foreignCodes } = presented;
  if (fault !== null) return { check: made("form", "FAILED", fault, ["UNREADABLE"]), claimed: null, short: null };
  if (copies.length) return copyOf(() => readCopyFile(copies[0]), knownType, true);
  if (certificates.length) return certificateOf(certificates[0], knownType);
  if (codes.length) return codeOf(codes[0], knownType);
  if (shortNumber !== null) return shortNumberOf(shortNumber);
  if (foreignCodes) return foreignCode(presented);
  return failed("UNREADABLE", "form.nothing");
}

/**
 * Returns the leaf that something is about, or its first 60 bits; null where there is none. Refuses what cannot be read.
 * @param {Presented} presented
 * @returns {Promise<Uint8Array | null>}
 */
export async function leafOf({ copies, certificates, codes, shortNumber }) {
  if (copies.length) return (await readCopyFile(copies[0])).content.leaf;
  if (certificates.length) return (await readCertificate(certificates[0])).leaf;
  if (codes.length) return isCopy(codes[0]) ? (await readCopy(codes[0])).content.leaf : (await readCode(codes[0])).leaf;
  return shortNumber === null ? null : parseShortNumber(shortNumber);
}

/**
 * Says that it is somebody else's code, and where it leads.
 * @param {Presented} presented
 */
function foreignCode({ foreignHosts: [host] }) {
  return host === undefined
    ? failed("UNSUPPORTED", "form.foreign_code")
    : failed("UNSUPPORTED", "form.foreign_host", { host });
}

/**
 * Whether a code's text is a limited copy's: by its address, or of bare digits by what they write.
 * @param {string} text
 */
export function isCopy(text) {
  const bare = text.replace(AROUND, "");
  if (COPY.test(bare)) return true;
  if (!/^[0-9]+$/.test(bare)) return false;
  const members = decoded(() => decode(digits.decode(bare), "CodeMalformed"));
  if (!Array.isArray(members) || members.length !== 4) return false;
  const [header, unprotected, payload, signature] = members;
  if (!isBytes(header) || !(unprotected instanceof Map) || !isBytes(payload) || !isBytes(signature)) return false;
  const content = decoded(() => decode(payload, "CodeMalformed"));
  return Array.isArray(content) && isInteger(content[0]);
}

/**
 * @param {string} text
 * @param {KnownType} knownType
 * @returns {Promise<Formed>}
 */
async function certificateOf(text, knownType) {
  /** @type {Certificate} */
  let parsed;
  /** @type {CertificateType} */
  let known;
  try {
    parsed = await readCertificate(text);
    known = knownType(parsed.credential.typeNumber, parsed.credential.typeVersion);
  } catch (error) {
    return unknownOrRefused(error, () => namesOurProfile(text));
  }
  const { credential, disclosures, kid, leaf } = parsed;
  const { firstDay, lastDay } = credential;
  const claims = new Map(disclosures.filter(({ value }) => value !== null).map(({ name, value }) => [name, value]));
  const absent = new Set(disclosures.filter(({ value }) => value === null).map(({ name }) => name));
  const fault = typeFault(credential, claims, absent, known);
  if (fault) return fault;
  /** @type {Claimed} */
  const claimed = {
    certificate: parsed,
    code: null,
    copy: null,
    type: known,
    opened: null,
    agency: credential.agency,
    kidPrefix: kid,
    validity: { firstDay, lastDay },
    leaf,
    claims,
  };
  const withheld = withheldOf(parsed.withheld, claims, absent, known);
  if (withheld.length) {
    return { ...failed("INCOMPLETE", "form.withheld", { claims: words(listed(withheld)) }), claimed };
  }
  return { check: passed("form.certificate"), claimed, short: null };
}

/**
 * Says what the certificate has that the type of its number does not; null if nothing.
 * @param {import("../evidence/credential.js").Credential} credential
 * @param {Map<string, JSONValue>} claims
 * @param {Set<string>} absent
 * @param {CertificateType} known
 */
function typeFault(credential, claims, absent, known) {
  const other = otherType(credential, known);
  if (other) return other;
  const keys = known.claims.map(({ key }) => key);
  const foreign = first([...claims.keys()].filter((key) => !keys.includes(key)));
  if (foreign !== undefined) return failed("UNSUPPORTED", "form.unknown_claim", { claim: foreign });
  return wronglyAbsent(absent, known);
}

/**
 * @param {import("../evidence/credential.js").Credential} credential
 * @param {CertificateType} known
 */
function otherType({ typeIdentifier, credentialType, typeDigest }, known) {
  const is =
    typeIdentifier === known.identifier &&
    credentialType === known.credentialType &&
    equal(typeDigest, known.digest);
  return is ? null : failed("UNSUPPORTED", "form.other_type_file", { type: typeIdentifier });
}

/**
 * @param {Set<string>} absent
 * @param {CertificateType} known
 */
function wronglyAbsent(absent, known) {
  const mayBe = known.claims.filter(({ always, required }) => always && !required).map(({ key }) => key);
  const wrong = first([...absent].filter((key) => !mayBe.includes(key)));
  return wrong === undefined ? null : failed("UNSUPPORTED", "form.absent_claim", { claim: wrong });
}

/**
 * Names the claims that must be shown but are not. What is stated to be absent is not withheld. Which other claims are,
 * nobody can tell. But a required claim exists, so it is withheld if it is not shown; only if more are withheld than
 * those may an optional one be among them.
 * @param {number} withheld
 * @param {Map<string, JSONValue>} claims
 * @param {Set<string>} absent
 * @param {CertificateType} known
 */
function withheldOf(withheld, claims, absent, known) {
  const hidden = known.claims.filter(({ key }) => !claims.has(key) && !absent.has(key));
  const maybeOptional = withheld > hidden.filter(({ required }) => required).length;
  return hidden.filter(({ always, required }) => always && (required || maybeOptional)).map(({ labels }) => labels);
}

/**
 * @param {string} text
 * @param {KnownType} knownType
 * @returns {Promise<Formed>}
 */
async function codeOf(text, knownType) {
  if (isCopy(text)) return copyOf(() => readCopy(text), knownType, isWholeCode(text));
  /** @type {Code} */
  let parsed;
  /** @type {CertificateType} */
  let known;
  try {
    parsed = await readCode(text);
    known = knownType(parsed.facts.certificateType, parsed.facts.version);
  } catch (error) {
    return unknownOrRefused(error, () => isWholeCode(text));
  }
  const { agency, kid8, facts, firstDay, lastDay } = parsed.facts;
  const [got, wanted] = [facts.length, known.factClaims.length];
  if (got !== wanted) return failed("UNREADABLE", "form.facts", { got, wanted });
  return {
    check: passed("form.code"),
    claimed: {
      certificate: null,
      code: parsed,
      copy: null,
      type: known,
      opened: null,
      agency,
      kidPrefix: kid8,
      validity: { firstDay, lastDay },
      leaf: parsed.leaf,
      claims: new Map(),
    },
    short: null,
  };
}

/**
 * @param {() => Promise<LimitedCopy>} read
 * @param {KnownType} knownType
 * @param {boolean} ours
 * @returns {Promise<Formed>}
 */
async function copyOf(read, knownType, ours) {
  /** @type {LimitedCopy} */
  let parsed;
  /** @type {CertificateType} */
  let known;
  /** @type {Opened | null} */
  let opened = null;
  try {
    parsed = await read();
    known = knownType(parsed.content.certificateType, parsed.content.version);
    if (parsed.opening) {
      opened = await openCopy(
        parsed,
        known.claims.map(({ key }) => key),
      );
    }
  } catch (error) {
    if (isOf(error, "CertificateAltered")) return failed("ALTERED", "form.copy_opening", { detail: error.message });
    return unknownOrRefused(error, () => ours);
  }
  return copyOfType(parsed, known, opened);
}

/**
 * Holds a copy to its type: it shows nothing that the type does not have, and all that the type always shows.
 * @param {LimitedCopy} parsed
 * @param {CertificateType} known
 * @param {Opened | null} opened
 * @returns {Formed}
 */
function copyOfType(parsed, known, opened) {
  const shown = parsed.claims ?? [];
  const beyond = shown.find(([place]) => place >= known.claims.length);
  if (beyond) return failed("UNSUPPORTED", "form.unknown_claim", { claim: String(beyond[0]) });
  const absent = new Set(shown.filter(([, value]) => value === null).map(([place]) => known.claims[place].key));
  const fault = (opened && otherType(opened.credential, known)) ?? wronglyAbsent(absent, known);
  if (fault) return fault;
  const { agency, kid8, firstDay, lastDay, leaf } = parsed.content;
  const claims = new Map(
    shown.filter(([, value]) => value !== null).map(([place, value]) => [known.claims[place].key, value]),
  );
  /** @type {Claimed} */
  const claimed = {
    certificate: null,
    code: null,
    copy: parsed,
    type: known,
    opened,
    agency,
    kidPrefix: kid8,
    validity: { firstDay, lastDay },
    leaf,
    claims,
  };
  const missing = known.claims.filter(({ always, key }) => always && !claims.has(key) && !absent.has(key));
  if (missing.length && parsed.claims !== null) {
    const labels = words(listed(missing.map((claim) => claim.labels)));
    return { ...failed("INCOMPLETE", "form.withheld", { claims: labels }), claimed };
  }
  return { check: passed("form.copy"), claimed, short: null };
}

/**
 * @param {string} text
 * @returns {Formed}
 */
function shortNumberOf(text) {
  try {
    return { check: passed("form.short_number"), claimed: null, short: { prefix: parseShortNumber(text) } };
  } catch (error) {
    if (!isOf(error, "Malformed")) throw error;
    return failed("UNREADABLE", "form.short_number_malformed", { detail: error.message });
  }
}

/**
 * Tells what was changed, and what is of a kind we do not know, from what cannot be read at all. What is whole and says
 * that it is ours, but breaks our strict form, was not made by an agency.
 * @param {unknown} error
 * @param {() => boolean} ours
 * @returns {Formed}
 */
function unknownOrRefused(error, ours) {
  if (isOf(error, "CertificateTypeInvalid")) {
    return failed("UNSUPPORTED", "form.unknown_type", { detail: error.message });
  }
  if (!isOf(error, "Malformed")) throw error;
  const detail = error.message;
  if (isOf(error, "CertificateAltered")) return failed("ALTERED", "form.altered", { detail });
  if (isOf(error, "CertificateUnsupported", "CodeUnsupported")) {
    return failed("UNSUPPORTED", "form.unsupported", { detail });
  }
  return failed(ours() ? "ALTERED" : "UNREADABLE", "form.malformed", { detail });
}

/**
 * Whether it is a whole SD-JWT, with nothing lost on the way, whose header says that it is of our kind.
 * @param {string} text
 */
function namesOurProfile(text) {
  if (!WHOLE_TOKEN.test(text)) return false;
  const header = decoded(() => {
    return parse(fromBase64url(text.slice(0, text.indexOf(".")), "CertificateMalformed"), "CertificateMalformed");
  });
  return isObject(header) && header.typ === MEDIA_TYPE;
}

/**
 * Whether the digits end where what they write ends, and that has a code's members: nothing was lost or added.
 * @param {string} text
 */
function isWholeCode(text) {
  const written = CODE.exec(text.replace(AROUND, ""));
  if (!written || written[1].length > MAX_DIGITS) return false;
  const value = decoded(() => decode(digits.decode(written[1]), "CodeMalformed"));
  return Array.isArray(value) && value.length === CODE_MEMBERS;
}

/**
 * Returns what could be read, undefined for what could not.
 * @template Value
 * @param {() => Value} read
 */
function decoded(read) {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error;
    return undefined;
  }
}

/**
 * Returns the first of texts in the order of their characters; undefined if there is none.
 * @param {string[]} texts
 */
function first(texts) {
  return texts.sort((a, b) => compare(utf8(a), utf8(b)))[0];
}

/** @param {string} key */
function passed(key) {
  return made("form", "PASSED", message(key));
}

/**
 * @param {string} reason
 * @param {string} key
 * @param {{[name: string]: import("./wording.js").Argument}} [given]
 * @returns {Formed}
 */
function failed(reason, key, given) {
  return { check: made("form", "FAILED", message(key, given), [reason]), claimed: null, short: null };
}
