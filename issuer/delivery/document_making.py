"""Makes each certificate's document once its batch is signed: typeset, read back, put away.

The document carries its proof. Where the node cannot show what a proof takes, documents wait for a while, then are made
without; the proof is a file of its own in any case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from chain import calendar, code
from chain.certificate_types import Validity
from chain.preparation import IDENTIFIER_CLAIM
from issuer import history, proofs
from issuer.delivery import finishing
from issuer.document import certified_files, document_archive
from issuer.document.face import Agency, Document
from issuer.draft.replacing import ISSUE_DATE
from issuer.errors import DocumentTrouble, Erased, FontsMissing, LaneBusy, Locked, NotReady
from issuer.sending.outbox import Strikes
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from chain.strict_json import JSON
    from issuer.directory import Directory
    from issuer.document.documents import Renderer
    from issuer.office import Office
    from issuer.tables.models import Batch, Certificate
    from issuer.tables.store import Work

CRASH_POINTS = ("before_document", "after_document")
"""Where a test may kill the process, in order."""

PORTION = 8
"""So many documents are made in one step, and put away in one transaction."""
PROOF_PATIENCE = timedelta(minutes=15)
"""Documents wait so long for their batch's proofs."""
_SHARES = 8
"""Batches are shared out among so many locks, so that several workers make documents at once, never the same one."""
_MOST_STRIKES = 3


@dataclass(slots=True)
class DocumentMaker:
    """Makes what documents there are to make."""

    office: Office
    renderer: Callable[[], Renderer]
    at: Callable[[str], None] = lambda _: None
    """Told each of `CRASH_POINTS` as it is passed."""
    strikes: Strikes = field(default_factory=lambda: Strikes(_MOST_STRIKES))

    def step(self) -> bool:
        """Make a portion of one batch's documents; returns whether there was one.

        Raises what the registry does while it is silent (who is who is asked of it), and `FontsMissing`.
        """
        for batch in self._waiting():
            lock = b"documents" + bytes([(batch.id or 0) % _SHARES])
            try:
                with self.office.store.lane(lock, wait=lambda: False):
                    self._portion(batch.id or 0)
            except LaneBusy:
                # Another worker is at it.
                continue
            return True
        return False

    def _waiting(self) -> list[Batch]:
        now = self.office.now()
        with self.office.store.reading() as work:
            return [
                batch
                for batch in work.batches(states=[State.ISSUED])
                if batch.documents_at is None and not batch.failure and not _waits_for_proofs(work, batch, now)
            ]

    def _portion(self, batch_id: int) -> None:
        self.at("before_document")
        try:
            make(self.office, self.renderer, batch_id, most=PORTION)
        except FontsMissing:
            # Not this batch's fault.
            raise
        except (DocumentTrouble, Erased, Locked, NotReady) as error:
            if self.strikes.struck(f"batch {batch_id}"):
                self._park(batch_id, error)
            return
        self.strikes.forget(f"batch {batch_id}")
        self.at("after_document")

    def _park(self, batch_id: int, error: Exception) -> None:
        # What a document says is about a person; which error it was is not.
        reason = f"its documents cannot be made ({type(error).__name__})"
        finishing.park(self.office, batch_id, State.ISSUED, reason)


def make(
    office: Office, renderer: Callable[[], Renderer], batch_id: int, *, most: int | None = None
) -> list[Certificate]:
    """Make those of a batch's documents that are missing, or so many of them; returns whose were made.

    Raises `NotReady` unless the batch is ISSUED, `DocumentTrouble` with nothing put away of this portion.
    """
    with office.store.reading() as work:
        batch = work.batch(batch_id)
        if batch.state != State.ISSUED:
            raise NotReady(f"batch {batch_id} is {batch.state}: documents are made once it is ISSUED (seal it)")
        missing = document_archive.missing(work, batch_id, most=most)
    made = _made(office, renderer, batch, missing) if missing else []
    with office.store.writing() as work:
        for certificate, pdf in zip(missing, made, strict=True):
            now = work.certificate(certificate.id)
            if now.record_key is not None:
                document_archive.put(office.records, work, now, pdf, now=office.now())
        batch = work.batch(batch_id)
        if batch.documents_at is None and not document_archive.missing(work, batch_id, most=1):
            batch.documents_at, batch.failure = office.now(), ""
            count = document_archive.count(work, batch_id)
            history.note(work, "documents made", at=office.now(), batch_id=batch_id, detail=f"{count} documents")
    return missing


def pdf_of(office: Office, renderer: Callable[[], Renderer], certificate_id: str) -> bytes:
    """Return a certificate's document: the one that was put away; made, read back and put away if there is none yet.

    Raises `NotReady` before its batch is ISSUED, `Erased`, or `DocumentTrouble`.
    """
    with office.store.reading() as work:
        certificate = work.certificate(certificate_id)
        stored = document_archive.held(office.records, work, certificate)
        batch = work.batch(certificate.batch_id)
    if stored is not None:
        return stored
    (made,) = _made(office, renderer, batch, [certificate])
    with office.store.writing() as work:
        return document_archive.put(office.records, work, work.certificate(certificate_id), made, now=office.now())


def _made(
    office: Office, renderer: Callable[[], Renderer], batch: Batch, certificates: Sequence[Certificate]
) -> list[bytes]:
    directory = office.directory()
    with office.store.reading() as work:
        leaves = proofs.leaves_of(work, batch)
        faces = [document_of(office, work, directory, batch, each, leaves=leaves) for each in certificates]
    return [renderer().render(each) for each in faces]


def document_of(
    office: Office,
    work: Work,
    directory: Directory,
    batch: Batch,
    certificate: Certificate,
    *,
    leaves: Sequence[bytes] = (),
) -> Document:
    """Return everything that an issued certificate's document is made of; `leaves` are the batch's, if at hand."""
    if certificate.first_day is None or certificate.leaf is None or batch.issued_at is None:
        raise NotReady(f"batch {batch.id} is {batch.state}: documents are made once it is ISSUED")
    pin = work.pin()
    claims = office.records.claims(work, certificate)
    sd_jwt, cose = office.records.signed(work, certificate)
    agency, *above = directory.line(certificate.agency)
    certificate_type = office.type_of(batch.type_number, batch.type_version)
    return Document(
        certificate_type=certificate_type,
        claims=claims,
        agency=Agency(agency.name, agency.code, tuple(each.name for each in reversed(above))),
        number=str(claims[certificate_type.number_claim]),
        validity=Validity(certificate.first_day, certificate.last_day),
        issued=issue_day(claims, batch.issued_at),
        host=office.verifying_host,
        test=pin is None or pin.test,
        identifier=str(claims.get(IDENTIFIER_CLAIM, "")),
        sd_jwt=sd_jwt,
        code_url=code.url(office.verifying_host, cose),
        short_number=code.short_number(certificate.leaf),
        proof=proofs.file_of(work, batch, certificate, leaves),
        related=certified_files.resources(office.records, work, certificate),
    )


def issue_day(claims: Mapping[str, JSON], signed: datetime) -> date:
    """Return the day of issue: as claimed, where the type has such a claim, or else when it was signed."""
    claimed = claims.get(ISSUE_DATE)
    return date.fromisoformat(claimed) if isinstance(claimed, str) else calendar.today(signed)


def _waits_for_proofs(work: Work, batch: Batch, now: datetime) -> bool:
    if batch.evidence is not None or batch.issued_at is None or now >= batch.issued_at + PROOF_PATIENCE:
        return False
    # Only where a node failed to show them: some chains have none.
    return bool(proofs.missing(work, [batch.id or 0]))
