"""Keys, randomness, statements and codes to test with: the same every time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from chain.certificate import Statement
from chain.certificate_types import Claim, Kind, Validity, by_identifier
from chain.facts import Facts
from chain.keys import PublicKey, low_s

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain.strict_json import JSON

REGISTRY_ID = sha256(b"the registry of the specimens").digest()
PRIVATE_KEY = ec.derive_private_key(int.from_bytes(sha256(b"a document key").digest()), ec.SECP256R1())
KEY = PublicKey.of(PRIVATE_KEY)
OTHER_PRIVATE_KEY = ec.derive_private_key(int.from_bytes(sha256(b"a thief's key").digest()), ec.SECP256R1())
OTHER_KEY = PublicKey.of(OTHER_PRIVATE_KEY)
AGENCY_CODE = "11150100X00000027D"
TYPE_CODE = "11100000000013338W050"
IDENTIFIER = f"1.2.156.3005.2.{TYPE_CODE}.{AGENCY_CODE}.2026000001.001.G"

CLAIMS: dict[str, JSON] = {
    "number": "（蒙）JZ安许证字〔2026〕000001",
    "certificateIdentifier": IDENTIFIER,
    "company_name": "内蒙古演示建筑有限责任公司",
    "credit_code": "91150102MA0XXXX156",
    "responsible_person": "阿拉坦乌拉",
    "scopes": ["建筑施工", "市政公用"],
}


def sign_with(private: ec.EllipticCurvePrivateKey) -> Callable[[bytes], bytes]:
    """Sign without randomness (RFC 6979), so that a specimen has one signature."""

    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(message, ec.ECDSA(SHA256(), deterministic_signing=True)))
        return low_s(r.to_bytes(32) + s.to_bytes(32))

    return sign


sign = sign_with(PRIVATE_KEY)


def entropy_of(seed: bytes) -> Callable[[int], bytes]:
    """Return a stream of bytes that anyone can repeat: SHA-256(seed ‖ 0), SHA-256(seed ‖ 1) …, counted in 4 bytes."""
    blocks: list[bytes] = []
    given = 0

    def entropy(size: int) -> bytes:
        nonlocal given
        while len(blocks) * 32 < given + size:
            blocks.append(sha256(seed + len(blocks).to_bytes(4)).digest())
        given += size
        return b"".join(blocks)[given - size : given]

    return entropy


def _claim(key: str, *, kind: Kind = Kind.TEXT, fact: bool = False) -> Claim:
    return replace(_SHIPPED.claims[0], key=key, kind=kind, fact=fact)


_SHIPPED = by_identifier("construction-safety-licence")
SPECIMEN_TYPE = replace(
    _SHIPPED,
    type_code=TYPE_CODE,
    claims=(
        _claim("number"),
        _claim("certificateIdentifier", kind=Kind.CERTIFICATE_IDENTIFIER),
        _claim("company_name", fact=True),
        _claim("credit_code", kind=Kind.USCC, fact=True),
        _claim("responsible_person"),
        _claim("scopes", kind=Kind.LIST),
    ),
    digest=sha256(b"the type file of the specimens").digest(),
)
"""Like a shipped type, but it stays the same when that one has a new version: the vectors depend on it."""

STATEMENT = Statement(
    certificate_type=SPECIMEN_TYPE,
    registry_id=REGISTRY_ID,
    chain_id=31337,
    agency=3,
    agency_code=AGENCY_CODE,
    issuer="did:web:issuer.example:agencies:3",
    kid=KEY.kid,
    claims=CLAIMS,
    validity=Validity(first_day=date(2026, 1, 31), last_day=date(2029, 1, 30)),
)

FACTS = Facts(
    agency=3,
    certificate_type=3,
    version=1,
    kid8=KEY.kid[:8],
    number="（蒙）JZ安许证字〔2026〕000001",
    facts=("内蒙古演示建筑有限责任公司", "91150102MA0XXXX156", None),
    validity=Validity(first_day=date(2026, 1, 31), last_day=None),
    salt=bytes(range(16)),
)
SIGNING_INPUT_HASH = sha256(b"a signing input").digest()


def statement_of(**claims: JSON) -> Statement:
    """The specimen's statement with other claims."""
    return replace(STATEMENT, claims=CLAIMS | claims)
