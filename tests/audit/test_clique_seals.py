"""Seals of Clique over a whole stretch: one seal is one signer's word, so runs of blocks are judged."""

from __future__ import annotations

from chain import seals
from chain.header import Header
from chain.raw import RawHeader
from chain.seals import SealScheme
from tests.chain.raw_headers import raw_header
from tests.sealed import addresses, clique, validators
from verifier.audit import rules_blocks

FIVE = validators(5)
STRANGER = validators(1, "stranger")[0]
LENGTH = 3 * seals.MAX_HEADERS - 40


def codes(order: list[int], *, stranger_at: int | None = None, length: int = LENGTH) -> list[str]:
    """Return what is found in a stretch whose blocks were sealed in turns of this order."""
    by = [FIVE[order[place % len(order)]] for place in range(length)]
    if stranger_at is not None:
        by[stranger_at] = STRANGER
    shown: list[RawHeader] = []
    for place, raw in enumerate(clique([raw_header(number=1 + place) for place in range(length)], by)):
        header = Header.parse(raw)
        made = seals.block_hash(header, SealScheme.CLIQUE)
        shown.append(RawHeader(1 + place, made, header, made, ()))
    assert list(rules_blocks.headers(shown, None)) == []
    pinned = frozenset(addresses(FIVE))
    return [
        finding.code
        for finding in rules_blocks.sealed(shown, lambda _number: SealScheme.CLIQUE, lambda _number: pinned)
    ]


def test_stretch_that_most_signers_sealed_in_turns_is_believed() -> None:
    assert codes([0, 1, 2, 3, 4]) == []
    assert codes([0, 1, 2]) == []
    assert codes([0, 1, 2], length=5) == []


def test_stretch_that_two_of_five_sealed_has_too_few_seals() -> None:
    assert set(codes([0, 1])) == {"too_few_seals"}


def test_seal_of_a_stranger_anywhere_is_found() -> None:
    for place in (0, 30, LENGTH - 1):
        assert "stranger_seal" in codes([0, 1, 2, 3, 4], stranger_at=place)
