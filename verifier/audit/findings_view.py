"""What audits of the whole history remember, as a page tells it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verifier.audit.exporting import Cell, Listing, columns
from verifier.audit.finding import Argument, Grade
from verifier.audit.misasked import Misasked
from verifier.audit.outcomes import FamilyResult, State
from verifier.audit.paging import PAGE_ROWS, Cursors
from verifier.audit.remembering import Remembered
from verifier.audit.rules import RULES, Family
from verifier.wording import Language, keys, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from verifier.audit.finding import Finding
    from verifier.audit.paging import Page
    from verifier.audit.remembering import Kept, Run

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which findings are asked for; None: all."""

    grade: Grade | None = None
    code: str | None = None
    is_all: bool = False
    """Whether also what a later run, which looked at everything anew, did not find again."""

    def since(self, remembered: Remembered) -> int:
        """Return the first run whose findings are asked for."""
        return 0 if self.is_all else remembered.current_since()

    @property
    def grades(self) -> tuple[Grade, ...]:
        """The grades wanted."""
        return tuple(Grade) if self.grade is None else (self.grade,)


@dataclass(frozen=True, slots=True)
class Overview:
    """The newest run, and what all runs found."""

    run: Run | None
    """None: no audit has run yet."""
    families: tuple[FamilyResult, ...]
    """All of them, in the order in which they are told; those that the run says nothing of were not run."""
    counts: Mapping[tuple[Grade, str], int]
    earlier: int
    """How many findings of earlier runs a later one, which looked at everything anew, did not find again."""

    def of(self, grade: Grade) -> int:
        """How many findings there are of a grade."""
        return sum(count for (each, _), count in self.counts.items() if each is grade)

    @property
    def is_clean(self) -> bool:
        """Whether everything was looked at, and nothing found; only then may a page look so."""
        return not self.counts and all(family.state is State.PASSED for family in self.families)


def require_known(remembered: Remembered, code: str | None) -> None:
    """Refuse a code that no rule has, nor any finding; None is none. An empty answer would look like a clean one."""
    if code is not None and code not in RULES and all(code != each for _, each in remembered.counts()):
        raise Misasked("code", got=code)


def overview(remembered: Remembered, chosen: Chosen) -> Overview:
    """Return what is remembered as a whole."""
    run = remembered.last_run()
    told = {} if run is None else {each.family: each for each in run.families}
    return Overview(
        run=run,
        families=tuple(told.get(family, FamilyResult(family, State.NOT_RUN)) for family in Family),
        counts=remembered.counts(since=chosen.since(remembered)),
        earlier=sum(remembered.counts().values()) - sum(remembered.counts(since=remembered.current_since()).values()),
    )


def page_of(remembered: Remembered, chosen: Chosen, cursor: str | None) -> Page[Kept]:
    """Return a page of findings in the order of finding; raises `InvalidInput` for another list's cursor."""
    cursors = Cursors(f"findings {chosen.grade} {chosen.code} {chosen.is_all}")
    after = cursors.read_int(cursor) or 0
    rows = remembered.findings(
        grades=chosen.grades,
        code=chosen.code,
        since=chosen.since(remembered),
        after=after,
        limit=PAGE_ROWS + 1,
    )
    return cursors.page(rows, lambda kept: (kept.number,), lambda kept: kept)


def listing(path: Path, chosen: Chosen) -> Listing:
    """Return the findings as a file; they are read while they are written."""

    def rows() -> Iterator[Sequence[Cell]]:
        after = 0
        with closing(Remembered(path)) as remembered:
            since = chosen.since(remembered)
            while kept := remembered.findings(
                grades=chosen.grades, code=chosen.code, since=since, after=after, limit=_AT_ONCE
            ):
                yield from map(_row, kept)
                after = kept[-1].number

    with closing(Remembered(path)) as remembered:
        run = remembered.last_run()
    about: dict[str, Cell] = {
        "state": "NOT RUN" if run is None else "ENDED" if run.ended is not None else "NOT ENDED",
        "last_run": None if run is None else run.number,
        "last_block": None if run is None else run.head_number,
        "grade": None if chosen.grade is None else chosen.grade.value,
        "code": chosen.code,
        "all_runs": chosen.is_all,
    }
    names = ("number", "grade", "code", "block", "log_index", "agency", "leaf", "first_run", "last_run", "zh", "en")
    return Listing("findings", columns(*names), rows(), about)


def said(finding: Finding, language: Language) -> str:
    """Say what was found; a finding of a rule that this software has no words for is told by its code."""
    return (
        _filled(finding.key, finding.arguments, language) or f"{finding.code} {dict(finding.arguments) or ''}".strip()
    )


def why(finding: Finding, language: Language) -> str:
    """Say what a finding means and what to do; empty where there is no such sentence."""
    return _filled(f"{finding.key}.why", finding.arguments, language)


def reason(family: FamilyResult, language: Language) -> str:
    """Say why a family was not run, or only in part; empty where it was."""
    return _filled(f"audit.not_run.{family.reason}", family.arguments, language) if family.reason else ""


class _Arguments(dict[str, Argument]):
    """What a sentence may name; what a finding of another version does not tell is a question mark."""

    def __missing__(self, _name: str) -> Argument:
        return "?"


def _filled(key: str, arguments: Mapping[str, Argument], language: Language) -> str:
    return sentence(key, language).format_map(_Arguments(arguments)) if key in keys(language) else ""


def _row(kept: Kept) -> tuple[Cell, ...]:
    finding = kept.finding
    return (
        kept.number,
        finding.grade.value,
        finding.code,
        finding.block,
        finding.log_index,
        finding.agency,
        finding.leaf,
        kept.first_run,
        kept.last_run,
        said(finding, Language.CHINESE),
        said(finding, Language.ENGLISH),
    )
