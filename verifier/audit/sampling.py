"""A random sample for review by hand that nobody could choose, and anybody can draw again.

Chance comes from a block's hash, which nobody knew when the certificates were anchored. The algorithm stands in
`docs/audit.md`: SHA-256 over a domain, that hash, the population's digest and a counter; a number too large to be dealt
out evenly is passed over, and so is a place that was drawn already.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from chain.errors import InvalidInput
from verifier.audit.completeness import OneCertificate
from verifier.audit.misasked import Misasked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.events import Record
    from chain.registry import Block
    from verifier.audit.completeness import Complete

DOMAIN = b"yinxin audit sample 1"
POPULATION = b"yinxin audit population 1"
MOST = 10_000
_COUNTER, _SIZE = 8, 8
_HASH = 32


@dataclass(frozen=True, slots=True)
class Drawn:
    """A leaf that was drawn."""

    draw: int
    """The how manieth draw it was, from 1."""
    counter: int
    """With which counter."""
    place: int
    """Its place in the population, from 0."""
    leaf: bytes
    position: int
    """Its place in its batch."""
    record: Record
    """Of that batch."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample with all that it takes to draw it again."""

    complete: Complete
    block: Block
    """Whose hash chance comes from."""
    population_digest: bytes
    population_size: int
    drawn: tuple[Drawn, ...]
    """In the order of the draws."""


def digest_of(leaves: Sequence[bytes]) -> bytes:
    """Return a population's digest: SHA-256 over the domain, how many leaves there are, and all of them."""
    return sha256(POPULATION + len(leaves).to_bytes(_SIZE) + b"".join(leaves)).digest()


def places(block_hash: bytes, population_digest: bytes, *, population: int, size: int) -> tuple[tuple[int, int], ...]:
    """Draw so many different places below `population`; return each with its counter, in the order of the draws.

    Raises `InvalidInput` for more than there are, for none, and for what is no hash.
    """
    if not 0 < size <= min(population, MOST):
        raise Misasked("sample_size", got=size, population=population, most=min(population, MOST))
    if {len(block_hash), len(population_digest)} != {_HASH}:
        raise InvalidInput(f"got hashes of {len(block_hash)} and {len(population_digest)} bytes, wanted {_HASH}")
    # The largest multiple of the population that 256 bits hold: a number beyond it would favour the first places.
    limit = 2**256 - 2**256 % population
    found: dict[int, int] = {}
    counter = 0
    while len(found) < size:
        number = int.from_bytes(sha256(DOMAIN + block_hash + population_digest + counter.to_bytes(_COUNTER)).digest())
        if number < limit:
            found.setdefault(number % population, counter)
        counter += 1
    return tuple(found.items())


def draw(complete: Complete, block: Block, *, size: int) -> Sample:
    """Draw a sample of the certificates that are complete; raises `InvalidInput` for a block that could be known."""
    _require_later(complete, block)
    population = complete.population
    digest = digest_of([leaf for _, _, leaf in population])
    drawn: list[Drawn] = []
    for place, counter in places(block.hash, digest, population=len(population), size=size):
        record, position, leaf = population[place]
        drawn.append(Drawn(len(drawn) + 1, counter, place, leaf, position, record))
    return Sample(complete, block, digest, len(population), tuple(drawn))


def _require_later(complete: Complete, block: Block) -> None:
    """Refuse a block whose hash somebody could know while the population could still change."""
    if isinstance(complete.subject, OneCertificate) or not complete.batches:
        raise Misasked("sample_of_one")
    if not complete.is_over:
        raise Misasked("sample_not_over")
    last = complete.batches[-1]
    if block.number <= last.block_number:
        raise Misasked("sample_block", got=block.number, last=last.block_number)
    end = complete.ends
    if end is not None and block.timestamp < end:
        raise Misasked("sample_block_early", got=block.number)
