"""Counts for the operator's monitoring; for nobody else unless a setting says so."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException

from verifier.metrics import State
from verifier.routes import clients
from verifier.routes.answers import problem
from verifier.routes.desk import desk_of
from verifier.routes.evidence import offered

if TYPE_CHECKING:
    from verifier.routes.clients import Networks

router = APIRouter(tags=["operation"])


@router.get(
    "/metrics",
    summary="Get the counts",
    response_class=PlainTextResponse,
    responses={404: problem("Whoever asks is none of those who may.")},
)
def metrics(request: Request) -> Response:
    """Get verdicts, latencies, the index's state and more, in Prometheus' text format."""
    readers = cast("Networks", request.app.state.metrics_readers)
    client = request.client.host if request.client else ""
    # Behind a proxy on the same machine that is not named as trusted, everybody seems to be that machine.
    is_somebody_s = clients.is_forwarded(request.scope) and client == request.state.peer
    if is_somebody_s or not clients.within(client, readers):
        raise HTTPException(HTTPStatus.NOT_FOUND)
    desk = desk_of(request)
    files = offered(request).files

    def checkpoint_time() -> int | None:
        newest = None if files is None else files.newest()
        return None if newest is None else newest.timestamp

    state = State(desk.index.progress, checkpoint_time, desk.clock())
    return Response(desk.metrics.text(state), media_type=CONTENT_TYPE_LATEST)
