"""The issuer over HTTP, put together."""

from __future__ import annotations

from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING

from fastapi import FastAPI

from issuer import site
from issuer.document.documents import Renderer
from issuer.routes import batches, certificates, drafting, listing, oauth, problems, public, services
from issuer.routes.desk import Desk, Doorkeeper
from issuer.routes.frame import Frame
from issuer.routes.pages import (
    account,
    appointments,
    approving,
    clients,
    confirm,
    doctor,
    drafts,
    erasures,
    factors,
    helping,
    holder,
    holders,
    home,
    imports,
    inspections,
    invitations,
    log,
    orders,
    people,
    previewing,
    provider,
    queue,
    reconciliation,
    rehearsals,
    sign_in,
    static,
    submitting,
    suspending,
    trouble,
    versions,
    webhooks,
)
from issuer.routes.pages import batches as batch_pages
from issuer.routes.pages import certificates as certificate_pages
from issuer.webhook import sending as webhook_sending

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractContextManager

    from issuer.wiring import Issuer


_INTERFACES = (public, batches, certificates, drafting, services, oauth, listing)
_PAGES = (
    static,
    sign_in,
    confirm,
    provider,
    invitations,
    account,
    factors,
    home,
    drafts,
    imports,
    batch_pages,
    previewing,
    rehearsals,
    submitting,
    approving,
    queue,
    certificate_pages,
    versions,
    orders,
    suspending,
    erasures,
    inspections,
    holders,
    holder,
    appointments,
    people,
    clients,
    webhooks,
    reconciliation,
    log,
    doctor,
    helping,
)


def desk_of(issuer: Issuer) -> Desk:
    """Return the desk at which an issuer answers."""
    return Desk(
        office=issuer.office,
        lane=issuer.lane,
        sender=lambda: issuer.office.keystore.sender_address(issuer.settings.sender),
        renderer=cache(Renderer),
        doorkeeper=Doorkeeper(issuer.office),
        site=site.of(issuer.settings),
        patient=issuer.patient,
        webhook_sender=webhook_sending.sender(issuer.settings.webhook_networks),
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
        # Where a provider is present it would note texts of exceptions, which may be somebody's data.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        # Such an answer would send people where the request's own Host header says.
        redirect_slashes=False,
    )
    for module in (*_INTERFACES, *_PAGES):
        app.include_router(module.router)
    problems.add_to(app)
    trouble.add_to(app)
    app.add_middleware(Frame, max_body_size=max_body_size, page=trouble.page_for)
    return app
