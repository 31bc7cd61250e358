// The steps that events take in the registry's hash chains (IHeads): what the events are, and their arguments as bytes.

import { concat, fromInteger, fromUtf8, hex, toWhole, utf8 } from "./bytes.js";
import { keccak } from "./keccak.js";

/**
 * An argument as bytes without padding: a number of N bits has N/8, a truth value 1, an address 20; an array of
 * addresses is an array of them.
 * @typedef {Uint8Array | Uint8Array[]} Part
 */

/**
 * An event: its arguments by name. Numbers are bigints only where a number would not be exact; uint256 stays bytes.
 * @typedef {{[name: string]: unknown}} RegistryEvent
 */

/** @typedef {{name: string, arguments: {name: string, type: string}[], topic: Uint8Array}} Kind */

export const WORD = 32;
export const ADDRESS = 20;
/** The lists of what was recorded, one for each hash chain, numbered as IHeads does. */
export const LISTS = /** @type {const} */ (["anchors", "statuses", "rights"]);

const NOT_TEXT = "0x";
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** All kinds of events; a kind's number is its place. */
export const KINDS = [
  "RegistryCreated(bytes32 registryId, bool test)",
  "MemberAdded(address member, uint8 threshold)",
  "MemberRemoved(address member, uint8 threshold)",
  "ProposalMade(uint256 proposal, address proposer, address target, bytes data, uint64 expiresAtBlock)",
  "VoteCast(uint256 proposal, address member)",
  "ProposalExecuted(uint256 proposal, address executor)",
  "VerifyingHostSet(string host, bool listed)",
  "SuccessorNamed(address registry, bytes32 successorId)",
  "TypeRegistered(uint32 certificateType, uint16 version, bytes32 digest)",
  "TypeRetired(uint32 certificateType, uint16 version)",
  "AgencyRegistered(uint32 agency, uint32 parent, uint8 level, bytes18 code, string name, address[] consenters)",
  "AgencyCorrected(uint32 agency, bytes18 code, string name)",
  "AgencySuspended(uint32 agency, uint8 suspendedBy, address[] consenters)",
  "AgencyResumed(uint32 agency, address[] consenters)",
  "TypeGranted(uint32 agency, uint32 certificateType, address[] consenters)",
  "TypeWithdrawn(uint32 agency, uint32 certificateType, address[] consenters)",
  "ApprovalsDemanded(uint32 agency, uint8 approvals, address[] consenters)",
  "OwnApprovalsSet(uint32 agency, uint8 approvals, address[] consenters)",
  "OfficerSet(uint32 agency, address officer, uint8 capabilities, address[] consenters)",
  "KeyAdded(uint32 agency, bytes32 kid, uint8 algorithm, bytes32 x, bytes32 y, uint64 validFrom, uint64 validUntil, " +
    "address[] consenters)",
  "KeyCutOff(uint32 agency, bytes32 kid, uint64 cutOffBlock, address[] consenters)",
  "BatchAnchored(uint32 agency, bytes32 root, uint32 certificateType, uint16 version, uint16 size, uint32 sequence, " +
    "address preparer, address[] approvers)",
  "CertificateReplaced(uint32 agency, bytes32 oldLeaf, bytes32 newLeaf, uint24 fromHour, uint256 held)",
  "StatusChanged(uint32 agency, bytes32 leaf, uint8 track, uint24 fromHour, uint24 untilHour, uint32 actor, " +
    "bytes32 decision, uint256 held, address[] officers)",
].map(declared);
export const BATCH_ANCHORED = 21;
export const CERTIFICATE_REPLACED = 22;
export const STATUS_CHANGED = 23;

/**
 * Returns in which list, and so in which hash chain, events of a kind stand.
 * @param {number} kind
 */
export function listOf(kind) {
  if (kind === BATCH_ANCHORED) return 0;
  return kind === CERTIFICATE_REPLACED || kind === STATUS_CHANGED ? 1 : 2;
}

/** @param {string} type */
export function isBlob(type) {
  return type === "string" || type === "bytes";
}

/**
 * Returns how many bytes a value of a type has that does not stand behind the others.
 * @param {string} type
 */
export function width(type) {
  if (type === "bool") return 1;
  if (type === "address") return ADDRESS;
  return type.startsWith("bytes") ? Number(type.slice(5)) : Number(type.slice(4)) / 8;
}

/**
 * Encodes a kind's arguments as `abi.encode` does.
 * @param {number} kind
 * @param {Part[]} parts
 */
export function join(kind, parts) {
  const types = KINDS[kind].arguments;
  /** @type {Uint8Array[]} */
  const head = [];
  /** @type {Uint8Array[]} */
  const tail = [];
  let end = types.length * WORD;
  types.forEach(({ type }, place) => {
    const part = parts[place];
    if (part instanceof Uint8Array && !isBlob(type)) {
      head.push(padded(type, part));
      return;
    }
    const items = part instanceof Uint8Array ? [part, new Uint8Array(-part.length & (WORD - 1))] : part.map(address);
    const behind = concat(fromInteger(part.length, WORD), ...items);
    head.push(fromInteger(end, WORD));
    tail.push(behind);
    end += behind.length;
  });
  return concat(...head, ...tail);
}

/**
 * Returns the event of a kind.
 * @param {number} kind
 * @param {Part[]} parts
 * @returns {RegistryEvent}
 */
export function eventOf(kind, parts) {
  return Object.fromEntries(KINDS[kind].arguments.map(({ name, type }, place) => [name, valueOf(type, parts[place])]));
}

/**
 * @param {string} type
 * @param {Part} part
 */
function valueOf(type, part) {
  if (!(part instanceof Uint8Array) || type === "bytes" || type === "uint256") return part;
  if (type === "string" || type === "bytes18") return text(part);
  if (type === "bool") return part[0] === 1;
  return type.startsWith("uint") ? toWhole(part) : part;
}

/**
 * Returns what a contract holds as text. The contracts take any bytes for a name, so what is not UTF-8, or holds
 * control characters, is written as `0x…` in hexadecimal; so is what itself begins like that.
 * @param {Uint8Array} raw
 */
function text(raw) {
  let plain;
  try {
    plain = fromUtf8(raw, "EvidenceMalformed");
  } catch {
    return NOT_TEXT + hex(raw);
  }
  return plain.startsWith(NOT_TEXT) || CONTROL.test(plain) ? NOT_TEXT + hex(raw) : plain;
}

/**
 * @param {string} type
 * @param {Uint8Array} part
 */
function padded(type, part) {
  const zeros = new Uint8Array(WORD - part.length);
  return type.startsWith("bytes") ? concat(part, zeros) : concat(zeros, part);
}

/** @param {Uint8Array} part */
function address(part) {
  return padded("address", part);
}

/**
 * @param {string} declaration
 * @returns {Kind}
 */
function declared(declaration) {
  const [, name, list] = /** @type {RegExpExecArray} */ (/^(\w+)\((.*)\)$/.exec(declaration));
  const given = list.split(", ").map((argument) => {
    const [type, named] = argument.split(" ");
    return { name: named, type };
  });
  return { name, arguments: given, topic: keccak(utf8(`${name}(${given.map(({ type }) => type).join(",")})`)) };
}
