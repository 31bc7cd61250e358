// ES256 keys: who they are, and what they vouch for.

import { base64url, concat, equal, sha256, toInteger, utf8 } from "./bytes.js";
import { requireBytes } from "./demands.js";
import { refuse } from "./errors.js";

/** The order n of P-256 (SEC 2, section 2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
/** The prime p of P-256's field (SEC 2, section 2.4.2). */
const PRIME = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const SIGNATURE_BYTES = 64;
const HALF = 32;
const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const UNCOMPRESSED = Uint8Array.of(4);

/**
 * A point of P-256, each coordinate 32 bytes, big-endian. Whose key it is, only the registry says.
 * @typedef {{x: Uint8Array, y: Uint8Array}} PublicKey
 */

/**
 * Returns the key's name, 32 bytes: SHA-256 over its JWK with the required members, sorted (RFC 7638, section 3).
 * @param {PublicKey} key
 */
export async function kidOf({ x, y }) {
  requireBytes(x, "a key's x", HALF);
  requireBytes(y, "a key's y", HALF);
  return sha256(utf8(`{"crv":"P-256","kty":"EC","x":"${base64url(x)}","y":"${base64url(y)}"}`));
}

/**
 * Loads a key; refuses (`InvalidInput`) a point that is not on the curve.
 * @param {PublicKey} key
 * @returns {Promise<CryptoKey>}
 */
export async function load({ x, y }) {
  requireBytes(x, "a key's x");
  requireBytes(y, "a key's y");
  if (x.length !== HALF || y.length !== HALF) {
    refuse("InvalidInput", `got coordinates of ${x.length} and ${y.length} bytes, wanted 32 and 32`);
  }
  if (toInteger(x) >= PRIME || toInteger(y) >= PRIME) {
    // Some libraries take them modulo p, and then one key would have two names.
    refuse("InvalidInput", "got coordinates that are not below P-256's prime");
  }
  const point = /** @type {BufferSource} */ (concat(UNCOMPRESSED, x, y));
  try {
    return await crypto.subtle.importKey("raw", point, CURVE, false, ["verify"]);
  } catch {
    return refuse("InvalidInput", "got coordinates that are no point on P-256");
  }
}

/**
 * Checks r ‖ s over a message; refuses (`SignatureInvalid`). Takes high and low s alike, as ECDSA does.
 * @param {PublicKey} key
 * @param {Uint8Array} signature
 * @param {Uint8Array} message
 */
export async function verify(key, signature, message) {
  const loaded = await load(key);
  if (signature.length !== SIGNATURE_BYTES) {
    refuse("SignatureInvalid", `got a signature of ${signature.length} bytes, wanted ${SIGNATURE_BYTES}`);
  }
  const [signed, over] = /** @type {BufferSource[]} */ ([signature, message]);
  if (!(await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, loaded, signed, over))) {
    refuse("SignatureInvalid", `got a signature that the key ${base64url(await kidOf(key))} did not make`);
  }
}

/**
 * Says what keeps these bytes from being a signature as we write them; empty if nothing does.
 * @param {Uint8Array} signature
 */
export function signatureFault(signature) {
  if (signature.length !== SIGNATURE_BYTES) {
    return `got a signature of ${signature.length} bytes, wanted ${SIGNATURE_BYTES}`;
  }
  const r = toInteger(signature.subarray(0, HALF));
  const s = toInteger(signature.subarray(HALF));
  if (!(r > 0n && r < ORDER && s > 0n && s < ORDER)) {
    return "got a signature whose r or s is not between 0 and the order of P-256";
  }
  return 2n * s > ORDER ? "got a signature with high s, wanted the low one: one paper has one code" : "";
}

/**
 * Demands that a name, or the beginning of one, is this key's; refuses (`SignatureInvalid`).
 * @param {PublicKey} key
 * @param {Uint8Array} named
 */
export async function requireKid(key, named) {
  const kid = await kidOf(key);
  if (!equal(kid.subarray(0, named.length), named)) {
    refuse("SignatureInvalid", `got the name of another key, tried the key ${base64url(kid)}`);
  }
}
