"""A witness: it sees checkpoints, and co-signs each that goes on from all that it has seen.

The answers are those of the witnesses of transparency logs (C2SP, tlog-witness).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from threading import Lock
from typing import TYPE_CHECKING

import structlog

from chain import checkpoint
from chain.checkpoint import Believed, Checkpoint
from chain.errors import EvidenceMalformed, EvidenceRefused, NotAttested
from chain.history import History
from verifier.witnessing import split_view
from verifier.witnessing.consistency import difference
from verifier.witnessing.cosignature import Cosignature, Statement, checked_name
from verifier.witnessing.errors import FolderUnusable
from verifier.witnessing.folder import NOT_BELIEVED, SPLIT_VIEW, WENT_BACK
from verifier.witnessing.split_view import SplitView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from chain.keys import PublicKey
    from chain.strict_json import JSON
    from chain.trust_list import TrustList
    from verifier.published.trust_file import TrustFile
    from verifier.witnessing.folder import Folder
    from verifier.witnessing.split_view import Shown

_LOG = structlog.get_logger(__name__)


class Outcome(Enum):
    """What a witness says to a checkpoint."""

    COSIGNED = "cosigned"
    """Also of one that it has co-signed before, and that is the newest still."""
    MALFORMED = "malformed"
    """No checkpoint at all."""
    OTHER_REGISTRY = "other registry"
    NOT_BELIEVED = "not believed"
    """Not sealed, not vouched for by an attester of the trust list, or not whole."""
    OLDER = "older"
    """Than the newest that was co-signed; it may be the beginning of that one's history."""
    SPLIT = "split"
    """It cannot be of one history with what was co-signed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness says to a checkpoint, and why."""

    outcome: Outcome
    detail: str = ""
    number: int | None = None
    """The block of the checkpoint that came; None if it could not be read."""
    cosignature: Cosignature | None = None
    """Of this checkpoint if it was co-signed, else of the newest one; None if there is none yet."""
    split: Shown | None = None
    fault: str = ""
    """What kind of fault keeps it from being believed, by the name of the error; empty if none does."""


