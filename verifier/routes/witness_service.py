"""A witness over HTTP: what it signed, what it found, and the address at which checkpoints are handed in.

The answers to a checkpoint are those of the witnesses of transparency logs (C2SP, tlog-witness): 200 with the
co-signature, 404 for another registry, 403 for what is not believed, 409 with the newest co-signature for an older
checkpoint, 422 with the split view for another history.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, cast

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, FastAPI, Path, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException

from chain import base64url
from chain.envelope import MAX_HISTORY
from verifier.check.moments import time_of
from verifier.routes import clients, problems
from verifier.routes.incoming import limited
from verifier.routes.problems import RequestFault, problem
from verifier.routes.turns import RETRY_AFTER_S, Coming
from verifier.witnessing import cosignature as cosignatures
from verifier.witnessing import counts, split_view
from verifier.witnessing.errors import FolderUnusable
from verifier.witnessing.witness import Outcome

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from chain.strict_json import JSON
    from verifier.witnessing.cosignature import Cosignature
    from verifier.witnessing.witness import Answer, Witness

MOST_WAITING = 4
"""How many checkpoints may wait to be looked at; each takes as long as its history is."""
MOST_COMING, MOST_COMING_EACH = 12, 1
"""How many may be on their way or looked at, of all and of each client: who sends nothing holds its own place alone."""
_HEADERS = (
    (b"access-control-allow-origin", b"*"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
)
_STATUSES = {
    Outcome.COSIGNED: HTTPStatus.OK,
    Outcome.MALFORMED: HTTPStatus.BAD_REQUEST,
    Outcome.OTHER_REGISTRY: HTTPStatus.NOT_FOUND,
    Outcome.NOT_BELIEVED: HTTPStatus.FORBIDDEN,
    Outcome.OLDER: HTTPStatus.CONFLICT,
    Outcome.SPLIT: HTTPStatus.UNPROCESSABLE_ENTITY,
}

router = APIRouter(prefix="/api/v1/witness")
monitoring = APIRouter()


@dataclass(slots=True)
class _Desk:
    witness: Witness
    one: CapacityLimiter
    waiting: int = field(default=0)
    coming: Coming = field(default_factory=lambda: Coming(MOST_COMING, MOST_COMING_EACH))


def make_app(witness: Witness, *, lifespan: AbstractAsyncContextManager[None] | None = None) -> FastAPI:
    """Return the application of a witness; `lifespan` is entered while it serves."""
    app = FastAPI(
        title="Yinxin witness",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=None if lifespan is None else lambda _: lifespan,
        # As the verifier: what a provider would note may be somebody's data.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.witness_desk = _Desk(witness, CapacityLimiter(1))
    app.include_router(router)
    app.include_router(monitoring)
    problems.add_to(app)
    app.add_exception_handler(FolderUnusable, _unusable)
    app.add_middleware(_Headers)
    return app


def _desk(request: Request) -> _Desk:
    return cast("_Desk", request.app.state.witness_desk)


@router.get("")
def about(request: Request) -> JSONResponse:
    """Say who this is, and how far it has come."""
    witness = _desk(request).witness
    newest = witness.newest
    answer: dict[str, JSON] = {
        "name": witness.name,
        "kid": base64url.encode(witness.key.kid),
        "key": witness.key.jwk(),
        "registry_id": f"0x{witness.trust.registry_id.hex()}",
        "chain_id": witness.trust.chain_id,
        "newest": None if newest is None else _told(newest),
        "split_views": len(witness.folder.splits.names()),
        "alarms": len(witness.folder.alarms()),
    }
    return JSONResponse(answer)


@router.get("/newest")
def newest(request: Request) -> Response:
    """Give the newest co-signature."""
    found = _desk(request).witness.newest
    if found is None:
        raise RequestFault(HTTPStatus.NOT_FOUND, "nothing has been co-signed yet")
    return _file(found)


@router.get("/cosignatures/{number}")
def numbered(request: Request, number: Annotated[int, Path(ge=0, lt=2**62)]) -> Response:
    """Give the co-signature of a block's checkpoint."""
    found = _desk(request).witness.folder.cosignature(number)
    if found is None:
        raise RequestFault(HTTPStatus.NOT_FOUND, f"no checkpoint of block {number} was co-signed")
    return _file(found)


@router.get("/split-views")
def splits(request: Request) -> JSONResponse:
    """List the split views that were found, the oldest first."""
    return JSONResponse({"split_views": _desk(request).witness.folder.splits.names()})


@router.get("/split-views/{name}")
def split(request: Request, name: str) -> Response:
    """Give a split view, which anybody can check."""
    data = _desk(request).witness.folder.splits.read(name)
    if data is None:
        raise RequestFault(HTTPStatus.NOT_FOUND, "there is no split view of that name")
    return Response(data, media_type=split_view.MEDIA_TYPE)


@router.get("/alarms")
def alarms(request: Request) -> JSONResponse:
    """List all that somebody should look at, the oldest first."""
    return JSONResponse({"alarms": _desk(request).witness.folder.alarms()})


@monitoring.get("/metrics")
def metrics(request: Request) -> Response:
    """Give ages and counts for monitoring, in Prometheus' text format: nothing that the other addresses do not tell."""
    return Response(counts.text(_desk(request).witness), media_type=CONTENT_TYPE_LATEST)


@router.post("/checkpoints")
async def handed_in(request: Request) -> Response:
    """Look at a checkpoint, and co-sign it if it goes on from what was seen."""
    desk = _desk(request)
    client = clients.counted_as(request.client.host) if request.client else ""
    with desk.coming.place(client):
        data = b"".join([piece async for piece in limited(request, MAX_HISTORY)])
        if desk.waiting >= MOST_WAITING:
            raise HTTPException(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "too many checkpoints are being looked at",
                headers={"Retry-After": str(RETRY_AFTER_S)},
            )
        desk.waiting += 1
        try:
            answer = await to_thread.run_sync(desk.witness.consider, data, limiter=desk.one)
        finally:
            desk.waiting -= 1
    return _answered(request, answer)


def _answered(request: Request, answer: Answer) -> Response:
    status = _STATUSES[answer.outcome]
    if answer.outcome in {Outcome.COSIGNED, Outcome.OLDER} and answer.cosignature is not None:
        return _file(answer.cosignature, status)
    if answer.split is not None:
        return Response(answer.split.view.encode(), status, media_type=split_view.MEDIA_TYPE)
    return problem(request, status, answer.detail)


def _file(cosignature: Cosignature, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(cosignature.encode(), status, media_type=cosignatures.MEDIA_TYPE)


def _told(cosignature: Cosignature) -> dict[str, JSON]:
    statement = cosignature.statement
    return {
        "block_number": statement.number,
        "block_hash": f"0x{statement.hash.hex()}",
        "time": time_of(statement.timestamp).isoformat(),
        "seen": time_of(statement.seen).isoformat(),
    }


def _unusable(request: Request, error: Exception) -> JSONResponse:
    return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, str(error))


class _Headers:
    """Gives each answer the headers that keep browsers strict, and lets any page read it."""

    def __init__(self, app: ASGIApp) -> None:
        # What nobody foresaw is answered within, so that it has them too.
        self._app = problems.Unforeseen(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *_HEADERS]}
                # What comes later of a body that was given up is no request of its own.
                if message["status"] == HTTPStatus.REQUEST_TIMEOUT:
                    message["headers"].append((b"connection", b"close"))
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
