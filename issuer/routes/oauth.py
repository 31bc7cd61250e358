"""Access tokens for clients: OAuth 2 client credentials (RFC 6749, section 4.4).

Here, and only here, faults are told as that standard has them, since others' libraries read them so.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated
from urllib.parse import unquote_plus

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse

from chain.errors import InvalidInput
from issuer.client import admission
from issuer.client.admission import TOKEN_LIFE
from issuer.errors import NotAllowed, SignInRefused
from issuer.routes.admitted import occasion_of
from issuer.routes.desk import AtDesk  # noqa: TC001 — FastAPI reads annotations at run time
from issuer.tables.client_models import Scope

router = APIRouter(tags=["oauth"])

_GRANT = "client_credentials"
_MOST_SCOPES = 20


@router.post("/oauth/token", response_class=JSONResponse)
def token(  # noqa: PLR0917 — FastAPI passes all of them by name
    request: Request,
    at: AtDesk,
    grant_type: Annotated[str, Form(max_length=100)] = "",
    scope: Annotated[str, Form(max_length=500, description="Scopes, separated by spaces; all if left out.")] = "",
    client_id: Annotated[str, Form(max_length=200)] = "",
    client_secret: Annotated[str, Form(max_length=200)] = "",
) -> JSONResponse:
    """Give a client an access token for its secret, by client_secret_basic or client_secret_post."""
    basic = _basic(request)
    if basic is not None and (client_secret or client_id not in {"", basic[0]}):
        return _fault(400, "invalid_request", "a client shows its secret in one way, not in two")
    if grant_type != _GRANT:
        wrong = "unsupported_grant_type" if grant_type else "invalid_request"
        return _fault(400, wrong, f"grant_type: wanted {_GRANT}")
    name, secret = basic or (client_id, client_secret)
    scopes = scope.split()
    if len(scopes) > _MOST_SCOPES:
        return _fault(400, "invalid_scope", f"wanted at most {_MOST_SCOPES} scopes")
    try:
        given = admission.give_token(at.office, name, secret, scopes, occasion_of(request, at))
    except (SignInRefused, NotAllowed) as exc:
        return _fault(401, "invalid_client", str(exc))
    except InvalidInput as exc:
        return _fault(400, "invalid_scope", str(exc))
    return JSONResponse(
        {
            "access_token": given.token,
            "token_type": "Bearer",
            "expires_in": int(given.life.total_seconds()),
            "scope": " ".join(given.scopes),
        },
        headers={"Pragma": "no-cache"},
    )


@router.get("/.well-known/oauth-authorization-server", response_class=JSONResponse)
def metadata(at: AtDesk) -> JSONResponse:
    """Return where and how tokens are given (RFC 8414)."""
    url = at.site.url
    return JSONResponse(
        {
            "issuer": url,
            "token_endpoint": f"{url}/oauth/token",
            "grant_types_supported": [_GRANT],
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "scopes_supported": [str(each) for each in Scope],
        },
        headers={"Cache-Control": f"public, max-age={int(TOKEN_LIFE.total_seconds())}"},
    )


def _basic(request: Request) -> tuple[str, str] | None:
    """Return what HTTP Basic says; both parts are form-encoded first (RFC 6749, section 2.3.1)."""
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


def _fault(status: int, error: str, words: str) -> JSONResponse:
    headers = {"WWW-Authenticate": 'Basic realm="yinxin"'} if status == 401 else {}  # noqa: PLR2004 — HTTP's own number
    # RFC 6749, section 5.2: no quotation marks or backslashes in the description, and ASCII only.
    said = words.encode("ascii", "replace").decode().replace('"', "'").replace("\\", "/")
    return JSONResponse({"error": error, "error_description": said}, status_code=status, headers=headers)
