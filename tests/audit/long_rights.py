"""What changes over two years in who may do what: people, keys, types, suspensions, demands, the council's hosts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from chain.events import Capability
from chain.keys import PublicKey
from tests.deployed import document_key, signer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from random import Random

    from tests.audit.desks import Desk
    from tests.audit.pen import Pen

_SUSPENDED_FOR = 10
"""Workdays."""


@dataclass
class Rights:
    """Changes rights, each change in a block of its own or with the ones that belong to it."""

    pen: Pen
    random: Random
    desks: list[Desk]
    changes: int = 0
    _suspended: dict[int, Desk] = field(default_factory=dict)
    """By the workday on which they are resumed."""

    def change(self, day: int, at: datetime) -> datetime:
        """Change something at a time; returns the time of the last block that this took."""
        self.changes += 1
        if self.random.randrange(12) == 0:
            self.pen.decide("setVerifyingHost", f"verify{self.changes}.example.cn", True, at=at)  # noqa: FBT003 - the contract's own argument
            return self.pen.now
        desk = self.random.choice([each for each in self.desks[1:] if each.may_act()])
        kinds: list[Callable[[Desk, int, datetime], None]] = [
            self._follow,
            self._follow,
            self._rotate,
            self._suspend,
            self._withdraw,
            self._demand,
        ]
        self.random.choice(kinds)(desk, day, at)
        self.pen.mine(at + timedelta(minutes=2))
        return self.pen.now

    def resume(self, day: int) -> None:
        """Let an agency act again whose time has come; waits for the next block."""
        if (desk := self._suspended.pop(day, None)) is not None:
            self.pen.consent(desk.office.agency, "resumeAgency", desk.office.agency, by=desk.above[0].office.managers)
            desk.is_suspended = False
            self.changes += 1

    def _follow(self, desk: Desk, _day: int, _at: datetime) -> None:
        """Have a new preparer take the old one's place."""
        agency, managers, old = desk.office.agency, desk.office.managers, desk.preparer
        desk.people += 1
        desk.preparer = signer(f"{desk.office.name} preparer {desk.people}")
        self.pen.set_officer(agency, desk.preparer.address, Capability.PREPARE | Capability.STATUS, by=managers)
        self.pen.set_officer(agency, old.address, Capability(0), by=managers[:1])
        self.changes += 1

    def _rotate(self, desk: Desk, _day: int, at: datetime) -> None:
        """List a new document key, and cut the old one off from the block after."""
        agency, managers = desk.office.agency, desk.office.managers
        old = PublicKey.of(document_key(_key(desk)))
        desk.keys += 1
        added = PublicKey.of(document_key(_key(desk)))
        self.pen.add_key(agency, added, valid_from=int(at.timestamp()), by=managers)
        self.pen.consent(agency, "cutOffKey", agency, old.kid, self.pen.block + 2, by=managers[:1])
        self.changes += 1

    def _suspend(self, desk: Desk, day: int, at: datetime) -> None:
        """Suspend an agency of the two lowest levels for a fortnight."""
        until = day + _SUSPENDED_FOR
        if until in self._suspended or desk.office.level <= 3 or len(self._suspended) > 2:
            self._follow(desk, day, at)
            return
        self.pen.consent(desk.office.agency, "suspendAgency", desk.office.agency, by=desk.above[0].office.managers[:1])
        desk.is_suspended = True
        self._suspended[until] = desk

    def _withdraw(self, desk: Desk, day: int, at: datetime) -> None:
        """Take a type from an agency that holds more than one."""
        if len(desk.types) == 1:
            self._follow(desk, day, at)
            return
        number = desk.types.pop(self.random.randrange(len(desk.types)))
        agency = desk.office.agency
        self.pen.consent(agency, "withdrawType", agency, number, by=desk.above[0].office.managers[:1])

    def _demand(self, desk: Desk, _day: int, _at: datetime) -> None:
        """Write down that one approval suffices, and then that nothing is demanded."""
        agency, parent = desk.office.agency, desk.above[0].office
        self.pen.consent(agency, "demandApprovals", agency, 1, by=parent.managers[:1])
        self.pen.consent(agency, "demandApprovals", agency, 0, by=parent.managers)
        self.changes += 1


def _key(desk: Desk) -> str:
    """Return by which name an agency's newest key is made."""
    return desk.office.name if desk.keys == 1 else f"{desk.office.name} {desk.keys}"
