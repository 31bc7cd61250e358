"""Serves the hostile world's registry over HTTP, as a program of its own: `python -m … FOLDER SECONDS`.

It tells its port. The seconds are how long a child may take, so that a test need not wait for many times the usual.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvicorn

from tests.verifier.book import NOW
from tests.verifier.hostile.world import index_of_the_world
from verifier.app import make_app
from verifier.settings import Settings
from verifier.uploads import reading


def main() -> None:
    folder = Path(sys.argv[1])
    reading.WALL_CLOCK_S = float(sys.argv[2])
    unlimited = {"limit_reading": 0, "limit_verifying": 0, "limit_certificate": 0, "limit_misses": 0}
    settings = Settings(poll_s=60, data_dir=folder, **unlimited)
    app = make_app(index_of_the_world(folder), settings, clock=lambda: NOW)
    listening = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listening])


if __name__ == "__main__":
    main()
