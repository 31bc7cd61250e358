// Puts the page on the device: the service worker that opens it without a network.

/** How long a service worker may take to get ready, in milliseconds. */
const READY_MS = 60_000;

/** Names of what a browser says that lets no page be kept, here or ever; where only the network failed it says others. */
const REFUSALS = ["NotSupportedError", "SecurityError"];

/** This browser keeps no pages: it is a part of another app, or the window is private. */
export class KeepsNoPages extends Error {
  constructor() {
    super("this browser keeps no pages");
    this.name = "KeepsNoPages";
  }
}

/**
 * Registers the service worker, where there can be one.
 * @returns {Promise<unknown>} What the browser said against it; null where nothing.
 */
export async function install() {
  // One file on a disk has no address that a worker could serve.
  if (!("serviceWorker" in navigator) || !location.protocol.startsWith("http")) return null;
  try {
    await navigator.serviceWorker.register("/sw.js", { scope: "/", updateViaCache: "none" });
    return null;
  } catch (error) {
    // A browser that refuses, as in some private windows, checks all the same, as long as there is a network.
    return error;
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
  if (!("serviceWorker" in navigator)) throw new KeepsNoPages();
  const refusal = await install();
  if (refusal instanceof DOMException && REFUSALS.includes(refusal.name)) throw new KeepsNoPages();
  // What was kept before serves still.
  if (refusal !== null && !(await navigator.serviceWorker.getRegistration())) throw refusal;
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error("the page could not be kept in time")), READY_MS);
  });
  const { active } = await Promise.race([navigator.serviceWorker.ready, late]);
  return active;
}
