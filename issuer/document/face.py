"""What stands on a document's face, in words: everything a layout is given to set."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.claims import Kind
from issuer.document import qr

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from chain.certificate_types import CertificateType, Validity
    from chain.claims import Claim
    from chain.credential import RelatedResource
    from chain.strict_json import JSON

LANGUAGES = ("zh-CN", "en")
AUTHORITY_CLAIM = "issuing_authority"
DATE_CLAIMS = ("issue_date", "approved", "registered")
"""Claims that stand at the foot of the page, as they do on paper; of the dates the first that the type has."""
PREVIEW_CODE = "预览 PREVIEW: 此码不能通过核验。This code does not verify; it is not a certificate's."
SD_JWT_NAME = "certificate.sd-jwt"
PROOF_NAME = "certificate.proof"
PROOF_MEDIA_TYPE = "application/vnd.yinxin.proof"


@dataclass(frozen=True, slots=True)
class Agency:
    """The issuing agency as the paper names it."""

    name: str
    code: str
    """Unified social credit code; empty if it has none."""
    above: tuple[str, ...] = ()
    """Names of the agencies above it, topmost first."""


@dataclass(frozen=True, slots=True)
class Document:
    """Everything a document is made of. The same document makes the same bytes."""

    certificate_type: CertificateType
    claims: Mapping[str, JSON]
    agency: Agency
    number: str
    """The certificate number."""
    validity: Validity
    issued: date
    """The day of issue; also the file's date, so that nothing depends on the clock."""
    host: str
    """The verifying host, in words for those who do not trust the code."""
    test: bool
    """Whether the registry is a test registry."""
    identifier: str = ""
    """The national certificate identifier; empty if the type or the agency has no code."""
    sd_jwt: str = ""
    """The certificate with all disclosures. Empty for a preview, as are the next two."""
    code_url: str = ""
    """The code's complete text."""
    short_number: str = ""
    proof: bytes | None = None
    """The file that verifies without a network; None where there is none, or none yet."""
    related: tuple[RelatedResource, ...] = ()
    """Existing files that the certificate vouches for."""
    languages: tuple[str, ...] = LANGUAGES
    """Of labels and fixed wording: the main one, then at most one that stands small beneath."""


def face(document: Document, *, preview: bool) -> dict[str, JSON]:
    """Return what `layouts/document.typ` reads. A preview gets neither code nor attachments, whatever it was given."""
    kind, layout = document.certificate_type, document.certificate_type.layout
    symbol = qr.encode(PREVIEW_CODE if preview else document.code_url)
    return {
        "languages": list(document.languages),
        "landscape": layout.orientation == "landscape",
        "accent": layout.accent,
        "columns": layout.columns,
        "photo": layout.photo,
        "seal": layout.seal,
        "heading": f"{kind.names[document.languages[0]]} {document.number}",
        "title": {
            "main": kind.names[document.languages[0]],
            "small": _second(kind.names, document.languages),
            "large": layout.large_title,
        },
        "agency": {
            "name": document.agency.name,
            "code": document.agency.code or None,
            "above": list(document.agency.above),
        },
        "number": {
            **_labels(kind.claim(kind.number_claim).labels, document.languages),
            "value": pieces(document.number),
        },
        "rows": _rows(document),
        **_foot(document),
        "identifier": pieces(document.identifier) if document.identifier else None,
        "host": document.host,
        "code": qr.svg(symbol),
        "code-modules": symbol.modules + 2 * qr.QUIET_ZONE,
        "short-number": "PREVIEW" if preview else document.short_number,
        "test": document.test,
        "preview": preview,
        "date": {"year": document.issued.year, "month": document.issued.month, "day": document.issued.day},
        "attachments": [] if preview else _attachments(document),
    }


def shown_values(document: Document) -> tuple[str, ...]:
    """Return every value that the page shows of the certificate: what its text layer must hold."""
    kind = document.certificate_type
    claims = (kind.display(claim.key, value, document.languages[0]) for claim, value in _shown_claims(document))
    files = _certified(document)
    return (
        document.number,
        *claims,
        *files,
        *([document.identifier] if document.identifier else []),
        document.agency.name,
    )


def day_in_words(day: date, language: str) -> str:
    """Say a day as the language writes it: 2026年1月31日, 31 January 2026."""
    if language == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    return f"{day.year}年{day.month}月{day.day}日"


def pieces(text: str) -> list[JSON]:
    """Cut long runs of Latin letters and digits where a line may break; joined again they are the text."""
    cut: list[JSON] = []
    for run in _RUNS.split(text):
        cut.extend(_PIECES.findall(run) if _RUNS.fullmatch(run) else filter(None, [run]))
    return cut or [""]


