"""The signed manifest of an agency's books, for an auditor to hold against the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.errors import SignatureInvalid
from chain.keys import PublicKey
from chain.manifest import Batch, Manifest, Row, RowState, leaves_of
from issuer import rights
from issuer.reconciling.booked import DONE, ON_THE_WAY
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from issuer.directory import Key
    from issuer.office import Office
    from issuer.reconciling.booked import BookedBatch, BookedCertificate, Books
    from issuer.reconciling.registered import Registered


def make(
    office: Office, books: Books, registered: Registered, earlier: Mapping[bytes, bytes], *, made_at: datetime
) -> bytes:
    """Return the signed file; raises `NotAllowed`, `NotFound` or `Locked` where no document key of the agency signs.

    `earlier` are the documents' digests by leaf as they were signed for before. They are signed for again, whatever the
    books say now: a document does not change, and another one in its place is to be seen for ever.
    """
    directory = office.directory()
    kid = rights.document_key(directory, books.agency, office.keystore, kept=None).kid
    identity = office.registry.identity()
    listed = [_batch(batch, registered, earlier) for batch in books.batches if batch.state in (*DONE, *ON_THE_WAY)]
    numbers = [event.sequence for _, event in registered.anchored.values()]
    manifest = Manifest(
        registry_id=identity.registry_id,
        chain_id=identity.chain_id,
        agency=books.agency,
        block_number=registered.block.number,
        block_hash=registered.block.hash,
        block_timestamp=registered.block.timestamp,
        made_at=int(made_at.timestamp()),
        sequences=(1, max(numbers)) if numbers else (0, 0),
        batches=tuple(sorted(listed, key=lambda each: (not each.sequence, each.sequence, each.root))),
    )
    return manifest.signed(kid, office.keystore.document_key(books.agency, kid).sign).encode()


def digests(manifest: bytes, keys: Sequence[Key]) -> dict[bytes, bytes]:
    """Return each leaf's document as an earlier manifest had it; `keys` are those that the agency ever listed.

    Raises `Malformed`, or `SignatureInvalid`: somebody altered it where it was kept.
    """
    read = Manifest.parse(manifest)
    key = next((each for each in keys if each.kid == read.kid), None)
    if key is None:
        raise SignatureInvalid(f"got a manifest signed by {read.kid.hex()}, wanted a key that the agency listed")
    read.verify(PublicKey(key.x, key.y))
    return {leaf: row.documents[0] for leaf, (_, row) in leaves_of(read).items() if row.documents}


def _batch(batch: BookedBatch, registered: Registered, earlier: Mapping[bytes, bytes]) -> Batch:
    found = registered.anchored.get(batch.root)
    return Batch(
        root=batch.root,
        sequence=found[1].sequence if found else 0,
        certificate_type=batch.certificate_type,
        version=batch.version,
        rows=tuple(
            Row(
                leaf=certificate.leaf,
                state=_state(batch, certificate, registered),
                tracks=certificate.tracks,
                documents=_documents(certificate, earlier),
            )
            for certificate in batch.certificates
        ),
    )


def _documents(certificate: BookedCertificate, earlier: Mapping[bytes, bytes]) -> tuple[bytes, ...]:
    digest = None if certificate.is_erased else earlier.get(certificate.leaf, certificate.document)
    return () if digest is None else (digest,)


def _state(batch: BookedBatch, certificate: BookedCertificate, registered: Registered) -> RowState:
    """Return how far a certificate has come by the books, as of the block."""
    is_later = batch.block_number is not None and batch.block_number > registered.block.number
    if batch.state not in DONE or is_later:
        return RowState.APPROVED
    if certificate.is_erased:
        return RowState.ERASED
    return RowState.ISSUED if batch.state is State.ISSUED else RowState.ANCHORED
