"""Agencies on five levels with a council above them, over a hundred days, read from a chain in memory. Fictional."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

from chain import merkle
from chain.certificate_types import by_number
from chain.ethereum.contracts import agencies, certificates
from chain.events import (
    AgencyCorrected,
    AgencyRegistered,
    AgencySuspended,
    ApprovalsDemanded,
    BatchAnchored,
    Capability,
    KeyAdded,
    KeyCutOff,
    MemberAdded,
    MemberRemoved,
    OfficerSet,
    OwnApprovalsSet,
    ProposalExecuted,
    ProposalMade,
    RegistryCreated,
    StatusChanged,
    Track,
    TypeGranted,
    TypeRegistered,
    TypeWithdrawn,
    VerifyingHostSet,
    VoteCast,
)
from chain.registry import Block
from tests.verifier.book import IDENTITY, REGISTRY_ID
from tests.verifier.chain_in_memory import ListRegistry

if TYPE_CHECKING:
    from chain.events import Event

START = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
"""Nine in the morning in China, of the day on which the registry began."""
DAYS = 120
NOW = START + timedelta(days=DAYS)
TYPES = (1, 2, 3)
REGION, CITY, COUNTY, TOWN, VILLAGE, OTHER_COUNTY, SUSPENDED = range(1, 8)
NAMES = (
    (REGION, 0, 1, "演示自治区住房和城乡建设厅"),
    (CITY, REGION, 2, "演示市住房和城乡建设局"),
    (COUNTY, CITY, 3, "演示旗住房和城乡建设局"),
    (TOWN, COUNTY, 4, "演示苏木综合服务中心"),
    (VILLAGE, TOWN, 5, "演示嘎查便民服务站"),
    (OTHER_COUNTY, CITY, 3, "演示县行政审批和政务服务局"),
    (SUSPENDED, REGION, 2, "样例市市场监督管理局"),
)
SUSPENDED_ON, CUT_OFF_ON, WITHDRAWN_ON, CORRECTED_ON, LEFT_ON, REMOVED_ON = 60, 70, 80, 20, 40, 90
"""On which day, counted from the first, who or what changed."""


def person(name: str) -> bytes:
    """Return somebody's address."""
    return sha256(f"made up {name}".encode()).digest()[:20]


MEMBERS = tuple(person(f"member {number}") for number in range(4))
MANAGERS = {number: (person(f"manager {number} a"), person(f"manager {number} b")) for number, *_ in NAMES}
PREPARERS = {number: person(f"preparer {number}") for number, *_ in NAMES}
APPROVERS = {number: person(f"approver {number}") for number, *_ in NAMES}
KIDS = {number: sha256(f"kid {number}".encode()).digest() for number, *_ in NAMES}


@dataclass
class TimedRegistry(ListRegistry):
    """A chain whose blocks have times of their own."""

    times: list[int] = field(default_factory=list)

    def block(self, number: int) -> Block:
        found = super().block(number)
        return Block(number, found.hash, found.parent_hash, self.times[number - 1] if number else self.times[0])


