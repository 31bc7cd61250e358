// The data file of a certificate type, as far as verifying needs it. It is only read where the registry lists its digest,
// so the council has approved every word of it: here is looked at the form of what is used, and nothing else.

import { characters, sha256 } from "../evidence/bytes.js";
import { refuse } from "../evidence/errors.js";
import { isObject, parse as parseJSON } from "../evidence/strict_json.js";
import { KINDS } from "./claims.js";
import { TRACKS } from "./knowledge.js";
import { CHINESE, ENGLISH, LANGUAGES } from "./wording.js";

/** @typedef {import("../evidence/types.js").JSONValue} JSONValue */
/** @typedef {import("./claims.js").Claim} Claim */
/** @typedef {import("./wording.js").Words} Words */

/**
 * One version of one type.
 * @typedef {object} CertificateType
 * @property {string} identifier
 * @property {number} number The registry's.
 * @property {number} version
 * @property {string} credentialType
 * @property {Words} names
 * @property {Claim[]} claims In the order in which they are read on a document.
 * @property {string} holderName The claim that names whose certificate it is.
 * @property {Claim[]} factClaims Those that a code carries, in its order.
 * @property {Words[]} statusWords For every track.
 * @property {Uint8Array} digest SHA-256 of the data file.
 */

const REASON = "CertificateTypeInvalid";
/** The key of every type's certificate number. */
export const NUMBER = "number";
/** What a type says of a status unless it says otherwise; by track. */
const STATUS_WORDS = /** @type {const} */ ([
  ["已撤销", "Rescinded"],
  ["已吊销", "Revoked"],
  ["已撤回", "Withdrawn"],
  ["已注销", "Cancelled"],
  ["已换发", "Replaced"],
  ["已暂停", "Suspended"],
  ["已挂失", "Reported lost"],
  ["延续审查中", "Renewal pending"],
]);

/**
 * Reads a type's data file; refuses (`CertificateTypeInvalid`) what nothing can be done with.
 * @param {Uint8Array} data
 * @returns {Promise<CertificateType>}
 */
export async function parse(data) {
  const file = object(parseJSON(data, REASON), "file");
  const schema = object(file.schema, "schema");
  const properties = object(schema.properties, "schema.properties");
  const required = array(schema.required, "schema.required");
  const claims = array(file.claims, "claims").map((item) => {
    const claim = object(item, "claim");
    return claimOf(claim, object(properties[text(claim.key, "key")], "property"), required);
  });
  if (new Set(claims.map(({ key }) => key)).size !== claims.length) refuse(REASON, "got a claim twice");
  if (!claims.some(({ key }) => key === NUMBER)) refuse(REASON, `got no claim ${NUMBER}`);
  const given = object(file.statusWords, "statusWords");
  return {
    identifier: text(file.identifier, "identifier"),
    number: whole(file.number, "number"),
    version: whole(file.version, "version"),
    credentialType: text(file.credentialType, "credentialType"),
    names: words(file.names, "names"),
    claims,
    holderName: text(object(file.holder, "holder").name, "holder.name"),
    factClaims: claims.filter(({ fact }) => fact),
    statusWords: TRACKS.map((track, place) => {
      const [chinese, english] = STATUS_WORDS[place];
      return track in given ? words(given[track], track) : { [CHINESE]: chinese, [ENGLISH]: english };
    }),
    digest: await sha256(data),
  };
}

/**
 * Puts together what the file says of a claim, in its list of claims and in its schema.
 * @param {{[name: string]: JSONValue}} claim
 * @param {{[name: string]: JSONValue}} wanted
 * @param {JSONValue[]} required
 * @returns {Claim}
 */
function claimOf(claim, wanted, required) {
  const key = text(claim.key, "key");
  const kind = text(claim.kind, "kind");
  if (!KINDS.includes(kind)) refuse(REASON, `${key}: got the kind ${kind.slice(0, 40)}`);
  const given = "choices" in claim ? object(claim.choices, "choices") : {};
  const choices = Object.fromEntries(Object.keys(given).map((code) => [code, words(given[code], code)]));
  const limits = isObject(wanted.items) ? wanted.items : wanted;
  const maxLength = "maxLength" in limits ? whole(limits.maxLength, "maxLength") : longest(Object.keys(choices));
  const labelled = Object.values(choices).map((each) => each[CHINESE]);
  return {
    key,
    labels: words(claim.labels, "labels"),
    kind,
    required: required.includes(key),
    always: claim.always === true,
    fact: claim.fact === true,
    mask: "mask" in claim ? text(claim.mask, "mask") : null,
    factMaxLength:
      "factMaxLength" in claim
        ? whole(claim.factMaxLength, "factMaxLength")
        : labelled.length
          ? longest(labelled)
          : maxLength,
    choices,
    isName: claim.isName === true,
  };
}

/** @param {string[]} texts */
function longest(texts) {
  return Math.max(0, ...texts.map(characters));
}

/**
 * @param {JSONValue | undefined} value
 * @param {string} what
 */
function object(value, what) {
  return isObject(value) ? value : refuse(REASON, `${what}: got another value than an object`);
}

/**
 * @param {JSONValue | undefined} value
 * @param {string} what
 */
function array(value, what) {
  return Array.isArray(value) ? value : refuse(REASON, `${what}: got another value than an array`);
}

/**
 * @param {JSONValue | undefined} value
 * @param {string} what
 */
function text(value, what) {
  return typeof value === "string" && value ? value : refuse(REASON, `${what}: got another value than text`);
}

/**
 * @param {JSONValue | undefined} value
 * @param {string} what
 */
function whole(value, what) {
  return typeof value === "number" && value > 0 ? value : refuse(REASON, `${what}: got another value than a number`);
}

/**
 * @param {JSONValue | undefined} value
 * @param {string} what
 * @returns {Words}
 */
function words(value, what) {
  const given = object(value, what);
  return Object.fromEntries(LANGUAGES.map((language) => [language, text(given[language], what)]));
}
