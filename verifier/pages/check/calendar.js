// Calendar days of China, and the whole hours since 1970 in which statuses count time. A day is text, `2026-01-31`: days
// are compared as text. A time is whole seconds since 1970.

export const HOURS_A_DAY = 24;
export const HOUR_S = 3600;
const DAY_MS = 86_400_000;
/** China has kept one time, without summer time, since 1991; certificates and statuses only know that. */
const SHANGHAI_S = 8 * HOUR_S;
/** The first and the last second that Python's calendar has, in China. */
const FIRST_S = -62_135_596_800 - SHANGHAI_S;
export const LAST_S = 253_402_300_799 - SHANGHAI_S;

/**
 * Returns the calendar day in China.
 * @param {Date} now
 */
export function today(now) {
  return dayOf(Math.floor(now.getTime() / 1000));
}

/**
 * Returns the whole hours since 1970-01-01T00:00Z.
 * @param {number} seconds
 */
export function hourOf(seconds) {
  return Math.floor(seconds / HOUR_S);
}

/**
 * Returns the hour with which a calendar day begins in China.
 * @param {string} day
 */
export function firstHour(day) {
  return hourOf(Date.parse(`${day}T00:00:00Z`) / 1000 - SHANGHAI_S);
}

/**
 * Returns the moment at which an hour begins.
 * @param {number} hour
 */
export function timeOfHour(hour) {
  return hour * HOUR_S;
}

/**
 * Returns the calendar day in China in which an hour lies.
 * @param {number} hour
 */
export function dayOfHour(hour) {
  return dayOf(timeOfHour(hour));
}

/**
 * Returns the calendar day in China in which a second lies.
 * @param {number} seconds
 */
export function dayOf(seconds) {
  return inChina(seconds).slice(0, 10);
}

/**
 * Returns the next calendar day.
 * @param {string} day
 */
export function dayAfter(day) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
}

/**
 * Whether a text is a calendar day, written in the one way.
 * @param {string} text
 */
export function isDay(text) {
  const time = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  // Some engines take 30 February for 2 March.
  return !Number.isNaN(time) && new Date(time).toISOString().slice(0, 10) === text && text >= "0001";
}

/**
 * Demands a time that Python's calendar has, too; a block's may be any number. Throws `RangeError`.
 * @param {number | bigint} seconds
 */
export function timeOf(seconds) {
  if (!(seconds >= FIRST_S && seconds <= LAST_S)) throw new RangeError("got a time that no calendar has");
  return Number(seconds);
}

/**
 * Writes a time as reports do: `2026-11-22T12:30:00+08:00`.
 * @param {number} seconds
 */
export function isoTime(seconds) {
  return `${inChina(seconds)}+08:00`;
}

/**
 * Returns `2026-11-22T12:30:00`, as clocks in China show it.
 * @param {number} seconds
 */
export function inChina(seconds) {
  return new Date((timeOf(seconds) + SHANGHAI_S) * 1000).toISOString().slice(0, 19);
}
