"""Batches for line-of-business systems: upload, prepare, approve, seal, fetch documents."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Response, UploadFile
from pydantic import BaseModel, ConfigDict

from issuer import approvals, drafting, handing_out, importing, in_one_go, issuing, rights
from issuer.models import Batch  # noqa: TC001 — FastAPI reads annotations at run time
from issuer.routes.desk import Asking, AtDesk, Desk, require_media_type, require_sight

router = APIRouter(prefix="/api/v1", tags=["batches"])


class Strict(BaseModel):
    """The root of what is answered."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class TypeView(Strict):
    """A certificate type."""

    type: str
    version: int
    names: dict[str, str]


class DraftsView(Strict):
    """What an upload made."""

    batches: list[int]
    rows: int
    repeated: bool
    """The same file was uploaded before: these are its batches, nothing was made."""


class BatchView(Strict):
    """A batch."""

    batch: int
    agency: int
    type: str
    version: int
    purpose: str
    size: int
    state: str
    root: str | None
    kid: str | None
    deadline: int | None
    block: int | None
    proofs: bool
    """Whether proofs that verify without a network are made."""
    failure: str
    missing_approvals: int


@router.get("/types")
def types(at: AtDesk) -> list[TypeView]:
    """List the certificate types."""
    return [TypeView(type=each.identifier, version=each.version, names=dict(each.names)) for each in at.office.types]


@router.get("/types/{certificate_type}/template")
def template(certificate_type: str, at: AtDesk, lang: Annotated[str, Query(pattern="^(|zh-CN|en)$")] = "") -> Response:
    """Return an empty CSV file with the right headers."""
    data = importing.template(at.office.type(certificate_type), language=lang)
    return Response(data, media_type="text/csv; charset=utf-8")


@router.post("/batches", status_code=201, dependencies=[Depends(require_media_type("multipart/form-data"))])
def upload(
    file: UploadFile,
    type: Annotated[str, Form()],  # noqa: A002 — the form's field
    at: AtDesk,
    asking: Asking,
    response: Response,
) -> DraftsView:
    """Check a spreadsheet and make drafts of all its rows for the officer's agency, or of none."""
    certificate_type = at.office.type(type)
    rights.require_capability(at.office.registry, asking, asking.agency, rights.ISSUING, at.office.directory())
    drafts = drafting.draft(at.office, file.file.read(), certificate_type, agency=asking.agency)
    response.status_code = 200 if drafts.repeated else 201
    return DraftsView(batches=list(drafts.batches), rows=drafts.rows, repeated=drafts.repeated)


@router.get("/batches")
def batches(at: AtDesk, asking: Asking) -> list[BatchView]:
    """List the batches of the officer's agency."""
    require_sight(at, asking, asking.agency)
    with at.office.store.reading() as work:
        found = work.batches(agency=asking.agency)
    return [_view(at, each) for each in found]


@router.get("/batches/{batch}")
def batch(batch: int, at: AtDesk, asking: Asking) -> BatchView:
    """Return a batch."""
    return _view(at, _seen(at, asking, batch))


@router.post("/batches/{batch}/prepare")
def prepare(batch: int, at: AtDesk, asking: Asking) -> BatchView:
    """Fix a batch's certificates; the officer signs its root as the preparer."""
    issuing.prepare(at.office, batch, asking)
    return _view(at, _seen(at, asking, batch))


@router.post("/batches/{batch}/approve")
def approve(batch: int, at: AtDesk, asking: Asking) -> BatchView:
    """The officer signs exactly the root that was prepared."""
    approvals.approve(at.office, batch, asking)
    return _view(at, _seen(at, asking, batch))


@router.post("/batches/{batch}/seal")
def seal(batch: int, at: AtDesk, asking: Asking) -> BatchView:
    """Anchor an approved batch, wait until that is final, and sign its certificates. Safe to repeat."""
    _seen(at, asking, batch)
    in_one_go.seal(at.office, at.lane(), [batch])
    return _view(at, _seen(at, asking, batch))


@router.get("/batches/{batch}/documents", response_class=Response)
def documents(batch: int, at: AtDesk, asking: Asking) -> Response:
    """Return a ZIP file with the documents, SD-JWTs, codes and proofs of an issued batch."""
    _seen(at, asking, batch)
    with tempfile.TemporaryDirectory() as name, tempfile.SpooledTemporaryFile(max_size=1 << 24) as packed:
        folder = Path(name)
        handing_out.hand_out(at.office, at.renderer(), batch, folder, done=lambda: None)
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(folder.iterdir()):
                archive.write(path, path.name)
        packed.seek(0)
        data = packed.read()
    headers = {"Content-Disposition": f'attachment; filename="batch-{batch}.zip"'}
    return Response(data, media_type="application/zip", headers=headers)


def _seen(at: Desk, asking: Asking, number: int) -> Batch:
    with at.office.store.reading() as work:
        found = work.batch(number)
    require_sight(at, asking, found.agency)
    return found


def _view(at: Desk, found: Batch) -> BatchView:
    with at.office.store.reading() as work:
        missing = approvals.missing_approvals(at.office, work, found)
    return BatchView(
        batch=found.id or 0,
        agency=found.agency,
        type=found.certificate_type,
        version=found.type_version,
        purpose=found.purpose,
        size=found.size,
        state=found.state,
        root=found.root.hex() if found.root else None,
        kid=found.kid.hex() if found.kid else None,
        deadline=found.deadline,
        block=found.block_number,
        proofs=found.evidence is not None,
        failure=found.failure,
        missing_approvals=missing,
    )
