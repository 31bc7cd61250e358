"""The headers that make a block believed: its own, and in Clique its successors, where one seal is not enough.

A Clique block needs them until more than half of the signers have sealed the run, and not one more. How many signers
there are, a node says if it is asked in Clique's own words. Where it does not know those, the last list of signers on
the chain and the seals of the run must do. The verifier's pinned set decides; a run that does not fit it can be taken
again, for instance from a node that knows the words.
"""

from __future__ import annotations

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


def of_block(node: Node, number: int) -> list[Header]:
    """Return the headers, the block's own first; raises `RegistryUnavailable`, also where successors are still to come.

    Not checked: who may seal. That the run hangs together is.
    """
    scheme = node.profile.seal_scheme
    if scheme is not SealScheme.CLIQUE:
        return headers.read(node.rpc, [number], scheme)
    last = min(number + seals.MAX_HEADERS - 1, node.block(None).number)
    window = headers.read(node.rpc, range(number, last + 1), scheme)
    for parent, child in pairwise(window):
        if child.parent_hash != seals.block_hash(parent, scheme):
            raise RegistryUnavailable(f"block {child.number} does not follow the one before; ask again")
    signers = _signers_of(window)
    wanted = _how_many(node.rpc, number, signers) // 2 + 1
    for length in range(1, len(window) + 1):
        if len(set(signers[:length])) == wanted:
            return window[:length]
    raise RegistryUnavailable(
        f"block {number}: {len(set(signers))} signers sealed it and the {len(window) - 1} blocks after it, "
        f"wanted {wanted}; ask again later"
    )


def _how_many(rpc: Rpc, number: int, seen: Sequence[bytes | None]) -> int:
    """Return how many signers there are at a block's height: those after the block before it."""
    try:
        return len(items(rpc.ask(_SIGNERS, to_hex(number - 1)), _SIGNERS))
    except NodeError:
        # The words are usually not for everybody; what stands on the chain is.
        blocks = headers.blocks(rpc, sorted({0, number - number % _EPOCH}))
        listed = [size for block in blocks if (size := _listed(block))]
        return max([len(set(seen)), *listed[-1:]])


def _signers_of(run: Sequence[Header]) -> list[bytes | None]:
    """Return who sealed each header; None for a seal that no key made."""
    try:
        return [
            recovery.signer_of(seals.commit_hash(header, SealScheme.CLIQUE), header.extra[-_SEAL:]) for header in run
        ]
    except EvidenceMalformed as exc:
        raise RegistryUnavailable(f"block {run[0].number} or one after it has no seal: {exc}") from exc


def _listed(block: Json) -> int:
    """Return how many signers a block lists."""
    extra = data(member(block, "extraData", "eth_getBlockByNumber"), "eth_getBlockByNumber extraData")
    return max(0, len(extra) - _VANITY - _SEAL) // _ADDRESS
