// The signed part of a certificate: read, and every member refused that is not known.

import { unhex } from "./bytes.js";
import { DIGEST, day, exactly, hash, list, sriDigest, text, whole } from "./credential_members.js";
import { refuse } from "./errors.js";
import { MAX_AGENCY, MAX_TYPE, MAX_TYPE_VERSION } from "./facts.js";
import { isObject, members, parse } from "./strict_json.js";

/**
 * An existing file that the certificate vouches for.
 * @typedef {{id: string, digest: Uint8Array, mediaType: string}} RelatedResource
 */

/**
 * All that the payload says. Days are `YYYY-MM-DD`, both included; an open-ended certificate has no last one.
 * @typedef {object} Credential
 * @property {string} issuer A hint where to ask; trust comes from the registry.
 * @property {string} credentialType
 * @property {string} typeIdentifier
 * @property {number} typeVersion
 * @property {Uint8Array} typeDigest
 * @property {Uint8Array} registryId
 * @property {number} chainId
 * @property {number} agency
 * @property {number} typeNumber
 * @property {string} firstDay
 * @property {string | null} lastDay
 * @property {Uint8Array} codeDigest SHA-256(F).
 * @property {string[]} digests Of all claims, shown or not, in ascending order.
 * @property {RelatedResource[]} relatedResources
 */

/** @typedef {import("./types.js").JSONValue} JSONValue */

const MALFORMED = "CertificateMalformed";
const UNSUPPORTED = "CertificateUnsupported";
const MEDIA_TYPE = "vc+sd-jwt";
const CONTEXT = "https://www.w3.org/ns/credentials/v2";
const SCHEMA_TYPE = "YinxinCertificateType";
const SCHEMA_ID = "urn:yinxin:certificate-type:";
const STATUS_TYPE = "YinxinRegistryEntry";
const MAX_CHAIN_ID = Number.MAX_SAFE_INTEGER;
const MAX_CLAIMS = 64;
const MAX_RESOURCES = 16;
const MAX_ISSUER = 512;
const FIRST_DAY = "1900-01-01";

