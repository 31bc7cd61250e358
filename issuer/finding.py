"""Finding certificates: by what is typed exactly, and by type, status, dates, batch and state.

Numbers and holders are encrypted; what finds them are blind indexes, so they are found only as they were written, whole
and letter by letter. A holder is found in the own agency only. An agency above finds its subordinates' certificates by
number, short number or certificate identifier, and sees nothing of their claims.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

from chain import identifiers
from chain.calendar import SHANGHAI, hour_of
from chain.errors import CodeMalformed, IdentifierInvalid, InvalidInput
from chain.short_number import parse_short_number, short_number
from issuer.office import ANCHORED
from issuer.status import wishes
from issuer.tables import certificate_rows, status_rows
from issuer.tables.certificate_rows import Filter, Mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from chain.events import Track
    from chain.strict_json import JSON
    from issuer.office import Office
    from issuer.sight import Sight
    from issuer.slots import Held
    from issuer.tables.models import Batch, Certificate
    from issuer.tables.store import Work

PAGE = 25
MOST_IN_A_FILE = 100_000
_AT_ONCE = 1_000
_HEAD = ("number", "short_number", "type", "agency", "version", "batch", "state", "first_day", "last_day", "status")

Standing = Literal["in-force", "expired", "not-yet", ""]


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; everything that is given must hold."""

    words: str = ""
    """A certificate number, short number, certificate identifier, or a holder's code or name, whole."""
    agency: int | None = None
    """One of those in sight; all of them if None."""
    certificate_type: str = ""
    status: Track | Standing = ""
    first_from: date | None = None
    first_until: date | None = None
    last_from: date | None = None
    last_until: date | None = None
    issued_from: date | None = None
    issued_until: date | None = None
    batch_id: int | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One certificate of a list."""

    certificate: Certificate
    batch: Batch
    claims: dict[str, JSON] | None
    """None where they are not the visitor's to read, or were erased."""
    held: tuple[Held, ...]
    """As last read off the chain, gravest first."""

    def in_force(self, hour: int) -> tuple[Held, ...]:
        """Return the tracks that count at an hour."""
        return tuple(each for each in self.held if each.in_force(hour))


@dataclass(frozen=True, slots=True)
class Page:
    """A page of results."""

    total: int
    rows: tuple[Found, ...]


def search(office: Office, work: Work, sight: Sight, wanted: Search, *, limit: int = PAGE, offset: int = 0) -> Page:
    """Return how many certificates are wanted, and a page of them, newest batch first."""
    filters = _filter(office, work, sight, wanted)
    rows = certificate_rows.page(work, filters, limit=limit, offset=offset)
    known = status_rows.known(work, [certificate.id for certificate, _ in rows])
    return Page(
        certificate_rows.count(work, filters),
        tuple(
            Found(certificate, batch, _claims(office, work, sight, certificate), tuple(known.get(certificate.id, ())))
            for certificate, batch in rows
        ),
    )


def selection(office: Office, work: Work, sight: Sight, wanted: Search, *, most: int) -> list[str]:
    """Return the row ids of all that is wanted; raises `InvalidInput` if they are more than may be."""
    found = certificate_rows.ids(work, _filter(office, work, sight, wanted), limit=most + 1)
    if len(found) > most:
        raise InvalidInput(f"selection: got more than {most} certificates, wanted at most {most}; narrow it down")
    return found


@dataclass(frozen=True, slots=True)
class Named:
    """What a list of numbers names."""

    row_ids: tuple[str, ...]
    """The newest anchored version of each, in the list's order."""
    unknown: tuple[str, ...]
    """What fits nothing in sight."""
    ambiguous: tuple[str, ...]
    """What several licences have."""


