"""Whether a trust list makes a block believed: the first half of every proof and checkpoint.

What fails here speaks against the block under this list, never against a certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from chain import seals
from chain.errors import EvidenceMalformed
from chain.header import Header

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.seals import Sealing
    from chain.trust_list import TrustList


@dataclass(frozen=True, slots=True)
class BelievedBlock:
    """A block that enough of the pinned validators sealed, or one at a height where nobody seals."""

    header: Header
    hash: bytes
    """What everybody calls the block's hash, which depends on the scheme."""
    sealing: Sealing | None
    """None where nobody seals: there a checkpoint that attesters vouch for must list what the block is to show."""


def believed(headers: Sequence[bytes], trust: TrustList) -> BelievedBlock:
    """Check that a trust list makes the first of these headers believed; in Clique its successors follow it.

    Raises:
        EvidenceMalformed: A header that is none under any scheme, none at all, or more than any scheme has.
        SealsInsufficient: Whatever else keeps the block from being believed under this list.
    """
    if not 0 < len(headers) <= seals.MAX_HEADERS:
        raise EvidenceMalformed(f"got {len(headers)} headers, wanted 1 to {seals.MAX_HEADERS}")
    run = [Header.parse(header) for header in headers]
    scheme = trust.scheme_at(run[0].number)
    sealing = seals.check(run, scheme, partial(trust.validators_at, scheme=scheme))
    # The seals were found in the extra data, so it is in the form that the hash is made of.
    return BelievedBlock(run[0], seals.block_hash(run[0], scheme), sealing)
