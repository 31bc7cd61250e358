"""What a bulk check tells, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from yinxin_client.members import JSON, Told, known
from yinxin_client.models import Colour, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime


class BulkState(StrEnum):
    """How far a bulk check is."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a bulk check is, and what it has come to so far."""

    id: str
    """Whoever knows it reads the results: keep it to yourself."""
    state: BulkState
    done: int
    total: int
    """As far as it is known yet: archives are counted when it is their turn."""
    verdicts: Mapping[Verdict, int]
    expires_at: datetime | None
    """When everything of it will be deleted, at the latest."""


@dataclass(frozen=True, slots=True)
class BulkLine:
    """A verdict, and where in what was brought it belongs."""

    file: str
    row: int | None
    pages: str
    verdict: Verdict
    colour: Colour
    heading: str
    message: str
    holder: str
    number: str
    type: str
    agency: str
    valid_from: date | None
    valid_until: date | None
    in_force_since: datetime | None
    """From when the status that decides has effect."""
    short_number: str
    on: date | None
    known_at: datetime | None
    checked_at: datetime | None
    block_number: int | None
    test: bool | None
    same_as: str
    """Where the very same thing stood before; empty if nowhere."""


def progress_from(value: JSON) -> Progress:
    """Read how far it is; raises `AnswerNotUnderstood`."""
    members = Told(value)
    verdicts = members.part("verdicts")
    counts = (
        {}
        if verdicts is None
        else {known(name, "verdicts", Verdict): verdicts.number(name) for name in verdicts.members}
    )
    return Progress(
        id=members.text("id"),
        state=members.kind("state", BulkState),
        done=members.number("done"),
        total=members.number("total"),
        verdicts=counts,
        expires_at=members.time("expires_at"),
    )


def lines_from(value: JSON) -> tuple[BulkLine, ...]:
    """Read the lines of a bulk check's results; raises `AnswerNotUnderstood`."""
    return tuple(
        BulkLine(
            file=each.text("file"),
            row=each.maybe_number("row"),
            pages=each.text("pages"),
            verdict=each.kind("verdict", Verdict),
            colour=each.kind("colour", Colour),
            heading=each.text("heading"),
            message=each.text("message"),
            holder=each.text("holder"),
            number=each.text("number"),
            type=each.text("type"),
            agency=each.text("agency"),
            valid_from=each.day("valid_from"),
            valid_until=each.day("valid_until"),
            in_force_since=each.time("in_force_since"),
            short_number=each.text("short_number"),
            on=each.day("on"),
            known_at=each.time("known_at"),
            checked_at=each.time("checked_at"),
            block_number=each.maybe_number("block_number"),
            test=each.truth("test"),
            same_as=each.text("same_as"),
        )
        for each in Told(value).parts("lines")
    )
