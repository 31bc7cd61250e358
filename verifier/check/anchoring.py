"""Check 4, anchoring: whether the agency was authorised in the block in which it anchored a leaf, and that is final."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verifier.check.knowledge import NO_CUT_OFF, Place, final_block
from verifier.check.moments import time_of
from verifier.check.report import Check, CheckName, Outcome, Verdict
from verifier.wording import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.certificate_types import CertificateType
    from verifier.check.form import Claimed
    from verifier.check.knowledge import AgencyRecord, Batch, ListedKey, Snapshot
    from verifier.wording import Message


def check(
    known: CertificateType, batches: Sequence[Batch], key: ListedKey | None, snapshot: Snapshot
) -> tuple[Check, Batch | None]:
    """Check 4: the earliest batch that nothing speaks against; without a key, the key is not judged."""
    if not batches:
        return Check(CheckName.ANCHORING, Outcome.SKIPPED, message("check.not_found")), None
    # The batches are one agency's. Whether those above it could act nobody knows unless all of them are known.
    lineage = snapshot.lineage(batches[0].agency)
    if not lineage:
        return Check(CheckName.ANCHORING, Outcome.UNKNOWN, message("inclusion.index_contradicts_itself")), None
    dates = () if key is None else (key.valid_from, key.valid_until)
    faults: list[list[Message | None]] = []
    for batch in batches:
        found = [_fault_of(each, known, key, lineage, snapshot) for each in snapshot.possibly(batch, dates)]
        if not any(found):
            break
        faults.append(found)
    else:
        return _none_counts(batches, faults), None
    missing = batch.place.block - final_block(snapshot)
    if missing > 0:
        said = message("anchoring.pending", block=batch.place.block, missing=missing)
        return Check(CheckName.ANCHORING, Outcome.FAILED, said, (Verdict.PENDING,)), batch
    said = message("anchoring.good", block=batch.place.block, time=time_of(batch.timestamp))
    return Check(CheckName.ANCHORING, Outcome.PASSED, said), batch


def unplaced(
    claimed: Claimed, later: Sequence[Batch], key: ListedKey | None, included: Check, snapshot: Snapshot
) -> Check:
    """Check 4 where no batch that the checkpoint lists holds the leaf: nobody knows who might do what in its block.

    `later` are batches that proofs show after the checkpoint; what can be told of them counts. A key that was cut off
    may be in anybody's hands. Its signature says nothing, unless it is older than the cut-off.
    """
    if included.outcome is Outcome.FAILED:
        return Check(CheckName.ANCHORING, Outcome.SKIPPED, message("check.proof_refused"))
    faults = [_fault_of_type(batch, claimed.type) or _fault_of_key(key, batch) for batch in later]
    if said := next((fault for fault in faults if all(faults)), None):
        return Check(CheckName.ANCHORING, Outcome.FAILED, said, (Verdict.ISSUER_NOT_AUTHORISED,))
    if not later and key is not None and key.cut_off_block != NO_CUT_OFF:
        said = message("anchoring.cut_off_unplaced", cut_off=key.cut_off_block)
        return Check(CheckName.ANCHORING, Outcome.UNKNOWN, said)
    now = Place(snapshot.head.number + 1, 0)
    for above in snapshot.lineage(claimed.agency):
        if snapshot.is_suspended(above.id, now):
            said = message("anchoring.unplaced_suspended", agency=above.name, known=time_of(snapshot.head.timestamp))
            return Check(CheckName.ANCHORING, Outcome.SKIPPED, said)
    return Check(CheckName.ANCHORING, Outcome.SKIPPED, message("anchoring.unplaced"))


def by_proof_alone(known: CertificateType, batch: Batch | None, why: Message) -> Check:
    """Check 4 where nothing but a proof is known: of all that must be so, the type is shown, and `why` no more."""
    if batch is not None and (fault := _fault_of_type(batch, known)):
        return Check(CheckName.ANCHORING, Outcome.FAILED, fault, (Verdict.ISSUER_NOT_AUTHORISED,))
    return Check(CheckName.ANCHORING, Outcome.UNKNOWN, why)


def _none_counts(batches: Sequence[Batch], faults: Sequence[Sequence[Message | None]]) -> Check:
    """Say why no batch counts; where one might, at another time or place in its block, nobody knows."""
    for batch, found in zip(batches, faults, strict=True):
        if not all(found):
            said = message("anchoring.times_unvouched", block=batch.place.block)
            return Check(CheckName.ANCHORING, Outcome.UNKNOWN, said)
    said = next(fault for found in faults for fault in found if fault is not None)
    return Check(CheckName.ANCHORING, Outcome.FAILED, said, (Verdict.ISSUER_NOT_AUTHORISED,))


def _fault_of(
    batch: Batch,
    known: CertificateType,
    key: ListedKey | None,
    lineage: Sequence[AgencyRecord],
    snapshot: Snapshot,
) -> Message | None:
    """Say what keeps a batch from counting; None if nothing does."""
    if fault := _fault_of_type(batch, known):
        return fault
    if snapshot.type_digest(known.number, known.version, batch.place) != known.digest:
        return message("anchoring.type_not_registered", type=known.names, version=known.version)
    for agency in lineage:
        if snapshot.is_suspended(agency.id, batch.place):
            return message("anchoring.suspended", agency=agency.name, block=batch.place.block)
        if not snapshot.holds_type(agency.id, known.number, batch.place):
            return message("anchoring.type_not_held", agency=agency.name, type=known.names, block=batch.place.block)
    return _fault_of_key(key, batch)


def _fault_of_type(batch: Batch, known: CertificateType) -> Message | None:
    if (batch.certificate_type, batch.version) == (known.number, known.version):
        return None
    return message(
        "anchoring.other_type",
        number=batch.certificate_type,
        version=batch.version,
        wanted_number=known.number,
        wanted_version=known.version,
    )


def _fault_of_key(key: ListedKey | None, batch: Batch) -> Message | None:
    """Say why a key does not count for a batch; nothing of one that is not known."""
    return None if key is None else fault_of_key(key, batch.place.block, batch.timestamp)


def fault_of_key(key: ListedKey, block: int, timestamp: int) -> Message | None:
    """Say why a key does not count for what was anchored in a block of that time; None if it does."""
    if key.listed_at_block > block:
        return message("anchoring.key_listed_later", block=block, listed=key.listed_at_block)
    if timestamp < key.valid_from or (key.valid_until and timestamp >= key.valid_until):
        return message("anchoring.key_out_of_date", time=time_of(timestamp))
    if block >= key.cut_off_block:
        return message("anchoring.key_cut_off", block=block, cut_off=key.cut_off_block)
    return None
