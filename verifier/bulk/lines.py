"""One line of a bulk check's answer: what was brought, its verdict, and what a company files with it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, TypeAlias

from chain.calendar import SHANGHAI
from verifier.answer import heading, next_step
from verifier.check.report import Verdict
from verifier.check.tracks import VERDICTS
from verifier.wording import Language, message, say, words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chain.strict_json import JSON
    from verifier.check.report import Report
    from verifier.wording import Message, Words

Texts: TypeAlias = "Mapping[str, str]"
"""One text in each language."""

_NOTHING: Texts = dict.fromkeys(Language, "")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in what was brought something stood."""

    file: str
    """Its name; that of an archive first, where it came in one."""
    row: int | None = None
    """Of a table, from 1."""
    first_page: int | None = None
    last_page: int | None = None
    """Of a PDF with several papers in it."""

    @property
    def pages(self) -> str:
        """The pages as text; empty where all of the file was meant."""
        if self.first_page is None:
            return ""
        return str(self.first_page) if self.last_page == self.first_page else f"{self.first_page}–{self.last_page}"


@dataclass(frozen=True, slots=True)
class Line:
    """A verdict with its place. Days are ISO 8601, times too, in China; empty where nothing is known."""

    file: str
    row: int | None
    pages: str
    verdict: str
    colour: str
    heading: Texts
    message: Texts
    """Why it is not VALID; else what to do next."""
    holder: str = ""
    number: str = ""
    type: Texts = field(default_factory=lambda: _NOTHING)
    agency: str = ""
    valid_from: str = ""
    valid_until: str = ""
    in_force_since: str = ""
    """From when the status that decides has effect."""
    short_number: str = ""
    on: str = ""
    known_at: str = ""
    checked_at: str = ""
    block_number: int | None = None
    test: bool | None = None
    same_as: str = ""
    """Where the very same thing stood before."""

    def at(self, place: Place, *, same_as: str = "") -> Line:
        """Return the same verdict for another place."""
        return replace(self, file=place.file, row=place.row, pages=place.pages, same_as=same_as)

    def as_json(self) -> dict[str, JSON]:
        """Return it with the texts in all languages."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def line_of(report: Report, place: Place) -> Line:
    """Make a report a line."""
    subject, verdict = report.subject, report.verdict
    decisive = next((each for each in subject.statuses if each.in_force and VERDICTS.get(each.track) is verdict), None)
    since = None if decisive is None else decisive.starts
    holder = next((item.texts[Language.CHINESE] for item in subject.items if item.role == "holder"), "")
    return Line(
        file=place.file,
        row=place.row,
        pages=place.pages,
        verdict=verdict.value,
        colour=verdict.colour.value,
        heading={language.value: heading(report, language) for language in Language},
        message=_reason(report),
        holder=holder,
        number=subject.number or "",
        type=_NOTHING if subject.type is None else {each.value: subject.type.names[each] for each in Language},
        agency="" if subject.agency is None else subject.agency.name,
        valid_from="" if subject.valid_from is None else subject.valid_from.isoformat(),
        valid_until="" if subject.valid_until is None else subject.valid_until.isoformat(),
        in_force_since=_time(since),
        short_number=subject.short_number or "",
        on=report.on.isoformat(),
        known_at=_time(report.known_at),
        checked_at=_time(report.checked_at),
        block_number=None if report.register is None else report.register.block_number,
        test=report.is_test,
    )


def not_asked(place: Place, why: Message, now: datetime) -> Line:
    """Make a line of what could not even be asked: its day is none, for one. That says nothing about a certificate."""
    verdict = Verdict.CANNOT_CHECK
    return Line(
        file=place.file,
        row=place.row,
        pages=place.pages,
        verdict=verdict.value,
        colour=verdict.colour.value,
        heading=words(f"verdict.{verdict}"),
        message=_said(why),
        checked_at=_time(now),
    )


def line_from(value: Mapping[str, object]) -> Line:
    """Read what `Line.as_json` wrote."""
    return Line(**{each.name: value[each.name] for each in fields(Line)})  # type: ignore[arg-type]  # We wrote it.


def _reason(report: Report) -> Texts:
    for check in report.checks:
        if report.verdict in check.reasons:
            return _said(check.message)
    if report.registered_later is not None:
        return _said(message("bulk.before_anchoring", day=report.registered_later))
    return {language.value: next_step(report, language) for language in Language}


def _said(what: Message) -> Words:
    return {language.value: say(what, language) for language in Language}


def _time(time: datetime | None) -> str:
    return "" if time is None else time.astimezone(SHANGHAI).isoformat(timespec="seconds")


def same_place(place: Place | Line) -> str:
    """Say where something stood, in a few characters."""
    parts = [place.file, "" if place.row is None else str(place.row), place.pages]
    return " · ".join(part for part in parts if part)
