"""Raw answers stand where they were told, and say what they say wherever that is."""

from __future__ import annotations

from dataclasses import replace

from chain.raw import RawLog

LOG = RawLog(
    address=b"a" * 20,
    topics=(b"t" * 32,),
    data=b"data",
    block_number=7,
    block_hash=b"b" * 32,
    transaction_hash=b"x" * 32,
    transaction_index=1,
    log_index=3,
    event=None,
    oddness="unknown topic",
)


def test_logs_are_sorted_by_block_and_then_by_their_place_within_it() -> None:
    earlier = replace(LOG, block_number=6, log_index=9)
    assert sorted([LOG, earlier], key=lambda log: log.place) == [earlier, LOG]


def test_the_same_log_elsewhere_says_the_same() -> None:
    assert replace(LOG, block_number=8, log_index=0).content == LOG.content
    assert replace(LOG, data=b"other").content != LOG.content
