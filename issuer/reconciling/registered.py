"""What the registry holds under agencies' names, read off its events up to a block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chain.errors import RegistryUnavailable
from chain.events import BatchAnchored, CertificateReplaced, StatusChanged
from chain.history import Heads
from issuer.reconciling import heads

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from chain.events import Record
    from chain.registry import Block
    from issuer.office import Office


@dataclass(slots=True)
class Registered:
    """All about one agency's certificates."""

    block: Block
    """The last one that was read."""
    newest: int
    """The number of the newest block there was then."""
    anchored: dict[bytes, tuple[Record, BatchAnchored]] = field(default_factory=dict)
    """By root."""
    changes: list[tuple[Record, StatusChanged]] = field(default_factory=list)
    replaced: list[tuple[Record, CertificateReplaced]] = field(default_factory=list)
    slots: dict[bytes, int] = field(default_factory=dict)
    """What each leaf's slot holds, where it ever held anything."""

    def take(self, record: Record) -> None:
        """Take in an event of this agency, in chain order."""
        match record.event:
            case BatchAnchored() as event:
                self.anchored[event.root] = record, event
            case StatusChanged() as event:
                self.changes.append((record, event))
                self.slots[event.leaf] = event.held
            case CertificateReplaced() as event:
                self.replaced.append((record, event))
                self.slots[event.old_leaf] = event.held
            case _:
                pass


def read(
    office: Office,
    agencies: Collection[int],
    *,
    number: int,
    block_hash: bytes,
    progress: Callable[[int, int], None],
) -> dict[int, Registered]:
    """Return what the registry holds of each agency up to a block; `progress` is told (blocks done, blocks in all).

    What was read must make the registry's own heads: a node that leaves a record out and does not also lie about the
    heads is not believed. Raises `RegistryError`, also for that, and where the block is another one by now.
    """
    first = office.registry.identity().deployed_at_block
    block = office.registry.block(number)
    if block.hash != block_hash:
        raise RegistryUnavailable(f"block {number} is another one than a moment ago; the chain was reorganised")
    # Of the newest block any node has the state; of an older one many do not.
    newest, shown = heads.newest(office.registry)
    found = {agency: Registered(block, newest.number) for agency in agencies}
    made = Heads()
    for record in office.registry.records(first, max(number, newest.number)):
        made = made.after(record.event, record.block_number)
        if record.block_number > number:
            continue
        agency = getattr(record.event, "agency", None)
        if agency in found:
            found[agency].take(record)
        progress(record.block_number - first, number - first + 1)
    for known in (block, newest):
        if office.registry.block(known.number).hash != known.hash:
            raise RegistryUnavailable(
                f"block {known.number} changed while the registry was read; the chain was reorganised"
            )
    heads.require(made, shown, newest.number)
    progress(number - first + 1, number - first + 1)
    return found
