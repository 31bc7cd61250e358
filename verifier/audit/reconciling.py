"""Holds a stretch of events against the chain's own state, and names what was hidden where they differ.

The heads of the registry's hash chains after the stretch are folded from the events, and compared with those that the
chain's state holds. Where they differ, the first such block is found by halving; what stands in that block's receipts
is then what happened in it. From there on the chain's own heads are taken, so that what is hidden later is found, too.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chain.steps import List
from verifier.audit import rules_hidden
from verifier.audit.rules import found

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chain.history import Heads
    from verifier.audit.finding import Finding
    from verifier.audit.folded import Proposal
    from verifier.audit.sources import ChainSource, Meant, RawHeader, RawLog, RawTransaction, ShownHeads


@dataclass(slots=True)
class Reconciled:
    """A stretch's events, as far as they could be put right."""

    logs: list[RawLog]
    heads: Heads
    """After the stretch."""
    is_compared: bool = False
    """Whether the heads were held against the chain's state."""
    is_proven: bool = False
    """Whether that state was proven, and not only told."""
    findings: list[Finding] = field(default_factory=list)


class Reconciler:
    """One stretch of blocks and what was told of it."""

    def __init__(
        self,
        source: ChainSource,
        headers: Mapping[int, RawHeader],
        proposals: Callable[[int], Proposal | None],
    ) -> None:
        """`headers` are those of the stretch; `proposals` knows what the council may carry out."""
        self._source, self._headers, self._proposals = source, headers, proposals

    def reconcile(self, logs: Sequence[RawLog], before: Heads, first: int, last: int) -> Reconciled:
        """Compare the heads after blocks first..last with those that the events make."""
        told = Reconciled(list(logs), _made(logs, before, last))
        low, start = first - 1, before
        while True:
            shown = self._shown(last)
            if shown is None:
                return told
            if shown.oddness:
                told.findings.append(found("heads_not_proven", block=last, detail=shown.oddness))
            told.is_compared, told.is_proven = not shown.oddness, shown.is_proven
            if shown.heads == told.heads:
                return told
            low, start = self._put_right(told, start, low, last, shown.heads)
            told.heads = _made([log for log in told.logs if log.block_number > low], start, last)

    def _put_right(self, told: Reconciled, start: Heads, low: int, last: int, shown: Heads) -> tuple[int, Heads]:
        """Find the first block where they differ, and put its events right; returns it with the chain's heads then."""
        high, really = last, shown
        while high - low > 1:
            middle = (low + high) // 2
            answer = self._shown(middle)
            if answer is None:
                break  # The node forgot the state between; the end of the stretch is all that can be named.
            if answer.heads == _made([log for log in told.logs if log.block_number > low], start, middle):
                low, start = middle, answer.heads
            else:
                high, really = middle, answer.heads
        within = [log for log in told.logs if low < log.block_number <= high]
        made = _made(within, start, high)
        differing = [which for which in List if _head(made, which) != _head(really, which)]
        is_exact = high - low == 1
        self._name(told, high, differing, made, really, is_exact=is_exact)
        return high, really

    def _name(
        self,
        told: Reconciled,
        block: int,
        differing: Sequence[List],
        made: Heads,
        really: Heads,
        *,
        is_exact: bool,
    ) -> None:
        """Add findings that name what is hidden in a block, list by list; take the proven events as its own."""
        raw = self._headers.get(block)
        receipts = None
        if is_exact and raw is not None and raw.header is not None:
            receipts = self._source.receipts(block, raw.header.receipts_root)
        if receipts is not None and not receipts.is_proven:
            told.findings.append(found("receipts_altered", block=block, detail=receipts.oddness))
        calls: list[tuple[RawTransaction, Sequence[Meant]]] | None = None
        for which in differing:
            named: list[Finding] = []
            if receipts is not None and receipts.is_proven:
                named = rules_hidden.by_receipts(which, block, told.logs, receipts)
            if not named and is_exact:
                calls = self._calls(block) if calls is None else calls
                named = rules_hidden.by_calls(which, block, told.logs, calls)
            told.findings += named or [rules_hidden.unnamed(which, block, _head(really, which), _head(made, which))]
        if receipts is not None and receipts.is_proven and raw is not None:
            others = [log for log in told.logs if log.block_number != block]
            proven = [replace(log, block_hash=raw.told_hash) for log in receipts.logs]
            told.logs = sorted([*others, *proven], key=lambda log: log.place)

    def _calls(self, block: int) -> list[tuple[RawTransaction, Sequence[Meant]]]:
        """Return a block's transactions with what they mean; where one carries out a proposal, with what that means."""
        sent = self._source.block_transactions(block)
        return [(each, [*self._source.meaning(each.to, each.input), *self._decided(each)]) for each in sent]

    def _decided(self, sent: RawTransaction) -> Sequence[Meant]:
        if sent.call != "execute":
            return ()
        proposal = self._proposals(int.from_bytes(sent.input[4:36]))
        return () if proposal is None else self._source.meaning(proposal.target, proposal.data)

    def _shown(self, block: int) -> ShownHeads | None:
        raw = self._headers.get(block)
        if raw is None or raw.header is None:
            return None
        return self._source.heads_at(block, raw.header.state_root)


def _made(logs: Sequence[RawLog], start: Heads, last: int) -> Heads:
    """Return the heads that events make until a block; what could not be read makes no step."""
    heads = start
    for log in logs:
        if log.block_number <= last and log.event is not None:
            heads = heads.after(log.event, log.block_number)
    return heads


def _head(heads: Heads, which: List) -> bytes:
    return (heads.anchors, heads.statuses, heads.rights)[which]
