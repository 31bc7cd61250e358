"""Forgeries to try, each with the verdict that it deserves.

A forger here has everything that a forger can have: genuine documents, the document keys of careless agencies, and even
officers who anchor what they should not. Nothing here is needed to issue or verify.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING

import zxingcpp
from cryptography.hazmat.primitives import hashes, hmac
from PIL import Image

from chain import base64url, certificate, code, keys, merkle
from chain.certificate import Statement
from chain.errors import CodeMalformed
from chain.preparation import IDENTIFIER_CLAIM
from chain.registry import BatchToAnchor
from demo import papering
from demo.loot import Forgery

if TYPE_CHECKING:
    from chain.certificate import Prepared
    from chain.certificate_types import CertificateType
    from chain.facts import Facts
    from chain.registry import Identity
    from demo.loot import Genuine, Loot
    from issuer.keys import DocumentKey


def off_chain(loot: Loot) -> list[Forgery]:
    """Make the forgeries that need nothing to be anchored."""
    return [
        *_with_claims(loot),
        *_with_tokens(loot),
        *_with_keys(loot),
        *_with_codes(loot),
        *papering.with_papers(loot),
    ]


@dataclass(frozen=True, slots=True)
class Anchored:
    """A forgery that counts on a batch: what to anchor, and what to hand out once it is."""

    batch: BatchToAnchor
    forgery: Forgery


def with_wrong_type(
    loot: Loot, *, held: CertificateType, not_held: CertificateType, claims: dict[str, object]
) -> Anchored:
    """Certify a type that the agency does not hold, in a batch of one that it does."""
    prepared = _prepare(loot, not_held, claims, agency_key=loot.stolen)
    return Anchored(
        _batch_of(loot, prepared, held.number, held.version),
        _sd_jwt(
            "agency-without-that-type",
            "The agency's own officers anchored a type that it does not hold, in a batch of one that it holds.",
            "ISSUER_NOT_AUTHORISED",
            prepared.sign(loot.stolen.sign),
        ),
    )


def with_older_version(loot: Loot, *, newer_version: int) -> Anchored:
    """Certify version 1 of a type in a batch that was anchored as a newer version."""
    kind = loot.one.certificate_type
    prepared = _prepare(loot, kind, _claims(loot.one), agency_key=loot.stolen)
    return Anchored(
        _batch_of(loot, prepared, kind.number, newer_version),
        _sd_jwt(
            "types-older-version",
            "The certificate names version 1 of its type; the batch was anchored as a newer version.",
            "ISSUER_NOT_AUTHORISED",
            prepared.sign(loot.stolen.sign),
        ),
    )


def in_another_agencys_batch(loot: Loot, *, another_agency: int) -> Anchored:
    """Anchor a leaf that names one agency in a batch of another."""
    kind = loot.one.certificate_type
    prepared = _prepare(loot, kind, _claims(loot.one), agency_key=loot.stolen)
    return Anchored(
        BatchToAnchor(another_agency, kind.number, kind.version, (prepared.leaf,)),
        _sd_jwt(
            "leaf-of-another-agencys-batch",
            "Signed with the agency's stolen key, but its leaf lies in another agency's batch.",
            "NOT_FOUND",
            prepared.sign(loot.stolen.sign),
        ),
    )


def with_cut_off_key(loot: Loot, key: DocumentKey) -> Anchored:
    """Anchor and sign a certificate with a key that is cut off afterwards, from before its anchor."""
    kind = loot.one.certificate_type
    prepared = _prepare(loot, kind, _claims(loot.one), agency_key=key)
    return Anchored(
        _batch_of(loot, prepared, kind.number, kind.version),
        _sd_jwt(
            "cut-off-key",
            "Properly anchored and signed, with a key that was cut off from before that.",
            "ISSUER_NOT_AUTHORISED",
            prepared.sign(key.sign),
        ),
    )


def inner_node(leaves: tuple[bytes, ...]) -> Forgery:
    """Offer an inner node of a genuine tree as if it were a leaf."""
    node = merkle.root(leaves[:2])
    return _text(
        "inner-node-as-leaf.short-number.txt",
        "The short number of an inner node of a genuine batch, not of a leaf.",
        "NOT_FOUND",
        code.short_number(node),
    )


def _with_claims(loot: Loot) -> list[Forgery]:
    """Tamper with what is disclosed."""
    jws, shown = _split(loot.one.sd_jwt)
    _, foreign = _split(loot.other.sd_jwt)
    kind = loot.one.certificate_type
    name = kind.holder_name_claim
    at = next(i for i, text in enumerate(shown) if _name(text) == name)
    salt, _, value = json.loads(base64url.decode(shown[at]))
    renamed = base64url.encode(json.dumps([salt, name, "演示" + str(value)[::-1]], ensure_ascii=False).encode())
    spoilt = base64url.encode(json.dumps([salt[::-1], name, value], ensure_ascii=False).encode())
    withheld = next(claim.key for claim in kind.claims if claim.always and claim.key != kind.number_claim)
    return [
        _sd_jwt(
            "other-name",
            "The holder's name in a genuine certificate was replaced.",
            "ALTERED",
            _join(jws, [*shown[:at], renamed, *shown[at + 1 :]]),
        ),
        _sd_jwt(
            "disclosure-changed",
            "The salt of a genuine disclosure was changed.",
            "ALTERED",
            _join(jws, [*shown[:at], spoilt, *shown[at + 1 :]]),
        ),
        _sd_jwt(
            "disclosure-twice",
            "One disclosure of a genuine certificate stands there twice.",
            "ALTERED",
            _join(jws, [*shown, shown[at]]),
        ),
        _sd_jwt(
            "disclosure-foreign",
            "The holder's name was taken from another genuine certificate.",
            "ALTERED",
            _join(jws, [*shown[:at], foreign[at], *shown[at + 1 :]]),
        ),
        _sd_jwt(
            "disclosure-withheld",
            f"A genuine certificate without the claim {withheld}, which must always be shown.",
            "INCOMPLETE",
            _join(jws, [text for text in shown if _name(text) != withheld]),
        ),
    ]


def _with_tokens(loot: Loot) -> list[Forgery]:
    """Tamper with the token's header, payload or signature."""
    jws, shown = _split(loot.one.sd_jwt)
    header, payload, signature = jws.split(".")
    fields = json.loads(base64url.decode(header))
    nobody = base64url.encode(_compact(fields | {"alg": "none"}))
    shared = base64url.encode(_compact(fields | {"alg": "HS256"}))
    mac = hmac.HMAC(loot.stolen.public.x + loot.stolen.public.y, hashes.SHA256())
    mac.update(f"{shared}.{payload}".encode())
    twice = base64url.decode(payload)[:-1] + b',"codeDigest":"' + b"A" * 43 + b'"}'
    raw = base64url.decode(signature)
    high = raw[:32] + (keys.ORDER - int.from_bytes(raw[32:])).to_bytes(32)
    return [
        _sd_jwt(
            "algorithm-none",
            "Header «alg: none», without a signature.",
            "ALTERED",
            _join(f"{nobody}.{payload}.", shown),
        ),
        _sd_jwt(
            "algorithm-hs256",
            "Header «HS256», with the public key as the shared secret.",
            "ALTERED",
            _join(f"{shared}.{payload}.{base64url.encode(mac.finalize())}", shown),
        ),
        _sd_jwt(
            "duplicate-json-key",
            "A member stands twice in the payload, signed with the stolen key.",
            "ALTERED",
            _join(_signed(header, twice, loot.stolen), shown),
        ),
        _sd_jwt(
            "signature-with-high-s",
            "The other of the two signatures (r, s) and (r, n − s) that verify.",
            "ALTERED",
            _join(f"{header}.{payload}.{base64url.encode(high)}", shown),
        ),
        _sd_jwt(
            "signature-changed",
            "One bit of the signature was changed.",
            "ALTERED",
            _join(
                f"{header}.{payload}.{base64url.encode(keys.low_s(raw[:31] + bytes([raw[31] ^ 1]) + raw[32:]))}", shown
            ),
        ),
    ]


