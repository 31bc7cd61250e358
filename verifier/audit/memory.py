"""What an audit remembers, value by value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from chain.history import Step
    from verifier.audit.finding import Finding
    from verifier.audit.outcomes import FamilyResult


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the audit."""

    number: int
    """Counted from 1."""
    started: datetime
    ended: datetime | None
    """None while it goes on, and for one that was killed."""
    first_block: int
    """Where this run began; what lies before was checked by earlier ones."""
    head_number: int
    """The last block checked; -1 before there is one."""
    head_hash: bytes
    head_time: datetime
    families: tuple[FamilyResult, ...]
    """Empty while it goes on."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A finding that is remembered."""

    number: int
    """Ascending in the order of finding; what pages go on after."""
    first_run: int
    last_run: int
    """The newest run that found it; blocks are checked once, so for most it is the first one."""
    finding: Finding


@dataclass(frozen=True, slots=True)
class Mark:
    """A block at which a stretch ended."""

    number: int
    hash: bytes
    time: int


class Compared(IntEnum):
    """With what the heads and the code after a stretch were compared."""

    NOTHING = 0
    TOLD = 1
    """With what the node says."""
    PROVEN = 2
    """With what the block's state root proves."""


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What of a stretch could be looked at, of all that not every node or chain can show."""

    heads: Compared
    seals: bool
    code: Compared


@dataclass(frozen=True, slots=True)
class Told:
    """An event that is remembered, in the form of a history's step."""

    step: Step
    transaction_hash: bytes
