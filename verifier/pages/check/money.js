// Amounts of money as claims hold them (1000000.00 CNY) and as licences write them (100万元人民币).

import { CHINESE } from "./wording.js";

/** @type {{[code: string]: string}} */
const CURRENCIES = { CNY: "元人民币", USD: "美元", EUR: "欧元", HKD: "港元", JPY: "日元" };
/** @type {[string, bigint][]} The largest first. */
const UNITS = [
  ["亿", 100_000_000n],
  ["万", 10_000n],
  ["", 1n],
];
const STORED = /^(0|[1-9][0-9]{0,14})\.([0-9]{2}) ([A-Z]{3})$/;

/**
 * Says an amount to a person: `100万元人民币`, `CNY 1,000,000.00`; null for what is no amount as a claim holds it.
 * @param {string} text
 * @param {string} language
 */
export function displayed(text, language) {
  const [found, whole, cents, currency] = STORED.exec(text) ?? [];
  if (!found || !Object.hasOwn(CURRENCIES, currency)) return null;
  if (language !== CHINESE) return `${currency} ${whole.replace(/\B(?=(?:[0-9]{3})+$)/g, ",")}.${cents}`;
  const hundredths = BigInt(whole + cents);
  // In the largest unit that leaves no more than four decimals.
  const fits = UNITS.find(([, unit]) => hundredths >= 100n * unit && (hundredths * 100n) % unit === 0n);
  const [name, unit] = fits ?? UNITS[UNITS.length - 1];
  return `${plain(hundredths, 100n * unit)}${name}${CURRENCIES[currency]}`;
}

/**
 * Writes a quotient without zeros that say nothing; the divisor is a power of ten.
 * @param {bigint} value
 * @param {bigint} divisor
 */
function plain(value, divisor) {
  const decimals = String(divisor).length - 1;
  const fraction = String(value % divisor).padStart(decimals, "0").replace(/0+$/, "");
  return `${value / divisor}${fraction && `.${fraction}`}`;
}
