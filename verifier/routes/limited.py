"""What somebody who asks too often is told: programs a problem, people a page."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from verifier.limiting import Limit, Limited
from verifier.routes import problems
from verifier.routes.desk import desk_of
from verifier.routes.rendering import language_in, rendered

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

_FAULTS = {Limit.MISSES: "page.too_many_misses", Limit.CERTIFICATE: "page.certificate_in_demand"}
_STATUS = HTTPStatus.TOO_MANY_REQUESTS


def add_to(app: FastAPI) -> None:
    """Have the application tell those who are refused while their question is being answered."""
    app.add_exception_handler(Limited, _refuse)


async def refuse(request: Request, why: Limited) -> Response:
    """Return the answer, with when to come again; and count it."""
    desk_of(request).metrics.limited(why.limit)
    answer: Response
    if request.url.path.startswith("/api/"):
        answer = problems.problem(request, _STATUS, str(why))
    else:
        fault = _FAULTS.get(why.limit, "page.too_many")
        asked = language_in(request.query_params.get("lang"))
        answer = rendered(request, "start.html", asked, _STATUS, fault=fault, typed="", on="", example="")
    answer.headers["Retry-After"] = str(why.retry_after_s)
    return answer


async def _refuse(request: Request, error: Exception) -> Response:
    if not isinstance(error, Limited):
        raise error
    return await refuse(request, error)
