"""Status orders on the command line: proposed by one officer, signed or returned by a second one."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 — typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated

import typer

from issuer import finding, reasons, sight
from issuer.audit_log import Occasion
from issuer.commands.shared import OUT, By, Json, day, issuer, progress, read, say, table
from issuer.errors import NotFound
from issuer.status import order_texts, orders, wishes
from issuer.status.orders import Doing, Wanted
from issuer.tables import order_rows
from issuer.tables.models import State

if TYPE_CHECKING:
    from issuer.slots import Held
    from issuer.status.rehearsed_orders import Rehearsal
    from issuer.wiring import Issuer

order = typer.Typer(
    name="order", help="Status orders of two officers, for one certificate or for many.", no_args_is_help=True
)
Number = Annotated[int, typer.Argument(metavar="ORDER", help="The order's number.")]


@order.command()
def propose(
    verb: Annotated[str, typer.Argument(metavar="VERB", help=f"One of {', '.join(wishes.TRACKS)}.")],
    numbers: Annotated[list[str] | None, typer.Argument(metavar="[NUMBER]…", help="Certificate numbers.")] = None,
    *,
    by: By,
    code: Annotated[str, typer.Option("--code", help="The coded reason; `order reasons VERB` lists them.")],
    file: Annotated[Path | None, typer.Option(help="A text file with one number in each line.")] = None,
    batch: Annotated[int | None, typer.Option(help="All certificates of this batch.")] = None,
    from_: Annotated[str, typer.Option("--from", metavar="DATE", help="First day; today if left out.")] = "",
    until: Annotated[str, typer.Option(metavar="DATE", help="Last day, included.")] = "",
    basis: Annotated[str, typer.Option(help="The legal basis; that of the reason if left out.")] = "",
    text: Annotated[str, typer.Option(help="The reason in words; stays here, encrypted.")] = "",
    decision: Annotated[Path | None, typer.Option(help="The written decision; its digest is kept.")] = None,
    lift: Annotated[bool, typer.Option("--lift", help="Take this status back.")] = False,
    confirmed: Annotated[bool, typer.Option("--yes", help="It is meant, though it undoes what is in force.")] = False,
    as_json: Json = False,
) -> None:
    """Rehearse an order and sign it as its first officer."""
    with issuer() as opened:
        office = opened.office
        officer = office.keystore.officer(by)
        seen = sight.of(office.directory(), officer.agency)
        with office.store.reading() as work:
            if batch is not None:
                ids = [each.id for each in work.certificates(seen.batch(work, batch).id or 0)]
            else:
                listed = read(file).decode("utf-8-sig").splitlines() if file else []
                named = finding.by_list(office, work, seen, [*(numbers or []), *listed])
                if wrong := (*named.unknown, *named.ambiguous):
                    raise NotFound(f"certificate numbers: these name none in sight, or several: {', '.join(wrong)}")
                ids = list(named.row_ids)
        wanted = Wanted(
            verb=verb,
            first_day=day(from_, "--from"),
            last_day=day(until, "--until"),
            code=code,
            basis=basis,
            text=text,
            decision=read(decision) if decision else None,
            lift=lift,
        )
        doing = _doing(opened, by)
        made = orders.draft(office, ids, wanted, doing)
        try:
            changing = orders.propose(office, made, officer, confirmed=confirmed)
        except Exception:
            orders.give_up(office, made, doing)
            raise
        rehearsal = orders.rehearse(office, made, officer.agency)
    if as_json:
        say({"order": made, "changing": changing, "certificates": _rows(rehearsal)})
        return
    left = len(rehearsal.outlooks) - changing
    OUT.print(
        f"Order {made}: {verb} of {changing} certificates is proposed"
        + (f", {left} are left out" if left else "")
        + f". Another officer signs it: yinxin-issuer order approve {made} --by NAME"
    )


@order.command()
def show(number: Number, *, by: By, as_json: Json = False) -> None:
    """Show an order with what it would change now."""
    with issuer() as opened:
        office = opened.office
        agency = office.keystore.account(by).agency
        with office.store.reading() as work:
            found = order_rows.order(work, number, agency)
            text = order_texts.opened(office, work, found)
            comment = order_texts.comment(office, work, found)
            changes = [(change.state, change.failure) for change in order_rows.changes(work, number)]
        rehearsal = orders.rehearse(office, number, agency)
    shown = {
        "order": number,
        "state": found.state,
        "verb": found.verb,
        "lift": found.lift,
        "reason": found.code,
        "basis": text.basis,
        "text": text.text,
        "from": found.first_day,
        "until": found.last_day,
        "proposed_by": found.proposed_by,
        "decided_by": found.decided_by,
        "comment": comment,
        "changes": [{"state": state, "failure": failure} for state, failure in changes],
        "certificates": _rows(rehearsal),
    }
    if as_json:
        say(shown)
        return
    for key, value in shown.items():
        if key not in {"certificates", "changes"} and value:
            OUT.print(f"{key}: {value}")
    for state, failure in changes:
        OUT.print(f"transaction: {state} {failure}".rstrip())
    listed = table("CERTIFICATE", "NOW", "THEN", "OUTCOME")
    for row in _rows(rehearsal):
        listed.add_row(*row.values())
    OUT.print(listed)


@order.command()
def approve(number: Number, *, by: By) -> None:
    """Sign an order as its second officer, and bring it to the chain."""
    with issuer() as opened:
        orders.approve(opened.office, number, opened.office.keystore.officer(by))
        with progress("waiting for the chain", None) as tick:
            opened.lane(tick=tick).run()
        with opened.office.store.reading() as work:
            changes = order_rows.changes(work, number)
    failures = {change.failure for change in changes if change.state == State.FAILED}
    done = all(change.state == State.FINAL for change in changes)
    OUT.print(f"Order {number}: {'recorded and final' if done else '; '.join(sorted(failures)) or 'on its way'}")
    if failures:
        raise typer.Exit(1)


@order.command("return")
def return_(
    number: Number, *, by: By, comment: Annotated[str, typer.Option(help="What is to be mended; stays here.")]
) -> None:
    """Return an order to who proposed it; the signature is destroyed."""
    with issuer() as opened:
        orders.send_back(opened.office, number, comment, _doing(opened, by))
    OUT.print(f"Order {number} is returned.")


@order.command("list")
def list_(*, by: By, as_json: Json = False) -> None:
    """List the orders of an officer's agency, newest first."""
    with issuer() as opened:
        agency = opened.office.keystore.account(by).agency
        with opened.office.store.reading() as work:
            found = order_rows.orders(work, agency)
    rows = [
        {
            "order": each.id,
            "verb": each.verb,
            "reason": each.code,
            "certificates": each.changing or each.size,
            "state": each.state,
            "proposed_by": each.proposed_by,
        }
        for each in found
    ]
    if as_json:
        say(rows)
        return
    listed = table("ORDER", "VERB", "REASON", "CERTIFICATES", "STATE", "PROPOSED BY")
    for row in rows:
        listed.add_row(*map(str, row.values()))
    OUT.print(listed)


@order.command("reasons")
def reasons_(verb: Annotated[str, typer.Argument(metavar="VERB")]) -> None:
    """List the coded reasons of a verb, with the articles of law."""
    if verb not in wishes.TRACKS:
        raise typer.BadParameter(f"got «{verb}», wanted one of {', '.join(wishes.TRACKS)}", param_hint="VERB")
    listed = table("CODE", "REASON", "LEGAL BASIS")
    for each in reasons.of(verb):
        listed.add_row(each.code, each.words["zh-CN"], each.basis["zh-CN"])
    OUT.print(listed)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(order)


def _rows(rehearsal: Rehearsal) -> list[dict[str, str]]:
    return [
        {
            "certificate": each.certificate.id,
            "now": _said(each.held),
            "then": _said(each.then),
            "outcome": each.outcome + (f": {each.trouble}" if each.trouble else ""),
        }
        for each in rehearsal.outlooks
    ]


def _said(held: tuple[Held, ...]) -> str:
    return "; ".join(wishes.said(each.track, each.from_hour, each.until_hour) for each in held)


def _doing(opened: Issuer, name: str) -> Doing:
    account = opened.office.keystore.account(name)
    return Doing(account.name, account.agency, Occasion(opened.office.now(), "command line"))
