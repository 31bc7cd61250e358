"""An index of as many leaves as one likes, with real certificates among them, read from a chain in memory."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from chain import merkle
from chain.events import AgencyRegistered, BatchAnchored, KeyAdded, TypeGranted, TypeRegistered, VerifyingHostSet
from chain.keys import PublicKey
from tests.verifier.book import AGENCY, KEY, PARENT, TYPE, paper
from tests.verifier.chain_in_memory import NOW, ListRegistry
from verifier.check.moments import moment

if TYPE_CHECKING:
    from chain.events import Event
    from tests.verifier.book import Paper
    from verifier.check.moments import Moment

BATCH = 1_000
LATER = NOW + timedelta(seconds=2)
"""When questions are asked: the blocks are of `NOW`."""
TODAY: Moment = moment(None, LATER)
_OFFICER = b"o" * 20


@dataclass(frozen=True, slots=True)
class MadeUp:
    """A chain to read, and the certificates in its batches."""

    registry: ListRegistry
    papers: tuple[Paper, ...]


def made_up(batches: int, *, size: int = BATCH, papers: int = 20) -> MadeUp:
    """Make a chain of so many batches; the certificates lie spread among the leaves that are only numbers."""
    certificates = tuple(paper(salt=f"{number:08}".encode()) for number in range(papers))
    events: list[Event] = [
        TypeRegistered(TYPE.number, TYPE.version, TYPE.digest),
        AgencyRegistered(PARENT, 0, 1, "11150000X00000001A", "演示自治区住房和城乡建设厅", ()),
        AgencyRegistered(AGENCY, PARENT, 2, "11150100X00000027D", "演示市住房和城乡建设局", ()),
        TypeGranted(PARENT, TYPE.number, ()),
        TypeGranted(AGENCY, TYPE.number, ()),
        _listed(PublicKey.of(KEY)),
        VerifyingHostSet("verify.example.cn", listed=True),
    ]
    registry = ListRegistry(events)
    for sequence in range(1, batches + 1):
        leaves = [sha256(f"{sequence} {position}".encode()).digest() for position in range(size)]
        for number, certificate in enumerate(certificates):
            if number % batches == sequence - 1:
                leaves[(number * 37) % size] = certificate.leaf
        events.append(
            BatchAnchored(
                AGENCY, merkle.root(leaves), TYPE.number, TYPE.version, size, sequence, _OFFICER, (b"a" * 20,)
            )
        )
        registry.leaves[len(events)] = tuple(leaves)
    # What follows the last batch makes it final.
    events.append(VerifyingHostSet("old.example.cn", listed=True))
    return MadeUp(registry, certificates)


def asked_at(moment_of: datetime = LATER) -> Moment:
    """Return the moment of a question that names no day."""
    return moment(None, moment_of.astimezone(UTC))


def _listed(key: PublicKey) -> KeyAdded:
    return KeyAdded(AGENCY, key.kid, 1, key.x, key.y, 0, 0, ())
