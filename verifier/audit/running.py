"""Runs the audit: stretch by stretch over all blocks, remembered after each, and resumed where the last run ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chain.errors import InvalidInput, RegistryError
from chain.events import BatchAnchored, ProposalMade
from chain.history import Heads, Step
from chain.seals import MAX_HEADERS, SealScheme
from chain.steps import List, arguments, event_of, kind_of, list_of
from verifier.audit import deployed_code, other_nodes, rules_blocks
from verifier.audit.continuity import is_continued
from verifier.audit.examining import Examiner
from verifier.audit.finding import Grade
from verifier.audit.folded import Happened, Proposal
from verifier.audit.outcomes import FamilyResult, State
from verifier.audit.reconciling import Reconciler
from verifier.audit.remembering import Compared, LookedAt, Mark, Told
from verifier.audit.rules import RULES, Family

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from chain.registry import Identity
    from verifier.audit.finding import Argument, Finding
    from verifier.audit.reconciling import Reconciled
    from verifier.audit.remembering import Remembered
    from verifier.audit.sources import ChainSource, RawHeader, RawLog

_NOTHING_MORE = frozenset({"no_seals", "only_told", "code_only_told"})
"""Reasons that the kind of chain gives: nobody can look at more of it."""
_BY_NATURE = _NOTHING_MORE | {"one_node", "only_newest"}
"""Those that the number or kind of nodes gives as well; not a source that did not answer, nor what nobody set."""
_UNSIGNED = "sender_only_told"
"""The code of what was found, and the reason that it gives where every transaction is signed."""
_WITHOUT_REGISTRY = frozenset({Family.CONTINUITY, Family.BLOCKS, Family.SEALS, Family.NODES})
"""What can be looked at in blocks that are older than the registry."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """Whom to believe about seals; of a trust list."""

    scheme_at: Callable[[int], SealScheme]
    validators_at: Callable[[int], frozenset[bytes]]


@dataclass(slots=True)
class _Gaps:
    """Why families of checks were not run, or only in part."""

    reasons: dict[Family, tuple[str, Mapping[str, Argument]]] = field(default_factory=dict)

    def add(self, family: Family, reason: str, **arguments: Argument) -> None:
        self.reasons.setdefault(family, (reason, arguments))

    def add_to_all(self, reason: str, **arguments: Argument) -> None:
        for family in Family:
            self.reasons[family] = (reason, arguments)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    run: int
    """Its number; 0 if it could not even begin."""
    families: tuple[FamilyResult, ...]
    is_answered: bool
    """Whether the source answered to the end."""
    trouble: str = ""
    """What went wrong with the source."""

    @property
    def is_whole(self) -> bool:
        """Whether all of every family was looked at."""
        return self.is_answered and not any(family.reason for family in self.families)

    @property
    def is_all_there_is(self) -> bool:
        """Whether all was looked at that this kind of chain and these nodes let be looked at."""
        return self.is_answered and not any(
            family.state is State.NOT_RUN and family.reason not in _BY_NATURE for family in self.families
        )

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found of grade FAULT or ALARM."""
        return all(family.state is not State.FAILED for family in self.families)


