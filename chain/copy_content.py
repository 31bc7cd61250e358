"""What a limited copy (加注件) says: which certificate, which of its claims, for whom, for what, until when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from chain import cbor
from chain.errors import CodeMalformed, CodeUnsupported, InvalidInput
from chain.facts import FIRST_DAY, KID8, LAST_DAY, MAX_AGENCY, MAX_TYPE, MAX_TYPE_VERSION, SALT
from chain.validity import Validity

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT_VERSION = 1
MAX_TERM = 50
"""Characters of a purpose, and of a recipient's name."""
MAX_DAYS = 180
"""From the day on which a copy is made to its last."""
MAX_CLAIMS = 64
MAX_CLAIMS_BYTES = 128 * 1024
HASH = 32

Value: TypeAlias = "str | tuple[str, ...] | None"
"""A claim's: a text, several, or none for what is stated to be absent."""
Claims: TypeAlias = "tuple[tuple[int, Value], ...]"
"""Each claim's place among those of its type, from 0, and its value; places ascend."""

_MAX_PLACE = 255
_MEMBERS = 14
_EPOCH = date(1970, 1, 1)
_UNSPEAKABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, halves of surrogate pairs, and what turns the direction of writing."""
_UNSPEAKABLE_IN_CLAIMS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Of control characters, claims may have line feeds."""


@dataclass(frozen=True, slots=True)
class Terms:
    """For what a copy is good."""

    purpose: str
    recipient: str
    made: date
    """The day on which it was made, and from which it counts."""
    expires: date
    """Its last day, included; at most 180 days after the first."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is signed."""

    agency: int
    certificate_type: int
    """The registry's number of the type."""
    version: int
    """Of the certificate type."""
    kid8: bytes
    """The first 8 bytes of the kid of the document key that signs the copy."""
    leaf: bytes
    """The certificate's."""
    validity: Validity
    """The certificate's."""
    claims_digest: bytes
    """SHA-256 of the claims as `encode_claims` writes them."""
    terms: Terms
    salt: bytes
    """16 random bytes, so that nobody finds the claims by trying."""

    def encode(self) -> bytes:
        """Return COSE's payload; raises `InvalidInput` if a limit of the format is overstepped."""
        for fault in _faults(self):
            raise InvalidInput(fault)
        last = self.validity.last_day
        return cbor.encode(
            [
                FORMAT_VERSION,
                self.agency,
                self.certificate_type,
                self.version,
                self.kid8,
                self.leaf,
                _days(self.validity.first_day),
                None if last is None else _days(last),
                self.claims_digest,
                self.terms.purpose,
                self.terms.recipient,
                _days(self.terms.made),
                _days(self.terms.expires),
                self.salt,
            ]
        )

    @classmethod
    def decode(cls, data: bytes) -> Content:
        """Read a payload; raises `CodeMalformed`, or `CodeUnsupported` for a format version to come."""
        try:
            value = cbor.decode(data)
        except ValueError as exc:
            raise CodeMalformed(f"copy: {exc}") from exc
        match value:
            case [
                1,
                int() as agency,
                int() as number_of_type,
                int() as version,
                bytes() as kid8,
                bytes() as leaf,
                int() as first,
                int() | None as last,
                bytes() as claims_digest,
                str() as purpose,
                str() as recipient,
                int() as made,
                int() as expires,
                bytes() as salt,
            ]:
                content = cls(
                    agency=agency,
                    certificate_type=number_of_type,
                    version=version,
                    kid8=kid8,
                    leaf=leaf,
                    validity=Validity(_day(first), None if last is None else _day(last)),
                    claims_digest=claims_digest,
                    terms=Terms(purpose, recipient, _day(made), _day(expires)),
                    salt=salt,
                )
            case [int() as later, *_] if later > FORMAT_VERSION:
                raise CodeUnsupported(f"got a copy of format {later}, this software knows format {FORMAT_VERSION}")
            case _:
                raise CodeMalformed(f"copy: got CBOR that is not the {_MEMBERS} members of format {FORMAT_VERSION}")
        for fault in _faults(content):
            raise CodeMalformed(f"copy: {fault}")
        return content


