// What somebody chose, dropped or pasted: pictures are read here, texts are judged here, and only what has to be rendered
// goes to the service.

import { loadReader } from "./camera.js";
import { Fault } from "./faults.js";

/** As `reading.MAX_UPLOAD`. */
const MOST_BYTES = 20 * 2 ** 20;
/** As `reading.MAX_TEXT`. */
const MOST_TEXT = 512 * 1024;
const OF_PICTURES = /^image\/(png|jpeg|webp|gif|avif|bmp|hei[cf])$/;
const OF_TEXTS = /\.(sd-jwt|jws|txt)$/i;

/**
 * How a file is to be asked about: as the text that it holds, by a code of those found in it, by sending it, or with
 * leave to send it.
 * @typedef {{kind: "text", text: string} | {kind: "codes", texts: string[]} | {kind: "file"} | {kind: "offer"}} Way
 */

/**
 * Finds out how to ask about a file.
 * @param {File} file
 * @returns {Promise<Way>} Fails with a `Fault`.
 */
export async function wayOf(file) {
  if (file.size === 0) throw new Fault("page.empty_file");
  if (file.size > MOST_BYTES) throw new Fault("page.too_large");
  if (OF_PICTURES.test(file.type)) {
    const texts = await (await loadReader()).textsInPicture(file);
    return texts.length > 0 ? { kind: "codes", texts } : { kind: "offer" };
  }
  if (file.size <= MOST_TEXT && (file.type === "text/plain" || OF_TEXTS.test(file.name))) {
    return { kind: "text", text: (await file.text()).trim() };
  }
  return { kind: "file" };
}
