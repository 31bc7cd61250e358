"""What is out of the ordinary in an agency's batches: one pass over them, keeping sums by day, officer and type."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from sqlmodel import select

from verifier.audit import times
from verifier.audit.anomaly_figures import DAY_S, EPOCH, SHANGHAI_S, Sum, bursts, made
from verifier.audit.anomaly_rules import UNKNOWN, Rule
from verifier.indexing.models import BatchRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlmodel import Session

    from verifier.audit.anomaly_figures import Anomaly, Asked
    from verifier.audit.anomaly_rules import Rules
    from verifier.audit.finding import Argument

_ADDRESS = 20
_HOUR_S = 3600
_AT_ONCE = 2_000


class BatchRead(NamedTuple):
    """What is read of a batch; made a million times, which takes a frozen dataclass four times as long."""

    begins: int
    agency: int
    certificate_type: int
    size: int
    sequence: int
    approvers: bytes
    timestamp: int


def batches(session: Session, asked: Asked) -> Iterator[BatchRead]:
    """Yield the batches until the last day asked about, an agency's together and in the chain's order."""
    found = select(  # type: ignore[call-overload]  # SQLModel writes down the types of four columns at most.
        BatchRow.begins,
        BatchRow.agency,
        BatchRow.certificate_type,
        BatchRow.size,
        BatchRow.sequence,
        BatchRow.approvers,
        BatchRow.timestamp,
    ).where(BatchRow.timestamp < asked.ends)
    if asked.agency is not None:
        found = found.where(BatchRow.agency == asked.agency)
    ordered = found.order_by(BatchRow.agency, BatchRow.begins).execution_options(yield_per=_AT_ONCE)
    return map(BatchRead._make, session.execute(ordered))


@dataclass(slots=True)
class _Run:
    """Batches with one officer's approval that follow each other closely."""

    sum: Sum
    last: int
    """When the last of them came."""


