"""The readable part of an evidence package: what was asked for, what there is, and what proves it.

Typeset by typst as receipts are; `layouts/evidence.typ` says how it looks. It is for reading: the package's tables have
every row and count, and the report says where it shows only the first ones.
"""

from __future__ import annotations

import json
from collections import Counter
from threading import Lock
from typing import TYPE_CHECKING, cast

import typst

from chain import certificate_types
from chain.calendar import SHANGHAI, time_of_hour
from chain.events import AgencyCorrected, AgencyRegistered, StatusChanged, TypeRegistered
from chain.short_number import short_number
from chain.steps import List
from verifier.audit import document_keys, times
from verifier.audit.completeness import OneBatch, OneCertificate, Period
from verifier.audit.tabulating import batch_of
from verifier.receipt.page import FAMILY, NUMBER_FAMILY, STANDARDS, PageUnprintable, opened
from verifier.wording import listed, message, say, sentence, show, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from chain.strict_json import JSON
    from verifier.audit.completeness import Complete
    from verifier.audit.handed_in import HandedIn
    from verifier.audit.tabulating import Cell
    from verifier.wording import Language, Words

MOST = 200
"""How many rows of a table the report shows."""
_WORDS = ("lead", "proves", "tables_count", "title")
_PROVES = ("seals", "heads", "all", "leaves", "rights", "trust")
_SHOWN = {
    "batches": ("sequence", "root", "certificate_type", "version", "size", "block", "time"),
    "leaves": ("sequence", "position", "leaf", "status"),
    "statuses": ("time", "leaf", "track", "from_hour", "until_hour", "actor"),
    "keys": ("time", "event", "agency", "kid", "cut_off_block"),
    "officers": ("time", "agency", "officer", "capabilities"),
    "agencies": ("time", "event", "agency", "name", "certificate_type"),
    "types": ("time", "event", "certificate_type", "version"),
}
"""The columns of each table that fit a page."""
_WIDE = {
    "root": 5,
    "leaf": 11,
    "kid": 6,
    "officer": 5,
    "name": 3,
    "time": 5,
    "event": 4,
    "capabilities": 3,
    "certificate_type": 4,
    "from_hour": 3,
    "until_hour": 3,
    "track": 3,
    "status": 3,
}
_NAMED = {"track": "track", "status": "track", "capabilities": "capability"}


class Typesetter:
    """Makes reports; costly to make (it opens the fonts), cheap to use, and safe to share between threads."""

    def __init__(self) -> None:
        """Open the fonts; raises `PageUnprintable`."""
        self._compiler = opened("evidence.typ")
        self._lock = Lock()

    def report(
        self, complete: Complete, made_at: datetime, *, documents: Sequence[HandedIn], language: Language
    ) -> bytes:
        """Return a report as PDF; raises `PageUnprintable`."""
        contents = json.dumps(_contents(complete, made_at, documents, language), ensure_ascii=False)
        try:
            with self._lock:
                pdf = self._compiler.compile(format="pdf", sys_inputs={"report": contents}, pdf_standards=STANDARDS)
        except typst.TypstError as exc:
            raise PageUnprintable(f"report: got {exc.message}, wanted text that {FAMILY} can show") from exc
        return cast("bytes", pdf)


def told(complete: Complete, language: Language) -> str:
    """Say what was asked for."""
    subject = complete.subject
    match subject:
        case Period():
            what = message(
                "audit.subject.period",
                agency=subject.agency,
                type=_type(complete, subject.certificate_type, language),
                first=subject.first_day.isoformat(),
                last=subject.last_day.isoformat(),
            )
        case OneBatch():
            what = message("audit.subject.batch", agency=subject.agency, root=f"0x{subject.root.hex()}")
        case OneCertificate():
            what = message(
                "audit.subject.certificate", leaf=f"0x{subject.leaf.hex()}", number=short_number(subject.leaf)
            )
    return say(what, language)


def type_names(complete: Complete) -> dict[int, Words]:
    """Return the names of the certificate types that were ever registered, as far as this software has their files."""
    known = {each.digest: each.names for each in certificate_types.shipped()}
    registered = (record.event for record in complete.history.records(List.RIGHTS))
    return {
        each.certificate_type: known[each.digest]
        for each in registered
        if isinstance(each, TypeRegistered) and each.digest in known
    }


def _type(complete: Complete, number: int | None, language: Language) -> str:
    if number is None:
        return sentence("audit.subject.all_types", language)
    names = type_names(complete).get(number)
    return f"#{number}" if names is None else say(message("audit.type.called", name=names, number=number), language)


def _contents(
    complete: Complete, made_at: datetime, documents: Sequence[HandedIn], language: Language
) -> dict[str, JSON]:
    day = made_at.astimezone(SHANGHAI).date()
    said: dict[str, JSON] = {key.replace("_", "-"): sentence(f"audit.report.{key}", language) for key in _WORDS}
    return {
        "language": language.partition("-")[0],
        "fonts": [FAMILY],
        "number-fonts": [NUMBER_FAMILY, FAMILY],
        "words": {**said, "test": sentence("page.test", language)},
        "title": sentence("audit.report.title", language),
        "date": {"year": day.year, "month": day.month, "day": day.day},
        "test": complete.test,
        "facts": _facts(complete, made_at, documents, language),
        "proves": [sentence(f"audit.report.proves.{key}", language) for key in _PROVES],
        "parts": [_part(complete, name, language) for name in _SHOWN],
    }


