"""How many certificates a second: ours, beside others' and beside the least work that makes one.

Run from the project's root: `python benchmarks/certificates.py`. Time is processor time on one core. All works take
turns for some rounds, and each figure is the best of its rounds: other programs only ever slow one down.
"""

from __future__ import annotations

import json
import os
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from jwcrypto.jwk import JWK  # type: ignore[import-untyped]
from sd_jwt.common import SDObj  # type: ignore[import-untyped]
from sd_jwt.issuer import SDJWTIssuer  # type: ignore[import-untyped]
from sd_jwt.verifier import SDJWTVerifier  # type: ignore[import-untyped]

sys.path.insert(0, str(Path(__file__).parents[1]))

from chain import certificate as certificates
from chain import code as codes
from chain.certificate_types import Validity, by_identifier
from chain.keys import PublicKey, signer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROUNDS, SECONDS = 7, 0.15
CLAIMS = 15

PRIVATE = ec.generate_private_key(ec.SECP256R1())
KEY = PublicKey.of(PRIVATE)
SIGN = signer(PRIVATE)
REGISTRY_ID = os.urandom(32)
ECDSA = ec.ECDSA(SHA256())


def _statement() -> certificates.Statement:
    """A construction safety licence with 15 claims: those of the type's template, and some more text."""
    certificate_type = by_identifier("construction-safety-licence")
    row = {claim.key: claim.example for claim in certificate_type.columns}
    claims, _ = certificate_type.from_row(row)
    claims |= {f"more{place}": "内蒙古自治区包头市演示区钢铁大街3号" for place in range(CLAIMS - len(claims))}
    return certificates.Statement(
        certificate_type=certificate_type,
        registry_id=REGISTRY_ID,
        chain_id=31337,
        agency=3,
        agency_code="11150100X00000027D",
        issuer="did:web:issuer.example:agencies:3",
        kid=KEY.kid,
        claims=dict(list(claims.items())[:CLAIMS]),
        validity=Validity(date(2026, 2, 1), date(2029, 1, 31)),
    )


STATEMENT = _statement()
PREPARED = certificates.prepare(STATEMENT, entropy=os.urandom)
CERTIFICATE = PREPARED.sign(SIGN)
COSE = codes.make(PREPARED.facts_bytes, PREPARED.signing_input_hash, registry_id=REGISTRY_ID, sign=SIGN)
URL = codes.url("verify.example.cn", COSE)


def issue() -> object:
    """Prepare and sign one certificate: facts, salts, disclosures, payload, leaf, signature."""
    prepared = certificates.prepare(STATEMENT, entropy=os.urandom)
    return prepared.leaf, prepared.sign(SIGN)


def issue_with_code() -> None:
    """The same with its code, as digits in a URL."""
    prepared = certificates.prepare(STATEMENT, entropy=os.urandom)
    prepared.sign(SIGN)
    signed = codes.make(prepared.facts_bytes, prepared.signing_input_hash, registry_id=REGISTRY_ID, sign=SIGN)
    codes.url("verify.example.cn", signed)


def issue_identified() -> None:
    """The same as `issue` for a certificate with a national identifier, whose check character is recomputed."""
    certificates.prepare(IDENTIFIED, entropy=os.urandom).sign(SIGN)


IDENTIFIED = replace(
    STATEMENT,
    claims={
        **dict(list(STATEMENT.claims.items())[: CLAIMS - 1]),
        "certificateIdentifier": "1.2.156.3005.2.11100000000013338W050.11150100X00000027D.2026000001.001.G",
    },
)


def validate() -> None:
    """What the issuer does once for each row before: hold the claims to their type."""
    STATEMENT.certificate_type.validate(VALID)


VALID = {key: value for key, value in STATEMENT.claims.items() if not key.startswith("more")}


