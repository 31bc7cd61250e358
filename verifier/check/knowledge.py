"""What verification asks about the registry, and the values it is answered with.

`indexing.snapshot` answers from the index's tables, `check.checkpointed` from a checkpoint. Nothing here asks a
node. Everything is answered as it stood at a `Place` on the chain, or with the places from and until which it held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from chain.events import Track
    from chain.keys import PublicKey
    from chain.registry import Identity
    from verifier.wording import Message

NO_CUT_OFF = 2**64 - 1
"""The cut-off block of a key that has none."""
_LEVELS = 5
"""Agencies have at most so many levels (IAgencies)."""


class Place(NamedTuple):
    """Where an event stands on the chain; compared as tuples are, since every right is looked up by its place."""

    block: int
    log_index: int


@dataclass(frozen=True, slots=True)
class Head:
    """The newest block that is known."""

    number: int
    timestamp: int
    hash: bytes = b""
    """Empty where it is not known."""


@dataclass(frozen=True, slots=True)
class ListedKey:
    """An ES256 document key, as the registry lists it for an agency now."""

    kid: bytes
    public_key: PublicKey
    listed_at_block: int
    valid_from: int
    valid_until: int
    """Seconds since 1970, exclusive; 0 means without end."""
    cut_off_block: int
    """The lowest that held since the newest final block: moving it later, or lifting it, counts when it is final."""


@dataclass(frozen=True, slots=True)
class AgencyRecord:
    """An agency, as the registry knows it now."""

    id: int
    parent: int
    """0 for a top-level agency."""
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Batch:
    """An anchored batch."""

    agency: int
    root: bytes
    certificate_type: int
    version: int
    size: int
    sequence: int
    leaves: tuple[bytes, ...]
    """Those that were read of it: all of them in their order, the one by which it was found, or none."""
    place: Place
    timestamp: int
    is_time_proven: bool = False
    """Whether a header that enough validators sealed shows this time."""


@dataclass(frozen=True, slots=True)
class StatusRecord:
    """One entry about one leaf, in the registry's words."""

    track: Track
    from_hour: int
    """0 lifts the track."""
    until_hour: int
    """0: without end."""
    actor: int
    """The agency that acted; 0 for the council."""
    new_leaf: bytes | None
    """What takes the leaf's place, where a replacement was anchored."""
    decision: bytes | None
    """The salted digest of the written decision, 32 bytes; None where a replacement was anchored."""
    place: Place
    timestamp: int


class Snapshot(Protocol):
    """All that is known of one registry at one moment, consistent in itself."""

    @property
    def identity(self) -> Identity:
        """Which registry this is."""

    @property
    def head(self) -> Head:
        """The newest known block."""

    @property
    def confirmations(self) -> int:
        """How many blocks must follow a block for it to be final."""

    @property
    def is_checkpoint(self) -> bool:
        """Whether a checkpoint answers: it holds the roots of batches but not their leaves, and nothing after it."""

    @property
    def times_vouched(self) -> bool:
        """Whether somebody who is trusted says when blocks were made, and in which order events stand in them."""

    def possibly(self, batch: Batch, dates: Sequence[int]) -> Sequence[Batch]:
        """Return a batch, then as it is at other places and times that it may have had: those that make a difference.

        Those are at which a right changed in its block, and these dates. It is alone where the times are vouched for.
        """

    def is_dated(self, now: datetime) -> bool:
        """Whether what became of a certificate is known, but only as of a day ago or more."""

    def doubt(self, now: datetime) -> Message | None:
        """Say why this may not be the truth (silent, lagging or disagreeing node; a clock that is wrong); or None."""

    def agency(self, agency: int) -> AgencyRecord | None:
        """Return an agency as it is now."""

    def lineage(self, agency: int) -> Sequence[AgencyRecord]:
        """Return an agency and all above it, the topmost first; nothing where any of them is not known."""

    def agency_ever(self, agency: int) -> Sequence[AgencyRecord]:
        """Return an agency as it is and as it ever was, before its name or code was corrected."""

    def hosts_ever(self) -> Sequence[str]:
        """Return the official verifying hosts, as they are and as they ever were: papers outlive a list."""

    def keys(self, agency: int, kid_prefix: bytes) -> Sequence[ListedKey]:
        """Return the keys listed for an agency whose kid begins so."""

    def batches_with(self, leaf: bytes) -> Sequence[Batch]:
        """Return every batch, of any agency, that is known to hold the leaf; the earliest first."""

    def batch(self, agency: int, root: bytes) -> Batch | None:
        """Return an agency's batch by its root."""

    def leaves_beginning(self, prefix: bytes, bits: int) -> Sequence[bytes]:
        """Return the different leaves whose first bits are those of `prefix`; three at most, since two are too many."""

    def is_suspended(self, agency: int, place: Place) -> bool:
        """Whether that one agency, not its ancestors, was suspended just before that place."""

    def holds_type(self, agency: int, certificate_type: int, place: Place) -> bool:
        """Whether that one agency, not its ancestors, held the type just before that place."""

    def type_digest(self, certificate_type: int, version: int, place: Place) -> bytes | None:
        """Return the digest of the type's data file, None if it was not registered before that place."""

    def statuses(self, agency: int, leaf: bytes) -> Sequence[StatusRecord]:
        """Return everything recorded about an agency's leaf, in the chain's order."""


def lineage(agency: int, known: Callable[[int], AgencyRecord | None]) -> tuple[AgencyRecord, ...]:
    """Return an agency and all above it, the topmost first; nothing where any of them is not known."""
    found: list[AgencyRecord] = []
    while len(found) < _LEVELS and (record := known(agency)) is not None:
        found.append(record)
        if not record.parent:
            return tuple(reversed(found))
        agency = record.parent
    return ()


def final_block(snapshot: Snapshot) -> int:
    """Return the newest block that is final: so many blocks follow it as the registry's profile demands."""
    return snapshot.head.number - snapshot.confirmations
