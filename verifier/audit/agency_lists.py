"""An agency's lists as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.audit import agency_batches, agency_tree
from verifier.audit.exporting import Cell, Listing, columns
from verifier.register import opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from verifier.audit.agency_view import AgencyThen
    from verifier.audit.as_of import AsOf
    from verifier.audit.decided import Decided
    from verifier.indexing.index import Index
    from verifier.register import Tables

_AGENCY = ("agency", "parent", "level", "code", "name", "suspended_by_level", "blocked", "approvals")
_KEY = ("kid", "algorithm", "state", "valid_from", "valid_until", "cut_off_block", "listed_block", "listed_at")


def of_agencies(tables: Tables, at: AsOf, about: Mapping[str, Cell]) -> Listing:
    """Return all agencies as they were."""
    known = agency_tree.agencies_at(tables.session, at)
    anchored = agency_tree.anchored_at(tables.session, at)
    rows: list[Sequence[Cell]] = []
    for each in known.values():
        had = anchored.get(each.id, agency_tree.Anchored())
        blocked = any(one.suspended_by is not None for one in agency_tree.above(known, each.id))
        own = (each.id, each.parent, each.level, each.code, each.name, each.suspended_by, blocked, each.approvals)
        rows.append((*own, had.batches, had.certificates))
    return Listing("agencies", columns(*_AGENCY, "batches", "certificates"), rows, about)


def of_officers(found: AgencyThen, about: Mapping[str, Cell]) -> Listing:
    """Return the officers as they were."""
    rows = [(each.address, each.capabilities, *_decided(each.since)) for each in found.officers]
    named = columns("officer", "capabilities", "since_block", "since", "consenters", timed=["since"])
    return Listing(_name(found, "officers"), named, rows, about)


def of_keys(found: AgencyThen, about: Mapping[str, Cell]) -> Listing:
    """Return the document keys as they were listed."""
    rows = [
        (
            each.kid,
            each.algorithm,
            each.state.value,
            each.valid_from,
            each.valid_until or None,
            each.cut_off_block,
            *_decided(each.listed),
        )
        for each in found.keys
    ]
    named = columns(*_KEY, "consenters", timed=["valid_from", "valid_until", "listed_at"])
    return Listing(_name(found, "keys"), named, rows, about)


def of_types(found: AgencyThen, about: Mapping[str, Cell]) -> Listing:
    """Return the types that the agency held."""
    rows = [
        (
            each.number,
            None if each.names is None else each.names["zh-CN"],
            None if each.names is None else each.names["en"],
            each.open_versions,
            [one.id for one in each.lacking],
            *_decided(each.granted),
        )
        for each in found.types
    ]
    names = ("type", "name_zh", "name_en", "open_versions", "superiors_without_it", "granted_block", "granted_at")
    return Listing(_name(found, "types"), columns(*names, "consenters", timed=["granted_at"]), rows, about)


def of_batches(index: Index, agency: int, at: AsOf, about: Mapping[str, Cell]) -> Listing:
    """Return all batches; they are read while they are written, however many they are."""

    def rows() -> Iterator[Sequence[Cell]]:
        with opened(index) as tables:
            for each in agency_batches.all_of(tables.session, agency, at):
                missing = None if each.gap is None else f"{each.gap.first}-{each.gap.last}"
                yield (
                    each.sequence,
                    missing,
                    each.block,
                    each.timestamp,
                    each.certificate_type,
                    each.version,
                    each.size,
                    each.root,
                    each.transaction,
                    each.preparer,
                    each.approvers,
                    each.finding,
                )

    names = ("sequence", "missing_before", "block", "time", "type", "version", "certificates", "root", "transaction")
    named = columns(*names, "preparer", "approvers", "finding", timed=["time"])
    return Listing(f"agency-{agency}-batches", named, rows(), about)


def of_days(tables: Tables, agency: int, at: AsOf, first: date, about: Mapping[str, Cell]) -> Listing:
    """Return what the charts show: certificates by day and type, changes of statuses by day and kind."""
    session = tables.session
    rows: list[Sequence[Cell]] = [
        *(
            (each.day.isoformat(), "certificates", each.series, each.count)
            for each in agency_batches.certificates_by_day(session, agency, at, first)
        ),
        *(
            (each.day.isoformat(), "status_changes", each.series, each.count)
            for each in agency_batches.statuses_by_day(session, agency, at, first)
        ),
    ]
    return Listing(f"agency-{agency}-days", columns("day", "what", "kind", "count"), sorted(rows, key=str), about)


def _decided(decision: Decided | None) -> tuple[int | None, int | None, tuple[bytes, ...] | None]:
    return (None, None, None) if decision is None else (decision.block, decision.timestamp, decision.consenters)


def _name(found: AgencyThen, what: str) -> str:
    return f"agency-{found.agency.id}-{what}"