const REQUIRED = [
  "@context",
  "_sd_alg",
  "codeDigest",
  "credentialSchema",
  "credentialStatus",
  "credentialSubject",
  "issuer",
  "type",
  "validFrom",
];
const OPTIONAL = ["relatedResource", "validUntil"];
const ISSUER = /^did:web:[A-Za-z0-9._%-]+(?::[A-Za-z0-9._%-]+)*$/;
const CREDENTIAL_TYPE = /^[A-Z][A-Za-z0-9]{0,63}$/;
const TYPE_ID = /^urn:yinxin:certificate-type:[a-z0-9]+(?:-[a-z0-9]+)*$/;
const REGISTRY = /^[0-9a-f]{64}$/;
const FIRST_INSTANT = /^([0-9]{4}-[0-9]{2}-[0-9]{2})T00:00:00\+08:00$/;
const LAST_INSTANT = /^([0-9]{4}-[0-9]{2}-[0-9]{2})T23:59:59\+08:00$/;
const RESOURCE_ID = /^urn:[a-z0-9][a-z0-9-]{0,31}:[A-Za-z0-9()+,.:=@;$_!*'%/?#-]{1,256}$/;
const MEDIA_TYPE_FORM = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;

/**
 * Returns the kid. The algorithm is not read from the header but demanded of it, so that there is none to be confused
 * about.
 * @param {Uint8Array} data
 */
export function readHeader(data) {
  const header = parse(data, MALFORMED);
  if (isObject(header) && typeof header.typ === "string" && header.typ !== MEDIA_TYPE) {
    refuse(UNSUPPORTED, `got a token of the type ${header.typ.slice(0, 40)}, wanted ${MEDIA_TYPE}`);
  }
  const { alg, kid, typ } = members(header, "header", MALFORMED, ["alg", "kid", "typ"]);
  exactly("alg", alg, "ES256");
  exactly("typ", typ, MEDIA_TYPE);
  return hash("kid", kid);
}

/**
 * Reads a payload; refuses it as `CertificateMalformed`, or `CertificateUnsupported` for another profile.
 * @param {Uint8Array} data
 * @returns {Credential}
 */
export function readPayload(data) {
  const payload = parse(data, MALFORMED);
  checkProfile(payload);
  const all = members(payload, "payload", MALFORMED, REQUIRED, OPTIONAL);
  const context = list("@context", all["@context"], 1);
  exactly("@context", context[0], CONTEXT);
  exactly("_sd_alg", all._sd_alg, "sha-256");
  const schema = members(all.credentialSchema, "credentialSchema", MALFORMED, ["digestSRI", "id", "type", "version"]);
  exactly("credentialSchema.type", schema.type, SCHEMA_TYPE);
  const status = members(all.credentialStatus, "credentialStatus", MALFORMED, [
    "agency",
    "certificateType",
    "chainId",
    "registry",
    "type",
  ]);
  exactly("credentialStatus.type", status.type, STATUS_TYPE);
  const subject = members(all.credentialSubject, "credentialSubject", MALFORMED, ["_sd"]);
  const [first, name] = list("type", all.type, 2, 2);
  exactly("type", first, "VerifiableCredential");
  if (typeof all.issuer === "string" && all.issuer.length > MAX_ISSUER) refuse(MALFORMED, "issuer: got it too long");
  return {
    issuer: text("issuer", all.issuer, ISSUER),
    credentialType: text("type", name, CREDENTIAL_TYPE),
    typeIdentifier: text("credentialSchema.id", schema.id, TYPE_ID).slice(SCHEMA_ID.length),
    typeVersion: whole("credentialSchema.version", schema.version, MAX_TYPE_VERSION),
    typeDigest: sriDigest("credentialSchema.digestSRI", schema.digestSRI),
    registryId: unhex(text("credentialStatus.registry", status.registry, REGISTRY)),
    chainId: whole("credentialStatus.chainId", status.chainId, MAX_CHAIN_ID),
    agency: whole("credentialStatus.agency", status.agency, MAX_AGENCY),
    typeNumber: whole("credentialStatus.certificateType", status.certificateType, MAX_TYPE),
    ...validity(all),
    codeDigest: hash("codeDigest", all.codeDigest),
    digests: digestsOf(subject._sd),
    relatedResources: relatedResources(all),
  };
}

/**
 * Tells a credential of another kind from a spoilt one of ours.
 * @param {JSONValue} payload
 */
function checkProfile(payload) {
  if (!isObject(payload)) return;
  const { "@context": context, credentialSchema: schema, credentialStatus: status } = payload;
  if (Array.isArray(context) && typeof context[0] === "string" && context[0] !== CONTEXT) {
    refuse(UNSUPPORTED, `got a credential of ${context[0].slice(0, 80)}, wanted ${CONTEXT}`);
  }
  if (isObject(schema) && typeof schema.type === "string" && schema.type !== SCHEMA_TYPE) {
    refuse(UNSUPPORTED, `got a credential with a ${schema.type.slice(0, 40)}, wanted a ${SCHEMA_TYPE}`);
  }
  if (isObject(status) && typeof status.type === "string" && status.type !== STATUS_TYPE) {
    refuse(UNSUPPORTED, `got a credential with a ${status.type.slice(0, 40)}, wanted a ${STATUS_TYPE}`);
  }
}

/**
 * Reads whole days of Asia/Shanghai, taken as eight hours ahead of UTC all the year round.
 * @param {{[name: string]: JSONValue}} all
 */
function validity(all) {
  const firstDay = day("validFrom", all.validFrom, FIRST_INSTANT);
  const lastDay = "validUntil" in all ? day("validUntil", all.validUntil, LAST_INSTANT) : null;
  if (firstDay < FIRST_DAY || (lastDay !== null && firstDay > lastDay)) {
    refuse(MALFORMED, `got a validity from ${firstDay} to ${lastDay}`);
  }
  return { firstDay, lastDay };
}

/**
 * Reads `_sd`: hashes in ascending order, so that none stands there twice and the order tells nothing.
 * @param {JSONValue} value
 */
function digestsOf(value) {
  const digests = list("_sd", value, MAX_CLAIMS).map((item) => text("_sd", item, DIGEST));
  if (digests.some((digest, place) => place && digests[place - 1] >= digest)) {
    refuse(MALFORMED, "_sd: got digests out of order or twice, wanted each once, ascending");
  }
  return digests;
}

/**
 * @param {{[name: string]: JSONValue}} all
 * @returns {RelatedResource[]}
 */
function relatedResources(all) {
  if (!("relatedResource" in all)) return [];
  const resources = list("relatedResource", all.relatedResource, MAX_RESOURCES).map((item) => {
    const { id, digestSRI, mediaType } = members(item, "relatedResource", MALFORMED, ["digestSRI", "id", "mediaType"]);
    return {
      id: text("relatedResource.id", id, RESOURCE_ID),
      digest: sriDigest("relatedResource.digestSRI", digestSRI),
      mediaType: text("relatedResource.mediaType", mediaType, MEDIA_TYPE_FORM),
    };
  });
  if (new Set(resources.map(({ id }) => id)).size !== resources.length) {
    refuse(MALFORMED, "relatedResource: got one id twice");
  }
  return resources;
}
