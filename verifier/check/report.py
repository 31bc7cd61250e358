"""What a verification says: seven checks and the one verdict that follows from them.

A report has no truth value, because «is it good?» has more than two answers. Whatever is missing, unknown or
unforeseen makes the verdict CANNOT_CHECK, never VALID.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NoReturn

from chain.calendar import today

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from chain.events import Track
    from verifier.check.evidence import Offline
    from verifier.check.presented import PdfSignature
    from verifier.wording import Message, Words


class Outcome(StrEnum):
    """How a check ended. Unknown is not failed, and neither is what does not apply."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    SKIPPED = "SKIPPED"


class CheckName(StrEnum):
    """The seven checks, in the order of the procedure."""

    FORM = "form"
    SIGNATURE = "signature"
    INCLUSION = "inclusion"
    ANCHORING = "anchoring"
    STATUS = "status"
    VALIDITY = "validity"
    DOCUMENT = "document"


class Colour(StrEnum):
    """How a verdict looks; never the only thing that tells it."""

    GREEN = "green"
    AMBER = "amber"
    GREY = "grey"
    RED = "red"


class Verdict(StrEnum):
    """All that a report can come to. The first that applies, in this order, is the verdict."""

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
    def colour(self) -> Colour:
        """Green for VALID alone."""
        match self:
            case Verdict.VALID:
                return Colour.GREEN
            case Verdict.INCOMPLETE | Verdict.SIGNED | Verdict.PENDING | Verdict.RENEWAL_PENDING | Verdict.EXPIRED:
                return Colour.AMBER
            case Verdict.UNREADABLE | Verdict.UNSUPPORTED | Verdict.CANNOT_CHECK:
                return Colour.GREY
            case _:
                return Colour.RED


_MAKE_IT_GENUINE = {CheckName.SIGNATURE, CheckName.INCLUSION, CheckName.ANCHORING}
_ORDER = {verdict: place for place, verdict in enumerate(Verdict)}
_CHECKS = list(CheckName)
_ALL_GOOD = [
    [*((name, Outcome.PASSED, ()) for name in _CHECKS[:-1]), (CheckName.DOCUMENT, outcome, ())]
    for outcome in (Outcome.PASSED, Outcome.SKIPPED)
]
"""The two ways to be VALID: a document agrees, or there is none to compare."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What the agency signed and what the paper shows, side by side."""

    what: Words
    signed: str
    shown: str
    """Empty where the paper does not show it at all."""


