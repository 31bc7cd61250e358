"""From rows to signed certificates: draft, prepare, and, once the anchor is final, sign.

Approving is in issuer/approvals.py, anchoring in issuer/sending/sealing.py. Every step is safe to repeat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain import merkle
from chain.code import InclusionPath
from chain.events import Capability
from issuer import approvals, fixing, history, rights
from issuer.document import certified_files
from issuer.errors import NotReady
from issuer.status import inspections
from issuer.tables.models import Batch, Purpose, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain.certificate_types import CertificateType
    from chain.strict_json import JSON
    from issuer.keys import Officer
    from issuer.office import Office
    from issuer.tables.models import Certificate
    from issuer.tables.store import Work

_AUTHORITY = "issuing_authority"
"""The claim that names the agency on the face of a certificate."""
CHANGEABLE = (State.DRAFT, State.PREPARED, State.APPROVED, State.FAILED)
"""States in which nothing of a batch is on its way to the chain from here.

A batch that was ever sent may still get there: its officers' signatures stand in public calldata, and anybody may send
them again until their deadline. Its leaves and salts are kept until then (`require_out_of_reach`).
"""


def add_batch(
    office: Office,
    work: Work,
    certificate_type: CertificateType,
    claims: list[dict[str, JSON]],
    *,
    agency: int,
    import_id: int | None = None,
    purpose: Purpose = Purpose.ISSUE,
    replaces: Certificate | None = None,
    from_hour: int = 0,
) -> int:
    """Add a batch of drafts and return its number."""
    batch = open_batch(
        office,
        work,
        certificate_type,
        agency=agency,
        size=len(claims),
        import_id=import_id,
        purpose=purpose,
        from_hour=from_hour,
    )
    for position, each in enumerate(claims):
        certificate = row(office, work, certificate_type, each, batch=batch, position=position, replaces=replaces)
        work.add(certificate)
        if replaces is not None:
            work.flush()
            certified_files.carry_over(office.records, work, replaces, certificate)
    return _id(batch)


def open_batch(
    office: Office,
    work: Work,
    certificate_type: CertificateType,
    *,
    agency: int,
    size: int,
    import_id: int | None = None,
    purpose: Purpose = Purpose.ISSUE,
    from_hour: int = 0,
) -> Batch:
    """Add a batch whose drafts are still to be added."""
    batch = unstored_batch(office, certificate_type, agency=agency)
    batch.import_id, batch.purpose, batch.size, batch.from_hour = import_id, purpose, size, from_hour
    work.add(batch)
    work.flush()
    history.note(work, "drafted", at=office.now(), batch_id=batch.id, detail=f"{size} {certificate_type.identifier}")
    return batch


def unstored_batch(office: Office, certificate_type: CertificateType, *, agency: int) -> Batch:
    """Return an empty batch of drafts that is not stored, for rows that are encrypted before they have one."""
    return Batch(
        agency=agency,
        certificate_type=certificate_type.identifier,
        type_number=certificate_type.number,
        type_version=certificate_type.version,
        purpose=Purpose.ISSUE,
        state=State.DRAFT,
        size=0,
        created_at=office.now(),
    )


def with_authority(certificate_type: CertificateType, claims: dict[str, JSON], name: str) -> dict[str, JSON]:
    """Name the agency as the registry does, where a clerk left that to us."""
    if claims.get(_AUTHORITY) is not None or all(claim.key != _AUTHORITY for claim in certificate_type.columns):
        return claims
    return certificate_type.validate({**claims, _AUTHORITY: name})


def row(
    office: Office,
    work: Work,
    certificate_type: CertificateType,
    claims: dict[str, JSON],
    *,
    batch: Batch,
    position: int,
    replaces: Certificate | None = None,
) -> Certificate:
    """Return a draft's row, encrypted; `batch` need not be stored yet."""
    certificate = office.records.new_certificate(
        work,
        batch,
        claims,
        holder=holder(certificate_type, claims),
        name=holder_name(certificate_type, claims),
        position=position,
        replaces_id=None if replaces is None else replaces.id,
        now=office.now(),
    )
    # As if it were issued today; fixed when it is prepared.
    validity = certificate_type.validity(claims, office.today)
    certificate.first_day, certificate.last_day = validity.first_day, validity.last_day
    return certificate


