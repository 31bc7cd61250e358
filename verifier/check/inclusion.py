"""Check 3, inclusion: whether the leaf, computed afresh, lies under the root of a batch of its agency.

The register lists all leaves. A checkpoint lists the batches only, so there a proof or the path in a code must lead to
one of them; without either, the agency's signature is all there is, and the verdict SIGNED at best.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chain import merkle
from chain.code import Code
from chain.errors import CertificateTypeInvalid, TreeMalformed
from verifier.check import proven
from verifier.check.knowledge import Batch, Place
from verifier.check.moments import time_of
from verifier.check.report import Check, CheckName, Outcome, Verdict
from verifier.wording import message

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain.certificate_types import CertificateType
    from chain.code import InclusionPath
    from chain.proof import Anchored
    from verifier.check.form import Claimed, ShortNumber
    from verifier.check.knowledge import Snapshot
    from verifier.check.proven import Proven
    from verifier.wording import Argument, Message

_SHORT_NUMBER_BITS = 60


def check(claimed: Claimed, evidence: Proven, snapshot: Snapshot) -> tuple[Check, tuple[Batch, ...]]:
    """Find the batches of that agency in which the leaf lies, the earliest first; none unless the check has passed.

    With a checkpoint it may pass without any: then a proof shows a batch that the checkpoint is too old for.
    """
    if snapshot.is_checkpoint:
        return _in_the_checkpoint(claimed, evidence, snapshot)
    return _in_the_register(claimed, snapshot)


def by_proof_alone(evidence: Proven, why: Message) -> tuple[Check, Batch | None]:
    """Say what proofs show of the leaf where nothing is known of the register, and `why` that is."""
    if evidence.fault is not None:
        return evidence.fault, None
    if not evidence.anchored:
        return Check(CheckName.INCLUSION, Outcome.UNKNOWN, why), None
    first = evidence.anchored[0]
    if first.sealing is None:
        return _ended(Outcome.UNKNOWN, "inclusion.proof_without_seals"), None
    return _proven(first), _batch(first)


def after_checkpoint(evidence: Proven, snapshot: Snapshot) -> tuple[Batch, ...]:
    """Return the batches that proofs show in sealed blocks after a checkpoint, which does not list them."""
    return tuple(
        _batch(shown)
        for shown in evidence.anchored
        if shown.sealing is not None and shown.block_number > snapshot.head.number
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What a short number leads to."""

    leaf: bytes
    agency: int
    type: CertificateType
    batches: tuple[Batch, ...]


def find(
    short: ShortNumber, snapshot: Snapshot, known_type: Callable[[int, int], CertificateType]
) -> tuple[Check, Found | None]:
    """Check 3 for a short number: exactly one leaf of exactly one agency begins so."""
    leaves = snapshot.leaves_beginning(short.prefix, _SHORT_NUMBER_BITS)
    if not leaves:
        return _ended(Outcome.FAILED, "inclusion.short_number_unknown", Verdict.NOT_FOUND), None
    batches = tuple(batch for leaf in leaves for batch in snapshot.batches_with(leaf))
    if len(leaves) > 1 or len({batch.agency for batch in batches}) > 1:
        return _ended(Outcome.UNKNOWN, "inclusion.short_number_ambiguous"), None
    leaf = leaves[0]
    if not all(_holds(batch, leaf) for batch in batches):
        return _ended(Outcome.UNKNOWN, "inclusion.index_contradicts_itself"), None
    first = batches[0]
    try:
        known = known_type(first.certificate_type, first.version)
    except CertificateTypeInvalid as exc:
        return _ended(Outcome.FAILED, "form.unknown_type", Verdict.UNSUPPORTED, detail=str(exc)), None
    return _included(first), Found(leaf, first.agency, known, batches)


