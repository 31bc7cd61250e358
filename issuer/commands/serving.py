"""Serving the REST API."""

from __future__ import annotations

import signal
from contextlib import nullcontext
from typing import Annotated

import typer

from issuer.commands.working import background
from issuer.settings import open_settings
from issuer.wiring import open_issuer


def serve(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on; YINXIN_HOST if left out.")] = "",
    port: Annotated[int | None, typer.Option(help="Port to listen on; YINXIN_PORT if left out.")] = None,
) -> None:
    """Serve the REST API for line-of-business systems and the agencies' did:web documents."""
    # The web framework takes a while to load, and no other command needs it.
    import uvicorn  # noqa: PLC0415

    from issuer.app import application, desk_of  # noqa: PLC0415

    settings = open_settings()
    # The server stops on SIGTERM, then raises it anew; whatever the worker has in hand is finished before the end.
    signal.signal(signal.SIGTERM, lambda _number, _frame: None)
    # Opened here, so that what is wrong is said like any other command's trouble.
    with open_issuer(settings) as issuer, background(settings):
        uvicorn.run(
            application(lambda: nullcontext(desk_of(issuer)), max_body_size=settings.max_upload_bytes),
            host=host or settings.host,
            port=settings.port if port is None else port,
            log_level=settings.log_level.lower(),
            access_log=False,
            server_header=False,
        )


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(serve)
