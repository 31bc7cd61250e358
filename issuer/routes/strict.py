"""Requests with one meaning.

No parameter is passed over, nothing is said twice, and values are of just the type that is wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict

from chain import strict_json

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from fastapi.dependencies.models import Dependant
    from starlette.responses import Response


class Strict(BaseModel):
    """The root of what is asked and answered: unknown members and values of another type are refused."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, populate_by_name=True)


class StrictRequest(Request):
    """A request whose JSON is read by the same parser as certificates are."""

    async def json(self) -> strict_json.JSON:
        """Return the body; answers 400 to duplicate members, NaN, half characters and the like."""
        try:
            return strict_json.parse(await self.body())
        except ValueError as exc:
            # What came is not repeated: the parser's words may quote it.
            wanted = f"UTF-8 JSON without duplicate members, fractions, or more than {strict_json.MAX_DEPTH} levels"
            raise HTTPException(400, f"body: wanted {wanted}") from exc


class StrictRoute(APIRoute):
    """A route that reads JSON strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, given strict requests."""
        inner = super().get_route_handler()

        async def handler(request: Request) -> Response:
            return await inner(StrictRequest(request.scope, request.receive))

        return handler


def require_known_query(request: Request) -> None:
    """Refuse parameters that this address does not know, and those that come twice.

    A misspelt `root` would approve whatever there is, and a wish for another format would look granted.
    """
    route: APIRoute = request.scope["route"]
    known = _asked_by(route.dependant)
    wanted = {"known": f"one of the parameters {', '.join(known)}" if known else "no parameter"}
    faults: list[dict[str, object]] = []
    for name in request.query_params:
        given = request.query_params.getlist(name)
        if name not in known:
            faults.append({"type": "unknown_parameter", "loc": ("query", name), "input": given[0], "ctx": wanted})
        elif len(given) > 1:
            faults.append({"type": "repeated_parameter", "loc": ("query", name), "input": given})
    if faults:
        raise RequestValidationError(faults)


def _asked_by(dependant: Dependant) -> list[str]:
    return [
        *(each.alias for each in dependant.query_params),
        *(name for each in dependant.dependencies for name in _asked_by(each)),
    ]
