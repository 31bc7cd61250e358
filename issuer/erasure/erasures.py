"""An erasure as two officers do it from their own desks: one asks for it, another one looks again and carries it out.

What it comes to is in erasure/forgetting.py. What was asked for names no holder, but one of the holder's certificates:
until it is carried out the holder is read from that, and afterwards nothing here says whose data they were.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from issuer import audit_log, rights
from issuer.audit_log import Occasion
from issuer.erasure import erasing, forgetting
from issuer.errors import Erased, NotAllowed, NotReady
from issuer.keys import Officer
from issuer.tables import account_rows, erasure_rows
from issuer.tables.account_models import Standing as Account
from issuer.tables.erasure_models import Erasure, ErasureState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from issuer.erasure.forgetting import Forgotten, Listed
    from issuer.office import Office
    from issuer.tables.models import Certificate
    from issuer.tables.store import Work


class Standing(Enum):
    """How far an erasure is, for somebody who looks at it."""

    OPEN = auto()
    """Nobody asked for it."""
    WAITS_FOR_ANOTHER = auto()
    """Who looks asked for it."""
    WAITS_FOR_ME = auto()
    ERASED = auto()


@dataclass(frozen=True, slots=True)
class _Away:
    """The key of an officer who asked, and is not here now: it signs nothing."""

    address: bytes

    def sign_digest(self, digest: bytes) -> bytes:
        raise NotAllowed(f"key 0x{self.address.hex()}: its officer is not here to sign {digest.hex()[:8]}")


def listed(office: Office, certificate: Certificate) -> list[Listed]:
    """Return the certificates of the same holder, this one included; raises `Erased`.

    By the holder's code alone: others may be called the same, so without a code it is this one only.
    """
    if certificate.record_key is None:
        raise Erased(f"certificate {certificate.id}: its claims were erased; only what the chain holds is left")
    return forgetting.list_(office, certificate.agency, certificate)


def open_one(office: Office, work: Work, certificate: Certificate, found: Sequence[Listed]) -> Erasure | None:
    """Return the erasure of this holder that waits for a second officer, whichever certificate it was asked by."""
    ids = {certificate.id, *(each.id for each in found)}
    return next((each for each in waiting(office, work, certificate.agency) if each.certificate_id in ids), None)


def waiting(office: Office, work: Work, agency: int) -> list[Erasure]:
    """Return an agency's erasures that wait for a second officer, the oldest first."""
    return erasure_rows.waiting(work, agency, office.now())


def standing(asked: Erasure | None, *, mine: bool) -> Standing:
    """Say how far it is."""
    if asked is None:
        return Standing.OPEN
    return Standing.WAITS_FOR_ANOTHER if mine else Standing.WAITS_FOR_ME


def ask(office: Office, certificate: Certificate, officer: Officer) -> None:
    """Ask for everything about a certificate's holder to be erased; raises `NotAllowed`, `NotReady`."""
    require_may(office, certificate.agency, officer)
    found = listed(office, certificate)
    require_ready(found)
    with office.store.writing() as work:
        erasure_rows.lapse_old(work, certificate.agency, office.now())
        if open_one(office, work, certificate, found) is not None:
            raise NotReady("this holder's erasure was asked for already; it waits for a second officer")
        work.add(
            Erasure(
                agency=certificate.agency,
                certificate_id=certificate.id,
                listed=_digest(found),
                count=len(found),
                asked_by=officer.login or officer.name,
                officer=officer.signer.address.hex(),
                source=officer.source,
                asked_at=office.now(),
            )
        )
        _note(office, work, "erasure asked for", officer, f"{len(found)} certificates")


def carry_out(office: Office, certificate: Certificate, officer: Officer) -> Forgotten:
    """Erase what another officer asked to be erased, unless there is more or less of it by now."""
    require_may(office, certificate.agency, officer)
    found = listed(office, certificate)
    with office.store.reading() as work:
        asked = _asked(office, work, certificate, found)
    if asked.listed != _digest(found):
        raise NotReady(f"got {asked.count} certificates to erase, now there are {len(found)}; list them again")
    first = Officer(asked.asked_by, asked.agency, _Away(bytes.fromhex(asked.officer)), asked.asked_by, asked.source)

    def require(work: Work) -> None:
        # Somebody may have taken it back, or carried it out, since the page was opened.
        erasure_rows.asked(work, asked.id or 0, asked.agency)
        person = account_rows.person_called(work, asked.asked_by)
        if person is None or person.standing != Account.ACTIVE:
            raise NotReady(f"the account of {asked.asked_by}, who asked for it, is not active; have it asked for anew")

    return forgetting.forget(
        office,
        asked.agency,
        certificate,
        listed=[each.id for each in found],
        first=first,
        second=officer,
        require=require,
    )


def withdraw(office: Office, number: int, officer: Officer) -> None:
    """Take back what was asked, by whoever may ask; raises `NotReady` if it has ended already."""
    require_may(office, officer.agency, officer)
    with office.store.writing() as work:
        asked = erasure_rows.asked(work, number, officer.agency)
        erasure_rows.end(asked, ErasureState.WITHDRAWN, by=officer.login or officer.name, at=office.now())
        _note(office, work, "erasure taken back", officer, "")


def require_may(office: Office, agency: int, officer: Officer) -> None:
    """Refuse whoever may neither change statuses nor manage the agency."""
    directory = office.directory()
    rights.require_officer_of(officer, agency, directory)
    rights.require_capability(office.registry, officer, agency, erasing.MAY, directory)


def require_ready(found: Sequence[Listed]) -> None:
    """Refuse while something of the holder is on its way to the chain; raises `NotReady`."""
    if lacking := [f"batch {each.batch}: {each.erased_first}" for each in found if each.erased_first]:
        raise NotReady(*dict.fromkeys(lacking))


def _asked(office: Office, work: Work, certificate: Certificate, found: Sequence[Listed]) -> Erasure:
    asked = open_one(office, work, certificate, found)
    if asked is None:
        raise NotReady("this holder's erasure is not asked for any more; open the page again")
    return asked


def _digest(found: Sequence[Listed]) -> str:
    return hashlib.sha256("\n".join(sorted(each.id for each in found)).encode()).hexdigest()


def _note(office: Office, work: Work, what: str, officer: Officer, detail: str) -> None:
    occasion = Occasion(office.now(), officer.source)
    audit_log.add(work, occasion, what, who=officer.login or officer.name, agency=officer.agency, detail=detail)
