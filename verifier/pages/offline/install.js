// Puts the page on the device: the service worker that opens it without a network.

/** How long a service worker may take to get ready, in milliseconds. */
const READY_MS = 60_000;

/** Registers the service worker, where there can be one. */
export async function install() {
  // One file on a disk has no address that a worker could serve.
  if (!("serviceWorker" in navigator) || !location.protocol.startsWith("http")) return;
  try {
    await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
  } catch {
    // A browser that refuses, as in some private windows, checks all the same, as long as there is a network.
  }
}

/**
 * Calls back when a newer version of the page than this one has come to the device: pages that stay open go on as they are.
 * @param {string} own This page's version.
 * @param {() => void} tell
 */
export function whenRenewed(own, tell) {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("controllerchange", async () => {
    const worker = navigator.serviceWorker.controller;
    if (!worker) return;
    const { port1, port2 } = new MessageChannel();
    const told = new Promise((resolve) => {
      port1.onmessage = ({ data }) => resolve(data.version);
    });
    worker.postMessage("version", [port2]);
    if ((await told) !== own) tell();
  });
}

/**
 * Has the service worker keep what it takes to scan without a network, too.
 * @returns {Promise<number>} The size of all that is kept of the page, in bytes. Fails with why it cannot be.
 */
export async function keepPage() {
  const worker = await ready();
  const { port1, port2 } = new MessageChannel();
  const kept = new Promise((resolve, reject) => {
    port1.onmessage = ({ data: { size, fault } }) => (fault === undefined ? resolve(size) : reject(new Error(fault)));
    setTimeout(() => reject(new Error("the page could not be kept in time")), READY_MS);
  });
  worker.postMessage("take", [port2]);
  return kept;
}

/** Has the service worker drop what it kept for scanning without a network; the page itself stays, as on every visit. */
export async function forgetPage() {
  const worker = "serviceWorker" in navigator ? (await navigator.serviceWorker.getRegistration())?.active : null;
  worker?.postMessage("leave");
}

/** @returns {Promise<ServiceWorker>} */
async function ready() {
  if (!("serviceWorker" in navigator)) throw new Error("this browser keeps no pages");
  await install();
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error("the page could not be kept in time")), READY_MS);
  });
  const { active } = await Promise.race([navigator.serviceWorker.ready, late]);
  return active;
}
