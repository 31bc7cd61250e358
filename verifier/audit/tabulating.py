"""What a checkpoint's history says of some batches, as tables: the same rows for a program and for a court's expert.

Every cell follows from the history and the leaves by a rule that `docs/audit.md` gives, so that the stand-alone checker
makes the tables anew and compares them.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, TypeAlias, cast

from chain import strict_json
from chain.calendar import hour_of
from chain.events import (
    AgencyCorrected,
    AgencyRegistered,
    AgencyResumed,
    AgencySuspended,
    ApprovalsDemanded,
    BatchAnchored,
    Capability,
    CertificateReplaced,
    KeyAdded,
    KeyCutOff,
    OfficerSet,
    OwnApprovalsSet,
    StatusChanged,
    Track,
    TypeGranted,
    TypeRegistered,
    TypeRetired,
    TypeWithdrawn,
)
from chain.steps import List
from verifier.audit import times
from verifier.bulk.tables import disarmed
from verifier.check.moments import time_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from chain.events import Event, Record
    from chain.history import History
    from chain.strict_json import JSON

Cell: TypeAlias = "str | int | bool"
Leaves: TypeAlias = "Mapping[tuple[int, bytes], Sequence[bytes]]"
"""The leaves of batches, by agency and root."""

PLACE = ("block", "time", "log_index", "event")
"""With what every row begins that is an event."""
BATCH = ("agency", "root", "certificate_type", "version", "size", "sequence", "preparer", "approvers")
LEAF = ("agency", "sequence", "root", "position", "leaf", "block", "status")
STATUS = ("agency", "leaf", "track", "from_hour", "until_hour", "actor", "decision", "officers", "new_leaf")
KEY = ("agency", "kid", "algorithm", "x", "y", "valid_from", "valid_until", "cut_off_block", "consenters")
OFFICER = ("agency", "officer", "capabilities", "consenters")
AGENCY = ("agency", "parent", "level", "code", "name", "suspended_by", "certificate_type", "approvals", "consenters")
TYPE = ("certificate_type", "version", "digest")

_AGENCIES = (
    AgencyRegistered,
    AgencyCorrected,
    AgencySuspended,
    AgencyResumed,
    TypeGranted,
    TypeWithdrawn,
    ApprovalsDemanded,
    OwnApprovalsSet,
)
_NAMED = {"old_leaf": "leaf"}
"""A field of an event whose column has another name."""
_FOR_EVER = 2**24
"""The first hour that a status slot cannot name."""
_BOM = b"\xef\xbb\xbf"
"""Without it, spreadsheet programs do not take a file for UTF-8."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, to be written in two forms."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def as_json(self) -> bytes:
        """Return it as canonical JSON, with columns and rows."""
        rows: list[JSON] = [list(row) for row in self.rows]
        return strict_json.serialise({"columns": list(self.columns), "rows": rows})

    def as_csv(self) -> bytes:
        """Return it as CSV in which nothing is a formula."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(self.columns)
        writer.writerows([_flat(cell) for cell in row] for row in self.rows)
        return _BOM + out.getvalue().encode()


def anchors(history: History) -> list[Record]:
    """Return every batch that the history has, in the chain's order."""
    return list(history.records(List.ANCHORS))


def batch_of(record: Record) -> BatchAnchored:
    """Return the event of a record of the list of anchors."""
    return cast("BatchAnchored", record.event)


def line_of(history: History, agencies: Collection[int]) -> frozenset[int]:
    """Return agencies and all that stand above them."""
    parents = {
        record.event.agency: record.event.parent
        for record in history.records(List.RIGHTS)
        if isinstance(record.event, AgencyRegistered)
    }
    found: set[int] = set()
    for each in agencies:
        agency = each
        while agency and agency not in found:
            found.add(agency)
            agency = parents.get(agency, 0)
    return frozenset(found)


def tables(
    history: History, selected: Sequence[Record], leaves: Leaves, *, agencies: Collection[int], status_hour: int
) -> tuple[Table, ...]:
    """Return all tables about selected batches, whose leaves are given, and about the agencies named."""
    owners = {*agencies, *(batch_of(record).agency for record in selected)}
    line = line_of(history, owners)
    types = {batch_of(record).certificate_type for record in selected}
    statuses = _statuses(history, leaves)
    rights = list(history.records(List.RIGHTS))
    return (
        _events("batches", BATCH, selected),
        _events("anchors", BATCH, [each for each in anchors(history) if batch_of(each).agency in owners]),
        _leaves(selected, leaves, statuses, status_hour),
        _events("statuses", STATUS, statuses),
        _events("keys", KEY, [each for each in rights if _is_of(each.event, (KeyAdded, KeyCutOff), owners)]),
        _events("officers", OFFICER, [each for each in rights if _is_of(each.event, (OfficerSet,), line)]),
        _events("agencies", AGENCY, [each for each in rights if _is_of(each.event, _AGENCIES, line)]),
        _events(
            "types",
            TYPE,
            [
                each
                for each in rights
                if isinstance(each.event, TypeRegistered | TypeRetired) and each.event.certificate_type in types
            ],
        ),
    )


