"""Cuts checkpoints of the index, as often as something new must be known offline.

A change of a status or a right makes one as soon as it is final, anchors alone make one a minute at most, and each day
has one. Nothing is cut that the events in the index, the registry's own heads and, where there are such proofs, a proof
of the state do not agree about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import structlog
from sqlalchemy.exc import IntegrityError

from chain import calendar
from chain.checkpoint import Checkpoint
from chain.errors import RegistryMismatch, RegistryUnavailable
from chain.history import Heads, History
from verifier.check.moments import time_of
from verifier.indexing.checkpoint_rows import Entry, entry_of, newest_cut, row_of, rows_until
from verifier.indexing.histories import heads_after, history_until
from verifier.indexing.models import BlockRow, RegistryRow
from verifier.indexing.snapshot import identity_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlmodel import Session

    from chain.checkpoint import StateProof
    from chain.registry import Block, Identity
    from verifier.attesting import Attester
    from verifier.indexing.store import Store

_LOG = structlog.get_logger(__name__)

Show: TypeAlias = "Callable[[int], Shown | None]"
"""Asks the nodes what they show of a block; None if it is too late for that block."""


class TooLate(RegistryUnavailable):
    """The nodes know the present state only, and it is already that of a later block; the next one may be had."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the nodes show of a block."""

    block: Block
    heads: Heads
    """After the block."""
    state: StateProof | None
    """None on a chain that has no such proofs."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be cut, as of one moment of the index."""

    identity: Identity
    number: int
    heads: Heads
    head: tuple[int, bytes]
    """The index's newest block, by which is noticed that it was rolled back meanwhile."""
    day_of: Entry | None
    """The checkpoint whose day must have ended; None if there is another reason to cut."""


class Checkpoints:
    """The checkpoints of one index."""

    def __init__(
        self,
        store: Store,
        show: Show,
        *,
        attester: Callable[[], Attester],
        confirmations: int,
        anchors_every_s: float,
        depth: Callable[[], int] = lambda: 0,
    ) -> None:
        """`attester` opens this verifier's own key, when it is needed.

        `depth` asks how many blocks must follow a block before the nodes can prove it, be it more than `confirmations`.
        """
        self._store = store
        self._show = show
        self._attester = attester
        self._confirmations = confirmations
        self._anchors_every_s = anchors_every_s
        self._depth = depth

    def cut(self, now: datetime, *, at_once: bool = False) -> Entry | None:
        """Cut a checkpoint of the newest final block if it is time for one; `at_once` has anchors not wait.

        Raises:
            RegistryError: The nodes do not show what it takes, or show something else than the index holds; `TooLate`
                if they no longer do.
            SigningFailed: There is no key to vouch with.
        """
        plan = self._plan(now, at_once=at_once, confirmations=self._confirmations)
        if plan is None:
            return None
        # Without a key all that follows would be for nothing.
        attester = self._attester()
        if (depth := self._depth()) > self._confirmations:
            plan = self._plan(now, at_once=at_once, confirmations=depth)
            if plan is None:
                return None
        shown = self._show(plan.number)
        if shown is None:
            raise TooLate(f"block {plan.number} is no longer the newest, of which alone the nodes know the heads")
        if plan.day_of is not None and _day(shown.block.timestamp) == _day(plan.day_of.timestamp):
            return None
        with self._store.reading() as session:
            history = history_until(session, plan.number)
        replayed = History.parse(history).heads()
        if not replayed == plan.heads == shown.heads:
            if not self._stands(plan, shown):
                return None
            raise RegistryMismatch(
                f"block {plan.number}: the events kept make the heads {replayed}, the index has {plan.heads}, "
                f"the nodes show {shown.heads}; no checkpoint was cut"
            )
        made = _made(plan, shown, history).attested(attester.public.kid, attester.sign)
        return self._stored(plan, shown, made)

    def _plan(self, now: datetime, *, at_once: bool, confirmations: int) -> _Plan | None:
        """Return what is to be cut now, if anything is."""
        with self._store.reading() as session:
            row = session.get(RegistryRow, 1)
            if row is None or row.trouble:
                return None
            if (newest_cut(session) or 0) > row.head_number:
                return None
            number = row.head_number - confirmations
            newest = next((entry_of(session, each) for each in rows_until(session, limit=1)), None)
            heads = heads_after(session, number)
            if number <= (newest.number if newest else 0) or heads == Heads():
                return None
            waits = _waits(newest, heads, now, anchors_every_s=0 if at_once else self._anchors_every_s)
            if waits and _day(row.head_timestamp) == _day(newest.timestamp if newest else 0):
                return None
            return _Plan(
                identity=identity_of(row),
                number=number,
                heads=heads,
                head=(row.head_number, row.head_hash),
                day_of=newest if waits else None,
            )

    def _stored(self, plan: _Plan, shown: Shown, made: Checkpoint) -> Entry | None:
        """Keep a checkpoint, unless the index was rolled back or another process was faster meanwhile."""
        try:
            with self._store.writing() as session:
                newest = next(iter(rows_until(session, limit=1)), None)
                if not _stands(session, plan, shown) or (newest.number if newest else 0) >= plan.number:
                    return None
                session.add(row_of(made))
        except IntegrityError:
            # Both looked before either of them wrote, which not every database has wait for each other.
            _LOG.info("checkpoint.cut_by_another", block=made.block_number)
            return None
        _LOG.info("checkpoint.cut", block=made.block_number, history=len(made.history))
        return Entry(made.block_number, made.block_hash, made.timestamp, made.heads)

    def _stands(self, plan: _Plan, shown: Shown) -> bool:
        with self._store.reading() as session:
            return _stands(session, plan, shown)


def _stands(session: Session, plan: _Plan, shown: Shown) -> bool:
    """Whether the index still holds what it held when the cut was planned, and the block is the one it knows.

    The planned head is among its blocks as long as it was not rolled back; the checkpoint's own block may have been
    read in passing, without leaving a row.
    """
    row, head, block = (
        session.get(RegistryRow, 1),
        session.get(BlockRow, plan.head[0]),
        session.get(BlockRow, plan.number),
    )
    if row is None or row.trouble or head is None or head.hash != plan.head[1]:
        return False
    return block is None or block.hash == shown.block.hash


def _waits(newest: Entry | None, heads: Heads, now: datetime, *, anchors_every_s: float) -> bool:
    """Whether nothing happened since the newest checkpoint that must be known now."""
    if newest is None or (newest.heads.statuses, newest.heads.rights) != (heads.statuses, heads.rights):
        return False
    return newest.heads.anchors == heads.anchors or now.timestamp() - newest.timestamp < anchors_every_s


def _day(timestamp: int) -> object:
    return calendar.today(time_of(timestamp))


def _made(plan: _Plan, shown: Shown, history: bytes) -> Checkpoint:
    return Checkpoint(
        registry_id=plan.identity.registry_id,
        chain_id=plan.identity.chain_id,
        registry=plan.identity.address,
        agencies=plan.identity.agencies_address,
        block_number=plan.number,
        block_hash=shown.block.hash,
        timestamp=shown.block.timestamp,
        heads=plan.heads,
        state=shown.state,
        history=history,
        attestations=(),
    )
