"""A small administration to try things in: three levels, a stranger beside them, officers of every kind.

    council ── 1 region ── 2 league ── 3 banner
            └─ 4 neighbour

All four hold type 1 (versions 1 and 2); type 2 is registered, held by the region and the neighbour only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eth_utils import keccak

from tests.contracts.model_agencies import ALPHABET
from tests.contracts.model_certificates import held_hash, root_of
from tests.contracts.model_consents import APPROVE, MANAGE, PREPARE, STATUS
from tests.contracts.people import Person, person
from tests.contracts.registry import APPROVER, COUNCIL, PREPARER, Registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.contracts.model import Emitted
    from tests.contracts.node import Node

REGION, LEAGUE, BANNER, NEIGHBOUR = 1, 2, 3, 4
HOUR = 3600
DECISION = keccak(text="the written decision")
ALL_TRACKS = range(8)
RESCINDED, REVOKED, WITHDRAWN, CANCELLED, REPLACED, SUSPENSION, LOSS, RENEWAL_PENDING = ALL_TRACKS


def credit_code(number: int) -> bytes:
    """Make a well-formed unified social credit code for a made-up organisation."""
    text = f"11150000{number:09d}"
    total = sum(ALPHABET.index(character) * pow(3, i, 31) for i, character in enumerate(text))
    return (text + ALPHABET[-total % 31]).encode()


def leaves(count: int, label: str = "") -> list[bytes]:
    """Make some leaves."""
    return [keccak(text=f"leaf {label} {i}") for i in range(count)]


def manager(agency: int, which: int = 1) -> Person:
    """Return an agency's first or second manager."""
    return person(f"manager {which} of {agency}")


def managers(agency: int) -> list[Person]:
    """Return both managers of an agency."""
    return [manager(agency, 1), manager(agency, 2)]


def preparer(agency: int) -> Person:
    """Return who prepares batches for an agency."""
    return person(f"preparer of {agency}")


def approver(agency: int, which: int = 1) -> Person:
    """Return one of three who approve batches for an agency."""
    return person(f"approver {which} of {agency}")


def statuses(agency: int) -> list[Person]:
    """Return the two who change statuses for an agency."""
    return [person(f"status {which} of {agency}") for which in (1, 2)]


class World(Registry):
    """A registry with these agencies in it."""

    def __init__(self, node: Node) -> None:
        super().__init__(node)
        for certificate_type, version in ((1, 1), (1, 2), (2, 1)):
            digest = keccak(text=f"type {certificate_type} version {version}")
            self.decide(self.agencies, "registerType", certificate_type, version, digest)
        for agency, parent in ((REGION, 0), (LEAGUE, REGION), (BANNER, LEAGUE), (NEIGHBOUR, 0)):
            self.enrol(agency, parent)
        for agency in (REGION, NEIGHBOUR):
            for certificate_type in (1, 2):
                self.decide(self.agencies, "grantType", agency, certificate_type, (0, []))
        self.by(managers(REGION), "grantType", LEAGUE, 1)
        self.by(managers(REGION), "grantType", BANNER, 1)

    def enrol(self, agency: int, parent: int) -> None:
        """Register an agency with officers of every kind."""
        first = manager(agency).address
        entry = (credit_code(agency), f"演示机关{agency}", first)
        second = (agency, manager(agency, 2).address, MANAGE)
        if parent:
            self.by(managers(parent), "registerAgency", parent, *entry)
            self.by([manager(agency), manager(parent)], "setOfficer", *second)
        else:
            self.decide(self.agencies, "registerTopAgency", *entry)
            self.decide(
                self.agencies, "setOfficer", *second, self.consent(agency, "setOfficer", second, [manager(agency)])
            )
        rest = [(preparer(agency), PREPARE)]
        rest += [(approver(agency, which), APPROVE) for which in (1, 2, 3)]
        rest += [(officer, STATUS) for officer in statuses(agency)]
        for officer, capabilities in rest:
            self.by(managers(agency), "setOfficer", agency, officer.address, capabilities)

    def approvals(
        self,
        agency: int,
        certificate_type: int,
        version: int,
        batch: Sequence[bytes],
        *,
        by: Person | None = None,
        approved: Sequence[Person] | None = None,
        deadline: int | None = None,
        replaces: Sequence[bytes] = (),
        start: int = 0,
    ) -> tuple[int, bytes, list[bytes]]:
        """Sign a batch as its preparer and its approvers would."""
        deadline = self.soon() if deadline is None else deadline
        old = keccak(b"".join(replaces)) if replaces else bytes(32)
        entry = (agency, certificate_type, version, root_of(list(batch)), len(batch))
        prepare, approve = (
            self.batch_digest(*entry, role=role, deadline=deadline, replaces=old, start=start)
            for role in (PREPARER, APPROVER)
        )
        by = by or preparer(agency)
        approved = [approver(agency)] if approved is None else approved
        return deadline, by.sign(prepare), [officer.sign(approve) for officer in approved]

    def anchor(
        self, agency: int, batch: Sequence[bytes], *, certificate_type: int = 1, version: int = 1, **how: object
    ) -> list[Emitted]:
        """Approve and anchor a batch."""
        approvals = self.approvals(agency, certificate_type, version, batch, **how)
        return self.act(self.certificates, "anchor", agency, certificate_type, version, list(batch), approvals)

    def replace(
        self, agency: int, batch: Sequence[bytes], old: Sequence[bytes], *, start: int = 500_000, **how: object
    ) -> list[Emitted]:
        """Approve and anchor a batch that replaces others."""
        approvals = self.approvals(agency, 1, 1, batch, replaces=old, start=start, **how)
        return self.act(self.certificates, "replace", agency, 1, 1, list(batch), list(old), start, approvals)

    def hour(self) -> int:
        """Return the present hour of the chain."""
        return self.node.timestamp() // HOUR

    def held(self, agency: int, marked: Sequence[bytes]) -> list[int]:
        """Return what leaves' slots hold now."""
        return [self.see(self.certificates, "status", agency, leaf) for leaf in marked]

    def change(
        self,
        agency: int,
        marked: Sequence[bytes],
        track: int,
        start: int,
        until: int = 0,
        *,
        actor: int | None = None,
        by: Sequence[Person] | None = None,
        held: bytes | None = None,
        decision: bytes = DECISION,
        deadline: int | None = None,
    ) -> tuple[object, ...]:
        """Sign a change of status; by the agency's own two officers unless said otherwise."""
        actor = agency if actor is None else actor
        by = statuses(actor) if by is None else by
        deadline = self.soon() if deadline is None else deadline
        held = held_hash(self.held(agency, marked)) if held is None else held
        signed = self.status_digest(agency, actor, marked, held, track, start, until, decision, deadline)
        signatures = [officer.sign(signed) for officer in by]
        return (agency, actor, list(marked), held, track, start, until, decision, deadline, signatures)

    def mark(
        self, agency: int, marked: Sequence[bytes], track: int, start: int, until: int = 0, **how: object
    ) -> list[Emitted]:
        """Change a status."""
        change = self.change(agency, marked, track, start, until, **how)
        return self.act(self.certificates, "changeStatus", change)

    def mark_by_council(
        self, agency: int, marked: Sequence[bytes], track: int, start: int, until: int = 0
    ) -> list[Emitted]:
        """Let the council change a status."""
        change = self.change(agency, marked, track, start, until, actor=0, by=[])
        return self.decide(self.certificates, "changeStatus", change)


def member(which: int) -> str:
    """Return the account of a council member."""
    return COUNCIL[which].address
