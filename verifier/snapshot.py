"""What the index knows, as verification asks it: a `Snapshot` over one reading session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_
from sqlmodel import col, select

from chain.events import Track
from chain.keys import PublicKey
from chain.registry import Identity
from verifier import models
from verifier.knowledge import NO_CUT_OFF, AgencyRecord, Batch, Head, ListedKey, Place, StatusRecord, final_block
from verifier.models import AgencyRow, BatchRow, GrantRow, HostRow, KeyRow, LeafRow, StatusRow, TypeRow
from verifier.moments import time_of
from verifier.wording import message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlmodel import Session

    from verifier.models import Held, RegistryRow
    from verifier.wording import Message

_ES256 = 1
"""The only algorithm number of keys that this software knows (IAgencies)."""
_LEAF_BITS = 256
_MOST_LEAVES = 3


@dataclass(frozen=True, slots=True)
class Freshness:
    """What a registry's profile says about time."""

    confirmations: int
    max_head_age_s: int


class IndexSnapshot:
    """Answers from the index's tables; implements `verifier.knowledge.Snapshot`."""

    def __init__(self, session: Session, row: RegistryRow, freshness: Freshness) -> None:
        self._session = session
        self._row = row
        self._freshness = freshness

    @property
    def identity(self) -> Identity:
        """Which registry this is."""
        return identity_of(self._row)

    @property
    def head(self) -> Head:
        """The newest block in the index."""
        return Head(self._row.head_number, self._row.head_timestamp)

    @property
    def confirmations(self) -> int:
        """How many blocks must follow a block for it to be final."""
        return self._freshness.confirmations

    @property
    def is_checkpoint(self) -> bool:
        """No: the index follows the chain, and reads the leaves."""
        return False

    @property
    def times_vouched(self) -> bool:
        """Yes: the index has them from the nodes."""
        return True

    def possibly(self, batch: Batch, _dates: Sequence[int]) -> Sequence[Batch]:
        """Return the batch as the index has it."""
        return (batch,)

    def is_dated(self, _now: datetime) -> bool:
        """No: an index that has fallen behind is not the truth at all, see `doubt`."""
        return False

    def doubt(self, now: datetime) -> Message | None:
        """Say why the index may not be the present truth.

        It is if the nodes agreed when last asked, that was not long ago, and their newest block is young. What a node
        said is for the operator: the log and `index status` tell it, the public's report does not.
        """
        row, limit = self._row, self._freshness.max_head_age_s
        age = int(now.timestamp()) - row.head_timestamp
        if row.trouble and row.is_mismatch:
            return message("registry.untrusted")
        if row.trouble or int(now.timestamp()) - row.polled_at > limit:
            return message("registry.silent", since=time_of(row.polled_at))
        if age > limit:
            return message("registry.behind", age=age, limit=limit)
        if age < -limit:
            return message("registry.ahead", age=-age)
        return None

    def agency(self, agency: int) -> AgencyRecord | None:
        """Return an agency as it is now."""
        row = self._session.exec(select(AgencyRow).where(AgencyRow.agency == agency, _is_present(AgencyRow))).first()
        return None if row is None else AgencyRecord(row.agency, row.parent, row.code, row.name)

    def agency_ever(self, agency: int) -> Sequence[AgencyRecord]:
        """Return an agency as it is and as it ever was."""
        rows = self._session.exec(select(AgencyRow).where(AgencyRow.agency == agency))
        return [AgencyRecord(row.agency, row.parent, row.code, row.name) for row in rows]

    def hosts_ever(self) -> Sequence[str]:
        """Return the official verifying hosts, as they are and as they ever were, in the chain's order."""
        rows = self._session.exec(select(HostRow.host).order_by(col(HostRow.begins)))
        return list(dict.fromkeys(rows))

    def keys(self, agency: int, kid_prefix: bytes) -> Sequence[ListedKey]:
        """Return the keys listed for an agency whose kid begins so."""
        # All that held after the newest final block: what took its place there may be taken back.
        after = models.place(final_block(self) + 1)
        found = select(KeyRow).where(KeyRow.agency == agency, or_(_is_present(KeyRow), col(KeyRow.ends) >= after))
        rows = [row for row in self._session.exec(found) if row.kid.startswith(kid_prefix) and row.algorithm == _ES256]
        lowest: dict[bytes, int] = {}
        for row in rows:
            lowest[row.kid] = min(lowest.get(row.kid, NO_CUT_OFF), _cut_off(row))
        return [_listed_key(row, lowest[row.kid]) for row in rows if row.ends is None]

    def batches_with(self, leaf: bytes) -> Sequence[Batch]:
        """Return every batch, of any agency, that holds the leaf; the earliest first."""
        found = (
            select(BatchRow)
            .join(LeafRow, col(LeafRow.batch) == BatchRow.begins)
            .where(LeafRow.leaf == leaf)
            .order_by(col(BatchRow.begins))
            .distinct()
        )
        return [self._batch(row) for row in self._session.exec(found)]

    def batch(self, agency: int, root: bytes) -> Batch | None:
        """Return an agency's batch by its root."""
        row = self._session.exec(select(BatchRow).where(BatchRow.agency == agency, BatchRow.root == root)).first()
        return None if row is None else self._batch(row)

    def leaves_beginning(self, prefix: bytes, bits: int) -> Sequence[bytes]:
        """Return the different leaves whose first bits are those of `prefix`; three at most."""
        first = int.from_bytes(prefix.ljust(_LEAF_BITS // 8, b"\0")) >> (_LEAF_BITS - bits) << (_LEAF_BITS - bits)
        last = first | ((1 << (_LEAF_BITS - bits)) - 1)
        found = select(LeafRow.leaf).where(
            col(LeafRow.leaf) >= first.to_bytes(_LEAF_BITS // 8), col(LeafRow.leaf) <= last.to_bytes(_LEAF_BITS // 8)
        )
        return list(self._session.exec(found.distinct().order_by(col(LeafRow.leaf)).limit(_MOST_LEAVES)))

    def is_suspended(self, agency: int, place: Place) -> bool:
        """Whether that one agency was suspended just before that place."""
        found = select(AgencyRow.suspended_by).where(AgencyRow.agency == agency, _held(AgencyRow, place))
        return self._session.exec(found).first() != 0

    def holds_type(self, agency: int, certificate_type: int, place: Place) -> bool:
        """Whether that one agency held the type just before that place."""
        found = select(GrantRow.agency).where(
            GrantRow.agency == agency, GrantRow.certificate_type == certificate_type, _held(GrantRow, place)
        )
        return self._session.exec(found).first() is not None

    def type_digest(self, certificate_type: int, version: int, place: Place) -> bytes | None:
        """Return the digest of the type's data file, None if it was not registered before that place."""
        found = select(TypeRow.digest).where(
            TypeRow.certificate_type == certificate_type, TypeRow.version == version, _held(TypeRow, place)
        )
        return self._session.exec(found).first()

    def statuses(self, agency: int, leaf: bytes) -> Sequence[StatusRecord]:
        """Return everything recorded about an agency's leaf, in the chain's order."""
        found = select(StatusRow).where(StatusRow.agency == agency, StatusRow.leaf == leaf)
        return [_status(row) for row in self._session.exec(found.order_by(col(StatusRow.begins)))]

    def _batch(self, row: BatchRow) -> Batch:
        leaves = select(LeafRow.leaf).where(LeafRow.batch == row.begins).order_by(col(LeafRow.position))
        return Batch(
            agency=row.agency,
            root=row.root,
            certificate_type=row.certificate_type,
            version=row.version,
            size=row.size,
            sequence=row.sequence,
            leaves=tuple(self._session.exec(leaves)),
            place=_place(row.begins),
            timestamp=row.timestamp,
        )


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


def _is_present(table: type[Held]) -> ColumnElement[bool]:
    return col(table.ends).is_(None)


def _held(table: type[Held], place: Place) -> ColumnElement[bool]:
    """Demand that a row held just before that place."""
    here = models.place(place.block, place.log_index)
    return (col(table.begins) < here) & or_(col(table.ends).is_(None), col(table.ends) >= here)


def _place(begins: int) -> Place:
    return Place(models.block_of(begins), models.log_of(begins))


def _cut_off(row: KeyRow) -> int:
    return NO_CUT_OFF if row.cut_off_block is None else row.cut_off_block


def _listed_key(row: KeyRow, cut_off_block: int) -> ListedKey:
    return ListedKey(
        kid=row.kid,
        public_key=PublicKey(row.x, row.y),
        listed_at_block=row.listed_at_block,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        cut_off_block=cut_off_block,
    )


def _status(row: StatusRow) -> StatusRecord:
    return StatusRecord(
        track=Track(row.track),
        from_hour=row.from_hour,
        until_hour=row.until_hour,
        actor=row.actor,
        new_leaf=row.new_leaf,
        place=_place(row.begins),
        timestamp=row.timestamp,
    )
