// Reads QR codes from what a camera or a file shows. A bundle of its own, static/scanner.js, which is loaded together with
// its WebAssembly once somebody wants to scan. It asks no network but for that file, and no picture leaves the device.

import { BarcodeDetector, prepareZXingModule } from "barcode-detector/ponyfill";

const WASM = "/static/zxing_reader.wasm";

/** @type {BarcodeDetector | null} */
let detector = null;

/**
 * Makes the reader ready.
 * @param {{wasm?: ArrayBuffer}} [parts] The WebAssembly's bytes, where there is no site to load it from.
 * @returns {Promise<void>} Fails where the WebAssembly cannot be loaded.
 */
export async function prepare({ wasm } = {}) {
  const overrides = wasm
    ? { wasmBinary: wasm }
    : { locateFile: (/** @type {string} */ path, /** @type {string} */ prefix) => (path.endsWith(".wasm") ? WASM : prefix + path) };
  await prepareZXingModule({ overrides, fireImmediately: true });
  detector ??= new BarcodeDetector({ formats: ["qr_code"] });
}

/**
 * Returns the texts of all QR codes in sight, each once.
 * @param {HTMLVideoElement | ImageBitmap} source
 * @returns {Promise<string[]>}
 */
export async function textsIn(source) {
  if (!detector) throw new Error("got a picture before the reader was ready");
  const found = await detector.detect(source);
  return [...new Set(found.map(({ rawValue }) => rawValue).filter((text) => text !== ""))];
}

/**
 * Returns the texts of all QR codes in a picture; nothing where this browser cannot open it.
 * @param {Blob} file
 */
export async function textsInPicture(file) {
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return [];
  }
  try {
    return await textsIn(picture);
  } finally {
    picture.close();
  }
}