def _with_keys(loot: Loot) -> list[Forgery]:
    """Sign with the right and with wrong keys what was never anchored."""
    kind, claims = loot.one.certificate_type, _claims(loot.one)

    def forged(key: DocumentKey, identity: Identity = loot.identity) -> str:
        return _prepare(replace(loot, identity=identity), kind, claims, agency_key=key).sign(key.sign)

    other_registry = replace(loot.identity, registry_id=sha256(loot.identity.registry_id).digest())
    other_chain = replace(loot.identity, chain_id=loot.identity.chain_id + 1)
    return [
        _sd_jwt(
            "stolen-key",
            "Made up and signed with the agency's stolen key, but never anchored.",
            "NOT_FOUND",
            forged(loot.stolen),
        ),
        _sd_jwt(
            "other-agencys-key",
            "Names one agency, signed with another agency's key.",
            "ISSUER_NOT_AUTHORISED",
            forged(loot.another_key),
        ),
        _sd_jwt(
            "unlisted-key",
            "Signed with a key that the registry does not list.",
            "ISSUER_NOT_AUTHORISED",
            forged(loot.unlisted),
        ),
        _sd_jwt(
            "other-registry", "A certificate of another registry.", "UNSUPPORTED", forged(loot.stolen, other_registry)
        ),
        _sd_jwt("other-chain", "A certificate of another chain.", "UNSUPPORTED", forged(loot.stolen, other_chain)),
    ]


