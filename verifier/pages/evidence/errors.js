// What is thrown when evidence is not what it claims to be.

/** Anything that keeps evidence from being believed. */
export class EvidenceError extends Error {
  /**
   * @param {string} reason The name of the class that Python raises (chain/errors.py).
   * @param {string} message What was got and what was wanted.
   */
  constructor(reason, message) {
    super(message);
    this.name = "EvidenceError";
    /** @readonly */
    this.reason = reason;
  }
}

/**
 * Refuses something.
 * @param {string} reason
 * @param {string} message
 * @returns {never}
 */
export function refuse(reason, message) {
  throw new EvidenceError(reason, message);
}
