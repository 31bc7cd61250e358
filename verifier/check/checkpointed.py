"""What a believed checkpoint knows, as verification asks it: a `Snapshot` without a register.

All of it is final. It holds every right, every status and the root of every batch up to its block, and nothing that
came after; which leaves a batch has, only a path tells.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from chain.errors import TrustListRefused
from chain.events import CertificateReplaced, Track
from chain.registry import Identity
from chain.steps import List
from chain.trust_list import CLOCK_TOLERANCE
from verifier.check.knowledge import Batch, Head, Place, StatusRecord
from verifier.check.moments import time_of
from verifier.check.rights import Rights
from verifier.wording import message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from chain.checkpoint import Believed
    from chain.events import BatchAnchored, Record, StatusChanged
    from chain.trust_list import TrustList
    from verifier.check.knowledge import AgencyRecord, ListedKey
    from verifier.wording import Message

FRESH = timedelta(hours=24)
"""How old a checkpoint may be to speak of today (protocol, «Offline»)."""


def is_vouched_for(believed: Believed, trust: TrustList) -> bool:
    """Whether as many attesters vouch for a checkpoint as the trust list demands, and one at least."""
    return len(believed.attesters) >= max(1, trust.attester_threshold)


def not_current(trust: TrustList, now: datetime) -> Message | None:
    """Say that a trust list is not of this time, or that the clock is not; None if they go together."""
    try:
        trust.require_current(now)
    except TrustListRefused:
        return message("offline.trust_list_not_current", now=now, issued=trust.issued, expires=trust.expires)
    return None


class CheckpointSnapshot:
    """Answers from a checkpoint's history; implements `verifier.check.knowledge.Snapshot`."""

    def __init__(self, believed: Believed, trust: TrustList) -> None:
        """Fold the rights; statuses and batches are looked up when they are asked for."""
        self._believed, self._trust = believed, trust
        self._checkpoint, self._history = believed.checkpoint, believed.history
        self._rights = Rights(believed.history.records(List.RIGHTS))

    @property
    def identity(self) -> Identity:
        """Which registry this is; the hash of the genesis block no checkpoint tells."""
        return Identity(
            chain_id=self._trust.chain_id,
            genesis_hash=b"",
            registry_id=self._trust.registry_id,
            address=self._trust.registry,
            agencies_address=self._trust.agencies,
            test=self._trust.test,
            deployed_at_block=0,
        )

    @property
    def head(self) -> Head:
        """The checkpoint's block."""
        return Head(self._checkpoint.block_number, self._checkpoint.timestamp, self._checkpoint.block_hash)

    @property
    def confirmations(self) -> int:
        """None: a checkpoint is believed only when its block is final, or as final as it gets."""
        return 0

    @property
    def is_checkpoint(self) -> bool:
        """Yes."""
        return True

    @property
    def times_vouched(self) -> bool:
        """Whether as many attesters vouch as the trust list demands; the heads that the block proves bind no times."""
        return is_vouched_for(self._believed, self._trust)

    def possibly(self, batch: Batch, dates: Sequence[int]) -> Sequence[Batch]:
        """Return a batch, then as it is at other places and times that it may have had, up to the checkpoint's."""
        if self.times_vouched:
            return (batch,)
        head = self.head
        times = {batch.timestamp}
        if not batch.is_time_proven and batch.place.block != head.number:
            # Blocks' times rise, but where they begin nobody who is trusted says.
            times |= {0, head.timestamp, *(date for date in dates if date < head.timestamp)}
        places = {batch.place, *self._rights.places_in(batch.place.block)}
        others = (replace(batch, place=place, timestamp=time) for place in sorted(places) for time in sorted(times))
        # What is told comes first: it is what a report repeats.
        return [batch, *(each for each in others if each != batch)]

    def is_dated(self, now: datetime) -> bool:
        """Whether the checkpoint is more than a day old."""
        return now - time_of(self._checkpoint.timestamp) > FRESH

    def doubt(self, now: datetime) -> Message | None:
        """Say that the clock must be wrong, or that the trust list has expired."""
        known = time_of(self._checkpoint.timestamp)
        if now < known - CLOCK_TOLERANCE:
            return message("offline.clock_behind", now=now, known=known, block=self._checkpoint.block_number)
        return not_current(self._trust, now)

    def agency(self, agency: int) -> AgencyRecord | None:
        """Return an agency as of the checkpoint."""
        return self._rights.agency(agency)

    def agency_ever(self, agency: int) -> Sequence[AgencyRecord]:
        """Return an agency as of the checkpoint and as it ever was before."""
        return list(reversed(self._rights.agency_ever(agency)))

    def lineage(self, agency: int) -> Sequence[AgencyRecord]:
        """Return an agency and all above it, the topmost first."""
        return self._rights.lineage(agency)

    def hosts_ever(self) -> Sequence[str]:
        """Return the official verifying hosts as of the checkpoint and as they ever were before."""
        return self._rights.hosts_ever()

    def keys(self, agency: int, kid_prefix: bytes) -> Sequence[ListedKey]:
        """Return the keys listed for an agency whose kid begins so."""
        return self._rights.keys(agency, kid_prefix)

    def batches_with(self, _leaf: bytes) -> Sequence[Batch]:
        """Return none: a checkpoint has no leaves."""
        return ()

    def batch(self, agency: int, root: bytes) -> Batch | None:
        """Return an agency's batch by its root."""
        # One at most: the registry takes no batch twice.
        return next(map(_batch, self._history.batches(agency, root)), None)

    def leaves_beginning(self, _prefix: bytes, _bits: int) -> Sequence[bytes]:
        """Return none: a checkpoint has no leaves."""
        return ()

    def is_suspended(self, agency: int, place: Place) -> bool:
        """Whether that one agency was suspended just before that place."""
        return self._rights.is_suspended(agency, place)

    def holds_type(self, agency: int, certificate_type: int, place: Place) -> bool:
        """Whether that one agency held the type just before that place."""
        return self._rights.holds_type(agency, certificate_type, place)

    def type_digest(self, certificate_type: int, version: int, place: Place) -> bytes | None:
        """Return the digest of the type's data file, None if it was not registered before that place."""
        return self._rights.type_digest(certificate_type, version, place)

    def statuses(self, agency: int, leaf: bytes) -> Sequence[StatusRecord]:
        """Return everything recorded about an agency's leaf, in the chain's order."""
        return [_status(record) for record in self._history.statuses(agency, leaf)]


def _batch(record: Record) -> Batch:
    event = cast("BatchAnchored", record.event)
    return Batch(
        agency=event.agency,
        root=event.root,
        certificate_type=event.certificate_type,
        version=event.version,
        size=event.size,
        sequence=event.sequence,
        leaves=(),
        place=_place(record),
        timestamp=record.block_timestamp,
    )


def _status(record: Record) -> StatusRecord:
    event = cast("CertificateReplaced | StatusChanged", record.event)
    place, timestamp = _place(record), record.block_timestamp
    if isinstance(event, CertificateReplaced):
        return StatusRecord(
            track=Track.REPLACED,
            from_hour=event.from_hour,
            until_hour=0,
            actor=event.agency,
            new_leaf=event.new_leaf,
            decision=None,
            place=place,
            timestamp=timestamp,
        )
    return StatusRecord(
        track=event.track,
        from_hour=event.from_hour,
        until_hour=event.until_hour,
        actor=event.actor,
        new_leaf=None,
        decision=event.decision,
        place=place,
        timestamp=timestamp,
    )


def _place(record: Record) -> Place:
    return Place(record.block_number, record.log_index)