@dataclass
class MadeUp:
    """A chain in the making."""

    registry: TimedRegistry = field(default_factory=lambda: TimedRegistry([]))
    sequences: dict[int, int] = field(default_factory=dict)

    def at(self, day: float, *events: Event) -> int:
        """Add events, one block each, some days after the start; returns the last one's block."""
        for event in events:
            self.registry.events.append(event)
            # No block is older than the one before.
            least = self.registry.times[-1] + 1 if self.registry.times else 0
            self.registry.times.append(max(least, int((START + timedelta(days=day)).timestamp())))
        return len(self.registry.events)

    def anchor(self, day: float, agency: int, certificate_type: int, size: int, *, skip: int = 0) -> tuple[bytes, ...]:
        """Anchor a batch; `skip` leaves out sequence numbers before it."""
        sequence = self.sequences.get(agency, 0) + 1 + skip
        self.sequences[agency] = sequence
        leaves = tuple(sha256(f"{agency} {sequence} {place}".encode()).digest() for place in range(size))
        block = self.at(
            day,
            BatchAnchored(
                agency,
                merkle.root(leaves),
                certificate_type,
                1,
                size,
                sequence,
                PREPARERS[agency],
                (APPROVERS[agency],),
            ),
        )
        self.registry.leaves[block] = leaves
        return leaves

    def change(self, day: float, agency: int, leaf: bytes, track: Track, *, lifted: bool = False) -> None:
        """Change a leaf's status."""
        hour = int((START + timedelta(days=day)).timestamp()) // 3600
        until = hour + 240 if track is Track.SUSPENSION and not lifted else 0
        officers = (PREPARERS[agency], APPROVERS[agency])
        self.at(
            day,
            StatusChanged(
                agency,
                leaf,
                track,
                0 if lifted else hour,
                until,
                agency,
                person("decision") * 1 + bytes(12),
                1,
                officers,
            ),
        )


def made_up(*, gap: bool = False, days: int = DAYS) -> MadeUp:
    """Make the chain; `gap` leaves out two sequence numbers of the county's batches."""
    made = MadeUp()
    _rights(made)
    _history(made, gap=gap, days=days)
    return made


def call(function: str, *arguments: object) -> bytes:
    """Return the call of a function of Agencies."""
    return agencies().functions[function].call(*arguments)


def status_call(*arguments: object) -> bytes:
    """Return a change of statuses as the council would call it."""
    return certificates().functions["changeStatus"].call(arguments)


def _rights(made: MadeUp) -> None:
    made.at(0, RegistryCreated(REGISTRY_ID, test=True), *(MemberAdded(member, 2) for member in MEMBERS[:3]))
    for number in TYPES:
        _decide(made, 0.01, call("registerType", number, 1, by_number(number, 1).digest))
        made.at(0.02, TypeRegistered(number, 1, by_number(number, 1).digest))
    made.at(0.03, VerifyingHostSet("verify.example.cn", listed=True), VerifyingHostSet("old.example.cn", listed=True))
    made.at(0.04, VerifyingHostSet("old.example.cn", listed=False))
    for number, parent, level, name in NAMES:
        by = MANAGERS.get(parent, ())
        made.at(0.1, AgencyRegistered(number, parent, level, f"11999999YX{number:06}0{number}", name, by))
        first, second = MANAGERS[number]
        everything = Capability.PREPARE | Capability.STATUS
        made.at(
            0.2,
            OfficerSet(number, first, Capability.MANAGE, ()),
            OfficerSet(number, second, Capability.MANAGE, (first,)),
            OfficerSet(number, PREPARERS[number], everything, (first, second)),
            OfficerSet(number, APPROVERS[number], Capability.APPROVE | Capability.STATUS, (first, second)),
            KeyAdded(number, KIDS[number], 1, b"x" * 32, b"y" * 32, int(START.timestamp()), 0, (first, second)),
        )
        made.at(0.3, *(TypeGranted(number, kind, by) for kind in TYPES if (number, kind) != (TOWN, 3)))


def _history(made: MadeUp, *, gap: bool, days: int) -> None:
    random = Random(7)
    anchored: dict[int, list[bytes]] = {}
    for day in range(1, days):
        _changes(made, day)
        for agency in (CITY, COUNTY, OTHER_COUNTY, SUSPENDED):
            is_closed = agency == SUSPENDED and day >= SUSPENDED_ON
            if is_closed or (day % 7 in {5, 6} and random.random() < 0.9) or random.random() < 0.3:
                continue
            kind = random.choices(TYPES, (6, 3, 1))[0]
            skip = 2 if gap and agency == COUNTY and day > days // 2 and COUNTY not in made.registry.leaves else 0
            gap = gap and not skip
            anchored.setdefault(agency, []).extend(
                made.anchor(day + random.random() / 3, agency, kind, random.randint(3, 60), skip=skip)[:3]
            )
        for agency, leaves in anchored.items():
            if random.random() < 0.3:
                track = random.choices((Track.REVOKED, Track.CANCELLED, Track.SUSPENSION, Track.LOSS), (2, 4, 3, 1))[0]
                made.change(day + 0.4, agency, leaves[random.randrange(len(leaves))], track)
            elif random.random() < 0.05:
                made.change(day + 0.4, agency, leaves[0], Track.SUSPENSION, lifted=True)
    made.at(days - 0.5, VerifyingHostSet("verify2.example.cn", listed=True))


