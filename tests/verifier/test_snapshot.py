"""What the index answers where the newest blocks may still be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chain.events import AgencyRegistered, KeyAdded, KeyCutOff
from chain.keys import PublicKey
from tests.verifier.book import KEY, OTHER_KEY
from tests.verifier.chain_in_memory import NOW, ListRegistry, index_of
from verifier.check.knowledge import NO_CUT_OFF, final_block

if TYPE_CHECKING:
    from pathlib import Path

    from chain.events import Event

ANY = AgencyRegistered(9, 0, 1, "11999999MB0000001X", "演示", ())
KID = PublicKey.of(KEY).kid


def cut_off(block: int) -> KeyCutOff:
    return KeyCutOff(1, KID, block, ())


def added(key: PublicKey) -> KeyAdded:
    return KeyAdded(1, key.kid, 1, key.x, key.y, 0, 0, ())


@pytest.mark.parametrize(
    ("changes", "lowest"),
    [
        ([ANY, ANY, ANY], NO_CUT_OFF),
        ([ANY, ANY, cut_off(50)], 50),
        ([cut_off(50), ANY, cut_off(40)], 40),
        ([cut_off(50), ANY, cut_off(60)], 50),
        ([cut_off(50), ANY, cut_off(NO_CUT_OFF)], 50),
        ([cut_off(50), cut_off(NO_CUT_OFF), ANY], 50),
        ([cut_off(50), cut_off(NO_CUT_OFF), ANY, ANY], NO_CUT_OFF),
        ([cut_off(50), cut_off(30), cut_off(NO_CUT_OFF), ANY], 30),
        ([ANY, cut_off(30), cut_off(NO_CUT_OFF)], 30),
        ([cut_off(30), cut_off(60), ANY, ANY], 60),
    ],
)
def test_a_cut_off_moved_later_counts_when_that_is_final(tmp_path: Path, changes: list[Event], lowest: int) -> None:
    registry = ListRegistry([added(PublicKey.of(KEY)), added(PublicKey.of(OTHER_KEY)), *changes])
    index = index_of(registry, tmp_path, confirmations=2)
    index.follow(NOW)
    with index.snapshot() as snapshot:
        assert snapshot is not None
        assert final_block(snapshot) == len(registry.events) - 2
        found = {key.kid: key.cut_off_block for key in snapshot.keys(1, b"")}
    assert found == {KID: lowest, PublicKey.of(OTHER_KEY).kid: NO_CUT_OFF}
