"""What is odd about a certificate though its type allows it: whoever approves should look there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import name

from chain.claims import Kind as ClaimKind
from issuer.rehearsals import Finding, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from chain.certificate_types import CertificateType, Validity
    from chain.strict_json import JSON

_NEARLY = 0.9
"""Of the longest that a name may be."""
_SHORT = 12
"""Where names may be no longer than this, a long one is nothing odd."""
_SCRIPTS = ("CJK", "LATIN", "CYRILLIC", "MONGOLIAN", "GREEK", "HANGUL", "HIRAGANA", "KATAKANA", "ARABIC", "TIBETAN")


def of(
    certificate_type: CertificateType,
    claims: Mapping[str, JSON],
    validity: Validity,
    *,
    position: int,
    today: date,
) -> Iterator[Finding]:
    """Yield what is odd about one row."""
    if validity.last_day is not None and validity.last_day < today:
        yield Finding(position, Kind.ENDED, said={"": validity.last_day.isoformat()})
    elif validity.first_day < today:
        yield Finding(position, Kind.BEGUN, said={"": validity.first_day.isoformat()})
    for claim in certificate_type.claims:
        value = claims.get(claim.key)
        if not claim.is_name or value is None:
            continue
        for text in map(str, value if claim.kind is ClaimKind.LIST and isinstance(value, list) else [value]):
            if claim.max_length > _SHORT and len(text) >= _NEARLY * claim.max_length:
                yield Finding(position, Kind.LONG, claim.key, {"": f"{len(text)}/{claim.max_length}"})
            if len(scripts := _scripts(text)) > 1:
                yield Finding(position, Kind.MIXED_SCRIPTS, claim.key, {"": ", ".join(scripts)})


def _scripts(text: str) -> list[str]:
    """Return the scripts of a text's letters, in the order in which they are listed above."""
    names = {name(letter, "").partition(" ")[0] for letter in text if letter.isalpha()}
    return [script for script in _SCRIPTS if script in names]
