"""What the index knows, as verification asks it: a `Snapshot` over one transaction that only reads.

Who might do what comes out of memory, all else out of the tables, row by row: what a question costs does not grow with
the index.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from chain.events import Track
from chain.registry import Identity
from verifier.check.knowledge import Batch, Head, Place, StatusRecord
from verifier.check.moments import time_of
from verifier.indexing import models
from verifier.indexing.kept_rights import Reading
from verifier.wording import message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from verifier.check.knowledge import AgencyRecord, ListedKey
    from verifier.check.rights import Rights
    from verifier.indexing.kept_rights import KeptRights
    from verifier.indexing.lookups import Lookup, Row
    from verifier.indexing.models import RegistryRow, StatusRow
    from verifier.wording import Message

_LEAF_BITS = 256
_REGISTRY = (
    "SELECT chain_id, genesis_hash, registry_id, address, agencies_address, test, deployed_at_block, "
    "head_number, head_hash, head_timestamp, rights_head, generation, polled_at, trouble, is_mismatch "
    "FROM registry WHERE id = 1"
)
_BATCH = "SELECT b.agency, b.root, b.certificate_type, b.version, b.size, b.sequence, b.begins, b.timestamp, "
_BATCHES_WITH = _BATCH + "l.leaf FROM leaves l JOIN batches b ON b.begins = l.batch WHERE l.leaf = ? ORDER BY b.begins"
_BATCH_UNDER = _BATCH + "NULL FROM batches b WHERE b.agency = ? AND b.root = ? ORDER BY b.begins LIMIT 1"
_LEAVES_BETWEEN = "SELECT DISTINCT leaf FROM leaves WHERE leaf >= ? AND leaf <= ? ORDER BY leaf LIMIT 3"
_STATUSES = (
    "SELECT track, from_hour, until_hour, actor, new_leaf, decision, begins, timestamp "
    "FROM statuses WHERE leaf = ? AND agency = ? ORDER BY begins"
)


@dataclass(frozen=True, slots=True)
class Freshness:
    """What a registry's profile says about time."""

    confirmations: int
    max_head_age_s: int

    def doubt(
        self, now: datetime, *, newest: int, polled_at: int, has_trouble: bool, is_mismatch: bool
    ) -> Message | None:
        """Say why an index may not be the present truth; None if it is.

        It is if the nodes agreed when last asked, that was not long ago, and their newest block (its timestamp) is
        young. What a node said is for the operator: the log and `index status` tell it, the public's report does not.
        """
        limit = self.max_head_age_s
        age = int(now.timestamp()) - newest
        if has_trouble and is_mismatch:
            return message("registry.untrusted")
        if has_trouble or int(now.timestamp()) - polled_at > limit:
            return message("registry.silent", since=time_of(polled_at))
        if age > limit:
            return message("registry.behind", age=age, limit=limit)
        if age < -limit:
            return message("registry.ahead", age=-age)
        return None


@dataclass(frozen=True, slots=True)
class Reached:
    """The row of the registry: what the index is of, how far it has come, and what became of the last poll."""

    row: Row
    """As it was read: while it is the same, so is all else here."""
    identity: Identity
    head: Head
    reading: Reading
    polled_at: int
    has_trouble: bool
    is_mismatch: bool

    @classmethod
    def read(cls, lookup: Lookup, known: Reached | None) -> Reached | None:
        """Read it, or return what is known where that is the same; None if the registry was never reached."""
        for row in lookup.rows(_REGISTRY):
            return known if known is not None and known.row == row else cls._of(row)
        return None

    @classmethod
    def _of(cls, row: Row) -> Reached:
        identity = Identity(
            *cast("tuple[int, bytes, bytes, bytes, bytes, bool, int]", (*row[:5], bool(row[5]), row[6]))
        )
        number, block_hash, timestamp, rights_head, generation, polled_at = cast(
            "tuple[int, bytes, int, bytes, str, int]", row[7:13]
        )
        return cls(
            row=row,
            identity=identity,
            head=Head(number, timestamp, block_hash),
            reading=Reading(identity.registry_id, generation, number, rights_head),
            polled_at=polled_at,
            has_trouble=bool(row[13]),
            is_mismatch=bool(row[14]),
        )