def by_list(office: Office, work: Work, sight: Sight, entries: Iterable[str]) -> Named:
    """Return the certificates that a list of numbers, short numbers or certificate identifiers names."""
    row_ids: dict[str, None] = {}
    unknown, ambiguous = [], []
    for entry in dict.fromkeys(filter(None, map(tidy, entries))):
        marks = _marks(office, work, sight, entry, sight.agencies, holders=False)
        wanted = Filter(sight.agencies, office.today, 0, marks, states=ANCHORED)
        newest: dict[str, Certificate] = {}
        for certificate, _ in certificate_rows.page(work, wanted, limit=_AT_ONCE):
            licence = f"{certificate.agency} {certificate.lineage or certificate.id}"
            if licence not in newest or newest[licence].version < certificate.version:
                newest[licence] = certificate
        match list(newest.values()):
            case []:
                unknown.append(entry)
            case [only]:
                row_ids[only.id] = None
            case _:
                ambiguous.append(entry)
    return Named(tuple(row_ids), tuple(unknown), tuple(ambiguous))


def as_csv(office: Office, work: Work, sight: Sight, wanted: Search) -> bytes:
    """Return all that is found as a spreadsheet (UTF-8 with a mark, so that every program reads it)."""
    hour = hour_of(office.now())
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_HEAD)
    for offset in range(0, MOST_IN_A_FILE, _AT_ONCE):
        rows = search(office, work, sight, wanted, limit=_AT_ONCE, offset=offset).rows
        for found in rows:
            certificate = found.certificate
            status = "; ".join(
                wishes.said(each.track, each.from_hour, each.until_hour) for each in found.in_force(hour)
            )
            writer.writerow(
                [
                    safe_cell(str(found.claims["number"]) if found.claims else ""),
                    short_number(certificate.leaf) if certificate.leaf else "",
                    certificate.certificate_type,
                    certificate.agency,
                    certificate.version,
                    certificate.batch_id,
                    found.batch.state,
                    certificate.first_day or "",
                    certificate.last_day or "",
                    status,
                ]
            )
        if len(rows) < _AT_ONCE:
            break
    return text.getvalue().encode("utf-8-sig")


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet program takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def tidy(text: str) -> str:
    """Return what was typed as it is stored: in normalisation form C, without spaces around it."""
    return unicodedata.normalize("NFC", text).strip()


def _filter(office: Office, work: Work, sight: Sight, wanted: Search) -> Filter:
    agencies = sight.agencies if wanted.agency is None else tuple(a for a in sight.agencies if a == wanted.agency)
    words = tidy(wanted.words)
    return Filter(
        agencies=agencies,
        today=office.today,
        hour=hour_of(office.now()),
        marks=_marks(office, work, sight, words, agencies, holders=True) if words else None,
        certificate_type=wanted.certificate_type,
        batch_id=wanted.batch_id,
        states=(wanted.state,) if wanted.state else (),
        status=wanted.status,
        first_from=wanted.first_from,
        first_until=wanted.first_until,
        last_from=wanted.last_from,
        last_until=wanted.last_until,
        issued_from=_begins(wanted.issued_from),
        issued_before=_begins(wanted.issued_until and wanted.issued_until + timedelta(days=1)),
    )


def _marks(
    office: Office, work: Work, sight: Sight, words: str, agencies: Sequence[int], *, holders: bool
) -> list[Mark]:
    """Return whatever these words can mean exactly."""
    marks: list[Mark] = []
    leaf, lineage = _leaf(words), _lineage(words)
    for agency in agencies:
        if leaf is not None:
            marks.append(Mark(agency, leaf=leaf))
        if lineage is not None:
            marks.append(Mark(agency, lineage=lineage))
        if work.data_key(agency) is None:
            continue
        key = office.records.data_key(work, agency)
        marks.append(Mark(agency, number=key.index("number", words)))
        if holders and sight.reads_claims(agency):
            marks += [Mark(agency, holder=key.index("holder", words)), Mark(agency, name=key.index("name", words))]
    return marks


def _leaf(words: str) -> bytes | None:
    try:
        return parse_short_number(words)
    except CodeMalformed:
        return None


def _lineage(words: str) -> str | None:
    try:
        parsed = identifiers.parse_certificate_identifier(words)
    except IdentifierInvalid:
        return None
    return parsed.lineage


def _claims(office: Office, work: Work, sight: Sight, certificate: Certificate) -> dict[str, JSON] | None:
    if not sight.reads_claims(certificate.agency) or certificate.record_key is None:
        return None
    return office.records.claims(work, certificate)


def _begins(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), SHANGHAI)
