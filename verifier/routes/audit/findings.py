"""What the audits of the whole history found: read from what they remember, never worked out here."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from verifier.audit import findings_view
from verifier.audit.finding import Grade
from verifier.audit.remembering import Remembered
from verifier.routes.audit.frame import DESK, Cursor, Format, Lang, exported, page
from verifier.routes.rendering import language_for

if TYPE_CHECKING:
    from pathlib import Path

router = APIRouter(**DESK)


@router.get("/audit/findings")
def findings(
    request: Request,
    *,
    lang: Lang = None,
    grade: Grade | None = None,
    code: Annotated[str | None, Query(pattern="^[a-z0-9_]{1,80}$")] = None,
    runs: Literal["all"] | None = None,
    cursor: Cursor = None,
    form: Format = None,
) -> Response:
    """Show the newest run, how each family of checks came out, and the findings of all runs."""
    path: Path = request.app.state.audit_memory
    chosen = findings_view.Chosen(grade, code, is_all=runs == "all")
    with closing(Remembered(path)) as remembered:
        findings_view.require_known(remembered, code)
    if form is not None:
        return exported(request, findings_view.listing(path, chosen), form)
    with closing(Remembered(path)) as remembered:
        found = findings_view.overview(remembered, chosen)
        rows = findings_view.page_of(remembered, chosen, cursor)
    language = language_for(request, lang)
    return page(
        request,
        "findings.html",
        lang,
        found=found,
        rows=rows,
        chosen=chosen,
        is_first=cursor is None,
        grades=tuple(Grade),
        said=partial(findings_view.said, language=language),
        why=partial(findings_view.why, language=language),
        reason=partial(findings_view.reason, language=language),
    )