def in_force(records: Sequence[Record], hour: int) -> tuple[Track, ...]:
    """Return which tracks of one leaf are in force in an hour, as all that was recorded of it has it.

    An entry holds from its first hour to its end, or until the hour in which a later one on its track was recorded. A
    rescission that stands counts for all hours.
    """
    by_track: dict[Track, list[Record]] = defaultdict(list)
    for record in records:
        by_track[_track(record.event)].append(record)
    return tuple(track for track in sorted(by_track) if _holds(track, by_track[track], hour))


def _holds(track: Track, entries: Sequence[Record], hour: int) -> bool:
    if track is Track.RESCINDED:
        return _hours(entries[-1].event)[0] > 0
    for entry, later in zip(entries, [*entries[1:], None], strict=True):
        first, until = _hours(entry.event)
        stop = until or _FOR_EVER
        if later is not None:
            stop = min(stop, hour_of(time_of(later.block_timestamp)))
        if 0 < first <= hour < stop:
            return True
    return False


def _track(event: Event) -> Track:
    return event.track if isinstance(event, StatusChanged) else Track.REPLACED


def _hours(event: Event) -> tuple[int, int]:
    match event:
        case StatusChanged():
            return event.from_hour, event.until_hour
        case _:
            return cast("CertificateReplaced", event).from_hour, 0


def _statuses(history: History, leaves: Leaves) -> list[Record]:
    """Return everything that was recorded about these leaves, each under its agency."""
    wanted = {(agency, leaf) for (agency, _), listed in leaves.items() for leaf in listed}
    return [record for record in history.records(List.STATUSES) if _subject(record.event) in wanted]


def _subject(event: Event) -> tuple[int, bytes]:
    match event:
        case StatusChanged():
            return event.agency, event.leaf
        case _:
            replaced = cast("CertificateReplaced", event)
            return replaced.agency, replaced.old_leaf


def _leaves(selected: Iterable[Record], leaves: Leaves, statuses: Iterable[Record], hour: int) -> Table:
    by_leaf: dict[tuple[int, bytes], list[Record]] = defaultdict(list)
    for record in statuses:
        by_leaf[_subject(record.event)].append(record)
    rows: list[tuple[Cell, ...]] = []
    for record in selected:
        batch = batch_of(record)
        for position, leaf in enumerate(leaves[batch.agency, batch.root]):
            said = in_force(by_leaf.get((batch.agency, leaf), ()), hour)
            status = " ".join(track.name for track in said)
            rows.append(
                (
                    batch.agency,
                    batch.sequence,
                    _shown(batch.root),
                    position,
                    _shown(leaf),
                    record.block_number,
                    status,
                )
            )
    return Table("leaves", LEAF, tuple(rows))


def _is_of(event: Event, kinds: tuple[type[Event], ...], agencies: Collection[int]) -> bool:
    return isinstance(event, kinds) and getattr(event, "agency", None) in agencies


def _events(name: str, columns: tuple[str, ...], records: Iterable[Record]) -> Table:
    return Table(name, (*PLACE, *columns), tuple(_row(record, columns) for record in records))


def _row(record: Record, columns: Sequence[str]) -> tuple[Cell, ...]:
    event = record.event
    values = {_NAMED.get(field.name, field.name): getattr(event, field.name) for field in fields(event)}
    if isinstance(event, CertificateReplaced):
        values["track"] = Track.REPLACED
    place = (record.block_number, times.utc(record.block_timestamp), record.log_index, type(event).__name__)
    return (*place, *(_shown(values.get(column, "")) for column in columns))


def _shown(value: object) -> Cell:
    match value:
        case bytes():
            return f"0x{value.hex()}"
        case tuple():
            return " ".join(f"0x{each.hex()}" for each in value)
        case Track():
            return value.name
        case Capability():
            return " ".join(each.name or "" for each in Capability if each in value)
        case bool() | str():
            return value
        case _:
            number = int(cast("int", value))
            return number if number <= strict_json.MAX_INTEGER else str(number)


def _flat(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return disarmed(cell) if isinstance(cell, str) else str(cell)
