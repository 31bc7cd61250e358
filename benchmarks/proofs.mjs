// How long a browser or Node takes to verify one proof: the median of as many rounds as asked for, in milliseconds.
// By itself it runs in Node (path of evidence.js as argument, what to measure on standard input); pages import `measure`.

/**
 * @param {Record<string, Function>} evidence The module that verifies.
 * @param {{ proof: string, trustList: string, leaf: string, agency: number, rounds: number }} given
 */
export async function measure(evidence, given) {
  const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (byte) => parseInt(byte, 16));
  const file = unhex(given.proof);
  const leaf = unhex(given.leaf);
  const trust = await evidence.readTrustList(new TextEncoder().encode(given.trustList));
  const times = [];
  for (let round = 0; round < given.rounds; round += 1) {
    const begun = performance.now();
    await evidence.verifyProof(await evidence.readProof(file), { leaf, agency: given.agency, trust });
    times.push(performance.now() - begun);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)];
}

if (typeof process !== "undefined" && process.argv[1]?.endsWith("proofs.mjs")) {
  const { readFileSync } = await import("node:fs");
  const { pathToFileURL } = await import("node:url");
  const evidence = await import(pathToFileURL(process.argv[2]).href);
  console.log(await measure(evidence, JSON.parse(readFileSync(0, "utf8"))));
}
