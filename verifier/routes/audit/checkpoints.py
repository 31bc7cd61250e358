"""The checkpoints that were cut, the witnesses that have seen them, and the split views that were found."""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from chain import base64url
from verifier.audit.exporting import Listing, columns
from verifier.audit.paging import PAGE_ROWS, Cursors, Page
from verifier.indexing.checkpoint_rows import IndexBehind
from verifier.routes.audit.frame import DESK, Cursor, Format, Lang, PageFault, address, exported, page
from verifier.routes.cosignatures import witnessed_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from verifier.audit.exporting import Cell
    from verifier.witnessing.witnessed import Split, Told, Witnessed

_PATH = "/audit/checkpoints"
_CURSORS = Cursors("checkpoints")
_NO_BLOCK = 2**62
_COLUMNS = columns(
    "block",
    "time",
    "hash",
    "anchors_head",
    "statuses_head",
    "rights_head",
    "attesters",
    "witnesses",
    "witnesses_lacking",
    "handed_out",
    timed=("time",),
)
_SPLIT_COLUMNS = columns(
    "name",
    "found",
    "up_to_block",
    "differing",
    "one_block",
    "one_hash",
    "one_statement",
    "one_attesters",
    "other_block",
    "other_hash",
    "other_statement",
    "other_attesters",
    timed=("found",),
)

router = APIRouter(**DESK)


@router.get(_PATH)
def checkpoints(request: Request, lang: Lang = None, cursor: Cursor = None, form: Format = None) -> Response:
    """Show the checkpoints, newest first, below all split views."""
    witnessed = witnessed_of(request)
    if form is not None:
        rows = () if witnessed is None else map(_row, _all(witnessed))
        return exported(request, Listing("checkpoints", _COLUMNS, rows), form)
    told = [] if witnessed is None else _told(witnessed, _CURSORS.read_int(cursor), PAGE_ROWS + 1)
    shown: Page[Told] = _CURSORS.page(told, lambda each: (each.entry.number,), lambda each: each)
    return page(
        request,
        "checkpoints.html",
        lang,
        rows=shown,
        is_first=cursor is None,
        splits=() if witnessed is None else witnessed.split_views(),
        witnesses=() if witnessed is None else witnessed.witnesses,
        required=0 if witnessed is None else witnessed.required,
        as_text=base64url.encode,
    )


@router.get(_PATH + "/split-views")
def split_views(request: Request, lang: Lang = None, form: Format = None) -> Response:
    """Give the split views away as a file; without a format, lead to the page that shows them."""
    if form is None:
        return RedirectResponse(address(_PATH, lang=lang) + "#split-views")
    witnessed = witnessed_of(request)
    found = () if witnessed is None else witnessed.split_views()
    return exported(request, Listing("split-views", _SPLIT_COLUMNS, map(_split_row, found)), form)


@router.get(_PATH + "/{number:int}")
def checkpoint(request: Request, number: Annotated[int, Path(ge=0, lt=_NO_BLOCK)], lang: Lang = None) -> HTMLResponse:
    """Show one checkpoint with all that was signed for it."""
    witnessed = witnessed_of(request)
    with _index_at_hand():
        told = None if witnessed is None else witnessed.checkpoint(number)
    if told is None:
        raise PageFault(HTTPStatus.NOT_FOUND, "audit.checkpoints.none_of", number=number)
    return page(request, "checkpoint.html", lang, told=told, as_text=base64url.encode)


@contextmanager
def _index_at_hand() -> Iterator[None]:
    try:
        yield
    except IndexBehind as exc:
        raise PageFault(HTTPStatus.SERVICE_UNAVAILABLE, "audit.fault.behind") from exc


def _told(witnessed: Witnessed, before: int | None, limit: int) -> list[Told]:
    with _index_at_hand():
        return witnessed.checkpoints(limit=limit, before=before)


def _all(witnessed: Witnessed) -> Iterator[Told]:
    """Yield all checkpoints, newest first; the first ones are read now, so that a fault is told in time."""
    first = _told(witnessed, None, PAGE_ROWS)

    def following() -> Iterator[Told]:
        part = first
        while part:
            yield from part
            part = _told(witnessed, part[-1].entry.number, PAGE_ROWS)

    return following()


def _row(told: Told) -> Sequence[Cell]:
    entry = told.entry
    return (
        entry.number,
        entry.timestamp,
        entry.hash,
        entry.heads.anchors,
        entry.heads.statuses,
        entry.heads.rights,
        [base64url.encode(kid) for kid in told.attesters],
        [each.witness.name for each in told.cosigned],
        [each.name for each in told.lacking],
        told.is_published,
    )


def _split_row(split: Split) -> Sequence[Cell]:
    sides = [
        cell
        for side in (split.older, split.newer)
        for cell in (
            side.number,
            side.hash,
            base64url.encode(side.statement),
            [base64url.encode(kid) for kid in side.attesters],
        )
    ]
    return (split.name, split.found, split.difference.block, [each.value for each in split.difference.what], *sides)
