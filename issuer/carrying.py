"""Carries what was approved to the chain, and signs what is final, one small step at a time, with nobody asking for it.

A worker that dies anywhere leaves what another goes on with. While the node is away, or answers nonsense, or somebody
else uses the sending account, nothing is lost: what is the matter is written down once, where pages show it, and the
worker looks again after a pause that grows.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from chain.errors import RegistryError
from issuer.delivery import finishing
from issuer.errors import LaneBusy, LaneFrozen, LaneLost
from issuer.sending import lane_conditions
from issuer.sending.outbox import Strikes
from issuer.tables.lane_models import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from issuer.office import Office
    from issuer.sending.sealing import Lane

MOST_STRIKES = 3
"""A job is parked after so many refusals in a row."""
LOOK_EVERY_S = 15.0
"""How often an idle worker looks at the chain, and writes down how it is."""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
LATE_PROOFS_EVERY_S = 300.0

_log = structlog.get_logger()


@dataclass(slots=True)
class Carrier:
    """One worker's share in the lane of a sending account."""

    office: Office
    lane: Lane
    nudge: Callable[[], None] = lambda: None
    """Has a development chain make a block, where it makes none by itself."""
    clock: Callable[[], float] = time.monotonic
    """Seconds that only go forward."""
    strikes: Strikes = field(default_factory=lambda: Strikes(MOST_STRIKES))
    _not_before: float = float("-inf")
    _pause: float = FIRST_PAUSE_S
    _trouble: Trouble | None = None
    _silent_since: float | None = None
    _looked: float = float("-inf")
    _proofs_tried: float = float("-inf")

    def step(self) -> bool:
        """Do what can be done now; returns whether something was done, or is still on its way."""
        now = self.clock()
        if now < self._not_before:
            return False
        try:
            busy = self._carry(now)
        except (LaneBusy, LaneLost):
            # Another worker has the lane. It, not this one, says how the lane is.
            self._not_before = now + FIRST_PAUSE_S
            return False
        except (RegistryError, LaneFrozen) as error:
            self._note_trouble(error)
            return False
        self._note_well(now)
        return busy

    @property
    def silent_for_s(self) -> float:
        """For how long the node has not answered; 0 if it does."""
        return 0.0 if self._silent_since is None else self.clock() - self._silent_since

    def _carry(self, now: float) -> bool:
        on_its_way = self.lane.step()
        signed = finishing.sign_one(self.office, self.strikes, self.lane.at)
        if on_its_way:
            self.nudge()
        if not on_its_way and not signed and now - self._proofs_tried >= LATE_PROOFS_EVERY_S:
            self._proofs_tried = now
            finishing.late_proofs(self.office)
        return on_its_way or signed

    def _note_trouble(self, error: RegistryError | LaneFrozen) -> None:
        """Write down what is the matter, log it once, and wait longer than the last time."""
        trouble = lane_conditions.trouble_of(error)
        lane_conditions.note(self.office, self.lane.sender.address, trouble, str(error))
        if trouble is not Trouble.SILENT:
            self._silent_since = None
        elif self._silent_since is None:
            self._silent_since = self.clock()
        if trouble is not self._trouble:
            self._trouble = trouble
            self._pause = FIRST_PAUSE_S
            _log.error("the lane cannot go on", trouble=trouble.value, reason=str(error))
        self._not_before = self.clock() + self._pause
        self._pause = min(2 * self._pause, LONGEST_PAUSE_S)

    def _note_well(self, now: float) -> None:
        recovered = self._trouble not in {None, Trouble.NONE}
        if not recovered and now - self._looked < LOOK_EVERY_S:
            return
        self._looked = now
        try:
            # Which chain and registry it is may have changed behind the node's address.
            self.office.directory()
            head = self.office.registry.newest()
        except RegistryError as error:
            self._note_trouble(error)
            return
        lane_conditions.note(self.office, self.lane.sender.address, Trouble.NONE, head=head)
        if recovered:
            _log.warning("the lane goes on", after=str(self._trouble))
        self._trouble, self._pause, self._silent_since = Trouble.NONE, FIRST_PAUSE_S, None
