"""Many questions at once: files, archives, tables and PDFs of several papers in, a line with a verdict for each out.

What is brought is gone through in steps that are each over soon, so that whoever serves others, too, can let them go
first. One bad entry never stops the rest: what cannot be read has its line as well.

A PDF is one paper as long as all its pages together show one code of ours at most. Where they show more, a paper
begins on each page that shows another code than the page before it, and ends before the next; pages without a code
belong to the paper before them, and those before the first code are a paper of their own, of which nobody can tell
anything. Each is judged by what its pages show: what is attached to such a PDF as a whole belongs to none of them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from itertools import groupby, islice
from operator import attrgetter
from typing import TYPE_CHECKING

from chain.errors import InvalidInput
from verifier import checking
from verifier.bulk import columns as bulk_columns
from verifier.bulk import unpacked, unpacking
from verifier.bulk.lines import Line, Place, line_of, not_asked, same_place
from verifier.check.moments import moment
from verifier.check.presented import Presented
from verifier.uploads import reading
from verifier.wording import message

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from verifier.bulk.unpacked import Row
    from verifier.check.moments import Moment
    from verifier.check.receipt_check import Vouchers
    from verifier.check.report import Report
    from verifier.indexing.index import Index

TEXTS_A_STEP = 20
"""How many codes, certificates or short numbers are checked in one step."""
MOST = unpacking.MAX_ROWS
"""How many lines one bulk check answers."""

_ZIP, _PDF = b"PK", b"%PDF-"
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How workbooks of before 2007 begin, and those of today that have a password."""
_TABLES = (".csv", ".tsv", ".tab")


@dataclass(frozen=True, slots=True)
class Brought:
    """A file as it came, or a text that was typed or passed on."""

    name: str
    what: bytes | str


@dataclass(frozen=True, slots=True)
class Step:
    """What one step came to."""

    lines: tuple[Line, ...]
    total: int
    """How many lines there will be, as far as it is known yet."""


@dataclass(frozen=True, slots=True)
class _Item:
    """Something with a verdict of its own."""

    place: Place
    what: bytes | str | Presented
    on: str | None = None


@dataclass(slots=True)
class Bulk:
    """One bulk check under way."""

    index: Index | None
    """None where it cannot be opened: then nothing can be checked, and every line says so."""
    clock: Callable[[], datetime]
    on: str | None = None
    """The day that all is asked about, unless a table names another; None for today."""
    request_id: str = ""
    vouchers: Callable[[], Vouchers] = checking.nobody
    """Tells whose receipts are believed."""
    pdf_roots: Path | None = None
    """As in `reading.read_upload`."""
    may_guess: Callable[[], bool] = lambda: True
    """Whether another short number may be asked about: whoever has brought too many that lead nowhere is guessing."""
    note: Callable[[Report], None] = lambda _: None
    """Is told of every report."""
    _total: int = 0
    _done: int = 0
    _known: dict[tuple[bytes, str | None], tuple[Line, str]] = field(default_factory=dict)
    """The verdict about what has been seen before, and where."""

    def steps(self, brought: Iterable[Brought], *, count: int) -> Generator[Step]:
        """Check all of it, step by step; `count` says how many things are brought, which may hold many each."""
        self._total = count
        for each in brought:
            yield from self._of(each.name, each.what)

    def _of(self, name: str, what: bytes | str) -> Iterator[Step]:
        """Check one thing that was brought, whatever is in it."""
        if isinstance(what, str):
            yield self._step([_Item(Place(name), what)])
        elif what.startswith(_OLD):
            yield self._step([_Item(Place(name), Presented(fault=message("bulk.old")))])
        elif what.startswith(_ZIP):
            yield from self._archive(name, what)
        elif _is_table(name, what):
            yield from self._table(name, what)
        else:
            yield from self._file(Place(name), what)

    def _archive(self, name: str, upload: bytes) -> Iterator[Step]:
        count = 0
        fault = message("bulk.empty")
        try:
            for entry in unpacked.files(upload):
                if not count:
                    self._total += entry.of - 1
                count += 1
                place = Place(f"{name}/{entry.name}")
                why = entry.fault
                if why is None and _is_list(entry.name, entry.data):
                    why = message("bulk.entry.nested")
                if why is None:
                    yield from self._file(place, entry.data)
                else:
                    yield self._step([_Item(place, Presented(fault=why))])
        except unpacked.IsWorkbook:
            yield from self._table(name, upload)
            return
        except unpacked.NotTakenApart as exc:
            fault = exc.why
        else:
            if count:
                return
        yield self._step([_Item(Place(name), Presented(fault=fault))])

    def _table(self, name: str, upload: bytes) -> Iterator[Step]:
        try:
            rows = tuple(unpacked.rows(upload))
        except unpacked.NotTakenApart as exc:
            yield self._step([_Item(Place(name), Presented(fault=exc.why))])
            return
        asked = _asked(name, rows)
        if not asked:
            yield self._step([_Item(Place(name), Presented(fault=message("bulk.no_column")))])
            return
        self._total += len(asked) - 1
        yield self._step([])
        items = iter(asked)
        while some := list(islice(items, TEXTS_A_STEP)):
            yield self._step(some)

    def _file(self, place: Place, data: bytes) -> Iterator[Step]:
        """Check a file that is no archive; a PDF may turn out to be several papers."""
        if not data.startswith(_PDF):
            yield self._step([_Item(place, data)])
            return
        if len(data) <= reading.MAX_UPLOAD:
            presented = reading.read_upload(data, pdf_roots=self.pdf_roots)
            is_long = presented.fault is not None and presented.fault.key == "read.pages"
            if len(presented.codes) < 2 and not is_long:  # noqa: PLR2004 (two are several)
                yield self._step([_Item(place, presented)], seen_as=data)
                return
        yield from self._papers(place, data)

    def _papers(self, place: Place, data: bytes) -> Iterator[Step]:
        papers: list[tuple[int, int, Presented]] = []
        try:
            for page in unpacked.pages(data):
                _add(papers, page.number, reading.read_upload(page.data))
                yield self._step([])
        except unpacked.NotTakenApart as exc:
            yield self._step([_Item(place, Presented(fault=exc.why))])
            return
        self._total += len(papers) - 1
        for first, last, presented in papers:
            where = replace(place, first_page=first, last_page=last)
            yield self._step([_Item(where, presented)])

    def _step(self, items: Sequence[_Item], *, seen_as: bytes = b"") -> Step:
        lines = tuple(self._line(item, seen_as) for item in items)
        self._done += len(lines)
        return Step(lines, max(self._total, self._done))

    def _line(self, item: _Item, seen_as: bytes) -> Line:
        if self._done >= MOST:
            return not_asked(item.place, message("bulk.rows", limit=MOST), self.clock())
        if isinstance(item.what, str) and not item.what.strip():
            return self._checked(item, Presented(fault=message("bulk.empty_cell")))
        if isinstance(item.what, str) and item.what.startswith("="):
            return self._checked(item, Presented(fault=message("bulk.formula")))
        known = None
        if seen_as or not isinstance(item.what, Presented):
            data = seen_as or (item.what.strip().encode() if isinstance(item.what, str) else item.what)
            known = hashlib.sha256(data).digest() if isinstance(data, bytes) else None
        if known is not None and (before := self._known.get((known, item.on))):
            return before[0].at(item.place, same_as=before[1])
        line = self._checked(item, item.what)
        if known is not None:
            self._known[known, item.on] = line, same_place(item.place)
        return line

    def _checked(self, item: _Item, what: bytes | str | Presented) -> Line:
        now = self.clock()
        try:
            when = moment(item.on or self.on, now)
        except InvalidInput:
            return not_asked(item.place, message("bulk.bad_day", day=(item.on or "")[:40]), now)
        if self.index is None:
            return line_of(checking.unforeseen(when, name=item.place.file), item.place)
        presented = reading.read_text(what) if isinstance(what, str) else what
        if _is_short_number(presented) and not self.may_guess():
            return not_asked(item.place, message("bulk.guessing"), now)
        report = self._report(presented, self.index, when, item.place.file)
        self.note(report)
        return line_of(report, item.place)

    def _report(self, what: bytes | Presented, index: Index, when: Moment, name: str) -> Report:
        if isinstance(what, Presented):
            return checking.check_presented(
                what, index, when, name=name, request_id=self.request_id, vouchers=self.vouchers
            )
        return checking.check_upload(
            what,
            index,
            when,
            name=name,
            request_id=self.request_id,
            vouchers=self.vouchers,
            pdf_roots=self.pdf_roots,
        )


