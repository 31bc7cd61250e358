// What a phone takes along: a checkpoint with the data files of the certificate types.

import { hex, sha256 } from "./bytes.js";
import { isBytes } from "./cbor.js";
import { checkpointOf } from "./checkpoint.js";
import { verifyCheckpoint } from "./checkpoint_verify.js";
import { PACK, unwrap } from "./envelope.js";
import { refuse } from "./errors.js";

/**
 * A pack as read: not to be believed before `verifyPack`.
 * @typedef {{checkpoint: import("./checkpoint.js").Checkpoint, types: Uint8Array[]}} Pack
 */

const MALFORMED = "EvidenceMalformed";
const RIGHTS = 2;

/**
 * Reads a pack's file; refuses it as `EvidenceMalformed`, or `EvidenceUnsupported` if it is of a format to come.
 * @param {Uint8Array} data
 * @returns {Promise<Pack>}
 */
export async function readPack(data) {
  const members = await unwrap(data, PACK);
  const [body, attestations, types] = members.length === 3 ? members : [];
  if (!Array.isArray(types) || !types.every(isBytes)) {
    return refuse(MALFORMED, "got a pack other than body, attestations and type files");
  }
  const files = /** @type {Uint8Array[]} */ (types);
  const digests = await Promise.all(files.map(digestOf));
  if (new Set(digests).size !== files.length) refuse(MALFORMED, "got a type file twice, wanted each once");
  return { checkpoint: await checkpointOf([body, attestations]), types: files };
}

/**
 * Checks a pack's checkpoint, and that its type files are those that the registry lists.
 * @param {Pack} pack
 * @param {import("./trust_list.js").TrustList} trust
 */
export async function verifyPack(pack, trust) {
  const believed = await verifyCheckpoint(pack.checkpoint, trust);
  const listed = new Set();
  for (const { kind, event } of believed.history.records(RIGHTS)) {
    if (kind === "TypeRegistered") listed.add(hex(/** @type {Uint8Array} */ (event.digest)));
  }
  for (const file of pack.types) {
    const digest = await digestOf(file);
    if (!listed.has(digest))
      refuse("NotProven", `got a type file of SHA-256 ${digest}, which the registry does not list`);
  }
  return believed;
}

/** @param {Uint8Array} file */
async function digestOf(file) {
  return hex(await sha256(file));
}
