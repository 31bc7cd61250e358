"""Examining the service: what is wrong, and the mend."""

from __future__ import annotations

import typer

from issuer import doctor as examining
from issuer.commands.shared import OUT, Json, say, table
from issuer.findings import Outcome
from issuer.settings import open_settings
from issuer.wiring import patient

_MARKS = {Outcome.WELL: "ok", Outcome.WARNING: "warning", Outcome.TROUBLE: "TROUBLE", Outcome.NOT_RUN: "NOT RUN"}


def doctor(*, as_json: Json = False) -> None:
    """Examine node, registry, keys, people, clock, database, queue, documents and the verifying service.

    Exit 0 if nothing is wrong (warnings aside), 1 if something is, or could not be asked.
    """
    findings = examining.examine(patient(open_settings()))
    worst = examining.worst(findings)
    if as_json:
        say(
            {
                "outcome": worst,
                "findings": [
                    {
                        "about": each.about.said(),
                        "outcome": each.outcome,
                        "got": each.got.said(),
                        "mend": each.mend.said() if each.mend else "",
                    }
                    for each in findings
                ],
            }
        )
    else:
        shown = table("", "WHAT", "FOUND", "TO DO")
        for each in findings:
            mend = each.mend.said() if each.mend else ""
            shown.add_row(_MARKS[each.outcome], each.about.said(), each.got.said(), mend)
        OUT.print(shown)
    if worst in {Outcome.TROUBLE, Outcome.NOT_RUN}:
        raise typer.Exit(1)


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(doctor)
