"""What is out of the ordinary in the statuses that agencies set: sums made by the database, a row for a day or type."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Select, func
from sqlalchemy import select as sql_select
from sqlmodel import col, select

from chain.events import Track
from verifier.audit.anomaly_figures import DAY_S, EPOCH, SHANGHAI_S, Sum, bursts, made
from verifier.audit.anomaly_rules import Rule
from verifier.indexing.models import BatchRow, LeafRow, StatusRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.orm import Mapped
    from sqlalchemy.sql.elements import ColumnElement
    from sqlmodel import Session

    from verifier.audit.anomaly_figures import Anomaly, Asked
    from verifier.audit.anomaly_rules import Rules, ShortLived

_ENDED = (Track.RESCINDED, Track.REVOKED, Track.WITHDRAWN, Track.CANCELLED)


@dataclass(slots=True)
class StatusesRead:
    """What was read of one agency's statuses."""

    days: dict[int, Sum] = field(default_factory=dict)
    """Changes that it made, by the day in China since 1970."""
    ended: dict[int, Sum] = field(default_factory=dict)
    """Certificates of each type that were ended soon."""

    def told(self, agency: int, rules: Rules, asked: Asked, issued: Mapping[int, int]) -> Iterator[Anomaly]:
        """Yield what came out."""
        short, burst = rules.short_lived, rules.status_burst
        for number, each in self.ended.items():
            if short is not None and each.batches >= short.least:
                # Of what was anchored; a leaf may be in several batches, which makes it no less.
                of = issued.get(number, 0)
                if 100 * each.batches >= short.percent * of:
                    yield made(
                        Rule.SHORT_LIVED,
                        agency,
                        each,
                        {
                            "type": number,
                            "ended": each.batches,
                            "certificates": of,
                            "days": short.days,
                            "least": short.least,
                            "percent": short.percent,
                        },
                    )
        if burst is not None:
            for day, figure, middle in bursts(burst, {day: each.batches for day, each in self.days.items()}):
                each = self.days[day]
                if each.began >= asked.begins:
                    yield made(
                        Rule.STATUS_BURST,
                        agency,
                        each,
                        {
                            "day": str(EPOCH + timedelta(days=day)),
                            "changes": figure,
                            "median": middle,
                            "least": burst.least,
                            "times": burst.times,
                        },
                    )


def statuses(session: Session, rules: Rules, asked: Asked, wanted: frozenset[Rule]) -> dict[int, StatusesRead]:
    """Return the sums of statuses of all agencies: a row for each day and each type, however many leaves."""
    found: dict[int, StatusesRead] = defaultdict(StatusesRead)
    if Rule.STATUS_BURST in wanted:
        day = ((col(StatusRow.timestamp) + SHANGHAI_S) // DAY_S).label("day")
        # Replacements are what renewals and corrections are made of.
        where = [col(StatusRow.actor) > 0, col(StatusRow.track) != Track.REPLACED.value]
        counted = _scoped(asked, where, col(StatusRow.actor), col(StatusRow.timestamp))
        grouped = (
            select(StatusRow.actor, day, func.count(), func.min(StatusRow.begins))
            .where(*counted)
            .group_by(col(StatusRow.actor), "day")
        )
        for actor, number, count, place in session.execute(grouped):
            began = int(number) * DAY_S - SHANGHAI_S
            found[actor].days[int(number)] = Sum(place, began, batches=count)
    if Rule.SHORT_LIVED in wanted and rules.short_lived is not None:
        for agency, number, count, place, began in session.execute(_ended_soon(asked, rules.short_lived)):
            found[agency].ended[number] = Sum(place, began, batches=count)
    return dict(found)


def _ended_soon(asked: Asked, rule: ShortLived) -> Select[tuple[int, int, int, int, int]]:
    """Return the query for certificates that were ended soon: agency, type, how many, the first's place and time."""
    where = [
        col(StatusRow.track).in_([track.value for track in _ENDED]),
        col(StatusRow.from_hour) > 0,
        col(StatusRow.timestamp) >= asked.begins,
    ]
    # Asked for each status by itself: a join would have databases go through a million leaves for a few statuses.
    anchored = (
        select(func.min(BatchRow.begins))
        .select_from(LeafRow)
        .join(BatchRow, col(BatchRow.begins) == LeafRow.batch)
        .where(col(LeafRow.leaf) == StatusRow.leaf, col(BatchRow.agency) == StatusRow.agency)
        .correlate(StatusRow)
        .scalar_subquery()
    )
    ended = (
        sql_select(
            col(StatusRow.agency),
            col(StatusRow.leaf),
            col(StatusRow.begins),
            col(StatusRow.timestamp),
            anchored.label("batch"),
        )
        .where(*_scoped(asked, where, col(StatusRow.agency), col(StatusRow.timestamp)))
        .subquery()
    )
    age = ended.c.timestamp - col(BatchRow.timestamp)
    counted = func.count(func.distinct(ended.c.leaf))
    query: Select[tuple[int, int, int, int, int]] = (
        sql_select(
            ended.c.agency,
            col(BatchRow.certificate_type),
            counted,
            func.min(ended.c.begins),
            func.min(ended.c.timestamp),
        )
        .join_from(ended, BatchRow, col(BatchRow.begins) == ended.c.batch)
        .where(age >= 0, age <= rule.days * DAY_S)
        .group_by(ended.c.agency, col(BatchRow.certificate_type))
    )
    return query


def _scoped(
    asked: Asked, where: Sequence[ColumnElement[bool]], agency: Mapped[int], time: Mapped[int]
) -> list[ColumnElement[bool]]:
    only = [] if asked.agency is None else [agency == asked.agency]
    return [*where, time < asked.ends, *only]