# Not the calendar module's, which follow the machine's locale.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_RUNS = re.compile("([!-\u02ff]{17,})")
_PIECES = re.compile(r"[^./]{1,23}[./]?|[./]")
"""Parts between dots stay whole if they fit: those of an identifier, of a host."""
_STRONG = 60
"""A name, or names, of so many characters may stand out; longer lists are read better in ordinary type."""
_SPANS = {"zh-CN": "{first}至{last}", "en": "{first} to {last}"}
_OPEN_SPANS = {"zh-CN": "自{first}起长期有效", "en": "from {first}, without end"}
_ISSUER = {"zh-CN": "发证机关", "en": "Issuing agency"}
_ISSUED = {"zh-CN": "发证日期", "en": "Date of issue"}
_CERTIFIED = {"zh-CN": "所证文件", "en": "Certified file"}
_VALIDITY = {"zh-CN": "有效期", "en": "Validity"}


def _second(words: Mapping[str, str], languages: tuple[str, ...]) -> str | None:
    return words[languages[1]] if len(languages) > 1 else None


def _labels(words: Mapping[str, str], languages: tuple[str, ...]) -> dict[str, JSON]:
    return {"label": words[languages[0]], "small": _second(words, languages)}


def _shown_claims(document: Document) -> list[tuple[Claim, JSON]]:
    """Return the claims that get a row, in the type's order: the number and the identifier have their own places."""
    kind = document.certificate_type
    return [
        (claim, document.claims[claim.key])
        for claim in kind.claims
        if claim.key != kind.number_claim
        and not (claim.assigned and claim.kind is Kind.CERTIFICATE_IDENTIFIER)
        and document.claims.get(claim.key) is not None
    ]


def _foot(document: Document) -> dict[str, JSON]:
    """Return who issued and when: the claims that say so, or else what the registry and the clerk know."""
    kind, main = document.certificate_type, document.languages[0]
    authority = {**_labels(_ISSUER, document.languages), "value": pieces(document.agency.name)}
    issued = {**_labels(_ISSUED, document.languages), "value": pieces(day_in_words(document.issued, main))}
    for claim in _foot_claims(document):
        field = {
            **_labels(claim.labels, document.languages),
            "value": pieces(kind.display(claim.key, document.claims[claim.key], main)),
        }
        if claim.key == AUTHORITY_CLAIM:
            authority = field
        else:
            issued = field
    return {"authority": authority, "issued": issued}


def _foot_claims(document: Document) -> list[Claim]:
    """Return the claims that stand at the foot instead of in a row: at most one authority and one date."""
    present = {claim.key: claim for claim, _ in _shown_claims(document)}
    dates = [present[key] for key in DATE_CLAIMS if key in present]
    return [*([present[AUTHORITY_CLAIM]] if AUTHORITY_CLAIM in present else []), *dates[:1]]


def _rows(document: Document) -> list[JSON]:
    kind, main = document.certificate_type, document.languages[0]
    at_foot = {claim.key for claim in _foot_claims(document)}
    rows = [
        _row(claim.labels, kind.display(claim.key, value, main), document, strong=claim.key == kind.holder_name_claim)
        for claim, value in _shown_claims(document)
        if claim.key not in at_foot
    ]
    # Where claims say the first and the last day, their own rows are enough.
    rule = kind.validity_rule
    if any(key is None or document.claims.get(key) is None for key in (rule.first, rule.last)):
        rows.append(_row(_VALIDITY, span(document.validity, main), document, strong=False))
    rows += [_row(_CERTIFIED, text, document, strong=False) for text in _certified(document)]
    return rows


def _certified(document: Document) -> list[str]:
    """Return what the page says of existing files: what kind they are, and their digests."""
    return [f"{each.media_type} SHA-256 {each.digest.hex()}" for each in document.related]


def _row(labels: Mapping[str, str], value: str, document: Document, *, strong: bool) -> JSON:
    return {**_labels(labels, document.languages), "value": pieces(value), "strong": strong and len(value) <= _STRONG}


def span(validity: Validity, language: str) -> str:
    """Say on which days a certificate is valid."""
    first = day_in_words(validity.first_day, language)
    if validity.last_day is None:
        return _OPEN_SPANS[language].format(first=first)
    return _SPANS[language].format(first=first, last=day_in_words(validity.last_day, language))


def _attachments(document: Document) -> list[JSON]:
    files: list[JSON] = [
        {
            "name": SD_JWT_NAME,
            "content": document.sd_jwt,
            "relationship": "data",
            "mime-type": "application/vc+sd-jwt",
            "description": "Verifiable credential with all disclosures",
        }
    ]
    if document.proof is not None:
        files.append(
            {
                "name": PROOF_NAME,
                "content": list(document.proof),
                "relationship": "supplement",
                "mime-type": PROOF_MEDIA_TYPE,
                "description": "Proof that verifies without a network",
            }
        )
    return files
