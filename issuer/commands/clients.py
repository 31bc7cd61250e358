"""Other systems of an agency: let in, altered, ended."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from issuer.audit_log import OPERATOR, Occasion
from issuer.client import clients
from issuer.client.clients import Allowed
from issuer.commands.shared import OUT, Json, issuer, say, table
from issuer.errors import NotFound
from issuer.tables import client_rows
from issuer.tables.client_models import Scope

if TYPE_CHECKING:
    from issuer.tables.client_models import Client
    from issuer.tables.store import Work
    from issuer.wiring import Issuer

client = typer.Typer(no_args_is_help=True, help="Other systems that read certificates or send drafts.")

_SOURCE = "command line"
_SCOPES = ", ".join(Scope)

Agency = Annotated[str, typer.Option("--agency", help="Number, credit code or name of the agency whose system it is.")]
Name = Annotated[str, typer.Argument(metavar="CLIENT", help="What `client list` shows in its first column.")]
Scopes = Annotated[list[str] | None, typer.Option("--scope", help=f"One of {_SCOPES}; repeat it for more.")]
Types = Annotated[list[str] | None, typer.Option("--type", help="A certificate type; repeat it for more.")]
Fields = Annotated[
    list[str] | None,
    typer.Option("--field", help="TYPE:CLAIM, shown of that type with others so named; all if none is named."),
]
Networks = Annotated[list[str] | None, typer.Option("--network", help="10.1.0.0/16, from where it may ask; repeat it.")]
Cap = Annotated[int, typer.Option("--cap", help="Uses on one day at most.")]


@client.command("new")
def new(
    name: Annotated[str, typer.Argument(help="What the system is called.")],
    *,
    agency: Agency,
    scope: Scopes = None,
    type_: Types = None,
    field: Fields = None,
    network: Networks = None,
    cap: Cap = 1000,
    as_json: Json = False,
) -> None:
    """Let another system in; its secret is shown this once."""
    with issuer() as opened:
        number = opened.office.directory().find(agency).id
        allowed = Allowed(name, scope or (), type_ or (), _fields(field), network or (), cap)
        made = clients.make(opened.office, allowed, agency=number, by=OPERATOR, occasion=now(opened))
    if as_json:
        say({"client": made.public_id, "secret": made.secret})
        return
    OUT.print(f"Client {made.public_id}. Its secret, shown this once:\n{made.secret}")


@client.command("alter")
def alter(
    name: Name,
    *,
    scope: Scopes = None,
    type_: Types = None,
    field: Fields = None,
    network: Networks = None,
    cap: Annotated[int, typer.Option("--cap", help="Uses on one day at most; as it is if left out.")] = 0,
) -> None:
    """Let a system do something else; what is left out stays as it is."""
    with issuer() as opened:
        row = named(opened, name)
        allowed = Allowed(
            row.name,
            scope or clients.listed(row.scopes),
            type_ or clients.listed(row.types),
            _fields(field) or clients.fields_of(row),
            network or clients.listed(row.networks),
            cap or row.daily_cap,
        )
        clients.alter(opened.office, row.id or 0, allowed, agency=row.agency, by=OPERATOR, occasion=now(opened))
    OUT.print(f"Client {row.public_id} was altered.")


@client.command("list")
def list_(*, as_json: Json = False) -> None:
    """List systems with their secrets, and how often they asked today."""
    with issuer() as opened, opened.office.store.reading() as work:
        rows = [_line(opened, work, each) for each in client_rows.clients(work)]
    if as_json:
        say(rows)
        return
    shown = table("CLIENT", "NAME", "AGENCY", "MAY", "TYPES", "TODAY", "SECRETS", "STATE")
    for row in rows:
        shown.add_row(*(" ".join(map(str, each)) if isinstance(each, list) else str(each) for each in row.values()))
    OUT.print(shown)


@client.command("secret")
def secret(
    name: Name,
    *,
    days: Annotated[int, typer.Option(help="For how long a new one counts; until it is ended if 0.")] = 90,
    end: Annotated[str, typer.Option(help="End the secret with these last characters instead of making one.")] = "",
) -> None:
    """Make another secret, shown this once, or end one."""
    with issuer() as opened:
        row = named(opened, name)
        if not end:
            life = timedelta(days=days) if days else None
            made = clients.add_secret(
                opened.office, row.id or 0, agency=row.agency, by=OPERATOR, occasion=now(opened), life=life
            )
            OUT.print(f"Client {row.public_id}. Another secret, shown this once:\n{made}")
            return
        with opened.office.store.reading() as work:
            found = [each for each in client_rows.secrets(work, row.id or 0) if each.hint == end]
        if not found:
            raise NotFound(f"secret: got …{end}, wanted the last characters of one of {row.public_id}'s")
        for each in found:
            clients.end_secret(
                opened.office, row.id or 0, each.id or 0, agency=row.agency, by=OPERATOR, occasion=now(opened)
            )
    OUT.print(f"Client {row.public_id}: the secret …{end} counts no more.")


@client.command("revoke")
def revoke(name: Name) -> None:
    """End a system for good."""
    with issuer() as opened:
        row = named(opened, name)
        clients.revoke(opened.office, row.id or 0, agency=row.agency, by=OPERATOR, occasion=now(opened))
    OUT.print(f"Client {row.public_id} may do nothing any more.")


def _line(opened: Issuer, work: Work, row: Client) -> dict[str, object]:
    secrets = client_rows.secrets(work, row.id or 0)
    return {
        "client": row.public_id,
        "name": row.name,
        "agency": row.agency,
        "scopes": list(clients.listed(row.scopes)),
        "types": list(clients.listed(row.types)),
        "today": f"{client_rows.uses_on(work, row.id or 0, opened.office.today)} of {row.daily_cap}",
        "secrets": [each.hint for each in secrets if clients.counts(each, now(opened))],
        "state": "revoked" if row.revoked_at else "in use",
    }


def named(opened: Issuer, name: str) -> Client:
    """Return the client that is named on the command line; raises `NotFound`."""
    with opened.office.store.reading() as work:
        found = client_rows.client_called(work, name)
        if found is None:
            known = ", ".join(each.public_id for each in client_rows.clients(work)) or "none is here yet"
            raise NotFound(f"client: got «{name[:60]}», wanted one of {known}")
    return found


def now(opened: Issuer) -> Occasion:
    """Return this moment, on the command line."""
    return Occasion(opened.office.now(), _SOURCE)


def _fields(words: list[str] | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in words or ():
        kind, colon, claim = word.partition(":")
        if not colon:
            raise typer.BadParameter(f"--field: got {json.dumps(word)}, wanted TYPE:CLAIM")
        found.setdefault(kind, []).append(claim)
    return found


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(client, name="client")
