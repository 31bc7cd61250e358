"""The headers that make a block believed: its own, and in Clique its successors, where one seal is not enough.

A Clique block needs them until more than half of the signers have sealed the run. How many signers there are, a node
says if it is asked in Clique's own words. Where it does not know those, the rule does that nobody seals again before
more than half of all have: a signer who sealed again d blocks later shows that d different ones are enough. So a run
may be longer than it needs to be, which costs a few kilobytes; one that is too short proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from chain import recovery, seals
from chain.errors import EvidenceMalformed, RegistryUnavailable
from chain.ethereum import headers
from chain.ethereum.rpc import NodeError
from chain.ethereum.wire import data, items, member, to_hex
from chain.seals import SealScheme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.ethereum.node import Node
    from chain.ethereum.rpc import Rpc
    from chain.ethereum.wire import Json
    from chain.header import Header

_SIGNERS = "clique_getSigners"
_EPOCH = 30_000
"""The usual distance from one list of the signers to the next."""
_VANITY, _SEAL, _ADDRESS = 32, 65, 20


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How many different signers a run takes."""

    least: int
    """With fewer it is not worth keeping."""
    enough: int
    """With so many it is long enough, whatever else there is to know."""


def of_block(node: Node, number: int) -> list[Header]:
    """Return the headers, the block's own first; raises `RegistryUnavailable`, also where successors are still to come.

    Not checked: who may seal. That the run hangs together is.
    """
    if node.profile.seal_scheme is not SealScheme.CLIQUE:
        return headers.read(node.rpc, [number], node.profile.seal_scheme)
    newest = node.block(None).number
    if number > newest:
        raise RegistryUnavailable(f"the node has no block {number}, its newest is {newest}")
    run = _linked(node.rpc, number, min(number + seals.MAX_HEADERS - 1, newest))
    sealers = _signers_of(run)
    wanted = _wanted(node.rpc, number, sealers)
    lengths = range(1, len(run) + 1)
    length = next((length for length in lengths if len(set(sealers[:length])) >= wanted.enough), len(run))
    if len(set(sealers[:length])) < wanted.least:
        raise RegistryUnavailable(
            f"block {number}: {len(set(sealers))} signers sealed it and the {len(run) - 1} blocks after it, "
            f"wanted {wanted.least}; ask again later"
        )
    return run[:length]


def depth(node: Node) -> int:
    """Return how many blocks must follow a block before it can be shown; 0 where its own seals are enough."""
    if node.profile.seal_scheme is not SealScheme.CLIQUE:
        return 0
    newest = node.block(None).number
    return min(_wanted(node.rpc, newest, ()).enough, seals.MAX_HEADERS) - 1


def _linked(rpc: Rpc, first: int, last: int) -> list[Header]:
    read = headers.read(rpc, range(first, last + 1), SealScheme.CLIQUE)
    for parent, child in pairwise(read):
        if child.parent_hash != seals.block_hash(parent, SealScheme.CLIQUE):
            raise RegistryUnavailable(f"block {child.number} does not follow the one before; ask again")
    return read


def _wanted(rpc: Rpc, number: int, sealers: Sequence[bytes | None]) -> _Wanted:
    """Return what a run from a block on takes, given who sealed the first blocks of it."""
    try:
        known = len(items(rpc.ask(_SIGNERS, to_hex(max(0, number - 1))), _SIGNERS)) // 2 + 1
    except NodeError:
        # The words are usually not for everybody; what stands on the chain is. Nobody sealed its very first block.
        before = _signers_of(_linked(rpc, max(1, number - seals.MAX_HEADERS), number - 1))
        signers = [*before, *sealers]
        blocks = headers.blocks(rpc, sorted({0, number - number % _EPOCH}))
        listed = [size for block in blocks if (size := _listed(block))]
        least = max([len(set(signers)), *listed[-1:]]) // 2 + 1
        return _Wanted(least, max(least, _turn(signers)))
    return _Wanted(known, known)


def _turn(signers: Sequence[bytes | None]) -> int:
    """Return after how many blocks somebody sealed again at the soonest; more than there can be if nobody did."""
    last: dict[bytes | None, int] = {}
    soonest = seals.MAX_HEADERS
    for place, signer in enumerate(signers):
        soonest = min(soonest, place - last.get(signer, place - soonest))
        last[signer] = place
    return soonest


def _signers_of(run: Sequence[Header]) -> list[bytes | None]:
    """Return who sealed each header; None for a seal that no key made."""
    try:
        return [
            recovery.signer_of(seals.commit_hash(header, SealScheme.CLIQUE), recovery.with_low_s(header.extra[-_SEAL:]))
            for header in run
        ]
    except EvidenceMalformed as exc:
        raise RegistryUnavailable(f"block {run[0].number} or one after it has no seal: {exc}") from exc


def _listed(block: Json) -> int:
    """Return how many signers a block lists."""
    extra = data(member(block, "extraData", "eth_getBlockByNumber"), "eth_getBlockByNumber extraData")
    return max(0, len(extra) - _VANITY - _SEAL) // _ADDRESS
