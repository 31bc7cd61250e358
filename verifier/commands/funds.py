"""`audit funds`: who cites whom of the documents given, and whether payments stay within their grants.

It exits with 0 if nothing was found of grade FAULT or ALARM, 1 if something was, and 3 if the register could not be
asked, so that nothing was checked.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003 (typer reads annotations at run time)
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from verifier.command_files import content
from verifier.commands.opening import NOT_RUN, opened_index
from verifier.settings import open_settings
from verifier.wording import Language, language_named, message, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from verifier.audit.citations import Graph
    from verifier.audit.finding import Finding
    from verifier.audit.grant_accounts import Account

CLEAN, FOUND = 0, 1

OUT, ERR = Console(highlight=False), Console(stderr=True, highlight=False, soft_wrap=True)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("funds")(funds)


def funds(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE…", help="Decisions, vouchers, inspection records, others: PDF or SD-JWT."),
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
    lang: Annotated[
        Language, typer.Option(parser=language_named, metavar="|".join(Language), help="Language of the words.")
    ] = Language.ENGLISH,
) -> int:
    """Follow citations between documents, and hold payments against the grants that they name.

    The chain does not know who cites whom: what is not given here is not seen.
    """
    from verifier.audit import citations, citations_told, grant_accounts  # noqa: PLC0415 (few need a database)
    from verifier.audit.finding import Grade  # noqa: PLC0415 (as above)
    from verifier.moments import moment  # noqa: PLC0415 (as above)
    from verifier.register import opened  # noqa: PLC0415 (as above)

    uploads = [(path.name, content(path)) for path in files]
    roots = open_settings().pdf_authorities
    index, trouble = opened_index()
    when = moment(None, datetime.now(UTC))
    known = False
    if not trouble:
        with opened(index) as tables:
            known = citations.all_leaves_known(tables.session)
    with index.snapshot() as snapshot:
        papers = [citations.read(name, data, snapshot, when, pdf_roots=roots) for name, data in uploads]
        graph = citations.graph(papers, snapshot, when, all_leaves_known=known)
    accounts, more = grant_accounts.accounts(graph)
    findings = (*graph.findings, *more)
    if as_json:
        told = citations_told.as_json(graph, accounts, findings, lang)
        sys.stdout.write(f"{json.dumps(told, ensure_ascii=False)}\n")
    else:
        _tell(graph, accounts, findings, lang)
    if graph.silence is not None:
        return NOT_RUN
    return FOUND if any(finding.grade is not Grade.REMARK for finding in findings) else CLEAN


def _tell(graph: Graph, accounts: Sequence[Account], findings: Sequence[Finding], lang: Language) -> None:
    if graph.silence is not None:
        ERR.print(f"NOT RUN: {say(graph.silence, lang)}", markup=False, style="red")
    for paper in graph.papers:
        OUT.print(f"{paper.report.verdict}  {paper.name}", markup=False, soft_wrap=True)
    for each in graph.citations:
        citing, cited = graph.nodes[each.citing], graph.nodes[each.cited]
        standing = say(message(f"audit.citation.standing.{cited.standing}"), lang)
        OUT.print(f"{citing.number} → {cited.number} ({each.claim}; {standing})", markup=False, soft_wrap=True)
    for account in accounts:
        sums = (f"{name} {value}" for name, value in (("granted", account.granted), ("paid", account.paid)))
        OUT.print(f"{account.number}: {', '.join(sums)}, left {account.left}", markup=False, soft_wrap=True)
    for finding in findings:
        said = say(message(finding.key, **finding.arguments), lang)
        OUT.print(f"{finding.grade}  {said}", markup=False, soft_wrap=True)
    OUT.print(say(message("audit.citation.only_given"), lang), markup=False, soft_wrap=True)
