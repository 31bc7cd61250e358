"""The agencies as a tree, and each by itself, as of any day."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import RedirectResponse, Response

from verifier.audit import agency_batches, agency_lists, agency_tree, times
from verifier.audit.agency_view import agency_at
from verifier.audit.charts import MOST_DAYS, chart
from verifier.audit.type_names import type_names
from verifier.register import opened
from verifier.routes.audit.asked_day import AskedDay, about, moment_of, today_of
from verifier.routes.audit.frame import DESK, Cursor, Format, Lang, PageFault, address, exported, page
from verifier.routes.audit.lists import named
from verifier.routes.desk import desk_of

if TYPE_CHECKING:
    from verifier.audit.agency_view import AgencyThen
    from verifier.audit.as_of import AsOf

_PATH = "/audit/agencies"
_LEAST_DAYS = 14
"""A chart of a young agency begins before it, so that a day is not as broad as the page."""

_Agency = Annotated[int, Path(ge=1, lt=2**32)]
_Days = Annotated[int, Query(ge=1, le=MOST_DAYS)]


class List(StrEnum):
    """An agency's lists that can be had as files."""

    OFFICERS = "officers"
    KEYS = "keys"
    TYPES = "types"
    BATCHES = "batches"
    DAYS = "days"


router = APIRouter(**DESK)


@router.get(_PATH)
def agencies(
    request: Request,
    *,
    lang: Lang = None,
    as_of: AskedDay = "",
    under: Annotated[int, Query(ge=0, lt=2**32)] = 0,
    form: Format = None,
) -> Response:
    """Show the tree, all of it or what lies under one agency."""
    with opened(desk_of(request).index) as tables:
        at = moment_of(request, tables, as_of)
        if form is not None:
            return exported(request, agency_lists.of_agencies(tables, at, about(at)), form)
        known = agency_tree.agencies_at(tables.session, at)
        tree = agency_tree.tree(tables.session, at, under=under)
    if under and under not in known:
        raise PageFault(HTTPStatus.NOT_FOUND, "audit.agency.none", agency=under)
    crumbs = [*reversed(agency_tree.above(known, under))]
    return page(
        request,
        "agencies.html",
        lang,
        at=at,
        asked=as_of,
        today=today_of(request),
        tree=tree,
        under=under,
        crumbs=crumbs,
    )


@router.get(_PATH + "/{agency:int}")
def agency(
    request: Request,
    agency: _Agency,
    *,
    lang: Lang = None,
    as_of: AskedDay = "",
    days: _Days = 90,
    cursor: Cursor = None,
    form: Format = None,
) -> Response:
    """Show one agency; as a file it is the list of its batches."""
    if form is not None:
        return agency_list(request, agency, List.BATCHES, as_of=as_of, form=form)
    with opened(desk_of(request).index) as tables:
        at = moment_of(request, tables, as_of)
        found = agency_at(tables, agency, at)
        if found is None:
            raise PageFault(HTTPStatus.NOT_FOUND, "audit.agency.none", agency=agency)
        first, last = _period(found, at, days)
        session = tables.session
        return page(
            request,
            "agency.html",
            lang,
            at=at,
            asked=as_of,
            today=today_of(request),
            found=found,
            batches=agency_batches.batches_at(session, agency, at),
            rows=agency_batches.page_of(session, agency, at, cursor),
            is_first=cursor is None,
            anchored=chart(agency_batches.certificates_by_day(session, agency, at, first), first=first, last=last),
            changed=chart(agency_batches.statuses_by_day(session, agency, at, first), first=first, last=last),
            by_type=agency_batches.by_type(session, agency, at, first),
            types=type_names(session),
            days=days,
        )


@router.get(_PATH + "/{agency:int}/{which}")
def agency_list(
    request: Request,
    agency: _Agency,
    which: str,
    *,
    lang: Lang = None,
    as_of: AskedDay = "",
    days: _Days = MOST_DAYS,
    form: Format = None,
) -> Response:
    """Give one of its lists away as a file; without a format, lead to the page that shows it."""
    kind, form = named(List, which, form)
    if form is None:
        return RedirectResponse(address(f"{_PATH}/{agency}", as_of=as_of, lang=lang))
    index = desk_of(request).index
    with opened(index) as tables:
        at = moment_of(request, tables, as_of)
        found = agency_at(tables, agency, at)
        if found is None:
            raise PageFault(HTTPStatus.NOT_FOUND, "audit.agency.none", agency=agency)
        says = {"agency": agency, "name": found.agency.name, **about(at)}
        match kind:
            case List.OFFICERS:
                listing = agency_lists.of_officers(found, says)
            case List.KEYS:
                listing = agency_lists.of_keys(found, says)
            case List.TYPES:
                listing = agency_lists.of_types(found, says)
            case List.DAYS:
                first, _ = _period(found, at, days)
                listing = agency_lists.of_days(tables, agency, at, first, {**says, "from": first.isoformat()})
            case List.BATCHES:
                listing = agency_lists.of_batches(index, agency, at, says)
    return exported(request, listing, form)


def _period(found: AgencyThen, at: AsOf, days: int) -> tuple[date, date]:
    """Return the first and the last day of the charts: none long before the agency was there."""
    last = times.day_of(at.seconds) or date.max
    registered = None if found.registered is None else times.day_of(found.registered.timestamp)
    first = last - timedelta(days=days - 1)
    if registered is not None:
        first = max(first, min(registered, last - timedelta(days=min(days, _LEAST_DAYS) - 1)))
    return first, last
