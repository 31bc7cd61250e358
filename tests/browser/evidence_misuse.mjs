// What a page may get wrong in calling the evidence module. Every one of these has to be told as a TypeError: a refusal
// would blame the evidence, and an answer would be worse.

const bytes = (length) => new Uint8Array(length);
const text = "00".repeat(32);

/** Each with its name; what it returns, or throws, says whether it was noticed. */
const misuses = (evidence, { trust, proof, believed, header }) => {
  const { history } = believed;
  const key = { x: bytes(32), y: bytes(32) };
  const about = { leaf: bytes(32), agency: 1, trust };
  const of = (name, call, ...wrong) => wrong.map((each) => [`${name}: ${String(each)}`, () => call(each)]);
  const times = [undefined, null, new Date(NaN), new Date("soon"), "2026-03-01T00:00:00Z", 0, Date.now()];
  const agencies = [undefined, null, 0, -1, 1.5, NaN, 2 ** 32, "1", 1n];
  const lengths = [bytes(0), bytes(31), bytes(33)];
  const hashes = [...lengths, undefined, null, text, text.slice(32), [...bytes(32)], bytes(32).buffer];
  const files = [undefined, null, text, "", [1], new ArrayBuffer(8), new DataView(new ArrayBuffer(8))];
  const texts = [undefined, null, 1, bytes(8), ["1"]];
  const schemes = [undefined, null, "", "QBFT", "poa"];
  return [
    ...of("verifyTrustList, now", (now) => evidence.verifyTrustList(trust, { now }), ...times),
    ...of("verifyTrustList, at", (at) => evidence.verifyTrustList(trust, at), undefined, null, {}, new Date()),
    ...of(
      "verifyTrustList, previous",
      (previous) => evidence.verifyTrustList(trust, { now: new Date(0), previous }),
      ...["", 0, false, "{}", {}, Promise.resolve(trust)],
    ),
    ...of("statuses, agency", (agency) => history.statuses(agency, bytes(32)), ...agencies),
    ...of("statuses, leaf", (leaf) => history.statuses(1, leaf), ...hashes),
    ...of("batches, agency", (agency) => history.batches(agency, bytes(32)), ...agencies),
    ...of("batches, root", (root) => history.batches(1, root), ...hashes),
    ...of("records", (which) => [...history.records(which)], undefined, null, 3, -1, "0", "rights"),
    ...of("verifyProof, leaf", (leaf) => evidence.verifyProof(proof, { ...about, leaf }), ...hashes),
    ...of("verifyProof, agency", (agency) => evidence.verifyProof(proof, { ...about, agency }), ...agencies),
    ...of("verifyProof, trust", (list) => evidence.verifyProof(proof, { ...about, trust: list }), undefined, {}, text),
    ...of("verifyProof, proof", (read) => evidence.verifyProof(read, about), undefined, {}, Promise.resolve(proof)),
    ...of("verifyCheckpoint", (read) => evidence.verifyCheckpoint(read, trust), undefined, {}, Promise.resolve()),
    ...of("verifyPack", (read) => evidence.verifyPack(read, trust), undefined, {}, believed.checkpoint),
    ...["readCopy"].flatMap((name) => of(name, evidence[name], ...texts)),
    ...of("readCopyFile", evidence.readCopyFile, ...files),
    ...["readTrustList", "readProof", "readCheckpoint", "readPack", "kindOf", "readHeader", "toDigits"].flatMap(
      (name) => of(name, evidence[name], ...files),
    ),
    ...["readCode", "readCertificate", "fromDigits", "parseShortNumber"].flatMap((name) =>
      of(name, evidence[name], ...texts),
    ),
    ...of("shortNumber", evidence.shortNumber, ...hashes),
    ...of("leafOf, F", (facts) => evidence.leafOf(facts, bytes(32)), ...files),
    ...of("leafOf, hash", (hash) => evidence.leafOf(bytes(1), hash), ...hashes),
    ...of("rootFromPath, leaf", (leaf) => evidence.rootFromPath(leaf, { size: 1, index: 0, hashes: [] }), ...files),
    ...of("rootFromPath, size", (size) => evidence.rootFromPath(bytes(32), { size, index: 0, hashes: [] }), "1", 1n),
    ...of(
      "rootFromPath, hash",
      (hash) => evidence.rootFromPath(bytes(32), { size: 2, index: 0, hashes: [hash] }),
      ...files,
    ),
    ...of("kidOf", (x) => evidence.kidOf({ ...key, x }), ...hashes),
    ...of("verifyCode, registry", (registry) => evidence.verifyCode({}, key, registry), ...hashes),
    ...of("verifyCode, code", (code) => evidence.verifyCode(code, key, bytes(32)), undefined, {}, Promise.resolve()),
    ...of("verifyCertificate, key", (wrong) => evidence.verifyCertificate({}, wrong), undefined, {}, text),
    ...["blockHash", "commitHash"].flatMap((name) => of(name, (scheme) => evidence[name](header, scheme), ...schemes)),
    ...of("checkSeals, scheme", (scheme) => evidence.checkSeals([header], scheme, () => []), ...schemes),
    ...of("checkSeals, headers", (headers) => evidence.checkSeals(headers, "qbft", () => []), undefined, header, text),
    ...of(
      "checkSeals, validators",
      (validators) => evidence.checkSeals([header], "qbft", () => validators),
      ...[undefined, [text.slice(24)], [bytes(19)], [bytes(20), bytes(20)]],
    ),
  ];
};

/** Returns how many misuses there are, and what came of those that nobody noticed. */
export async function misuse(evidence, material) {
  const all = misuses(evidence, material);
  const unnoticed = [];
  for (const [name, call] of all) {
    try {
      unnoticed.push(`${name}: returned ${await call()}`);
    } catch (error) {
      if (!(error instanceof TypeError)) unnoticed.push(`${name}: ${error}`);
    }
  }
  return { misuses: all.length, unnoticed };
}