def _facts(complete: Complete, made_at: datetime, documents: Sequence[HandedIn], language: Language) -> list[JSON]:
    checkpoint = complete.checkpoint
    marked = Counter(str(row[-1]) for row in complete.table("leaves").rows if row[-1])
    rows: list[tuple[str, str, bool]] = [
        ("subject", told(complete, language), False),
        ("agency", _agencies(complete), False),
        ("batches", str(len(complete.batches)), False),
        ("certificates", str(len(complete.table("leaves").rows)), False),
        (
            "marked",
            "; ".join(f"{_named('track', names, language)}: {count}" for names, count in sorted(marked.items())) or "0",
            False,
        ),
        ("status_hour", f"{time_of_hour(complete.status_hour):%Y-%m-%d %H:00} +08:00", False),
        ("documents", str(len(documents)), False),
        ("registry", f"0x{checkpoint.registry_id.hex()}", True),
        ("chain", str(checkpoint.chain_id), False),
        ("block", f"{checkpoint.block_number} ({times.utc(checkpoint.timestamp)})", False),
        ("block_hash", f"0x{checkpoint.block_hash.hex()}", True),
        ("head_anchors", f"0x{checkpoint.heads.anchors.hex()}", True),
        ("head_statuses", f"0x{checkpoint.heads.statuses.hex()}", True),
        ("head_rights", f"0x{checkpoint.heads.rights.hex()}", True),
        ("made_at", times.utc(int(made_at.timestamp())), False),
    ]
    if wrong := document_keys.findings(complete, documents):
        said = " ".join(say(message(each.key, **each.arguments), language) for each in wrong)
        place = 1 + next(place for place, (key, *_) in enumerate(rows) if key == "documents")
        rows.insert(place, ("documents_wrong", said, False))
    if not complete.is_over:
        rows.insert(1, ("not_over", sentence("audit.report.is_not_over", language), False))
    return [
        {"label": sentence(f"audit.report.fact.{key}", language), "text": text, "mono": mono}
        for key, text, mono in rows
    ]


def _agencies(complete: Complete) -> str:
    """Return the names of the agencies whose batches these are, as they are now."""
    names: dict[int, str] = {}
    for record in complete.history.records(List.RIGHTS):
        if isinstance(record.event, AgencyRegistered | AgencyCorrected):
            names[record.event.agency] = record.event.name
    subject = complete.subject
    wanted = {batch_of(record).agency for record in complete.batches}
    if isinstance(subject, Period | OneBatch):
        wanted.add(subject.agency)
    return ", ".join(f"{names[agency]} ({agency})" for agency in sorted(wanted) if agency in names)


def _part(complete: Complete, name: str, language: Language) -> JSON:
    """Return a table's first rows, and whether there are more."""
    table, columns = complete.table(name), _SHOWN[name]
    types, count = type_names(complete), len(table.rows)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows[:MOST]]
    key = "audit.report.rows" if count <= MOST else "audit.report.first_rows"
    return {
        "title": sentence(f"audit.report.part.{name}", language),
        "note": say(message(key, count=count, shown=MOST, table=name), language),
        "columns": [sentence(f"audit.report.column.{column}", language) for column in columns],
        "widths": [_WIDE.get(column, 2) for column in columns],
        "rows": [[_text(column, row, types, language) for column in columns] for row in rows],
    }


def _text(column: str, row: Mapping[str, Cell], types: Mapping[int, Words], language: Language) -> str:
    """Say a cell for people: events, tracks, capabilities and types in words."""
    cell = row[column]
    said = str(cell)
    match column:
        case "from_hour" | "until_hour" if isinstance(cell, int):
            said = f"{time_of_hour(cell):%Y-%m-%d %H:00}" if cell else ""
        case "event":
            said = sentence(f"audit.kind.{cell}", language)
        case "certificate_type" if isinstance(cell, int) and cell in types:
            said = f"{cell} {show(types[cell], language)}"
        case "actor" if cell == 0:
            said = sentence("audit.council", language)
        case "track" | "status" | "capabilities":
            said = _named(_NAMED[column], said, language)
    if column == "capabilities" and not said:
        return sentence("audit.report.no_capability", language)
    if column == "track" and row["event"] == StatusChanged.__name__ and not row["from_hour"]:
        # An entry from the first hour of all takes back what stood there.
        return say(message("audit.report.lifted", track=said), language)
    return said


def _named(what: str, names: str, language: Language) -> str:
    """Say tracks and capabilities, of which a cell may have several, in words."""
    return show(listed(words(f"audit.{what}.{name}") for name in names.split()), language)
