"""What is known of every request: who asks, how often, how long it took. Nothing of what was asked is logged."""

from __future__ import annotations

import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from fastapi import Request

from verifier.limiting import Limit, Limited, Limits
from verifier.metrics import Metrics
from verifier.routes import clients
from verifier.routes.clients import Clients, Networks

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from verifier.settings import Settings

_LOG = structlog.get_logger(__name__)
_STATIC = "/static"
_UNLIMITED = (f"{_STATIC}/", "/healthz", "/readyz", "/metrics")
"""Small files that the server's cache has, and what only the operator asks for."""
_QUIET = frozenset({"/healthz", "/readyz", "/metrics", _STATIC})
"""Routes whose requests are nobody's question."""
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "DELETE", "PUT", "PATCH"})
_NO_ROUTE = "none"


@dataclass(frozen=True, slots=True)
class Watch:
    """What watches over requests."""

    clients: Clients
    limits: Limits
    metrics: Metrics
    metrics_readers: Networks


def watch_of(settings: Settings) -> Watch:
    """Return what the settings say; raises `InvalidInput`."""
    return Watch(
        clients=Clients(Networks.parse(settings.trusted_proxies, name="TRUSTED_PROXIES"), settings.client_header),
        limits=Limits(
            {
                Limit.READING: settings.limit_reading,
                Limit.VERIFYING: settings.limit_verifying,
                Limit.CERTIFICATE: settings.limit_certificate,
                Limit.MISSES: settings.limit_misses,
            }
        ),
        metrics=Metrics(),
        metrics_readers=Networks.parse(settings.metrics_from, name="METRICS_FROM"),
    )


class Observing:
    """Counts each request, refuses one too many, and writes a line of log about it."""

    def __init__(
        self, app: ASGIApp, watch: Watch, refuse: Callable[[Request, Limited], Coroutine[None, None, Response]]
    ) -> None:
        """`refuse` makes the answer to one too many."""
        self._app, self._watch, self._refuse = app, watch, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client = self._watch.clients.of(scope)
        scope["state"]["peer"] = str((scope.get("client") or ("",))[0])
        scope = {**scope, "client": (client, 0)}
        started, status = time.perf_counter(), int(HTTPStatus.INTERNAL_SERVER_ERROR)

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
            await send(message)

        try:
            answering = await self._refused(scope, client) or self._app
            await answering(scope, receive, send_and_note)
        finally:
            self._note(scope, client, status, time.perf_counter() - started)

    async def _refused(self, scope: Scope, client: str) -> Response | None:
        """Count the request; return what to answer if it is one too many."""
        if scope["path"].startswith(_UNLIMITED):
            return None
        limit = Limit.VERIFYING if scope["method"] == "POST" else Limit.READING
        try:
            self._watch.limits.count(limit, clients.counted_as(client))
        except Limited as exc:
            return await self._refuse(Request(scope), exc)
        return None

    def _note(self, scope: Scope, client: str, status: int, seconds: float) -> None:
        state = scope["state"]
        method = "HEAD" if state["is_head"] else scope["method"] if scope["method"] in _METHODS else "other"
        route = _template(scope)
        self._watch.metrics.request(method=method, route=route, status=status, seconds=seconds)
        log = _LOG.debug if route in _QUIET else _LOG.info
        log(
            "request",
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            client=clients.shown(client),
            request_id=state["request_id"],
            **state.get("noted", {}),
        )


def _template(scope: Scope) -> str:
    """Return the route's address as it was declared, without anybody's values in it."""
    # What is mounted leaves no route behind.
    if scope["path"].startswith(f"{_STATIC}/"):
        return _STATIC
    return str(getattr(scope.get("route"), "path", _NO_ROUTE))
