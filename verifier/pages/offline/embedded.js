// What the one static file carries within itself: data blocks that no browser runs. On the site's pages there are none.

/** @typedef {"trust-list" | "pack" | "words" | "wasm" | "checking"} Name */

/**
 * Returns the text of a data block; null where there is none.
 * @param {Name} name
 */
export function embedded(name) {
  return globalThis.document?.getElementById(`yinxin-${name}`)?.textContent ?? null;
}

/**
 * Returns the bytes of a data block that is written in base64; null where there is none.
 * @param {Name} name
 */
export function embeddedBytes(name) {
  const text = embedded(name);
  return text === null ? null : Uint8Array.from(atob(text.trim()), (character) => character.charCodeAt(0));
}

/**
 * Returns what a data block holds in gzip and base64; null where there is none.
 * @param {Name} name
 */
export async function embeddedPacked(name) {
  const packed = embeddedBytes(name);
  if (packed === null) return null;
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(unpacked).arrayBuffer();
}
