// Evidence verified where it is looked at, exactly as chain/ does it in Python: docs/protocol.md has every format, and
// tests/vectors/ what both are held to. Nothing here asks a network, a clock or a page.

export { verifyCheckpoint } from "./checkpoint_verify.js";
export { blockHash, commitHash } from "./block_hash.js";
export { readCertificate, verifyCertificate } from "./certificate.js";
export { readCheckpoint } from "./checkpoint.js";
export { leafOf, readCode, verifyCode } from "./code.js";
export { openCopy, readCopy, readCopyFile, verifyCopy } from "./copy.js";
export { decode as fromDigits, encode as toDigits } from "./digits.js";
export { kindOf } from "./envelope.js";
export { EvidenceError } from "./errors.js";
export { readHeader } from "./header.js";
export { kidOf } from "./keys.js";
export { rootFromPath } from "./merkle.js";
export { readPack, verifyPack } from "./pack.js";
export { readProof, verifyProof } from "./proof.js";
export { checkSeals } from "./seals.js";
export { parseShortNumber, shortNumber } from "./short_number.js";
export { readTrustList, verifyTrustList } from "./trust_list.js";
