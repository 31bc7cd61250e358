// The moment that a question asks about.

import { HOURS_A_DAY, dayOfHour, firstHour, hourOf, isDay, today } from "./calendar.js";
import { refuse } from "../evidence/errors.js";

/**
 * Which day a question is about, and when it is asked. `hours` are those at which something must be in force to count:
 * the present one for today, else all of the day; half-open.
 * @typedef {{day: string, now: Date, hours: {start: number, stop: number}}} Moment
 */

/** Hours since 1970 cannot name the first day of 1970 in China as a whole. */
export const FIRST_DAY = "1970-01-02";

/**
 * Reads the day that is asked about (`2026-01-31`, null for today); refuses it as `InvalidInput`. So is a day to come:
 * what will be suspended or revoked until then, nobody knows.
 * @param {string | null} on
 * @param {Date} now
 * @returns {Moment}
 */
export function moment(on, now) {
  const thisDay = today(now);
  const day = on ?? thisDay;
  if (typeof day !== "string" || !isDay(day)) {
    return refuse("InvalidInput", `got the date ${String(day).slice(0, 40)}, wanted one such as ${thisDay}`);
  }
  if (on !== null && !(FIRST_DAY <= day && day <= thisDay)) {
    refuse("InvalidInput", `got the date ${day}, wanted one from ${FIRST_DAY} to today, ${thisDay} in China`);
  }
  return { day, now, hours: hoursOf(day, now) };
}

/**
 * Returns the last calendar day in China that has begun before this hour ends a status.
 * @param {number} hour
 */
export function lastDayBefore(hour) {
  return dayOfHour(hour - 1);
}

/**
 * @param {string} day
 * @param {Date} now
 */
function hoursOf(day, now) {
  if (day === today(now)) {
    const hour = hourOf(Math.floor(now.getTime() / 1000));
    return { start: hour, stop: hour + 1 };
  }
  const first = firstHour(day);
  return { start: first, stop: first + HOURS_A_DAY };
}
