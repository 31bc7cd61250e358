"""The log of actions of the own agency."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Response

from issuer import audit_log
from issuer.routes.pages import front
from issuer.routes.pages.front import Visiting  # noqa: TC001 — FastAPI reads annotations at run time
from issuer.tables import account_rows
from issuer.tables.account_models import Role
from issuer.tables.work import LARGEST_ID

router = front.router(tags=["log"])
_ON_A_PAGE = 50


@router.get("/log")
def log(
    visit: Visiting,
    before: Annotated[int, Query(ge=1, le=LARGEST_ID)] = LARGEST_ID,
    who: Annotated[str, Query(max_length=60)] = "",
    what: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """Show who did what from where, newest first."""
    visit.require(Role.AGENCY_MANAGER, Role.COUNCIL_MEMBER, Role.AUDITOR)
    agency = visit.who.agency
    with visit.store.reading() as work:
        lines = account_rows.newest_lines(work, agency=agency, before=before, who=who, what=what, most=_ON_A_PAGE + 1)
        people = account_rows.people(work, agency)
        kinds = account_rows.kinds_of_actions(work, agency)
        head = audit_log.head(work)
    shown, more = lines[:_ON_A_PAGE], len(lines) > _ON_A_PAGE
    kept = {key: value for key, value in (("who", who), ("what", what)) if value}
    return visit.page(
        "log.html",
        lines=shown,
        people=people,
        kinds=kinds,
        chosen_who=who,
        chosen_what=what,
        head=head,
        older=f"/log?{urlencode({**kept, 'before': shown[-1].id})}" if more else "",
        newest=f"/log?{urlencode(kept)}" if before != LARGEST_ID else "",
    )
