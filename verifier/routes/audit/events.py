"""The live feed: every event of the registry, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BeforeValidator, Field

from verifier.audit import asked, feed, record_lists
from verifier.audit.agency_names import require_known
from verifier.audit.feed import GROUPS, KINDS, Filters
from verifier.audit.type_names import require_listed, type_names
from verifier.register import Tables, opened
from verifier.routes.audit.frame import DESK, Cursor, Format, Lang, exported_from, page
from verifier.routes.desk import desk_of
from verifier.routes.rendering import language_for

if TYPE_CHECKING:
    from verifier.audit.exporting import Listing

router = APIRouter(**DESK)

REFRESH_S = 5
"""How often a live feed is loaded again."""


def _unless_blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


_Number = Annotated[int, Field(ge=1, lt=2**32)] | None
_Word = Annotated[Annotated[str, Field(pattern="^[A-Za-z]{1,40}$")] | None, BeforeValidator(_unless_blank)]
_Day = Annotated[str, Query(max_length=40)]


@router.get("/audit/events")
def events(
    request: Request,
    *,
    lang: Lang = None,
    agency: Annotated[_Number, BeforeValidator(_unless_blank)] = None,
    kind: _Word = None,
    certificate_type: Annotated[_Number, BeforeValidator(_unless_blank), Query(alias="type")] = None,
    first: _Day = "",
    last: _Day = "",
    live: bool = False,
    cursor: Cursor = None,
    form: Format = None,
) -> Response:
    """Show a page of the feed; live, it loads itself again every few seconds until that is stopped."""
    filters = Filters(
        agency=agency,
        kind=kind,
        certificate_type=certificate_type,
        first=asked.day("first", first) if first else None,
        last=asked.day("last", last) if last else None,
    )
    index = desk_of(request).index
    with opened(index) as tables:
        require_known(tables, agency)
        require_listed(tables.session, certificate_type)
    if form is not None:
        language = language_for(request, lang)

        def listing(tables: Tables) -> Listing:
            says = record_lists.about(
                tables,
                agency=agency,
                kind=kind,
                type=certificate_type,
                first=first or None,
                last=last or None,
            )
            return record_lists.of_events("events", feed.whole(tables.session, filters), says, language)

        return exported_from(request, "events", form, listing)
    with opened(index) as tables:
        rows = feed.page(tables.session, filters, cursor)
        types = type_names(tables.session)
    is_live = live and cursor is None
    answer = page(
        request,
        "events.html",
        lang,
        rows=rows,
        filters=filters,
        types=types,
        kinds=KINDS,
        groups=GROUPS,
        live=is_live,
        seconds=REFRESH_S,
        is_first=cursor is None,
    )
    if is_live:
        answer.headers["Refresh"] = str(REFRESH_S)
    return answer
