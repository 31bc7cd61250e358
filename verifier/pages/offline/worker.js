// The service worker: keeps the page itself on the device, so that it opens without a network. Pages, styles, scripts,
// sentences and the scanner, and nothing else: no verdict, no answer of the API. The service puts a line before this that
// says what there is to keep: `keep`, with the digest of all of it as its version.

/**
 * @typedef {object} Keep
 * @property {string} version
 * @property {string[]} pages Addresses of pages, each with its language.
 * @property {Record<string, string>} files SHA-256 of each file, by its address.
 * @property {Record<string, string>} taken The same of what is kept only by whoever takes the page along.
 */

const worker = /** @type {any} */ (globalThis);
const { version, pages, files, taken } = /** @type {Keep} */ (worker.keep);

const NAME = "yinxin-page-";
const cacheName = `${NAME}${version}`;
/** How long to wait for the network where the device has what is asked for, in milliseconds. */
const PATIENCE_MS = 4000;
/** After the network kept somebody waiting, it is not waited for again until then. */
const SLOW_FOR_MS = 30_000;
const PATHS = ["/", "/v", "/c", "/r"];
let slowUntil = 0;

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(install()));
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(activate()));
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const kept = keptFor(event.request);
  if (kept !== null) event.respondWith(answer(event.request, kept));
});
worker.addEventListener("message", (/** @type {any} */ event) => {
  if (event.data === "version") event.ports[0].postMessage({ version });
  if (event.data === "leave") event.waitUntil(leave());
  if (event.data !== "take") return;
  const done = take().then(
    (size) => event.ports[0].postMessage({ size }),
    (error) => event.ports[0].postMessage({ fault: String(error) }),
  );
  event.waitUntil(done);
});

/** Keeps everything anew, or nothing: what does not fit together would be worse than the version before. */
async function install() {
  const wasThere = await caches.has(cacheName);
  try {
    const cache = await caches.open(cacheName);
    await Promise.all(pages.map((address) => keepPage(cache, address)));
    await Promise.all(Object.entries(files).map(([address, digest]) => keepFile(cache, address, digest)));
    if (await wasTaken()) await Promise.all(Object.entries(taken).map(([address, digest]) => keepFile(cache, address, digest)));
  } catch (error) {
    // The half of it takes room, and nobody would ever look at it; but what was there is what the page lives on.
    if (!wasThere) await caches.delete(cacheName);
    throw error;
  }
  await worker.skipWaiting();
}

/** Takes the older versions' place. */
async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith(NAME) && name !== cacheName) await caches.delete(name);
  }
  await worker.clients.claim();
}

/** Keeps what is only for whoever takes the page along; returns the size of all that is kept, in bytes. */
async function take() {
  const cache = await caches.open(cacheName);
  for (const [address, digest] of Object.entries(taken)) {
    if (!(await cache.match(address))) await keepFile(cache, address, digest);
  }
  let size = 0;
  for (const address of [...pages, ...Object.keys(files), ...Object.keys(taken)]) {
    const response = await cache.match(address);
    // Not all may have been kept: the browser clears what it likes.
    if (!response) await (address in files ? keepFile(cache, address, files[address]) : keepPage(cache, address));
    size += (await (response ?? (await cache.match(address))).arrayBuffer()).byteLength;
  }
  return size;
}

async function leave() {
  const cache = await caches.open(cacheName);
  for (const address of Object.keys(taken)) await cache.delete(address);
}

async function wasTaken() {
  const [first] = Object.keys(taken);
  return first !== undefined && (await caches.match(first)) !== undefined;
}

/**
 * Keeps a page of this version and no other: amid a renewal, one server may give the old page and another the new files.
 * @param {Cache} cache
 * @param {string} address
 */
async function keepPage(cache, address) {
  const response = await fetch(address, { cache: "reload", credentials: "omit", redirect: "error" });
  if (!response.ok) throw new Error(`${address}: got the status ${response.status}, wanted a page`);
  const named = `<meta name="yinxin-version" content="${version}">`;
  if (!(await response.clone().text()).includes(named)) throw new Error(`${address}: got a page that is not of version ${version}`);
  await cache.put(address, response);
}

/**
 * @param {Cache} cache
 * @param {string} address
 * @param {string} digest
 */
async function keepFile(cache, address, digest) {
  const response = await fetch(address, { cache: "reload", credentials: "omit", redirect: "error" });
  if (!response.ok) throw new Error(`${address}: got the status ${response.status}, wanted a file`);
  const got = await sha256(await response.clone().arrayBuffer());
  if (got !== digest) throw new Error(`${address}: got a file of another version (${got}), wanted ${digest}`);
  await cache.put(address, response);
}

/** @param {ArrayBuffer} data */
async function sha256(data) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Returns under which address an answer is kept; null for all that is none of this worker's business.
 * @param {Request} request
 * @returns {string | null}
 */
function keptFor(request) {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return null;
  if (url.pathname in files || url.pathname in taken) return url.search ? null : url.pathname;
  if (request.mode !== "navigate" || !PATHS.includes(url.pathname)) return null;
  const path = url.pathname === "/" ? "/" : "/v";
  return `${path}?lang=${languageOf(url)}`;
}

/**
 * The language that is asked for, or the one that the service would have chosen.
 * @param {URL} url
 */
function languageOf(url) {
  const asked = url.searchParams.get("lang");
  if (pages.includes(`/?lang=${asked}`)) return asked;
  const known = worker.navigator.languages.find((/** @type {string} */ tag) => /^(zh|en)/i.test(tag));
  return known && /^en/i.test(known) ? "en" : "zh-CN";
}

/**
 * Asks the network first, for what is newest; what is kept takes its place where it fails or keeps somebody waiting.
 * @param {Request} request
 * @param {string} address
 */
async function answer(request, address) {
  const kept = await (await caches.open(cacheName)).match(address);
  if (!kept) return fetch(request);
  if (Date.now() < slowUntil) return kept;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let patience;
  const late = new Promise((resolve) => {
    patience = setTimeout(resolve, PATIENCE_MS);
  });
  const answered = fetch(request).catch(() => undefined);
  const response = await Promise.race([answered, late]);
  clearTimeout(patience);
  if (response === undefined) slowUntil = Date.now() + SLOW_FOR_MS;
  return response?.ok ? response : kept;
}
