"""Every shipped type's code fits on paper, even with facts as long as its type lets them be."""

from __future__ import annotations

import os
from datetime import date
from hashlib import sha256
from itertools import pairwise

import pytest
import zxingcpp

from chain.certificate_types import CertificateType, Claim, Validity, shipped
from chain.code import InclusionPath, make, parse, url, verify
from chain.facts import MAX_FACT_BYTES, MAX_FACTS, MAX_NUMBER, Facts
from tests.chain.specimens import KEY, REGISTRY_ID, SIGNING_INPUT_HASH, sign

LARGEST_VERSION = 16
HOST = "verify.dzzz.banshi.nmg.gov.example.cn"
"""With `https://` and `/v#` 48 characters."""


def _longest(claim: Claim) -> str:
    """As many Chinese characters as fit, then letters."""
    characters, letters = divmod(claim.fact_max_bytes, 3)
    return "蒙" * characters + "A" * letters


def _longest_facts(certificate_type: CertificateType) -> Facts:
    return Facts(
        agency=2**32 - 1,
        certificate_type=certificate_type.number,
        version=certificate_type.version,
        kid8=KEY.kid[:8],
        number=_longest(certificate_type.claim(certificate_type.number_claim)),
        facts=tuple(map(_longest, certificate_type.fact_claims)),
        validity=Validity(date(2199, 12, 30), date(2199, 12, 31)),
        salt=os.urandom(16),
    )


def _version(text: str) -> int:
    """Return the QR code's version at error correction level M, from the width of its picture."""
    written = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    assert written.ec_level == "M"
    width: int = written.to_image(scale=1, add_quiet_zones=False).shape[0]
    return (width - 17) // 4


@pytest.mark.parametrize("certificate_type", shipped(), ids=lambda shipped_type: shipped_type.identifier)
def test_the_longest_facts_fit_a_version_16_code_at_level_m(certificate_type: CertificateType) -> None:
    facts = _longest_facts(certificate_type)
    cose = make(facts.encode(), SIGNING_INPUT_HASH, registry_id=REGISTRY_ID, sign=sign)
    text = url(HOST, cose)
    assert text.index("#") + 1 == 48
    assert _version(text) <= LARGEST_VERSION, f"{len(cose)} bytes of code, {len(facts.encode())} of facts"
    verify(parse(text), KEY, REGISTRY_ID)


@pytest.mark.parametrize("certificate_type", shipped(), ids=lambda shipped_type: shipped_type.identifier)
def test_types_stay_within_the_limits_of_the_format(certificate_type: CertificateType) -> None:
    assert len(certificate_type.fact_claims) <= MAX_FACTS
    assert all(claim.fact_max_bytes <= MAX_FACT_BYTES for claim in certificate_type.fact_claims)
    assert not any(claim.multiline for claim in certificate_type.fact_claims)
    assert certificate_type.claim(certificate_type.number_claim).max_length <= MAX_NUMBER


@pytest.mark.parametrize("certificate_type", shipped(), ids=lambda shipped_type: shipped_type.identifier)
def test_a_holder_s_name_may_have_forty_chinese_characters(certificate_type: CertificateType) -> None:
    assert certificate_type.claim(certificate_type.holder_name_claim).fact_max_bytes >= 40 * 3


def test_each_hash_of_a_path_takes_thirty_four_bytes() -> None:
    facts = _longest_facts(shipped()[0]).encode()
    sizes = [
        len(
            make(
                facts,
                SIGNING_INPUT_HASH,
                registry_id=REGISTRY_ID,
                sign=sign,
                path=InclusionPath(1000, 0, tuple(sha256(bytes([place])).digest() for place in range(length))),
            )
        )
        for length in range(11)
    ]
    assert {after - before for before, after in pairwise(sizes)} == {34}


def test_a_code_is_read_back_from_its_picture() -> None:
    facts = _longest_facts(shipped()[2])
    text = url(HOST, make(facts.encode(), SIGNING_INPUT_HASH, registry_id=REGISTRY_ID, sign=sign))
    picture = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image(scale=4)
    found = zxingcpp.read_barcode(picture)
    assert found is not None
    assert parse(found.text).facts == facts
