"""A long history to audit: two years of fifty agencies on five levels, the same every time, written onto a real chain.

Everything in it is allowed, for the contracts let it pass, and ordinary: batches and status changes on workdays, people
who come and go, keys that follow one another, agencies suspended for a fortnight, types withdrawn and granted again, a
council that lists hosts. Between what happens the chain makes empty blocks, as real ones do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import TYPE_CHECKING

from chain.calendar import SHANGHAI, hour_of
from chain.certificate_types import shipped
from chain.events import Track
from chain.registry import BatchToAnchor
from tests.audit import offices
from tests.audit.desks import Desk
from tests.audit.long_rights import Rights
from tests.deployed import Deployed, signer
from verifier.audit.rules_statuses import legal

if TYPE_CHECKING:
    from chain.ethereum.network import Anvil
    from tests.audit.pen import Pen
    from tests.deployed import Office

BEGINNING = datetime(2024, 1, 8, 9, tzinfo=SHANGHAI)
"""A Monday; the genesis block is of this moment."""
OPTIONS = ("--timestamp", str(int(BEGINNING.timestamp())), "--gas-limit", str(10**9))
"""With what anvil is to be started."""
TREE = (1, 3, 10, 16, 20)
"""How many agencies stand on each level."""

_TYPES_HELD = (99, 8, 6, 4, 3)
"""How many types an agency of each level holds at most."""
_LEVEL_NAMES = ("演示自治区", "演示市", "演示县", "演示镇", "演示村")
_AT_ONCE = 4
"""Status changes in one block."""
_DAY_HOURS = 24
_WORKDAYS_A_WEEK = 5


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is to happen."""

    certificates: int = 100_000
    status_changes: int = 5_000
    workdays: int = 500
    batch: int = 1_000
    """Leaves of the larger batches."""
    rights: int = 200
    """Changes of officers, keys, types and agencies after all agencies are there."""
    idle: int = 4
    """Empty blocks a day."""
    seed: int = 6


LARGE = Plan()
SMALL = Plan(certificates=10_000, status_changes=500, workdays=100, batch=100, rights=60, idle=2)
"""With all kinds of what the large one has."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, and what it should come to."""

    deployed: Deployed
    """Its offices are all fifty."""
    desks: tuple[Desk, ...]
    batches: int
    certificates: int
    status_changes: int
    rights_changes: int
    """After the agencies were set up."""
    last_block: int
    now: datetime


def write(anvil: Anvil, plan: Plan) -> Written:
    """Write the history onto a chain started with `OPTIONS`."""
    scribe = _Scribe(offices.begun(anvil, shipped(), at=BEGINNING + timedelta(minutes=5)), plan, Random(plan.seed))
    scribe.set_up()
    for day in range(1, plan.workdays + 1):
        scribe.live(day)
    return scribe.written()


