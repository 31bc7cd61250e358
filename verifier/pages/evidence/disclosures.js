// Disclosures: claims about a holder, each salted, hashed and shown or withheld on its own (RFC 9901, section 4.2).

import { base64url, characters, fromBase64url, sha256, utf8 } from "./bytes.js";
import { refuse } from "./errors.js";
import { isObject, parse } from "./strict_json.js";

/**
 * One claim as it travels.
 * @typedef {object} Disclosure
 * @property {string} text Base64url of `[salt, name, value]`, as its digest covers it.
 * @property {string} name
 * @property {import("./types.js").JSONValue} value
 * @property {string} digest What stands for it in `_sd`.
 */

const REASON = "CertificateMalformed";
const SALT_BYTES = 16;
const MAX_NAME = 64;
/** Member names that would hide digests inside a disclosed value (RFC 9901, sections 4.2.1 and 4.2.4.2). */
const RESERVED = ["_sd", "..."];

/**
 * Reads a disclosure; refuses it as `CertificateMalformed`.
 * @param {string} text
 * @returns {Promise<Disclosure>}
 */
export async function readDisclosure(text) {
  const content = parse(fromBase64url(text, REASON), REASON);
  const [salt, name, value] = Array.isArray(content) && content.length === 3 ? content : [];
  if (typeof salt !== "string" || typeof name !== "string" || value === undefined) {
    return refuse(REASON, "disclosure: got JSON that is not [salt, name, value]");
  }
  const size = fromBase64url(salt, REASON).length;
  if (size < SALT_BYTES) refuse(REASON, `disclosure: got a salt of ${size} bytes, wanted at least ${SALT_BYTES}`);
  if (RESERVED.includes(name) || name === "" || characters(name) > MAX_NAME) {
    refuse(REASON, `disclosure: got the name ${name.slice(0, MAX_NAME)}, wanted that of a claim`);
  }
  checkValue(name, value);
  return { text, name, value, digest: base64url(await sha256(utf8(text))) };
}

/**
 * Refuses digests inside of disclosed values: what a reader sees depends on nothing but this disclosure.
 * @param {string} name
 * @param {import("./types.js").JSONValue} value
 */
function checkValue(name, value) {
  if (isObject(value) && RESERVED.some((reserved) => reserved in value)) {
    refuse(REASON, `disclosure of ${name}: got a reserved name within its value`);
  }
  if (typeof value === "object" && value !== null) {
    for (const member of Object.values(value)) checkValue(name, member);
  }
}
