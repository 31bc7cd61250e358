// Which of Python's classes a refusal belongs to (chain/errors.py): `EvidenceError` carries the name of the narrowest.

import { EvidenceError } from "../evidence/errors.js";

/** Each class and the one above it, as far as the procedure tells them apart. */
const ABOVE = new Map([
  ["TreeMalformed", "Malformed"],
  ["CodeMalformed", "Malformed"],
  ["CodeUnsupported", "CodeMalformed"],
  ["CertificateMalformed", "Malformed"],
  ["CertificateUnsupported", "CertificateMalformed"],
  ["CertificateAltered", "CertificateMalformed"],
  ["EvidenceMalformed", "Malformed"],
  ["EvidenceUnsupported", "EvidenceMalformed"],
  ["SealsInsufficient", "EvidenceRefused"],
  ["NotProven", "EvidenceRefused"],
  ["HistoryIncomplete", "EvidenceRefused"],
  ["NotAttested", "EvidenceRefused"],
  ["TrustListRefused", "EvidenceRefused"],
  ["WentBack", "EvidenceRefused"],
  ["CertificateTypeInvalid", "InvalidInput"],
]);

/**
 * Whether something that was thrown is a refusal of one of these classes, or of one below them.
 * @param {unknown} error
 * @param {...string} classes
 * @returns {error is EvidenceError}
 */
export function isOf(error, ...classes) {
  if (!(error instanceof EvidenceError)) return false;
  /** @type {string | undefined} */
  let reason = error.reason;
  while (reason !== undefined && !classes.includes(reason)) reason = ABOVE.get(reason);
  return reason !== undefined;
}
