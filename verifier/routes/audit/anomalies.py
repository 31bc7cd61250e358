"""What is out of the ordinary, by the rules that the operator set: filtered, page by page, and as a file."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response

from verifier.audit import anomaly_list
from verifier.audit import asked as typed
from verifier.audit.agency_names import require_known
from verifier.audit.anomalies import HIDDEN
from verifier.audit.anomaly_figures import Asked
from verifier.audit.anomaly_rules import Rule
from verifier.audit.misasked import Misasked
from verifier.register import opened
from verifier.routes.audit.frame import DESK, Cursor, Format, Lang, exported, page
from verifier.routes.desk import desk_of
from verifier.routes.rendering import language_for
from verifier.wording import message, say

if TYPE_CHECKING:
    from verifier.audit.anomaly_rules import Rules
    from verifier.audit.finding import Finding
    from verifier.wording import Language

router = APIRouter(**DESK)

_Given = Annotated[str, Query(max_length=40)]
"""A field of the form; empty for what is not filtered by."""


@router.get("/audit/anomalies")
def anomalies(
    request: Request,
    *,
    lang: Lang = None,
    agency: _Given = "",
    first: _Given = "",
    last: _Given = "",
    rule: _Given = "",
    cursor: Cursor = None,
    form: Format = None,
) -> Response:
    """Show the list."""
    rules: Rules = request.app.state.audit_rules
    asked = Asked(
        typed.number("agency", agency) if agency else None,
        typed.day("first", first) if first else None,
        typed.day("last", last) if last else None,
        _rules(rule),
    )
    index = desk_of(request).index
    with opened(index) as tables:
        require_known(tables, asked.agency)
    if form is not None:
        return exported(request, anomaly_list.listing(index, rules, asked), form)
    with opened(index) as tables:
        rows = anomaly_list.page_of(tables.session, rules, asked, cursor)
    return page(
        request,
        "anomalies.html",
        lang,
        rows=rows,
        is_first=cursor is None,
        asked={"agency": agency, "first": first, "last": last, "rule": rule},
        rules=tuple(Rule),
        off=tuple(each for each in Rule if each not in rules.asked),
        hidden=HIDDEN,
        years=() if rules.holiday is None else rules.holiday.years,
        has_holidays=rules.holiday is not None,
        sentence=partial(_said, language=language_for(request, lang)),
    )


def _said(finding: Finding, key: str = "", *, language: Language) -> str:
    return say(message(finding.key + key, **({} if key else finding.arguments)), language)


def _rules(text: str) -> frozenset[Rule]:
    if not text:
        return frozenset(Rule)
    if text not in set(Rule):
        raise Misasked("choice", name="rule", got=text, wanted=", ".join(Rule))
    return frozenset({Rule(text)})
