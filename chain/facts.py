"""F: the few facts that a code carries, as bytes, and the leaf that binds them to everything else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from chain import cbor
from chain.errors import CodeMalformed, CodeUnsupported, InvalidInput
from chain.validity import Validity

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT_VERSION = 1
MAX_AGENCY = MAX_TYPE = 2**32 - 1
MAX_TYPE_VERSION = 2**16 - 1
MAX_NUMBER = 64
"""Characters of a certificate number."""
MAX_FACTS = 8
MAX_FACT_BYTES = 512
KID8 = 8
SALT = 16
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9999, 12, 31)
"""Other software's dates reach as far, too."""

_EPOCH = date(1970, 1, 1).toordinal()
_TEXTS = frozenset({str, type(None)})
_LEAF_PREFIX = b"\x00"
_UNSPEAKABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and halves of surrogate pairs. Format characters stay: Mongolian needs them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a code says in clear. Ids and numbers are the registry's, for shortness."""

    agency: int
    certificate_type: int
    """The registry's number of the type."""
    version: int
    """Of the certificate type."""
    kid8: bytes
    """The first 8 bytes of the document key's kid."""
    number: str
    """The certificate number."""
    facts: tuple[str | None, ...]
    """In the type's order, as the type formats them for a person; None for a claim that is not there."""
    validity: Validity
    salt: bytes
    """16 random bytes, so that nobody finds F by trying names."""

    def encode(self) -> bytes:
        """Return F; raises `InvalidInput` if a limit of the format is overstepped."""
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
                self.number,
                list(self.facts),
                _days(self.validity.first_day),
                None if last is None else _days(last),
                self.salt,
            ]
        )

    @classmethod
    def decode(cls, data: bytes) -> Facts:
        """Read F; raises `CodeMalformed`, or `CodeUnsupported` for a format version to come."""
        try:
            value = cbor.decode(data)
        except ValueError as exc:
            raise CodeMalformed(f"facts: {exc}") from exc
        match value:
            case [
                1,
                int() as agency,
                int() as number_of_type,
                int() as version,
                bytes() as kid8,
                str() as number,
                [*texts],
                int() as first,
                int() | None as last,
                bytes() as salt,
            ] if _TEXTS.issuperset(map(type, texts)):
                facts = cls(
                    agency=agency,
                    certificate_type=number_of_type,
                    version=version,
                    kid8=kid8,
                    number=number,
                    facts=cast("tuple[str | None, ...]", tuple(texts)),
                    validity=Validity(_day(first), None if last is None else _day(last)),
                    salt=salt,
                )
            case [int() as later, *_] if later > FORMAT_VERSION:
                raise CodeUnsupported(f"got a code of format {later}, this software knows format {FORMAT_VERSION}")
            case _:
                raise CodeMalformed(f"facts: got CBOR that is not the ten members of format {FORMAT_VERSION}")
        for fault in _faults(facts):
            raise CodeMalformed(f"facts: {fault}")
        return facts


def leaf(facts_bytes: bytes, signing_input_hash: bytes) -> bytes:
    """Return what is anchored: SHA-256(0x00 ‖ SHA-256(F) ‖ SHA-256(JWS signing input))."""
    return leaf_of_digests(sha256(facts_bytes).digest(), signing_input_hash)


def leaf_of_digests(code_digest: bytes, signing_input_hash: bytes) -> bytes:
    """Return the leaf where only SHA-256(F) is known, as in a certificate."""
    return sha256(_LEAF_PREFIX + code_digest + signing_input_hash).digest()


def _days(day: date) -> int:
    return day.toordinal() - _EPOCH


def _day(days: int) -> date:
    try:
        return date.fromordinal(_EPOCH + days)
    except (ValueError, OverflowError) as exc:
        raise CodeMalformed(f"facts: got the day {days} since 1970-01-01, wanted one of the calendar") from exc


def _faults(facts: Facts) -> Iterator[str]:
    """Yield what oversteps the format's limits, the same for writing and reading."""
    for name, got, least, most in (
        ("agency", facts.agency, 1, MAX_AGENCY),
        ("certificate type", facts.certificate_type, 1, MAX_TYPE),
        ("type version", facts.version, 1, MAX_TYPE_VERSION),
        ("length of kid8", len(facts.kid8), KID8, KID8),
        ("length of the salt", len(facts.salt), SALT, SALT),
        ("length of the certificate number", len(facts.number), 1, MAX_NUMBER),
        ("number of facts", len(facts.facts), 0, MAX_FACTS),
    ):
        if not least <= got <= most:
            yield f"{name}: got {got}, wanted {least} to {most}"
    for text in (facts.number, *(text for text in facts.facts if text is not None)):
        # The message does not repeat the text, which may name a person.
        if not text:
            yield "text: got none, wanted some, or null for a claim that is not there"
        elif unspeakable := _UNSPEAKABLE.search(text):
            yield f"text: got U+{ord(unspeakable[0]):04X}, wanted no control characters"
        elif len(text.encode()) > MAX_FACT_BYTES:
            yield f"text: got {len(text.encode())} bytes, wanted at most {MAX_FACT_BYTES}"
    first, last = facts.validity.first_day, facts.validity.last_day
    if not FIRST_DAY <= first <= (last or LAST_DAY):
        yield f"validity: got {first} to {last}, wanted a span between {FIRST_DAY} and {LAST_DAY}"
