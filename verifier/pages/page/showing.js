// A report as the verdict page shows it: what stands where, in which words. `routes/shown.py` does the same.

/** Without these checks passed, what a certificate says is only what it claims. */
const MAKE_IT_GENUINE = ["signature", "inclusion", "anchoring"];
/** Messages by which only a limited copy falls short. */
const OF_COPIES = ["signature.copy_alone", "validity.copy_expired", "validity.copy_not_yet"];

/** @typedef {any} Report As `/api/v1/verify` gives it. */

/**
 * One line of a list.
 * @typedef {object} Row
 * @property {string} label
 * @property {string} text
 * @property {"holder" | "main" | "plain"} look
 * @property {string} path The agencies above, and the agency.
 * @property {boolean} differs Whether the file that came shows something else.
 */

/**
 * Returns under which key the verdict is explained to whoever stands at a counter.
 * @param {Report} report
 */
export function explained({ verdict, checks, copy }) {
  const reasons = checks.filter((/** @type {any} */ check) => check.reasons.includes(verdict));
  let variant = "";
  if (verdict === "VALID" && copy) {
    variant = ".copy";
  } else if (["EXPIRED", "NOT_YET_VALID", "INCOMPLETE"].includes(verdict) && copy) {
    if (reasons.some((/** @type {any} */ check) => OF_COPIES.includes(check.message_id))) variant = ".copy";
  }
  if (verdict === "INCOMPLETE" && reasons.map((/** @type {any} */ check) => check.name).join() === "document") {
    variant = ".document";
  }
  return `copy.${verdict}${isDated({ verdict, checks }) ? ".dated" : variant}`;
}

/**
 * Returns under which key the verdict is put into a word or two.
 * @param {Report} report
 */
export function shortly({ verdict, checks }) {
  return `copy.${verdict}${isDated({ verdict, checks }) ? ".dated" : ""}.word`;
}

/**
 * Whether only the age of what is known stands between this and «valid».
 * @param {Pick<Report, "verdict" | "checks">} report
 */
function isDated({ verdict, checks }) {
  const reasons = checks.filter((/** @type {any} */ check) => check.reasons.length);
  return verdict === "SIGNED" && reasons.every((/** @type {any} */ check) => check.name === "status");
}

/**
 * Whether what the certificate says is what its agency states, whatever became of it; else it claims so.
 * @param {Pick<Report, "checks">} report
 */
function isGenuine({ checks }) {
  return havePassed(checks, MAKE_IT_GENUINE);
}

/**
 * Whether nothing but the register says what is shown: a short number claims nothing itself.
 * @param {Pick<Report, "checks">} report
 */
function isRegisters({ checks }) {
  const isShort = checks.some((/** @type {any} */ check) => check.message_id === "form.short_number");
  return isShort && havePassed(checks, ["inclusion", "anchoring"]);
}

/**
 * @param {any[]} checks
 * @param {string[]} names
 */
function havePassed(checks, names) {
  const passed = checks.filter((check) => check.outcome === "PASSED").map((check) => check.name);
  return names.every((name) => passed.includes(name));
}

/**
 * Returns the heading over what the certificate says: how far that is confirmed.
 * @param {Report} report
 */
export function whose({ verdict, checks, copy }) {
  const genuine = isGenuine({ checks });
  if (verdict === "ALTERED" && genuine) return "page.issued";
  if (copy && !copy.proven && genuine) return "page.copy_alone";
  return genuine || isRegisters({ checks }) || verdict === "INCOMPLETE" ? "page.whose" : "page.claimed";
}

/**
 * Returns all that differs between what was signed and what is shown.
 * @param {Report} report
 * @returns {{what: string, signed: string, shown: string}[]}
 */
export function differences(report) {
  return report.checks.flatMap((/** @type {any} */ check) => check.differences ?? []);
}

/**
 * Returns what is certified: the holder first, then number, type and agency, then all the rest.
 * @param {Report} report
 * @param {import("./words.js").Words} words
 * @returns {Row[]}
 */
export function rows(report, words) {
  const altered = new Set(differences(report).map(({ what }) => what));
  const { items, number, type, agency, replaced_by: replacement } = report;
  /** @type {Row[]} */
  const found = [];
  /** @type {(look: Row["look"], label: string, text: string, path?: string) => void} */
  const add = (look, label, text, path = "") => {
    found.push({ look, label, text, path, differs: altered.has(label) });
  };
  const withRole = (/** @type {string} */ role) => items.find((/** @type {any} */ item) => item.role === role);
  const holder = withRole("holder");
  if (holder) add("holder", holder.label, holder.text);
  if (number !== null) add("main", withRole("number")?.label ?? words.say("page.number"), number);
  if (type) add("main", words.say("page.certificate_type"), type.names[words.language]);
  if (agency) {
    add("main", words.say("page.agency"), agency.name, agency.path.length > 1 ? agency.path.join(" › ") : "");
  }
  for (const { role, fact, label, text } of items) {
    if (role !== "holder" && !(role === "number" && number !== null)) add(fact ? "main" : "plain", label, text);
  }
  if (replacement) add("main", words.say("page.replaced_by"), replacement.short_number);
  return found;
}

/**
 * Returns the keys of what should be compared with the person and the paper; nothing where that says nothing.
 * @param {Report} report
 */
export function compared({ colour, items, number, agency }) {
  if (!["green", "amber"].includes(colour) || items.length === 0) return [];
  const parts = {
    "page.compare_holder": items.some((/** @type {any} */ item) => item.role === "holder"),
    "page.compare_number": number !== null,
    "page.compare_facts": true,
    "page.compare_photo": true,
    "page.compare_agency": agency !== null,
  };
  return Object.entries(parts).flatMap(([key, isThere]) => (isThere ? [key] : []));
}

/**
 * Returns the day on which it was validly registered, where that came after the day asked about; else null, also where
 * nothing is settled: it is not called registered before its block is final.
 * @param {Report} report
 * @returns {string | null}
 */
export function registeredLater({ anchored, on, checks }) {
  const day = anchored?.at.slice(0, 10) ?? "";
  return day > on && isGenuine({ checks }) ? day : null;
}

/**
 * Returns the sentences by which an answer about a past day is told from one about today, as keys.
 * @param {Report} report
 * @returns {string[]}
 */
export function pastDay({ colour, on, checked_at: checkedAt, statuses }) {
  if (colour === "grey" || on >= checkedAt.slice(0, 10)) return [];
  const isLater = statuses.some((/** @type {any} */ each) => (each.from ?? each.recorded_at).slice(0, 10) > on);
  return isLater ? ["page.past_day", "page.past_day_since"] : ["page.past_day"];
}

/**
 * Returns what only experts ask for, as pairs of a sentence's key and a text.
 * @param {Report} report
 * @param {import("./words.js").Words} words
 * @returns {[string, string][]}
 */
export function technical(report, words) {
  const { anchored, agency, chain_id: chain } = report;
  const known = chain !== null;
  return /** @type {[string, any][]} */ ([
    ["page.request", report.request_id],
    ["page.chain", known && String(chain)],
    ["page.registry", known && report.registry],
    ["page.registry_id", known && report.registry_id],
    ["page.leaf", report.leaf],
    ["page.short_number", report.short_number],
    ["page.anchored", anchored && `${anchored.block_number} · ${words.moment(anchored.at)}`],
    ["page.agency_code", agency?.code],
  ]).filter(([, text]) => text);
}
