"""Looking at a batch before it counts: rehearse and preview it; and giving it back: return and recall."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 — typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated

import typer

from issuer import private_files
from issuer.commands.shared import ERR, OUT, By, Json, counting, issuer, people, say
from issuer.delivery import previews
from issuer.draft import submissions
from issuer.draft.submissions import Person
from issuer.errors import NotFound, NotReady
from issuer.rehearsal import rehearsing

if TYPE_CHECKING:
    from issuer.rehearsals import Outcome

Batch = Annotated[int, typer.Argument(metavar="BATCH", help="A batch's number, as `batches` lists it.")]
Comment = Annotated[str, typer.Option("--comment", help="Why; whoever works on it next reads it.")]


def rehearse(batch: Batch, *, as_json: Json = False) -> None:
    """Make, print, read back and verify every document of a batch, with nothing signed. Exit 1 for bad rows."""
    from issuer.document.documents import Renderer  # noqa: PLC0415 — typesetting opens fonts; other commands do not wait for it

    with issuer() as opened, counting("rehearsal") as progress:
        outcome = rehearsing.rehearse(opened.office, batch, renderer=Renderer(), progress=progress)
    if as_json:
        say(_as_json(outcome))
    else:
        for finding in outcome.findings:
            where = f"row {finding.position + 1}" + (f", {finding.claim}" if finding.claim else "")
            said = finding.said.get("en", finding.said.get("", ""))
            (ERR if finding.kind.is_bad else OUT).print(
                f"{where}: {finding.kind}{f': {said}' if said else ''}", markup=False
            )
        OUT.print(
            f"Batch {batch}: {outcome.rows} rows rehearsed in {outcome.took_s:.0f} s, {len(outcome.bad)} bad, "
            f"{len(outcome.warned)} to look at."
        )
    if outcome.bad:
        raise NotReady(f"batch {batch}: {len(outcome.bad)} bad rows; it cannot be prepared as it is")


def preview(
    batch: Batch,
    row: Annotated[int, typer.Argument(metavar="ROW", min=1, help="Which of its rows, counted from 1.")],
    *,
    out: Annotated[Path, typer.Option("--out", help="The file to write: .pdf, or .png for a picture.")],
) -> None:
    """Write the document that a row will be, marked PREVIEW; its code does not verify."""
    from issuer.document.documents import Renderer  # noqa: PLC0415 — as above

    with issuer() as opened:
        office = opened.office
        directory = office.directory()
        with office.store.reading() as work:
            found = work.batch(batch)
            certificates = work.certificates(batch)
            if row > len(certificates):
                raise NotFound(f"row: got {row}, wanted one of the {len(certificates)} of batch {batch}")
            document = previews.document_of(office, work, directory, found, certificates[row - 1])
        make = previews.picture if out.suffix.lower() == ".png" else previews.pdf
        private_files.write(out, make(Renderer(), document))
    OUT.print(f"{out}: a preview; nothing of it is signed.")


def return_(batch: Batch, *, by: By, comment: Comment) -> None:
    """Give a batch that waits for approval back to its preparer; the signatures are void."""
    with issuer() as opened:
        submissions.return_(opened.office, batch, Person.of(people(opened, [by])[0]), comment)
    OUT.print(f"Batch {batch} is returned; it is a draft again.")


def recall(batch: Batch, *, by: By, comment: Comment = "") -> None:
    """Take a batch back that one signed oneself, as long as it is not on its way to the chain."""
    with issuer() as opened:
        submissions.recall(opened.office, batch, Person.of(people(opened, [by])[0]), comment)
    OUT.print(f"Batch {batch} is recalled; it is a draft again.")


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    for command in (rehearse, preview, recall):
        app.command()(command)
    app.command("return")(return_)


def _as_json(outcome: Outcome) -> dict[str, object]:
    return {
        "batch": outcome.batch,
        "root": outcome.root.hex(),
        "rows": outcome.rows,
        "whole": outcome.whole,
        "bad": sorted(outcome.bad),
        "warned": sorted(outcome.warned),
        "findings": [
            {"position": each.position, "kind": each.kind, "claim": each.claim, "said": dict(each.said)}
            for each in outcome.findings
        ],
    }
