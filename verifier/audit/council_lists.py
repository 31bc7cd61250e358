"""The council's lists as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.audit import council_view
from verifier.audit.exporting import Cell, Listing, columns
from verifier.register import opened
from verifier.wording import Language, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from verifier.audit.as_of import AsOf
    from verifier.audit.council_calls import CallReader
    from verifier.audit.council_view import Council
    from verifier.indexing.index import Index

_PROPOSAL = ("proposal", "state", "votes", "votes_needed", "block", "time", "proposer", "target", "function")
_MORE = ("call_zh", "call_en", "data", "voters", "voters_that_count", "expires_at_block", "executed_block")


def of_members(council: Council, about: Mapping[str, Cell]) -> Listing:
    """Return who was a member, then and before."""
    rows = [
        (each.address, each.until_block is None, each.from_block, each.from_time, each.until_block, each.until_time)
        for each in (*council.members, *council.former)
    ]
    named = columns("member", "present", "from_block", "from", "until_block", "until", timed=["from", "until"])
    return Listing("council-members", named, rows, about)


def of_proposals(index: Index, at: AsOf, reader: CallReader, about: Mapping[str, Cell]) -> Listing:
    """Return all proposals; they are read while they are written."""

    def rows() -> Iterator[Sequence[Cell]]:
        with opened(index) as tables:
            for each in council_view.all_of(tables, at, reader):
                yield (
                    each.id,
                    each.state.value,
                    each.counted,
                    each.needed,
                    each.block,
                    each.timestamp,
                    each.proposer,
                    each.target,
                    each.told.function,
                    say(each.told.message, Language.CHINESE),
                    say(each.told.message, Language.ENGLISH),
                    each.data,
                    [vote.member for vote in each.votes],
                    [vote.member for vote in each.votes if vote.counts],
                    each.expires_at_block,
                    each.executed_block,
                    each.executed_time,
                    each.executor,
                )

    named = columns(*_PROPOSAL, *_MORE, "executed", "executor", timed=["time", "executed"])
    return Listing("council-proposals", named, rows(), about)
