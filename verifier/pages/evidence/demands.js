// What a caller hands in. A mistake there is no fault of the evidence, so it is told as what it is, a TypeError, not as a
// refusal, nor as «nothing found», which would pass for good news.

export const HASH = 32;
const MAX_AGENCY = 2 ** 32 - 1;
export const SCHEMES = ["none", "qbft", "ibft2", "clique"];

/**
 * Demands bytes, as many as given if that is given.
 * @param {unknown} value
 * @param {string} what
 * @param {number} [length]
 */
export function requireBytes(value, what, length) {
  const got = value instanceof Uint8Array ? `${value.length} bytes` : describe(value);
  if (!(value instanceof Uint8Array) || (length !== undefined && value.length !== length)) {
    const wanted = length === undefined ? "a Uint8Array" : `a Uint8Array of ${length} bytes`;
    throw new TypeError(`got ${got} as ${what}, wanted ${wanted}`);
  }
}

/**
 * @param {unknown} value
 * @param {string} what
 */
export function requireText(value, what) {
  if (typeof value !== "string") throw new TypeError(`got ${describe(value)} as ${what}, wanted a string`);
}

/** @param {unknown} value */
export function requireAgency(value) {
  if (!(typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MAX_AGENCY)) {
    throw new TypeError(`got ${describe(value)} as an agency, wanted a whole number from 1 to ${MAX_AGENCY}`);
  }
}

/** @param {unknown} value */
export function requireTime(value) {
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) {
    throw new TypeError(`got ${describe(value)} as the time, wanted a valid Date`);
  }
}

/** @param {unknown} value */
export function requireScheme(value) {
  if (!SCHEMES.some((scheme) => scheme === value)) {
    throw new TypeError(`got ${describe(value)} as a scheme, wanted one of ${SCHEMES.join(", ")}`);
  }
}

/** @param {unknown} value */
function describe(value) {
  if (typeof value === "object" && value !== null) return `an object (${value.constructor?.name})`;
  return `${typeof value} ${String(value).slice(0, 40)}`;
}
