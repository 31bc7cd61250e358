"""Batches over HTTP: how they stand, for clients and officers; prepared, approved, sealed, handed out by officers."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from issuer import approvals, audit_log, in_one_go
from issuer.audit_log import Occasion
from issuer.client import client_drafting
from issuer.client.admission import Caller
from issuer.delivery import zipping
from issuer.routes.admitted import Either  # noqa: TC001 — FastAPI reads annotations at run time
from issuer.routes.batch_views import BatchView, ListedView, TypeView, own, read, seen, view
from issuer.routes.desk import Asking, AtDesk, require_sight
from issuer.routes.strict import require_known_query
from issuer.spreadsheet import importing

router = APIRouter(prefix="/api/v1", tags=["batches"], dependencies=[Depends(require_known_query)])

_MOST = 1000
Root: TypeAlias = Annotated[
    str, Query(pattern="^(|[0-9a-f]{64})$", description="The root that was looked at: this one is approved, or none.")
]


@router.get("/types")
def types(at: AtDesk) -> list[TypeView]:
    """List the certificate types."""
    return [TypeView(type=each.identifier, version=each.version, names=dict(each.names)) for each in at.office.types]


@router.get("/types/{certificate_type}/template")
def template(certificate_type: str, at: AtDesk, lang: Annotated[str, Query(pattern="^(|zh-CN|en)$")] = "") -> Response:
    """Return an empty CSV file with the right headers."""
    data = importing.template(at.office.type(certificate_type), language=lang)
    return Response(data, media_type="text/csv; charset=utf-8")


@router.get("/batches")
def batches(
    request: Request,
    at: AtDesk,
    asking: Either,
    after: Annotated[int, Query(ge=0, lt=1 << 63, description="Only batches with a higher number.")] = 0,
    most: Annotated[int, Query(ge=1, le=_MOST, description="How many at once.")] = _MOST,
) -> list[BatchView]:
    """List the batches of the asking agency, oldest first; a client's only of the types that it was allowed."""
    read(request, at, asking, asked="list")
    if not isinstance(asking, Caller):
        require_sight(at, asking, asking.agency)
    with at.office.store.reading() as work:
        found = [each for each in work.batches(agency=asking.agency) if (each.id or 0) > after]
    if isinstance(asking, Caller):
        found = [each for each in found if each.certificate_type in asking.types]
    return [view(at, each) for each in found[:most]]


@router.get("/batches/{batch}")
def batch(batch: int, request: Request, at: AtDesk, asking: Either) -> BatchView:
    """Return a batch."""
    read(request, at, asking, asked=f"batch {batch}")
    return view(at, seen(at, asking, batch))


@router.get("/batches/{batch}/certificates")
def certificates(batch: int, request: Request, at: AtDesk, asking: Either) -> list[ListedView]:
    """List the certificates of a batch of the own agency, in the order of its rows."""
    read(request, at, asking, asked=f"certificates of batch {batch}")
    own(at, asking, batch)
    return [
        ListedView(
            id=each.row_id,
            position=each.position,
            number=each.number,
            identifier=each.identifier,
            short_number=each.short_number,
        )
        for each in client_drafting.listed(at.office, batch)
    ]


@router.post("/batches/{batch}/prepare")
def prepare(batch: int, at: AtDesk, asking: Asking) -> BatchView:
    """Rehearse a batch, unless that was done already; the officer signs its root as the preparer."""
    seen(at, asking, batch)
    in_one_go.submit(at.office, batch, asking)
    return view(at, seen(at, asking, batch))


@router.post("/batches/{batch}/approve")
def approve(batch: int, at: AtDesk, asking: Asking, root: Root = "") -> BatchView:
    """The officer signs exactly the root that was prepared."""
    seen(at, asking, batch)
    approvals.approve(at.office, batch, asking, root=bytes.fromhex(root) if root else None)
    return view(at, seen(at, asking, batch))


@router.post("/batches/{batch}/seal")
def seal(batch: int, at: AtDesk, asking: Asking) -> BatchView:
    """Anchor an approved batch, wait until that is final, and sign its certificates. Safe to repeat."""
    seen(at, asking, batch)
    in_one_go.seal(at.office, at.lane(), [batch])
    return view(at, seen(at, asking, batch))


@router.get("/batches/{batch}/documents", response_class=Response)
def documents(batch: int, at: AtDesk, asking: Asking) -> Response:
    """Return a ZIP file with the documents, SD-JWTs, codes and proofs of an issued batch of the own agency."""
    found = own(at, asking, batch)
    packed = zipping.batch_zip(at.office, at.renderer, batch)
    with at.office.store.writing() as work:
        audit_log.add(
            work,
            Occasion(at.office.now(), asking.source),
            "documents taken",
            who=asking.login or asking.name,
            agency=found.agency,
            subject=f"batch {batch}",
            detail=f"{found.size} certificates",
        )
    headers = {"Content-Disposition": f'attachment; filename="batch-{batch}.zip"'}
    return StreamingResponse(packed, media_type="application/zip", headers=headers)
