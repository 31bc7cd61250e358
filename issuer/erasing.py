"""Erasure: a record's key is destroyed, and nothing here can read its claims any more.

What the chain holds (a leaf over random salts, statuses) stays, and no longer means anything to anybody but those who
still hold the document. Two officers decide, because it cannot be undone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.events import Capability
from issuer import history, records, rights
from issuer.errors import NotAllowed, NotReady
from issuer.models import State

if TYPE_CHECKING:
    from issuer.keys import Officer
    from issuer.models import Certificate
    from issuer.office import Office

_SETTLED = (State.ISSUED, State.DISCARDED)


def erase(office: Office, certificate: Certificate, first: Officer, second: Officer) -> None:
    """Destroy a record's key; raises `NotAllowed`, or `NotReady` while its batch is still on its way."""
    directory = office.directory()
    if first.signer.address == second.signer.address:
        raise NotAllowed(f"officer {first.name} was named twice; two different persons are wanted")
    for officer in (first, second):
        rights.require_officer_of(officer, certificate.agency, directory)
        rights.require_capability(office.registry, officer, certificate.agency, Capability.STATUS, directory)
    with office.store.writing() as work:
        batch = work.batch(certificate.batch_id)
        if batch.state not in _SETTLED:
            raise NotReady(f"batch {batch.id} is {batch.state}; only certificates of issued batches are erased")
        records.erase(work.certificate(certificate.id))
        history.note(work, "erased", at=office.now(), by=[first, second], certificate_id=certificate.id)
    office.store.forget()
