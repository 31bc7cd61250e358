"""The OpenAPI description, for anybody to read, with its examples as they were written.

The framework leaves out what is null in them, and would send the whole description each time.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute

from verifier.routes import caching, origins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fastapi import APIRouter, FastAPI, Request


def add_to(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Have the application describe itself, with the whole examples of these routers' answers."""
    _keep_examples(app, routers)

    @cache
    def described() -> tuple[bytes, str]:
        """Return the description and its tag: the same for as long as this application stands."""
        body = bytes(JSONResponse(app.openapi()).body)
        return body, caching.etag(body)

    def description(request: Request) -> Response:
        body, tag = described()
        if caching.has(request, tag):
            return caching.unchanged(tag)
        headers = {"ETag": tag, "Cache-Control": caching.NEWEST}
        return Response(body, media_type=JSONResponse.media_type, headers=headers)

    app.add_route(origins.DESCRIPTION, description, include_in_schema=False)


def _keep_examples(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
    plain: Callable[[], dict[str, Any]] = app.openapi

    def describe() -> dict[str, Any]:
        described = plain()
        for route in routes:
            if route.include_in_schema and route.path_format in described["paths"]:
                for method in route.methods or ():
                    _put_back(route, described["paths"][route.path_format][method.lower()]["responses"])
        return described

    app.openapi = describe  # type: ignore[method-assign]  # The framework's documented way to change it.


def _put_back(route: APIRoute, described: dict[str, Any]) -> None:
    for status, answer in route.responses.items():
        for media_type, content in answer.get("content", {}).items():
            if "example" in content:
                described[str(status)]["content"][media_type]["example"] = content["example"]