@dataclass
class _Scribe:
    """Writes day after day."""

    pen: Pen
    plan: Plan
    random: Random
    desks: list[Desk] = field(default_factory=list)
    batches: int = 0
    issued: int = 0
    changed: int = 0
    moment: datetime = BEGINNING
    rights: Rights = field(init=False)

    def set_up(self) -> None:
        """Register all agencies, level by level."""
        every = [kind.number for kind in shipped()]
        top = offices.top_office(self.pen, _LEVEL_NAMES[0], 1, every, at=BEGINNING + timedelta(minutes=30))
        level = [self._opened(top, every, ())]
        self.moment = BEGINNING + timedelta(hours=2)
        self._mine()
        for depth, count in enumerate(TREE[1:], start=1):
            above, level = level, []
            for number in range(count):
                parent = above[number % len(above)]
                held = sorted(self.random.sample(parent.types, min(_TYPES_HELD[depth], len(parent.types))))
                name = f"{_LEVEL_NAMES[depth]}{number + 1}"
                made = offices.office(self.pen, parent.office, name, len(self.desks) + 1, held)
                level.append(self._opened(made, held, (parent, *parent.above)))
                self._mine()
        self.rights = Rights(self.pen, self.random, self.desks)

    def live(self, day: int) -> None:
        """Let a workday pass: first who may do what, then what was issued, then what became of it."""
        self.moment = BEGINNING + timedelta(days=day // _WORKDAYS_A_WEEK * 7 + day % _WORKDAYS_A_WEEK)
        self.rights.resume(day)
        while self.rights.changes < self.plan.rights * day // self.plan.workdays:
            self.moment = self.rights.change(day, self.moment + timedelta(minutes=5))
        self._mine()
        while self.issued < self.plan.certificates * day // self.plan.workdays:
            self._issue()
        waiting = 0
        while self.changed < self.plan.status_changes * day // self.plan.workdays:
            waiting += self._change_status()
            if waiting == _AT_ONCE:
                waiting = self._mine()
        self._mine()
        self.pen.idle(self.plan.idle, seconds=60)

    def written(self) -> Written:
        """Hand the chain over."""
        self.pen.finish()
        return Written(
            deployed=Deployed(
                self.pen.anvil.url,
                self.pen.record,
                tuple(self.pen.members),
                signer("sender"),
                tuple(desk.office for desk in self.desks),
            ),
            desks=tuple(self.desks),
            batches=self.batches,
            certificates=self.issued,
            status_changes=self.changed,
            rights_changes=self.rights.changes,
            last_block=self.pen.block,
            now=self.pen.now.astimezone(UTC),
        )

    def _opened(self, office: Office, types: list[int], above: tuple[Desk, ...]) -> Desk:
        self.desks.append(Desk(office, office.preparer, office.approver, list(types), above))
        return self.desks[-1]

    def _mine(self) -> int:
        """Make a block of what waits, minutes after the last one; nothing waits then."""
        self.moment += timedelta(minutes=3)
        if not self.pen.is_idle:
            self.pen.mine(self.moment)
        return 0

    # Certificates.

    def _acting(self) -> Desk:
        while True:
            desk = self.random.choice(self.desks)
            if desk.may_act() and desk.may_issue():
                return desk

    def _issue(self) -> None:
        desk = self._acting()
        most = min(self.plan.batch, self.plan.certificates - self.issued)
        size = self.random.choice((most, most, most, self.random.randint(1, most)))
        number = self.random.choice(desk.may_issue())
        leaves = tuple(sha256(f"{self.plan.seed} {self.batches} {each}".encode()).digest() for each in range(size))
        replaced = self._replaced(desk, number, size)
        from_hour = hour_of(self.moment) + _DAY_HOURS if replaced else 0
        version = next(kind.version for kind in shipped() if kind.number == number)
        batch = BatchToAnchor(desk.office.agency, number, version, leaves, replaced, from_hour)
        self.pen.anchor(batch, preparer=desk.preparer, approvers=[desk.approver])
        self._mine()
        desk.leaves += [(leaf, number) for leaf in leaves]
        self.batches += 1
        self.issued += size

    def _replaced(self, desk: Desk, number: int, size: int) -> tuple[bytes, ...]:
        """Return what a batch replaces: a small one may stand in the place of as many earlier certificates."""
        if size > self.plan.batch // 5:
            return ()
        old = [leaf for leaf, kind in desk.untouched(self.random, 3 * size) if kind == number][:size]
        if len(old) < size:
            return ()
        desk.ended.update(old)
        return tuple(old)

    def _change_status(self) -> int:
        """Change the status of one certificate, or of a few that share a fate; returns how many changes wait now."""
        desk = self._acting()
        lifted = next(iter(desk.lifted), None)
        if lifted is not None and self.random.randrange(4) == 0:
            return self._write(desk, desk, [lifted], desk.lifted.pop(lifted), lift=True)
        chosen = desk.untouched(self.random, self.random.choice((1, 1, 1, 1, self.random.randint(2, 12))))
        if not chosen:
            return 0
        track = self._track([kind for _, kind in chosen])
        is_overruled = bool(desk.above) and self.random.randrange(10) == 0
        actor, leaves = desk.above[0] if is_overruled else desk, [leaf for leaf, _ in chosen]
        if track.is_final or track is Track.RENEWAL_PENDING or is_overruled:
            desk.ended.update(leaves)
        else:
            desk.lifted.update(dict.fromkeys(leaves, track))
        return self._write(desk, actor, leaves, track)

    def _track(self, kinds: list[int]) -> Track:
        """Choose what happens to certificates of these types, as their law has it."""
        known = [legal(kind.number, kind.version) or frozenset() for kind in shipped() if kind.number in kinds]
        tracks = frozenset.intersection(*known) - {Track.REPLACED}
        return self.random.choice(sorted(tracks))

    def _write(self, desk: Desk, actor: Desk, leaves: list[bytes], track: Track, *, lift: bool = False) -> int:
        now = hour_of(self.moment)
        ends = not lift and track in {Track.SUSPENSION, Track.RENEWAL_PENDING}
        change = self.pen.change_of(
            desk.office.agency,
            leaves,
            track,
            decision=self.random.randbytes(32),
            from_hour=0 if lift else now,
            until_hour=now + _DAY_HOURS * self.random.randint(10, 90) if ends else 0,
            actor=actor.office.agency,
        )
        self.pen.change_status(change, by=[actor.preparer, actor.approver])
        self.changed += len(leaves)
        return 1
