"""Certificates: made, read, verified, shown in part."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from hashlib import sha256
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain import base64url, strict_json
from chain.certificate import RelatedResource, parse, prepare, present, verify
from chain.code import leaf
from chain.errors import InvalidInput, SignatureInvalid, SigningFailed
from chain.facts import Facts
from chain.keys import ORDER
from chain.validity import Validity
from tests.chain.specimens import (
    CLAIMS,
    KEY,
    OTHER_KEY,
    OTHER_PRIVATE_KEY,
    REGISTRY_ID,
    SPECIMEN_TYPE,
    STATEMENT,
    entropy_of,
    sign,
    sign_with,
    statement_of,
)

if TYPE_CHECKING:
    from chain.strict_json import JSON

PREPARED = prepare(STATEMENT, entropy=entropy_of(b"seed"))
TEXT = PREPARED.sign(sign)


def test_a_certificate_says_what_was_stated() -> None:
    certificate = parse(TEXT)
    verify(certificate, KEY)
    assert certificate.claims == CLAIMS
    assert certificate.withheld == 0
    credential = certificate.credential
    assert credential.agency == 3
    assert credential.chain_id == 31337
    assert credential.registry_id == REGISTRY_ID
    assert credential.type_identifier == "construction-safety-licence"
    assert credential.credential_type == "ConstructionSafetyLicence"
    assert (credential.type_number, credential.type_version) == (3, 1)
    assert credential.type_digest == SPECIMEN_TYPE.digest
    assert credential.issuer == "did:web:issuer.example:agencies:3"
    assert credential.validity == Validity(date(2026, 1, 31), date(2029, 1, 30))
    assert credential.related_resources == ()


def test_the_leaf_is_known_before_anything_is_signed() -> None:
    certificate = parse(TEXT)
    assert certificate.leaf == PREPARED.leaf
    assert certificate.signing_input == PREPARED.signing_input
    assert PREPARED.leaf == leaf(PREPARED.facts_bytes, sha256(PREPARED.signing_input).digest())


def test_the_certificate_knows_its_code_by_digest() -> None:
    assert parse(TEXT).code_digest == sha256(PREPARED.facts_bytes).digest()
    facts = Facts.decode(PREPARED.facts_bytes)
    assert facts.kid8 == KEY.kid[:8]
    assert facts.number == CLAIMS["number"]
    assert facts.facts == ("内蒙古演示建筑有限责任公司", "91150102MA0XXXX156")
    assert (facts.agency, facts.certificate_type, facts.version) == (3, 3, 1)
    assert facts.validity == STATEMENT.validity


def test_what_is_signed_is_written_in_one_way() -> None:
    header, payload = (base64url.decode(part) for part in PREPARED.signing_input.decode().split("."))
    assert header.decode() == f'{{"alg":"ES256","kid":"{base64url.encode(KEY.kid)}","typ":"vc+sd-jwt"}}'
    assert payload == strict_json.serialise(strict_json.parse(payload))
    assert strict_json.parse(payload) == {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "_sd_alg": "sha-256",
        "codeDigest": base64url.encode(sha256(PREPARED.facts_bytes).digest()),
        "credentialSchema": {
            "digestSRI": "sha256-0ECIFKPGvPMCQj+LbWeZ0tSJsbJGKw2ub/jKxj/nyqE=",
            "id": "urn:yinxin:certificate-type:construction-safety-licence",
            "type": "YinxinCertificateType",
            "version": 1,
        },
        "credentialStatus": {
            "agency": 3,
            "certificateType": 3,
            "chainId": 31337,
            "registry": REGISTRY_ID.hex(),
            "type": "YinxinRegistryEntry",
        },
        "credentialSubject": {"_sd": list(parse(TEXT).credential.digests)},
        "issuer": "did:web:issuer.example:agencies:3",
        "type": ["VerifiableCredential", "ConstructionSafetyLicence"],
        "validFrom": "2026-01-31T00:00:00+08:00",
        "validUntil": "2029-01-30T23:59:59+08:00",
    }


def test_a_disclosure_is_salt_name_and_value() -> None:
    salt, name, value = _content(PREPARED.disclosures[0])
    assert (name, value) == ("number", CLAIMS["number"])
    assert isinstance(salt, str)
    assert len(base64url.decode(salt)) == 16


def test_no_two_salts_are_the_same_and_all_come_from_the_given_entropy() -> None:
    asked: list[int] = []

    def entropy(size: int) -> bytes:
        asked.append(size)
        return os.urandom(size)

    prepared = prepare(STATEMENT, entropy=entropy)
    assert asked == [16 * (1 + len(CLAIMS))]
    salts = {_content(disclosure)[0] for disclosure in prepared.disclosures}
    assert len(salts) == len(CLAIMS)
    assert prepared.leaf != PREPARED.leaf


def test_open_ended_certificates_have_no_last_day() -> None:
    open_ended = replace(STATEMENT, validity=Validity(date(2026, 1, 31), None))
    certificate = parse(prepare(open_ended, entropy=os.urandom).sign(sign))
    assert certificate.credential.validity.last_day is None


def test_existing_files_are_certified_by_digest() -> None:
    resources = (
        RelatedResource(
            id="urn:uuid:0b7c2b54-3d3f-4f5e-9d5e-1f2a3b4c5d6e", digest=bytes(32), media_type="application/pdf"
        ),
        RelatedResource(id="urn:yinxin:file:2", digest=b"\xfb\xff" * 16, media_type="application/ofd"),
    )
    certificate = parse(prepare(replace(STATEMENT, related_resources=resources), entropy=os.urandom).sign(sign))
    assert certificate.credential.related_resources == resources


@pytest.mark.parametrize("shown", [set(names) for n in range(len(CLAIMS) + 1) for names in combinations(CLAIMS, n)])
def test_every_choice_of_claims_can_be_shown(shown: set[str]) -> None:
    certificate = parse(present(TEXT, shown))
    verify(certificate, KEY)
    assert certificate.claims == {name: CLAIMS[name] for name in CLAIMS if name in shown}
    assert certificate.withheld == len(CLAIMS) - len(shown)
    assert certificate.leaf == PREPARED.leaf


def test_what_is_not_there_cannot_be_shown() -> None:
    with pytest.raises(InvalidInput, match="'photo', wanted one of number"):
        present(TEXT, {"photo"})
    with pytest.raises(InvalidInput, match="'credit_code', wanted one of number"):
        present(present(TEXT, {"number"}), {"credit_code"})


def test_a_certificate_of_another_key_says_whose_it_is() -> None:
    with pytest.raises(SignatureInvalid, match=KEY.kid.hex()):
        verify(parse(TEXT), OTHER_KEY)


def test_a_certificate_signed_by_another_key_does_not_verify() -> None:
    with pytest.raises(SignatureInvalid, match="did not make"):
        verify(parse(PREPARED.sign(sign_with(OTHER_PRIVATE_KEY))), KEY)


def test_a_high_s_is_made_low_whoever_signs() -> None:
    def sign_high(message: bytes) -> bytes:
        signature = sign(message)
        return signature[:32] + (ORDER - int.from_bytes(signature[32:])).to_bytes(32)

    assert PREPARED.sign(sign_high) == TEXT


def test_a_signer_that_returns_something_else_is_told() -> None:
    with pytest.raises(SigningFailed, match="71 bytes"):
        PREPARED.sign(lambda _: bytes(71))


def test_a_national_identifier_belongs_to_type_and_agency() -> None:
    for other in (
        replace(STATEMENT, agency_code="12150203X00000035M"),
        replace(STATEMENT, certificate_type=replace(SPECIMEN_TYPE, type_code="11100000000013338W032")),
    ):
        with pytest.raises(InvalidInput, match="wanted"):
            prepare(other, entropy=os.urandom)
    with pytest.raises(InvalidInput, match="check character"):
        prepare(statement_of(certificateIdentifier=f"{CLAIMS['certificateIdentifier']}"[:-1] + "H"), entropy=os.urandom)


def test_a_type_without_a_national_code_has_no_identifier() -> None:
    claims = {name: value for name, value in CLAIMS.items() if name != "certificateIdentifier"}
    certificate = parse(prepare(replace(STATEMENT, claims=claims), entropy=os.urandom).sign(sign))
    assert certificate.claims == claims


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        (replace(STATEMENT, registry_id=bytes(31)), "registry"),
        (replace(STATEMENT, kid=bytes(31)), "kid"),
        (replace(STATEMENT, issuer="https://issuer.example"), "issuer"),
        (replace(STATEMENT, chain_id=0), "chainId"),
        (replace(STATEMENT, agency=0), "agency"),
        (statement_of(number="字" * 65), "certificate number"),
        (statement_of(_sd=["x"]), "_sd"),
        (statement_of(company_name="\ud800"), "surrogate|D800"),
        (statement_of(responsible_person="\ud800"), "surrogate|D800"),
        (replace(STATEMENT, related_resources=(RelatedResource("urn:a:b", b"", "application/pdf"),)), "digestSRI"),
        (replace(STATEMENT, related_resources=(RelatedResource("file:///a", bytes(32), "application/pdf"),)), "id"),
        (statement_of(**{f"claim{i}": "x" for i in range(60)}), "1 to 64"),
        (statement_of(responsible_person="字" * 100_000), "characters"),
    ],
)
def test_what_could_not_be_read_is_not_prepared(statement: object, fault: str) -> None:
    with pytest.raises(InvalidInput, match=fault):
        prepare(statement, entropy=os.urandom)  # type: ignore[arg-type]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=50, deadline=None)
@given(claims=st.dictionaries(st.text("abcdefghij字", min_size=1, max_size=8), _JSON, max_size=12), seed=st.binary())
def test_whatever_is_stated_is_read_and_verified(claims: dict[str, JSON], seed: bytes) -> None:
    statement = statement_of(**claims)
    certificate = parse(prepare(statement, entropy=entropy_of(seed)).sign(sign))
    verify(certificate, KEY)
    stated = CLAIMS | claims
    assert certificate.claims == {name: value for name, value in stated.items() if value is not None}
    assert certificate.absent >= {name for name, value in stated.items() if value is None}


def _content(disclosure: str) -> list[object]:
    content = strict_json.parse(base64url.decode(disclosure))
    assert isinstance(content, list)
    return content
