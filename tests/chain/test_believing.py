"""Whether a trust list makes a block believed, apart from anything that the block is to show."""

from __future__ import annotations

import pytest

from chain.believing import believed
from chain.errors import EvidenceMalformed, SealsInsufficient
from chain.seals import SealScheme
from tests import sealed
from tests.chain.raw_headers import raw_header
from tests.chain.small_world import VALIDATORS, trust

RAW = [raw_header(number=100 + place) for place in range(4)]
RUNS = {
    "qbft": [sealed.qbft(VALIDATORS).sealed(RAW[0], VALIDATORS[:3])],
    "ibft2": [sealed.ibft2(VALIDATORS).sealed(RAW[0], VALIDATORS[:3])],
    "clique": sealed.clique(RAW[:3], VALIDATORS[:3]),
    "none": RAW[:1],
}
FOUR = sealed.addresses(VALIDATORS)


@pytest.mark.parametrize("scheme", RUNS)
def test_a_block_is_believed_under_its_own_scheme(scheme: str) -> None:
    block = believed(RUNS[scheme], trust(scheme))
    assert block.header.encode() == RUNS[scheme][0]
    assert (block.sealing.scheme.value if block.sealing else "none") == scheme
    assert len(block.hash) == 32


@pytest.mark.parametrize("scheme", ["qbft", "ibft2", "clique"])
@pytest.mark.parametrize("listed", ["qbft", "ibft2", "clique"])
def test_under_another_scheme_it_is_not_believed_and_nothing_worse_is_said(scheme: str, listed: str) -> None:
    if scheme != listed:
        with pytest.raises(SealsInsufficient):
            believed(RUNS[scheme], trust(listed))


def test_the_scheme_is_that_of_the_height_in_the_list() -> None:
    changing = trust("", sets=[(0, 100, FOUR, "qbft"), (100, 101, FOUR, "ibft2"), (101, None, FOUR, "qbft")])
    assert changing.scheme_at(100) is SealScheme.IBFT2
    assert believed(RUNS["ibft2"], changing).sealing is not None
    with pytest.raises(SealsInsufficient):
        believed(RUNS["qbft"], changing)


def test_a_run_does_not_reach_into_heights_of_another_scheme_or_of_none() -> None:
    assert believed(RUNS["clique"], trust("", sets=[(0, 103, FOUR, "clique")])).sealing is not None
    with pytest.raises(SealsInsufficient, match="block 102: got a seal of another scheme, wanted qbft"):
        believed(RUNS["clique"], trust("", sets=[(0, 102, FOUR, "clique"), (102, None, FOUR, "qbft")]))
    with pytest.raises(SealsInsufficient, match="nothing of block 102"):
        believed(RUNS["clique"], trust("", sets=[(0, 102, FOUR, "clique")]))


@pytest.mark.parametrize("headers", [[], RUNS["clique"] * 22, [b""], [RUNS["qbft"][0][:-1]], [b"\xc0"]])
@pytest.mark.parametrize("scheme", RUNS)
def test_what_is_no_header_under_any_scheme_is_malformed(headers: list[bytes], scheme: str) -> None:
    with pytest.raises(EvidenceMalformed):
        believed(headers, trust(scheme))
