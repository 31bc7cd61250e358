"""A small history out of nothing but events, as our contracts would write it, to be gone on with as they would not."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from chain import merkle, steps
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
    TypeGranted,
    TypeRegistered,
    VoteCast,
)
from chain.keccak import keccak
from chain.raw import RawTransaction
from verifier.audit.examining import Examiner
from verifier.audit.folded import Happened

if TYPE_CHECKING:
    from chain.events import Event
    from verifier.audit.finding import Finding

HOUR = 490_000
"""The hour in which everything begins, since 1970."""
MEMBERS = tuple(sha256(f"member {number}".encode()).digest()[:20] for number in range(3))
TOP, CHILD = 1, 2
BUSINESS, TITLE = 1, 6
"""Types: a business licence, and a real estate title, which is never extended."""
KID = sha256(b"kid").digest()
KEY_UNTIL = (HOUR + 100_000) * 3600
_ONE_CHANGE = 1 << 240


def person(name: str) -> bytes:
    """Return an officer's address."""
    return sha256(name.encode()).digest()[:20]


MANAGERS = {TOP: (person("top a"), person("top b")), CHILD: (person("child a"), person("child b"))}
PREPARER, APPROVER = person("preparer"), person("approver")
LEAVES = tuple(sha256(f"leaf {number}".encode()).digest() for number in range(3))


class Story:
    """Events, one transaction and block after the other, each examined as it happens."""

    def __init__(self) -> None:
        self.examiner = Examiner(lambda _agency, _leaf: None)
        self.findings: list[Finding] = []
        """All, from the beginning."""
        self.block = 0
        self._proposals = 0
        self._begin()

    @property
    def codes(self) -> list[str]:
        """What was found, in the order of finding."""
        return [finding.code for finding in self.findings]

    def happen(self, *events: Event, sent: RawTransaction | None = None) -> list[str]:
        """Let events stand in the next block, all written by one transaction; returns what is wrong with them."""
        self.block += 1
        transaction = sha256(f"transaction {self.block}".encode()).digest()
        found: list[Finding] = []
        for index, event in enumerate(events):
            happened = Happened(event, self.block, HOUR * 3600 + self.block, index, transaction)
            found += self.examiner.examine(happened, sent)
        self.findings += found
        return [finding.code for finding in found]

    def decide(self, call: str, *events: Event, data: bytes | None = None, votes: int = 2) -> list[str]:
        """Let the council decide a call, and carry it out."""
        self._proposals += 1
        number = self._proposals
        written = steps.arguments(events[0]) if data is None else data
        self.happen(ProposalMade(number, MEMBERS[0], b"\xaa" * 20, keccak(call.encode())[:4] + written, self.block + 9))
        for member in MEMBERS[:votes]:
            self.happen(VoteCast(number, member))
        return self.happen(ProposalExecuted(number, MEMBERS[0]), *events)

    def issue(self, **changes: object) -> list[str]:
        """Anchor three leaves in the child's name."""
        leaves = changes.pop("leaves", LEAVES)
        call = changes.pop("call", "anchor")
        assert isinstance(leaves, tuple)
        assert isinstance(call, str)
        sequence = self.examiner.folded.agencies[CHILD].last_sequence + 1
        values: dict[str, object] = {
            "agency": CHILD,
            "root": merkle.root(leaves),
            "certificate_type": BUSINESS,
            "version": 1,
            "size": len(leaves),
            "sequence": sequence,
            "preparer": PREPARER,
            "approvers": (APPROVER,),
        }
        transaction = sha256(f"transaction {self.block + 1}".encode()).digest()
        sent = RawTransaction(transaction, None, 0, b"s" * 20, b"c" * 20, b"data", call, leaves, len(leaves))
        return self.happen(BatchAnchored(**(values | changes)), sent=sent)  # type: ignore[arg-type]  # By name.

    def set_status(self, track: Track, leaf: bytes = LEAVES[0], **changes: object) -> list[str]:
        """Change a status as the child's officers do; `held` follows from what the slot held."""
        changes = {"from_hour": HOUR, "until_hour": 0, "actor": CHILD, "officers": (PREPARER, APPROVER)} | changes
        held = self.examiner.folded.slots.get((CHILD, leaf), 0)
        level = {TOP: 1, CHILD: 2, 0: 0}.get(int(str(changes["actor"])), 1)
        event = StatusChanged(CHILD, leaf, track, decision=b"d" * 32, held=0, **changes)  # type: ignore[arg-type]
        return self.happen(_with_slot(event, held, level))

    def consent(self, agency: int) -> tuple[bytes, ...]:
        """Return both managers of an agency."""
        return MANAGERS[agency]

    def _begin(self) -> None:
        self.happen(RegistryCreated(b"r" * 32, test=True), *(MemberAdded(member, 2) for member in MEMBERS))
        for kind in (BUSINESS, TITLE):
            self.decide("registerType(uint32,uint16,bytes32)", TypeRegistered(kind, 1, b"t" * 32))
        first, second = MANAGERS[TOP]
        self.decide(
            "registerTopAgency(bytes18,string,address)",
            AgencyRegistered(TOP, 0, 1, "11999999YX0000015X", "演示自治区", ()),
            OfficerSet(TOP, first, Capability.MANAGE, ()),
            data=b"",
        )
        self.decide(
            "nameManager(uint32,address)",
            OfficerSet(TOP, second, Capability.MANAGE, ()),
            data=TOP.to_bytes(32) + second.rjust(32, b"\0"),
        )
        both = MANAGERS[TOP]
        first, second = MANAGERS[CHILD]
        self.happen(
            AgencyRegistered(CHILD, TOP, 2, "11999999YX00000238", "演示市", both),
            OfficerSet(CHILD, first, Capability.MANAGE, both),
        )
        self.happen(OfficerSet(CHILD, second, Capability.MANAGE, (first, both[0])))
        for officer, may in ((PREPARER, Capability.PREPARE), (APPROVER, Capability.APPROVE)):
            self.happen(OfficerSet(CHILD, officer, may | Capability.STATUS, (first, second)))
        for kind in (BUSINESS, TITLE):
            self.decide("grantType(uint32,uint32,(uint64,bytes[]))", TypeGranted(TOP, kind, ()), data=b"")
            self.happen(TypeGranted(CHILD, kind, both))
        self.happen(KeyAdded(CHILD, KID, 1, b"x" * 32, b"y" * 32, 0, KEY_UNTIL, (first, second)))


def _with_slot(event: StatusChanged, held: int, level: int) -> StatusChanged:
    """Return the event with what contracts/README.md draws: the slot after the change."""
    wide = event.track is Track.SUSPENSION
    offset = event.track * 27 + (24 if event.track > Track.SUSPENSION else 0)
    width = 51 if wide else 27
    value = 0
    if event.from_hour:
        hour = event.until_hour if event.track is Track.RENEWAL_PENDING else event.from_hour
        value = hour | (event.until_hour << 24 if wide else 0) | level << width - 3
    slot = held & ~((1 << width) - 1 << offset) | value << offset
    return StatusChanged(
        event.agency,
        event.leaf,
        event.track,
        event.from_hour,
        event.until_hour,
        event.actor,
        event.decision,
        slot + _ONE_CHANGE,
        event.officers,
    )