def holder(certificate_type: CertificateType, claims: dict[str, JSON]) -> str:
    """Return by what a holder is found: the credit code or resident number, or else the name."""
    keys = [certificate_type.holder_code_claim, certificate_type.holder_name_claim]
    return next((str(claims[key]) for key in keys if key and claims.get(key)), "")


def holder_name(certificate_type: CertificateType, claims: dict[str, JSON]) -> str:
    """Return the holder's name where `holder` is the code; several holders' names as the document lists them."""
    code, name = certificate_type.holder_code_claim, claims.get(certificate_type.holder_name_claim)
    return str(name) if name and code and claims.get(code) else ""


def fix(office: Office, batch_id: int) -> None:
    """Fix identifiers, claims, leaves and root of a batch; nobody signs anything.

    Leaves that are fixed stay, while their document key still counts. Where they are made anew, whatever officers
    signed is void, and the batch is a draft again. A batch that somebody else anchored meanwhile, with signatures that
    were sent before, is APPROVED as it is: sealing it finds it.
    """
    directory = office.directory()
    with office.store.reading() as work:
        batch = work.batch(batch_id)
    _require_changeable(batch)
    certificate_type = office.type_of(batch.type_number, batch.type_version)
    rights.require_may_issue(directory, batch.agency, certificate_type)
    if _anchored_by_others(office, batch_id):
        return
    key = rights.document_key(directory, batch.agency, office.keystore, kept=batch.kid)
    with office.store.writing() as work:
        batch = work.batch(batch_id)
        _require_changeable(batch)
        if batch.root is not None and batch.kid == key.kid:
            return
        require_out_of_reach(office, work, batch, "making its certificates anew, under another document key,")
        fixing.fix_leaves(office, work, batch, certificate_type, agency=directory.agency(batch.agency), kid=key.kid)
        work.drop_signatures(batch_id)
        batch.state, batch.anchor_after = State.DRAFT, None
        history.note(work, "fixed", at=office.now(), batch_id=batch_id, detail=(batch.root or b"").hex())


def prepare(
    office: Office, batch_id: int, officer: Officer, *, require: Callable[[Work, Batch], None] | None = None
) -> None:
    """Fix a batch, as far as it is not, and sign its root as its preparer.

    Preparing again keeps the leaves, as `fix` does, and voids all approvals. `require` is asked in the transaction
    that signs; without it nobody asks for a rehearsal, which draft/submissions.py does for everybody who comes from
    outside.
    """
    directory = office.directory()
    with office.store.reading() as work:
        batch = work.batch(batch_id)
    _require_changeable(batch)
    rights.require_officer_of(officer, batch.agency, directory)
    rights.require_capability(office.registry, officer, batch.agency, Capability.PREPARE, directory)
    fix(office, batch_id)
    with office.store.writing() as work:
        batch = work.batch(batch_id)
        _require_changeable(batch)
        if batch.state == State.APPROVED and work.was_sent(batch_id) and _is_anchored(office, batch):
            return
        if batch.root is None:
            raise NotReady(f"batch {batch_id} was changed meanwhile; prepare it again")
        if require is not None:
            require(work, batch)
        # Never earlier than before: signatures that were sent count until then.
        batch.deadline = max(directory.block.number + office.approval_blocks, batch.deadline or 0)
        batch.failure, batch.anchor_after = "", None
        work.drop_signatures(batch_id)
        approvals.sign_as_preparer(office, work, batch, officer)
        batch.state = State.PREPARED
        history.note(work, "prepared", at=office.now(), by=[officer], batch_id=batch_id, detail=batch.root.hex())


def discard(office: Office, batch_id: int, officer: Officer) -> None:
    """Give a batch up that cannot reach the chain any more; its certificates are deleted."""
    directory = office.directory()
    with office.store.reading() as work:
        batch = work.batch(batch_id)
    rights.require_officer_of(officer, batch.agency, directory)
    rights.require_capability(office.registry, officer, batch.agency, rights.ISSUING, directory)
    with office.store.writing() as work:
        batch = work.batch(batch_id)
        _require_changeable(batch)
        require_out_of_reach(office, work, batch, "discarding it")
        work.discard(batch)
        batch.state = State.DISCARDED
        history.note(work, "discarded", at=office.now(), by=[officer], batch_id=batch_id)