@dataclass(slots=True)
class Auditor:
    """An audit over one source, with others to compare it with."""

    sources: Sequence[ChainSource]
    """The first one is audited, the others are asked whether they tell the same."""
    remembered: Remembered
    pinned: Pinned | None = None
    clock: Callable[[], datetime] = field(kw_only=True)
    progress: Callable[[int, int], None] = field(kw_only=True, default=lambda _done, _of: None)
    """Called with how many blocks have been checked, of how many."""
    _gaps: _Gaps = field(init=False, default_factory=_Gaps)
    _parent: bytes | None = field(init=False, default=None)
    _heads: Heads = field(init=False, default_factory=Heads)
    _recorded: set[List] = field(init=False, default_factory=set)
    """The lists in which something was recorded, by whatever was told."""
    _tail: list[RawHeader] = field(init=False, default_factory=list)
    """Headers of the end of the stretch before, which a run of seals may need."""

    def run(self, *, from_genesis: bool = False, until: int | None = None) -> Outcome:
        """Check all blocks that are final and were not checked before.

        Raises `InvalidInput` for an end that is not final yet, or that earlier runs have passed. A source that is
        silent, or of another registry than expected, is told in the outcome.
        """
        self._gaps = _Gaps()
        number = 0
        try:
            source = self.sources[0]
            identity = source.identity()
            last = max(-1, source.newest().number - source.confirmations)
            broken = is_continued(source, identity, self.remembered)
            if until is not None and (from_genesis or not broken):
                _require_reachable(until, last, None if from_genesis else self.remembered.head())
            if from_genesis:
                self.remembered.forget()
            number = self._begin(identity)
            self.remembered.keep(number, broken)
            if broken and not from_genesis:
                self._gaps.add_to_all("not_continued")
            else:
                self._check(number, identity, last if until is None else until)
        except RegistryError as exc:
            self._gaps.add_to_all("source_silent", detail=str(exc))
            number = number or self._begin(None)
            mark = self.remembered.head()
            self.remembered.keep(number, deployed_code.swapped(self.sources[0], -1 if mark is None else mark.number))
            return self._end(number, is_answered=False, trouble=str(exc))
        return self._end(number, is_answered=True)

    def _begin(self, identity: Identity | None) -> int:
        """Begin a run; what is remembered of is not another registry's until it is begun anew."""
        mark = self.remembered.head()
        registry, deployed_at = self.remembered.registry(), self.remembered.deployed_at()
        if identity is not None:
            registry = registry or (identity.chain_id, identity.registry_id, identity.genesis_hash)
            deployed_at = identity.deployed_at_block if deployed_at is None else deployed_at
        return self.remembered.begin(
            started=self.clock(),
            first_block=0 if mark is None else mark.number + 1,
            registry=registry,
            deployed_at=deployed_at,
        )

    # All stretches.

    def _check(self, run: int, identity: Identity, last: int) -> None:
        source = self.sources[0]
        examiner = Examiner(self.remembered.type_of)
        examiner.refold(self._known())
        kept = self.remembered.heads()
        self._heads = Heads(*(kept[place] for place in range(len(List)))) if kept else Heads()
        mark = self.remembered.head()
        first = 0 if mark is None else mark.number + 1
        self._parent = None if mark is None else mark.hash
        self._tail = []
        if self.pinned is not None and source.scheme is SealScheme.CLIQUE and first > 0:
            self._tail = list(source.headers(max(0, first - MAX_HEADERS), first - 1))
        for start in range(first, last + 1, source.batch):
            end = min(start + source.batch - 1, last)
            self._stretch(run, identity, examiner, start, end)
            self.progress(end + 1 - first, last + 1 - first)
        self._tell_gaps(identity.deployed_at_block)
        self.remembered.keep(run, self._compare_nodes())
        less = {family for family, (reason, _) in self._gaps.reasons.items() if reason not in _NOTHING_MORE}
        if not less & self._failed():
            # Only then may it stand for the runs before it: it looked again at all that something was found in.
            self.remembered.answered(run)

    def _known(self) -> Iterator[Happened]:
        """Yield what happened until the last block checked."""
        self._recorded = set()
        for told in self.remembered.events():
            self._recorded.add(list_of(told.step.kind))
            yield _happened(told)

    def _tell_gaps(self, deployed_at: int) -> None:
        """Say what could not be looked at, in this run or in an earlier one that this one goes on from."""
        mark = self.remembered.head()
        if mark is None:
            self._gaps.add_to_all("nothing_final")
            return
        if mark.number < deployed_at:
            for family in Family:
                if family not in _WITHOUT_REGISTRY:
                    self._gaps.add(family, "before_registry", deployed=deployed_at)
        if self.sources[0].scheme is SealScheme.NONE:
            self._gaps.add(Family.SEALS, "no_seals")
        elif self.pinned is None:
            self._gaps.add(Family.SEALS, "no_trust_list")
        elif (unsealed := self.remembered.unsealed_until()) >= 0:
            self._gaps.add(Family.SEALS, "seals_since", before=unsealed)
        found = self.remembered.counts(since=self.remembered.begun_since())
        if (unsigned := found.get((Grade.REMARK, _UNSIGNED), 0)) and self.sources[0].are_all_signed:
            # A node could keep any sender from being checked, by one member of its answer.
            self._gaps.add(Family.BLOCKS, _UNSIGNED, count=unsigned)
        self._tell_gaps_of_state(mark)

    def _tell_gaps_of_state(self, mark: Mark) -> None:
        if self.remembered.heads_compared_at() < mark.number:
            compared = self.remembered.heads_compared_at(Compared.TOLD)
            self._gaps.add(Family.HEADS, "no_state" if compared < mark.number else "only_told", compared=compared)
        if (uncoded := self.remembered.uncoded_until()) >= mark.number:
            self._gaps.add(Family.CODE, "no_state", compared=self.remembered.coded_at())
        elif (told := self.remembered.uncoded_until(Compared.TOLD)) > uncoded:
            self._gaps.add(Family.CODE, "code_only_told", compared=told)
        elif uncoded >= 0:
            self._gaps.add(Family.CODE, "only_newest", before=uncoded)

    def _stretch(self, run: int, identity: Identity, examiner: Examiner, first: int, last: int) -> None:
        source = self.sources[0]
        headers = source.headers(first, last)
        by_number = {each.number: each for each in headers}
        is_sealed = self.pinned is not None or source.scheme is SealScheme.NONE
        hashes = {each.number: each.made_hash or each.told_hash for each in headers}
        findings = [*rules_blocks.headers(headers, self._parent), *self._sealed(headers)]
        told: Sequence[RawLog] = ()
        begins = max(first, identity.deployed_at_block)
        if begins <= last:
            told = source.logs(begins, last)
        findings += rules_blocks.places(told, hashes)
        # In which block the registry begins is the node's word; that nothing was recorded before, the state has to say.
        reconciled = self._reconciled(examiner, by_number, told, first, last)
        findings += reconciled.findings
        findings += rules_blocks.unknown({log.place: log for log in (*told, *reconciled.logs)}.values())
        kept = self._examined(examiner, reconciled.logs, by_number, findings)
        self._heads = reconciled.heads
        self._recorded |= {list_of(kind_of(log.event)) for log in (*told, *reconciled.logs) if log.event is not None}
        coded = deployed_code.checked(source, identity, by_number[last], self._recorded)
        findings += coded.findings
        looked_at = LookedAt(_compared(reconciled), is_sealed, coded.compared)
        self._parent = hashes[last]
        newest = by_number[last].header
        mark = Mark(last, hashes[last], 0 if newest is None else newest.timestamp)
        heads = (self._heads.anchors, self._heads.statuses, self._heads.rights)
        self.remembered.keep_stretch(
            run,
            mark,
            events=kept,
            leaves=examiner.take_leaves(),
            heads=heads,
            looked_at=looked_at,
            findings=findings,
        )

    def _sealed(self, headers: Sequence[RawHeader]) -> list[Finding]:
        if self.pinned is None or self.sources[0].scheme is SealScheme.NONE:
            return []
        is_clique = self.sources[0].scheme is SealScheme.CLIQUE
        whole = [*self._tail, *headers]
        self._tail = whole[-MAX_HEADERS:] if is_clique else []
        if is_clique and len(whole) < MAX_HEADERS:
            # At a chain's beginning a run needs the blocks that follow, though they are not final yet.
            last, newest = headers[-1].number, self.sources[0].newest().number
            whole += self.sources[0].headers(last + 1, min(newest, last + MAX_HEADERS))
        return list(rules_blocks.sealed(whole, self.pinned.scheme_at, self.pinned.validators_at))

    def _reconciled(
        self, examiner: Examiner, headers: Mapping[int, RawHeader], told: Sequence[RawLog], first: int, last: int
    ) -> Reconciled:
        made = {
            log.event.proposal: Proposal(log.event.target, log.event.data, log.event.expires_at_block)
            for log in told
            if isinstance(log.event, ProposalMade)
        }
        reconciler = Reconciler(
            self.sources[0], headers, lambda number: examiner.folded.proposals.get(number) or made.get(number)
        )
        return reconciler.reconcile(told, self._heads, first, last)

    def _examined(
        self,
        examiner: Examiner,
        logs: Sequence[RawLog],
        headers: Mapping[int, RawHeader],
        findings: list[Finding],
    ) -> list[Told]:
        """Examine the events of a stretch; returns what is to be remembered of them."""
        anchors = {log.transaction_hash: log.block_number for log in logs if isinstance(log.event, BatchAnchored)}
        sent = self.sources[0].transactions(anchors)
        for block in sorted({block for hash_, block in anchors.items() if hash_ not in sent}):
            # A node may have dropped its index of hashes; the block has the transactions all the same.
            sent |= {each.hash: each for each in self.sources[0].block_transactions(block)}
        for hash_, block in anchors.items():
            if hash_ in sent:
                findings += rules_blocks.sent(sent[hash_], block)
        kept: list[Told] = []
        for log in logs:
            if log.event is None:
                continue
            raw = headers.get(log.block_number)
            time = raw.header.timestamp if raw is not None and raw.header is not None else 0
            happened = Happened(log.event, log.block_number, time, log.log_index, log.transaction_hash)
            findings += examiner.examine(happened, sent.get(log.transaction_hash))
            kept.append(Told(_step(happened), log.transaction_hash))
        return kept

    def _compare_nodes(self) -> list[Finding]:
        """Ask the other nodes whether they tell the same chain."""
        if len(self.sources) == 1:
            self._gaps.add(Family.NODES, "one_node")
        mark = self.remembered.head()
        if mark is None:
            return []
        findings, unasked = other_nodes.compared(self.sources, mark, self._heads)
        for each in unasked:
            self._gaps.add(Family.NODES, each.reason, **each.arguments)
        return findings

    def _failed(self) -> set[Family]:
        """Return the families in which something of grade FAULT or ALARM stands, of this run or an earlier one."""
        return {
            RULES[code].family
            for (grade, code), count in self.remembered.counts(since=self.remembered.current_since()).items()
            if code in RULES and grade is not Grade.REMARK and count
        }

    def _end(self, run: int, *, is_answered: bool, trouble: str = "") -> Outcome:
        failed = self._failed()
        families: list[FamilyResult] = []
        for family in Family:
            reason, arguments = self._gaps.reasons.get(family, ("", {}))
            state = State.FAILED if family in failed else State.NOT_RUN if reason else State.PASSED
            families.append(FamilyResult(family, state, reason, arguments))
        if run:
            self.remembered.end(run, ended=self.clock(), families=families)
        return Outcome(run, tuple(families), is_answered, trouble)


def _require_reachable(until: int, last: int, checked: Mark | None) -> None:
    """Refuse an end that is not final, and one that leaves nothing to do: it would look as if it were checked."""
    if until > last:
        raise InvalidInput(f"--until: got block {until}, wanted one that is final: at most {last}")
    if checked is not None and until < checked.number:
        raise InvalidInput(
            f"--until: got block {until}, wanted {checked.number} or later, which earlier runs have checked up to; "
            "with --from-genesis a run begins anew"
        )


def _compared(reconciled: Reconciled) -> Compared:
    if not reconciled.is_compared:
        return Compared.NOTHING
    return Compared.PROVEN if reconciled.is_proven else Compared.TOLD


def _step(happened: Happened) -> Step:
    event = happened.event
    return Step(kind_of(event), arguments(event), happened.block, happened.time, happened.log_index)


def _happened(told: Told) -> Happened:
    step = told.step
    event = event_of(step.kind, step.arguments)
    return Happened(event, step.block_number, step.timestamp, step.log_index, told.transaction_hash)