def _changes(made: MadeUp, day: int) -> None:
    a, b = MANAGERS[REGION]
    if day == CORRECTED_ON:
        _decide(made, day, call("correctAgency", CITY, "11999999YX00000202", "演示市住房和城乡建设管理局"))
        made.at(day, AgencyCorrected(CITY, "11999999YX00000202", "演示市住房和城乡建设管理局"))
        made.at(day, ApprovalsDemanded(COUNTY, 2, MANAGERS[CITY]), OwnApprovalsSet(CITY, 2, MANAGERS[CITY]))
    if day == LEFT_ON:
        made.at(day, OfficerSet(COUNTY, PREPARERS[COUNTY], Capability(0), MANAGERS[COUNTY][:1]))
        made.at(day, OfficerSet(COUNTY, PREPARERS[COUNTY], Capability.PREPARE, MANAGERS[COUNTY]))
    if day == SUSPENDED_ON:
        made.at(day, AgencySuspended(SUSPENDED, 2, (a, b)))
    if day == CUT_OFF_ON:
        kid = sha256(b"second").digest()
        block = len(made.registry.events)
        made.at(
            day, KeyAdded(COUNTY, kid, 1, b"p" * 32, b"q" * 32, int(START.timestamp()), 1_900_000_000, MANAGERS[COUNTY])
        )
        made.at(day, KeyCutOff(COUNTY, KIDS[COUNTY], block, MANAGERS[COUNTY][:1]))
    if day == WITHDRAWN_ON:
        made.at(day, TypeWithdrawn(COUNTY, 2, MANAGERS[CITY]))
    if day == REMOVED_ON:
        _decide(made, day, call("addMember", MEMBERS[3], 3))
        made.at(day, MemberAdded(MEMBERS[3], 3))
        # Its vote no longer counts once the member has gone.
        _propose(made, day, call("suspendAgency", COUNTY, (0, ())), voters=(MEMBERS[2], MEMBERS[1]))
        _decide(made, day, call("removeMember", MEMBERS[2], 2), voters=MEMBERS[:3])
        made.at(day, MemberRemoved(MEMBERS[2], 2))
        _propose(made, day + 0.1, call("setVerifyingHost", "forged.example.cn", True), lasts=5, voters=MEMBERS[:1])  # noqa: FBT003
        _propose(made, day + 0.2, call("grantType", SUSPENDED, 2, (0, ())), voters=(MEMBERS[0], MEMBERS[1]))
        _propose(made, day + 0.3, b"\xde\xad\xbe\xef" + bytes(32), voters=MEMBERS[:1])
        _propose(made, day + 0.3, call("addMember", MEMBERS[2], 2), target=person("stranger"), voters=MEMBERS[:1])


def _propose(
    made: MadeUp,
    day: float,
    data: bytes,
    *,
    voters: tuple[bytes, ...] = MEMBERS[:2],
    lasts: int = 100_000,
    target: bytes = IDENTITY.agencies_address,
) -> int:
    number = sum(isinstance(event, ProposalMade) for event in made.registry.events) + 1
    expires = len(made.registry.events) + 1 + lasts
    made.at(day, ProposalMade(number, voters[0], target, data, expires), *(VoteCast(number, one) for one in voters))
    return number


def _decide(made: MadeUp, day: float, data: bytes, *, voters: tuple[bytes, ...] = MEMBERS[:2]) -> None:
    number = _propose(made, day, data, voters=voters)
    made.at(day, ProposalExecuted(number, voters[0]))