@dataclass(frozen=True, slots=True)
class Check:
    """How one check ended."""

    name: CheckName
    outcome: Outcome
    message: Message
    reasons: tuple[Verdict, ...] = ()
    """The verdicts that this check argues for; never VALID, which nothing but seven good checks can make."""
    differences: tuple[Difference, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an argument for VALID."""
        if self.reasons and Verdict.VALID in self.reasons:
            raise ValueError(f"the check {self.name} argues for VALID, which follows from all checks or not at all")


def verdict_of(checks: Iterable[Check]) -> Verdict:
    """Return the first verdict that applies, and VALID only for the seven checks as they must be, in order."""
    checks = tuple(checks)
    if [(check.name, check.outcome, check.reasons) for check in checks] in _ALL_GOOD:
        return Verdict.VALID
    reasons = {reason for check in checks for reason in check.reasons}
    # Where nothing argues against it, and yet not all is as it must be, nobody knows what is wrong.
    if not reasons or not _is_whole(checks):
        reasons.add(Verdict.CANNOT_CHECK)
    return min(reasons, key=_ORDER.__getitem__)


def _is_whole(checks: tuple[Check, ...]) -> bool:
    """Whether all seven are there, and each of the first six known, and nothing failed without saying why."""
    return (
        [check.name for check in checks] == _CHECKS
        and all(check.outcome is not Outcome.UNKNOWN for check in checks[:-1])
        and all(check.reasons for check in checks if check.outcome is Outcome.FAILED)
    )


@dataclass(frozen=True, slots=True)
class Agency:
    """The agency, as the registry knows it; not as a certificate names itself."""

    id: int
    code: str
    name: str
    path: tuple[str, ...]
    """The names of the agencies above it, the topmost first, and its own."""


@dataclass(frozen=True, slots=True)
class TypeShown:
    """The certificate type."""

    identifier: str
    number: int
    version: int
    names: Words


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a certificate says."""

    key: str
    labels: Words
    texts: Words
    is_fact: bool
    role: str | None = None
    """«holder» names whose certificate it is, «number» is the certificate's number; None for all else."""


@dataclass(frozen=True, slots=True)
class StatusShown:
    """One entry that the registry made about the certificate."""

    track: Track
    words: Words
    """As the certificate's type words this track."""
    starts: datetime | None
    """From when it has effect; None for an entry that lifts the track."""
    ends: datetime | None
    """Exclusive; None if it has no end."""
    recorded_at: datetime
    block_number: int
    decided_by: str | None
    """The agency's name; None for the council, or where the leaf's replacement was anchored."""
    decision: bytes | None
    """The salted digest of the written decision, which the agency can lay open; None where there was none to record."""
    in_force: bool
    """At the day that was asked about."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """The newer certificate that took this one's place."""

    leaf: bytes
    short_number: str
    starts: datetime


@dataclass(frozen=True, slots=True)
class Anchoring:
    """Where the certificate's batch stands on the chain."""

    block_number: int
    at: datetime
    root: bytes
    sequence: int


@dataclass(frozen=True, slots=True)
class CopyShown:
    """For what a limited copy is good."""

    recipient: str
    purpose: str
    made: date
    expires: date
    """Its last day, included."""
    shows_claims: bool
    """Whether it came with the claims, or with no more than their digest."""
    is_proven: bool
    """Whether the claims lead to the leaf; else the document key's signature is all that vouches for them."""


@dataclass(frozen=True, slots=True)
class CertifiedFile:
    """An existing file that the certificate vouches for."""

    digest: bytes
    """SHA-256 of its bytes."""
    media_type: str
    is_given: bool
    """Whether that very file was handed in."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What was checked, as far as it could be read."""

    facts: Mapping[str, str | None] | None = None
    """The facts by claim key, as the certificate's type formats them for a person."""
    items: tuple[Item, ...] = ()
    """All that is disclosed, in the type's order."""
    agency: Agency | None = None
    type: TypeShown | None = None
    number: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    """The last day, included; None if open-ended or unknown."""
    kid8: bytes | None = None
    """How the name of the document key begins that it says it was signed with; the check `signature` tells if it was.
    """
    leaf: bytes | None = None
    short_number: str | None = None
    anchored: Anchoring | None = None
    statuses: tuple[StatusShown, ...] = ()
    """Everything the registry recorded about it, in its order."""
    replaced_by: Replacement | None = None
    certified_files: tuple[CertifiedFile, ...] = ()
    """Existing files that it vouches for; a code or copy does not tell."""
    copy: CopyShown | None = None
    """What came is a limited copy, not the certificate itself."""


@dataclass(frozen=True, slots=True)
class Register:
    """Against what it was checked."""

    chain_id: int
    registry: bytes
    """The address of the Certificates contract."""
    registry_id: bytes
    test: bool
    block_number: int
    block_time: datetime
    block_hash: bytes = b""
    """Empty where it is not known."""


@dataclass(frozen=True, slots=True)
class Report:
    """The answer to one question about one certificate."""

    input: str
    """What was handed in, in the words of who handed it in: a file name, or the kind of input."""
    checks: tuple[Check, ...]
    subject: Subject
    on: date
    checked_at: datetime
    register: Register | None
    """None if nothing is known of any registry."""
    request_id: str = ""
    offline: Offline | None = None
    """What the answer rests on where no register was asked; then the newest block known is a checkpoint's."""
    pdf_signatures: tuple[PdfSignature, ...] = ()
    """By whom the PDF itself was signed; who that is, is not judged unless the operator named authorities."""

    verdict: Verdict = field(init=False)
    """What the checks come to."""

    def __post_init__(self) -> None:
        """Find the verdict once; a report is asked for it again and again."""
        object.__setattr__(self, "verdict", verdict_of(self.checks))

    def __bool__(self) -> NoReturn:
        """Refuse to be good or bad."""
        raise TypeError("a report has no truth value; look at its verdict")

    @property
    def is_genuine(self) -> bool:
        """Whether what the certificate says is what its agency states, whatever became of it; else it claims so."""
        return {check.name for check in self.checks if check.outcome is Outcome.PASSED} >= _MAKE_IT_GENUINE

    @property
    def is_test(self) -> bool | None:
        """Whether nothing here has any effect; None if it is not known which registry was asked."""
        if self.register is not None:
            return self.register.test
        return None if self.offline is None or self.offline.trust is None else self.offline.trust.test

    @property
    def known_at(self) -> datetime | None:
        """Until when what the registry recorded is known: the time of the newest block."""
        return None if self.register is None else self.register.block_time

    @property
    def block_age_s(self) -> int | None:
        """How old the newest known block was; negative if the node's clock is ahead of ours."""
        return None if self.register is None else int((self.checked_at - self.register.block_time).total_seconds())

    @property
    def registered_later(self) -> date | None:
        """The day on which it was validly registered, where that came after the day that was asked about; else None.

        An earlier batch may have it, too, and not count. None also where nothing is settled: it is not called
        registered before its block is final.
        """
        anchored = self.subject.anchored
        if anchored is None or not self.is_genuine:
            return None
        registered = today(anchored.at)
        return registered if self.on < registered else None

    @property
    def differences(self) -> tuple[Difference, ...]:
        """All that differs between what was signed and what is shown."""
        return tuple(difference for check in self.checks for difference in check.differences)
