"""From rows to signed certificates: draft, prepare, and, once the anchor is final, sign.

Approving is in issuer/approvals.py, anchoring in issuer/sealing.py. Every step is safe to repeat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain import code, identifiers, merkle
from chain.code import InclusionPath
from chain.events import Capability
from chain.preparation import IDENTIFIER_CLAIM, Statement
from chain.preparation import prepare as fix
from issuer import approvals, history, rights
from issuer.errors import NotReady
from issuer.models import Batch, Purpose, State

if TYPE_CHECKING:
    from chain.certificate_types import CertificateType
    from chain.preparation import Prepared
    from chain.strict_json import JSON
    from issuer.directory import Agency
    from issuer.keys import DocumentKey, Officer
    from issuer.models import Certificate
    from issuer.office import Office
    from issuer.store import Work

CHANGEABLE = (State.DRAFT, State.PREPARED, State.APPROVED, State.FAILED)
"""States in which nothing of a batch is on its way to the chain from here.

A batch that was ever sent may still get there: its officers' signatures stand in public calldata, and anybody may send
them again until their deadline. Its leaves and salts are kept until then (`_require_out_of_reach`).
"""

_VERSION_16_M_BITS = 453 * 8
"""Data codewords of QR version 16 at level M (ISO/IEC 18004:2015, table 7)."""
_SEGMENT_HEADS = (4 + 16) + (4 + 12)
"""Mode and length of a byte segment and of a numeric one in versions 10 to 26 (table 3)."""


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
    batch = Batch(
        import_id=import_id,
        agency=agency,
        certificate_type=certificate_type.identifier,
        type_number=certificate_type.number,
        type_version=certificate_type.version,
        purpose=purpose,
        state=State.DRAFT,
        size=len(claims),
        from_hour=from_hour,
        created_at=office.now(),
    )
    work.add(batch)
    work.flush()
    for position, each in enumerate(claims):
        work.add(
            office.records.new_certificate(
                work,
                batch,
                each,
                holder=holder(certificate_type, each),
                position=position,
                replaces_id=None if replaces is None else replaces.id,
                now=office.now(),
            )
        )
    history.note(
        work, "drafted", at=office.now(), batch_id=batch.id, detail=f"{len(claims)} {certificate_type.identifier}"
    )
    return _id(batch)


def holder(certificate_type: CertificateType, claims: dict[str, JSON]) -> str:
    """Return by what a holder is found: the credit code or resident number, or else the name."""
    keys = [certificate_type.holder_code_claim, certificate_type.holder_name_claim]
    return next((str(claims[key]) for key in keys if key and claims.get(key)), "")


def prepare(office: Office, batch_id: int, officer: Officer) -> None:
    """Fix identifiers, claims, leaves and root of a batch, and sign the root as its preparer.

    Preparing again keeps the leaves, while the document key still counts, and voids all approvals. A batch that
    somebody else anchored meanwhile, with signatures that were sent before, is APPROVED as it is: sealing it finds it.
    """
    directory = office.directory()
    with office.store.reading() as work:
        batch = work.batch(batch_id)
    _require_changeable(batch)
    certificate_type = office.type_of(batch.type_number, batch.type_version)
    rights.require_officer_of(officer, batch.agency, directory)
    rights.require_may_issue(directory, batch.agency, certificate_type)
    rights.require_capability(office.registry, officer, batch.agency, Capability.PREPARE, directory)
    if _anchored_by_others(office, batch_id):
        return
    key = rights.document_key(directory, batch.agency, office.keystore, kept=batch.kid)
    with office.store.writing() as work:
        batch = work.batch(batch_id)
        _require_changeable(batch)
        if batch.root is None or batch.kid != key.kid:
            _require_out_of_reach(office, work, batch, "making its certificates anew, under another document key,")
            _fix_leaves(office, work, batch, certificate_type, agency=directory.agency(batch.agency), kid=key.kid)
        # Never earlier than before: signatures that were sent count until then.
        batch.deadline = max(directory.block.number + office.approval_blocks, batch.deadline or 0)
        batch.failure = ""
        work.drop_signatures(batch_id)
        approvals.sign_as_preparer(office, work, batch, officer)
        batch.state = State.PREPARED
        history.note(
            work, "prepared", at=office.now(), by=[officer], batch_id=batch_id, detail=(batch.root or b"").hex()
        )


def discard(office: Office, batch_id: int, officer: Officer) -> None:
    """Give a batch up that cannot reach the chain any more; its certificates are deleted."""
    directory = office.directory()
    with office.store.writing() as work:
        batch = work.batch(batch_id)
        rights.require_officer_of(officer, batch.agency, directory)
        rights.require_capability(office.registry, officer, batch.agency, rights.ISSUING, directory)
        _require_changeable(batch)
        _require_out_of_reach(office, work, batch, "discarding it")
        work.discard(batch)
        batch.state = State.DISCARDED
        history.note(work, "discarded", at=office.now(), by=[officer], batch_id=batch_id)


def sign(office: Office, batch_id: int) -> None:
    """Sign the certificates and codes of a batch whose anchor is final. Repeating it changes nothing."""
    with office.store.writing() as work:
        batch = work.batch(batch_id)
        if batch.state == State.ISSUED:
            return
        if batch.state != State.FINAL or batch.kid is None:
            raise NotReady(f"batch {batch_id} is {batch.state}: nothing is signed before its anchor is final")
        key = office.keystore.document_key(batch.agency, batch.kid)
        pin = work.pin()
        if pin is None:
            raise NotReady("this database belongs to no registry yet")
        certificates = work.certificates(batch_id)
        leaves = [certificate.leaf or b"" for certificate in certificates]
        for certificate in certificates:
            prepared = office.records.prepared(work, certificate)
            path = InclusionPath(
                size=len(leaves),
                index=certificate.position,
                hashes=merkle.inclusion_path(leaves, certificate.position),
            )
            office.records.put_signed(
                work,
                certificate,
                credential=prepared.sign(key.sign),
                code=_code(office, prepared, path, key, registry_id=pin.registry_id),
            )
        batch.state = State.ISSUED
        batch.issued_at = office.now()
        history.note(work, "issued", at=office.now(), batch_id=batch_id, detail=f"{len(leaves)} certificates signed")


def _require_changeable(batch: Batch) -> None:
    if batch.state not in CHANGEABLE:
        raise NotReady(f"batch {batch.id} is {batch.state}, wanted one that is {', '.join(CHANGEABLE)}")


def _require_out_of_reach(office: Office, work: Work, batch: Batch, for_what: str) -> None:
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


def _id(batch: Batch) -> int:
    if batch.id is None:
        raise NotReady("this batch has no number yet")
    return batch.id


def _fix_leaves(
    office: Office, work: Work, batch: Batch, certificate_type: CertificateType, *, agency: Agency, kid: bytes
) -> None:
    """Compute identifiers, disclosures and leaves; random salts make every leaf new."""
    identity = office.registry.identity()
    for certificate in work.certificates(_id(batch)):
        claims = office.records.claims(work, certificate)
        _name(office, work, certificate, certificate_type, agency.code)
        claims.pop(IDENTIFIER_CLAIM, None)
        if certificate_type.has_national_code and _takes_identifier(certificate_type):
            claims[IDENTIFIER_CLAIM] = str(
                identifiers.certificate_identifier(
                    certificate_type.type_code, agency.code, certificate.serial or "", certificate.version
                )
            )
        claims = certificate_type.validate(claims)
        validity = certificate_type.validity(claims, office.today)
        prepared = fix(
            Statement(
                certificate_type=certificate_type,
                registry_id=identity.registry_id,
                chain_id=identity.chain_id,
                agency=batch.agency,
                agency_code=agency.code,
                issuer=office.agency_did(batch.agency),
                kid=kid,
                claims=claims,
                validity=validity,
            ),
            entropy=office.entropy,
        )
        certificate.first_day, certificate.last_day = validity.first_day, validity.last_day
        certificate.leaf = prepared.leaf
        office.records.put_claims(work, certificate, claims)
        office.records.put_prepared(work, certificate, prepared)
    work.flush()
    batch.kid = kid
    batch.root = merkle.root([certificate.leaf or b"" for certificate in work.certificates(_id(batch))])


def _name(
    office: Office, work: Work, certificate: Certificate, certificate_type: CertificateType, agency_code: str
) -> None:
    """Give a certificate its serial number, lineage and version, once."""
    if certificate.serial is not None:
        return
    if certificate.replaces_id is not None:
        old = work.certificate(certificate.replaces_id)
        certificate.serial, certificate.lineage, certificate.version = old.serial, old.lineage, old.version + 1
        return
    year = office.today.year
    # Year and a running number, as public systems write serials; at least six digits.
    certificate.serial = f"{year}{work.next_serial(certificate.agency, certificate_type.identifier, year):06}"
    certificate.lineage = f"{identifiers.ROOT}.{certificate_type.type_code}.{agency_code}.{certificate.serial}"


def _takes_identifier(certificate_type: CertificateType) -> bool:
    return any(claim.key == IDENTIFIER_CLAIM for claim in certificate_type.claims)


def _code(office: Office, prepared: Prepared, path: InclusionPath, key: DocumentKey, *, registry_id: bytes) -> bytes:
    """Return the code, with the inclusion path where there is room for it."""
    facts, signing_input_hash = prepared.facts_bytes, prepared.signing_input_hash
    signed = code.make(facts, signing_input_hash, registry_id=registry_id, sign=key.sign, path=path)
    if _has_room(code.url(office.verifying_host, signed)):
        return signed
    return code.make(facts, signing_input_hash, registry_id=registry_id, sign=key.sign)


def _has_room(url: str) -> bool:
    """Whether a code fits version 16 at level M, so that its modules stay large enough in print."""
    prefix, _, digits = url.partition("#")
    return _SEGMENT_HEADS + 8 * (len(prefix) + 1) + -(-10 * len(digits) // 3) <= _VERSION_16_M_BITS
