"""The registry itself: which it is, where it stands, whose code it runs, and what takes its place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from threading import Condition, Thread
from typing import TYPE_CHECKING

from sqlmodel import col, select

from verifier import directory
from verifier.audit.decided import times_of
from verifier.indexing.models import EventRow, SuccessorRow, block_of
from verifier.indexing.snapshot import identity_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chain.registry import Artifact, CodeShown, Identity, NodeShown
    from verifier.directory import HostListed
    from verifier.register import Tables

GOOD_FOR_S = 300.0
"""For how long nodes are believed to show what they showed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What all nodes showed when they were last asked."""

    nodes: tuple[NodeShown, ...]
    asked_at: int
    """Seconds since 1970."""


class CodeState(StrEnum):
    """Whether a node runs our code."""

    OURS = "OURS"
    OTHER = "OTHER"
    """Other code, or none: what the node says of this registry is worth nothing."""
    NOT_RUN = "NOT_RUN"
    """The node could not be asked."""


@dataclass(frozen=True, slots=True)
class CodeCompared:
    """One contract on one node, beside our artifact."""

    node: int
    """Its place in the settings, counted from 1: an address may hold what is nobody's business."""
    artifact: Artifact
    shown: CodeShown | None
    block: int | None
    state: CodeState
    trouble: str


@dataclass(frozen=True, slots=True)
class Successor:
    """The registry that takes this one's place."""

    address: bytes
    registry_id: bytes
    block: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class RegistryThen:
    """What the index has of the registry itself."""

    identity: Identity
    deployed_time: int | None
    deployed_by: bytes | None
    """The transaction with the registry's first event."""
    hosts: tuple[HostListed, ...]
    """The official verifying hosts, now and ever."""
    successor: Successor | None


class Asking:
    """Asks the nodes in the background, and remembers the answer for some minutes, so that no page waits for a node."""

    def __init__(
        self,
        ask: Callable[[], Sequence[NodeShown]],
        *,
        seconds: Callable[[], float],
        good_for_s: float = GOOD_FOR_S,
    ) -> None:
        """`seconds` is the time since 1970."""
        self._ask = ask
        self._seconds = seconds
        self._good_for_s = good_for_s
        self._changed = Condition()
        self._last: Asked | None = None
        self._is_asking = False

    def latest(self, *, wait_s: float) -> Asked | None:
        """Return the last answer; where it is old or there is none, ask anew, and wait so long for it at most.

        Returns None while no node has answered ever; an old answer rather than none, it says how old it is.
        """
        with self._changed:
            if self._is_fresh():
                return self._last
            if not self._is_asking:
                self._is_asking = True
                Thread(target=self._turn, name="code", daemon=True).start()
            self._changed.wait_for(lambda: not self._is_asking, timeout=wait_s)
            return self._last

    def _is_fresh(self) -> bool:
        return self._last is not None and 0 <= self._seconds() - self._last.asked_at < self._good_for_s

    def _turn(self) -> None:
        found: Asked | None = None
        try:
            found = Asked(tuple(self._ask()), int(self._seconds()))
        finally:
            with self._changed:
                self._last = found or self._last
                self._is_asking = False
                self._changed.notify_all()


def registry_at_hand(tables: Tables) -> RegistryThen:
    """Return what the index has of the registry."""
    session, row = tables.session, tables.row
    first = session.exec(select(EventRow).order_by(col(EventRow.begins)).limit(1)).first()
    named = session.exec(select(SuccessorRow).order_by(col(SuccessorRow.begins).desc()).limit(1)).first()
    blocks = [block_of(each.begins) for each in (first, named) if each is not None]
    times = times_of(session, blocks)
    successor = None
    if named is not None:
        block = block_of(named.begins)
        successor = Successor(named.address, named.successor_id, block, times.get(block, 0))
    return RegistryThen(
        identity=identity_of(row),
        deployed_time=times.get(row.deployed_at_block),
        deployed_by=None if first is None else first.transaction_hash,
        hosts=tuple(directory.hosts(tables)),
        successor=successor,
    )


def compared(artifacts: Sequence[Artifact], asked: Asked | None) -> tuple[CodeCompared, ...]:
    """Lay what each node shows beside each artifact; with nobody asked, every artifact stands there as NOT RUN."""
    if asked is None or not asked.nodes:
        return tuple(CodeCompared(1, artifact, None, None, CodeState.NOT_RUN, "") for artifact in artifacts)
    return tuple(
        _compared(place, artifact, node) for place, node in enumerate(asked.nodes, 1) for artifact in artifacts
    )


def _compared(place: int, artifact: Artifact, node: NodeShown) -> CodeCompared:
    shown = next((code for code in node.codes if code.contract == artifact.name), None)
    if shown is None:
        return CodeCompared(place, artifact, None, node.block, CodeState.NOT_RUN, node.trouble)
    is_ours = (shown.length, shown.masked_hash) == (artifact.length, artifact.code_hash)
    return CodeCompared(place, artifact, shown, node.block, CodeState.OURS if is_ours else CodeState.OTHER, "")
