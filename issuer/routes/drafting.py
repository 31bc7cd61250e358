"""Drafts from other systems: a spreadsheet, or rows in JSON; each request done once, however often it is sent."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Form, Header, HTTPException, Request, Response, UploadFile
from pydantic import Field

from chain import strict_json
from chain.errors import YinxinError
from issuer import idempotency, rights
from issuer.client import client_drafting
from issuer.client.admission import Caller
from issuer.client.client_drafting import MOST_ROWS
from issuer.draft import drafting
from issuer.idempotency import Answer
from issuer.routes import admitted, problems
from issuer.routes.admitted import Either  # noqa: TC001 — FastAPI reads annotations at run time
from issuer.routes.batch_views import DraftsView
from issuer.routes.desk import AtDesk, Desk, require_media_type
from issuer.routes.strict import Strict, StrictRoute, require_known_query
from issuer.tables.client_models import Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from issuer.draft.drafting import Drafts

router = APIRouter(
    prefix="/api/v1", tags=["batches"], route_class=StrictRoute, dependencies=[Depends(require_known_query)]
)

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=idempotency.LONGEST_KEY,
        description="Names this request, so that it is done once however often it is sent; clients must give one.",
    ),
]
_REFUSED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The same rows were drafted before: these are their batches, nothing was made."},
    409: {"description": "A request with this key is being worked on."},
    422: {"description": "Faults, all of them; or a key that came with another request. Nothing was written."},
}


class Rows(Strict):
    """Certificates to be drafted."""

    type: str = Field(max_length=64, examples=["food-operation-permit"])
    rows: list[dict[str, str]] = Field(
        min_length=1,
        max_length=MOST_ROWS,
        description="Claims by the type's keys, as text, in the forms that a spreadsheet takes.",
        examples=[
            [{"operator_name": "草原明珠餐饮店", "credit_code": "91150102MA0XXXX156", "issue_date": "2026-01-05"}]
        ],
    )


@router.post(
    "/batches",
    status_code=201,
    dependencies=[Depends(require_media_type("multipart/form-data"))],
    response_model=DraftsView,
    responses=_REFUSED,
)
def upload(  # noqa: PLR0917 — FastAPI passes all of them by name
    file: UploadFile,
    type: Annotated[str, Form()],  # noqa: A002 — the form's field
    request: Request,
    at: AtDesk,
    asking: Either,
    key: Key = "",
) -> Response:
    """Check a spreadsheet and make drafts of all its rows for the asking agency, or of none."""
    data = file.file.read()
    return _once(
        request,
        at,
        asking,
        key,
        content=b"\n".join([b"file", type.encode(errors="replace"), data]),
        kind=type,
        make=lambda: drafting.draft(at.office, data, at.office.type(type), agency=asking.agency),
    )


@router.post(
    "/drafts",
    status_code=201,
    dependencies=[Depends(require_media_type("application/json"))],
    response_model=DraftsView,
    responses=_REFUSED,
)
def drafts(wanted: Rows, request: Request, at: AtDesk, asking: Either, key: Key = "") -> Response:
    """Check rows and make drafts of all of them for the asking agency, or of none."""
    return _once(
        request,
        at,
        asking,
        key,
        content=b"rows\n" + strict_json.serialise(wanted.model_dump()),
        kind=wanted.type,
        make=lambda: client_drafting.draft(at.office, wanted.rows, at.office.type(wanted.type), agency=asking.agency),
    )


def _once(
    request: Request,
    at: Desk,
    asking: Either,
    key: str,
    *,
    content: bytes,
    kind: str,
    make: Callable[[], Drafts],
) -> Response:
    certificate_type = at.office.type(kind)
    if isinstance(asking, Caller):
        if not key:
            raise HTTPException(400, "Idempotency-Key: got none, wanted one for each request, such as a random UUID")
        asker = f"client {asking.public_id}"
        asking.require_type(certificate_type.identifier)
        admitted.use(request, at, asking, Scope.DRAFT, asked=f"{certificate_type.identifier}")
    else:
        asker = f"officer {asking.name}"
        rights.require_capability(at.office.registry, asking, asking.agency, rights.ISSUING, at.office.directory())

    def answer() -> Answer:
        try:
            made = make()
        except YinxinError as error:
            told = problems.refused(request, error)
            return Answer(told.status_code, bytes(told.body))
        view = DraftsView(batches=list(made.batches), rows=made.rows, repeated=made.repeated)
        return Answer(200 if made.repeated else 201, view.model_dump_json().encode())

    if key:
        digest = hashlib.sha256(content).digest()
        given = idempotency.once(at.office, asker=asker, agency=asking.agency, key=key, request=digest, answer=answer)
    else:
        given = answer()
    media_type = "application/json" if given.status < 400 else problems.MEDIA_TYPE  # noqa: PLR2004 — HTTP's own number
    headers = {"Idempotency-Replayed": "true"} if given.repeated else {}
    return Response(given.body, status_code=given.status, media_type=media_type, headers=headers)
