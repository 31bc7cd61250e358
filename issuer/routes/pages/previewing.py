"""A row of a batch as the document that it will be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import Response

from issuer import rehearsals
from issuer.delivery import previews
from issuer.errors import NotFound
from issuer.routes.pages import batch_frame, front
from issuer.routes.pages.front import Visit, Visiting  # noqa: TC001 — FastAPI reads annotations at run time

if TYPE_CHECKING:
    from issuer.document.face import Document
    from issuer.tables.models import Batch, Certificate

router = front.router(tags=["batches"])

_PRIVATE = {"Cache-Control": "private, no-store"}


@router.get("/batches/{batch_id}/rows/{row_id}")
def preview(batch_id: int, row_id: str, visit: Visiting) -> Response:
    """Show the document that a row will be, and in words all that it says."""
    batch, certificate, document = _previewed(visit, batch_id, row_id)
    with visit.store.reading() as work:
        outcome = rehearsals.opened(visit.office, work, batch)
    certificate_type = visit.office.type_of(batch.type_number, batch.type_version)
    return visit.page(
        "batch_preview.html",
        batch=batch,
        row=certificate,
        kind=certificate_type,
        words_of=previews.words(document, visit.language),
        short_number=previews.short_number(certificate),
        found=batch_frame.told(visit, outcome, certificate_type).get(certificate.position, []),
    )


@router.get("/batches/{batch_id}/rows/{row_id}/preview.png")
def preview_picture(batch_id: int, row_id: str, visit: Visiting) -> Response:
    """Return the preview's first page as a picture."""
    _, _, document = _previewed(visit, batch_id, row_id)
    return Response(previews.picture(visit.at.renderer(), document), media_type="image/png", headers=_PRIVATE)


@router.get("/batches/{batch_id}/rows/{row_id}/preview.pdf")
def preview_pdf(batch_id: int, row_id: str, visit: Visiting) -> Response:
    """Return the preview as a PDF, which says PREVIEW and whose code does not verify."""
    _, certificate, document = _previewed(visit, batch_id, row_id)
    name = f'attachment; filename="preview-{batch_id}-{certificate.position + 1}.pdf"'
    made = previews.pdf(visit.at.renderer(), document)
    return Response(made, media_type="application/pdf", headers={**_PRIVATE, "Content-Disposition": name})


def _previewed(visit: Visit, batch_id: int, row_id: str) -> tuple[Batch, Certificate, Document]:
    with visit.store.reading() as work:
        batch = visit.sight.own_batch(work, batch_id)
        certificate = visit.sight.own_certificate(work, row_id)
        if certificate.batch_id != batch_id:
            raise NotFound(f"certificate: got row id {row_id}, wanted one of this database")
        document = previews.document_of(visit.office, work, visit.directory, batch, certificate)
    return batch, certificate, document
