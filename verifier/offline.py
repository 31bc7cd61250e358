"""Questions answered without a network: from a trust list, a checkpoint, and the proofs that come with certificates.

What cannot be relied on makes every report say CANNOT_CHECK, and why; it is never an answer about a certificate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from chain import certificate_types, pack, type_file
from chain.calendar import today
from chain.errors import (
    CertificateTypeInvalid,
    EvidenceRefused,
    InvalidInput,
    Malformed,
    TrustListRefused,
    WentBack,
)
from chain.pack import Pack
from chain.proof import Proof
from chain.trust_list import TrustList
from verifier import checking, seen
from verifier.check import form, proven, receipt_check, verification
from verifier.check.checkpointed import CheckpointSnapshot, is_vouched_for, not_current
from verifier.check.evidence import CheckpointUsed, Grounds, Offline
from verifier.check.form import Claimed, ShortNumber
from verifier.check.knowledge import Place
from verifier.check.moments import time_of
from verifier.wording import message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from chain.certificate_types import CertificateType
    from chain.checkpoint import Believed, Checkpoint
    from verifier.check.moments import Moment
    from verifier.check.presented import Presented
    from verifier.check.report import Check, Report
    from verifier.seen import Memory, StateUnusable


@dataclass(frozen=True, slots=True)
class Beside:
    """A proof that came beside the inputs."""

    name: str
    """Of its file."""
    data: bytes
    proof: Proof

    @classmethod
    def read(cls, name: str, data: bytes) -> Beside:
        """Read a file; raises `InvalidInput` if it is not in the form of a proof."""
        try:
            return cls(name, data, Proof.parse(data))
        except Malformed as exc:
            raise InvalidInput(f"{name}: {exc}") from exc


@dataclass(frozen=True, slots=True)
class Basis:
    """What there is to answer from."""

    grounds: Grounds
    snapshot: CheckpointSnapshot | None = None
    types: tuple[CertificateType, ...] = ()
    """Those that a pack brought along, and the registry lists."""

    def known_type(self, number: int, version: int) -> CertificateType:
        """Return a type that comes with this software or was brought along; raises `CertificateTypeInvalid`."""
        try:
            return certificate_types.by_number(number, version)
        except CertificateTypeInvalid:
            for brought in self.types:
                if (brought.number, brought.version) == (number, version):
                    return brought
            raise

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

    Remembers in the folder `state` what was believed, and refuses what is older. Raises `StateUnusable`; what there
    is to answer from then, `without_memory` says.
    """
    try:
        trust = TrustList.parse(trust_file)
    except (Malformed, EvidenceRefused) as exc:
        return _nothing(None, "offline.trust_list_refused", str(exc))
    if fault := not_current(trust, now):
        return Basis(Grounds(Offline(None), fault))
    with seen.opened(state, trust.registry_id) as memory:
        return _remembered(trust, trust_file, checkpoint_file, memory)


def without_memory(exc: StateUnusable) -> Basis:
    """Believe nothing: without what was seen before, nobody can tell whether something went back."""
    return _nothing(None, "offline.state_unusable", str(exc))


@dataclass(frozen=True, slots=True)
class _Paper:
    """An input, read once."""

    presented: Presented
    formed: tuple[Check, Claimed | ShortNumber | None]
    fitting: tuple[Beside, ...]
    """The proofs beside it that speak of it."""


def check(
    inputs: Sequence[tuple[str, Callable[[], Presented]]], given: Basis, moment: Moment, extra: Sequence[Beside] = ()
) -> list[Report]:
    """Check several inputs, each with its name; `extra` are proofs that came beside them.

    Such a proof belongs to the inputs that it fits; raises `InvalidInput` for one that fits none.
    """
    papers = [(name, checking.attempted(partial(_paper, read, given, extra))) for name, read in inputs]
    # Of a paper that could not be read for a fault of ours, and without a trust list, nobody knows what fits.
    if given.grounds.offline.trust is not None and all(paper is not None for _, paper in papers):
        fitting = {beside.data for _, paper in papers if paper is not None for beside in paper.fitting}
        if stray := [beside.name for beside in extra if beside.data not in fitting]:
            raise InvalidInput(f"{', '.join(stray)}: got a proof that fits none of the papers, wanted one that fits")
    return [_report(name, paper, given, moment) for name, paper in papers]


