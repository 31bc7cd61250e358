// Checks one input after another with the check module, in Node.js as in a browser, and says what came of each. Bytes are
// hexadecimal on both sides.

const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const utf8 = (text) => new TextEncoder().encode(text);
const LANGUAGES = ["zh-CN", "en"];

/** Bases by what they were made of: most tasks share theirs with others. */
const bases = new Map();

function basisOf(check, { trust, packs = [], basis_now: basisNow, now }) {
  const key = JSON.stringify([trust, packs, basisNow ?? now]);
  if (!bases.has(key)) bases.set(key, makeBases(check, trust, packs, new Date(basisNow ?? now)));
  return bases.get(key);
}

/** Each pack is brought after the one before it was seen; what is made of the last one counts. */
async function makeBases(check, trust, packs, now) {
  const files = packs.length ? packs.map(unhex) : [null];
  let basis = { seen: null };
  for (const pack of files) {
    // As a page's store does, all but plain values gets lost on the way.
    const seen = structuredClone(basis.seen);
    basis = await check.makeBasis({ trust: trust === null ? null : utf8(trust), pack, now, seen });
  }
  return basis;
}

async function work(check, task, sentences) {
  const { text, data, on = null, now, proofs = [], answer, hosts = [] } = task;
  const input = data === undefined ? check.readInput(text, { hosts }) : check.readFile(unhex(data), { hosts });
  const prefix = await check.prefixOf(input);
  if (task.only_read) return { input, prefix };
  const basis = await basisOf(check, task);
  const asked = { on, now: new Date(now) };
  const report =
    answer === undefined
      ? await check.checkOffline(input, basis, { ...asked, proofs: proofs.map(unhex) })
      : await check.checkOnline(input, basis, answer, asked);
  const handed = structuredClone(report);
  const json = LANGUAGES.map((language) => [language, check.asJson(handed, language, sentences[language])]);
  // What JSON cannot write must not be in it.
  return JSON.parse(JSON.stringify({ kind: input.kind, prefix, json: Object.fromEntries(json) }));
}

/** Returns what came of each task; what is thrown is a fault of ours. */
export async function outcomes(check, { tasks, sentences }) {
  const found = [];
  for (const task of tasks) {
    try {
      found.push(await work(check, task, sentences));
    } catch (error) {
      found.push({ fault: String(error.stack) });
    }
  }
  return found;
}
