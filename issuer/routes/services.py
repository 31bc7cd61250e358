"""The four services of an e-certificate store for other systems (GB/T 36906): search, info, file, verify.

All are POST, though they change nothing: what is asked for names people, and addresses end up in logs.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile

from chain.errors import InvalidInput
from issuer.client import services
from issuer.client.admission import LONGEST_CAUSE
from issuer.client.services import MEDIA_TYPES, Asked
from issuer.delivery import handing_out
from issuer.routes import admitted
from issuer.routes.admitted import Client  # noqa: TC001 — FastAPI reads annotations at run time
from issuer.routes.desk import AtDesk, require_media_type
from issuer.routes.service_models import (
    FileWanted,
    InfoView,
    SearchView,
    SearchWanted,
    VerifyView,
    VerifyWanted,
    Wanted,
    certificate_view,
    info_view,
    verify_view,
)
from issuer.routes.strict import StrictRoute, require_known_query
from issuer.tables.client_models import Scope

router = APIRouter(
    prefix="/api/v1/services", tags=["services"], route_class=StrictRoute, dependencies=[Depends(require_known_query)]
)

_JSON = Depends(require_media_type("application/json"))
_ENDINGS = {"pdf": "pdf", "sd-jwt": "sd-jwt", "code": "code.txt", "proof": "proof"}


@router.post("/search", dependencies=[_JSON])
def search(wanted: SearchWanted, request: Request, at: AtDesk, caller: Client) -> SearchView:
    """Find certificates (证照检索): one by its identifier or number, or a holder's of one type."""
    asked = wanted.asked()
    holder = wanted.certificate_holder_code
    by = "holder" if holder else str(asked)
    if holder and not asked.kind:
        raise InvalidInput("certificateTypeCode: got none, wanted one with certificateHolderCode")
    used = admitted.use(request, at, caller, Scope.SEARCH, cause=wanted.use_cause, asked=f"by {by}")
    found = services.search(at.office, caller, asked, holder=holder, holder_type=wanted.certificate_holder_type)
    admitted.answered(request, at, caller, used, [each.row_id for each in found])
    return SearchView(certificates=[certificate_view(each) for each in found])


@router.post("/info", dependencies=[_JSON])
def info(wanted: Wanted, request: Request, at: AtDesk, caller: Client) -> InfoView:
    """Return a certificate's claims, as far as the client is shown them, and what the registry holds of it now."""
    asked = wanted.asked()
    used = admitted.use(request, at, caller, Scope.INFO, cause=wanted.use_cause, asked=f"by {asked}")
    found = services.info(at.office, caller, asked)
    admitted.answered(request, at, caller, used, [found.row_id])
    return info_view(found, services.standing(at.office, found.row_id), at.office.verifying_host)


@router.post(
    "/file",
    dependencies=[_JSON],
    response_class=Response,
    responses={200: {"content": {each: {} for each in MEDIA_TYPES.values()}}},
)
def file(wanted: FileWanted, request: Request, at: AtDesk, caller: Client) -> Response:
    """Return a certificate's document, its SD-JWT, its code's text, or its proof."""
    asked = wanted.asked()
    used = admitted.use(request, at, caller, Scope.FILE, cause=wanted.use_cause, asked=f"{wanted.kind} by {asked}")
    data, number, row_id = services.file(at.office, caller, asked, wanted.kind, renderer=at.renderer)
    admitted.answered(request, at, caller, used, [row_id])
    ascii_name = handing_out.file_name(number).encode("ascii", "ignore").decode() or "certificate"
    headers = {"Content-Disposition": f'attachment; filename="{ascii_name}.{_ENDINGS[wanted.kind]}"'}
    return Response(data, media_type=MEDIA_TYPES[wanted.kind], headers=headers)


@router.post("/verify-info", dependencies=[_JSON])
def verify_info(wanted: VerifyWanted, request: Request, at: AtDesk, caller: Client) -> VerifyView:
    """Say whether claims are as this issuer has them. An independent answer is the verifier's to give."""
    asked = wanted.asked()
    used = admitted.use(request, at, caller, Scope.VERIFY, cause=wanted.use_cause, asked=f"info by {asked}")
    compared = services.verify_info(at.office, caller, asked, wanted.claims)
    admitted.answered(request, at, caller, used, [compared.row_id] if compared.held else [])
    return verify_view(compared, at.office.verifying_host)


@router.post("/verify-file", dependencies=[Depends(require_media_type("multipart/form-data"))])
def verify_file(  # noqa: PLR0917 — FastAPI passes all of them by name
    request: Request,
    at: AtDesk,
    caller: Client,
    upload: Annotated[UploadFile, File(alias="file")],
    use_cause: Annotated[str, Form(alias="useCause", min_length=1, max_length=LONGEST_CAUSE)],
    id: Annotated[str, Form(max_length=64)] = "",  # noqa: A002 — the form's field
    certificate_identifier: Annotated[str, Form(alias="certificateIdentifier", max_length=200)] = "",
    certificate_type_code: Annotated[str, Form(alias="certificateTypeCode", max_length=64)] = "",
    certificate_number: Annotated[str, Form(alias="certificateNumber", max_length=128)] = "",
) -> VerifyView:
    """Say whether a file is, to the byte, one that belongs to a certificate. The file is neither opened nor kept."""
    asked = Asked(id, certificate_identifier, certificate_type_code, certificate_number)
    used = admitted.use(request, at, caller, Scope.VERIFY, cause=use_cause, asked=f"file by {asked}")
    compared = services.verify_file(at.office, caller, asked, upload.file.read(), renderer=at.renderer)
    admitted.answered(request, at, caller, used, [compared.row_id] if compared.held else [])
    return verify_view(compared, at.office.verifying_host)
