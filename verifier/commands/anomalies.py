"""`audit anomalies`: what is out of the ordinary, by the rules of a file.

It exits with 0, for remarks are no faults, or with 3 if the register could not be asked, or a rule: about holidays none
can be asked of a year whose holidays nobody entered.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from chain.errors import InvalidInput
from verifier.audit.exporting import ExportForm
from verifier.commands.evidence_package import First, Last  # noqa: TC001 (typer reads them)
from verifier.commands.opening import NOT_RUN, opened_index
from verifier.settings import open_settings
from verifier.wording import Language, language_named, message, say

if TYPE_CHECKING:
    from verifier.audit.anomaly_figures import Anomaly

OUT, ERR = Console(highlight=False), Console(stderr=True, highlight=False, soft_wrap=True)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("anomalies")(anomalies)


def anomalies(
    *,
    agency: Annotated[int | None, typer.Option(min=1, help="Only this agency, by its number.")] = None,
    first: First = None,
    last: Last = None,
    rule: Annotated[list[str] | None, typer.Option(metavar="RULE", help="Only this rule; may be given again.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of words.")] = False,
    lang: Annotated[
        Language, typer.Option(parser=language_named, metavar="|".join(Language), help="Language of the words.")
    ] = Language.ENGLISH,
) -> int:
    """List what is out of the ordinary. Being listed does not mean that anything is wrong.

    The rules and their thresholds stand in a file; YINXIN_AUDIT_ANOMALIES names another. Exits with 0, with 2 for a
    usage mistake, and with 3 if something could not be asked: the register, or a year's holidays that nobody entered.
    """
    from verifier.audit import anomaly_list  # noqa: PLC0415 (not everybody who comes here needs a database)
    from verifier.audit.agency_names import require_known  # noqa: PLC0415 (as above)
    from verifier.audit.anomalies import HIDDEN, anomalies  # noqa: PLC0415 (as above)
    from verifier.audit.anomaly_figures import Asked  # noqa: PLC0415 (as above)
    from verifier.audit.anomaly_rules import Rule, open_rules  # noqa: PLC0415 (as above)
    from verifier.register import opened  # noqa: PLC0415 (as above)

    rules = open_rules(open_settings().audit_anomalies)
    if unknown := sorted(set(rule or ()) - set(Rule)):
        raise InvalidInput(f"--rule: got {unknown[0]!r}, wanted one of {', '.join(Rule)}")
    asked = Asked(agency, first, last, frozenset(map(Rule, rule)) if rule else frozenset(Rule))
    index, trouble = opened_index()
    if trouble:
        ERR.print(f"NOT RUN: {trouble}", markup=False, style="red")
        return NOT_RUN
    with opened(index) as tables:
        require_known(tables, agency)
    unasked: list[Anomaly] = []
    if as_json:
        listed = anomaly_list.listing(index, rules, asked, lambda each: unasked.extend([each] * each.is_not_run))
        for part in listed.written(ExportForm.JSON):
            sys.stdout.write(part.decode())
        return NOT_RUN if unasked else 0
    count = 0
    with opened(index) as tables:
        for each in anomalies(tables.session, rules, asked):
            count += 1
            unasked += [each] * each.is_not_run
            _tell(each, lang)
    if not count:
        OUT.print(say(message("audit.anomaly.none"), lang), markup=False)
    OUT.print(f"\n{say(message('audit.anomaly.hidden'), lang)}:", markup=False)
    for name in HIDDEN:
        OUT.print(f"- {say(message(f'audit.anomaly.hidden.{name}'), lang)}", markup=False, soft_wrap=True)
    return NOT_RUN if unasked else 0


def _tell(each: Anomaly, lang: Language) -> None:
    finding = each.finding
    rule = say(message(f"audit.anomaly.rule.{each.rule}"), lang)
    agency = say(message("audit.agency.number", id=each.agency), lang)
    block = say(message("audit.block", block=finding.block or 0), lang)
    OUT.print(f"{rule} · {agency} · {block} · {finding.code}", style="bold", markup=False, soft_wrap=True)
    OUT.print(f"  {say(message(finding.key, **finding.arguments), lang)}", markup=False, soft_wrap=True)
    OUT.print(f"  {say(message(f'{finding.key}.why'), lang)}", markup=False, soft_wrap=True)
