"""The model's certificates: what was anchored, and what became of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from enum import IntEnum

from eth_utils import keccak

from tests.contracts.model import NOBODY, ZERO, demand
from tests.contracts.model_agencies import Agencies
from tests.contracts.model_consents import MOST_SIGNATURES

MAX_BATCH = 1024
MAX_STATUS_LEAVES = 256
HOUR = 3600


class Track(IntEnum):
    """The tracks of a status."""

    RESCINDED = 0
    REVOKED = 1
    WITHDRAWN = 2
    CANCELLED = 3
    REPLACED = 4
    SUSPENSION = 5
    LOSS = 6
    RENEWAL_PENDING = 7


FROM_BIT = {track: 27 * track for track in Track if track <= Track.REPLACED} | {Track.SUSPENSION: 135, Track.LOSS: 186}
UNTIL_BIT = {Track.SUSPENSION: 159, Track.RENEWAL_PENDING: 213}
LEVEL_BIT = {track: 27 * track + 24 for track in Track if track <= Track.REPLACED} | {
    Track.SUSPENSION: 183,
    Track.LOSS: 210,
    Track.RENEWAL_PENDING: 237,
}


@dataclass(frozen=True, slots=True)
class Mark:
    """What one track holds."""

    start: int
    until: int
    level: int


def packed(marks: dict[Track, Mark], changes: int = 0) -> int:
    """Return the slot that holds these marks after so many changes."""
    slot = changes % 2**16 << 240
    for track, mark in marks.items():
        slot |= mark.start << FROM_BIT[track] if track in FROM_BIT else 0
        slot |= mark.until << UNTIL_BIT[track] if track in UNTIL_BIT else 0
        slot |= mark.level << LEVEL_BIT[track]
    return slot


def root_of(leaves: list[bytes]) -> bytes:
    """Return the RFC 9162 root of leaves that are hashes already, by the RFC's recursion (2.1.1)."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + root_of(leaves[:k]) + root_of(leaves[k:])).digest()


def held_hash(slots: list[int]) -> bytes:
    """Return the hash of what slots hold."""
    return keccak(b"".join(slot.to_bytes(32, "big") for slot in slots))


@dataclass(frozen=True, slots=True)
class Batch:
    """An anchored batch."""

    certificate_type: int
    version: int
    size: int
    sequence: int
    block: int
    replacing: tuple[tuple[bytes, ...], int] | None = None
    """The old leaves and the hour from which they are replaced; None for `anchor`."""


