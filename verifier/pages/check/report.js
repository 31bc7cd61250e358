// What a verification says: seven checks and the one verdict that follows from them. Whatever is missing, unknown or
// unforeseen makes the verdict CANNOT_CHECK, never VALID. A report holds plain values, so that a worker can hand it over.

/** @typedef {import("./wording.js").Message} Message */
/** @typedef {import("./wording.js").Words} Words */
/** @typedef {"PASSED" | "FAILED" | "UNKNOWN" | "SKIPPED"} Outcome How a check ended. Unknown is not failed. */

/**
 * How one check ended. `reasons` are the verdicts that it argues for; never VALID.
 * @typedef {object} Check
 * @property {string} name
 * @property {Outcome} outcome
 * @property {Message} message
 * @property {string[]} reasons
 * @property {{what: import("./wording.js").Argument, signed: string, shown: string}[]} differences
 */

/**
 * Against what it was checked.
 * @typedef {object} Register
 * @property {number} chainId
 * @property {Uint8Array} registry The address of the Certificates contract.
 * @property {Uint8Array} registryId
 * @property {boolean} test
 * @property {number} blockNumber
 * @property {number} blockTime
 */

/**
 * The answer to one question about one certificate.
 * @typedef {object} Report
 * @property {string} input What was handed in, in the words of who handed it in.
 * @property {Check[]} checks
 * @property {import("./subject.js").Subject} subject
 * @property {string} on The day asked about.
 * @property {number} checkedAt Milliseconds since 1970.
 * @property {Register | null} register Null if nothing is known of any registry.
 * @property {import("./evidence.js").Offline | null} offline What it rests on where no register was asked.
 * @property {{blockNumber: number, blockTime: number} | null} dated Where a service was asked, the checkpoint that is too
 *   old to bear its answer out.
 */

/** The seven checks, in the order of the procedure. */
export const CHECKS = ["form", "signature", "inclusion", "anchoring", "status", "validity", "document"];

/** All that a report can come to. The first that applies, in this order, is the verdict. */
export const VERDICTS = [
  "UNREADABLE",
  "UNSUPPORTED",
  "CANNOT_CHECK",
  "ALTERED",
  "ISSUER_NOT_AUTHORISED",
  "NOT_FOUND",
  "PENDING",
  "RESCINDED",
  "REVOKED",
  "WITHDRAWN",
  "CANCELLED",
  "REPLACED",
  "LOST",
  "SUSPENDED",
  "NOT_YET_VALID",
  "EXPIRED",
  "RENEWAL_PENDING",
  "INCOMPLETE",
  "SIGNED",
  "VALID",
];
const AMBER = ["INCOMPLETE", "SIGNED", "PENDING", "RENEWAL_PENDING", "EXPIRED"];
const GREY = ["UNREADABLE", "UNSUPPORTED", "CANNOT_CHECK"];

/**
 * Makes a check; refuses an argument for VALID, which nothing but seven good checks can make.
 * @param {string} name
 * @param {Outcome} outcome
 * @param {Message} said
 * @param {string[]} [reasons]
 * @param {Check["differences"]} [differences]
 * @returns {Check}
 */
export function check(name, outcome, said, reasons = [], differences = []) {
  if (reasons.some((reason) => reason === "VALID" || !VERDICTS.includes(reason))) {
    throw new TypeError(`the check ${name} argues for ${reasons}, wanted verdicts other than VALID`);
  }
  return { name, outcome, message: said, reasons, differences };
}

/**
 * Returns the colour of a verdict: green for VALID alone.
 * @param {string} verdict
 */
export function colourOf(verdict) {
  if (verdict === "VALID") return "green";
  if (AMBER.includes(verdict)) return "amber";
  return GREY.includes(verdict) ? "grey" : "red";
}

/**
 * Returns the first verdict that applies, and VALID only for the seven checks as they must be, in order.
 * @param {Pick<Check, "name" | "outcome" | "reasons">[]} checks
 */
export function verdictOf(checks) {
  const reasons = new Set(checks.flatMap((each) => each.reasons));
  if (!isWhole(checks)) reasons.add("CANNOT_CHECK");
  if (reasons.size) return VERDICTS.find((verdict) => reasons.has(verdict)) ?? "CANNOT_CHECK";
  const document = checks[checks.length - 1];
  const passed = checks.slice(0, -1).every(({ outcome }) => outcome === "PASSED");
  return passed && ["PASSED", "SKIPPED"].includes(document.outcome) ? "VALID" : "CANNOT_CHECK";
}

/**
 * Whether all seven are there, and each of the first six known, and nothing failed without saying why.
 * @param {Pick<Check, "name" | "outcome" | "reasons">[]} checks
 */
function isWhole(checks) {
  return (
    checks.length === CHECKS.length &&
    checks.every(({ name }, place) => name === CHECKS[place]) &&
    checks.slice(0, -1).every(({ outcome }) => outcome !== "UNKNOWN") &&
    checks.every(({ outcome, reasons }) => outcome !== "FAILED" || reasons.length > 0)
  );
}

/**
 * Whether nothing here has any effect; null if it is not known which registry was asked.
 * @param {Report} report
 */
export function isTest({ register, offline }) {
  return register?.test ?? offline?.trust?.test ?? null;
}

/**
 * How old the newest known block was, in seconds; negative if its clock is ahead of ours.
 * @param {Report} report
 */
export function blockAge({ register, checkedAt }) {
  // In JavaScript a rest of a second may be minus nothing, which JSON writes as 0 all the same.
  return register === null ? null : Math.trunc(checkedAt / 1000 - register.blockTime) + 0;
}