@dataclass(slots=True)
class BatchesRead:
    """What was read of one agency: sums by day, by officer and by type, whatever the number of batches."""

    agency: int
    rules: Rules
    asked: Asked
    wanted: frozenset[Rule]
    days: dict[int, Sum] = field(default_factory=dict)
    """By the day in China, since 1970."""
    nights: dict[int, Sum] = field(default_factory=dict)
    """By the day on which they begin."""
    within: Sum | None = None
    """All batches on the days asked about."""
    approvals: Counter[bytes] = field(default_factory=Counter)
    types: dict[int, Sum] = field(default_factory=dict)
    issued: Counter[int] = field(default_factory=Counter)
    """Certificates of each type, until the last day asked about."""
    runs: dict[bytes, _Run] = field(default_factory=dict)
    found: list[Anomaly] = field(default_factory=list)
    before: BatchRead | None = None

    def take(self, row: BatchRead) -> None:
        """Add a batch."""
        day, second = divmod(row.timestamp + SHANGHAI_S, DAY_S)
        _added(self.days, day, row)
        self.issued[row.certificate_type] += row.size
        if row.timestamp >= self.asked.begins:
            if self.within is None:
                self.within = Sum(row.begins, row.timestamp)
            self.within.add(row.size)
            _added(self.types, row.certificate_type, row)
            hour, night = second // _HOUR_S, self.rules.night
            if night is not None and (hour - night.from_hour) % 24 < night.length:
                _added(self.nights, day if hour >= night.from_hour else day - 1, row)
            for officer in _officers(row.approvers):
                self.approvals[officer] += 1
                self._follow(officer, row)
            self._compare(row)
        self.before = row

    def told(self) -> Iterator[Anomaly]:
        """Yield what came out, once all batches were taken."""
        for officer, run in self.runs.items():
            self._close(officer, run)
        yield from self.found
        yield from self._bursts()
        yield from self._nights()
        yield from self._holidays()
        yield from self._in_shares()

    def _bursts(self) -> Iterator[Anomaly]:
        rule = self.rules.burst
        if Rule.BURST not in self.wanted or rule is None:
            return
        for day, _, middle in bursts(rule, {day: each.certificates for day, each in self.days.items()}):
            each = self.days[day]
            if each.began >= self.asked.begins:
                figures = {"median": middle, "least": rule.least, "times": rule.times}
                yield made(Rule.BURST, self.agency, each, _counted(day, each) | figures)

    def _nights(self) -> Iterator[Anomaly]:
        rule = self.rules.night
        if Rule.NIGHT not in self.wanted or rule is None:
            return
        for day, each in self.nights.items():
            if each.batches >= rule.least:
                figures = {"from_hour": rule.from_hour, "until_hour": rule.until_hour, "least": rule.least}
                yield made(Rule.NIGHT, self.agency, each, _counted(day, each) | figures)

    def _holidays(self) -> Iterator[Anomaly]:
        rule = self.rules.holiday
        if Rule.HOLIDAY not in self.wanted or rule is None:
            return
        unasked: dict[int, Sum] = {}
        for number, each in self.days.items():
            day = EPOCH + timedelta(days=number)
            kind = rule.kind(day)
            if kind is None or each.began < self.asked.begins:
                continue
            if kind == UNKNOWN:
                unasked.setdefault(day.year, Sum(each.place, each.began)).join(each)
            elif each.batches >= rule.least:
                code = f"anomaly_{kind}"
                yield made(Rule.HOLIDAY, self.agency, each, _counted(number, each) | {"least": rule.least}, code=code)
        for year, each in unasked.items():
            figures = {"year": year, "batches": each.batches, "certificates": each.certificates}
            yield made(Rule.HOLIDAY, self.agency, each, figures, code=f"anomaly_{UNKNOWN}")

    def _in_shares(self) -> Iterator[Anomaly]:
        alone, rare = self.rules.one_approver, self.rules.rare_type
        if self.within is None:
            return
        if Rule.ONE_APPROVER in self.wanted and alone is not None and self.within.batches >= alone.least:
            for officer, count in sorted(self.approvals.items()):
                if 100 * count >= alone.percent * self.within.batches:
                    yield made(
                        Rule.ONE_APPROVER,
                        self.agency,
                        self.within,
                        {
                            "officer": f"0x{officer.hex()}",
                            "approved": count,
                            "batches": self.within.batches,
                            "percent": alone.percent,
                            "least": alone.least,
                        },
                    )
        if Rule.RARE_TYPE in self.wanted and rare is not None and self.within.certificates >= rare.least:
            for number, each in sorted(self.types.items()):
                is_rare = 100 * each.certificates <= rare.percent * self.within.certificates
                if is_rare and each.batches <= rare.most:
                    yield made(
                        Rule.RARE_TYPE,
                        self.agency,
                        each,
                        {
                            "type": number,
                            "batches": each.batches,
                            "certificates": each.certificates,
                            "all": self.within.certificates,
                            "most": rare.most,
                            "percent": rare.percent,
                        },
                    )

    def _follow(self, officer: bytes, row: BatchRead) -> None:
        """Add a batch to its approver's run, or begin a new one."""
        rush = self.rules.rush
        if rush is None or Rule.RUSH not in self.wanted:
            return
        run = self.runs.get(officer)
        if run is not None and row.timestamp - run.last > rush.seconds:
            self._close(officer, run)
            run = None
        if run is None:
            run = self.runs[officer] = _Run(Sum(row.begins, row.timestamp), row.timestamp)
        run.sum.add(row.size)
        run.last = row.timestamp

    def _close(self, officer: bytes, run: _Run) -> None:
        rush = self.rules.rush
        if rush is None or run.sum.certificates < rush.least or run.sum.batches < rush.least_batches:
            return
        figures = {"seconds": rush.seconds, "least": rush.least, "took": run.last - run.sum.began}
        counted = {"batches": run.sum.batches, "certificates": run.sum.certificates}
        self.found.append(
            made(Rule.RUSH, self.agency, run.sum, {"officer": f"0x{officer.hex()}", **counted, **figures})
        )

    def _compare(self, row: BatchRead) -> None:
        """Hold a batch against the one before it."""
        before = self.before
        if before is None or Rule.DISORDER not in self.wanted:
            return
        if row.sequence != before.sequence + 1 or row.timestamp < before.timestamp:
            of_both: dict[str, Argument] = {
                "sequence": row.sequence,
                "before": before.sequence,
                "time": times.shanghai(row.timestamp),
                "time_before": times.shanghai(before.timestamp),
            }
            where = Sum(row.begins, row.timestamp)
            self.found.append(made(Rule.DISORDER, self.agency, where, of_both))


def _counted(day: int, each: Sum) -> dict[str, Argument]:
    return {"day": str(EPOCH + timedelta(days=day)), "batches": each.batches, "certificates": each.certificates}


def _added(sums: dict[int, Sum], key: int, row: BatchRead) -> None:
    found = sums.get(key)
    if found is None:
        found = sums[key] = Sum(row.begins, row.timestamp)
    found.add(row.size)


@lru_cache(maxsize=1_000)
def _officers(approvers: bytes) -> frozenset[bytes]:
    """Take addresses apart; the same few officers approve batch after batch."""
    return frozenset(approvers[at : at + _ADDRESS] for at in range(0, len(approvers), _ADDRESS))
