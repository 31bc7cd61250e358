"""The issuer over HTTP, put together."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING

from fastapi import FastAPI

from issuer.documents import Renderer
from issuer.routes import batches, certificates, listing, problems, public
from issuer.routes.desk import Desk, Doorkeeper
from issuer.routes.frame import Frame

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractContextManager

    from issuer.wiring import Issuer


def desk_of(issuer: Issuer) -> Desk:
    """Return the desk at which an issuer answers."""
    return Desk(
        office=issuer.office,
        lane=issuer.lane,
        sender=lambda: issuer.office.keystore.sender_address(issuer.settings.sender),
        renderer=cache(Renderer),
        doorkeeper=Doorkeeper(issuer.office),
    )


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
        # The framework's own pages fetch scripts from elsewhere, and officers would type passwords into them.
        docs_url=None,
        redoc_url=None,
    )
    for router in (public.router, batches.router, certificates.router, listing.router):
        app.include_router(router)
    problems.add_to(app)
    app.add_middleware(Frame, max_body_size=max_body_size)
    return app
