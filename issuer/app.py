"""The issuer over HTTP, put together."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING

from fastapi import FastAPI

from issuer.documents import Renderer
from issuer.routes import batches, certificates, problems, public
from issuer.routes.desk import Desk, Doorkeeper

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractContextManager

    from issuer.wiring import Issuer


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
