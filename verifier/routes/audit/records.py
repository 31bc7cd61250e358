"""The pages of single records: certificates, batches, transactions, blocks, addresses."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Path, Request, Response

from chain.short_number import short_number
from verifier import checking
from verifier.answer import as_json
from verifier.audit import acts, record_lists, record_pages
from verifier.audit.events_told import capability_words, names
from verifier.audit.timeline import timeline
from verifier.check.presented import Presented
from verifier.indexing.parties import Part
from verifier.register import Tables, opened
from verifier.routes.audit.frame import DESK, Cursor, Format, Lang, PageFault, as_hex, exported_from, from_hex, page
from verifier.routes.desk import desk_of, request_id_of
from verifier.routes.rendering import language_for
from verifier.routes.shown import ICONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from verifier.audit.exporting import Listing
    from verifier.check.report import Report

_HASH, _ADDRESS = 32, 20
_NAMED = 8
"""How many bytes of a hash name a file."""

router = APIRouter(**DESK)

_Agency = Annotated[int, Path(ge=1, lt=2**32)]
_Block = Annotated[int, Path(ge=0, lt=2**43)]


@router.get("/audit/certificates/{leaf}")
def certificate(request: Request, leaf: str, *, lang: Lang = None, form: Format = None) -> Response:
    """Show what became of a certificate and its line, and what the procedure says of its leaf now."""
    value = from_hex(leaf, _HASH)
    with opened(desk_of(request).index) as tables:
        found = timeline(tables.session, value)
        called = names(tables.session, {held.agency for held in found.own.batches} if found else ())
    if found is None:
        raise PageFault(HTTPStatus.NOT_FOUND, "audit.fault.no_leaf", leaf=as_hex(value))
    language = language_for(request, lang)
    if form is not None:

        def listing(tables: Tables) -> Listing:
            again = timeline(tables.session, value)
            steps = () if again is None else again.steps
            says = record_lists.about(tables, leaf=value)
            return record_lists.of_events(name, (step.told for step in steps), says, language)

        name = f"certificate-{value[:_NAMED].hex()}"
        return exported_from(request, name, form, listing)
    report = _of_leaf(request, value)
    return page(
        request,
        "certificate.html",
        lang,
        leaf=value,
        found=found,
        names=called,
        types=called.types,
        report=as_json(report, language),
        icon=ICONS[report.verdict.colour],
    )


def _of_leaf(request: Request, leaf: bytes) -> Report:
    """Return what the procedure says of a leaf of which nothing else is known, as of a short number."""
    desk = desk_of(request)
    presented = Presented(short_number=short_number(leaf))
    return checking.check_presented(
        presented, desk.index, desk.moment(None), name="", request_id=request_id_of(request)
    )


@router.get("/audit/batches/{agency}/{root}")
def batch(
    request: Request, agency: _Agency, root: str, *, lang: Lang = None, cursor: Cursor = None, form: Format = None
) -> Response:
    """Show a batch and its leaves."""
    value, desk = from_hex(root, _HASH), desk_of(request)
    moment = desk.moment(None)
    with opened(desk.index) as tables:
        found = record_pages.batch(tables.session, agency, value)
        if found is None:
            raise PageFault(HTTPStatus.NOT_FOUND, "audit.fault.no_batch", agency=agency, root=as_hex(value))
        final_block = tables.row.head_number - tables.freshness.confirmations
        if form is None:
            rows = record_pages.leaves(tables.session, found, cursor, moment, final_block=final_block)
            # Its own event says who prepared and approved it.
            (told, *_) = record_pages.events_at(tables.session, found.begins)
            called = names(tables.session, (agency,))
    if form is not None:

        def listing(tables: Tables) -> Listing:
            final_block = tables.row.head_number - tables.freshness.confirmations
            leaves = record_pages.all_leaves(tables.session, found, moment, final_block=final_block)
            return record_lists.of_leaves(name, leaves, record_lists.about(tables, agency=agency, root=value))

        name = f"batch-{agency}-{found.sequence}"
        return exported_from(request, name, form, listing)
    return page(
        request,
        "batch.html",
        lang,
        batch=found,
        told=told,
        rows=rows,
        names=called,
        types=called.types,
        is_first=cursor is None,
    )


@router.get("/audit/transactions/{transaction_hash}")
def transaction(
    request: Request, transaction_hash: str, *, lang: Lang = None, cursor: Cursor = None, form: Format = None
) -> Response:
    """Show a transaction and what it wrote."""
    value, index = from_hex(transaction_hash, _HASH), desk_of(request).index
    with opened(index) as tables:
        found = record_pages.transaction(tables.session, value)
        if found is None:
            raise PageFault(HTTPStatus.NOT_FOUND, "audit.fault.no_transaction", hash=as_hex(value))
        if form is None:
            rows = record_pages.events_of_transaction(tables.session, found, cursor)
    if form is not None:
        name = f"transaction-{value[:_NAMED].hex()}"
        return exported_from(request, name, form, _events_of(request, lang, name, found.block, value))
    return page(request, "transaction.html", lang, sent=found, rows=rows, is_first=cursor is None)


@router.get("/audit/blocks/{number:int}")
def block(
    request: Request, number: _Block, *, lang: Lang = None, cursor: Cursor = None, form: Format = None
) -> Response:
    """Show a block and the events in it."""
    index = desk_of(request).index
    with opened(index) as tables:
        head = tables.row.head_number
        found = record_pages.block(tables.session, number, head=head)
        if found is None:
            raise PageFault(HTTPStatus.NOT_FOUND, "audit.block.none", block=number, head=head)
        if form is None:
            rows = record_pages.events_of_block(tables.session, number, cursor)
    if form is not None:
        name = f"block-{number}"
        return exported_from(request, name, form, _events_of(request, lang, name, number, None))
    return page(request, "block.html", lang, block=found, rows=rows, is_first=cursor is None)


def _events_of(
    request: Request, lang: Lang, name: str, number: int, transaction_hash: bytes | None
) -> Callable[[Tables], Listing]:
    language = language_for(request, lang)

    def listing(tables: Tables) -> Listing:
        events = record_pages.whole_block(tables.session, number, transaction_hash)
        says = record_lists.about(tables, of_block=number, of_transaction=transaction_hash)
        return record_lists.of_events(name, events, says, language)

    return listing


@router.get("/audit/addresses/{address}")
def address(
    request: Request,
    address: str,
    *,
    part: Literal["signed", "sent", "named"] | None = None,
    lang: Lang = None,
    cursor: Cursor = None,
    form: Format = None,
) -> Response:
    """Show what an address may do and could do, and all that it signed, sent or became."""
    value, wanted = from_hex(address, _ADDRESS), None if part is None else Part[part.upper()]
    language = language_for(request, lang)
    if form is not None:

        def listing(tables: Tables) -> Listing:
            done = acts.whole(tables.session, value, wanted)
            return record_lists.of_acts(name, done, record_lists.about(tables, address=value, part=part), language)

        name = f"acts-{value[:_NAMED].hex()}"
        return exported_from(request, name, form, listing)
    with opened(desk_of(request).index) as tables:
        found = acts.roles(tables.session, value)
        roles = [(role, capability_words(role.capabilities)) for role in found.held]
        rows = acts.page(tables.session, value, wanted, cursor)
    if not roles and not rows.rows and cursor is None and part is None:
        raise PageFault(HTTPStatus.NOT_FOUND, "audit.fault.no_address", address=as_hex(value))
    return page(
        request,
        "address.html",
        lang,
        address=value,
        roles=roles,
        most_roles=acts.MOST_ROLES if found.is_cut else None,
        rows=rows,
        part=part,
        parts=[each.name.lower() for each in Part],
        is_first=cursor is None,
    )
