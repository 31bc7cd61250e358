"""An index of as many leaves as one likes, of fifty agencies over two years, read from a chain in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

from chain import merkle
from chain.certificate_types import shipped
from chain.events import (
    AgencyRegistered,
    BatchAnchored,
    Capability,
    KeyAdded,
    MemberAdded,
    OfficerSet,
    ProposalExecuted,
    ProposalMade,
    RegistryCreated,
    StatusChanged,
    Track,
    Transaction,
    TypeGranted,
    TypeRegistered,
    VerifyingHostSet,
    VoteCast,
)
from tests.audit.made_up_agencies import MEMBERS, START, TimedRegistry, call, person
from tests.deployed import credit_code
from tests.verifier.book import IDENTITY, REGISTRY_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chain.events import Event, Record

DAYS = 730
NOW = START + timedelta(days=DAYS)
TREE = (1, 3, 10, 16, 20)
"""Agencies on each level."""
BATCH = 1_000

_NAMES = ("演示自治区", "演示市", "演示县", "演示镇", "演示村")
_SENDER = person("sender")
_LEVEL_BITS = {Track.SUSPENSION: 48}
_ONE_CHANGE = 1 << 240


@dataclass
class SentRegistry(TimedRegistry):
    """A chain whose events stand in transactions that somebody sent."""

    def records(self, first: int, last: int) -> Iterator[Record]:
        for record in super().records(first, last):
            yield replace(record, transaction=Transaction(0, _SENDER, IDENTITY.address))


@dataclass
class Million:
    """A chain to read, and what pages may ask about."""

    registry: SentRegistry = field(default_factory=lambda: SentRegistry([]))
    batches: list[tuple[int, bytes]] = field(default_factory=list)
    """Agency and root."""
    leaves: list[bytes] = field(default_factory=list)
    """One of each batch."""
    changed: list[bytes] = field(default_factory=list)
    """Leaves with statuses."""
    levels: dict[int, int] = field(default_factory=dict)
    """Of each agency."""

    def add(self, moment: datetime, *events: Event) -> int:
        """Add events, one block each, none older than the one before; returns the last one's block."""
        for event in events:
            self.registry.events.append(event)
            least = self.registry.times[-1] + 1 if self.registry.times else 0
            self.registry.times.append(max(least, int(moment.timestamp())))
        return len(self.registry.events)


def made_up(batches: int, statuses: int, *, size: int = BATCH) -> Million:
    """Make a chain of so many batches and status changes."""
    made, random = Million(), Random(9)
    _begin(made)
    changes = iter(sorted(random.randrange(batches) for _ in range(statuses)))
    next_change = next(changes, batches)
    sequences = dict.fromkeys(made.levels, 0)
    kinds = [kind.number for kind in shipped()]
    for number in range(batches):
        moment = START + timedelta(days=1 + (DAYS - 2) * number / batches)
        agency = random.choice(list(made.levels))
        sequences[agency] += 1
        leaves = tuple(sha256(f"million {number} {place}".encode()).digest() for place in range(size))
        root = merkle.root(leaves)
        people = person(f"preparer {agency}"), (person(f"approver {agency}"),)
        kind = random.choice(kinds)
        block = made.add(moment, BatchAnchored(agency, root, kind, 1, size, sequences[agency], *people))
        made.registry.leaves[block] = leaves
        made.batches.append((agency, root))
        made.leaves.append(random.choice(leaves))
        while next_change <= number:
            made.add(moment, _status(made, random, agency, random.choice(leaves), int(moment.timestamp()) // 3600))
            next_change = next(changes, batches)
    made.add(NOW - timedelta(seconds=4), VerifyingHostSet("verify2.example.cn", listed=True))
    return made


def _begin(made: Million) -> None:
    made.add(START, RegistryCreated(REGISTRY_ID, test=True), *(MemberAdded(member, 2) for member in MEMBERS[:3]))
    for number, kind in enumerate(shipped(), start=1):
        payload = call("registerType", kind.number, kind.version, kind.digest)
        made.add(
            START,
            ProposalMade(number, MEMBERS[0], IDENTITY.agencies_address, payload, 10**6),
            VoteCast(number, MEMBERS[0]),
            VoteCast(number, MEMBERS[1]),
            ProposalExecuted(number, MEMBERS[0]),
            TypeRegistered(kind.number, kind.version, kind.digest),
        )
    above: list[int] = [0]
    for level, count in enumerate(TREE, start=1):
        here = [_agency(made, level, above[number % len(above)], number) for number in range(count)]
        above = here


def _agency(made: Million, level: int, parent: int, number: int) -> int:
    agency = len(made.levels) + 1
    made.levels[agency] = level
    managers = person(f"manager {agency} a"), person(f"manager {agency} b")
    kid = sha256(f"kid {agency}".encode()).digest()
    made.add(
        START + timedelta(hours=level),
        AgencyRegistered(agency, parent, level, credit_code(agency), f"{_NAMES[level - 1]}{number + 1}", managers),
        *(OfficerSet(agency, manager, Capability.MANAGE, managers) for manager in managers),
        OfficerSet(agency, person(f"preparer {agency}"), Capability.PREPARE | Capability.STATUS, managers),
        OfficerSet(agency, person(f"approver {agency}"), Capability.APPROVE | Capability.STATUS, managers),
        KeyAdded(agency, kid, 1, b"x" * 32, b"y" * 32, int(START.timestamp()), 0, managers),
        *(TypeGranted(agency, kind.number, managers) for kind in shipped()),
    )
    return agency


def _status(made: Million, random: Random, agency: int, leaf: bytes, hour: int) -> StatusChanged:
    track = random.choice((Track.REVOKED, Track.CANCELLED, Track.CANCELLED, Track.SUSPENSION))
    until = hour + 24 * 30 if track is Track.SUSPENSION else 0
    made.changed.append(leaf)
    value = made.levels[agency] << _LEVEL_BITS.get(track, 24) | until << 24 | hour
    officers = person(f"preparer {agency}"), person(f"approver {agency}")
    return StatusChanged(
        agency, leaf, track, hour, until, agency, random.randbytes(32), _ONE_CHANGE | value << 27 * track, officers
    )


def asked_at() -> datetime:
    """Return when questions are asked: shortly after the newest block."""
    return NOW.astimezone(UTC)
