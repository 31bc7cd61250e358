"""Agencies at work in a long history: who works there at the moment, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

    from chain.ethereum.signers import KeySigner
    from chain.events import Track
    from tests.deployed import Office


@dataclass(slots=True, eq=False)
class Desk:
    """An agency and who works there now."""

    office: Office
    preparer: KeySigner
    approver: KeySigner
    types: list[int]
    above: tuple[Desk, ...]
    """From the parent upwards."""
    is_suspended: bool = False
    keys: int = 1
    people: int = 0
    """How many followed the first preparer."""
    leaves: list[tuple[bytes, int]] = field(default_factory=list)
    """What it issued: leaf and type."""
    ended: set[bytes] = field(default_factory=set)
    """Leaves that have a final status."""
    lifted: dict[bytes, Track] = field(default_factory=dict)
    """Tracks that it set and may lift, by leaf."""

    def may_act(self) -> bool:
        """Whether neither it nor one above is suspended."""
        return not any(desk.is_suspended for desk in (self, *self.above))

    def may_issue(self) -> list[int]:
        """Return the types that it and all above it hold."""
        return [number for number in self.types if all(number in desk.types for desk in self.above)]

    def untouched(self, random: Random, count: int) -> list[tuple[bytes, int]]:
        """Return up to so many of its certificates whose status never changed for good and is not to be lifted."""
        if not self.leaves:
            return []
        chosen = dict(random.choice(self.leaves) for _ in range(count))
        return [(leaf, kind) for leaf, kind in chosen.items() if leaf not in self.ended and leaf not in self.lifted]
