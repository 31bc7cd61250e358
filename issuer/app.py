"""The issuer over HTTP, put together."""

from __future__ import annotations

from contextlib import asynccontextmanager, contextmanager
from functools import cache
from typing import TYPE_CHECKING

from fastapi import FastAPI

from issuer.documents import Renderer
from issuer.routes import batches, certificates, problems, public
from issuer.routes.desk import Desk, Doorkeeper
from issuer.wiring import open_issuer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractContextManager

    from issuer.settings import Settings
    from issuer.wiring import Issuer


def create_app(settings: Settings) -> FastAPI:
    """Return the application; it opens database, keys and node when it starts."""

    @contextmanager
    def opened() -> Iterator[Desk]:
        with open_issuer(settings) as issuer:
            yield desk_of(issuer)

    return application(opened, max_body_size=settings.max_upload_bytes)


def desk_of(issuer: Issuer) -> Desk:
    """Return the desk at which an issuer answers."""
    return Desk(office=issuer.office, lane=issuer.lane, renderer=cache(Renderer), doorkeeper=Doorkeeper(issuer.office))


def application(open_desk: Callable[[], AbstractContextManager[Desk]], *, max_body_size: int) -> FastAPI:
    """Return the application around a desk that is opened when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with open_desk() as desk:
            app.state.desk = desk
            yield

    app = FastAPI(
        title="Yinxin issuer",
        description="Issues e-certificates; for agencies' line-of-business systems.",
        version="1",
        lifespan=lifespan,
        max_body_size=max_body_size,
    )
    for router in (public.router, batches.router, certificates.router):
        app.include_router(router)
    problems.add_to(app)
    return app