@dataclass(frozen=True, slots=True)
class Approvals:
    """A batch's signatures as the contract recovers them."""

    deadline: int
    preparer: str
    approvers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A change of status, with its signers as the contract recovers them."""

    agency: int
    actor: int
    leaves: tuple[bytes, ...]
    held: bytes
    track: Track
    start: int
    until: int
    decision: bytes
    deadline: int
    signers: tuple[str, ...]


class Certificates(Agencies):
    """Batches and statuses. One object stands for both contracts."""

    def __init__(self, *, registry_id: bytes, test: bool, address: str) -> None:
        super().__init__(registry_id=registry_id, test=test, address=address)
        self.batches: dict[tuple[int, bytes], Batch] = {}
        self.sequences: dict[int, int] = {}
        self.marks: dict[tuple[int, bytes], dict[Track, Mark]] = {}
        self.changes: Counter[tuple[int, bytes]] = Counter()

    def slot(self, agency: int, leaf: bytes) -> int:
        """Return a leaf's status slot."""
        return packed(self.marks.get((agency, leaf), {}), self.changes[agency, leaf])

    @property
    def hour(self) -> int:
        """The present hour."""
        return self.time // HOUR

    # Anchoring.

    def anchor(
        self, agency: int, certificate_type: int, version: int, leaves: list[bytes], approvals: Approvals
    ) -> None:
        """Anchor a batch; repeating it has no effect."""
        demand(1 <= len(leaves) <= MAX_BATCH, "SizeOutOfRange")
        self._anchor(agency, certificate_type, version, leaves, approvals, replacing=None)

    def replace(  # noqa: PLR0917 - in the contract's order
        self,
        agency: int,
        certificate_type: int,
        version: int,
        leaves: list[bytes],
        old_leaves: list[bytes],
        start: int,
        approvals: Approvals,
    ) -> None:
        """Anchor a batch whose leaves take the place of others."""
        demand(1 <= len(leaves) <= MAX_BATCH, "SizeOutOfRange")
        demand(len(old_leaves) == len(leaves), "OldLeavesMismatch")
        demand(start, "FromZero")
        old = tuple(old_leaves)
        fresh = len(set(old)) == len(old) and not any(self.marks_of(agency, leaf, Track.REPLACED) for leaf in old)
        level = self._anchor(
            agency, certificate_type, version, leaves, approvals, replacing=(old, start), all_fresh=fresh
        )
        if level is None:
            return
        for old_leaf, new_leaf in zip(old_leaves, leaves, strict=True):
            self.marks.setdefault((agency, old_leaf), {})[Track.REPLACED] = Mark(start, 0, level)
            self.changes[agency, old_leaf] += 1
            self.emit("CertificateReplaced", agency, old_leaf, new_leaf, start, self.slot(agency, old_leaf))

    def _anchor(
        self,
        agency: int,
        certificate_type: int,
        version: int,
        leaves: list[bytes],
        approvals: Approvals,
        *,
        replacing: tuple[tuple[bytes, ...], int] | None,
        all_fresh: bool = True,
    ) -> int | None:
        """Record a batch and return the agency's level; None if it was there already."""
        root = root_of(leaves)
        before = self.batches.get((agency, root))
        if before is not None:
            same = (before.certificate_type, before.version, before.size, before.replacing)
            demand(same == (certificate_type, version, len(leaves), replacing), "BatchExists")
            return None
        demand(self.successor[0] == NOBODY, "SucceededBy")
        demand(self.block <= approvals.deadline, "SignaturesExpired")
        demand(len(approvals.approvers) <= MOST_SIGNATURES, "TooManySignatures")
        for signer in (approvals.preparer, *approvals.approvers):
            demand(not signer.startswith("ECDSA"), signer)
        approvers = list(approvals.approvers)
        self.require_may_anchor(agency, certificate_type, version, approvals.preparer, approvers)
        demand(all_fresh, "AlreadyReplaced")
        number = self.sequences.get(agency, 0) + 1
        self.sequences[agency] = number
        self.batches[agency, root] = Batch(certificate_type, version, len(leaves), number, self.block, replacing)
        self.emit(
            "BatchAnchored", agency, root, certificate_type, version, len(leaves), number, approvals.preparer, approvers
        )
        return self.agencies[agency].level

    # Statuses.

    def marks_of(self, agency: int, leaf: bytes, track: Track) -> Mark | None:
        """Return what a track of a leaf holds."""
        return self.marks.get((agency, leaf), {}).get(track)

    def change_status(self, change: Change, *, caller: str) -> None:
        """Change one track of some leaves."""
        demand(1 <= len(change.leaves) <= MAX_STATUS_LEAVES, "SizeOutOfRange")
        demand(change.decision != ZERO, "DecisionZero")
        demand(self._until_fits(change), "UntilOutOfRange")
        self.get(change.agency)
        demand(not change.actor or self.is_self_or_above(change.actor, change.agency), "NotAbove")
        demand(change.held == held_hash([self.slot(change.agency, leaf) for leaf in change.leaves]), "StatusStale")
        level = self._level_of_actor(change, caller=caller)
        for i, leaf in enumerate(change.leaves):
            demand(leaf not in change.leaves[:i], "LeafRepeated")
            self._require_may_change(change, leaf, level)
        officers = list(change.signers)
        for leaf in change.leaves:
            marks = self.marks.setdefault((change.agency, leaf), {})
            if change.start:
                start = 0 if change.track == Track.RENEWAL_PENDING else change.start
                marks[change.track] = Mark(start, change.until, level)
            else:
                del marks[change.track]
            self.changes[change.agency, leaf] += 1
            arguments = (change.track, change.start, change.until, change.actor, change.decision)
            self.emit("StatusChanged", change.agency, leaf, *arguments, self.slot(change.agency, leaf), officers)

    def _until_fits(self, change: Change) -> bool:
        if not change.start or change.track not in UNTIL_BIT:
            return change.until == 0
        if change.track == Track.SUSPENSION and change.until == 0:
            return True
        return change.until > change.start

    def _level_of_actor(self, change: Change, *, caller: str) -> int:
        if not change.actor:
            demand(caller == self.address, "NotTheCouncil")
            demand(not change.signers, "TooManySignatures")
            return 0
        demand(self.block <= change.deadline, "SignaturesExpired")
        demand(len(change.signers) <= MOST_SIGNATURES, "TooManySignatures")
        for signer in change.signers:
            demand(not signer.startswith("ECDSA"), signer)
        level = self.require_may_change_status(change.actor, list(change.signers))
        demand(len(change.signers) >= 2 or self._may_be_made_alone(change), "TwoOfficersNeeded")
        return level

    def _may_be_made_alone(self, change: Change) -> bool:
        return (
            len(change.signers) == 1
            and change.track == Track.SUSPENSION
            and change.start == self.hour
            and self.hour < change.until <= self.hour + 24
            and not any(self.marks_of(change.agency, leaf, Track.SUSPENSION) for leaf in change.leaves)
        )

    def _require_may_change(self, change: Change, leaf: bytes, level: int) -> None:
        mark = self.marks_of(change.agency, leaf, change.track)
        if mark is None:
            demand(change.start, "NothingToLift")
            return
        if not 0 < mark.until <= self.hour:
            if change.track <= Track.REPLACED:
                demand(level == 0 or level < mark.level, "FinalStands")
            else:
                demand(level <= mark.level, "SetFromAbove")
        start = 0 if change.track == Track.RENEWAL_PENDING else change.start
        demand(not change.start or mark != Mark(start, change.until, level), "NothingToChange")
