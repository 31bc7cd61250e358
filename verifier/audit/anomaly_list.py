"""The list of what is out of the ordinary: a page of it, and all of it as a file."""

from __future__ import annotations

from itertools import dropwhile, islice
from typing import TYPE_CHECKING

from verifier.audit.anomalies import anomalies
from verifier.audit.exporting import Listing, columns
from verifier.audit.paging import PAGE_ROWS, Cursors
from verifier.register import opened
from verifier.wording import Language, message, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlmodel import Session

    from verifier.audit.anomaly_figures import Anomaly, Asked
    from verifier.audit.anomaly_rules import Rules
    from verifier.audit.exporting import Cell
    from verifier.audit.paging import Page
    from verifier.indexing.index import Index

COLUMNS = columns("agency", "rule", "began", "block", "code", "zh_cn", "en", "figures", timed=("began",))


def page_of(session: Session, rules: Rules, asked: Asked, cursor: str | None) -> Page[Anomaly]:
    """Return a page; raises `InvalidInput` for a cursor of another list."""
    cursors = Cursors(f"anomalies {asked.agency} {asked.first} {asked.last} {sorted(asked.rules)}")
    after = cursors.read(cursor, kinds=(int, int, str, str))
    found: Iterator[Anomaly] = anomalies(session, rules, asked)
    if after is not None:
        found = dropwhile(lambda each: each.key <= after, found)
    rows = list(islice(found, PAGE_ROWS + 1))
    return cursors.page(rows, lambda each: each.key, lambda each: each)


def listing(index: Index, rules: Rules, asked: Asked, seen: Callable[[Anomaly], None] = lambda _each: None) -> Listing:
    """Return the whole list as a file; it is made while it is written, and `seen` is told of each."""

    def rows() -> Iterator[tuple[Cell, ...]]:
        with opened(index) as tables:
            for each in anomalies(tables.session, rules, asked):
                seen(each)
                yield row_of(each)

    about: dict[str, Cell] = {
        "agency": asked.agency,
        "first": None if asked.first is None else str(asked.first),
        "last": None if asked.last is None else str(asked.last),
        "rules": sorted(asked.rules & frozenset(rules.asked)),
        "not_asked": sorted(asked.rules - frozenset(rules.asked)),
        "holidays_of": [] if rules.holiday is None else [str(year) for year in rules.holiday.years],
    }
    return Listing("anomalies", COLUMNS, rows(), about)


def row_of(each: Anomaly) -> tuple[Cell, ...]:
    """Return what a file says of one: in both languages, and each figure with its name."""
    finding = each.finding
    said = (say(message(finding.key, **finding.arguments), language) for language in Language)
    figures = [f"{name}={value}" for name, value in finding.arguments.items()]
    return each.agency, each.rule.value, each.began, finding.block, finding.code, *said, figures
