"""A random sample that nobody could choose, and that anybody can draw again."""

from __future__ import annotations

from collections import Counter
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from chain.errors import InvalidInput
from chain.registry import Block
from tests.deployed import leaves_of
from verifier.audit import sampling
from verifier.audit.completeness import OneBatch, OneCertificate, Period, gather

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.audit.world import World
    from verifier.indexing.index import Index

FIRST, LAST = date(2026, 1, 1), date(2026, 5, 31)
HASH, OTHER = sha256(b"a block").digest(), sha256(b"another block").digest()


def later(world: World, number: int = 79, block_hash: bytes = HASH) -> Block:
    return Block(number, block_hash, b"", int(world.now.timestamp()))


def naive(block_hash: bytes, leaves: Sequence[bytes], size: int) -> list[int]:
    """Draw as `docs/audit.md` says, without looking at our code."""
    count = len(leaves)
    digest = sha256(b"yinxin audit population 1" + count.to_bytes(8, "big") + b"".join(leaves)).digest()
    found: list[int] = []
    i = 0
    while len(found) < size:
        n = int(sha256(b"yinxin audit sample 1" + block_hash + digest + i.to_bytes(8, "big")).hexdigest(), 16)
        i += 1
        if n >= 2**256 // count * count or n % count in found:
            continue
        found.append(n % count)
    return found


class TestPlaces:
    @pytest.mark.parametrize(("population", "size"), [(1, 1), (7, 7), (139, 25), (1_000, 60)])
    def test_anybody_draws_the_same(self, population: int, size: int) -> None:
        leaves = leaves_of("sample", population)
        drawn = sampling.places(HASH, sampling.digest_of(leaves), population=population, size=size)
        assert [place for place, _ in drawn] == naive(HASH, leaves, size)

    def test_it_stays_the_same_for_ever(self) -> None:
        drawn = sampling.places(HASH, sampling.digest_of(leaves_of("sample", 100)), population=100, size=5)
        assert [place for place, _ in drawn] == [80, 67, 22, 5, 63]

    def test_no_place_is_drawn_twice(self) -> None:
        drawn = sampling.places(HASH, OTHER, population=50, size=50)
        assert sorted(place for place, _ in drawn) == list(range(50))

    def test_another_block_or_population_draws_others(self) -> None:
        digest = sampling.digest_of(leaves_of("sample", 1_000))
        assert sampling.places(HASH, digest, population=1_000, size=20) != sampling.places(
            OTHER, digest, population=1_000, size=20
        )
        assert digest != sampling.digest_of(leaves_of("sample", 1_000)[::-1])

    def test_every_place_is_as_likely(self) -> None:
        counts: Counter[int] = Counter()
        for number in range(600):
            seed = sha256(number.to_bytes(4)).digest()
            counts.update(place for place, _ in sampling.places(seed, OTHER, population=10, size=3))
        # 180 are expected of each; six standard deviations are 67.
        assert all(abs(counts[place] - 180) < 67 for place in range(10))

    @pytest.mark.parametrize(("population", "size"), [(5, 0), (5, 6), (0, 1), (20_000, 10_001)])
    def test_more_than_there_are_and_none_are_refused(self, population: int, size: int) -> None:
        with pytest.raises(InvalidInput, match="got a sample"):
            sampling.places(HASH, OTHER, population=population, size=size)

    def test_half_a_hash_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="16"):
            sampling.places(HASH[:16], OTHER, population=5, size=2)


class TestDraw:
    def test_a_sample_is_of_the_population_in_the_chains_order(self, world: World, cut_index: Index) -> None:
        complete = gather(cut_index, Period(world.offices[2].agency, None, FIRST, LAST))
        sample = sampling.draw(complete, later(world), size=12)
        leaves = [leaf for _, _, leaf in complete.population]
        assert sample.population_digest == sampling.digest_of(leaves)
        assert [each.leaf for each in sample.drawn] == [leaves[place] for place in naive(HASH, leaves, 12)]

    def test_a_block_that_was_there_before_the_population_ended_is_refused(
        self, world: World, cut_index: Index
    ) -> None:
        complete = gather(cut_index, Period(world.offices[2].agency, None, FIRST, LAST))
        early = Block(77, HASH, b"", int(complete.batches[-1].block_timestamp) + 1)
        with pytest.raises(InvalidInput, match="before the period was over"):
            sampling.draw(complete, early, size=5)
        with pytest.raises(InvalidInput, match="the last batch's"):
            sampling.draw(complete, later(world, complete.batches[-1].block_number), size=5)

    def test_a_period_that_goes_on_is_refused(self, world: World, cut_index: Index) -> None:
        complete = gather(cut_index, Period(world.offices[2].agency, None, FIRST, date(2027, 1, 1)))
        with pytest.raises(InvalidInput, match="not over"):
            sampling.draw(complete, later(world), size=5)

    def test_a_batch_is_a_population_and_one_certificate_is_none(self, world: World, cut_index: Index) -> None:
        batch = world.batches[0]
        complete = gather(cut_index, OneBatch(batch.office.agency, batch.root))
        assert len(sampling.draw(complete, later(world), size=10).drawn) == 10
        with pytest.raises(InvalidInput, match="one certificate"):
            sampling.draw(gather(cut_index, OneCertificate(world.papers[0].leaf)), later(world), size=1)
