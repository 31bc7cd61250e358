// Verifies certificates with others' libraries: @sd-jwt/core for the disclosures, jose for the signatures.
// Reads {"jwk", "certificates": [text…]} from standard input; writes [{"payload"} or {"error"}…].

import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';

import { SDJwtInstance } from '@sd-jwt/core';
import { compactVerify, importJWK } from 'jose';

const { jwk, certificates } = JSON.parse(await text(process.stdin));
const key = await importJWK(jwk, 'ES256');

const verifier = async (signingInput, signature) => {
  await compactVerify(`${signingInput}.${signature}`, key, { algorithms: ['ES256'] });
  return true;
};
const hasher = (data) => createHash('sha256').update(data).digest();
const instance = new SDJwtInstance({ verifier, hasher, hashAlg: 'sha-256' });

const answers = [];
for (const certificate of certificates) {
  try {
    const { payload } = await instance.verify(certificate);
    answers.push({ payload });
  } catch (error) {
    answers.push({ error: String(error) });
  }
}
process.stdout.write(JSON.stringify(answers));
