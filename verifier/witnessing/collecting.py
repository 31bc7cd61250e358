"""Collects what witnesses say to this verifier's checkpoints: it shows them the newest, and keeps what they sign.

Nothing waits for it, unless the operator demands witnesses: then what they have not seen is not handed out yet.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog

from chain import strict_json
from chain.errors import EvidenceMalformed, EvidenceRefused, SignatureInvalid, YinxinError
from verifier.published.evidence_files import Kind
from verifier.witnessing import asking, cosignature_rows, split_view
from verifier.witnessing.cosignature import MAX_BYTES, Cosignature
from verifier.witnessing.cosignature_rows import Agreement
from verifier.witnessing.errors import Unanswered
from verifier.witnessing.split_view import SplitView

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from verifier.published.evidence_files import EvidenceFiles
    from verifier.published.trust_file import TrustFile
    from verifier.witnessing.witness_list import Listed
    from verifier.witnessing.witnessed import Witnessed

PAUSE_S = 2.0
"""Between two looks at what was cut meanwhile, which is a look into the index."""
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 300.0
"""After a witness that failed; it doubles with each failure that follows."""
SPLITS_EVERY_S = 60.0
"""How often a witness is asked what split views it knows."""
CHECKPOINTS, SPLITS = "/api/v1/witness/checkpoints", "/api/v1/witness/split-views"
CHECKPOINT_TYPE = "application/vnd.yinxin.checkpoint"
_MOST_TAKEN = 8
"""How many new split views are taken from a witness at a time."""

_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Failing:
    """That a witness did not co-sign what it was shown."""

    since: datetime
    why: str


@dataclass(slots=True)
class _Standing:
    """How it goes with one witness; times by the monotonic clock."""

    due: float = 0.0
    wait_s: float = FIRST_WAIT_S
    splits_due: float = 0.0
    failing: Failing | None = None
    refused: set[str] = field(default_factory=set)
    """The names of split views that there is no use in taking again, by the trust list as it is."""
    tries: dict[str, int] = field(default_factory=dict)
    """How often each was asked for."""
    trust: bytes | None = None
    """The trust list by which they were refused."""

    def forget_unless(self, trust: bytes | None) -> None:
        """Forget what was refused, unless by this trust list."""
        if trust != self.trust:
            self.refused.clear()
            self.tries.clear()
            self.trust = trust


class Collector:
    """Collects for one index."""

    def __init__(
        self,
        witnessed: Witnessed,
        files: EvidenceFiles,
        trust: TrustFile | None,
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`files` are all checkpoints, also those that are not handed out yet.

        `trust` says which split views of others are believed; without one, none are taken.
        """
        self._witnessed = witnessed
        self._files = files
        self._trust = trust
        self._clock = clock
        self._monotonic = monotonic
        self._standings = {each.url: _Standing() for each in witnessed.witnesses}

    def failing(self) -> dict[str, Failing]:
        """Return the witnesses that do not co-sign now, by name, and why."""
        named = ((each.name, self._standings[each.url].failing) for each in self._witnessed.witnesses)
        return {name: failing for name, failing in named if failing is not None}

    def turn(self) -> float:
        """Ask each witness that there is something to ask; returns how many seconds to wait. Raises nothing."""
        for witness in self._witnessed.witnesses:
            standing = self._standings[witness.url]
            if self._monotonic() < standing.due:
                continue
            try:
                self._show(witness)
                self._take_splits(witness, standing)
            except YinxinError as exc:
                self._failed(witness, standing, exc)
            except Exception as exc:  # noqa: BLE001 (collecting goes on, whatever happens here)
                self._failed(witness, standing, exc)
            else:
                standing.failing, standing.wait_s = None, FIRST_WAIT_S
        return PAUSE_S

    def _show(self, witness: Listed) -> None:
        """Have a witness co-sign the newest checkpoint, unless it has seen as much; raises `YinxinError`."""
        file = self._files.find(Kind.CHECKPOINT)
        if file is None:
            return
        with self._witnessed.store.reading() as session:
            if cosignature_rows.first_from(session, file.number, witness.key.kid) is not None:
                return
        data = self._files.content(file)
        if data is None:
            return
        reply = asking.post(witness.url + CHECKPOINTS, data, media_type=CHECKPOINT_TYPE, most=split_view.MAX_BYTES)
        match reply.status:
            case HTTPStatus.OK | HTTPStatus.CONFLICT:
                self._take(witness, reply.body)
            case HTTPStatus.UNPROCESSABLE_ENTITY:
                self._take_split(reply.body)
                raise Unanswered(f"block {file.number}: it was shown another history before, and does not co-sign")
            case _:
                said = reply.body[:300].decode(errors="replace")
                raise Unanswered(f"block {file.number}: got status {reply.status}, wanted 200: {said}")

    def _take(self, witness: Listed, data: bytes) -> None:
        """Keep what a witness signed if it is what the index holds; raises `YinxinError`."""
        try:
            cosignature = Cosignature.parse(data)
            cosignature.verify(witness.key)
        except (EvidenceMalformed, SignatureInvalid) as exc:
            raise Unanswered(f"got an answer that is not its co-signature: {exc}") from exc
        statement = cosignature.statement
        if statement.witness != witness.name:
            raise Unanswered(f"got a witness that calls itself {statement.witness}, wanted {witness.name}")
        with self._witnessed.store.writing() as session:
            agreed = cosignature_rows.agreement(session, statement)
            if agreed is Agreement.AGREES:
                cosignature_rows.keep(session, cosignature)
        match agreed:
            case Agreement.AGREES:
                _LOG.info("witness.cosigned", witness=witness.name, block=statement.number)
            case Agreement.NOT_REACHED:
                raise Unanswered(f"it has seen block {statement.number}, to which this index has not come yet")
            case Agreement.DISAGREES:
                _LOG.error("witness.disagrees", witness=witness.name, block=statement.number)
                raise Unanswered(f"it has co-signed another history, up to block {statement.number}")

    def _take_splits(self, witness: Listed, standing: _Standing) -> None:
        """Take the split views that a witness knows and this verifier does not; raises `YinxinError`."""
        if self._trust is None or self._monotonic() < standing.splits_due:
            return
        standing.splits_due = self._monotonic() + SPLITS_EVERY_S
        reply = asking.get(witness.url + SPLITS, most=MAX_BYTES)
        try:
            told = strict_json.parse(reply.body) if reply.status == HTTPStatus.OK else None
        except ValueError as exc:
            raise Unanswered(f"{SPLITS}: got an answer that is not JSON: {exc}") from exc
        match told:
            case {"split_views": [*named]}:
                names = [each for each in named if isinstance(each, str) and each.isalnum()]
            case _:
                raise Unanswered(f"{SPLITS}: got status {reply.status} or another form, wanted the names it knows")
        standing.forget_unless(self._trust.data)
        # The newest first, and those that were not to be had last: none that is refused holds up another.
        new = [each for each in names if not self._witnessed.splits.has(each) and each not in standing.refused]
        new.reverse()
        for name in sorted(new, key=lambda each: standing.tries.get(each, 0))[:_MOST_TAKEN]:
            standing.tries[name] = standing.tries.get(name, 0) + 1
            reply = asking.get(f"{witness.url}{SPLITS}/{name}", most=split_view.MAX_BYTES)
            if reply.status == HTTPStatus.OK and not self._take_split(reply.body):
                standing.refused.add(name)

    def _take_split(self, data: bytes) -> bool:
        """Keep a split view if this verifier's own trust list makes it one; what else comes is logged.

        Returns whether it may be worth being taken again.
        """
        listed = None if self._trust is None else self._trust.data
        if self._trust is None or listed is None:
            _LOG.error("split_view.not_checked", detail="there is no trust list to check it by; name one")
            return True
        try:
            came = SplitView.parse(data)
            # With this verifier's own list in it, anybody can check it as it was checked here.
            shown = split_view.check(SplitView(came.found, listed, came.older, came.newer))
            self._witnessed.splits.keep(shown)
        except (EvidenceMalformed, EvidenceRefused) as exc:
            _LOG.warning("split_view.refused", detail=str(exc))
        except OSError as exc:
            _LOG.error("split_view.not_kept", error=exc.strerror or str(exc))
            return True
        # One that is kept under another name than the witness's is not to be taken again either.
        return False

    def _failed(self, witness: Listed, standing: _Standing, exc: Exception) -> None:
        why = str(exc) if isinstance(exc, YinxinError) else repr(exc)
        if standing.failing is None or standing.failing.why != why:
            _LOG.warning("witness.not_cosigned", witness=witness.name, detail=why)
        standing.failing = Failing(standing.failing.since if standing.failing else self._clock(), why)
        standing.due = self._monotonic() + standing.wait_s
        standing.wait_s = min(2 * standing.wait_s, LONGEST_WAIT_S)
