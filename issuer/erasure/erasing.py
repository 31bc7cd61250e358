"""Erasure: a record's key is destroyed, and nothing here can read its claims any more.

What the chain holds (a leaf over random salts, statuses) stays, and no longer means anything to anybody but those who
still hold the document; so do the batch, its size and the root, of which every other certificate's path is made. Two
officers decide, because it cannot be undone.

What is told apart by certificate goes with the record's key: claims, salts, document, grounds, notes, links. A whole
holder's traces are in issuer/erasure/forgetting.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlmodel import col, delete, select

from chain.events import Capability
from issuer import history, inventory, records, rights
from issuer.errors import NotAllowed, NotReady
from issuer.inventory import Under
from issuer.tables import erasure_rows
from issuer.tables.erasure_models import ErasureState
from issuer.tables.holder_models import HolderLink, HolderVisit
from issuer.tables.models import Base, Certificate, State

if TYPE_CHECKING:
    from issuer.keys import Officer
    from issuer.office import Office
    from issuer.tables.store import Work

SETTLED = (State.ISSUED, State.DISCARDED)
"""States of a batch whose certificates can be erased."""
MAY = Capability.STATUS | Capability.MANAGE
"""Either is enough, for each of the two officers: a manager answers for what the agency keeps."""


def erase(office: Office, certificate: Certificate, first: Officer, second: Officer) -> None:
    """Destroy a record's key; raises `NotAllowed`, or `NotReady` while its batch is still on its way."""
    require_two(office, certificate.agency, first, second)
    with office.store.writing() as work:
        erase_within(office, work, work.certificate(certificate.id), first, second)
    office.store.forget()


def require_two(office: Office, agency: int, first: Officer, second: Officer) -> None:
    """Refuse anybody but two officers of the agency who may change statuses, or manage it."""
    directory = office.directory()
    if first.signer.address == second.signer.address:
        raise NotAllowed(f"officer {first.name} was named twice; two different persons are wanted")
    if first.login and first.login == second.login:
        # One person may have had several keys.
        raise NotAllowed(f"officer {first.login} was named twice; two different persons are wanted")
    for officer in (first, second):
        rights.require_officer_of(officer, agency, directory)
        rights.require_capability(office.registry, officer, agency, MAY, directory)


def erase_within(office: Office, work: Work, certificate: Certificate, first: Officer, second: Officer) -> None:
    """Erase a record within a transaction; raises `NotReady` while its batch is still on its way.

    It is the second officer's doing: who asked for it need not be there any more.
    """
    batch = work.batch(certificate.batch_id)
    if batch.state not in SETTLED:
        raise NotReady(f"batch {batch.id} is {batch.state}; only certificates of issued batches are erased")
    records.erase(certificate)
    _erase_elsewhere(work, certificate.id)
    at, by = office.now(), second.login or second.name
    erasure_rows.end_all(work, [certificate.id], ErasureState.LAPSED, by=by, at=at)
    asked = f"asked for by {first.login or first.name}"
    history.note(work, "erased", at=at, by=[second], detail=asked, certificate_id=certificate.id)


def _erase_elsewhere(work: Work, certificate_id: str) -> None:
    """Take away what other tables hold under the record's key, and what opens the holder's page."""
    for column in inventory.columns(Under.RECORD):
        if column.model is Certificate:
            continue
        table = Base.metadata.tables[column.table]
        mine = table.c.certificate_id == certificate_id
        if table.c[column.name].nullable:
            work.session.execute(table.update().where(mine).values({column.name: None}))
        else:
            work.session.execute(table.delete().where(mine))
    mine = col(HolderLink.certificate_id) == certificate_id
    links = select(HolderLink.id).where(mine)
    work.session.exec(delete(HolderVisit).where(col(HolderVisit.link_id).in_(links)))
    work.session.exec(delete(HolderLink).where(mine))
    # What was loaded before is asked for again.
    work.flush()
    work.session.expire_all()
