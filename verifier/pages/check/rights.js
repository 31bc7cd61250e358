// Who might do what, at any place on the chain, folded from the registry's own list of rights.

import { hex } from "../evidence/bytes.js";
import { NO_CUT_OFF, comparePlaces } from "./knowledge.js";

/** @typedef {import("../evidence/history.js").RegistryRecord} RegistryRecord */
/** @typedef {import("./knowledge.js").Place} Place */
/** @typedef {import("./knowledge.js").AgencyRecord} AgencyRecord */
/** @typedef {import("./knowledge.js").ListedKey} ListedKey */

/** The only algorithm number of keys that this software knows (IAgencies). */
const ES256 = 1;

/**
 * What something was, from which place on.
 * @template Value
 */
class Line {
  constructor() {
    /** @type {Place[]} */
    this.places = [];
    /** @type {Value[]} */
    this.values = [];
  }

  /**
   * @param {Place} place
   * @param {Value} value
   */
  add(place, value) {
    this.places.push(place);
    this.values.push(value);
  }

  /**
   * Returns what it was just before that place; undefined if it was not yet.
   * @param {Place} place
   * @returns {Value | undefined}
   */
  before(place) {
    const later = this.places.findIndex((each) => comparePlaces(each, place) >= 0);
    return this.values[(later < 0 ? this.places.length : later) - 1];
  }
}

/** All rights that were ever given or taken, by the place at which that was recorded. */
export class Rights {
  /**
   * Folds records of the list of rights, in the chain's order.
   * @param {Iterable<RegistryRecord>} records
   */
  constructor(records) {
    /** @type {Map<number, Line<AgencyRecord>>} */
    this.agencies = new Map();
    /** @type {Map<number, Line<boolean>>} */
    this.suspended = new Map();
    /** @type {Map<string, Line<boolean>>} */
    this.granted = new Map();
    /** @type {Map<string, Line<Uint8Array>>} */
    this.types = new Map();
    /** @type {Map<number, Map<string, ListedKey & {algorithm: number}>>} By agency and kid. */
    this.listedKeys = new Map();
    /** @type {Set<string>} Ever listed, in the chain's order. */
    this.hosts = new Set();
    /** @type {Map<number, Place[]>} For each block, where something was recorded in it. */
    this.places = new Map();
    for (const { kind, event, blockNumber, logIndex } of records) {
      const place = { block: Number(blockNumber), logIndex };
      this.places.set(place.block, [...(this.places.get(place.block) ?? []), place]);
      this.#fold(kind, event, place);
    }
  }

  /**
   * Returns an agency as it is after the last record.
   * @param {number} agency
   */
  agency(agency) {
    return this.agencies.get(agency)?.values.at(-1) ?? null;
  }

  /** Returns the verifying hosts that were ever listed, in the chain's order. */
  hostsEver() {
    return [...this.hosts];
  }

  /**
   * Returns the places in a block that its rights tell apart: before each of them, and behind the last one.
   * @param {number} block
   * @returns {Place[]}
   */
  placesIn(block) {
    const places = this.places.get(block) ?? [];
    return places.length ? [...places, { block, logIndex: places[places.length - 1].logIndex + 1 }] : [];
  }

  /**
   * Whether that one agency was suspended just before that place; one that was not registered yet is, too.
   * @param {number} agency
   * @param {Place} place
   */
  isSuspended(agency, place) {
    return this.suspended.get(agency)?.before(place) !== false;
  }

  /**
   * Whether that one agency held the type just before that place.
   * @param {number} agency
   * @param {number} certificateType
   * @param {Place} place
   */
  holdsType(agency, certificateType, place) {
    return this.granted.get(`${agency} ${certificateType}`)?.before(place) === true;
  }

  /**
   * Returns the digest of the type's data file, null if it was not registered before that place.
   * @param {number} certificateType
   * @param {number} version
   * @param {Place} place
   */
  typeDigest(certificateType, version, place) {
    return this.types.get(`${certificateType} ${version}`)?.before(place) ?? null;
  }

  /**
   * Returns the keys listed for an agency whose kid begins so, as they are after the last record.
   * @param {number} agency
   * @param {Uint8Array} kidPrefix
   * @returns {ListedKey[]}
   */
  keys(agency, kidPrefix) {
    const listed = [...(this.listedKeys.get(agency)?.entries() ?? [])];
    return listed
      .filter(([kid, { algorithm }]) => kid.startsWith(hex(kidPrefix)) && algorithm === ES256)
      .map(([, key]) => key);
  }

  /**
   * @param {string} kind
   * @param {any} event Its members are those that `steps.js` declares for its kind.
   * @param {Place} place
   */
  #fold(kind, event, place) {
    switch (kind) {
      case "AgencyRegistered":
        this.#agency(event, event.parent, place);
        line(this.suspended, event.agency).add(place, false);
        break;
      case "AgencyCorrected": {
        const known = this.agency(event.agency);
        if (known) this.#agency(event, known.parent, place);
        break;
      }
      case "AgencySuspended":
        line(this.suspended, event.agency).add(place, true);
        break;
      case "AgencyResumed":
        line(this.suspended, event.agency).add(place, false);
        break;
      case "TypeGranted":
        line(this.granted, `${event.agency} ${event.certificateType}`).add(place, true);
        break;
      case "TypeWithdrawn":
        line(this.granted, `${event.agency} ${event.certificateType}`).add(place, false);
        break;
      case "TypeRegistered":
        line(this.types, `${event.certificateType} ${event.version}`).add(place, event.digest);
        break;
      case "KeyAdded":
        this.#key(event, place);
        break;
      case "KeyCutOff": {
        const key = this.listedKeys.get(event.agency)?.get(hex(event.kid));
        if (key) key.cutOffBlock = event.cutOffBlock;
        break;
      }
      case "VerifyingHostSet":
        if (event.listed) this.hosts.add(event.host);
        break;
      default: // The council's, officers' and approvals' records say nothing of a certificate.
    }
  }

  /**
   * @param {{agency: number, code: string, name: string}} event
   * @param {number} parent
   * @param {Place} place
   */
  #agency({ agency, code, name }, parent, place) {
    line(this.agencies, agency).add(place, { id: agency, parent, code, name });
  }

  /**
   * @param {any} event
   * @param {Place} place
   */
  #key({ agency, kid, algorithm, x, y, validFrom, validUntil }, place) {
    const keys = this.listedKeys.get(agency) ?? new Map();
    this.listedKeys.set(agency, keys);
    // As in Python's dictionaries, a key that is listed again keeps its place.
    keys.set(hex(kid), {
      kid,
      publicKey: { x, y },
      listedAtBlock: place.block,
      validFrom,
      validUntil,
      cutOffBlock: NO_CUT_OFF,
      algorithm,
    });
  }
}

/**
 * @template Key, Value
 * @param {Map<Key, Line<Value>>} lines
 * @param {Key} key
 * @returns {Line<Value>}
 */
function line(lines, key) {
  const found = lines.get(key) ?? new Line();
  lines.set(key, found);
  return found;
}
