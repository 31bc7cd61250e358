"""The verifier over HTTP, put together: routes, headers, and the threads that follow the chain and cut checkpoints."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.resources import files
from secrets import token_hex
from typing import TYPE_CHECKING

from anyio import CapacityLimiter
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from verifier.audit import remembering
from verifier.audit.anomaly_rules import open_rules
from verifier.polling import Loop, following
from verifier.published.cutting import Cutter
from verifier.receipt.desk import ReceiptDesk
from verifier.routes import (
    answers,
    api,
    bulk,
    bulk_page,
    bulk_work,
    cosignatures,
    description,
    device,
    directory,
    evidence,
    health,
    limited,
    metrics,
    observing,
    origins,
    page,
    problems,
    receipt_pages,
    receipts,
    register,
    watch_page,
)
from verifier.routes.audit.chain_side import chain_side
from verifier.routes.audit.exports import Exports
from verifier.routes.audit.frame import readers_of
from verifier.routes.audit.packing import Packing
from verifier.routes.audit.routers import ROUTERS
from verifier.routes.desk import Desk
from verifier.routes.receipt_desk import Receipts
from verifier.routes.turns import Turns
from verifier.uploads import warm
from verifier.wiring import attester_of
from verifier.witnessing.collecting import PAUSE_S

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from verifier.indexing.index import Index
    from verifier.published.checkpoints import Checkpoints
    from verifier.published.evidence_files import EvidenceFiles
    from verifier.published.trust_file import TrustFile
    from verifier.settings import Settings
    from verifier.witnessing.collecting import Collector
    from verifier.witnessing.witnessed import Witnessed

_HEADERS = {
    # Compiling the scanner's WebAssembly is all that goes beyond our own files; pictures that were chosen are blobs.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
    "worker-src 'self'; manifest-src 'self'; img-src 'self' blob:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def _raw(headers: Mapping[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    """Return headers as they are sent (ASGI)."""
    return tuple((name.lower().encode(), value.encode()) for name, value in headers.items())


_CLOSED, _OPEN = _raw(_HEADERS), _raw({**_HEADERS, **origins.HEADERS})


def make_app(
    index: Index,
    settings: Settings,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    checkpoints: Checkpoints | None = None,
    evidence_files: EvidenceFiles | None = None,
    trust: TrustFile | None = None,
    leads: Callable[[], bool] = lambda: True,
    witnessed: Witnessed | None = None,
    collector: Collector | None = None,
) -> FastAPI:
    """Return the application; when it starts, it begins to follow the chain, and to cut checkpoints of it.

    Of several processes only the one that leads does that.
    """
    pdf_roots = settings.pdf_authorities

    watch = observing.watch_of(settings)
    audit_readers = readers_of(settings)
    audit_rules = open_rules(settings.audit_anomalies)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        readers = settings.max_readers
        giver = ReceiptDesk(index, lambda: attester_of(settings), settings.data_dir, evidence_files, trust)
        app.state.receipts = Receipts(giver)
        app.state.desk = Desk(
            index=index,
            clock=clock,
            readers=CapacityLimiter(readers),
            turns=Turns(readers),
            vouchers=giver.vouchers,
            pdf_roots=pdf_roots,
            limits=watch.limits,
            metrics=watch.metrics,
        )
        app.state.metrics_readers = watch.metrics_readers
        app.state.audit_readers = audit_readers
        app.state.audit_rules = audit_rules
        app.state.chain_side = chain_side(settings, index)
        app.state.packing = Packing(settings, trust)
        app.state.exports = Exports()
        app.state.audit_memory = settings.data_dir / remembering.FILE
        app.state.offered = evidence.Offered(evidence_files, trust, CapacityLimiter(1))
        cutter = None if checkpoints is None else Cutter(checkpoints, clock=clock)
        app.state.cutter = cutter
        app.state.witnessed = witnessed
        cutting = None if cutter is None else Loop("cutter", cutter.turn, when_called=True)

        def afterwards(now: datetime) -> None:
            if trust is not None:
                trust.watch(now)
            if cutting is not None and leads():
                cutting.call()

        poller = following(index, every_s=settings.poll_s, clock=clock, afterwards=afterwards, leads=leads)
        loops = [poller] if cutting is None else [poller, cutting]
        if collector is not None:
            loops.append(Loop("collector", lambda: collector.turn() if leads() else PAUSE_S))
        for loop in loops:
            loop.start()
        warm.READY.start()
        try:
            async with bulk_work.working(app.state.desk, settings.data_dir / "bulk") as app.state.bulk:
                yield
        finally:
            warm.READY.stop()
            for loop in loops:
                loop.stop()

    app = FastAPI(
        title="Yinxin verifier",
        summary="Tells whether an e-certificate is genuine and in force.",
        version="1",
        lifespan=lifespan,
        responses=answers.EVERYWHERE,
        # The framework's own pages fetch scripts from elsewhere; the description itself `description` gives.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        # Where a provider is present it would note texts of exceptions, which may be somebody's data.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        # Such an answer would send people where the request's own Host header says.
        redirect_slashes=False,
    )
    documented = (api, bulk, cosignatures, directory, evidence, health, metrics, receipts, register)
    for routes in (*documented, bulk_page, device, receipt_pages, watch_page, page):
        app.include_router(routes.router)
    for audit_router in ROUTERS:
        app.include_router(audit_router)
    description.add_to(app, (routes.router for routes in documented))
    app.mount("/static", StaticFiles(directory=str(files("verifier").joinpath("pages", "static"))), name="static")
    problems.add_to(app)
    limited.add_to(app)
    # The last one added stands outermost.
    app.add_middleware(observing.Observing, watch=watch, refuse=limited.refuse)
    app.add_middleware(_Headers)
    return app


class _Headers:
    """Gives each request a number, and each answer the headers that keep browsers strict and verdicts uncached.

    A HEAD is answered as a GET without its body, at every address.
    """

    def __init__(self, app: ASGIApp) -> None:
        # What nobody foresaw is answered within, so that it has them too.
        self._app = problems.Unforeseen(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = token_hex(8)
        is_head = scope["method"] == "HEAD"
        scope.setdefault("state", {}).update(request_id=request_id, is_head=is_head)
        is_static = scope["path"].startswith("/static/")
        is_open = origins.is_open(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = (*(_OPEN if is_open else _CLOSED), (b"x-request-id", request_id.encode()))
                names = {name for name, _ in ours}
                kept = [each for each in message["headers"] if each[0] not in names]
                if all(name != b"cache-control" for name, _ in kept):
                    kept.append((b"cache-control", b"no-cache" if is_static else b"no-store"))
                if message["status"] == HTTPStatus.REQUEST_TIMEOUT:
                    # The rest of the body is waited for no more (RFC 9110, section 15.5.9).
                    kept.append((b"connection", b"close"))
                message = {**message, "headers": [*kept, *ours]}
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        answering = origins.preflight(scope) or self._app
        await answering({**scope, "method": "GET"} if is_head else scope, receive, send_with_headers)
