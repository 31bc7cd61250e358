"""What a certificate is refused for, though a genuine key may have signed it."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from chain import base64url, disclosures
from chain.certificate import MAX_TEXT, Certificate, parse, prepare, verify
from chain.errors import CertificateMalformed, CertificateUnsupported, YinxinError
from chain.keys import ORDER
from tests.chain.specimens import KEY, PRIVATE_KEY, STATEMENT, entropy_of, sign, statement_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chain.strict_json import JSON

PREPARED = prepare(STATEMENT, entropy=entropy_of(b"seed"))
TEXT = PREPARED.sign(sign)
JWS, *DISCLOSURES, _ = TEXT.split("~")
HEADER, PAYLOAD = (base64url.decode(part) for part in JWS.split(".")[:2])
SALT = base64url.encode(bytes(16))


def _signed(
    header: bytes = HEADER,
    payload: bytes = PAYLOAD,
    shown: list[str] = DISCLOSURES,
    sign: Callable[[bytes], bytes] = sign,
) -> str:
    """A certificate with other contents, signed with the genuine key."""
    signing_input = f"{base64url.encode(header)}.{base64url.encode(payload)}"
    return "~".join((f"{signing_input}.{base64url.encode(sign(signing_input.encode()))}", *shown, ""))


def _edited(text: bytes, **members: JSON) -> bytes:
    """JSON with other members; None takes one away."""
    content = json.loads(text) | {name.replace("__", "@"): value for name, value in members.items()}
    return json.dumps({name: value for name, value in content.items() if value is not None}).encode()


def _with(part: str, **members: JSON) -> bytes:
    """A payload with other members in one of its objects."""
    return _edited(PAYLOAD, **{part: json.loads(_edited(json.dumps(json.loads(PAYLOAD)[part]).encode(), **members))})


def _disclosing(*contents: bytes) -> str:
    """A certificate over these disclosures alone."""
    shown = [base64url.encode(content) for content in contents]
    digests = sorted({disclosures.digest(text) for text in shown})
    return _signed(payload=_edited(PAYLOAD, credentialSubject={"_sd": digests}), shown=shown)


def _refusal(text: str) -> str:
    with pytest.raises(CertificateMalformed) as caught:
        parse(text)
    return str(caught.value)


def test_the_forger_can_make_a_genuine_one() -> None:
    verify(parse(_signed()), KEY)
    assert parse(_signed()) == parse(TEXT)
    verify(parse(_disclosing(b'["%s","a",[1,{"b":null}]]' % SALT.encode())), KEY)


@pytest.mark.parametrize(
    ("header", "got"),
    [
        (_edited(HEADER, alg="none"), "'none', wanted ES256"),
        (_edited(HEADER, alg="None"), "'None', wanted ES256"),
        (_edited(HEADER, alg="HS256"), "'HS256', wanted ES256"),
        (_edited(HEADER, alg="ES384"), "'ES384', wanted ES256"),
        (_edited(HEADER, alg="ES256K"), "'ES256K', wanted ES256"),
        (_edited(HEADER, alg=["ES256"]), "wanted ES256"),
        (_edited(HEADER, alg=None), "'alg' is missing"),
        (_edited(HEADER, kid=None), "'kid' is missing"),
        (_edited(HEADER, typ=None), "'typ' is missing"),
        (_edited(HEADER, typ=1), "wanted vc"),
        (_edited(HEADER, crit=["b64"]), "unknown member 'crit'"),
        (_edited(HEADER, jwk=dict(KEY.jwk())), "unknown member 'jwk'"),
        (_edited(HEADER, x5c=["MII"]), "unknown member 'x5c'"),
        (_edited(HEADER, b64=False), "unknown member 'b64'"),
        (_edited(HEADER, kid="did:web:issuer.example#1"), "43 characters"),
        (_edited(HEADER, kid="A" * 42 + "B"), "stray bits"),
        (_edited(HEADER, kid="=" * 43), "base64url"),
        (_edited(HEADER, kid=7), "43 characters"),
        (HEADER[:-1] + b',"alg":"none"}', "'alg' twice"),
        (HEADER[:-1] + b',"alg":"ES256"}', "'alg' twice"),
        (b"[]", "wanted an object"),
        (b"null", "wanted an object"),
        (b"\xef\xbb\xbf" + HEADER, "header"),
        (b"", "header"),
    ],
)
def test_a_header_says_algorithm_key_and_kind_and_nothing_else(header: bytes, got: str) -> None:
    assert got in _refusal(_signed(header=header))


@pytest.mark.parametrize(
    ("text", "got"),
    [
        (_signed(header=_edited(HEADER, typ="dc+sd-jwt")), "'dc\\+sd-jwt'"),
        (_signed(header=_edited(HEADER, typ="JWT", alg="none")), "'JWT'"),
        (
            _signed(payload=_edited(PAYLOAD, __context=["https://www.w3.org/2018/credentials/v1"])),
            "2018/credentials/v1",
        ),
        (_signed(payload=_with("credentialSchema", type="JsonSchema")), "'JsonSchema'"),
        (_signed(payload=_with("credentialStatus", type="BitstringStatusListEntry")), "'BitstringStatusListEntry'"),
    ],
)
def test_a_credential_of_another_profile_is_unsupported_rather_than_malformed(text: str, got: str) -> None:
    with pytest.raises(CertificateUnsupported, match=got):
        parse(text)


def test_a_tag_made_with_the_public_key_as_a_secret_is_refused() -> None:
    numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(KEY.x), int.from_bytes(KEY.y), ec.SECP256R1())
    secret = numbers.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def tag(message: bytes) -> bytes:
        return hmac.digest(secret, message, "sha256")

    assert "'HS256', wanted ES256" in _refusal(_signed(header=_edited(HEADER, alg="HS256"), sign=tag))
    assert "signature of 32 bytes" in _refusal(_signed(sign=tag))


def test_a_certificate_without_a_signature_is_refused() -> None:
    assert "signature of 0 bytes" in _refusal(_signed(sign=lambda _: b""))
    assert "'none', wanted ES256" in _refusal(_signed(header=_edited(HEADER, alg="none"), sign=lambda _: b""))


def test_a_signature_of_zeros_is_refused() -> None:
    assert "order of P-256" in _refusal(_signed(sign=lambda _: bytes(64)))


def test_a_signature_in_der_is_refused() -> None:
    assert "wanted 64" in _refusal(_signed(sign=lambda message: PRIVATE_KEY.sign(message, ec.ECDSA(SHA256()))))


def test_a_signature_with_high_s_is_refused() -> None:
    def sign_high(message: bytes) -> bytes:
        signature = sign(message)
        return signature[:32] + (ORDER - int.from_bytes(signature[32:])).to_bytes(32)

    assert "high s" in _refusal(_signed(sign=sign_high))


@pytest.mark.parametrize(
    ("payload", "got"),
    [
        (_edited(PAYLOAD, __context=["https://www.w3.org/ns/credentials/v2", "https://other.example"]), "@context"),
        (_edited(PAYLOAD, __context="https://www.w3.org/ns/credentials/v2"), "@context"),
        (_edited(PAYLOAD, __context=None), "'@context' is missing"),
        (_edited(PAYLOAD, type=["VerifiableCredential"]), "type"),
        (_edited(PAYLOAD, type=["X", "VerifiableCredential"]), "type"),
        (_edited(PAYLOAD, type=["VerifiableCredential", "A", "B"]), "type"),
        (_edited(PAYLOAD, type=["VerifiableCredential", "lowerCase"]), "type"),
        (_edited(PAYLOAD, type="VerifiableCredential"), "type"),
        (_edited(PAYLOAD, issuer="https://issuer.example"), "issuer"),
        (_edited(PAYLOAD, issuer={"id": "did:web:issuer.example"}), "issuer"),
        (_edited(PAYLOAD, issuer="did:web:issuer.example\n"), "issuer"),
        (_edited(PAYLOAD, issuer="did:web:" + "a" * 600), "issuer"),
        (_edited(PAYLOAD, issuer="did:web:"), "issuer"),
        (_edited(PAYLOAD, issuer=None), "'issuer' is missing"),
        (_edited(PAYLOAD, validFrom="2026-01-31"), "validFrom"),
        (_edited(PAYLOAD, validFrom="2026-01-31T00:00:00Z"), "validFrom"),
        (_edited(PAYLOAD, validFrom="2026-01-31T00:00:01+08:00"), "validFrom"),
        (_edited(PAYLOAD, validFrom="2026-02-30T00:00:00+08:00"), "which no calendar has"),
        (_edited(PAYLOAD, validFrom="２０２６-01-31T00:00:00+08:00"), "validFrom"),
        (_edited(PAYLOAD, validFrom="1899-12-31T00:00:00+08:00"), "validity from 1899-12-31"),
        (_edited(PAYLOAD, validUntil="2029-01-30T00:00:00+08:00"), "validUntil"),
        (_edited(PAYLOAD, validUntil="2029-01-30T23:59:59Z"), "validUntil"),
        (_edited(PAYLOAD, validUntil="2026-01-30T23:59:59+08:00"), "validity from 2026-01-31 to 2026-01-30"),
        (_edited(PAYLOAD, validUntil=7), "validUntil"),
        (_edited(PAYLOAD, _sd_alg="sha-384"), "_sd_alg"),
        (_edited(PAYLOAD, _sd_alg=None), "'_sd_alg' is missing"),
        (_edited(PAYLOAD, codeDigest=None), "'codeDigest' is missing"),
        (_edited(PAYLOAD, codeDigest="A" * 44), "codeDigest"),
        (_edited(PAYLOAD, codeDigest="A" * 42 + "_"), "codeDigest"),
        (_edited(PAYLOAD, credentialStatus=[]), "credentialStatus"),
        (_edited(PAYLOAD, credentialStatus=None), "'credentialStatus' is missing"),
        (_with("credentialStatus", agency=0), "credentialStatus.agency"),
        (_with("credentialStatus", agency=-3), "credentialStatus.agency"),
        (_with("credentialStatus", agency=2**32), "credentialStatus.agency"),
        (_with("credentialStatus", agency=True), "credentialStatus.agency"),
        (_with("credentialStatus", agency="3"), "credentialStatus.agency"),
        (_with("credentialStatus", agency=None), "'agency' is missing"),
        (_with("credentialStatus", certificateType=2**32), "credentialStatus.certificateType"),
        (_with("credentialStatus", chainId=0), "credentialStatus.chainId"),
        (_with("credentialStatus", registry="ab"), "credentialStatus.registry"),
        (_with("credentialStatus", registry="AB" * 32), "credentialStatus.registry"),
        (_with("credentialStatus", registry="0x" + "ab" * 31), "credentialStatus.registry"),
        (_with("credentialStatus", id="https://other.example"), "unknown member 'id'"),
        (_with("credentialStatus", type=7), "credentialStatus.type"),
        (_with("credentialSchema", id="construction-safety-licence"), "credentialSchema.id"),
        (_with("credentialSchema", id="urn:yinxin:certificate-type:../x"), "credentialSchema.id"),
        (_with("credentialSchema", version=0), "credentialSchema.version"),
        (_with("credentialSchema", version=2**16), "credentialSchema.version"),
        (_with("credentialSchema", digestSRI="sha384-" + "A" * 64), "credentialSchema.digestSRI"),
        (_with("credentialSchema", digestSRI="sha256-" + "A" * 43), "credentialSchema.digestSRI"),
        (_with("credentialSchema", digestSRI="sha256-" + "A" * 42 + "B="), "credentialSchema.digestSRI"),
        (_with("credentialSchema", digestSRI="sha256-" + "_" * 43 + "="), "credentialSchema.digestSRI"),
        (_with("credentialSchema", type=7), "credentialSchema.type"),
        (_with("credentialSchema", schema={}), "unknown member 'schema'"),
        (_edited(PAYLOAD, relatedResource=[]), "relatedResource"),
        (_edited(PAYLOAD, relatedResource={}), "relatedResource"),
        (_edited(PAYLOAD, relatedResource=["urn:a:b"]), "relatedResource"),
        (_edited(PAYLOAD, relatedResource=[{"id": "urn:a:b", "digestSRI": "sha256-" + "A" * 43 + "="}]), "'mediaType'"),
        (
            _edited(
                PAYLOAD,
                relatedResource=[{"id": "urn:ab:b", "digestSRI": "sha256-" + "A" * 43 + "=", "mediaType": "a/b"}] * 2,
            ),
            "one id twice",
        ),
        (
            _edited(
                PAYLOAD,
                relatedResource=[{"id": "urn:ab:b", "digestSRI": "sha256-" + "A" * 43 + "=", "mediaType": "a"}],
            ),
            "relatedResource.mediaType",
        ),
        (_edited(PAYLOAD, vct="x"), "unknown member 'vct'"),
        (_edited(PAYLOAD, exp=1), "unknown member 'exp'"),
        (_edited(PAYLOAD, cnf={"jwk": {}}), "unknown member 'cnf'"),
        (_edited(PAYLOAD, _sd=[]), "unknown member '_sd'"),
        (PAYLOAD[:-1] + b',"issuer":"did:web:other.example"}', "'issuer' twice"),
        (PAYLOAD.replace(b'"agency":3', b'"agency":3.0'), "3.0"),
        (PAYLOAD.replace(b'"agency":3', b'"agency":3e0'), "3e0"),
        (PAYLOAD.replace(b'"agency":3', b'"agency":NaN'), "NaN"),
        (PAYLOAD.replace(b'"agency":3', b'"agency":3,"agency":4'), "'agency' twice"),
        (PAYLOAD.decode().encode("utf-16"), "payload"),
        (PAYLOAD + b" {}", "payload"),
        (b"[]", "wanted an object"),
        (b"", "payload"),
    ],
)
def test_a_payload_says_what_the_profile_says_and_nothing_else(payload: bytes, got: str) -> None:
    assert got in _refusal(_signed(payload=payload))


_DIGEST = "A" * 43


@pytest.mark.parametrize(
    ("subject", "got"),
    [
        ({"_sd": [_DIGEST], "name": "张三"}, "unknown member 'name'"),
        ({"_sd": [_DIGEST], "id": "did:web:holder.example"}, "unknown member 'id'"),
        ({"_sd": [_DIGEST], "...": _DIGEST}, "unknown member '...'"),
        ({"name": {"_sd": [_DIGEST]}}, "'_sd' is missing"),
        ({"names": [{"...": _DIGEST}]}, "'_sd' is missing"),
        ({"_sd": []}, "1 to 64 digests"),
        ({"_sd": {}}, "1 to 64 digests"),
        ({"_sd": [_DIGEST] * 65}, "1 to 64 digests"),
        ({"_sd": [7]}, "_sd: got 7"),
        ({"_sd": ["A" * 42 + "B"]}, "_sd: got 'AAA"),
        ({"_sd": ["A" * 42 + "A\n"]}, "_sd: got 'AAA"),
        ({"_sd": ["A" * 44]}, "_sd: got 'AAA"),
        ({"_sd": ["A" * 43, "A" * 43]}, "out of order or twice"),
        ({"_sd": ["B" * 42 + "A", "A" * 43]}, "out of order or twice"),
        ([], "wanted an object"),
    ],
)
def test_digests_stand_flat_in_the_subject_and_nothing_beside_them(subject: JSON, got: str) -> None:
    payload = json.loads(PAYLOAD) | {"credentialSubject": subject}
    assert got in _refusal(_signed(payload=json.dumps(payload).encode(), shown=[]))


@pytest.mark.parametrize(
    ("content", "got"),
    [
        (b'["%s","name"]', "not [salt, name, value]"),
        (b'["%s","name","value",1]', "not [salt, name, value]"),
        (b'{"salt":"%s"}', "not [salt, name, value]"),
        (b'"%s"', "not [salt, name, value]"),
        (b'["%s",7,"value"]', "not [salt, name, value]"),
        (b'["%s","","value"]', "the name ''"),
        (b'["%s","_sd",["x"]]', "the name '_sd'"),
        (b'["%s","...","x"]', "the name '...'"),
        (b'["%s","' + b"n" * 65 + b'","x"]', "the name"),
        (b'["%s","a",{"_sd":["x"]}]', "'_sd' within its value"),
        (b'["%s","a",{"b":{"_sd":["x"]}}]', "'_sd' within its value"),
        (b'["%s","a",[{"...":"x"}]]', "'...' within its value"),
        (b'["%s","a",[[[{"b":[{"...":"x"}]}]]]]', "'...' within its value"),
        (b'["%s","a",1.5]', "1.5"),
        (b'["%s","a",NaN]', "NaN"),
        (b'["%s","a",{"b":1,"b":2}]', "'b' twice"),
        (b'["%s","a","\\ud800"]', "surrogate"),
        (b'["%s","a",9007199254740992]', "9007199254740992"),
        (b'["%s","a",' + b"[" * 16 + b"]" * 16 + b"]", "16 levels"),
        (b'["%s","a",1]x', "Extra data"),
        (b'\xff["%s","a",1]', "utf-8"),
    ],
)
def test_a_disclosure_is_salt_name_and_a_value_without_secrets(content: bytes, got: str) -> None:
    assert got in _refusal(_disclosing(content.replace(b"%s", SALT.encode())))


@pytest.mark.parametrize(
    ("salt", "got"),
    [
        ("", "salt of 0 bytes"),
        (base64url.encode(bytes(15)), "salt of 15 bytes"),
        ("A" * 21 + "B", "stray bits"),
        (SALT + "==", "base64url"),
        ("short", "base64url"),
    ],
)
def test_a_salt_has_sixteen_bytes_in_one_spelling(salt: str, got: str) -> None:
    assert got in _refusal(_disclosing(f'["{salt}","a","b"]'.encode()))


def test_a_salt_is_text() -> None:
    assert "not [salt, name, value]" in _refusal(_disclosing(b'[7,"a","b"]'))


def test_a_claim_disclosed_twice_is_refused_even_with_two_salts() -> None:
    once, again = (b'["%s","a","%s"]' % (base64url.encode(salt * 16).encode(), salt) for salt in (b"x", b"y"))
    assert "'a' disclosed twice" in _refusal(_disclosing(once, again))
    assert "'a' disclosed twice" in _refusal(_disclosing(once, once))


def test_a_disclosure_repeated_is_refused() -> None:
    assert "'number' disclosed twice" in _refusal(_signed(shown=[DISCLOSURES[0], *DISCLOSURES]))


def test_a_disclosure_of_another_certificate_is_refused() -> None:
    other = prepare(statement_of(responsible_person="李四"), entropy=entropy_of(b"other"))
    assert "belongs to another" in _refusal(_signed(shown=[*DISCLOSURES[:-2], other.disclosures[4]]))


def test_a_disclosure_with_another_value_is_refused() -> None:
    salt = json.loads(base64url.decode(DISCLOSURES[4]))[0]
    forged = disclosures.make(base64url.decode(salt), "responsible_person", "李四")
    assert "belongs to another" in _refusal(TEXT.replace(DISCLOSURES[4], forged))


def test_a_disclosure_spelled_otherwise_is_refused() -> None:
    spaced = base64url.encode(base64url.decode(DISCLOSURES[4]).replace(b",", b", "))
    assert "belongs to another" in _refusal(TEXT.replace(DISCLOSURES[4], spaced))


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("", "got no ~"),
        (JWS, "got no ~"),
        (TEXT + JWS, "key binding"),
        (TEXT + "\n", "key binding"),
        (TEXT.removesuffix("~"), "key binding"),
        ("\n" + TEXT, "JWS"),
        (TEXT + "~", "disclosure"),
        (TEXT.replace("~", "~~", 1), "disclosure"),
        (TEXT.replace(".", "", 1), "2 parts"),
        (TEXT.replace(".", "..", 1), "4 parts"),
        (TEXT.replace("~", ".~", 1), "4 parts"),
        (TEXT.replace("~", "=~", 1), "base64url"),
        (TEXT.replace("~", "==~", 1), "base64url"),
        ("ey" + TEXT, "header"),
        ("字" + TEXT, "base64url"),
        ('{"payload":"","signatures":[]}', "got no ~"),
        ("~", "1 parts"),
        ("..~", "header"),
        ("A" * (MAX_TEXT + 1), "wanted at most"),
    ],
)
def test_a_certificate_has_one_serialisation(text: str, got: str) -> None:
    assert got in _refusal(text)


def _accepted(text: str) -> Certificate | None:
    """Read and verify as a verifier would; errors outside our tree come through."""
    try:
        certificate = parse(text)
        verify(certificate, KEY)
    except YinxinError:
        return None
    return certificate


def _damaged(text: str) -> Iterator[str]:
    for place, character in enumerate(text):
        yield text[:place] + text[place + 1 :]
        for bit in range(7):
            yield text[:place] + chr(ord(character) ^ 1 << bit) + text[place + 1 :]


def test_no_bit_or_character_of_a_certificate_can_be_changed() -> None:
    assert _accepted(TEXT) is not None
    assert not any(_accepted(damaged) for damaged in _damaged(TEXT))


@settings(deadline=None)
@given(st.text() | st.text(alphabet="eyJ.~-_AZ09", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(CertificateMalformed):
        parse(text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
_MEMBERS = sorted({"relatedResource", *json.loads(PAYLOAD)})


@settings(deadline=None)
@given(header=st.binary(max_size=30) | _JSON, payload=st.binary(max_size=30) | _JSON)
def test_any_header_and_payload_are_refused(header: object, payload: object) -> None:
    first, second = (part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload))
    with pytest.raises(CertificateMalformed):
        parse(_signed(header=first, payload=second))


@settings(deadline=None)
@given(name=st.sampled_from(_MEMBERS), value=_JSON)
def test_any_other_member_is_refused(name: str, value: object) -> None:
    payload = json.loads(PAYLOAD) | {name: value}
    with pytest.raises(CertificateMalformed):
        parse(_signed(payload=json.dumps(payload).encode()))


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40) | _JSON, min_size=1, max_size=3))
def test_any_disclosures_are_refused_or_read(contents: list[object]) -> None:
    shown = (content if isinstance(content, bytes) else json.dumps(content).encode() for content in contents)
    with pytest.raises(CertificateMalformed):
        parse(_disclosing(*shown))


def test_the_digest_of_a_disclosure_is_over_its_text() -> None:
    assert disclosures.parse(DISCLOSURES[0]).digest == base64url.encode(sha256(DISCLOSURES[0].encode()).digest())
