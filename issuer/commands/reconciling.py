"""Reconciliation: books, registry and archive held against each other."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 — typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated

import typer

from chain.errors import YinxinError
from issuer import audit_log, wording
from issuer.commands.shared import ERR, OUT, Json, counting, issuer, say, table
from issuer.errors import Ambiguous, NotFound
from issuer.reconciling import differences, rows, running
from issuer.tables.reconciliation_models import Agreement

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from issuer.office import Office
    from issuer.tables.reconciliation_models import Reconciliation

DIFFERS, NOT_RUN = 1, 3
NAME = "reconcile"


def reconcile(
    *,
    agency: Annotated[
        str, typer.Option("--agency", help="Number, credit code or name; all agencies here if left out.")
    ] = "",
    manifest: Annotated[
        Path | None,
        typer.Option("--manifest", metavar="FILE", help="Write the signed manifest for the auditor to this file."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Hold database, registry and archived documents against each other, both ways.

    Exit 0 if they agree (remarks aside), 1 if they differ, 3 if something could not be asked: then nothing is known.
    Also 3 where there is nothing to hold against anything, or the manifest that was asked for could not be signed or
    written, unless they differ. 64 is a mistake in the command.
    """
    try:
        with issuer() as opened:
            agencies = _agencies(opened.office, agency)
            if manifest is not None and len(agencies) != 1:
                wanted = f"got {len(agencies)} agencies here, wanted one: --agency"
                raise typer.BadParameter(wanted, param_hint="--manifest")
            if not agencies:
                ERR.print(
                    "NOT RUN: got no certificates, keys or people of any agency here, wanted those of one", style="red"
                )
                raise typer.Exit(NOT_RUN)
            with counting("reconciling") as progress:
                made = running.reconcile(opened.office, agencies, who=audit_log.OPERATOR, progress=progress)
            with opened.office.store.reading() as work:
                names = {each: rows.names(opened.office, work, each) for each in agencies}
    except YinxinError as exc:
        ERR.print(f"NOT RUN: {exc}", markup=False, style="red")
        raise typer.Exit(NOT_RUN) from exc
    if as_json:
        say([_said(each, names[each.agency]) for each in made])
    else:
        for each in made:
            _tell(each, names[each.agency])
    is_written = manifest is None or _write(manifest, made[0])
    outcomes = {each.agreement for each in made}
    if Agreement.NOT_RUN in outcomes:
        raise typer.Exit(NOT_RUN)
    if Agreement.DIFFERS in outcomes:
        raise typer.Exit(DIFFERS)
    if not is_written:
        raise typer.Exit(NOT_RUN)


def _agencies(office: Office, named: str) -> list[int]:
    if named:
        directory = office.directory()
        try:
            return [directory.find(named).id]
        except (NotFound, Ambiguous) as exc:
            raise typer.BadParameter(str(exc), param_hint="--agency") from exc
    with office.store.reading() as work:
        return sorted(rows.agencies(office, work))


def _write(path: Path, made: Reconciliation) -> bool:
    """Write the manifest; returns whether there is one."""
    if made.manifest is None:
        ERR.print(f"{path}: not written: {made.unsigned_because or made.reason}", markup=False)
        return False
    try:
        path.write_bytes(made.manifest)
    except OSError as exc:
        ERR.print(f"{path}: not written: {exc.strerror or exc}; wanted a file that can be written", markup=False)
        return False
    ERR.print(f"{path}: the signed manifest of agency {made.agency}, {len(made.manifest):,} bytes", markup=False)
    return True


def _tell(made: Reconciliation, names: Mapping[str, str]) -> None:
    if made.agreement == Agreement.NOT_RUN:
        OUT.print(f"Agency {made.agency}: NOT RUN, nothing is known: {made.reason}")
        return
    OUT.print(
        f"Agency {made.agency}: {made.agreement} at block {made.block_number}. {made.batches} batches, "
        f"{made.certificates} certificates, {made.statuses} changes of status, {made.documents} documents."
    )
    found = differences.read(made.findings)
    if found:
        shown = table("", "WHAT", "TO DO")
        for each in found:
            shown.add_row(each.grade, *each.said(wording.of(wording.ENGLISH), names))
        OUT.print(shown)
    if made.unsigned_because:
        OUT.print(f"No manifest was signed: {made.unsigned_because}")


def _said(made: Reconciliation, names: Mapping[str, str]) -> dict[str, object]:
    return {
        "agency": made.agency,
        "reconciliation": made.id,
        "outcome": made.agreement,
        "reason": made.reason,
        "block": made.block_number,
        "block_hash": f"0x{made.block_hash.hex()}" if made.block_hash else None,
        "batches": made.batches,
        "certificates": made.certificates,
        "statuses": made.statuses,
        "documents": made.documents,
        "signed": made.manifest is not None,
        "findings": [_finding(each, names) for each in differences.read(made.findings)],
    }


def _finding(each: differences.Difference, names: Mapping[str, str]) -> dict[str, object]:
    said: Sequence[str] = each.said(wording.of(wording.ENGLISH), names)
    chinese: Sequence[str] = each.said(wording.of("zh-CN"), names)
    return {
        "grade": each.grade,
        "code": each.code,
        "arguments": {key: value for key, value in each.arguments.items() if key != differences.OTHERS},
        "said": {"en": said[0], "zh-CN": chinese[0]},
        "to_do": {"en": said[1], "zh-CN": chinese[1]},
    }


def add_to(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(reconcile)
