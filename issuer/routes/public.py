"""What anybody may ask: did:web documents, and whether the service is well."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from chain import base64url
from chain.errors import YinxinError
from chain.keys import PublicKey
from issuer.directory import WITHOUT_CUT_OFF
from issuer.routes.desk import AtDesk  # noqa: TC001 — FastAPI reads annotations at run time
from issuer.sending import nonces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from issuer.directory import Agency
    from issuer.office import Office

router = APIRouter(tags=["public"])

DID_MEDIA_TYPE = "application/did+json"
_KEPT_S = 300
"""How long others may go by a DID document they have: a key that is cut off is theirs for that long at most."""
_CONTEXT = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"]


@router.get("/.well-known/did.json", response_class=Response)
def service(request: Request, at: AtDesk) -> Response:
    """Return the service's own DID document; it has no keys, its agencies have."""
    return _document(request, {"@context": _CONTEXT, "id": at.office.issuer_did})


@router.get("/agencies/{agency}/did.json", response_class=Response)
def agency(agency: int, request: Request, at: AtDesk) -> Response:
    """Return an agency's DID document, with its document keys as the chain lists them.

    A convenience for others' libraries. Whether a key counts for a certificate, the chain decides. A key that was cut
    off is listed, but stands for nothing any more: what it signed before, only the chain can tell.
    """
    return _document(request, document_of(at.office, at.office.directory().agency(agency)))


@router.get("/healthz")
def healthz() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(at: AtDesk, response: Response) -> dict[str, str]:
    """Say whether database and node answer, and whether what is sealed next could go on to the chain."""
    try:
        at.office.store.require_keys()
        newest = at.office.registry.newest()
        nonces.following(at.office, at.sender())
    except YinxinError as exc:
        response.status_code = 503
        return {"status": "not ready", "reason": str(exc)}
    return {"status": "ready", "block": str(newest.number)}


def document_of(office: Office, agency: Agency) -> dict[str, object]:
    """Return an agency's DID document: did:web, with JsonWebKey methods named by their thumbprints."""
    did = office.agency_did(agency.id)
    methods = [
        {
            "id": f"{did}#{base64url.encode(key.kid)}",
            "type": "JsonWebKey",
            "controller": did,
            "publicKeyJwk": {**PublicKey(key.x, key.y).jwk(), "alg": "ES256", "kid": base64url.encode(key.kid)},
            **_expiry(key.valid_until),
        }
        for key in agency.keys
    ]
    trusted = [
        method["id"] for method, key in zip(methods, agency.keys, strict=True) if key.cut_off_block == WITHOUT_CUT_OFF
    ]
    return {"@context": _CONTEXT, "id": did, "verificationMethod": methods, "assertionMethod": trusted}


def _document(request: Request, document: Mapping[str, object]) -> Response:
    """Return a DID document, which any page may read and anybody may keep for a while."""
    answer = JSONResponse(document, media_type=DID_MEDIA_TYPE)
    answer.headers.update(
        {
            "Access-Control-Allow-Origin": "*",
            "Cache-Control": f"public, max-age={_KEPT_S}",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "ETag": f'"{hashlib.sha256(answer.body).hexdigest()[:32]}"',
        }
    )
    if answer.headers["ETag"] in request.headers.get("if-none-match", ""):
        kept = {name: answer.headers[name] for name in ("Access-Control-Allow-Origin", "Cache-Control", "ETag")}
        return Response(status_code=304, headers=kept)
    return answer


def _expiry(valid_until: int) -> dict[str, str]:
    """Say until when a key signs, where that has an end (Controlled Identifiers 1.0, section 2.2)."""
    if not valid_until:
        return {}
    return {"expires": datetime.fromtimestamp(valid_until, UTC).isoformat().replace("+00:00", "Z")}
