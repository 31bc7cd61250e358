"""The published vectors: this software makes and reads them, and each step follows from the one before.

The steps are computed here with nothing but hashes and base64, as another implementation would.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from chain import certificate as certificates
from chain import code as codes
from chain import digits, merkle
from chain.certificate import RelatedResource, Statement
from chain.certificate_types import Validity
from chain.errors import (
    CertificateAltered,
    CertificateMalformed,
    CertificateUnsupported,
    CodeMalformed,
    CodeUnsupported,
    SignatureInvalid,
)
from chain.facts import Facts
from chain.keys import PublicKey
from tests.chain import naive_merkle
from tests.chain.specimens import SPECIMEN_TYPE, entropy_of, sign_with

VECTORS = Path(__file__).parents[1] / "vectors"
CERTIFICATES, CODES, TREES = (
    json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8")) for name in ("certificates", "codes", "trees")
)


def _b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


PRIVATE = ec.derive_private_key(int.from_bytes(_unb64(CERTIFICATES["keys"][0]["d"])), ec.SECP256R1())
KEY = PublicKey.of(PRIVATE)


@pytest.mark.parametrize("key", CERTIFICATES["keys"] + CODES["keys"])
def test_keys_are_named_by_their_thumbprints(key: dict[str, str]) -> None:
    public = PublicKey(x=_unb64(key["x"]), y=_unb64(key["y"]))
    assert PublicKey.of(ec.derive_private_key(int.from_bytes(_unb64(key["d"])), ec.SECP256R1())) == public
    assert _b64(public.kid) == key["kid"]


def _statement(vector: dict[str, Any]) -> Statement:
    kind = vector["type"]
    certificate_type = replace(
        SPECIMEN_TYPE,
        identifier=kind["identifier"],
        number=kind["number"],
        version=kind["version"],
        credential_type=kind["credential_type"],
        type_code=kind["type_code"],
        digest=bytes.fromhex(kind["digest"]),
        claims=tuple(
            claim for claim in SPECIMEN_TYPE.claims if claim.key in {"number", *vector["claims"], *kind["facts"]}
        ),
    )
    assert [claim.key for claim in certificate_type.fact_claims] == kind["facts"]
    return Statement(
        certificate_type=certificate_type,
        registry_id=bytes.fromhex(vector["registry_id"]),
        chain_id=vector["chain_id"],
        agency=vector["agency"],
        agency_code=vector["agency_code"],
        issuer=vector["issuer"],
        kid=_unb64(vector["kid"]),
        claims=vector["claims"],
        validity=Validity(
            date.fromisoformat(vector["first_day"]), vector["last_day"] and date.fromisoformat(vector["last_day"])
        ),
        related_resources=tuple(
            RelatedResource(resource["id"], bytes.fromhex(resource["digest"]), resource["media_type"])
            for resource in vector["related_resources"]
        ),
    )


@pytest.mark.parametrize("vector", CERTIFICATES["certificates"], ids=lambda vector: vector["name"])
def test_certificates_are_made_to_the_byte(vector: dict[str, Any]) -> None:
    entropy = bytes.fromhex(vector["entropy"])
    prepared = certificates.prepare(_statement(vector["statement"]), entropy=lambda size: entropy[:size])
    assert prepared.facts_bytes.hex() == vector["facts"]["cbor"]
    assert list(prepared.disclosures) == [disclosure["text"] for disclosure in vector["disclosures"]]
    assert prepared.signing_input.decode() == vector["signing_input"]
    assert prepared.leaf.hex() == vector["leaf"]
    assert prepared.sign(sign_with(PRIVATE)) == vector["certificate"]
    assert prepared.size == len(vector["certificate"])


@pytest.mark.parametrize("vector", CERTIFICATES["certificates"], ids=lambda vector: vector["name"])
def test_certificates_are_read(vector: dict[str, Any]) -> None:
    certificate = certificates.parse(vector["certificate"])
    certificates.verify(certificate, KEY)
    assert certificate.claims == vector["statement"]["claims"]
    assert certificate.absent == set(vector["statement"]["absent"])
    assert certificate.leaf.hex() == vector["leaf"]
    assert codes.short_number(certificate.leaf) == vector["short_number"]


@pytest.mark.parametrize("vector", CERTIFICATES["certificates"], ids=lambda vector: vector["name"])
def test_each_step_of_a_certificate_follows_from_the_one_before(vector: dict[str, Any]) -> None:
    entropy, facts = bytes.fromhex(vector["entropy"]), vector["facts"]
    salts = [entropy[start : start + 16] for start in range(0, len(entropy), 16)]
    assert facts["members"][9] == salts[0].hex()
    assert bytes.fromhex(facts["members"][4]) == _unb64(vector["statement"]["kid"])[:8]
    assert sha256(bytes.fromhex(facts["cbor"])).hexdigest() == facts["sha256"]
    assert facts["code_digest"] == _b64(bytes.fromhex(facts["sha256"]))
    stated = vector["statement"]["claims"] | dict.fromkeys(vector["statement"]["absent"])
    for disclosure, salt, claim in zip(vector["disclosures"], salts[1:], stated.items(), strict=True):
        assert json.loads(disclosure["json"]) == [_b64(salt), *claim]
        assert disclosure["text"] == _b64(disclosure["json"].encode())
        assert disclosure["digest"] == _b64(sha256(disclosure["text"].encode()).digest())
    payload = json.loads(vector["payload"])
    assert payload["codeDigest"] == facts["code_digest"]
    assert payload["credentialSubject"]["_sd"] == sorted(disclosure["digest"] for disclosure in vector["disclosures"])
    assert json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":")) == vector["payload"]
    assert vector["signing_input"] == f"{_b64(vector['header'].encode())}.{_b64(vector['payload'].encode())}"
    assert sha256(vector["signing_input"].encode()).hexdigest() == vector["signing_input_sha256"]
    leaf = sha256(b"\x00" + bytes.fromhex(facts["sha256"]) + bytes.fromhex(vector["signing_input_sha256"]))
    assert leaf.hexdigest() == vector["leaf"]
    shown = [disclosure["text"] for disclosure in vector["disclosures"]]
    assert vector["certificate"] == "~".join((f"{vector['signing_input']}.{vector['signature']}", *shown, ""))


@pytest.mark.parametrize("vector", CERTIFICATES["presentations"], ids=lambda vector: str(vector["disclose"]))
def test_certificates_are_shown_in_part(vector: dict[str, Any]) -> None:
    whole = next(found for found in CERTIFICATES["certificates"] if found["name"] == vector["of"])
    assert certificates.present(whole["certificate"], vector["disclose"]) == vector["certificate"]
    certificate = certificates.parse(vector["certificate"])
    assert set(certificate.claims) == set(vector["disclose"])
    assert certificate.withheld == vector["withheld"]


@pytest.mark.parametrize("vector", CERTIFICATES["refused"], ids=lambda vector: vector["name"])
def test_forged_certificates_are_refused(vector: dict[str, str]) -> None:
    with pytest.raises((CertificateMalformed, SignatureInvalid)) as caught:
        certificates.verify(certificates.parse(vector["certificate"]), KEY)
    assert _kind_of(caught.value) == vector["refused_as"]


@pytest.mark.parametrize("vector", CODES["codes"], ids=lambda vector: vector["name"])
def test_codes_are_made_and_read_to_the_byte(vector: dict[str, Any]) -> None:
    path = vector["path"] and codes.InclusionPath(
        vector["path"]["size"], vector["path"]["index"], tuple(map(bytes.fromhex, vector["path"]["hashes"]))
    )
    registry_id = bytes.fromhex(vector["registry_id"])
    cose = codes.make(
        bytes.fromhex(vector["facts"]),
        bytes.fromhex(vector["signing_input_sha256"]),
        registry_id=registry_id,
        sign=sign_with(PRIVATE),
        path=path,
    )
    assert cose.hex() == vector["cose"]
    assert codes.url(vector["host"], cose) == vector["url"]
    code = codes.parse(vector["url"])
    codes.verify(code, KEY, registry_id)
    assert code.facts == Facts.decode(bytes.fromhex(vector["facts"]))
    assert code.path == path
    assert code.payload.hex() == vector["payload"]
    assert codes.to_be_signed(code.payload, registry_id).hex() == vector["to_be_signed"]
    assert code.signature.hex() == vector["signature"]
    assert code.leaf.hex() == vector["leaf"]
    assert codes.short_number(code.leaf) == vector["short_number"]


@pytest.mark.parametrize("vector", CODES["refused"], ids=lambda vector: vector["name"])
def test_forged_codes_are_refused(vector: dict[str, str]) -> None:
    with pytest.raises((CodeMalformed, SignatureInvalid)) as caught:
        codes.verify(codes.parse(vector["text"]), KEY, bytes.fromhex(vector["registry_id"]))
    assert _kind_of(caught.value) == vector["refused_as"]


@pytest.mark.parametrize("vector", CODES["digits"], ids=lambda vector: vector["bytes"])
def test_digits_are_as_published(vector: dict[str, str]) -> None:
    assert digits.encode(bytes.fromhex(vector["bytes"])) == vector["digits"]
    assert digits.decode(vector["digits"]).hex() == vector["bytes"]


@pytest.mark.parametrize("vector", CODES["short_numbers"], ids=lambda vector: vector["short_number"])
def test_short_numbers_are_as_published(vector: dict[str, str]) -> None:
    assert codes.short_number(bytes.fromhex(vector["leaf"])) == vector["short_number"]
    assert codes.parse_short_number(vector["short_number"]).hex() == vector["leaf"][:15] + "0"


@pytest.mark.parametrize("vector", TREES["leaf"], ids=lambda vector: vector["leaf"])
def test_leaves_are_as_published(vector: dict[str, str]) -> None:
    hashes = (sha256(bytes.fromhex(vector["facts"])), sha256(vector["signing_input"].encode()))
    assert sha256(b"\x00" + b"".join(part.digest() for part in hashes)).hexdigest() == vector["leaf"]


@pytest.mark.parametrize("vector", TREES["trees"] + TREES["large_trees"], ids=lambda vector: str(vector["size"]))
def test_trees_are_as_published(vector: dict[str, Any]) -> None:
    leaves = [sha256(place.to_bytes(4)).digest() for place in range(vector["size"])]
    paths = vector["paths"] if isinstance(vector["paths"], dict) else dict(enumerate(vector["paths"]))
    assert vector.get("leaves", [leaf.hex() for leaf in leaves]) == [leaf.hex() for leaf in leaves]
    assert merkle.root(leaves).hex() == naive_merkle.mth(leaves).hex() == vector["root"]
    for place, path in paths.items():
        hashes = tuple(map(bytes.fromhex, path))
        assert merkle.inclusion_path(leaves, int(place)) == tuple(naive_merkle.path(int(place), leaves)) == hashes
        found = merkle.root_from_path(leaves[int(place)], index=int(place), size=vector["size"], path=hashes)
        assert found.hex() == vector["root"]


def test_the_entropy_of_the_first_certificate_can_be_repeated() -> None:
    entropy = CERTIFICATES["certificates"][0]["entropy"]
    assert entropy_of(b"example")(len(entropy) // 2).hex() == entropy


def _kind_of(error: Exception) -> str:
    match error:
        case CertificateUnsupported() | CodeUnsupported():
            return "unsupported"
        case CertificateAltered():
            return "altered"
        case SignatureInvalid():
            return "signature"
        case _:
            return "malformed"
