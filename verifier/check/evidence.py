"""What a report tells of the evidence it rests on, where no register was asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from chain.seals import Sealing
    from chain.trust_list import TrustList
    from verifier.wording import Message


class Word(StrEnum):
    """Whose word it is when something was recorded: the registry's heads bind blocks and events, but not times."""

    ATTESTED = "attested"
    """As many attesters vouch for the checkpoint's times as the trust list demands."""
    PROVEN = "proven"
    """A proof's header shows when the certificate was anchored. Nobody vouches for other times."""
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class CheckpointUsed:
    """The checkpoint that was believed."""

    block_number: int
    block_hash: bytes
    time: datetime
    sealing: Sealing | None
    """None on a chain without seals."""
    attesters: tuple[bytes, ...]
    """The kids of those who vouch for it and are in the trust list."""
    times_vouched: bool
    """Whether they are as many as the trust list demands of them."""


@dataclass(frozen=True, slots=True)
class ProofUsed:
    """A proof whose block was believed."""

    agency: int
    """Whose batch it shows. The agency's name no proof shows."""
    block_number: int
    time: datetime
    sealing: Sealing | None
    """None where a checkpoint vouches for the block, on a chain without seals."""


@dataclass(frozen=True, slots=True)
class Offline:
    """What an answer without a network rests on."""

    trust: TrustList | None
    """None if it cannot be relied on."""
    checkpoint: CheckpointUsed | None = None
    """None if there is none, or none that can be believed."""
    proof: ProofUsed | None = None
    """The earliest; None if none came with the certificate, or none that can be believed."""

    @property
    def times(self) -> Word | None:
        """Whose word the times are; None where none are told."""
        if self.checkpoint is not None and self.checkpoint.times_vouched:
            return Word.ATTESTED
        if self.proof is not None:
            return Word.PROVEN
        return None if self.checkpoint is None else Word.NOBODY


@dataclass(frozen=True, slots=True)
class Grounds:
    """What can be relied on without a network, before anything was presented."""

    offline: Offline
    silence: Message
    """Why nothing is known of the register, where nothing is."""
    believes_proofs: bool = False
    """Whether what a proof shows is believed: not beside a checkpoint that was refused."""
