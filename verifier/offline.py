"""Questions answered without a network: from a trust list, a checkpoint, and the proofs that come with certificates.

What cannot be relied on makes every report say CANNOT_CHECK, and why; it is never an answer about a certificate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from chain import pack
from chain.calendar import today
from chain.errors import EvidenceRefused, InvalidInput, Malformed, TrustListRefused, WentBack
from chain.pack import Pack
from chain.proof import Proof
from chain.trust_list import TrustList
from verifier import checking, form, proven, seen, verification
from verifier.checkpointed import CheckpointSnapshot
from verifier.evidence import CheckpointUsed, Grounds, Offline
from verifier.form import Claimed
from verifier.moments import time_of
from verifier.wording import message

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from chain.checkpoint import Believed
    from verifier.moments import Moment
    from verifier.presented import Presented
    from verifier.report import Report
    from verifier.seen import Memory


@dataclass(frozen=True, slots=True)
class Basis:
    """What there is to answer from."""

    grounds: Grounds
    snapshot: CheckpointSnapshot | None = None

    def require_known(self, moment: Moment) -> None:
        """Raise `InvalidInput` for a day after the checkpoint's: what became of anything until then, it cannot say."""
        if self.snapshot is None:
            return
        last = today(time_of(self.snapshot.head.timestamp))
        if moment.day > last:
            raise InvalidInput(
                f"got the date {moment.day}, wanted one up to {last}, the day of the checkpoint in China"
            )


def basis(trust_file: bytes, checkpoint_file: bytes | None, now: datetime, *, state: Path) -> Basis:
    """Believe what can be believed of the files, once for all questions.

    Remembers in the folder `state` what was believed, and refuses what is older. Raises `StateUnusable`.
    """
    try:
        trust = TrustList.parse(trust_file)
        trust.require_current(now)
    except (Malformed, EvidenceRefused) as exc:
        return _nothing(None, "offline.trust_list_refused", exc)
    with seen.opened(state, trust.registry_id) as memory:
        return _remembered(trust, trust_file, checkpoint_file, memory)


def proofs(files: Sequence[tuple[str, bytes]]) -> tuple[bytes, ...]:
    """Hold files, each with its name, to the form of a proof; raises `InvalidInput` for another."""
    for name, data in files:
        try:
            Proof.parse(data)
        except Malformed as exc:
            raise InvalidInput(f"{name}: {exc}") from exc
    return tuple(dict.fromkeys(data for _, data in files))


def check(
    inputs: Sequence[tuple[str, Callable[[], Presented]]], given: Basis, moment: Moment, extra: Sequence[bytes] = ()
) -> list[Report]:
    """Check several inputs, each with its name; `extra` are proofs that came beside them.

    Such a proof belongs to the inputs that it fits. One that fits none is held against all of them.
    """
    papers = [(name, checking.attempted(read)) for name, read in inputs]
    fitting = [_fitting(presented, given, extra) for _, presented in papers]
    stray = [data for data in extra if not any(data in those for those in fitting)]
    return [
        _report(name, presented, given, moment, [*those, *stray])
        for (name, presented), those in zip(papers, fitting, strict=True)
    ]


def _remembered(trust: TrustList, trust_file: bytes, checkpoint_file: bytes | None, memory: Memory) -> Basis:
    """Hold to what was seen before, and remember what is believed now; nothing is, unless all of it is believed."""
    try:
        now_seen = memory.seen.with_trust(trust, trust_file)
    except TrustListRefused as exc:
        return _nothing(None, "offline.went_back", exc)
    if checkpoint_file is None:
        memory.remember(now_seen)
        return Basis(Grounds(Offline(trust), message("offline.no_checkpoint"), believes_proofs=True))
    try:
        believed = pack.verify(Pack(*pack.read(checkpoint_file)), trust)
        now_seen = now_seen.with_checkpoint(believed.checkpoint)
    except WentBack as exc:
        return _nothing(trust, "offline.went_back", exc)
    except (Malformed, EvidenceRefused) as exc:
        return _nothing(trust, "offline.checkpoint_refused", exc)
    memory.remember(now_seen)
    offline = Offline(trust, _used(believed))
    # Why nothing is known is never asked then: the checkpoint answers.
    grounds = Grounds(offline, message("offline.no_checkpoint"), believes_proofs=True)
    return Basis(grounds, CheckpointSnapshot(believed, trust))


def _nothing(trust: TrustList | None, key: str, exc: Exception) -> Basis:
    return Basis(Grounds(Offline(trust), message(key, detail=str(exc))))


def _used(believed: Believed) -> CheckpointUsed:
    checkpoint = believed.checkpoint
    return CheckpointUsed(
        block_number=checkpoint.block_number,
        block_hash=checkpoint.block_hash,
        time=time_of(checkpoint.timestamp),
        sealing=believed.sealing,
        attesters=believed.attesters,
    )


def _fitting(presented: Presented | None, given: Basis, extra: Sequence[bytes]) -> list[bytes]:
    """Return which of the proofs speak of what was presented."""
    trust = given.grounds.offline.trust
    if presented is None or trust is None:
        return []
    _, read = form.check(presented)
    if not isinstance(read, Claimed):
        return []
    return [data for data in extra if proven.fits(Proof.parse(data), read, trust)]


def _report(name: str, presented: Presented | None, given: Basis, moment: Moment, beside: Sequence[bytes]) -> Report:
    def answer(paper: Presented) -> Report:
        with_proofs = replace(paper, proofs=tuple(dict.fromkeys([*paper.proofs, *beside])))
        return verification.verify(with_proofs, given.snapshot, moment, name=name, grounds=given.grounds)

    report = None if presented is None else checking.answered(partial(answer, presented))
    return verification.unforeseen(moment, name=name, offline=given.grounds.offline) if report is None else report