def encode_claims(claims: Claims) -> bytes:
    """Return the bytes of which the digest is signed."""
    return cbor.encode([[place, list(value) if isinstance(value, tuple) else value] for place, value in claims])


def read_claims(written: bytes, content: Content) -> Claims:
    """Read the claims that ride along; raises `CodeMalformed` if they are not those whose digest was signed."""
    if sha256(written).digest() != content.claims_digest or len(written) > MAX_CLAIMS_BYTES:
        raise CodeMalformed("claims: got others than those whose digest was signed")
    try:
        value = cbor.decode(written)
    except ValueError as exc:
        raise CodeMalformed(f"claims: {exc}") from exc
    if not isinstance(value, list) or not 0 < len(value) <= MAX_CLAIMS:
        raise CodeMalformed(f"claims: got something else than 1 to {MAX_CLAIMS} of them")
    claims = tuple(map(_read_claim, value))
    if any(before >= after for (before, _), (after, _) in pairwise(claims)):
        raise CodeMalformed("claims: got places out of order or twice, wanted each once, ascending")
    return claims


def _read_claim(value: cbor.CBOR) -> tuple[int, Value]:
    match value:
        case [int() as place, str() as text] if 0 <= place <= _MAX_PLACE and _is_plain(text):
            return place, text
        case [int() as place, None] if 0 <= place <= _MAX_PLACE:
            return place, None
        case [int() as place, [*items]] if 0 <= place <= _MAX_PLACE and items:
            texts = tuple(item for item in items if isinstance(item, str) and _is_plain(item))
            if len(texts) == len(items):
                return place, texts
    raise CodeMalformed("claims: got something else than a place and a text, several texts, or null")


def _is_plain(text: str) -> bool:
    return text != "" and _UNSPEAKABLE_IN_CLAIMS.search(text) is None


def _days(day: date) -> int:
    return (day - _EPOCH).days


def _day(days: int) -> date:
    try:
        return _EPOCH + timedelta(days=days)
    except OverflowError as exc:
        raise CodeMalformed(f"copy: got the day {days} since 1970-01-01, wanted one of the calendar") from exc


def _faults(content: Content) -> Iterator[str]:
    """Yield what oversteps the format's limits, the same for writing and reading."""
    terms = content.terms
    for name, got, least, most in (
        ("agency", content.agency, 1, MAX_AGENCY),
        ("certificate type", content.certificate_type, 1, MAX_TYPE),
        ("type version", content.version, 1, MAX_TYPE_VERSION),
        ("length of kid8", len(content.kid8), KID8, KID8),
        ("length of the leaf", len(content.leaf), HASH, HASH),
        ("length of the claims' digest", len(content.claims_digest), HASH, HASH),
        ("length of the salt", len(content.salt), SALT, SALT),
        ("length of the purpose", len(terms.purpose), 1, MAX_TERM),
        ("length of the recipient", len(terms.recipient), 1, MAX_TERM),
        ("days from the first to the last", (terms.expires - terms.made).days, 0, MAX_DAYS),
    ):
        if not least <= got <= most:
            yield f"{name}: got {got}, wanted {least} to {most}"
    for text in (terms.purpose, terms.recipient):
        # The message does not repeat the text, which may name a person.
        if unspeakable := _UNSPEAKABLE.search(text):
            yield f"text: got U+{ord(unspeakable[0]):04X}, wanted no control characters"
        elif text != text.strip():
            yield "text: got space around it, wanted none"
    if not FIRST_DAY <= content.validity.first_day <= (content.validity.last_day or LAST_DAY) <= LAST_DAY:
        yield "validity: got no span of days within the calendar of other software"
    if terms.made < FIRST_DAY:
        yield f"got a copy made on {terms.made}, wanted {FIRST_DAY} or later"