def _with_codes(loot: Loot) -> list[Forgery]:
    """Tamper with a code."""
    read = code.parse(loot.one.code_url)
    changed = replace(read.facts, facts=("演示伪造者", *read.facts.facts[1:])).encode()
    stolen = code.make(changed, read.signing_input_hash, registry_id=loot.identity.registry_id, sign=loot.stolen.sign)
    alike = replace(read.facts, facts=("内蒙古А演示\u200b有限公司", *read.facts.facts[1:])).encode()
    misspelt = code.make(alike, read.signing_input_hash, registry_id=loot.identity.registry_id, sign=loot.stolen.sign)
    unsigned = code.url(
        loot.host, code.make(changed, read.signing_input_hash, registry_id=bytes(32), sign=loot.stolen.sign)
    )
    return [
        _text(
            "other-digit.code.txt",
            "One digit of a genuine code was changed.",
            "ALTERED",
            _other_digit(loot.one.code_url, read.facts),
        ),
        _text(
            "facts-changed.code.txt",
            "Another name in a genuine code, signed with the agency's stolen key.",
            "NOT_FOUND",
            code.url(loot.host, stolen),
        ),
        _text(
            "mixed-script-name.code.txt",
            "A name with a Cyrillic letter and a sign that nobody sees, signed with the agency's stolen key.",
            "NOT_FOUND",
            code.url(loot.host, misspelt),
        ),
        _text(
            "code-of-another-registry.code.txt",
            "A code signed for another registry: the registry's id is part of what is signed.",
            "ALTERED",
            unsigned,
        ),
        Forgery(
            "foreign-code.png",
            "A QR code of a look-alike site.",
            "UNSUPPORTED",
            _png("https://yinxin.example.com.verify-certs.example/licence?id=15010200012345"),
        ),
    ]


def _prepare(
    loot: Loot,
    kind: CertificateType,
    claims: dict[str, object],
    *,
    agency_key: DocumentKey,
) -> Prepared:
    valid = kind.validate({key: value for key, value in claims.items() if key != IDENTIFIER_CLAIM})
    genuine = certificate.parse(loot.one.sd_jwt).credential
    return certificate.prepare(
        Statement(
            certificate_type=kind,
            registry_id=loot.identity.registry_id,
            chain_id=loot.identity.chain_id,
            agency=loot.agency,
            agency_code=loot.agency_code,
            issuer=genuine.issuer,
            kid=agency_key.public.kid,
            claims=valid,
            validity=kind.validity(valid, genuine.validity.first_day),
        ),
        entropy=loot.entropy,
    )


def _batch_of(loot: Loot, prepared: Prepared, number: int, version: int) -> BatchToAnchor:
    return BatchToAnchor(loot.agency, number, version, (prepared.leaf,))


def _claims(genuine: Genuine) -> dict[str, object]:
    return dict(certificate.parse(genuine.sd_jwt).claims)


def _other_digit(url: str, genuine: Facts) -> str:
    """Change a digit that leaves the code well formed and its facts, but nothing else that they say, others."""
    for at in range(url.index("#") + 1, len(url)):
        for digit in "0123456789":
            tried = url[:at] + digit + url[at + 1 :]
            try:
                read = code.parse(tried).facts
            except CodeMalformed:
                continue
            if read.facts != genuine.facts and replace(read, facts=genuine.facts) == genuine:
                return tried
    raise AssertionError("no digit of this code can be changed without spoiling its form")


def _signed(header: str, payload: bytes, key: DocumentKey) -> str:
    signing_input = f"{header}.{base64url.encode(payload)}"
    return f"{signing_input}.{base64url.encode(keys.low_s(key.sign(signing_input.encode())))}"


def _split(sd_jwt: str) -> tuple[str, list[str]]:
    jws, *shown, _ = sd_jwt.split("~")
    return jws, shown


def _join(jws: str, shown: list[str]) -> str:
    return "~".join((jws, *shown, ""))


def _name(disclosure: str) -> str:
    return str(json.loads(base64url.decode(disclosure))[1])


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _png(text: str) -> bytes:
    symbol = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    out = BytesIO()
    Image.fromarray(zxingcpp.write_barcode_to_image(symbol, scale=8)).save(out, "PNG")
    return out.getvalue()


def _sd_jwt(name: str, story: str, expected: str, text: str) -> Forgery:
    return Forgery(f"{name}.sd-jwt", story, expected, text.encode())


def _text(name: str, story: str, expected: str, text: str) -> Forgery:
    return Forgery(name, story, expected, text.encode() + b"\n")
