"""What anybody may ask: did:web documents, and whether the service is well."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from chain import base64url
from chain.errors import YinxinError
from chain.keys import PublicKey
from issuer import nonces
from issuer.directory import WITHOUT_CUT_OFF
from issuer.routes.desk import AtDesk  # noqa: TC001 — FastAPI reads annotations at run time

router = APIRouter(tags=["public"])

DID_MEDIA_TYPE = "application/did+json"
_CONTEXT = ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"]


@router.get("/.well-known/did.json", response_class=Response)
def service(at: AtDesk) -> JSONResponse:
    """Return the service's own DID document; it has no keys, its agencies have."""
    return JSONResponse({"@context": _CONTEXT, "id": at.office.issuer_did}, media_type=DID_MEDIA_TYPE)


@router.get("/agencies/{agency}/did.json", response_class=Response)
def agency(agency: int, at: AtDesk) -> JSONResponse:
    """Return an agency's DID document, with its document keys as the chain lists them.

    A convenience for others' libraries. Whether a key counts for a certificate, the chain decides.
    """
    found = at.office.directory().agency(agency)
    did = at.office.agency_did(agency)
    methods = [
        {
            "id": f"{did}#{base64url.encode(key.kid)}",
            "type": "JsonWebKey",
            "controller": did,
            "publicKeyJwk": {**PublicKey(key.x, key.y).jwk(), "alg": "ES256", "kid": base64url.encode(key.kid)},
        }
        for key in found.keys
    ]
    trusted = [
        method["id"] for method, key in zip(methods, found.keys, strict=True) if key.cut_off_block == WITHOUT_CUT_OFF
    ]
    document = {"@context": _CONTEXT, "id": did, "verificationMethod": methods, "assertionMethod": trusted}
    return JSONResponse(document, media_type=DID_MEDIA_TYPE)


@router.get("/healthz")
def healthz() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@router.get("/readyz")
def readyz(at: AtDesk, response: Response) -> dict[str, str]:
    """Say whether database and node answer, and whether what is sealed next could go on to the chain."""
    try:
        newest = at.office.registry.newest()
        nonces.following(at.office, at.sender())
    except YinxinError as exc:
        response.status_code = 503
        return {"status": "not ready", "reason": str(exc)}
    return {"status": "ready", "block": str(newest.number)}
