"""Who is asking where another system may: a client by its key or token, or an officer by name and password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBasic, HTTPBasicCredentials, HTTPBearer

from issuer.audit_log import Occasion
from issuer.client import admission
from issuer.client.admission import Caller
from issuer.errors import NotAllowed, SessionOver, SignInRefused
from issuer.keys import Officer
from issuer.routes.desk import AtDesk, Desk, source_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from issuer.tables.client_models import Scope

_BEARER = HTTPBearer(
    auto_error=False, description="A client's secret (`yx_…`) itself, or an access token (`yxt_…`) that it got for it."
)
_BASIC = HTTPBasic(realm="yinxin", auto_error=False, description="The name of an officer's key and its password.")
_NO_CLIENT = "wanted a client's key or access token, by «Authorization: Bearer …»"


def occasion_of(request: Request, at: Desk) -> Occasion:
    """Return when a request came, and from where."""
    return Occasion(at.office.now(), source_of(request))


def client(
    request: Request, at: AtDesk, shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
) -> Caller:
    """Return which client is asking; answers 401 to anybody else."""
    if shown is None:
        raise unauthorised(_NO_CLIENT)
    try:
        return admission.admit(at.office, shown.credentials, occasion_of(request, at))
    except (SignInRefused, SessionOver) as exc:
        raise unauthorised(str(exc), error="invalid_token") from exc


def client_or_officer(
    request: Request,
    at: AtDesk,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    typed: Annotated[HTTPBasicCredentials | None, Depends(_BASIC)],
) -> Caller | Officer:
    """Return which client or officer is asking; answers 401 to anybody else."""
    if typed is not None:
        return at.doorkeeper.officer(typed.username, typed.password, source_of(request))
    if shown is None:
        answer = unauthorised(f"{_NO_CLIENT}, or an officer's key and its password, by HTTP Basic")
        answer.headers = {"WWW-Authenticate": 'Basic realm="yinxin", charset="UTF-8", Bearer realm="yinxin"'}
        raise answer
    return client(request, at, shown)


def unauthorised(detail: str, *, error: str = "") -> HTTPException:
    """Return the answer to somebody who has not shown who it is (RFC 6750, section 3)."""
    challenge = 'Bearer realm="yinxin"' + (f', error="{error}"' if error else "")
    return HTTPException(401, detail, {"WWW-Authenticate": challenge})


def use(request: Request, at: Desk, caller: Caller, scope: Scope, *, cause: str | None = None, asked: str = "") -> int:
    """Count a use and note it down; returns its number. Answers 403 with RFC 6750's own word for a missing scope."""
    try:
        caller.require(scope)
    except NotAllowed as exc:
        challenge = f'Bearer realm="yinxin", error="insufficient_scope", scope="{scope}"'
        raise HTTPException(403, str(exc), {"WWW-Authenticate": challenge}) from exc
    return admission.use(at.office, caller, scope, occasion_of(request, at), cause=cause, subject=asked)


def answered(request: Request, at: Desk, caller: Caller, used: int, row_ids: Sequence[str]) -> None:
    """Note which certificates a use was about."""
    if row_ids:
        admission.answered(at.office, caller, used, row_ids, occasion_of(request, at))


Client: TypeAlias = Annotated[Caller, Depends(client)]
Either: TypeAlias = Annotated[Caller | Officer, Depends(client_or_officer)]
