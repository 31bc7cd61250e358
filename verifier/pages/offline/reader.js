// The scanner: loaded from the site when it is first wanted, or carried in the one static file.

/** @typedef {typeof import("../page/scanner.js")} Reader */

/** @type {(() => Promise<Reader>) | null} */
let carried = null;

/**
 * Says where the scanner is, where there is no site to load it from.
 * @param {() => Promise<Reader>} open
 */
export function carry(open) {
  carried = open;
}

/**
 * Opens the scanner.
 * @returns {Promise<Reader>} Fails where it cannot be loaded.
 */
export async function openReader() {
  if (carried) return carried();
  const address = "/static/scanner.js";
  const reader = await import(address);
  await reader.prepare();
  return reader;
}
