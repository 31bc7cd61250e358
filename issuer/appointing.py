"""What people's roles give them on the registry: consented to by two managers, brought there by the lane.

A role here opens pages; what a signature may do is for the registry to say. Where the two differ, a manager proposes
the change and signs it, a second manager (of the agency, or of its parent) signs the same, and it is queued. What only
takes rights away needs one. Consents name the agency's nonce, so several changes go one after the other in the order in
which they were proposed; a change that overtakes them makes them void, and then they are proposed anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chain.events import Capability
from chain.registry import OfficerToSet
from issuer import audit_log, rights
from issuer.audit_log import Occasion
from issuer.errors import NotAllowed, NotReady
from issuer.tables import account_rows
from issuer.tables.account_models import Role, Standing
from issuer.tables.appointment_models import Appointment
from issuer.tables.appointment_rows import find, in_states
from issuer.tables.models import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chain.events import OfficerSet
    from issuer.directory import Directory
    from issuer.keys import Officer
    from issuer.office import Office
    from issuer.tables.account_models import Person
    from issuer.tables.store import Work

SIGNATURE_BYTES = 65
ON_THE_WAY = (State.QUEUED, State.SENT, State.IN_BLOCK)
_OPEN = (State.PREPARED, *ON_THE_WAY)
_GIVES = {
    Role.PREPARER: Capability.PREPARE,
    Role.APPROVER: Capability.APPROVE,
    Role.STATUS_OFFICER: Capability.STATUS,
    Role.AGENCY_MANAGER: Capability.MANAGE,
}
NOTHING = Capability(0)


@dataclass(frozen=True, slots=True)
class Difference:
    """An officer's key whose owner's roles and whose rights on the registry are not the same."""

    person_id: int | None
    """None for a key that the registry lists and nobody's account here has: of before, or of the command line."""
    login: str
    display_name: str
    officer: bytes
    """The key's address."""
    held: Capability
    wanted: Capability
    waiting: int | None
    """The number of the appointment that is on its way already."""

    @property
    def gained(self) -> Capability:
        """What the person is to get."""
        return self.wanted & ~self.held

    @property
    def lost(self) -> Capability:
        """What is to be taken from the person."""
        return self.held & ~self.wanted


def wanted(person: Person) -> Capability:
    """Return what the registry should let somebody do: what the roles of an active account stand for."""
    if person.standing != Standing.ACTIVE:
        return NOTHING
    given = NOTHING
    for role in account_rows.roles(person):
        given |= _GIVES.get(role, NOTHING)
    return given


def differences(work: Work, directory: Directory, agency: int) -> list[Difference]:
    """Return those keys of an agency's people that have other rights than the roles say, then keys without an owner."""
    officers = directory.agency(agency).officers
    waiting = {each.officer: each.id for each in in_states(work, _OPEN, agency=agency)}
    people = [person for person in account_rows.people(work, agency) if person.key_address is not None]
    found = [
        Difference(
            account_rows.number(person),
            person.login,
            person.display_name,
            address,
            officers.get(address, NOTHING),
            wanted(person),
            waiting.get(address),
        )
        for person in people
        if (address := person.key_address) is not None and officers.get(address, NOTHING) != wanted(person)
    ]
    owned = {person.key_address for person in people}
    nobodys = [
        Difference(None, "", "", address, held, NOTHING, waiting.get(address))
        for address, held in officers.items()
        if address not in owned
    ]
    return found + nobodys


def propose(office: Office, agency: int, officers: Sequence[bytes], by: Officer) -> list[int]:
    """Have a manager propose the changes for these keys (addresses), and sign them; returns the appointments' numbers.

    What only takes rights away is queued at once. Raises `NotAllowed`, or `NotReady` for keys whose rights are as the
    roles say or whose change is on its way.
    """
    directory = office.directory()
    _require_manager(office, directory, agency, by)
    with office.store.reading() as work:
        known = {each.officer: each for each in differences(work, directory, agency)}
        held = office.registry.consent_nonce(agency)
        nonce = _free_nonce(work, agency, held)
    changes = []
    for officer in dict.fromkeys(officers):
        difference = known.get(officer)
        if difference is None or difference.waiting is not None:
            raise NotReady(f"officer 0x{officer.hex()}: nothing to change, or a change is on its way already")
        if officer == by.signer.address:
            raise NotAllowed("nobody proposes a change for the own key; another manager does")
        changes.append(difference)
    deadline = directory.block.number + office.approval_blocks
    made = []
    for position, difference in enumerate(changes):
        row = Appointment(
            agency=agency,
            person_id=difference.person_id,
            officer=difference.officer,
            capabilities=int(difference.wanted),
            held=int(difference.held),
            nonce=nonce + position,
            deadline=deadline,
            consenters=by.login or by.name,
            signatures=b"",
            # Two for the agency if any capability is new, else one (IAgencies.setOfficer).
            state=State.PREPARED if difference.gained else State.QUEUED,
            created_at=office.now(),
        )
        row.signatures = by.signer.sign_digest(office.registry.officer_digest(to_set(row), deadline=deadline))
        made.append(row)
    with office.store.writing() as work:
        if _free_nonce(work, agency, held) != nonce:
            raise NotReady("the agency's rights, or what is proposed for them, changed meanwhile; open the page again")
        for row in made:
            work.add(row)
            work.flush()
            _note(work, office, row, by, "rights proposed" if row.state == State.PREPARED else "rights taken")
    return [row.id or 0 for row in made]


