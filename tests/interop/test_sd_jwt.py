"""Others' libraries accept our certificates, with every choice of disclosures, and read the same claims in them."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK  # type: ignore[import-untyped]
from sd_jwt.verifier import SDJWTVerifier  # type: ignore[import-untyped]

from chain import base64url
from chain.certificate import RelatedResource, parse, prepare, present
from chain.certificate_types import CertificateType, shipped
from tests.chain.specimens import CLAIMS, KEY, OTHER_KEY, STATEMENT, entropy_of, sign

if TYPE_CHECKING:
    from chain.strict_json import JSON

_SCRIPT = Path(__file__).with_name("verify_sd_jwt.mjs")
_RESOURCES = (RelatedResource("urn:uuid:0b7c2b54-3d3f-4f5e-9d5e-1f2a3b4c5d6e", bytes(32), "application/pdf"),)

SMALL = prepare(replace(STATEMENT, related_resources=_RESOURCES), entropy=entropy_of(b"interop")).sign(sign)
PRESENTATIONS = [present(SMALL, set(names)) for size in range(len(CLAIMS) + 1) for names in combinations(CLAIMS, size)]


def _issue(certificate_type: CertificateType) -> tuple[str, dict[str, JSON]]:
    """A certificate of a shipped type, with all the claims that its template gives as examples."""
    row = {claim.key: claim.example for claim in certificate_type.columns}
    claims, faults = certificate_type.from_row(row)
    assert not faults
    statement = replace(
        STATEMENT,
        certificate_type=certificate_type,
        claims=claims,
        validity=certificate_type.validity(claims, date(2026, 1, 31)),
    )
    return prepare(statement, entropy=entropy_of(certificate_type.identifier.encode())).sign(sign), claims


LARGE = {certificate_type.identifier: _issue(certificate_type) for certificate_type in shipped()}


def _wanted(certificate: str) -> dict[str, Any]:
    """What any reader should find: the payload with the disclosed claims in place of the digests."""
    found = parse(certificate)
    payload: dict[str, Any] = json.loads(base64url.decode(certificate.split(".")[1]))
    del payload["_sd_alg"]
    payload["credentialSubject"] = found.claims | dict.fromkeys(found.absent)
    return payload


def _read_by_python(certificate: str, key: dict[str, str]) -> dict[str, Any]:
    jwk = JWK(**key)
    return SDJWTVerifier(certificate, lambda _issuer, _header: jwk).get_verified_payload()  # type: ignore[no-any-return]


def _read_by_node(certificates: list[str], key: dict[str, str]) -> list[dict[str, Any]]:
    done = subprocess.run(
        ["node", str(_SCRIPT)],
        input=json.dumps({"jwk": key, "certificates": certificates}).encode(),
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(answers) == len(certificates)
    return answers


def test_pypi_sd_jwt_reads_every_presentation_of_a_small_certificate() -> None:
    for certificate in PRESENTATIONS:
        assert _read_by_python(certificate, KEY.jwk()) == _wanted(certificate)


def test_npm_sd_jwt_with_jose_reads_every_presentation_of_every_certificate() -> None:
    certificates = PRESENTATIONS + [
        present(whole, shown) for whole, claims in LARGE.values() for shown in _samples(sorted(claims))
    ]
    answers = _read_by_node(certificates, KEY.jwk())
    assert answers == [{"payload": _wanted(certificate)} for certificate in certificates]


def _samples(names: list[str]) -> list[set[str]]:
    """All, none, each one alone, all but one, and every third."""
    alone = [{name} for name in names]
    return [
        set(names),
        set(),
        *alone,
        *(set(names) - one for one in alone),
        *(set(names[start::3]) for start in range(3)),
    ]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_pypi_sd_jwt_reads_any_presentation_of_any_shipped_type(data: st.DataObject) -> None:
    whole, claims = LARGE[data.draw(st.sampled_from(sorted(LARGE)))]
    certificate = present(whole, data.draw(st.sets(st.sampled_from(sorted(claims)))))
    assert _read_by_python(certificate, KEY.jwk()) == _wanted(certificate)


@pytest.mark.parametrize("identifier", sorted(LARGE))
def test_pypi_sd_jwt_reads_what_a_type_always_shows_and_all_there_is(identifier: str) -> None:
    whole, claims = LARGE[identifier]
    certificate_type = next(found for found in shipped() if found.identifier == identifier)
    always = {claim.key for claim in certificate_type.claims if claim.always and claim.key in claims}
    for certificate in (whole, present(whole, always)):
        assert _read_by_python(certificate, KEY.jwk()) == _wanted(certificate)


def test_neither_accepts_another_key_or_another_claim() -> None:
    with pytest.raises(Exception, match=r"(?i)signature"):
        _read_by_python(SMALL, OTHER_KEY.jwk())
    jws, *shown, _ = SMALL.split("~")
    changed = "~".join((jws[:-4] + ("AAAA" if jws[-4:] != "AAAA" else "BBBB"), *shown, ""))
    answers = [*_read_by_node([SMALL], OTHER_KEY.jwk()), *_read_by_node([changed], KEY.jwk())]
    assert all("signature" in answer["error"].lower() for answer in answers)
