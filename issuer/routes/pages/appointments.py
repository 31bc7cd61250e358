"""Rights on the registry: where they differ from people's roles, two managers bring them in line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.events import Capability
from issuer import appointing
from issuer.errors import NotAllowed, NotFound, NotReady
from issuer.routes.pages import front
from issuer.routes.pages.front import Fault, Visiting, whole
from issuer.said import msgid
from issuer.tables import account_rows, appointment_rows
from issuer.tables.account_models import Role
from issuer.tables.models import State

if TYPE_CHECKING:
    from starlette.responses import Response

    from issuer.tables.appointment_models import Appointment
    from issuer.tables.store import Work

router = front.router(tags=["people"])

_URL = "/people/rights"
_WORDS = {
    Capability.PREPARE: msgid("prepare"),
    Capability.APPROVE: msgid("approve"),
    Capability.STATUS: msgid("change statuses"),
    Capability.MANAGE: msgid("manage"),
}
_STATES = {
    State.PREPARED: (msgid("waits for a second manager"), "yellow"),
    State.QUEUED: (msgid("queued"), "blue"),
    State.SENT: (msgid("sent"), "blue"),
    State.IN_BLOCK: (msgid("in a block"), "blue"),
    State.FAILED: (msgid("refused"), "red"),
}


@router.get(_URL)
def overview(visit: Visiting) -> Response:
    """Show differences, and what is on its way."""
    visit.require(Role.AGENCY_MANAGER)
    visit.require_fresh()
    appointing.settle_void(visit.office)
    return _page(visit)


@router.post(f"{_URL}/propose")
def propose(visit: Visiting) -> Response:
    """Sign what was ticked, as the first manager."""
    visit.require(Role.AGENCY_MANAGER)
    ticked = visit.chosen("officer")
    if not ticked:
        return _page(visit, Fault("officer", visit.words.gettext("Tick at least one person.")))
    try:
        officers = [bytes.fromhex(each) for each in ticked]
        appointing.propose(visit.office, visit.who.agency, officers, visit.officer())
    except ValueError as exc:
        raise NotFound("officer: got no address, wanted one of the list") from exc
    except (NotAllowed, NotReady) as exc:
        return _page(visit, Fault("officer", visit.words.explain(exc)))
    return visit.done(_URL, visit.words.gettext("Signed. What gives rights waits for a second manager now."))


@router.post(f"{_URL}/consent")
def consent(visit: Visiting) -> Response:
    """Sign what another manager proposed."""
    visit.require(Role.AGENCY_MANAGER)
    numbers = [number for each in visit.chosen("appointment") if (number := whole(each)) is not None]
    if not numbers:
        return _page(visit, Fault("appointment", visit.words.gettext("Tick at least one change.")))
    _require_in_sight(visit, numbers)
    try:
        appointing.consent(visit.office, numbers, visit.officer())
    except (NotAllowed, NotReady) as exc:
        return _page(visit, Fault("appointment", visit.words.explain(exc)))
    return visit.done(_URL, visit.words.gettext("Signed. The registry has it in a few seconds."))


@router.post(f"{_URL}/{{number}}/withdraw")
def withdraw(number: int, visit: Visiting) -> Response:
    """Take back what waits."""
    visit.require(Role.AGENCY_MANAGER)
    _require_in_sight(visit, [number])
    appointing.withdraw(visit.office, number, visit.officer())
    return visit.done(_URL, visit.words.gettext("Withdrawn."))


def _require_in_sight(visit: Visiting, numbers: list[int]) -> None:
    """Answer 404 for another agency's: a manager sees the own agency's changes and those of its children."""
    directory = visit.office.directory()
    with visit.store.reading() as work:
        for number in numbers:
            agency = appointment_rows.find(work, number).agency
            if visit.who.agency not in {agency, directory.agency(agency).parent}:
                raise NotFound(f"appointment: got {number}, wanted the number of one that is listed here")


def _page(visit: Visiting, *faults: Fault) -> Response:
    directory = visit.office.directory()
    agency = visit.who.agency
    children = [each.id for each in directory.agencies.values() if each.parent == agency]
    with visit.store.reading() as work:
        found = appointing.differences(work, directory, agency)
        rows = [
            row for each in (agency, *children) for row in appointment_rows.in_states(work, tuple(_STATES), agency=each)
        ]
        waiting = [_shown(visit, work, row, directory.agency(row.agency).name) for row in rows]
    return visit.page(
        "rights.html",
        status=422 if faults else 200,
        differences=[
            {
                "officer": each.officer.hex(),
                "who": each.display_name or visit.words.gettext("a key that nobody here has"),
                "login": each.login or f"0x{each.officer.hex()[:8]}…",
                "gained": _named(visit, each.gained),
                "lost": _named(visit, each.lost),
            }
            for each in found
            if each.waiting is None
        ],
        waiting=waiting,
        faults=faults,
    )


def _shown(visit: Visiting, work: Work, row: Appointment, agency: str) -> dict[str, object]:
    word, colour = _STATES[State(row.state)]
    held, new = Capability(row.held), Capability(row.capabilities)
    person = None if row.person_id is None else account_rows.person(work, row.person_id)
    return {
        "id": row.id,
        "agency": agency,
        "who": person.display_name if person else f"0x{row.officer.hex()[:8]}…",
        "gained": _named(visit, new & ~held),
        "lost": _named(visit, held & ~new),
        "by": row.consenters,
        "word": visit.words.gettext(word),
        "colour": colour,
        "failure": row.failure,
        "open": row.state == State.PREPARED,
        "mine": visit.who.login in row.consenters.split(","),
        "own": row.agency == visit.who.agency,
    }


def _named(visit: Visiting, capabilities: Capability) -> str:
    return visit.words.listed([visit.words.gettext(word) for each, word in _WORDS.items() if each & capabilities])
