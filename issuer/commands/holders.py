"""Links for holders, and limited copies."""

from __future__ import annotations

import csv
import io
from pathlib import Path  # noqa: TC003 — typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated

import typer

from issuer import audit_log, copies, holding, private_files, site
from issuer.audit_log import Occasion
from issuer.commands.shared import OUT, AgencyOption, Json, ShortNumber, TypeOption, day, issuer, say, table
from issuer.copies import Wish
from issuer.document.documents import Renderer
from issuer.settings import open_settings
from issuer.tables import holder_rows

if TYPE_CHECKING:
    from issuer.office import Office
    from issuer.tables.models import Certificate

holder = typer.Typer(help="Links that open a holder's page without an account.", no_args_is_help=True)
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The certificate number.")]
Days = Annotated[int, typer.Option("--days", help="For how many days a link opens the page.")]
_SOURCE = "command line"


@holder.command()
def link(
    number: Number,
    *,
    days: Days = holding.USUAL_DAYS,
    agency: AgencyOption = "",
    type_: TypeOption = "",
    short_number: ShortNumber = "",
    as_json: Json = False,
) -> None:
    """Hand a link out; it is shown this once."""
    with issuer() as opened:
        office = opened.office
        certificate = _find(office, number, agency, type_, short_number)
        handed = holding.hand_out(office, certificate.id, who=audit_log.OPERATOR, occasion=_occasion(office), days=days)
    row = {"link": handed.url(_site()), "pickup_code": handed.pickup, "expires": handed.expires_at.isoformat()}
    if as_json:
        say({"id": handed.link_id, **row})
        return
    for key, value in row.items():
        OUT.print(f"{key}: {value}")


@holder.command("list")
def list_(
    number: Number,
    *,
    agency: AgencyOption = "",
    type_: TypeOption = "",
    short_number: ShortNumber = "",
    as_json: Json = False,
) -> None:
    """List the links that were handed out for a certificate."""
    with issuer() as opened:
        office = opened.office
        certificate = _find(office, number, agency, type_, short_number)
        with office.store.reading() as work:
            links = holder_rows.links(work, certificate.id)
        now = office.now()
    rows = [
        (each.id, holding.opens(each, now), each.made_by, each.created_at, each.expires_at, each.opened)
        for each in links
    ]
    if as_json:
        names = ("id", "opens", "made_by", "created", "expires", "opened")
        say([dict(zip(names, row, strict=True)) for row in rows])
        return
    shown = table("LINK", "OPENS", "BY", "MADE", "UNTIL", "OPENED")
    for number_, opens, made_by, made, until, opened_ in rows:
        shown.add_row(str(number_), "yes" if opens else "no", made_by, str(made), str(until), str(opened_))
    OUT.print(shown)


@holder.command()
def revoke(
    number: Number,
    link_id: Annotated[int, typer.Argument(metavar="LINK", help="The link's number, as `list` shows it.")],
    *,
    agency: AgencyOption = "",
    type_: TypeOption = "",
    short_number: ShortNumber = "",
) -> None:
    """Take a link back."""
    with issuer() as opened:
        office = opened.office
        certificate = _find(office, number, agency, type_, short_number)
        holding.revoke(office, certificate.id, link_id, who=audit_log.OPERATOR, occasion=_occasion(office))
    OUT.print(f"link {link_id} opens nothing any more")


@holder.command()
def links(
    batch: Annotated[int, typer.Argument(metavar="BATCH", help="The batch's number.")],
    *,
    to: Annotated[Path, typer.Option("--to", help="The list to write, for the line-of-business system (CSV).")],
    days: Days = holding.USUAL_DAYS,
) -> None:
    """Hand a link out for each certificate of a batch, into a list that is as secret as the links."""
    with issuer() as opened:
        rows = holding.hand_out_batch(
            opened.office, batch, who=audit_log.OPERATOR, occasion=_occasion(opened.office), days=days
        )
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("number", "short_number", "link", "pickup_code", "expires"))
    for row in rows:
        handed = row.handed
        writer.writerow(
            (row.number, row.short_number, handed.url(_site()), handed.pickup, handed.expires_at.isoformat())
        )
    private_files.write(to, text.getvalue().encode("utf-8-sig"))
    OUT.print(f"{len(rows)} links in {to}")


def copy(
    number: Number,
    *,
    recipient: Annotated[str, typer.Option("--recipient", help="Who gets the copy.")],
    purpose: Annotated[str, typer.Option("--purpose", help="What it is for.")],
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="Its last day, at most 180 days from today.")],
    show: Annotated[
        list[str] | None,
        typer.Option("--show", metavar="CLAIM", help="A claim to show besides those always shown; may be repeated."),
    ] = None,
    to: Annotated[Path, typer.Option("--to", help="The PDF to write.")],
    agency: AgencyOption = "",
    type_: TypeOption = "",
    short_number: ShortNumber = "",
) -> None:
    """Make a limited copy of a certificate."""
    with issuer() as opened:
        office = opened.office
        certificate = _find(office, number, agency, type_, short_number)
        wish = Wish(frozenset(show or ()), purpose, recipient, day(until, "--until"))
        _, pdf = copies.make(
            office, Renderer(), certificate.id, wish, by=audit_log.OPERATOR, occasion=_occasion(office)
        )
    private_files.write(to, pdf)
    OUT.print(f"limited copy in {to}")


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(holder, name="holder")
    app.command()(copy)


def _find(office: Office, number: str, agency: str, type_: str, short_number: str) -> Certificate:
    wanted = office.directory().find(agency).id if agency else None
    with office.store.reading() as work:
        return office.find(work, number, agency=wanted, certificate_type=type_, short_number=short_number)


def _occasion(office: Office) -> Occasion:
    return Occasion(office.now(), _SOURCE)


def _site() -> str:
    return site.of(open_settings()).url
