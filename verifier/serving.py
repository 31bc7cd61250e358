"""Serves over HTTP, in one process or in several that share a port.

Several are watched over by a parent, which starts another one where one ends. Each reads the index; the one that leads
follows the chain and cuts checkpoints, and when it ends another one takes that over. Rates are limited, and metrics
counted, in each process by itself.
"""

from __future__ import annotations

import os
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from verifier import logs
from verifier.app import make_app
from verifier.indexing.leading import Leader
from verifier.settings import PREFIX, open_settings
from verifier.wiring import open_collector, open_trust_file, open_verifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

    from verifier.settings import Settings

_LEADER = f"{PREFIX}LEADER_LOCK"
"""How the parent tells its children which file they lock; not for operators."""
_PATIENCE_S = 30
"""How long a process may be busy before it is taken for dead and another one started: under load, five is too short."""


def serve(settings: Settings, *, host: str, port: int, workers: int = 1) -> None:
    """Serve until stopped; raises `InvalidInput` before, if a setting is wrong."""
    # Opened here first, also for those who serve: they would all bring the tables to the newest revision at once.
    made = application(settings)
    if workers == 1:
        server = uvicorn.Server(_config(made, host, port, 1))
        server.run()
        if not server.started:
            sys.exit(STARTUP_FAILURE)
        return
    with TemporaryDirectory(prefix="yinxin-") as folder:
        os.environ[_LEADER] = str(Path(folder, "leader"))
        run_several(_config(f"{__name__}:worker", host, port, workers))


def run_several(config: uvicorn.Config) -> None:
    """Run as many processes as the configuration says, until stopped."""
    parent = Multiprocess(config, sockets=[_Place.of(config.bind_socket())])
    parent.run()
    if any(each.exitcode == STARTUP_FAILURE for each in parent.processes):
        sys.exit(STARTUP_FAILURE)


def worker() -> FastAPI:
    """Return the application of one process of several, as the environment has its settings."""
    settings = open_settings()
    logs.configure(settings.log_level, process=os.getpid())
    return application(settings, leader=Leader(Path(os.environ[_LEADER])))


def application(settings: Settings, *, leader: Leader | None = None) -> FastAPI:
    """Return the application over the settings' nodes and database; raises `InvalidInput`."""
    verifier = open_verifier(settings)
    trust = open_trust_file(settings, datetime.now(UTC), identity=verifier.index.identity)
    return make_app(
        verifier.index,
        settings,
        checkpoints=verifier.checkpoints,
        evidence_files=verifier.files,
        trust=trust,
        witnessed=verifier.witnessed,
        collector=open_collector(settings, verifier.witnessed, trust, clock=lambda: datetime.now(UTC)),
        leads=(lambda: True) if leader is None else leader.leads,
    )


class _Place(socket.socket):
    """The address that several processes serve; whichever it is sent to gets a socket of its own there.

    The system deals new connections out among their sockets (socket(7), SO_REUSEPORT). From one that they all held, the
    first to wake took every connection that waited: sixteen of a proxy, and the other processes had none.
    """

    @classmethod
    def of(cls, bound: socket.socket) -> _Place:
        """Let others of this user's beside it. Bound it was alone: another service on the port was an error."""
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        return cls(bound.family, bound.type, fileno=bound.detach())

    def __reduce__(self) -> tuple[Callable[..., socket.socket], tuple[object, ...]]:
        """Travel as an address."""
        return _bound, (self.family, self.type, self.getsockname())


def _bound(family: int, kind: int, address: tuple[object, ...]) -> socket.socket:
    bound = socket.socket(family, kind)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    bound.bind(address)
    return bound


def _config(app: FastAPI | str, host: str, port: int, workers: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=isinstance(app, str),
        host=host,
        port=port,
        workers=workers,
        log_config=None,
        access_log=False,
        server_header=False,
        # Whom a proxy is believed to speak for, `routes.clients` decides.
        proxy_headers=False,
        timeout_worker_healthcheck=_PATIENCE_S,
    )
