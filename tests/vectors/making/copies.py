"""Limited copies: the first certificate's, in each form, and forgeries beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from chain import base64url, cbor, certificate, copy, digits
from chain.copy import Content, LimitedCopy, Opening, Terms, excerpt
from chain.copy_content import encode_claims
from tests.chain.specimens import (
    KEY,
    OTHER_KEY,
    OTHER_PRIVATE_KEY,
    PRIVATE_KEY,
    REGISTRY_ID,
    SPECIMEN_TYPE,
    sign,
    sign_with,
)

HOST = "verify.example.cn"
NAMES = [claim.key for claim in SPECIMEN_TYPE.claims]
CHOSEN = ["number", "company_name", "scopes"]
TERMS = Terms("办理银行授信业务", "中国演示银行呼和浩特分行", date(2026, 11, 22), date(2026, 12, 22))
SALT = sha256(b"the salt of a copy").digest()[:16]
_PROTECTED = cbor.encode({1: -7})


def made() -> dict[str, Any]:
    """Return the file's content."""
    whole = json.loads((Path(__file__).parents[1] / "certificates.json").read_text(encoding="utf-8"))
    parsed = certificate.parse(whole["certificates"][0]["certificate"])
    claims, opening = excerpt(parsed.signing_input, parsed.disclosures, NAMES, CHOSEN)
    content = Content(
        agency=parsed.credential.agency,
        certificate_type=parsed.credential.type_number,
        version=parsed.credential.type_version,
        kid8=KEY.kid[:8],
        leaf=parsed.leaf,
        validity=parsed.credential.validity,
        claims_digest=sha256(encode_claims(claims)).digest(),
        terms=TERMS,
        salt=SALT,
    )
    signed = _signed(content, claims, opening)
    return {
        "keys": [_jwk(PRIVATE_KEY, KEY), _jwk(OTHER_PRIVATE_KEY, OTHER_KEY)],
        "registry_id": REGISTRY_ID.hex(),
        "type_claims": NAMES,
        "certificate": whole["certificates"][0]["certificate"],
        "copies": [_vector(name, form) for name, form in _forms(signed)],
        "refused": [
            {"name": name, "text": digits.encode(cose), "refused_as": reason} for name, cose, reason in _refused(signed)
        ],
    }


def _signed(content: Content, claims: copy.Claims, opening: Opening, **changes: Any) -> LimitedCopy:  # noqa: ANN401 - fields
    signing = changes.pop("signing", sign)
    return copy.make(replace(content, **changes), claims, opening, registry_id=REGISTRY_ID, sign=signing)


def _forms(signed: LimitedCopy) -> list[tuple[str, LimitedCopy]]:
    return [("file", signed), ("code with claims", signed.closed()), ("code without claims", signed.short())]


def _vector(name: str, form: LimitedCopy) -> dict[str, Any]:
    terms, opening = form.content.terms, form.opening
    return {
        "name": name,
        "claims": None if form.claims is None else {NAMES[place]: value for place, value in form.claims},
        "claims_cbor": None if form.claims is None else encode_claims(form.claims).hex(),
        "salts": None if opening is None else [salt.hex() for salt in opening.salts],
        "leaf": form.content.leaf.hex(),
        "purpose": terms.purpose,
        "recipient": terms.recipient,
        "made": terms.made.isoformat(),
        "expires": terms.expires.isoformat(),
        "payload": form.payload.hex(),
        "sig_structure": copy.to_be_signed(form.payload, REGISTRY_ID).hex(),
        "signature": form.signature.hex(),
        "cose": form.encode().hex(),
        "url": copy.url(HOST, form.encode()),
        "opens": opening is not None,
    }


def _refused(signed: LimitedCopy) -> list[tuple[str, bytes, str]]:
    content, claims, opening = signed.content, signed.claims or (), signed.opening
    assert opening is not None
    names = dict(enumerate(NAMES))
    forged = tuple((place, "假公司" if names[place] == "company_name" else value) for place, value in claims)

    def unsigned(**changes: Any) -> bytes:  # noqa: ANN401 - fields
        return replace(signed, payload=replace(content, **changes).encode()).encode()

    def raw(unprotected: dict[int, cbor.CBOR], payload: bytes = signed.payload) -> bytes:
        return cbor.encode([_PROTECTED, unprotected, payload, signed.signature])

    members = cbor.decode(signed.payload)
    assert isinstance(members, list)
    return [
        (
            "another key",
            _signed(content, claims, opening, signing=sign_with(OTHER_PRIVATE_KEY)).encode(),
            "SignatureInvalid",
        ),
        ("another recipient", unsigned(terms=replace(TERMS, recipient="别的银行")), "SignatureInvalid"),
        ("another purpose", unsigned(terms=replace(TERMS, purpose="别的用途")), "SignatureInvalid"),
        ("another last day", unsigned(terms=replace(TERMS, expires=date(2027, 1, 31))), "SignatureInvalid"),
        ("another leaf", unsigned(leaf=bytes(32)), "SignatureInvalid"),
        (
            "another leaf, signed with the stolen key",
            _signed(content, claims, opening, leaf=bytes(32)).encode(),
            "CertificateAltered",
        ),
        ("another claim, signed with the stolen key", _signed(content, forged, opening).encode(), "CertificateAltered"),
        (
            "another agency, signed with the stolen key",
            _signed(content, claims, opening, agency=4).encode(),
            "CertificateAltered",
        ),
        ("another claim, not signed", replace(signed.closed(), claims=forged).encode(), "CodeMalformed"),
        ("a claim too many", replace(signed.closed(), claims=(*claims, (5, "x"))).encode(), "CodeMalformed"),
        ("a claim's place twice", raw({-65538: [cbor.encode([[0, "a"], [0, "a"]])]}), "CodeMalformed"),
        ("a salt too few", raw({-65538: [encode_claims(claims), opening.signing_input, [bytes(16)]]}), "CodeMalformed"),
        ("other unprotected members", raw({-65537: [1, 0, []]}), "CodeMalformed"),
        (
            "longer than 180 days",
            raw({}, cbor.encode([*members[:12], members[11] + 181, members[13]])),
            "CodeMalformed",
        ),
        ("ends before it begins", raw({}, cbor.encode([*members[:12], members[11] - 1, members[13]])), "CodeMalformed"),
        ("no recipient", raw({}, cbor.encode([*members[:10], "", *members[11:]])), "CodeMalformed"),
        (
            "a purpose that turns around",
            raw({}, cbor.encode([*members[:9], "a\u202eb", *members[10:]])),
            "CodeMalformed",
        ),
        ("a member too many", raw({}, cbor.encode([*members, 0])), "CodeMalformed"),
        ("a format to come", raw({}, cbor.encode([2, *members[1:]])), "CodeUnsupported"),
    ]


def _jwk(private: Any, public: Any) -> dict[str, str]:  # noqa: ANN401 - keys
    return {**public.jwk(), "d": base64url.encode(private.private_numbers().private_value.to_bytes(32))}
