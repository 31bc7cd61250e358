// Where a scanned text would lead: the host in letters, and what is odd about them. Nothing here opens an address.

const ADDRESS = /^[a-z][a-z0-9+.-]*:/i;
/** What a code of ours says, a certificate's, a copy's or a receipt's, whatever host stands in it. */
const OURS = /^https?:\/\/[^\s/@\\]+\/[cvr](?:\?[A-Za-z0-9_=&.-]{0,100})?#\S*$/;
/** The address of a code amid other words, if it is whole: digits after a blank may be the rest of it. As in reading.py. */
const WITHIN = /https?:\/\/[^\s/?#@\\]+\/[cv](?:\?[A-Za-z0-9_=&.-]{0,100})?#[0-9]+(?![A-Za-z0-9_.~-]|\s+[0-9])/g;
const PUNYCODE = /(^|\.)xn--/;
const SCRIPTS = ["Latin", "Cyrillic", "Greek", "Han", "Armenian", "Hebrew", "Arabic"].map(
  (name) => new RegExp(`\\p{Script=${name}}`, "u"),
);

/**
 * Where an address leads.
 * @typedef {object} Address
 * @property {string} host As it is asked for: in ASCII, with its port; empty where the address has none.
 * @property {string} written As it is written, which may look like another's.
 * @property {boolean} isOurs Whether it has the form of a code's.
 * @property {boolean} isMixed Whether a name in it mixes scripts.
 * @property {boolean} isPunycode Whether it has letters other than plain ones.
 */

/**
 * Reads an address; null where a text is none.
 * @param {string} text
 * @returns {Address | null}
 */
export function addressIn(text) {
  const trimmed = text.trim();
  if (!ADDRESS.test(trimmed) || /\s/.test(trimmed)) return null;
  let host = "";
  try {
    host = new URL(trimmed).host;
  } catch {
    // What no browser can open leads nowhere; it is shown as it is written.
  }
  const written = writtenHost(trimmed);
  return {
    host,
    written,
    isOurs: OURS.test(trimmed),
    isMixed: written.split(".").some((label) => SCRIPTS.filter((script) => script.test(label)).length > 1),
    isPunycode: PUNYCODE.test(host),
  };
}

/**
 * Returns the one code's address that somebody pasted with the words around it; else the text as it is.
 * @param {string} text
 */
export function codeWithin(text) {
  if (!/\s|[^ -~]/.test(text.trim())) return text;
  const found = new Set(text.match(WITHIN) ?? []);
  return found.size === 1 && text.match(/https?:\/\//g)?.length === 1 ? [...found][0] : text;
}

/** @param {string} text */
function writtenHost(text) {
  const authority = /^[a-z][a-z0-9+.-]*:[/\\]{2}([^/\\?#]*)/i.exec(text)?.[1] ?? "";
  return authority.slice(authority.lastIndexOf("@") + 1).toLowerCase();
}
