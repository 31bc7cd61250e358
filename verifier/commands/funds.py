"""`audit funds`: who cites whom of the documents given, and whether payments stay within their grants.

It exits with 0 if all was checked and nothing was found of grade FAULT or ALARM, 1 if something was, and 3 if something
could not be asked: the register, a document that cannot be read, a voucher whose decision was not given. Then nothing
may be said of the whole.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 (typer reads annotations at run time)
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import track

from verifier.command_files import content
from verifier.commands.opening import NOT_RUN, opened_index
from verifier.settings import open_settings
from verifier.wording import Language, language_named, say, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.audit.citations import Graph
    from verifier.audit.finding import Finding

CLEAN, FOUND = 0, 1

OUT, ERR = Console(highlight=False), Console(stderr=True, highlight=False, soft_wrap=True)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("funds")(funds)


def funds(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE…",
            help="Grant decisions, payment vouchers, inspection records, or whatever else cites: PDF, SD-JWT.",
        ),
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
    lang: Annotated[
        Language, typer.Option(parser=language_named, metavar="|".join(Language), help="Language of the words.")
    ] = Language.ENGLISH,
) -> int:
    """Follow citations between documents, and hold payments against the grants that they name.

    Exits with 0 if all was checked and is in order, 1 with findings of grade FAULT or ALARM, 2 for a usage mistake, and
    3 if something could not be checked: the register could not be asked, a document could not be read, a voucher's
    decision was not given.

    The chain does not know who cites whom: what is not given here is not seen.
    """
    from verifier.audit import citations_told, grant_accounts  # noqa: PLC0415 (few need a database)

    uploads = [(str(path), content(path)) for path in files]
    graph = _followed(uploads, is_shown=not as_json and ERR.is_terminal)
    accounts, more = grant_accounts.accounts(graph)
    findings = (*graph.findings, *more)
    if as_json:
        told = citations_told.as_json(graph, accounts, findings, lang)
        sys.stdout.write(f"{json.dumps(told, ensure_ascii=False)}\n")
    else:
        from verifier.commands.funds_told import tell  # noqa: PLC0415 (as above)

        if graph.silence is not None:
            not_run = sentence("audit.citation.not_run", lang)
            ERR.print(f"{not_run} {say(graph.silence, lang)}", markup=False, style="red")
        tell(graph, accounts, findings, console=OUT, language=lang)
    return _code(graph, findings)


def _code(graph: Graph, findings: Sequence[Finding]) -> int:
    from verifier.audit import grant_accounts  # noqa: PLC0415 (as above)
    from verifier.audit.finding import Grade  # noqa: PLC0415 (as above)

    if graph.silence is not None:
        return NOT_RUN
    if any(finding.grade is not Grade.REMARK for finding in findings):
        return FOUND
    return NOT_RUN if grant_accounts.not_run(findings) else CLEAN


def _followed(uploads: Sequence[tuple[str, bytes]], *, is_shown: bool) -> Graph:
    """Read and verify the documents, each in a moment or two, and look up what they cite."""
    from verifier.audit import citations, papers  # noqa: PLC0415 (as above)
    from verifier.check.moments import moment  # noqa: PLC0415 (as above)
    from verifier.register import RegisterUnanswerable, opened  # noqa: PLC0415 (as above)

    roots = open_settings().pdf_authorities
    index, trouble = opened_index()
    when = moment(None, datetime.now(UTC))
    known = False
    if not trouble:
        try:
            with opened(index) as tables:
                known = citations.all_leaves_known(tables.session)
        except RegisterUnanswerable:
            # The snapshot doubts, too, and says why.
            known = False
    with index.snapshot() as snapshot:
        shown = track(uploads, description="", console=ERR, transient=True, disable=not is_shown)
        read = [papers.read(name, data, snapshot, when, pdf_roots=roots) for name, data in shown]
        return citations.graph(read, snapshot, when, all_leaves_known=known)
