"""Whether other nodes tell the same chain as the one that is audited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.errors import RegistryError
from verifier.audit.rules import found

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chain.history import Heads
    from verifier.audit.finding import Argument, Finding
    from verifier.audit.memory import Mark
    from verifier.audit.sources import ChainSource


@dataclass(frozen=True, slots=True)
class Unasked:
    """Why a node could not be compared: a reason of `audit.not_run.<reason>`, with what that names."""

    reason: str
    arguments: Mapping[str, Argument]


def compared(sources: Sequence[ChainSource], mark: Mark, heads: Heads) -> tuple[list[Finding], list[Unasked]]:
    """Ask all nodes but the first for the last block checked; blocks are linked, so all before it are the same, too.

    A block's hash stands for all that was recorded until then only where the state can be proven from it; on other
    kinds of chains the nodes are asked for the heads as well.
    """
    findings: list[Finding] = []
    unasked: list[Unasked] = []
    for other in sources[1:]:
        try:
            came_to = _first_difference(sources[0], other, mark, heads)
        except RegistryError as exc:
            unasked.append(Unasked("node_silent", {"node": other.name, "detail": str(exc)}))
            continue
        match came_to:
            case Unasked():
                unasked.append(came_to)
            case int():
                findings.append(found("nodes_disagree", block=came_to, node=sources[0].name, other=other.name))
    return findings, unasked


def _first_difference(one: ChainSource, other: ChainSource, mark: Mark, heads: Heads) -> int | Unasked | None:
    """Return the first block that two nodes show differently; None if they agree up to the last block checked."""
    for node in (one, other):
        (last,) = node.headers(mark.number, mark.number)
        if not last.made_hash:
            # What a node says of itself, and cannot show, agrees with nothing.
            return _unreadable(node, mark.number)
    if last.made_hash == mark.hash:
        return None if other.has_proofs else _other_heads(other, mark.number, heads)
    low, high = -1, mark.number
    while high - low > 1:
        middle = (low + high) // 2
        if _hash(other, middle) == _hash(one, middle):
            low = middle
        else:
            high = middle
    return high


def _other_heads(source: ChainSource, block: int, heads: Heads) -> int | Unasked | None:
    """Hold the heads that a node tells after a block against those of the audit."""
    shown = source.heads_at(block, b"")
    if shown is None:
        return _unreadable(source, block)
    return None if shown.heads == heads else block


def _unreadable(source: ChainSource, block: int) -> Unasked:
    return Unasked("node_unreadable", {"node": source.name, "block": block})


def _hash(source: ChainSource, number: int) -> bytes:
    """Return a block's hash; it is known already that they differ somewhere, so what is told is good enough."""
    (header,) = source.headers(number, number)
    return header.made_hash or header.told_hash
