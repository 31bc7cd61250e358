"""A batch as people look at it: what its rows say, its totals, and the sample that an approver is shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain import code
from chain.claims import Kind as ClaimKind
from issuer.errors import Erased
from issuer.tables import batch_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date

    from chain.certificate_types import CertificateType
    from chain.strict_json import JSON
    from issuer.office import Office
    from issuer.tables.models import Batch, Certificate
    from issuer.tables.store import Work

SAMPLE = 5
PAGE = 25
"""Rows on one page."""
_CHANCE = 16


@dataclass(frozen=True, slots=True)
class RowView:
    """What one row says."""

    id: str
    position: int
    number: str
    holder: str
    first_day: date | None
    last_day: date | None
    claims: Mapping[str, JSON]
    """Empty once they were erased."""


@dataclass(frozen=True, slots=True)
class Totals:
    """How many rows say what."""

    rows: int
    choices: Mapping[str, Mapping[str, int]]
    """For each claim with a fixed choice of values: how often each occurs, the most frequent first."""
    validity: Mapping[tuple[date, date | None], int]


def view(office: Office, work: Work, certificate_type: CertificateType, certificate: Certificate) -> RowView:
    """Return what a row says."""
    try:
        claims = office.records.claims(work, certificate)
    except Erased:
        claims = {}
    holder = claims.get(certificate_type.holder_name_claim)
    return RowView(
        id=certificate.id,
        position=certificate.position,
        number=str(claims.get(certificate_type.number_claim, "")),
        holder="" if holder is None else certificate_type.display(certificate_type.holder_name_claim, holder, "zh-CN"),
        first_day=certificate.first_day,
        last_day=certificate.last_day,
        claims=claims,
    )


def page(
    office: Office, work: Work, batch: Batch, *, number: int, search: str = "", positions: Collection[int] | None = None
) -> tuple[list[RowView], int]:
    """Return one page of a batch's rows, and how many pages there are; `search` is a whole number, code or name."""
    indexes = _indexes(office, work, batch, search) if search.strip() else None
    batch_id = batch.id or 0
    total = batch_rows.count_rows(work, batch_id, indexes=indexes, positions=positions)
    pages = max(1, -(-total // PAGE))
    start = (min(max(number, 1), pages) - 1) * PAGE
    found = batch_rows.rows(work, batch_id, indexes=indexes, positions=positions, start=start, most=PAGE)
    certificate_type = office.type_of(batch.type_number, batch.type_version)
    return [view(office, work, certificate_type, each) for each in found], pages


def totals(certificate_type: CertificateType, rows: Sequence[RowView]) -> Totals:
    """Count what rows say."""
    choices: dict[str, Counter[str]] = {}
    for claim in certificate_type.claims:
        if claim.kind is ClaimKind.ENUM:
            said = Counter(str(row.claims[claim.key]) for row in rows if claim.key in row.claims)
            if said:
                choices[claim.key] = said
    days = Counter((row.first_day, row.last_day) for row in rows if row.first_day is not None)
    return Totals(
        rows=len(rows),
        choices={key: dict(counted.most_common()) for key, counted in choices.items()},
        validity={(first, last): count for (first, last), count in days.most_common() if first is not None},
    )


def sample(rows: Sequence[RowView], entropy: Callable[[int], bytes], *, count: int = SAMPLE) -> list[RowView]:
    """Draw rows that nobody could choose beforehand, anew each time; in the batch's order."""
    drawn = sorted(rows, key=lambda _: entropy(_CHANCE))[:count]
    return sorted(drawn, key=lambda row: row.position)


def fingerprint(root: bytes) -> str:
    """Return a root so short that two people can compare it by telephone: its first 60 bits, with check characters."""
    return code.short_number(root)


def _indexes(office: Office, work: Work, batch: Batch, search: str) -> list[bytes]:
    key, text = office.records.data_key(work, batch.agency), search.strip()
    return [key.index("number", text), key.index("holder", text), key.index("name", text)]