def issue_least() -> object:
    """The least plain Python that makes such bytes: F is made beforehand, and nothing is checked."""
    salts = os.urandom(16 * (CLAIMS + 1))
    facts = sha256(PREPARED.facts_bytes[:-16] + salts[:16]).digest()
    shown, digests = [], []
    for place, (name, value) in enumerate(STATEMENT.claims.items(), 1):
        salt = _b64(salts[16 * place : 16 * place + 16])
        text = _b64(json.dumps([salt, name, value], ensure_ascii=False).encode())
        shown.append(text)
        digests.append(_b64(sha256(text.encode()).digest()))
    payload = PAYLOAD | {"codeDigest": _b64(facts), "credentialSubject": {"_sd": sorted(digests)}}
    signing_input = f"{HEADER}.{_b64(json.dumps(payload, ensure_ascii=False).encode())}".encode()
    leaf = sha256(b"\x00" + facts + sha256(signing_input).digest()).digest()
    r, s = decode_dss_signature(PRIVATE.sign(signing_input, ECDSA))
    return leaf, "~".join((f"{signing_input.decode()}.{_b64(r.to_bytes(32) + s.to_bytes(32))}", *shown, ""))


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


HEADER = PREPARED.signing_input.decode().split(".")[0]
PAYLOAD = json.loads(urlsafe_b64decode(PREPARED.signing_input.decode().split(".")[1] + "=="))


def sign() -> None:
    """One ES256 signature, as OpenSSL makes it."""
    PRIVATE.sign(PREPARED.signing_input, ECDSA)


def sign_twice() -> None:
    """Two of them: one for the certificate, one for its code."""
    sign()
    sign()


JWK_PRIVATE = JWK(**KEY.jwk(), d=_b64(PRIVATE.private_numbers().private_value.to_bytes(32)))
JWK_PUBLIC = JWK(**KEY.jwk())


def issue_by_sd_jwt() -> None:
    """The same claims by PyPI's sd-jwt; it makes no facts, no code digest and no leaf."""
    SDJWTIssuer(
        {**PAYLOAD, "credentialSubject": {SDObj(name): value for name, value in STATEMENT.claims.items()}}, JWK_PRIVATE
    )


def verify() -> None:
    """Read a certificate with all its disclosures by the strict profile, and check its signature."""
    certificates.verify(certificates.parse(CERTIFICATE), KEY)


def verify_by_sd_jwt() -> None:
    """The same by PyPI's sd-jwt, which is not strict."""
    SDJWTVerifier(CERTIFICATE, lambda _issuer, _header: JWK_PUBLIC).get_verified_payload()


def verify_code() -> None:
    """Read a code from its URL and check its signature."""
    codes.verify(codes.parse(URL), KEY, REGISTRY_ID)


SIGNATURE = PRIVATE.sign(PREPARED.signing_input, ECDSA)
PUBLIC = PRIVATE.public_key()


def verify_least() -> None:
    """One ES256 verification, as OpenSSL does it."""
    PUBLIC.verify(SIGNATURE, PREPARED.signing_input, ECDSA)


WORKS: tuple[tuple[str, Callable[[], object], tuple[tuple[str, Callable[[], object]], ...]], ...] = (
    (
        "issue: prepare and sign",
        issue,
        (("least plain Python", issue_least), ("PyPI sd-jwt", issue_by_sd_jwt), ("bare ES256 signature", sign)),
    ),
    ("issue, with a national identifier", issue_identified, ()),
    ("issue, with the code", issue_with_code, (("two bare ES256 signatures", sign_twice),)),
    ("validate the claims by their type", validate, ()),
    (
        "verify a certificate",
        verify,
        (("PyPI sd-jwt", verify_by_sd_jwt), ("bare ES256 verification", verify_least)),
    ),
    ("verify a code", verify_code, (("bare ES256 verification", verify_least),)),
)


def measure(works: Iterable[Callable[[], object]]) -> dict[Callable[[], object], float]:
    """Return how often a second each can be done."""
    best = dict.fromkeys(works, 0.0)
    for _ in range(ROUNDS):
        for work in best:
            times, start = 0, process_time()
            while (spent := process_time() - start) < SECONDS:
                work()
                times += 1
            best[work] = max(best[work], times / spent)
    return best


def main() -> None:
    """Print the figures, each of ours with its yardsticks below it."""
    figures = measure(work for _, ours, others in WORKS for work in (ours, *(other for _, other in others)))
    print(f"{CLAIMS} disclosures, {len(CERTIFICATE)} characters; a code of {len(COSE)} bytes; one core\n")
    print(f"{'':<40}{'per second':>12}{'ours is':>10}")
    for name, ours, others in WORKS:
        print(f"{name:<40}{figures[ours]:>12,.0f}")
        for other_name, other in others:
            print(f"{'  ' + other_name:<40}{figures[other]:>12,.0f}{figures[ours] / figures[other]:>9.2f}×")


if __name__ == "__main__":
    main()
