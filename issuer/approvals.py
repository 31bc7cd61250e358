"""Officers' signatures over a batch: exactly the root that is then anchored, by distinct persons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain import merkle
from chain.events import Capability
from chain.registry import BatchToAnchor, Role
from issuer import history, rights
from issuer.errors import NotAllowed, NotReady
from issuer.tables.models import BatchSignature, State

if TYPE_CHECKING:
    from issuer.keys import Officer
    from issuer.office import Office
    from issuer.tables.models import Batch
    from issuer.tables.store import Work


def to_anchor(work: Work, batch: Batch) -> BatchToAnchor:
    """Return what officers approve and the registry anchors; raises `NotReady` if it is not what was prepared."""
    certificates = work.certificates(batch.id or 0)
    leaves = tuple(certificate.leaf or b"" for certificate in certificates)
    if batch.root is None or merkle.root(leaves) != batch.root:
        raise NotReady(f"batch {batch.id}: its leaves do not make the root that was prepared; prepare it again")
    replaces = tuple(
        work.certificate(certificate.replaces_id).leaf or b"" for certificate in certificates if certificate.replaces_id
    )
    return BatchToAnchor(
        agency=batch.agency,
        certificate_type=batch.type_number,
        version=batch.type_version,
        leaves=leaves,
        replaces=replaces,
        from_hour=batch.from_hour,
    )


def sign_as_preparer(office: Office, work: Work, batch: Batch, officer: Officer) -> None:
    """Add the preparer's signature."""
    _sign(office, work, batch, officer, Role.PREPARER)


def approve(office: Office, batch_id: int, officer: Officer, *, root: bytes | None = None) -> int:
    """Sign a prepared batch as an approver; returns how many approvals are still missing.

    Approving twice by the same officer changes nothing; the preparer cannot approve. With a `root`, that very one is
    signed or none: raises `NotReady` if the batch has another one by now.
    """
    directory = office.directory()
    with office.store.reading() as work:
        batch = work.batch(batch_id)
    rights.require_officer_of(officer, batch.agency, directory)
    rights.require_capability(office.registry, officer, batch.agency, Capability.APPROVE, directory)
    # Asked beforehand, so that nobody waits to write for a node's answer.
    required = office.registry.required_approvals(batch.agency)
    with office.store.writing() as work:
        batch = work.batch(batch_id)
        if batch.state not in {State.PREPARED, State.APPROVED}:
            raise NotReady(f"batch {batch_id} is {batch.state}, wanted one that is PREPARED")
        if root is not None and root != batch.root:
            raise NotReady(
                f"batch {batch_id}: it was changed since it was shown (got the root {root.hex()[:16]}…, it is "
                f"{(batch.root or b'').hex()[:16]}… now); look at it anew"
            )
        require_time_left(batch, directory.block.number)
        signatures = work.signatures(batch_id)
        for signature in signatures:
            if signature.address != officer.signer.address:
                continue
            if signature.role == Role.PREPARER:
                raise NotAllowed(
                    f"batch {batch_id} was prepared by {signature.officer}; wanted another officer of "
                    f"{directory.agency(batch.agency)} to approve it"
                )
            return _missing(work, batch, required)
        _sign(office, work, batch, officer, Role.APPROVER)
        missing = _missing(work, batch, required)
        if not missing and batch.state == State.PREPARED:
            batch.state, batch.anchor_after = State.APPROVED, office.now() + office.undo
        history.note(
            work, "approved", at=office.now(), by=[officer], batch_id=batch_id, detail=(batch.root or b"").hex()
        )
        return missing


def missing_approvals(office: Office, work: Work, batch: Batch) -> int:
    """Return how many approvals a batch still needs; asks the registry."""
    return _missing(work, batch, office.registry.required_approvals(batch.agency))


def require_time_left(batch: Batch, block_number: int) -> None:
    """Refuse a batch whose signatures count no longer."""
    if batch.deadline is None or batch.deadline <= block_number:
        raise NotReady(
            f"batch {batch.id}: its signatures counted until block {batch.deadline}, now is block {block_number}; "
            "prepare and approve it again"
        )


def _missing(work: Work, batch: Batch, required: int) -> int:
    given = sum(signature.role == Role.APPROVER for signature in work.signatures(batch.id or 0))
    return max(0, required - given)


def _sign(office: Office, work: Work, batch: Batch, officer: Officer, role: Role) -> None:
    digest = office.registry.batch_digest(to_anchor(work, batch), role=role, deadline=batch.deadline or 0)
    work.add(
        BatchSignature(
            batch_id=batch.id or 0,
            role=role,
            officer=officer.name,
            address=officer.signer.address,
            signature=officer.signer.sign_digest(digest),
            created_at=office.now(),
        )
    )
    work.flush()
