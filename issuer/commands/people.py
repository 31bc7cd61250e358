"""People: the first manager of an agency is invited here; afterwards managers see to it on the pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from chain.errors import InvalidInput
from issuer import site
from issuer.audit_log import Occasion
from issuer.commands.shared import OUT, Json, issuer, say, table
from issuer.errors import NotFound
from issuer.people import accounts, second_factors
from issuer.tables import account_rows
from issuer.tables.account_models import Role, Standing

if TYPE_CHECKING:
    from issuer.people.accounts import Invited
    from issuer.tables.account_models import Person
    from issuer.tables.store import Work
    from issuer.wiring import Issuer

people = typer.Typer(help="People who sign in to the pages.", no_args_is_help=True)

_COUNCIL = "council"
Login = Annotated[str, typer.Argument(metavar="LOGIN", help="The login name.")]


@people.command("invite")
def invite(
    login: Login,
    *,
    name: Annotated[str, typer.Option(help="The person's name.")],
    role: Annotated[list[str], typer.Option(help="A role, such as AGENCY_MANAGER; repeat it for more.")],
    agency: Annotated[str, typer.Option(help="Number, credit code or name of the agency; or «council».")],
    key: Annotated[str, typer.Option(help="An officer's key that is here already, to be handed over.")] = "",
    key_shared: Annotated[
        bool, typer.Option("--key-shared", help="The folder's password opens that key as before; for demonstrations.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Invite an agency's first manager, a council member, or an officer whose key is here; prints the link, once."""
    with issuer() as opened:
        office = opened.office
        number = accounts.COUNCIL if agency == _COUNCIL else office.directory().find(agency).id
        invited = accounts.invite(
            office.store,
            office.keystore,
            by=None,
            agency=number,
            login=login,
            display_name=name,
            roles=[_role(each) for each in role],
            occasion=_occasion(),
            entropy=office.entropy,
            key=key or None,
            key_shared=key_shared,
        )
        _tell(opened, login, invited, as_json=as_json)


@people.command("again")
def again(login: Login, *, as_json: Json = False) -> None:
    """Invite somebody anew who is the agency's only manager, and has lost password or second factor."""
    with issuer() as opened:
        office = opened.office
        with office.store.reading() as work:
            person_id = account_rows.number(_called(work, login))
        invited = accounts.invite_again(
            office.store,
            office.keystore,
            by=None,
            person_id=person_id,
            occasion=_occasion(),
            entropy=office.entropy,
        )
        _tell(opened, login, invited, as_json=as_json)


@people.command("list")
def list_(
    *,
    agency: Annotated[str, typer.Option(help="Number, credit code or name of the agency; or «council».")] = "",
    as_json: Json = False,
) -> None:
    """List people with their roles."""
    with issuer() as opened:
        number = None
        if agency:
            number = accounts.COUNCIL if agency == _COUNCIL else opened.office.directory().find(agency).id
        with opened.office.store.reading() as work:
            rows = [
                {
                    "login": each.login,
                    "name": each.display_name,
                    "agency": each.agency,
                    "roles": each.roles,
                    "standing": each.standing,
                    "second_factor": second_factors.has_one(work, each),
                    "key": f"0x{each.key_address.hex()}" if each.key_address else "",
                }
                for each in account_rows.people(work, number)
            ]
    if as_json:
        say(rows)
        return
    shown = table("LOGIN", "NAME", "AGENCY", "ROLES", "ACCOUNT", "SECOND FACTOR", "KEY")
    for row in rows:
        shown.add_row(*("yes" if value is True else "no" if value is False else str(value) for value in row.values()))
    OUT.print(shown)


@people.command("lock")
def lock(login: Login) -> None:
    """Lock somebody out at once, where the agency has no other manager who does it."""
    _set_standing(login, Standing.LOCKED)


@people.command("unlock")
def unlock(login: Login) -> None:
    """Let somebody in again."""
    _set_standing(login, Standing.ACTIVE)


@people.command("close")
def close(login: Login) -> None:
    """Close an account for good."""
    _set_standing(login, Standing.CLOSED)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(people, name="people")


def _set_standing(login: str, standing: Standing) -> None:
    with issuer() as opened:
        store = opened.office.store
        with store.reading() as work:
            person_id = account_rows.number(_called(work, login))
        accounts.set_standing(store, by=None, person_id=person_id, standing=standing, occasion=_occasion())
    OUT.print(f"{login}: {standing}")


def _tell(opened: Issuer, login: str, invited: Invited, *, as_json: bool) -> None:
    url = f"{site.url_of(opened.settings)}/invitation/{invited.token}"
    if as_json:
        say({"login": login, "url": url, "token": invited.token, "expires_at": invited.expires_at.isoformat()})
        return
    OUT.print(f"{login} is invited. The link is shown this once, and counts until {invited.expires_at:%Y-%m-%d}:")
    OUT.print(url)


def _called(work: Work, login: str) -> Person:
    person = account_rows.person_called(work, login.strip().casefold())
    if person is None:
        raise NotFound(f"person: got {login}, wanted the login name of one who is listed: yinxin-issuer people list")
    return person


def _role(text: str) -> Role:
    try:
        return Role(text.strip().upper().replace("-", "_"))
    except ValueError as exc:
        raise InvalidInput(f"role: got {text}, wanted one of {', '.join(Role)}") from exc


def _occasion() -> Occasion:
    return Occasion(datetime.now(UTC), "command line")
