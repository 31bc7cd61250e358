"""What is out of the ordinary in what agencies did, by the plain rules of `anomaly_rules`.

Everything comes from batches and statuses as the chain has them: one pass over each, an agency at a time, so that the
number of certificates does not matter. What an ordinary day is, all days until the last one asked about tell; what is
reported lies within the days asked about.

What the chain does not show, nobody can be asked about here: when an approval was given (the registry learns of both
signatures at once, in the transaction that anchors), how long anybody read, the certificate numbers. An issuer's own
records and its signed manifest may tell. A block's time is what its maker wrote there.
"""

from __future__ import annotations

from itertools import groupby
from math import inf
from typing import TYPE_CHECKING

from verifier.audit.anomaly_batches import BatchesRead, batches
from verifier.audit.anomaly_statuses import StatusesRead, statuses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlmodel import Session

    from verifier.audit.anomaly_figures import Anomaly, Asked
    from verifier.audit.anomaly_rules import Rules

HIDDEN = ("approval_times", "numbers", "block_times")
"""What the chain does not show; the sentences are `audit.anomaly.hidden.<name>` in the locales."""


def anomalies(session: Session, rules: Rules, asked: Asked) -> Iterator[Anomaly]:
    """Yield all, in the order of their keys; each agency's only when all of its batches were read."""
    wanted = frozenset(rules.asked) & asked.rules
    by_status = statuses(session, rules, asked, wanted)

    def acted_only(before: float) -> Iterator[Anomaly]:
        """Yield what agencies did that changed statuses and issued nothing themselves."""
        for agency in sorted(each for each in by_status if each < before):
            told = by_status.pop(agency).told(agency, rules, asked, {})
            yield from sorted(told, key=lambda each: each.key)

    for agency, rows in groupby(batches(session, asked), key=lambda row: row.agency):
        yield from acted_only(agency)
        seen = BatchesRead(agency, rules, asked, wanted)
        for row in rows:
            seen.take(row)
        found = [*seen.told(), *by_status.pop(agency, StatusesRead()).told(agency, rules, asked, seen.issued)]
        yield from sorted(found, key=lambda each: each.key)
    yield from acted_only(inf)
