"""Finding certificates, and periodic inspections, on the command line."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 — typer reads annotations at run time
from typing import Annotated

import typer

from chain.calendar import hour_of
from chain.events import Track
from chain.short_number import short_number
from issuer import finding, private_files, sight
from issuer.audit_log import Occasion
from issuer.commands.shared import OUT, By, Json, TypeOption, day, issuer, say, table
from issuer.errors import NotFound
from issuer.finding import Search
from issuer.status import following, inspections, wishes
from issuer.status.inspections import Finding
from issuer.tables.inspection_models import Result

_STANDINGS = ("in-force", "expired", "not-yet")
inspect = typer.Typer(name="inspect", help="Periodic inspections (年检、复审).", no_args_is_help=True)


def find(
    words: Annotated[
        str, typer.Argument(metavar="[WORDS]", help="A number, short number, identifier, or the holder; exactly.")
    ] = "",
    *,
    by: By,
    type_: TypeOption = "",
    status: Annotated[
        str, typer.Option(help=f"One of {', '.join((*_STANDINGS, *(each.name for each in Track)))}.")
    ] = "",
    state: Annotated[str, typer.Option(help="Of the batch, such as DRAFT or ISSUED.")] = "",
    batch: Annotated[int | None, typer.Option(help="Of this batch alone.")] = None,
    ends_from: Annotated[str, typer.Option(metavar="DATE", help="Last day of validity not before.")] = "",
    ends_until: Annotated[str, typer.Option(metavar="DATE", help="Last day of validity not after.")] = "",
    out: Annotated[Path | None, typer.Option("--csv", help="Write all of it into this file.")] = None,
    as_json: Json = False,
) -> None:
    """Find certificates in an officer's sight: their agency's, and without claims those of agencies below."""
    if status and status not in {*_STANDINGS, *Track.__members__}:
        raise typer.BadParameter(f"got «{status}»", param_hint="--status")
    with issuer() as opened:
        office = opened.office
        following.catch_up(office)
        seen = sight.of(office.directory(), office.keystore.account(by).agency)
        wanted = Search(
            words=words,
            certificate_type=type_,
            status=Track[status] if status in Track.__members__ else status,  # type: ignore[arg-type]
            state=state,
            batch_id=batch,
            last_from=day(ends_from, "--ends-from"),
            last_until=day(ends_until, "--ends-until"),
        )
        with office.store.reading() as work:
            if out is not None:
                private_files.write(out, finding.as_csv(office, work, seen, wanted))
            page = finding.search(office, work, seen, wanted, limit=100)
        hour = hour_of(office.now())
    rows = [
        {
            "number": str(found.claims["number"]) if found.claims else "",
            "short_number": short_number(found.certificate.leaf) if found.certificate.leaf else "",
            "type": found.certificate.certificate_type,
            "version": found.certificate.version,
            "batch": found.certificate.batch_id,
            "state": found.batch.state,
            "first_day": found.certificate.first_day,
            "last_day": found.certificate.last_day,
            "status": "; ".join(
                wishes.said(each.track, each.from_hour, each.until_hour) for each in found.in_force(hour)
            ),
        }
        for found in page.rows
    ]
    if as_json:
        say({"total": page.total, "certificates": rows})
        return
    listed = table(*(key.upper().replace("_", " ") for key in (rows[0] if rows else {"number": ""})))
    for row in rows:
        listed.add_row(*("" if value is None else str(value) for value in row.values()))
    OUT.print(listed)
    OUT.print(f"{page.total} found" + (f", the first {len(rows)} are shown" if page.total > len(rows) else ""))


@inspect.command()
def due(
    *,
    by: By,
    within: Annotated[int, typer.Option(help="Days ahead; overdue ones are always listed.")] = inspections.LATER,
    type_: TypeOption = "",
    as_json: Json = False,
) -> None:
    """List the certificates of an officer's agency that are to be inspected."""
    with issuer() as opened:
        office = opened.office
        following.catch_up(office)
        agency = office.keystore.account(by).agency
        with office.store.reading() as work:
            total, found = inspections.due_list(
                work, agency, office.today, within=within, certificate_type=type_, limit=1_000
            )
            rows = [
                {
                    "due": row.due,
                    "overdue": row.due < office.today,
                    "number": str(office.records.claims(work, certificate)["number"])
                    if certificate.record_key is not None
                    else "",
                    "type": row.certificate_type,
                }
                for row, certificate in found
            ]
    if as_json:
        say({"total": total, "certificates": rows})
        return
    listed = table("DUE", "NUMBER", "TYPE")
    for each in rows:
        listed.add_row(f"{each['due']}{' overdue' if each['overdue'] else ''}", str(each["number"]), str(each["type"]))
    OUT.print(listed)
    OUT.print(f"{total} are due")


@inspect.command()
def record(
    numbers: Annotated[list[str], typer.Argument(metavar="NUMBER…", help="Certificate numbers.")],
    *,
    by: By,
    result: Annotated[str, typer.Option(help=f"One of {', '.join(Result)}.")],
    on: Annotated[str, typer.Option(metavar="DATE", help="Day of the inspection; today if left out.")] = "",
    next_due: Annotated[str, typer.Option("--next", metavar="DATE", help="As the type has it if left out.")] = "",
    note: Annotated[str, typer.Option(help="Stays here, encrypted.")] = "",
) -> None:
    """Record an inspection of one certificate or of several."""
    if result not in set(Result):
        raise typer.BadParameter(f"got «{result}», wanted one of {', '.join(Result)}", param_hint="--result")
    with issuer() as opened:
        office = opened.office
        account = office.keystore.account(by)
        seen = sight.Sight(account.agency, frozenset())
        with office.store.reading() as work:
            named = finding.by_list(office, work, seen, numbers)
        if wrong := (*named.unknown, *named.ambiguous):
            raise NotFound(f"certificate numbers: these name none of the agency's, or several: {', '.join(wrong)}")
        found = Finding(day(on, "--on") or office.today, Result(result), note, day(next_due, "--next"))
        occasion = Occasion(office.now(), "command line")
        count = inspections.record(
            office, named.row_ids, found, who=account.name, agency=account.agency, occasion=occasion
        )
    OUT.print(f"The inspection of {count} certificates is recorded.")


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(find)
    app.add_typer(inspect)
