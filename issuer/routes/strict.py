"""Bodies with one meaning: JSON in which nothing is said twice, and values that are of just the type that is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import HTTPException, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict

from chain import strict_json

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

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