def consent(office: Office, appointment_ids: Sequence[int], by: Officer) -> None:
    """Have a second manager sign what a first one proposed; then it is queued.

    Raises `NotAllowed` for whoever may not, or signed already; `NotReady` where consents count no more: what is void
    is then marked so, and must be proposed anew.
    """
    directory = office.directory()
    with office.store.reading() as work:
        rows = [find(work, number) for number in dict.fromkeys(appointment_ids)]
    given: dict[int, bytes] = {}
    for row in rows:
        _require_second(office, directory, row, by)
        digest = office.registry.officer_digest(to_set(row), deadline=row.deadline)
        given[row.id or 0] = by.signer.sign_digest(digest)
        if given[row.id or 0] in signatures(row):
            # One person may go by two names: the account's on pages, the key's on the command line.
            raise NotAllowed(f"the key of {by.name} signed this already; wanted another manager's")
    settle_void(office)
    with office.store.writing() as work:
        for number, signature in given.items():
            row = find(work, number)
            if row.state != State.PREPARED:
                raise NotReady(f"appointment {number} is {row.state}, wanted one that waits for a second manager")
            row.signatures += signature
            row.consenters += f",{by.login or by.name}"
            row.state = State.QUEUED
            _note(work, office, row, by, "rights consented to")


def withdraw(office: Office, appointment_id: int, by: Officer) -> None:
    """Have a manager take back what waits for a second one. What was proposed after it is void with it."""
    directory = office.directory()
    with office.store.reading() as work:
        agency = find(work, appointment_id).agency
    _require_manager(office, directory, agency, by)
    with office.store.writing() as work:
        row = find(work, appointment_id)
        if row.state != State.PREPARED:
            raise NotReady(f"appointment {appointment_id} is {row.state}, wanted one that waits for a second manager")
        for later in in_states(work, (State.PREPARED,), agency=agency):
            if later.nonce >= row.nonce:
                later.state, later.failure = State.DISCARDED, "withdrawn"
                _note(work, office, later, by, "proposed rights withdrawn")


def settle_void(office: Office) -> None:
    """Mark proposals whose nonce the registry has passed, or whose deadline is over: their consents count no more."""
    with office.store.reading() as work:
        waiting = in_states(work, (State.PREPARED, State.QUEUED))
    if not waiting:
        return
    block = office.registry.newest().number
    nonces = {agency: office.registry.consent_nonce(agency) for agency in {row.agency for row in waiting}}
    with office.store.writing() as work:
        for row in in_states(work, (State.PREPARED, State.QUEUED)):
            if row.nonce < nonces.get(row.agency, 0) or row.deadline <= block:
                row.state = State.DISCARDED
                row.failure = "the agency's rights were changed otherwise, or it took too long; propose it anew"
                audit_log.add(
                    work,
                    Occasion(office.now(), "registry"),
                    "proposed rights void",
                    who=audit_log.SERVICE,
                    agency=row.agency,
                    subject=f"0x{row.officer.hex()}",
                    detail=row.failure,
                )


def to_set(row: Appointment) -> OfficerToSet:
    """Return what managers sign and the registry is told."""
    return OfficerToSet(row.agency, row.officer, Capability(row.capabilities), row.nonce)


def is_of(row: Appointment, event: OfficerSet) -> bool:
    """Whether an event of the registry says what an appointment was for."""
    return (event.agency, event.officer, int(event.capabilities)) == (row.agency, row.officer, row.capabilities)


def signatures(row: Appointment) -> list[bytes]:
    """Return the managers' signatures one by one."""
    return [row.signatures[start : start + SIGNATURE_BYTES] for start in range(0, len(row.signatures), SIGNATURE_BYTES)]


def _free_nonce(work: Work, agency: int, held: int) -> int:
    """Return the first nonce from the registry's present one on that no open appointment names."""
    taken = [row.nonce for row in in_states(work, _OPEN, agency=agency) if row.nonce >= held]
    return max(taken, default=held - 1) + 1


def _require_manager(office: Office, directory: Directory, agency: int, by: Officer) -> None:
    rights.require_officer_of(by, agency, directory)
    rights.require_capability(office.registry, by, agency, Capability.MANAGE, directory)


def _require_second(office: Office, directory: Directory, row: Appointment, by: Officer) -> None:
    if (by.login or by.name) in row.consenters.split(","):
        raise NotAllowed(f"{by.login or by.name} proposed this; wanted another manager of the agency or of its parent")
    if row.officer == by.signer.address:
        raise NotAllowed("nobody consents to rights for the own key; another manager does")
    parent = directory.agency(row.agency).parent
    if by.agency not in {row.agency, parent}:
        raise NotAllowed(f"officer {by.name} is of another agency; wanted a manager of the agency or of its parent")
    rights.require_capability(office.registry, by, by.agency, Capability.MANAGE, directory)


def _note(work: Work, office: Office, row: Appointment, by: Officer, what: str) -> None:
    held, new = Capability(row.held), Capability(row.capabilities)
    whose = f"0x{row.officer.hex()}" if row.person_id is None else account_rows.person(work, row.person_id).login
    audit_log.add(
        work,
        Occasion(office.now(), by.source),
        what,
        who=by.login or by.name,
        agency=row.agency,
        subject=whose,
        detail=f"{named(held)} → {named(new)}",
    )


def named(capabilities: Capability) -> str:
    """Name capabilities for the log."""
    return "+".join(str(each.name) for each in Capability if each & capabilities) or "nothing"
