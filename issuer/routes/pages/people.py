"""An agency's people: invited, given roles, locked, closed. The council invites the first managers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import Query, Response

from chain.errors import InvalidInput
from issuer.errors import NotAllowed, NotFound, NotReady
from issuer.people import accounts, second_factors
from issuer.routes.pages import front, pictures
from issuer.routes.pages.front import Fault, Visit, Visiting
from issuer.tables import account_rows
from issuer.tables.account_models import Role, Standing

if TYPE_CHECKING:
    from issuer.directory import Agency
    from issuer.people.accounts import Invited
    from issuer.tables.account_models import Person

router = front.router(tags=["people"])
_ROLES = (Role.AGENCY_MANAGER, Role.COUNCIL_MEMBER)


@router.get("/people")
def listing(visit: Visiting) -> Response:
    """List the people of the own agency; for the council also which agencies have no manager yet."""
    visit.require(*_ROLES)
    with visit.store.reading() as work:
        people = account_rows.people(work, visit.who.agency)
        factors = {account_rows.number(each): second_factors.has_one(work, each) for each in people}
        without = [
            each
            for each in sorted(visit.directory.agencies.values(), key=lambda each: each.id)
            if visit.has(Role.COUNCIL_MEMBER) and not account_rows.active_with(work, each.id, Role.AGENCY_MANAGER)
        ]
    return visit.page(
        "people.html", people=people, factors=factors, without=without, demanded=second_factors.is_demanded
    )


@router.get("/people/new")
def ask(visit: Visiting, agency: Annotated[int | None, Query()] = None) -> Response:
    """Ask whom to invite."""
    visit.require(*_ROLES)
    visit.require_fresh()
    return _form(visit, _agency(visit, agency))


@router.post("/people/new")
def invite(visit: Visiting) -> Response:
    """Invite somebody, and show the link this once."""
    visit.require(*_ROLES)
    visit.require_fresh()
    agency = _agency(visit, visit.number("agency"))
    roles = [role for role in Role if role in visit.chosen("roles")]
    login = visit.typed("login").strip().casefold()
    faults = _faults(visit, login, roles)
    if not faults:
        try:
            invited = accounts.invite(
                visit.store,
                visit.office.keystore,
                by=visit.who.person_id,
                agency=agency.id if agency else accounts.COUNCIL,
                login=login,
                display_name=visit.typed("name"),
                roles=roles,
                occasion=visit.occasion,
                entropy=visit.office.entropy,
            )
        except (InvalidInput, NotAllowed) as exc:
            faults = [Fault("login" if "login" in str(exc) else "", visit.words.explain(exc))]
        else:
            return _link(visit, invited, visit.typed("name").strip(), login)
    return _form(visit, agency, faults)


@router.get("/people/{person_id:int}")
def show(person_id: int, visit: Visiting) -> Response:
    """Show one person, with what can be changed."""
    visit.require(*_ROLES)
    return _person(visit, _managed(visit, person_id))


@router.post("/people/{person_id:int}/roles")
def set_roles(person_id: int, visit: Visiting) -> Response:
    """Change somebody's roles."""
    person = _to_change(visit, person_id)
    roles = [role for role in Role if role in visit.chosen("roles")]
    try:
        accounts.set_roles(
            visit.store, by=visit.who.person_id, person_id=person_id, roles=roles, occasion=visit.occasion
        )
    except (InvalidInput, NotAllowed, NotReady) as exc:
        return _person(visit, person, Fault("roles", visit.words.explain(exc)), chosen=roles)
    return visit.done(f"/people/{person_id}", visit.words.gettext("The roles were changed."))


@router.post("/people/{person_id:int}/standing")
def set_standing(person_id: int, visit: Visiting) -> Response:
    """Lock somebody out, let them in again, or close the account."""
    person = _to_change(visit, person_id)
    wanted = {each.value: each for each in Standing}.get(visit.typed("standing"))
    if wanted is None:
        raise InvalidInput("standing: got none of those there are, wanted ACTIVE, LOCKED or CLOSED")
    try:
        accounts.set_standing(
            visit.store, by=visit.who.person_id, person_id=person_id, standing=wanted, occasion=visit.occasion
        )
    except (InvalidInput, NotAllowed, NotReady) as exc:
        return _person(visit, person, Fault("", visit.words.explain(exc)))
    return visit.done(f"/people/{person_id}", visit.words.gettext("The account was changed."))


