"""Serving the REST API."""

from __future__ import annotations

from typing import Annotated

import typer

from issuer.settings import Settings


def serve(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on; YINXIN_HOST if left out.")] = "",
    port: Annotated[int | None, typer.Option(help="Port to listen on; YINXIN_PORT if left out.")] = None,
) -> None:
    """Serve the REST API for line-of-business systems and the agencies' did:web documents."""
    # The web framework takes a while to load, and no other command needs it.
    import uvicorn

    from issuer.app import create_app

    settings = Settings()
    uvicorn.run(
        create_app(settings),
        host=host or settings.host,
        port=settings.port if port is None else port,
        log_level=settings.log_level,
        access_log=False,
    )


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(serve)
