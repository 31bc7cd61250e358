"""What stands on a limited copy's face, in words: everything its layout is given to set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.copy import MEDIA_TYPE
from issuer.document import qr
from issuer.document.face import LANGUAGES, PROOF_MEDIA_TYPE, PROOF_NAME, day_in_words, pieces, span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chain.certificate_types import CertificateType, Validity
    from chain.copy import Terms
    from chain.strict_json import JSON
    from issuer.document.face import Agency

COPY_NAME = "limited-copy.cose"
"""The attached file, which holds the copy with its opening."""


@dataclass(frozen=True, slots=True)
class CopyPaper:
    """Everything a copy's page is made of. The same paper makes the same bytes."""

    certificate_type: CertificateType
    claims: Mapping[str, JSON]
    """Those that are shown."""
    agency: Agency
    validity: Validity
    """The certificate's."""
    terms: Terms
    host: str
    """The verifying host, in words for those who do not trust the code."""
    test: bool
    """Whether the registry is a test registry."""
    cose: bytes
    """The copy with its opening."""
    code_url: str
    """The code's complete text."""
    short_number: str
    proof: bytes | None = None
    """The file that verifies without a network; None where there is none, or none yet."""
    languages: tuple[str, ...] = LANGUAGES


def face(paper: CopyPaper, words: Mapping[str, Mapping[str, str]]) -> dict[str, JSON]:
    """Return what `layouts/copy.typ` reads; `words` are those of `layouts/words.json`."""
    kind, terms, main = paper.certificate_type, paper.terms, paper.languages[0]
    symbol = qr.encode(paper.code_url)

    def labelled(labels: Mapping[str, str], value: str) -> dict[str, JSON]:
        small = labels[paper.languages[1]] if len(paper.languages) > 1 else None
        return {"label": labels[main], "small": small, "value": pieces(value), "strong": False}

    def worded(key: str, value: str) -> dict[str, JSON]:
        return labelled({language: words[language][key] for language in LANGUAGES}, value)

    shown = [claim for claim in kind.claims if paper.claims.get(claim.key) is not None]
    rows: list[JSON] = [
        {
            **labelled(claim.labels, kind.display(claim.key, paper.claims[claim.key], main)),
            "strong": claim.key == kind.holder_name_claim,
        }
        for claim in shown
    ]
    rows.append(worded("copy-validity", span(paper.validity, main)))
    last = day_in_words(terms.expires, main)
    return {
        "languages": list(paper.languages),
        "accent": kind.layout.accent,
        "heading": f"{words[main]['copy']} {kind.names[main]}",
        "title": {
            "main": kind.names[main],
            "small": kind.names[paper.languages[1]] if len(paper.languages) > 1 else None,
        },
        "agency": {"name": paper.agency.name, "code": paper.agency.code or None, "above": list(paper.agency.above)},
        "across": words[main]["copy-across"].format(recipient=terms.recipient, purpose=terms.purpose, last=last),
        "recipient": worded("copy-recipient", terms.recipient),
        "purpose": worded("copy-purpose", terms.purpose),
        "days": worded("copy-days", _days(terms, main)),
        "rows": rows,
        "authority": labelled(_ISSUER, paper.agency.name),
        "host": paper.host,
        "code": qr.svg(symbol),
        "code-modules": symbol.modules + 2 * qr.QUIET_ZONE,
        "short-number": paper.short_number,
        "test": paper.test,
        "date": {"year": terms.made.year, "month": terms.made.month, "day": terms.made.day},
        "attachments": _attachments(paper),
    }


_ISSUER = {"zh-CN": "发证机关", "en": "Issuing agency"}
_DAYS = {"zh-CN": "{first}至{last}", "en": "{first} to {last}"}


def _days(terms: Terms, language: str) -> str:
    return _DAYS[language].format(first=day_in_words(terms.made, language), last=day_in_words(terms.expires, language))


def _attachments(paper: CopyPaper) -> list[JSON]:
    files: list[JSON] = [
        {
            "name": COPY_NAME,
            "content": list(paper.cose),
            "relationship": "data",
            "mime-type": MEDIA_TYPE,
            "description": "Limited copy of a certificate, signed by the issuing agency",
        }
    ]
    if paper.proof is not None:
        files.append(
            {
                "name": PROOF_NAME,
                "content": list(paper.proof),
                "relationship": "supplement",
                "mime-type": PROOF_MEDIA_TYPE,
                "description": "Proof that verifies without a network",
            }
        )
    return files
