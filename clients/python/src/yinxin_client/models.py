"""What a verifier answers, as values. Days are dates, times have their zone."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NoReturn

from yinxin_client.members import JSON, Told, there

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime


class Verdict(StrEnum):
    """All that a report can come to. Only VALID is a yes."""

    UNREADABLE = "UNREADABLE"
    UNSUPPORTED = "UNSUPPORTED"
    CANNOT_CHECK = "CANNOT_CHECK"
    ALTERED = "ALTERED"
    ISSUER_NOT_AUTHORISED = "ISSUER_NOT_AUTHORISED"
    NOT_FOUND = "NOT_FOUND"
    PENDING = "PENDING"
    RESCINDED = "RESCINDED"
    REVOKED = "REVOKED"
    WITHDRAWN = "WITHDRAWN"
    CANCELLED = "CANCELLED"
    REPLACED = "REPLACED"
    LOST = "LOST"
    SUSPENDED = "SUSPENDED"
    NOT_YET_VALID = "NOT_YET_VALID"
    EXPIRED = "EXPIRED"
    RENEWAL_PENDING = "RENEWAL_PENDING"
    INCOMPLETE = "INCOMPLETE"
    SIGNED = "SIGNED"
    VALID = "VALID"

    @property
    def says_nothing(self) -> bool:
        """Whether it says nothing about the certificate: ask again, or bring something else."""
        return self in {Verdict.CANNOT_CHECK, Verdict.UNREADABLE, Verdict.UNSUPPORTED}


class Colour(StrEnum):
    """How a verdict looks: green for VALID alone."""

    GREEN = "green"
    AMBER = "amber"
    GREY = "grey"
    RED = "red"


class Outcome(StrEnum):
    """How a check ended. Unknown is not failed."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    SKIPPED = "SKIPPED"


@dataclass(frozen=True, slots=True)
class Difference:
    """What the agency signed beside what the paper shows."""

    what: str
    signed: str
    shown: str


@dataclass(frozen=True, slots=True)
class Check:
    """How one of the seven checks ended, and why."""

    name: str
    outcome: Outcome
    message: str
    message_id: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Agency:
    """Who issued it, as the registry knows it."""

    id: int
    code: str
    name: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Status:
    """One entry of the registry about the certificate."""

    track: str
    words: Mapping[str, str]
    starts: datetime | None
    ends: datetime | None
    """Exclusive."""
    recorded_at: datetime | None
    decided_by: str | None
    decision: str | None
    """The salted digest of the written decision, as 0x and 64 digits; the agency can lay the decision open."""
    in_force: bool


@dataclass(frozen=True, slots=True)
class Report:
    """The answer to one question about one certificate."""

    input: str
    verdict: Verdict
    colour: Colour
    heading: str
    next_step: str
    checks: tuple[Check, ...]
    facts: Mapping[str, str | None] | None
    claims: Mapping[str, str]
    agency: Agency | None
    number: str | None
    type: str | None
    """Which certificate type, such as `construction-safety-licence`."""
    valid_from: date | None
    valid_until: date | None
    short_number: str | None
    statuses: tuple[Status, ...]
    on: date
    """The day that was asked about."""
    known_at: datetime | None
    """Until when what the registry recorded was known."""
    checked_at: datetime
    chain_id: int | None
    registry: str | None
    block_number: int | None
    test: bool | None
    """Whether it is of a test registry, and has no effect."""
    request_id: str
    raw: Mapping[str, JSON] = field(repr=False, compare=False)
    """All that the service said."""

    def __bool__(self) -> NoReturn:
        """Refuse to be good or bad: «is it good?» has more than two answers."""
        raise TypeError("a report has no truth value; look at its verdict")


def report_from(value: JSON) -> Report:
    """Read a report; raises `AnswerNotUnderstood`."""
    told = Told(value)
    type_ = told.part("type")
    agency = told.part("agency")
    return Report(
        input=told.text("input"),
        verdict=told.kind("verdict", Verdict),
        colour=told.kind("colour", Colour),
        heading=told.text("heading"),
        next_step=told.text("next_step"),
        checks=tuple(_check(each) for each in told.parts("checks")),
        facts=_facts(told),
        claims=told.texts("claims"),
        agency=None
        if agency is None
        else Agency(agency.number("id"), agency.text("code"), agency.text("name"), agency.listed("path")),
        number=told.maybe_text("number"),
        type=None if type_ is None else type_.text("identifier"),
        valid_from=told.day("valid_from"),
        valid_until=told.day("valid_until"),
        short_number=told.maybe_text("short_number"),
        statuses=tuple(_status(each) for each in told.parts("statuses")),
        on=there(told.day("on"), "on"),
        known_at=told.time("known_at"),
        checked_at=there(told.time("checked_at"), "checked_at"),
        chain_id=told.maybe_number("chain_id"),
        registry=told.maybe_text("registry"),
        block_number=told.maybe_number("block_number"),
        test=told.truth("test"),
        request_id=told.text("request_id"),
        raw=told.members,
    )


def _facts(told: Told) -> Mapping[str, str | None] | None:
    facts = told.part("facts")
    return None if facts is None else {name: facts.maybe_text(name) for name in facts.members}


def _check(told: Told) -> Check:
    return Check(
        told.text("name"),
        told.kind("outcome", Outcome),
        told.text("message"),
        told.text("message_id"),
        tuple(
            Difference(each.text("what"), each.text("signed"), each.text("shown"))
            for each in (told.parts("differences") if "differences" in told.members else ())
        ),
    )


def _status(told: Told) -> Status:
    return Status(
        told.text("track"),
        told.texts("words"),
        told.time("from"),
        told.time("until"),
        told.time("recorded_at"),
        told.maybe_text("decided_by"),
        told.maybe_text("decision"),
        told.truth("in_force") is True,
    )
