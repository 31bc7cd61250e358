"""All events of the registry, newest first, by agency, kind, type and days.

Each kind has its own way through the index, so that a page takes as long whatever it is filtered by; the kinds are
merged by their places.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING

from sqlmodel import col, select

from chain import steps
from chain.events import CertificateReplaced, StatusChanged
from verifier.audit import times
from verifier.audit.as_of import first_place_since
from verifier.audit.events_told import told
from verifier.audit.misasked import Misasked
from verifier.audit.paging import PAGE_ROWS, Cursors, Page
from verifier.indexing.models import EventRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from sqlmodel import Session

    from verifier.audit.events_told import Told

KINDS: tuple[str, ...] = tuple(kind.__name__ for kind in steps.KINDS)
"""All kinds of events, as the contracts call them."""
GROUPS = ("anchors", "statuses", "rights")
"""The three lists of the registry, which can be asked for as a whole."""
_AT_ONCE = 500
_BEYOND = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Filters:
    """Which events are wanted; None is all."""

    agency: int | None = None
    kind: str | None = None
    """One of `KINDS` or `GROUPS`."""
    certificate_type: int | None = None
    first: date | None = None
    """The first day, in China."""
    last: date | None = None
    """The last day."""

    def __post_init__(self) -> None:
        """Refuse what there is not; raises `InvalidInput`."""
        if self.kind is not None and self.kind not in (*KINDS, *GROUPS):
            raise Misasked("choice", name="kind", got=self.kind[:40], wanted=", ".join((*GROUPS, *KINDS)))
        if self.first is not None and self.last is not None and self.last < self.first:
            raise Misasked("days", first=self.first.isoformat(), last=self.last.isoformat())

    @property
    def cursors(self) -> Cursors:
        """The cursors of this list."""
        parts = (self.agency, self.kind, self.certificate_type, self.first, self.last)
        return Cursors("/".join(("events", *map(str, parts))))


def page(session: Session, filters: Filters, cursor: str | None) -> Page[Told]:
    """Return a page of events, newest first; raises `InvalidInput` for a cursor of another list."""
    before = filters.cursors.read_int(cursor)
    rows = _rows(session, filters, before=before, limit=PAGE_ROWS + 1)
    following = filters.cursors.write([rows[PAGE_ROWS - 1].begins]) if len(rows) > PAGE_ROWS else None
    return Page(tuple(told(session, rows[:PAGE_ROWS])), following)


def newest(session: Session, count: int) -> tuple[Told, ...]:
    """Return the newest events of all kinds."""
    return tuple(told(session, _rows(session, Filters(), before=None, limit=count)))


def whole(session: Session, filters: Filters) -> Iterator[Told]:
    """Yield all of them, newest first, a few hundred read at once."""
    before: int | None = None
    while rows := _rows(session, filters, before=before, limit=_AT_ONCE):
        yield from told(session, rows)
        before = rows[-1].begins
        # What was read is told; the session need not remember it.
        session.expunge_all()


def _rows(session: Session, filters: Filters, *, before: int | None, limit: int) -> Sequence[EventRow]:
    first = 0 if filters.first is None else first_place_since(session, times.seconds_of(filters.first))
    end = _BEYOND
    if filters.last is not None:
        end = first_place_since(session, times.seconds_of(filters.last, days_after=1))
    if before is not None:
        end = min(end, before)
    span = (col(EventRow.begins) >= first, col(EventRow.begins) < end)
    newest_first = select(EventRow).where(*span).order_by(col(EventRow.begins).desc()).limit(limit)
    if filters.agency is None and filters.certificate_type is None and filters.kind is None:
        return session.exec(newest_first).all()
    if filters.agency is not None:
        newest_first = newest_first.where(EventRow.agency == filters.agency)
    if filters.certificate_type is not None:
        newest_first = newest_first.where(EventRow.certificate_type == filters.certificate_type)
    found = [session.exec(newest_first.where(EventRow.kind == kind)).all() for kind in _kinds(filters)]
    return list(islice(merge(*found, key=lambda row: row.begins, reverse=True), limit))


def _kinds(filters: Filters) -> Iterator[int]:
    """Yield the kinds that can be among them."""
    for kind, made in enumerate(steps.KINDS):
        names = {field.name for field in fields(made)}
        has_type = "certificate_type" in names or made in (StatusChanged, CertificateReplaced)
        if filters.kind is not None and filters.kind not in (made.__name__, GROUPS[steps.list_of(kind)]):
            continue
        if filters.agency is not None and "agency" not in names:
            continue
        if filters.certificate_type is None or has_type:
            yield kind
