// Does one task after another with the evidence module, in Node.js as in a browser, and says what came of each: what was
// read from it, or as what it was refused. Bytes are hexadecimal on both sides.

import { misuse } from "./evidence_misuse.mjs";

const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (data) => Array.from(data, (byte) => byte.toString(16).padStart(2, "0")).join("");
const unJose = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
const keyOf = ({ x, y }) => ({ x: unJose(x), y: unJose(y) });
const utf8 = (text) => new TextEncoder().encode(text);

/** As Python's json writes them: numbers too large for JavaScript's come as text. */
const plain = (value) => (typeof value === "bigint" ? String(value) : value);

async function code(evidence, { text, key, registry_id: registryId }) {
  const read = await evidence.readCode(text);
  await evidence.verifyCode(read, keyOf(key), unhex(registryId));
  const { agency, certificateType, version, number, facts, firstDay, lastDay } = read.facts;
  return {
    facts: [agency, certificateType, version, number, facts, firstDay, lastDay],
    host: read.host,
    leaf: hex(await evidence.leafOf(read.factsBytes, read.signingInputHash)),
    path: read.path && { size: read.path.size, index: read.path.index, hashes: read.path.hashes.map(hex) },
    payload: hex(read.payload),
    short_number: evidence.shortNumber(read.leaf),
    signature: hex(read.signature),
  };
}

async function copy(evidence, { text, key, registry_id: registryId, names }) {
  const read = await evidence.readCopy(text);
  await evidence.verifyCopy(read, keyOf(key), unhex(registryId));
  if (read.opening) await evidence.openCopy(read, names);
  const { content } = read;
  return {
    claims: read.claims && Object.fromEntries(read.claims.map(([place, value]) => [names[place] ?? place, value])),
    content: [content.agency, content.certificateType, content.version, content.firstDay, content.lastDay],
    expires: content.expires,
    host: read.host,
    leaf: hex(content.leaf),
    made: content.made,
    opens: Boolean(read.opening),
    payload: hex(read.payload),
    purpose: content.purpose,
    recipient: content.recipient,
    signature: hex(read.signature),
  };
}

async function certificate(evidence, { text, key }) {
  const read = await evidence.readCertificate(text);
  await evidence.verifyCertificate(read, keyOf(key));
  return {
    claims: Object.fromEntries(
      read.disclosures.filter(({ value }) => value !== null).map(({ name, value }) => [name, value]),
    ),
    leaf: hex(read.leaf),
    short_number: evidence.shortNumber(read.leaf),
    withheld: read.withheld,
  };
}

async function digits(evidence, { text }) {
  const data = evidence.fromDigits(text);
  return { bytes: hex(data), digits: evidence.toDigits(data) };
}

async function shortNumber(evidence, { text }) {
  return { begins: hex(evidence.parseShortNumber(text)) };
}

async function path(evidence, { leaf, size, index, hashes }) {
  return { root: hex(await evidence.rootFromPath(unhex(leaf), { size, index, hashes: hashes.map(unhex) })) };
}

async function headers(evidence, { scheme, headers: files, validators }) {
  const read = files.map((file) => evidence.readHeader(unhex(file)));
  const sealing = evidence.checkSeals(read, scheme, () => validators.map(unhex));
  return {
    block_hash: hex(evidence.blockHash(read[0], scheme)),
    commit_hash: scheme === "none" ? null : hex(evidence.commitHash(read[0], scheme)),
    final: Boolean(sealing?.isFinal),
    signers: (sealing?.signers ?? []).map(hex).sort(),
  };
}

async function proof(evidence, { trust, file, leaf, agency }) {
  const listed = await evidence.readTrustList(utf8(trust));
  const shown = await evidence.verifyProof(await evidence.readProof(unhex(file)), {
    leaf: unhex(leaf),
    agency,
    trust: listed,
  });
  return {
    anchored: {
      agency: shown.agency,
      block_hash: hex(shown.blockHash),
      block_number: plain(shown.blockNumber),
      certificate_type: shown.certificateType,
      root: hex(shown.root),
      sequence: shown.sequence,
      size: shown.size,
      timestamp: plain(shown.timestamp),
      version: shown.version,
    },
    signers: shown.sealing && shown.sealing.signers.length,
  };
}

async function trustList(evidence, { text, now, previous }) {
  const listed = await evidence.readTrustList(utf8(text));
  const before = previous === null ? null : await evidence.readTrustList(utf8(previous));
  evidence.verifyTrustList(listed, { now: new Date(now), previous: before });
  return {
    seals: listed.sets.map(({ fromBlock, untilBlock, scheme, validators }) => {
      return [fromBlock, untilBlock, scheme, validators.map(hex)];
    }),
    thresholds: [listed.threshold, listed.attesterThreshold],
    version: listed.version,
  };
}

async function checkpoint(evidence, { kind, trust, file, leaves }) {
  const listed = await evidence.readTrustList(utf8(trust));
  const data = unhex(file);
  const isPack = kind === "pack";
  const believed = isPack
    ? await evidence.verifyPack(await evidence.readPack(data), listed)
    : await evidence.verifyCheckpoint(await evidence.readCheckpoint(data), listed);
  if ((await evidence.kindOf(data)) !== `yinxin-${kind}`) throw new Error(`not known as a ${kind}`);
  const { checkpoint: cut, history } = believed;
  return {
    block_number: plain(cut.blockNumber),
    counts: [0, 1, 2].map((which) => [...history.records(which)].length),
    heads: cut.heads.map(hex),
    statement: hex(cut.statement),
    timestamp: plain(cut.timestamp),
    tracks: leaves.map(({ agency, leaf }) => history.statuses(agency, unhex(leaf)).map(track)),
  };
}

function track({ kind, event, blockNumber }) {
  const block = plain(blockNumber);
  if (kind === "CertificateReplaced") return { track: 4, from: event.fromHour, until: 0, block };
  return { track: event.track, from: event.fromHour, until: event.untilHour, block };
}

async function kind(evidence, { file }) {
  return { kind: await evidence.kindOf(unhex(file)) };
}

/** Hands in what is read from sound files, so that nothing but the misuse is wrong. */
async function misused(evidence, { trust, proof: file, checkpoint: cut, header }) {
  const listed = await evidence.readTrustList(utf8(trust));
  return misuse(evidence, {
    trust: listed,
    proof: await evidence.readProof(unhex(file)),
    believed: await evidence.verifyCheckpoint(await evidence.readCheckpoint(unhex(cut)), listed),
    header: evidence.readHeader(unhex(header)),
  });
}

const WORK = {
  certificate,
  copy,
  checkpoint,
  code,
  digits,
  headers,
  kind,
  misuse: misused,
  path,
  proof,
  short_number: shortNumber,
  trust_list: trustList,
};

/** Returns for each task `{"read": …}` or `{"refused_as": …}`; anything else that is thrown is a fault and stays one. */
export async function outcomes(evidence, tasks) {
  const found = [];
  for (const task of tasks) {
    try {
      found.push({ read: await WORK[task.work](evidence, task) });
    } catch (error) {
      found.push(
        error instanceof evidence.EvidenceError ? { refused_as: error.reason } : { fault: String(error.stack) },
      );
    }
  }
  return found;
}
