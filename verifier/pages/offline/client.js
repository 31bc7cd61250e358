// Asks the service: for 16 bits of a leaf, for files that anybody may have, and for its word where this browser cannot
// check by itself. The code itself goes to nobody here but to `verdict`.

/** How long to wait for the service, in milliseconds. A pack may take longer: it counts while bytes keep coming. */
const PATIENCE_MS = 6000;
const STALLED_MS = 8000;
const PREFIX = /^[0-9a-f]{4}$/;
/** Of a pack (protocol, «Checkpoint»: 64 MiB unpacked) or a trust list; whatever is longer is neither. */
const MOST_BYTES = 64 * 2 ** 20;
const NOT_MODIFIED = 304;
const NOT_FOUND = 404;
const VERIFY = "/api/v1/verify";

/** The service cannot be reached, or gives no answer that could be one: a portal's page, a fault, nothing in time. */
export class Unreachable extends Error {
  /** @param {string} message What was got and what was wanted. */
  constructor(message) {
    super(message);
    this.name = "Unreachable";
  }
}

/**
 * A file, or that it is still the one that is named by its tag, or that there is none.
 * @typedef {{data: Uint8Array, tag: string} | "same" | "none"} Fetched
 */

/**
 * @typedef {object} Client
 * @property {(prefix: string) => Promise<object>} leaves All that is known of the leaves that begin so.
 * @property {(tag: string) => Promise<Fetched>} trustList
 * @property {(tag: string, onProgress?: (received: number, total: number | null) => void) => Promise<Fetched>} pack
 * @property {(text: string, kind: string, asked: {on: string | null, language: string}) => Promise<object>} verdict
 *   The service's own report. This sends what is checked.
 */

/**
 * Returns what asks the service at an address.
 * @param {string} [base] Without a slash behind it; empty for where this page comes from.
 * @returns {Client}
 */
export function makeClient(base = "") {
  return {
    leaves: async (prefix) => {
      if (!PREFIX.test(prefix)) throw new TypeError(`got ${prefix} as a prefix, wanted four hexadecimal digits`);
      return json(await asked(`${base}/api/v1/leaves?prefix=${prefix}`, { cache: "no-store" }));
    },
    trustList: (tag) => file(`${base}/api/v1/trust-list`, tag),
    pack: (tag, onProgress) => file(`${base}/api/v1/packs/latest`, tag, onProgress),
    verdict: async (text, kind, { on, language }) => {
      const query = new URLSearchParams({ lang: language, ...(on ? { on } : {}) });
      const answer = await json(
        await asked(`${base}${VERIFY}?${query}`, {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ [kind]: text }),
        }),
      );
      const report = /** @type {any} */ (answer).reports?.[0];
      if (typeof report?.verdict !== "string") throw new Unreachable("got an answer without a verdict");
      return report;
    },
  };
}

/**
 * @param {string} url
 * @param {string} tag Of the file that is here already; empty for none.
 * @param {(received: number, total: number | null) => void} [onProgress]
 * @returns {Promise<Fetched>}
 */
async function file(url, tag, onProgress = () => {}) {
  const stop = new AbortController();
  const response = await asked(url, {
    cache: "no-store",
    headers: tag ? { "If-None-Match": tag } : {},
    signal: stop.signal,
  });
  if (response.status === NOT_MODIFIED) return "same";
  if (response.status === NOT_FOUND) return "none";
  requireGood(response, url);
  return { data: await received(response, stop, onProgress), tag: response.headers.get("ETag") ?? "" };
}

/**
 * Asks, and waits for the beginning of an answer.
 * @param {string} url
 * @param {RequestInit} how
 * @returns {Promise<Response>} Fails with `Unreachable`.
 */
export async function asked(url, how) {
  const late = new AbortController();
  const patience = setTimeout(() => late.abort(), PATIENCE_MS);
  how.signal?.addEventListener("abort", () => late.abort());
  try {
    return await fetch(url, { credentials: "omit", redirect: "error", referrerPolicy: "no-referrer", ...how, signal: late.signal });
  } catch (error) {
    // `fetch` rejects with a TypeError where there is no network, and with an AbortError when it took too long.
    throw new Unreachable(late.signal.aborted ? `got no answer within ${PATIENCE_MS} ms` : `got no answer: ${error}`);
  } finally {
    clearTimeout(patience);
  }
}

/**
 * @param {Response} response
 * @param {string} url
 */
function requireGood(response, url) {
  if (!response.ok) throw new Unreachable(`got the status ${response.status} from ${url.split("?")[0]}, wanted 200`);
}

/** @param {Response} response */
async function json(response) {
  requireGood(response, response.url);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let patience;
  const late = new Promise((_, reject) => {
    patience = setTimeout(() => reject(new Error(`nothing more within ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  let text;
  try {
    text = await Promise.race([response.text(), late]);
  } catch (error) {
    throw new Unreachable(`got half an answer: ${error}`);
  } finally {
    clearTimeout(patience);
  }
  try {
    const value = JSON.parse(text);
    if (value !== null && typeof value === "object") return value;
  } catch {
    // A hotel's sign-in page is no answer of the service.
  }
  throw new Unreachable("got an answer that is no JSON object");
}

/**
 * Takes a file bit by bit, for as long as bits come.
 * @param {Response} response
 * @param {AbortController} stop
 * @param {(received: number, total: number | null) => void} onProgress
 * @returns {Promise<Uint8Array>} Fails with `Unreachable`.
 */
export async function received(response, stop, onProgress) {
  const total = Number(response.headers.get("Content-Length")) || null;
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const parts = [];
  let length = 0;
  for (;;) {
    const stalled = setTimeout(() => stop.abort(), STALLED_MS);
    const part = await reader
      .read()
      .catch(() => {
        throw new Unreachable(`got ${length} bytes of a file, and no more`);
      })
      .finally(() => clearTimeout(stalled));
    if (part.done) break;
    parts.push(part.value);
    length += part.value.length;
    if (length > MOST_BYTES) {
      stop.abort();
      throw new Unreachable(`got a file of more than ${MOST_BYTES} bytes`);
    }
    onProgress(length, total);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
