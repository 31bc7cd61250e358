"""What an agency may see: its own, and its subordinates' batches, counts and statuses, but not their holders' claims.

What is out of sight is not found, as if it were not there: a refusal would tell that it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from issuer.errors import NotFound

if TYPE_CHECKING:
    from issuer.directory import Directory
    from issuer.tables.models import Batch, Certificate
    from issuer.tables.store import Work

COUNCIL = 0
"""Whose people are of no agency, and see all agencies' batches."""


@dataclass(frozen=True, slots=True)
class Sight:
    """How far an agency sees."""

    agency: int
    below: frozenset[int]
    """All agencies below it, however far."""

    @property
    def agencies(self) -> tuple[int, ...]:
        """Every agency in sight, the own one first."""
        return (self.agency, *sorted(self.below))

    def sees(self, agency: int) -> bool:
        """Whether batches, counts and statuses of an agency are in sight."""
        return agency == self.agency or agency in self.below

    def reads_claims(self, agency: int) -> bool:
        """Whether what an agency's certificates say of their holders may be read: the own agency's only."""
        return agency == self.agency

    def batch(self, work: Work, batch_id: int) -> Batch:
        """Return a batch in sight; raises `NotFound`."""
        found = work.batch(batch_id)
        if not self.sees(found.agency):
            raise _not_found_batch(batch_id)
        return found

    def own_batch(self, work: Work, batch_id: int) -> Batch:
        """Return a batch of the own agency; raises `NotFound`."""
        found = work.batch(batch_id)
        if found.agency != self.agency:
            raise _not_found_batch(batch_id)
        return found

    def certificate(self, work: Work, row_id: str) -> Certificate:
        """Return a certificate in sight; raises `NotFound`."""
        found = work.certificate(row_id)
        if not self.sees(found.agency):
            raise _not_found_certificate(row_id)
        return found

    def own_certificate(self, work: Work, row_id: str) -> Certificate:
        """Return a certificate of the own agency; raises `NotFound`."""
        found = work.certificate(row_id)
        if found.agency != self.agency:
            raise _not_found_certificate(row_id)
        return found


def of(directory: Directory, agency: int) -> Sight:
    """Return how far an agency sees; the council sees all agencies."""
    if agency == COUNCIL:
        return Sight(agency, frozenset(directory.agencies))
    below: set[int] = set()
    found = {agency}
    while found:
        found = {each.id for each in directory.agencies.values() if each.parent in found} - below
        below |= found
    return Sight(agency, frozenset(below - {agency}))


def _not_found_batch(batch_id: int) -> NotFound:
    # In the very words that the store has for a number that nobody has.
    return NotFound(f"batch: got {batch_id}, wanted the number of one that is listed here")


def _not_found_certificate(row_id: str) -> NotFound:
    return NotFound(f"certificate: got row id {row_id}, wanted one of this database")
