"""Proofs that verify without a network: made once an anchor is final, or later, and put with each certificate.

What shows that a batch was anchored is the same for all its certificates, and stored with it; a certificate's own proof
adds the path from its leaf. Issuing never waits for a proof: where a node cannot show what it takes, the reason stands
in the batch's history, and `make` does it later.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from chain import merkle, proof, seals
from chain.code import InclusionPath
from chain.errors import EvidenceMalformed, EvidenceRefused, RegistryUnavailable
from chain.header import Header
from chain.seals import SealScheme
from issuer import history
from issuer.errors import NotReady
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from issuer.office import Office
    from issuer.tables.models import Batch, Certificate
    from issuer.tables.store import Work

PROVABLE = (State.FINAL, State.ISSUED)
"""States of a batch whose anchor is final."""

_MADE, _NOT_MADE = "proofs made", "no proofs yet"


def make(office: Office, batch_id: int, *, again: bool = False) -> bool:
    """Make a batch's evidence and store it; one that is there is kept, unless it is to be made again.

    Returns whether there is evidence now: on a chain without such proofs there never is.

    Raises:
        RegistryUnavailable: The node cannot show what it takes; the reason stands in the history, too.
    """
    with office.store.reading() as work:
        batch = work.batch(batch_id)
    if batch.state not in PROVABLE or batch.root is None or batch.block_number is None:
        raise NotReady(f"batch {batch_id} is {batch.state}: nothing is proven before its anchor is final")
    if batch.evidence is not None and not again:
        return True
    try:
        evidence = office.registry.evidence(batch.agency, batch.root, batch.block_number)
        if evidence is not None:
            _require_fits(office, batch, evidence)
    except RegistryUnavailable as exc:
        with office.store.writing() as work:
            # Once for each reason, however often it is tried.
            if missing(work, [batch_id]).get(batch_id) != str(exc):
                history.note(work, _NOT_MADE, at=office.now(), batch_id=batch_id, detail=str(exc))
        raise
    if evidence is None:
        return False
    with office.store.writing() as work:
        work.batch(batch_id).evidence = evidence
        detail = f"block {batch.block_number}, {len(evidence)} bytes"
        history.note(work, _MADE, at=office.now(), batch_id=batch_id, detail=detail)
    return True


def _require_fits(office: Office, batch: Batch, evidence: bytes) -> None:
    """Raise `RegistryUnavailable` unless evidence shows this batch in the very block that was waited for.

    A node may have been led to another chain since; what it shows there would contradict every checkpoint.
    """
    read = proof.decode_evidence(evidence)
    registry = office.registry.identity().address
    try:
        proof.shown_by(read, registry=registry, agency=batch.agency, root=batch.root or b"")
    except (EvidenceMalformed, EvidenceRefused) as exc:
        raise RegistryUnavailable(f"block {batch.block_number}: what the node shows does not hold: {exc}") from exc
    if batch.block_hash not in _hashes(Header.parse(read.headers[0])):
        raise RegistryUnavailable(
            f"block {batch.block_number}: got evidence of another block than 0x{(batch.block_hash or b'').hex()}, "
            "in which the batch was final"
        )


def _hashes(header: Header) -> set[bytes]:
    """Return what the block's hash may be; which of them it is depends on how its chain is sealed."""
    hashes = set()
    for scheme in SealScheme:
        with suppress(EvidenceMalformed):
            hashes.add(seals.block_hash(header, scheme))
    return hashes


def make_or_note(office: Office, batch_id: int) -> None:
    """Make a batch's evidence if the node lets us; issuing goes on without."""
    try:
        make(office, batch_id)
    except RegistryUnavailable:
        # Noted, and shown by whoever issues; `yinxin-issuer proofs` makes it later.
        return


def waiting(work: Work, *, again: bool = False) -> list[int]:
    """Return the batches that could have evidence and have none; all that could have, to make it again."""
    return [batch.id for batch in work.batches(states=PROVABLE) if batch.id and (again or batch.evidence is None)]


def missing(work: Work, batch_ids: Sequence[int]) -> dict[int, str]:
    """Return which of these batches wait for their proofs, and why; none on a chain that has no such proofs."""
    reasons: dict[int, str] = {}
    for number in batch_ids:
        if work.batch(number).evidence is None:
            told = [line.detail for line in work.history(batch_id=number) if line.what == _NOT_MADE]
            if told:
                reasons[number] = told[-1]
    return reasons


def file_of(work: Work, batch: Batch, certificate: Certificate, leaves: Sequence[bytes] = ()) -> bytes | None:
    """Return a certificate's proof as the file that holders get; None while its batch has no evidence.

    `leaves`, where they are at hand, are the batch's, in their order.
    """
    pin = work.pin()
    if batch.evidence is None or pin is None:
        return None
    leaves = leaves or leaves_of(work, batch)
    path = InclusionPath(
        size=len(leaves), index=certificate.position, hashes=merkle.inclusion_path(leaves, certificate.position)
    )
    return proof.Proof(registry_id=pin.registry_id, path=path, evidence=proof.decode_evidence(batch.evidence)).encode()


def leaves_of(work: Work, batch: Batch) -> list[bytes]:
    """Return a batch's leaves in their order."""
    return [certificate.leaf or b"" for certificate in work.certificates(batch.id or 0)]
