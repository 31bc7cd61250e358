"""What is counted when something is asked to be out of the ordinary, and how the answer is written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import TYPE_CHECKING

from verifier.audit import times
from verifier.audit.anomaly_rules import UNKNOWN, Rule
from verifier.audit.finding import Finding, Grade
from verifier.audit.misasked import Misasked
from verifier.indexing.models import block_of, log_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from verifier.audit.anomaly_rules import Burst
    from verifier.audit.finding import Argument

SHANGHAI_S, DAY_S = 8 * 3600, 86_400
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked about."""

    agency: int | None = None
    first: date | None = None
    """The first day, in China; None for the beginning."""
    last: date | None = None
    """The last day, included; None for the end."""
    rules: frozenset[Rule] = frozenset(Rule)

    def __post_init__(self) -> None:
        """Refuse days in the wrong order: an empty list would look as if nothing were out of the ordinary."""
        if self.first is not None and self.last is not None and self.last < self.first:
            raise Misasked("days", first=self.first.isoformat(), last=self.last.isoformat())

    @property
    def begins(self) -> int:
        """The first second."""
        return 0 if self.first is None else times.seconds_of(self.first)

    @property
    def ends(self) -> int:
        """The first second that is too late."""
        return 2**62 if self.last is None else times.seconds_of(self.last, days_after=1)


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Something out of the ordinary."""

    rule: Rule
    finding: Finding
    """Always a remark; its arguments are the figures and the thresholds."""
    agency: int
    began: int
    """Seconds since 1970."""

    @property
    def is_not_run(self) -> bool:
        """Whether it says that a rule could not be asked, rather than what it found."""
        return self.finding.code == f"anomaly_{UNKNOWN}"

    @property
    def key(self) -> tuple[int, int, str, str]:
        """Its place in the list: by agency and time, and what else tells it from others."""
        figures = self.finding.arguments
        return self.agency, self.began, self.rule.value, str(figures.get("officer", figures.get("type", "")))


@dataclass(slots=True)
class Sum:
    """Batches, or changes of statuses, that belong together."""

    place: int
    """Of the first."""
    began: int
    batches: int = 0
    certificates: int = 0

    def add(self, certificates: int) -> None:
        """Add a batch of so many certificates."""
        self.batches += 1
        self.certificates += certificates

    def join(self, other: Sum) -> None:
        """Add what another has."""
        self.batches += other.batches
        self.certificates += other.certificates


def bursts(rule: Burst, days: Mapping[int, int]) -> Iterator[tuple[int, int, int]]:
    """Yield the days with far more than the median, each with its figure and the median."""
    if len(days) < rule.least_days:
        return
    middle = median(days.values())
    for day, figure in days.items():
        if figure >= rule.least and figure >= rule.times * middle:
            yield day, figure, int(middle)


def made(rule: Rule, agency: int, about: Sum, figures: Mapping[str, Argument], *, code: str = "") -> Anomaly:
    """Write down something that began at a place on the chain; the sentence is the rule's, or that of `code`."""
    finding = Finding(
        Grade.REMARK,
        code or f"anomaly_{rule}",
        block=block_of(about.place),
        log_index=log_of(about.place),
        agency=agency,
        arguments=figures,
    )
    return Anomaly(rule, finding, agency, about.began)
