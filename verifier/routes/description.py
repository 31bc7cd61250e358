"""The OpenAPI description with its examples as they were written: the framework leaves out what is null in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi.routing import APIRoute

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fastapi import APIRouter, FastAPI


def keep_examples(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Have the application describe itself with the whole examples of these routers' answers."""
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
