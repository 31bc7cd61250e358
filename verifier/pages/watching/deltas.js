// Asks the service what happened to all certificates after a block, so that it does not learn which ones are watched.

import { LAST_S } from "../check/calendar.js";
import { TRACKS } from "../check/knowledge.js";
import { Unreachable } from "../offline/client.js";

const DELTAS = "/api/v1/deltas";
const PATIENCE_MS = 15_000;
/** Answers of a thousand changes each; whoever stays away for longer gets the rest the next time. */
const MOST_PARTS = 200;
/** As the registry counts them, in 24 bits. */
const MAX_HOUR = 2 ** 24 - 1;

/** @typedef {import("./changes.js").Told} Told */

/**
 * @param {number} after A block; asked in steps of some hundred blocks, so that the number names nobody's list.
 * @returns {Promise<Told & {time: number, doubt: any}>} Fails with `Unreachable`.
 */
export async function deltasAfter(after) {
  let address = `${DELTAS}?after=${after}`;
  /** @type {Told["deltas"]} */
  const deltas = [];
  for (let part = 0; part < MOST_PARTS; part += 1) {
    const answer = await asked(address);
    deltas.push(...answer.deltas.map(soundDelta));
    if (answer.next === null || part === MOST_PARTS - 1) {
      return {
        registryId: String(answer.registry?.registry_id),
        after,
        completeTo: whole(answer.complete_to),
        deltas,
        time: whole(answer.block?.timestamp, LAST_S),
        doubt: answer.doubt ?? null,
      };
    }
    address = nextOf(answer.next);
  }
  throw new Unreachable("got no answer");
}

/** @param {string} address */
async function asked(address) {
  let response;
  try {
    response = await fetch(address, {
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (error) {
    throw new Unreachable(`got no answer: ${error}`);
  }
  if (!response.ok) throw new Unreachable(`got the status ${response.status}, wanted 200`);
  const answer = await response.json().catch(() => null);
  if (!Array.isArray(answer?.deltas)) throw new Unreachable("got an answer without deltas");
  return answer;
}

/** @param {unknown} next */
function nextOf(next) {
  if (typeof next !== "string" || !next.startsWith(`${DELTAS}?`)) throw new Unreachable("got another address to go on");
  return next;
}

/**
 * Takes a delta that can be kept and shown: what is kept stays in the list's way ever after.
 * @param {any} delta
 */
function soundDelta(delta) {
  const { agency, leaf_prefix, track, from_hour, until_hour, block_number, log_index, timestamp } = delta ?? {};
  for (const number of [agency, block_number, log_index]) whole(number);
  for (const hour of [from_hour, until_hour]) whole(hour, MAX_HOUR);
  whole(timestamp, LAST_S);
  // A shorter beginning could be any certificate's.
  if (typeof leaf_prefix !== "string" || !/^[0-9a-f]{16,64}$/.test(leaf_prefix) || !TRACKS.includes(track)) {
    throw new Unreachable("got a delta that is none");
  }
  return { agency, leaf_prefix, track, from_hour, until_hour, block_number, log_index, timestamp };
}

/**
 * @param {unknown} value
 * @param {number} [most]
 */
function whole(value, most = Number.MAX_SAFE_INTEGER) {
  if (!Number.isSafeInteger(value) || Number(value) < 0 || Number(value) > most) {
    throw new Unreachable(`got ${value}, wanted a whole number of at most ${most}`);
  }
  return Number(value);
}