class Witness:
    """A witness of one registry."""

    def __init__(self, name: str, folder: Folder, trust: TrustFile, *, clock: Callable[[], datetime]) -> None:
        """Raises `InvalidInput` for a name that cannot be one, `FolderUnusable` for a damaged folder."""
        self.name = checked_name(name)
        self.folder = folder
        self.clock = clock
        self._trust = trust
        self._lock = Lock()
        kept = folder.newest()
        # It was believed when it was co-signed, whatever the trust list says by now.
        self._newest = None if kept is None else (kept[0], _once_believed(kept[1]))
        self._faults: dict[str, str] = {}
        """By verifier, the fault of what it showed last; none if that was believed, or it was not asked yet."""

    @property
    def key(self) -> PublicKey:
        """By which its co-signatures are checked."""
        return self.folder.key.public

    @property
    def trust(self) -> TrustList:
        """The trust list as it stands now."""
        return self._trust.trusted

    @property
    def newest(self) -> Cosignature | None:
        """What was co-signed last."""
        newest = self._newest
        return None if newest is None else newest[0]

    def consider(self, data: bytes, *, source: str = "") -> Answer:
        """Say what there is to say to a checkpoint's file; `source` is who showed it, where that is known.

        Raises:
            FolderUnusable: Something could not be kept; then nothing was co-signed.
            SigningFailed: The key does not sign.
        """
        with self._lock:
            answer = self._answer(data)
            self._note(answer, source)
            return answer

    def _answer(self, data: bytes) -> Answer:
        last = self.newest
        try:
            came = Checkpoint.parse(data)
        except EvidenceMalformed as exc:
            return Answer(Outcome.MALFORMED, str(exc), cosignature=last, fault=type(exc).__name__)
        trust, number = self.trust, came.block_number
        if came.registry_id != trust.registry_id:
            why = f"got a checkpoint of the registry {came.registry_id.hex()}, wanted {trust.registry_id.hex()}"
            return Answer(Outcome.OTHER_REGISTRY, why, number, last, fault="OtherRegistry")
        if last is not None and last.statement.checkpoint == came.statement:
            # The very same was verified before. Its signatures were, too, or others in their place.
            return Answer(Outcome.COSIGNED, "co-signed before", number, last)
        try:
            trust.require_current(self.clock())
            believed = _vouched(came, trust)
        except (EvidenceRefused, EvidenceMalformed) as exc:
            fault = type(exc).__name__
            return Answer(Outcome.NOT_BELIEVED, f"{fault}: {exc}", number, last, fault=fault)
        return self._compared(believed, last)

    def _compared(self, believed: Believed, last: Cosignature | None) -> Answer:
        number = believed.checkpoint.block_number
        for other in self._to_compare(number):
            if found := difference(believed, other):
                return Answer(Outcome.SPLIT, str(found), number, last, self._split(believed, other))
        if last is not None and number <= last.statement.number:
            why = f"got a checkpoint of block {number}, co-signed one of block {last.statement.number}"
            return Answer(Outcome.OLDER, why, number, last)
        return self._cosigned(believed)

    def _to_compare(self, number: int) -> Iterator[Believed]:
        """Yield what a checkpoint of a block must go together with: the newest, and the one of that very block."""
        if self._newest is None:
            return
        yield self._newest[1]
        if number < self._newest[0].statement.number and (kept := self.folder.checkpoint(number)):
            # Between two blocks of one height, both without events, only their hashes tell.
            yield _once_believed(kept)

    def _cosigned(self, believed: Believed) -> Answer:
        seen = int(self.clock().timestamp())
        statement = Statement.of(believed.checkpoint, witness=self.name, seen=seen)
        cosignature = Cosignature.made(statement, self.key.kid, self.folder.key.sign)
        self.folder.keep(cosignature, believed.checkpoint)
        self._newest = cosignature, believed
        _LOG.info("witness.cosigned", block=statement.number)
        return Answer(Outcome.COSIGNED, "", statement.number, cosignature)

    def _split(self, came: Believed, kept: Believed) -> Shown | None:
        """Return the proof of a split view; None if the trust list of today makes only one of the two believable."""
        view = SplitView.made(int(self.clock().timestamp()), self._trust_file(), came, kept)
        try:
            return split_view.check(view)
        except (EvidenceRefused, EvidenceMalformed) as exc:
            _LOG.error("split_view.not_proven", detail=str(exc))
            return None

    def _trust_file(self) -> bytes:
        data = self._trust.data
        if data is None:
            raise FolderUnusable("got a trust list of another registry than before, wanted that of this witness")
        return data

    def _note(self, answer: Answer, source: str) -> None:
        """Keep what somebody should look at: split views whoever shows them, the rest only of verifiers asked."""
        found = int(self.clock().timestamp())
        alarm: dict[str, JSON] = {"source": source or "handed in", "block_number": answer.number}
        is_changed = answer.fault not in {"", self._faults.get(source)}
        self._remember_fault(source, answer.fault)
        if answer.outcome is Outcome.SPLIT:
            alarm |= {"kind": SPLIT_VIEW, "detail": answer.detail}
            if answer.split is not None:
                alarm["name"] = answer.split.name
                try:
                    self.folder.splits.keep(answer.split)
                except OSError as exc:
                    raise FolderUnusable(f"{exc.strerror or exc}; wanted to keep a split view") from exc
        elif answer.fault:
            if not source:
                return
            alarm |= {"kind": NOT_BELIEVED, "fault": answer.fault, "detail": answer.detail}
        elif source and answer.number is not None:
            known = self.folder.seen_from(source)
            self.folder.saw_from(source, answer.number)
            if known is None or answer.number >= known:
                return
            alarm |= {"kind": WENT_BACK, "detail": f"got block {answer.number}, saw block {known} there before"}
        else:
            return
        # The folder keeps a fault that comes again once. Whoever reads the log is told whenever it is another one.
        if self.folder.raise_alarm(alarm, found=found) or is_changed:
            _LOG.error("witness.alarm", **alarm)

    def _remember_fault(self, source: str, fault: str) -> None:
        """Remember what is wrong with what a verifier shows; what others hand in has no last one."""
        if source and fault:
            self._faults[source] = fault
        else:
            self._faults.pop(source, None)


def _vouched(came: Checkpoint, trust: TrustList) -> Believed:
    """Believe a checkpoint that an attester vouches for, also where seals would be enough.

    Seals bind neither times nor the order within a block; and whoever can show a witness anything must not be able to
    show it another word than an attester's. Raises `EvidenceRefused` and `EvidenceMalformed`.
    """
    believed = checkpoint.verify(came, trust)
    if not believed.attesters:
        raise NotAttested(
            f"block {came.block_number}: got a checkpoint that none of {len(trust.attesters)} attesters vouches for"
        )
    return believed


def _once_believed(kept: Checkpoint) -> Believed:
    """Return a checkpoint that was believed when it was co-signed."""
    return Believed(kept, History.parse(kept.history), None, tuple(kid for kid, _ in kept.attestations))