def sign(office: Office, batch_id: int) -> None:
    """Sign the certificates and codes of a batch whose anchor is final. Repeating it changes nothing."""
    with office.store.reading() as work:
        batch = work.batch(batch_id)
        if batch.state == State.ISSUED:
            return
        # Computed beforehand, so that nobody waits to write for a thousand signatures.
        signed = _signed(office, work, batch)
    with office.store.writing() as work:
        batch = work.batch(batch_id)
        if batch.state == State.ISSUED:
            return
        certificates = work.certificates(batch_id)
        for certificate in certificates:
            credential, cose = signed[certificate.id]
            office.records.put_signed(work, certificate, credential=credential, code=cose)
        batch.state, batch.failure = State.ISSUED, ""
        batch.issued_at = office.now()
        inspections.begin(office, work, batch, certificates)
        detail = f"{len(certificates)} certificates signed"
        history.note(work, "issued", at=office.now(), batch_id=batch_id, detail=detail)


def _signed(office: Office, work: Work, batch: Batch) -> dict[str, tuple[str, bytes]]:
    """Return each certificate's SD-JWT and code, by its row id."""
    if batch.state != State.FINAL or batch.kid is None:
        raise NotReady(f"batch {batch.id} is {batch.state}: nothing is signed before its anchor is final")
    key = office.keystore.document_key(batch.agency, batch.kid)
    pin = work.pin()
    if pin is None:
        raise NotReady("this database belongs to no registry yet")
    certificates = work.certificates(_id(batch))
    leaves = [certificate.leaf or b"" for certificate in certificates]
    signed: dict[str, tuple[str, bytes]] = {}
    for certificate in certificates:
        prepared = office.records.prepared(work, certificate)
        hashes = merkle.inclusion_path(leaves, certificate.position)
        path = InclusionPath(size=len(leaves), index=certificate.position, hashes=hashes)
        cose = fixing.signed_code(office.verifying_host, prepared, path, registry_id=pin.registry_id, sign=key.sign)
        signed[certificate.id] = prepared.sign(key.sign), cose
    return signed


def _require_changeable(batch: Batch) -> None:
    if batch.state not in CHANGEABLE:
        raise NotReady(f"batch {batch.id} is {batch.state}, wanted one that is {', '.join(CHANGEABLE)}")


def require_out_of_reach(office: Office, work: Work, batch: Batch, for_what: str) -> None:
    """Refuse to lose the leaves of a batch that is anchored, or that anybody may still anchor."""
    if batch.root is None or not work.was_sent(_id(batch)):
        return
    anchored = office.registry.batch_block(batch.agency, batch.root)
    if anchored is not None:
        raise NotReady(
            f"batch {batch.id} is anchored in block {anchored}: somebody sent its officers' signatures again; "
            f"{for_what} would lose certificates that count. Prepare it again, then seal it"
        )
    # A block that could still hold it must be final, for another might come in its place.
    newest, over = office.registry.newest().number, (batch.deadline or 0) + office.confirmations
    if newest < over:
        raise NotReady(
            f"batch {batch.id} was sent once, so its officers' signatures are public and anybody may anchor it until "
            f"block {batch.deadline}; {for_what} would then lose certificates that count. It is possible from block "
            f"{over} on, now is block {newest}"
        )


def _anchored_by_others(office: Office, batch_id: int) -> bool:
    """Whether a batch that failed here was anchored all the same; then it only needs to be sealed."""
    with office.store.writing() as work:
        batch = work.batch(batch_id)
        _require_changeable(batch)
        if batch.root is None or not work.was_sent(batch_id):
            return False
        block = office.registry.batch_block(batch.agency, batch.root)
        if block is None:
            return False
        batch.state, batch.failure = State.APPROVED, ""
        history.note(
            work, "found anchored", at=office.now(), batch_id=batch_id, detail=f"block {block}, sent by others"
        )
        return True


def _is_anchored(office: Office, batch: Batch) -> bool:
    return batch.root is not None and office.registry.batch_block(batch.agency, batch.root) is not None


def _id(batch: Batch) -> int:
    if batch.id is None:
        raise NotReady("this batch has no number yet")
    return batch.id