def _is_short_number(what: bytes | Presented) -> bool:
    return what.short_number is not None if isinstance(what, Presented) else reading.is_short_number(what)


def _add(papers: list[tuple[int, int, Presented]], number: int, page: Presented) -> None:
    """Add a page to the paper before it, or begin another."""
    if papers and _goes_on(papers[-1][2], page):
        first, _, before = papers.pop()
        papers.append((first, number, _together(before, page)))
    else:
        papers.append((number, number, page))


def _goes_on(paper: Presented, page: Presented) -> bool:
    """Whether a page belongs to the paper before it: it can be read, and shows no other code."""
    if page.fault is not None or paper.fault is not None:
        return False
    return not page.codes or page.codes == paper.codes


def _together(paper: Presented, page: Presented) -> Presented:
    """Return a paper with one page more."""
    others = paper.foreign_codes + page.foreign_codes
    hosts = tuple(dict.fromkeys((*paper.foreign_hosts, *page.foreign_hosts)))
    paper = replace(paper, foreign_codes=others, foreign_hosts=hosts)
    if paper.document is None or page.document is None:
        return paper
    document = replace(
        paper.document,
        pages=paper.document.pages + page.document.pages,
        annotations=paper.document.annotations + page.document.annotations,
        active=paper.document.active + page.document.active,
        attachments=paper.document.attachments + page.document.attachments,
        foreign=paper.document.foreign or page.document.foreign,
        behind=paper.document.behind + page.document.behind,
        labels=paper.document.labels + page.document.labels,
        signatures=paper.document.signatures + page.document.signatures,
        unread_signatures=paper.document.unread_signatures + page.document.unread_signatures,
    )
    return replace(paper, document=document)


def _asked(name: str, rows: Sequence[Row]) -> list[_Item]:
    """Return what the rows of a table ask; further sheets only if they have something that can be checked."""
    found: list[_Item] = []
    for sheet, own in groupby(rows, key=attrgetter("sheet")):
        asked = bulk_columns.asked(tuple(own))
        if not sheet or any(bulk_columns.looks_right(reading.read_text(each.text)) for each in asked):
            place = Place(f"{name}/{sheet}" if sheet else name)
            found += [_Item(replace(place, row=each.row), each.text, each.on) for each in asked]
    return found


def _is_list(name: str, data: bytes) -> bool:
    """Whether a file is a table as text, and not one certificate, code or short number in several lines."""
    return _is_table(name, data) and not bulk_columns.looks_right(reading.read_upload(data))


def _is_table(name: str, upload: bytes) -> bool:
    """Whether a file is a table as text: by its name, or since it is text of several lines."""
    if name.lower().endswith(_TABLES):
        return not upload.startswith(_PDF)
    if upload.startswith(_PDF):
        return False
    text = unpacking.decoded(upload)
    return text is not None and len(text.strip().splitlines()) > 1
