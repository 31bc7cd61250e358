"""`audit manifest`: an agency's signed manifest held against the chain.

It exits with 0 if they agree (remarks aside), 1 if they differ, and 3 if the index could not be asked: then nothing may
be said.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 — typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from chain.errors import RegistryError
from verifier.command_files import content
from verifier.settings import open_settings
from verifier.wording import Language, language_named, message, say

if TYPE_CHECKING:
    from verifier.audit.finding import Finding
    from verifier.audit.manifest_check import Checked

AGREES, DIFFERS, NOT_RUN = 0, 1, 3

OUT, ERR = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("manifest")(manifest)


def manifest(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A manifest, as `yinxin-issuer reconcile` writes it.")],
    *,
    document: Annotated[
        list[Path] | None,
        typer.Option("--document", metavar="FILE", help="A document to compare with its digest; may be given again."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
    lang: Annotated[
        Language,
        typer.Option(parser=language_named, metavar="|".join(Language), help="Language of the words."),
    ] = Language.ENGLISH,
) -> int:
    """Say in what an agency's signed manifest differs from the chain, up to the manifest's block.

    Exits with 0 if they agree, remarks aside, 1 if they differ, 2 for a usage mistake, and 3 if NOT RUN: the index
    could not be asked, so that nothing may be said.
    """
    from chain.manifest import Manifest  # noqa: PLC0415 (only this command pays for it)
    from verifier.audit import agency_names, manifest_check  # noqa: PLC0415 (as above)
    from verifier.register import RegisterUnanswerable, opened  # noqa: PLC0415 (as above)
    from verifier.wiring import open_index  # noqa: PLC0415 (as above)

    given = Manifest.parse(content(file))
    documents = [content(each) for each in document or ()]
    try:
        index = open_index(open_settings())
        index.follow(datetime.now(UTC))
        with opened(index) as tables:
            checked = manifest_check.check(tables, given, documents)
            agency = agency_names.called(given.agency, agency_names.agency_names(tables))
    except (RegistryError, RegisterUnanswerable) as exc:
        ERR.print(say(message("audit.manifest.not_run", reason=str(exc)), lang), markup=False, style="red")
        return NOT_RUN
    if as_json:
        sys.stdout.write(json.dumps(_told(checked), ensure_ascii=False) + "\n")
    else:
        _print(checked, say(agency, lang), lang)
    if checked.not_run is not None:
        return NOT_RUN
    return AGREES if checked.agrees else DIFFERS


def _print(checked: Checked, agency: str, lang: Language) -> None:
    given = checked.manifest
    about = message("audit.manifest.about", agency=agency, block=given.block_number, hash=f"0x{given.block_hash.hex()}")
    OUT.print(say(about, lang), markup=False)
    if checked.not_run is not None:
        reason = say(checked.not_run, lang)
        OUT.print(say(message("audit.manifest.not_run", reason=reason), lang), markup=False, style="bold")
        return
    for finding in checked.findings:
        grade = say(message(f"audit.grade.{finding.grade.value}"), lang)
        OUT.print(f"{grade}  {finding.code}", style="bold", markup=False)
        OUT.print(f"  {say(message(finding.key, **finding.arguments), lang)}", markup=False)
        OUT.print(f"  {say(message(finding.key + '.why'), lang)}", markup=False)
    said = message("audit.manifest.counts", batches=checked.batches, certificates=checked.certificates)
    OUT.print(say(said, lang), markup=False)
    if checked.documents:
        OUT.print(say(message("audit.manifest.documents", documents=len(checked.documents)), lang), markup=False)
    verdict = "audit.manifest.agrees" if checked.agrees else "audit.manifest.differs"
    OUT.print(say(message(verdict), lang), markup=False, style="bold")


def _told(checked: Checked) -> dict[str, object]:
    given = checked.manifest
    return {
        "agency": given.agency,
        "block": given.block_number,
        "block_hash": f"0x{given.block_hash.hex()}",
        "kid": f"0x{given.kid.hex()}",
        "outcome": "NOT_RUN" if checked.not_run is not None else "AGREES" if checked.agrees else "DIFFERS",
        "reason": None if checked.not_run is None else say(checked.not_run, Language.ENGLISH),
        "is_block_known": checked.is_block_known,
        "batches": checked.batches,
        "certificates": checked.certificates,
        "documents": [f"0x{leaf.hex()}" for leaf in checked.documents],
        "findings": [_finding(finding) for finding in checked.findings],
    }


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "grade": finding.grade.value,
        "code": finding.code,
        "block": finding.block,
        "agency": finding.agency,
        "leaf": None if finding.leaf is None else f"0x{finding.leaf.hex()}",
        "arguments": dict(finding.arguments),
        "sentence": {each.value: say(message(finding.key, **finding.arguments), each) for each in Language},
    }
