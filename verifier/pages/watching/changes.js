// What became of watched certificates: what the service tells of all, held to what a believed checkpoint holds of each.
// Pure: answers come in, entries come out.

/** @typedef {import("./histories.js").Change} Change */
/** @typedef {import("./histories.js").Histories} Histories */
/** @typedef {import("./list.js").Entry} Entry */
/** @typedef {import("./list.js").Noted} Noted */
/**
 * What the service told of all leaves after a block.
 * @typedef {object} Told
 * @property {string} registryId
 * @property {number} after
 * @property {number} completeTo The block up to which nothing is missing, it says.
 * @property {(Change & {agency: number, leaf_prefix: string})[]} deltas
 */

/**
 * Returns an entry with what is known now. Either answer may be missing; what neither tells stays as it was.
 * @param {Entry} entry
 * @param {Told | null} told
 * @param {Histories | null} proven
 * @returns {Entry}
 */
export function updated(entry, told, proven) {
  const heard = told?.registryId === entry.registry_id ? told : null;
  const shown = proven?.registry_id === entry.registry_id ? proven : null;
  const changes = heard ? merged(entry, heard) : entry.changes;
  const block = heard ? Math.max(entry.block, heard.completeTo) : entry.block;
  if (!shown) return { ...entry, block, changes };
  return {
    ...entry,
    block,
    earlier: earlierOf(entry, shown),
    changes: held(entry, changes, block, shown),
    rights: shown.rights[entry.leaf] ?? entry.rights,
  };
}

/**
 * Returns what had been recorded when the certificate was put on the list: as the checkpoint has it, as far as it reaches.
 * @param {Entry} entry
 * @param {Histories} shown
 */
function earlierOf({ leaf, start, earlier }, shown) {
  const proven = (shown.leaves[leaf] ?? []).filter(({ block_number: at }) => at <= start);
  return [...proven, ...earlier.filter(({ block_number: at }) => at > shown.block_number)];
}

/**
 * @param {Entry} entry
 * @param {Told} told
 * @returns {Noted[]}
 */
function merged(entry, told) {
  // What was not final when it was told is told again, or was undone.
  const kept = entry.changes.filter(({ block_number: block, proven }) => proven || block <= told.after);
  const news = told.deltas
    .filter(({ agency, leaf_prefix: prefix }) => agency === entry.agency && entry.leaf.startsWith(prefix))
    .filter(({ block_number: block }) => block > entry.start)
    .map((delta) => ({ ...changeOf(delta), proven: false, doubt: null }));
  return inOrder([...kept, ...news.filter((each) => !kept.some((other) => isSame(each, other)))]);
}

/**
 * Holds what was told to a checkpoint, as far as it reaches.
 * @param {Entry} entry
 * @param {Noted[]} changes
 * @param {number} block Up to which the service says that it told everything.
 * @param {Histories} shown
 */
function held(entry, changes, block, shown) {
  const proven = (shown.leaves[entry.leaf] ?? []).filter(({ block_number: at }) => at > entry.start);
  const beyond = changes.filter(({ block_number: at }) => at > shown.block_number);
  const within = changes.filter(({ block_number: at }) => at <= shown.block_number);
  /** @type {Noted[]} */
  const invented = within
    .filter((each) => !proven.some((other) => isSame(each, other)))
    .map((each) => ({ ...each, proven: false, doubt: "invented" }));
  const good = proven.map((each) => {
    const known = within.find((other) => isSame(each, other));
    const doubt = known ? known.doubt : each.block_number <= block ? /** @type {const} */ ("withheld") : null;
    return { ...each, proven: true, doubt };
  });
  return inOrder([...good, ...invented, ...beyond]);
}

/** @param {Change} change */
function changeOf({ track, from_hour, until_hour, block_number, log_index, timestamp }) {
  return { track, from_hour, until_hour, block_number, log_index, timestamp };
}

/**
 * @param {Change} a
 * @param {Change} b
 */
function isSame(a, b) {
  return (
    a.block_number === b.block_number &&
    a.log_index === b.log_index &&
    a.track === b.track &&
    a.from_hour === b.from_hour &&
    a.until_hour === b.until_hour
  );
}

/**
 * @template {Change} T
 * @param {T[]} changes
 */
function inOrder(changes) {
  return changes.sort((a, b) => a.block_number - b.block_number || a.log_index - b.log_index);
}