@router.post("/people/{person_id:int}/invitation")
def invite_again(person_id: int, visit: Visiting) -> Response:
    """Start an account anew: a new invitation, without the old password and second factor."""
    person = _to_change(visit, person_id)
    try:
        invited = accounts.invite_again(
            visit.store,
            visit.office.keystore,
            by=visit.who.person_id,
            person_id=person_id,
            occasion=visit.occasion,
            entropy=visit.office.entropy,
        )
    except (NotAllowed, NotReady) as exc:
        return _person(visit, person, Fault("", visit.words.explain(exc)))
    return _link(visit, invited, person.display_name, person.login)


def _agency(visit: Visit, number: int | None) -> Agency | None:
    """Return for which agency somebody is invited; None is the council. Another's is not found."""
    if number is None or number == visit.who.agency:
        return visit.agency
    if not visit.has(Role.COUNCIL_MEMBER):
        raise NotFound(f"agency: got {number}, wanted the own one")
    return visit.directory.agency(number)


def _managed(visit: Visit, person_id: int) -> Person:
    with visit.store.reading() as work:
        if not visit.has(Role.COUNCIL_MEMBER):
            return account_rows.person_of(work, person_id, visit.who.agency)
        person = account_rows.person(work, person_id)
        if person.agency != visit.who.agency and Role.AGENCY_MANAGER not in account_rows.roles(person):
            raise NotFound(f"person: got {person_id}, wanted one of the council, or an agency's manager")
        return person


def _to_change(visit: Visit, person_id: int) -> Person:
    visit.require(*_ROLES)
    person = _managed(visit, person_id)
    visit.require_fresh()
    return person


def _faults(visit: Visit, login: str, roles: list[Role]) -> list[Fault]:
    words, faults = visit.words, list[Fault]()
    if not visit.typed("name").strip():
        faults.append(Fault("name", words.gettext("Type the person's name.")))
    if not login:
        faults.append(Fault("login", words.gettext("Type a login name.")))
    if not roles:
        faults.append(Fault("roles", words.gettext("Choose at least one role.")))
    elif Role.AUDITOR in roles and len(roles) > 1:
        faults.append(Fault("roles", words.gettext("An auditor only reads, and has no other role.")))
    return faults


def _form(visit: Visit, agency: Agency | None, faults: list[Fault] | None = None) -> Response:
    offered = [Role.COUNCIL_MEMBER, Role.AUDITOR] if agency is None else [r for r in Role if r != Role.COUNCIL_MEMBER]
    if agency is not None and agency.id != visit.who.agency:
        offered = [Role.AGENCY_MANAGER]
    return visit.page(
        "people_new.html",
        status=422 if faults else 200,
        faults=faults or (),
        agency=agency,
        offered=offered,
        name=visit.typed("name"),
        login=visit.typed("login"),
        chosen=visit.chosen("roles"),
    )


def _person(visit: Visit, person: Person, fault: Fault | None = None, chosen: list[Role] | None = None) -> Response:
    number = account_rows.number(person)
    with visit.store.reading() as work:
        lines = account_rows.newest_lines(work, agency=person.agency, who=person.login, most=10)
        has_factor = second_factors.has_one(work, person)
        live = len(account_rows.sessions(work, number))
    offered = (
        [Role.COUNCIL_MEMBER, Role.AUDITOR]
        if person.agency == accounts.COUNCIL
        else [role for role in Role if role != Role.COUNCIL_MEMBER]
    )
    return visit.page(
        "person.html",
        status=422 if fault else 200,
        faults=(fault,) if fault else (),
        person=person,
        held=account_rows.roles(person),
        chosen=account_rows.roles(person) if chosen is None else chosen,
        offered=offered,
        is_self=number == visit.who.person_id,
        has_factor=has_factor,
        demanded=second_factors.is_demanded(person),
        live=live,
        lines=lines,
    )


def _link(visit: Visit, invited: Invited, name: str, login: str) -> Response:
    url = f"{visit.at.site.url}/invitation/{invited.token}"
    return visit.page(
        "people_link.html",
        url=url,
        picture=pictures.qr_data_url(url),
        name=name,
        login=login,
        expires_at=invited.expires_at,
        person_id=invited.person_id,
    )
