"""Which certificate numbers an agency gave out, so that none is given out twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from issuer.status import statuses
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.certificate_types import CertificateType
    from issuer.office import Office
    from issuer.tables.store import Work


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a type that an agency gave out."""

    office: Office
    certificate_type: CertificateType
    agency: int
    own: frozenset[int] = frozenset()
    """Batches whose numbers do not count: they were made of the same file before."""
    besides: str = ""
    """A certificate whose number does not count: the one that is being edited."""

    def taken(self, work: Work, numbers: Sequence[str]) -> set[str]:
        """Return which of these are given out already."""
        key = self.office.records.data_key(work, self.agency)
        indexes = {key.index("number", number): number for number in numbers}
        taken = work.numbers_in_use(self.agency, self.certificate_type.identifier, list(indexes))
        return {indexes[index] for index in taken if self._still_counts(work, index)}

    def _still_counts(self, work: Work, index: bytes) -> bool:
        """Whether a certificate with that number is in force, or on its way to be: not replaced, ended or expired."""
        for certificate in work.certificates_numbered(self.agency, index):
            is_other = certificate.certificate_type != self.certificate_type.identifier
            if is_other or certificate.batch_id in self.own or certificate.id == self.besides:
                continue
            if work.successor(certificate.id):
                continue
            expired = certificate.last_day is not None and certificate.last_day < self.office.today
            if expired and work.batch(certificate.batch_id).state == State.ISSUED:
                continue
            if not any(held.track.is_final for held in statuses.held_now(self.office, certificate)):
                return True
        return False
