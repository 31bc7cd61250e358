"""Refusals and failures as RFC 9457 problem details."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from chain import errors as chain_errors
from chain.errors import YinxinError
from issuer import errors, refusals
from issuer.routes import request_faults

if TYPE_CHECKING:
    from datetime import datetime

    from fastapi import FastAPI, Request

MEDIA_TYPE = "application/problem+json"
_log = structlog.get_logger()

# The first that fits counts, so the narrow ones stand before the wide ones.
_STATUS: tuple[tuple[type[YinxinError], int], ...] = (
    (errors.FileRefused, 422),
    (chain_errors.ClaimsInvalid, 422),
    (errors.NotFound, 404),
    (errors.ProofMissing, 404),
    (errors.Ambiguous, 409),
    (errors.NotAllowed, 403),
    (errors.CapReached, 429),
    (errors.AnswerPending, 409),
    (errors.KeyReused, 422),
    (errors.AddressRefused, 422),
    (errors.PasswordRefused, 422),
    (errors.TooManyAttempts, 429),
    (errors.SignInTrouble, 401),
    (errors.NotReady, 409),
    (errors.Unconfirmed, 409),
    (errors.RefusedByRegistry, 409),
    (errors.ProviderAway, 503),
    (errors.Erased, 410),
    (errors.LaneBusy, 409),
    (errors.LaneTrouble, 503),
    (errors.DatabaseTrouble, 503),
    (errors.VerifierAway, 503),
    (errors.DocumentTrouble, 500),
    (errors.IssuerError, 500),
    (chain_errors.InvalidInput, 422),
    (chain_errors.RegistryRefused, 409),
    (chain_errors.RegistryError, 503),
    (YinxinError, 500),
)


def problem(status: int, detail: str, *, title: str = "", **more: object) -> JSONResponse:
    """Return a problem; without a title of its own it has the status code's."""
    return JSONResponse(
        {
            "type": "about:blank",
            "title": title or HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            **more,
        },
        status_code=status,
        media_type=MEDIA_TYPE,
    )


def add_to(app: FastAPI) -> None:
    """Have the application answer with problems."""
    app.add_exception_handler(YinxinError, refused)
    app.add_exception_handler(RequestValidationError, not_understood)
    app.add_exception_handler(HTTPException, http)


def status_of(error: YinxinError) -> int:
    """Return the status code that an error is answered with."""
    return next(status for kind, status in _STATUS if isinstance(error, kind))


def headers_of(error: YinxinError, now: datetime) -> dict[str, str]:
    """Return the headers that belong to an error's answer."""
    if isinstance(error, errors.AnswerPending):
        return {"Retry-After": "2"}
    if isinstance(error, (errors.TooManyAttempts, errors.CapReached)):
        return {"Retry-After": str(max(1, math.ceil((error.until - now).total_seconds())))}
    return {}


def refused(request: Request, error: Exception) -> JSONResponse:
    """Answer what the issuer refuses or fails at."""
    if not isinstance(error, YinxinError):
        raise error
    answer = _answer(error)
    answer.headers.update(headers_of(error, request.app.state.desk.office.now()))
    return answer


def _answer(error: YinxinError) -> JSONResponse:
    status = status_of(error)
    _log.info("refused", error=type(error).__name__, status=status)
    match error:
        case errors.FileRefused():
            rows = [
                {"row": each.row, "column": each.column, "got": each.got, "wanted": each.wanted}
                for each in error.faults
            ]
            return problem(status, f"{len(rows)} faults; nothing was written", title="FileRefused", errors=rows)
        case chain_errors.ClaimsInvalid():
            claims = [{"claim": each.claim, "got": each.got, "wanted": each.wanted} for each in error.faults]
            return problem(status, f"{len(claims)} faults; nothing was written", title="ClaimsInvalid", errors=claims)
        case chain_errors.RegistryRefused():
            return problem(status, refusals.sentence(error), title=error.name)
        case _:
            return problem(status, str(error), title=type(error).__name__)


def not_understood(_request: Request, error: Exception) -> JSONResponse:
    """Answer a request that is not in the right form."""
    faults = request_faults.faults(error.errors()) if isinstance(error, RequestValidationError) else []
    return problem(422, f"{len(faults)} faults in the request", title="RequestInvalid", errors=faults)


def http(_request: Request, error: Exception) -> JSONResponse:
    """Answer what the framework itself refuses."""
    if not isinstance(error, HTTPException):
        raise error
    answer = problem(error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer
