// The camera: on after a tap, off as soon as a code was read, the page is left, or a minute has passed.

import { openReader } from "../offline/reader.js";
import { find } from "./elements.js";
import { Fault } from "./faults.js";

const PATIENCE_MS = 60_000;
/** How long the scanner may take to come: a megabyte at 35 kB/s. It goes on coming for the next attempt. */
const LOADING_MS = 30_000;
const PAUSE_MS = 80;
const BUZZ_MS = 60;

/** What goes wrong with cameras, by the names of exceptions (Media Capture and Streams, section 10.2). */
const FAULTS = new Map([
  ["NotAllowedError", "page.camera_denied"],
  ["SecurityError", "page.camera_denied"],
  ["NotFoundError", "page.camera_none"],
  ["OverconstrainedError", "page.camera_none"],
  ["NotReadableError", "page.camera_busy"],
  ["AbortError", "page.camera_busy"],
]);

/** Loads the reader when it is first wanted. */
export async function loadReader() {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let patience;
  const late = new Promise((_, reject) => {
    patience = setTimeout(() => reject(new Error(`got no scanner within ${LOADING_MS} ms`)), LOADING_MS);
  });
  try {
    return await Promise.race([openReader(), late]);
  } catch (error) {
    throw new Fault("page.scanner_failed", String(error), "typed");
  } finally {
    clearTimeout(patience);
  }
}

/**
 * Looks through the camera until there is a code.
 * @param {HTMLDialogElement} dialog
 * @param {import("./words.js").Words} words
 * @returns {Promise<string[] | null>} The texts in sight; null where somebody stopped it. Fails with a `Fault`.
 */
export async function scan(dialog, words) {
  const stopped = new AbortController();
  const [say, video, torch] = ["[data-say]", "video", "[data-torch]"].map((selector) => find(selector, dialog));
  /** @type {MediaStream | null} */
  let stream = null;
  // At once, and never later: somebody may be looking through the camera again by then.
  const stop = () => {
    stopped.abort();
    for (const track of stream?.getTracks() ?? []) track.stop();
    video.srcObject = null;
    torch.hidden = true;
  };
  say.textContent = words.say("page.scan_starting");
  dialog.showModal();
  dialog.addEventListener("close", stop, { once: true, signal: stopped.signal });
  find("[data-close]", dialog).addEventListener("click", () => dialog.close(), { signal: stopped.signal });
  document.addEventListener("visibilitychange", () => document.hidden && dialog.close(), { signal: stopped.signal });
  window.addEventListener("pagehide", () => dialog.close(), { signal: stopped.signal });
  try {
    stream = await openCamera();
    const reader = await loadReader();
    if (stopped.signal.aborted) return null;
    video.srcObject = stream;
    await video.play();
    if (stopped.signal.aborted) return null;
    offerTorch(stream, torch, stopped.signal);
    say.textContent = words.say("page.scanning");
    return await firstCodes(reader, video, stopped.signal);
  } catch (error) {
    // Whoever stopped it wants to hear no more of it.
    if (stopped.signal.aborted) return null;
    throw error;
  } finally {
    // It may have come after somebody stopped it.
    for (const track of stream?.getTracks() ?? []) track.stop();
    if (!stopped.signal.aborted) {
      stop();
      dialog.close();
    }
  }
}

/** @returns {Promise<MediaStream>} */
async function openCamera() {
  // Some browsers have no camera for a file on a disk, others refuse it; there is no setting that would allow it.
  const isFile = !location.protocol.startsWith("http");
  if (!navigator.mediaDevices?.getUserMedia) throw new Fault(isFile ? "page.camera_file" : "page.camera_insecure");
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1080 } },
    });
  } catch (error) {
    const { name } = /** @type {Error} */ (error);
    const key = FAULTS.get(name) ?? "page.camera_none";
    throw new Fault(isFile && key === "page.camera_denied" ? "page.camera_file" : key, String(error));
  }
}

/**
 * @param {{textsIn: (video: HTMLVideoElement) => Promise<string[]>}} reader
 * @param {HTMLVideoElement} video
 * @param {AbortSignal} stopped
 */
async function firstCodes(reader, video, stopped) {
  const end = performance.now() + PATIENCE_MS;
  while (!stopped.aborted) {
    if (performance.now() > end) throw new Fault("page.camera_timeout");
    const texts = video.videoWidth > 0 ? await reader.textsIn(video) : [];
    if (stopped.aborted) break;
    if (texts.length > 0) {
      navigator.vibrate?.(BUZZ_MS);
      return texts;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return null;
}

/**
 * @param {MediaStream} stream
 * @param {HTMLButtonElement} button
 * @param {AbortSignal} stopped
 */
function offerTorch(stream, button, stopped) {
  const [track] = stream.getVideoTracks();
  // `torch` is of Image Capture, which TypeScript's and some browsers' tracks do not know.
  const capabilities = /** @type {any} */ (track.getCapabilities?.() ?? {});
  button.hidden = !capabilities.torch;
  button.setAttribute("aria-pressed", "false");
  const turn = async () => {
    const isOn = button.getAttribute("aria-pressed") !== "true";
    try {
      await track.applyConstraints(/** @type {any} */ ({ advanced: [{ torch: isOn }] }));
      button.setAttribute("aria-pressed", String(isOn));
    } catch (error) {
      // It said that it had a light. The camera goes on without it.
      button.hidden = true;
      console.info(String(error));
    }
  };
  button.addEventListener("click", turn, { signal: stopped });
}