def _remembered(trust: TrustList, trust_file: bytes, checkpoint_file: bytes | None, memory: Memory) -> Basis:
    """Hold to what was seen before, and remember what is believed now."""
    try:
        now_seen = memory.seen.with_trust(trust, trust_file)
    except TrustListRefused as exc:
        return _nothing(None, "offline.went_back", str(exc))
    # The list is believed, whatever becomes of the checkpoint.
    memory.remember(now_seen)
    if checkpoint_file is None:
        return Basis(Grounds(Offline(trust), message("offline.no_checkpoint"), believes_proofs=True))
    try:
        brought = Pack(*pack.read(checkpoint_file))
    except Malformed as exc:
        return _nothing(trust, "offline.checkpoint_refused", str(exc))
    try:
        believed = pack.verify(brought, trust)
        now_seen = now_seen.with_checkpoint(believed)
    except WentBack as exc:
        return _nothing(trust, "offline.went_back", f"{_stated(brought.checkpoint)}: {exc}")
    except (Malformed, EvidenceRefused) as exc:
        return _nothing(trust, "offline.checkpoint_refused", f"{_stated(brought.checkpoint)}: {exc}")
    memory.remember(now_seen)
    offline = Offline(trust, _used(believed, trust))
    # Why nothing is known is never asked then: the checkpoint answers.
    grounds = Grounds(offline, message("offline.no_checkpoint"), believes_proofs=True)
    snapshot = CheckpointSnapshot(believed, trust)
    return Basis(grounds, snapshot, tuple(_types(brought.types, snapshot)))


def _types(files: Sequence[bytes], snapshot: CheckpointSnapshot) -> Iterator[CertificateType]:
    """Yield the types that files define, as far as this software understands them and the registry lists them so."""
    now = Place(snapshot.head.number + 1, 0)
    for file in files:
        try:
            brought = type_file.parse(file)
        except CertificateTypeInvalid:
            continue
        if snapshot.type_digest(brought.number, brought.version, now) == brought.digest:
            yield brought


def _nothing(trust: TrustList | None, key: str, detail: str) -> Basis:
    return Basis(Grounds(Offline(trust), message(key, detail=detail)))


def _stated(checkpoint: Checkpoint) -> str:
    """Say of which block a checkpoint says to be, which need not be true; nor need its time be one that exists."""
    try:
        return f"block {checkpoint.block_number} of {time_of(checkpoint.timestamp).isoformat()}"
    except (OSError, OverflowError, ValueError):
        return f"block {checkpoint.block_number}"


def _used(believed: Believed, trust: TrustList) -> CheckpointUsed:
    checkpoint = believed.checkpoint
    return CheckpointUsed(
        block_number=checkpoint.block_number,
        block_hash=checkpoint.block_hash,
        time=time_of(checkpoint.timestamp),
        sealing=believed.sealing,
        attesters=believed.attesters,
        times_vouched=is_vouched_for(believed, trust),
    )


def _paper(read: Callable[[], Presented], given: Basis, extra: Sequence[Beside]) -> _Paper:
    presented, trust = read(), given.grounds.offline.trust
    formed = form.check(presented, known_type=given.known_type)
    _, claimed = formed
    if not isinstance(claimed, Claimed) or trust is None:
        return _Paper(presented, formed, ())
    return _Paper(presented, formed, tuple(beside for beside in extra if proven.fits(beside.proof, claimed, trust)))


def _report(name: str, paper: _Paper | None, given: Basis, moment: Moment) -> Report:
    def answer(paper: _Paper) -> Report:
        if paper.presented.receipts:
            return _receipt(name, paper.presented, given, moment)
        proofs = dict.fromkeys([*paper.presented.proofs, *(beside.data for beside in paper.fitting)])
        return verification.verify(
            replace(paper.presented, proofs=tuple(proofs)),
            given.snapshot,
            moment,
            name=name,
            known_type=given.known_type,
            grounds=given.grounds,
            formed=paper.formed,
        )

    report = None if paper is None else checking.attempted(partial(answer, paper))
    return verification.unforeseen(moment, name=name, offline=given.grounds.offline) if report is None else report


def _receipt(name: str, presented: Presented, given: Basis, moment: Moment) -> Report:
    """Report about a receipt: the trust list says whose are believed, and no checkpoint is needed."""
    offline = given.grounds.offline
    known = receipt_check.vouchers(trust=offline.trust)
    if known.registry is None:
        known = replace(known, silence=given.grounds.silence)
    return receipt_check.report(presented, known, moment, name=name, offline=offline)