def _in_the_register(claimed: Claimed, snapshot: Snapshot) -> tuple[Check, tuple[Batch, ...]]:
    holding = snapshot.batches_with(claimed.leaf)
    if not all(_holds(batch, claimed.leaf) for batch in holding):
        return _ended(Outcome.UNKNOWN, "inclusion.index_contradicts_itself"), ()
    batches = {batch.root: batch for batch in holding if batch.agency == claimed.agency}
    if (path := _path(claimed)) is not None:
        root = _root(claimed, path)
        reached = None if root is None else snapshot.batch(claimed.agency, root)
        if reached is not None and reached.size == path.size:
            # The chain's calldata may have been unreadable for the index; the path is proof enough.
            batches[reached.root] = reached
        elif batches:
            return _ended(Outcome.FAILED, "inclusion.path", Verdict.ALTERED), ()
    if not batches:
        key = "inclusion.other_agency" if holding else "inclusion.none"
        return _ended(Outcome.FAILED, key, Verdict.NOT_FOUND, agency=claimed.agency), ()
    return _earliest_of(batches)


def _in_the_checkpoint(claimed: Claimed, evidence: Proven, snapshot: Snapshot) -> tuple[Check, tuple[Batch, ...]]:
    if evidence.fault is not None:
        return evidence.fault, ()
    head, batches = snapshot.head, {}
    for shown in evidence.anchored:
        listed = snapshot.batch(claimed.agency, shown.root)
        if listed is None and shown.block_number > head.number:
            continue
        if listed is None or not proven.agree(listed, shown):
            return _ended(Outcome.UNKNOWN, "inclusion.two_histories", block=shown.block_number), ()
        batches[shown.root] = replace(listed, is_time_proven=shown.sealing is not None)
    if (path := _path(claimed)) is not None:
        if (root := _root(claimed, path)) is None:
            return _ended(Outcome.FAILED, "inclusion.path", Verdict.ALTERED), ()
        reached = snapshot.batch(claimed.agency, root)
        # One that leads elsewhere says nothing: its batch may have been anchored after the checkpoint.
        if reached is not None and reached.size == path.size:
            batches.setdefault(root, reached)
    if batches:
        return _earliest_of(batches)
    if not (later := after_checkpoint(evidence, snapshot)):
        return _ended(Outcome.SKIPPED, "inclusion.no_evidence", Verdict.SIGNED), ()
    known = time_of(head.timestamp)
    said = message("inclusion.after_checkpoint", block=later[0].place.block, checkpoint=head.number, known=known)
    return Check(CheckName.INCLUSION, Outcome.PASSED, said, (Verdict.SIGNED,)), ()


def _path(claimed: Claimed) -> InclusionPath | None:
    return claimed.source.path if isinstance(claimed.source, Code) else None


def _root(claimed: Claimed, path: InclusionPath) -> bytes | None:
    """Return where the path leads; None if it cannot belong to its index and size."""
    try:
        return merkle.root_from_path(claimed.leaf, index=path.index, size=path.size, path=path.hashes)
    except TreeMalformed:
        return None


def _holds(batch: Batch, leaf: bytes) -> bool:
    """Whether the leaf is in the batch as it was read.

    Where all leaves are at hand they must make the root. The index reads the one leaf only: it keeps no batch whose
    leaves do not make the root.
    """
    return leaf in batch.leaves and (len(batch.leaves) != batch.size or merkle.root(batch.leaves) == batch.root)


def _earliest_of(batches: dict[bytes, Batch]) -> tuple[Check, tuple[Batch, ...]]:
    earliest_first = tuple(sorted(batches.values(), key=lambda batch: batch.place))
    return _included(earliest_first[0]), earliest_first


def _included(batch: Batch) -> Check:
    return _ended(
        Outcome.PASSED,
        "inclusion.found",
        block=batch.place.block,
        sequence=batch.sequence,
        size=batch.size,
    )


def _proven(shown: Anchored) -> Check:
    return _ended(
        Outcome.PASSED,
        "inclusion.proven",
        agency=shown.agency,
        block=shown.block_number,
        time=time_of(shown.timestamp),
        sequence=shown.sequence,
        size=shown.size,
    )


def _batch(shown: Anchored) -> Batch:
    """Return a batch as its proof shows it; where in its block its event stands, no proof needs to say."""
    return Batch(
        agency=shown.agency,
        root=shown.root,
        certificate_type=shown.certificate_type,
        version=shown.version,
        size=shown.size,
        sequence=shown.sequence,
        leaves=(),
        place=Place(shown.block_number, 0),
        timestamp=shown.timestamp,
        is_time_proven=True,
    )


def _ended(outcome: Outcome, key: str, *reasons: Verdict, **arguments: Argument) -> Check:
    return Check(CheckName.INCLUSION, outcome, message(key, **arguments), reasons)
