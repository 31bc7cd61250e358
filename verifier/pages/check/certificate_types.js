// The certificate types that are known here: those that a pack brought along, and the registry lists. Nothing is shipped.

import { refuse } from "../evidence/errors.js";

/** @typedef {import("./type_file.js").CertificateType} CertificateType */
/** @typedef {(number: number, version: number) => CertificateType} KnownType */

/**
 * Returns what finds a type by the registry's numbers, and refuses (`CertificateTypeInvalid`) if there is none.
 * @param {CertificateType[]} types
 * @returns {KnownType}
 */
export function byNumber(types) {
  return (number, version) => {
    const found = types.find((each) => each.number === number && each.version === version);
    const known = [...types]
      .sort((a, b) => a.number - b.number || a.version - b.version)
      .map((each) => `${each.number} v${each.version}`);
    return (
      found ??
      refuse(
        "CertificateTypeInvalid",
        `got the certificate type ${number} v${version}, wanted one of ${known.join(", ")}`,
      )
    );
  };
}