class IndexSnapshot:
    """Answers from the index; implements `verifier.check.knowledge.Snapshot`."""

    is_checkpoint = False
    """The index follows the chain, and reads the leaves."""
    times_vouched = True
    """The index has them from the nodes."""

    def __init__(self, lookup: Lookup, reached: Reached, kept: KeptRights, freshness: Freshness) -> None:
        """`reached` is as the lookup told it."""
        self._lookup = lookup
        self._reached = reached
        self._rights: Rights = kept.at(reached.reading, lookup)
        self._freshness = freshness
        self.identity = reached.identity
        self.head = reached.head
        """The newest block in the index."""
        self.confirmations = freshness.confirmations

    def possibly(self, batch: Batch, _dates: Sequence[int]) -> Sequence[Batch]:
        """Return the batch as the index has it."""
        return (batch,)

    def is_dated(self, _now: datetime) -> bool:
        """No: an index that has fallen behind is not the truth at all, see `doubt`."""
        return False

    def doubt(self, now: datetime) -> Message | None:
        """Say why the index may not be the present truth; None if it is."""
        reached = self._reached
        return self._freshness.doubt(
            now,
            newest=reached.head.timestamp,
            polled_at=reached.polled_at,
            has_trouble=reached.has_trouble,
            is_mismatch=reached.is_mismatch,
        )

    def agency(self, agency: int) -> AgencyRecord | None:
        """Return an agency as it is now."""
        return self._rights.agency(agency)

    def agency_ever(self, agency: int) -> Sequence[AgencyRecord]:
        """Return an agency as it is and as it ever was."""
        return list(reversed(self._rights.agency_ever(agency)))

    def lineage(self, agency: int) -> Sequence[AgencyRecord]:
        """Return an agency and all above it, the topmost first."""
        return self._rights.lineage(agency)

    def hosts_ever(self) -> Sequence[str]:
        """Return the official verifying hosts, as they are and as they ever were, in the chain's order."""
        return self._rights.hosts_ever()

    def keys(self, agency: int, kid_prefix: bytes) -> Sequence[ListedKey]:
        """Return the keys listed for an agency whose kid begins so."""
        return self._rights.keys(agency, kid_prefix, unsure_from=Place(self.head.number - self.confirmations + 1, 0))

    def batches_with(self, leaf: bytes) -> Sequence[Batch]:
        """Return every batch, of any agency, that holds the leaf; the earliest first."""
        found = [_batch(row) for row in self._lookup.rows(_BATCHES_WITH, leaf)]
        # A batch may hold a leaf twice.
        return list({batch.place: batch for batch in found}.values())

    def batch(self, agency: int, root: bytes) -> Batch | None:
        """Return an agency's batch by its root."""
        return next(map(_batch, self._lookup.rows(_BATCH_UNDER, agency, root)), None)

    def leaves_beginning(self, prefix: bytes, bits: int) -> Sequence[bytes]:
        """Return the different leaves whose first bits are those of `prefix`; three at most."""
        first = int.from_bytes(prefix.ljust(_LEAF_BITS // 8, b"\0")) >> (_LEAF_BITS - bits) << (_LEAF_BITS - bits)
        last = first | ((1 << (_LEAF_BITS - bits)) - 1)
        ends = first.to_bytes(_LEAF_BITS // 8), last.to_bytes(_LEAF_BITS // 8)
        return [leaf for (leaf,) in cast("list[tuple[bytes]]", self._lookup.rows(_LEAVES_BETWEEN, *ends))]

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
        return [_status(row) for row in self._lookup.rows(_STATUSES, leaf, agency)]


def identity_of(row: RegistryRow) -> Identity:
    """Return which registry an index is of."""
    return Identity(
        chain_id=row.chain_id,
        genesis_hash=row.genesis_hash,
        registry_id=row.registry_id,
        address=row.address,
        agencies_address=row.agencies_address,
        test=row.test,
        deployed_at_block=row.deployed_at_block,
    )


def _place(begins: int) -> Place:
    return Place(models.block_of(begins), models.log_of(begins))


def _batch(row: Row) -> Batch:
    agency, root, certificate_type, version, size, sequence, begins, timestamp, leaf = cast(
        "tuple[int, bytes, int, int, int, int, int, int, bytes | None]", row
    )
    return Batch(
        agency=agency,
        root=root,
        certificate_type=certificate_type,
        version=version,
        size=size,
        sequence=sequence,
        leaves=() if leaf is None else (leaf,),
        place=_place(begins),
        timestamp=timestamp,
    )


def _status(row: Row) -> StatusRecord:
    track, from_hour, until_hour, actor, new_leaf, decision, begins, timestamp = cast(
        "tuple[int, int, int, int, bytes | None, bytes, int, int]", row
    )
    return StatusRecord(
        track=Track(track),
        from_hour=from_hour,
        until_hour=until_hour,
        actor=actor,
        new_leaf=new_leaf,
        decision=decision or None,
        place=_place(begins),
        timestamp=timestamp,
    )


def status_of(row: StatusRow) -> StatusRecord:
    """Return an entry as verification knows it."""
    return StatusRecord(
        track=Track(row.track),
        from_hour=row.from_hour,
        until_hour=row.until_hour,
        actor=row.actor,
        new_leaf=row.new_leaf,
        decision=row.decision or None,
        place=_place(row.begins),
        timestamp=row.timestamp,
    )
