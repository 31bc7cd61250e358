"""A PostgreSQL server that only the tests have: made in a temporary folder, on a port of its own, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

_USER = "yinxin"
_PATIENCE_S = 30
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # Nothing here outlives the tests.
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "jit": "off",
    "max_wal_size": "256MB",
    "max_connections": "60",
    "log_min_messages": "fatal",
    "dynamic_shared_memory_type": "mmap",
}


class PostgresMissing(Exception):
    """There is no PostgreSQL on this machine, or it does not start."""


@dataclass(slots=True)
class Cluster:
    """A running server."""

    folder: Path
    port: int
    password: str
    binaries: Path
    process: subprocess.Popen[bytes]
    _count: int = 0

    def url(self, name: str = "postgres") -> str:
        """Return the address of a database, as YINXIN_DATABASE_URL has it."""
        return f"postgresql+psycopg://{_USER}:{self.password}@127.0.0.1:{self.port}/{name}"

    def new(self, template: str = "template0") -> str:
        """Make a database, empty or like another one to which nobody is connected; returns its name."""
        self._count += 1
        name = f"issuer_{self._count}"
        self.run(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return name

    def drop(self, name: str) -> None:
        """Take a database away, whoever is still connected to it."""
        self.run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def run(self, statement: sql.SQL | sql.Composed, *, name: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement as the server's owner; returns its rows."""
        address = self.url(name).replace("+psycopg", "")
        with psycopg.connect(address, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def restart(self) -> None:
        """Start it again after it was stopped, on the same port."""
        self.process = _launch(self.binaries, self.folder, self.port)
        if not _is_ready(self):
            raise PostgresMissing((self.folder / "log").read_text(encoding="utf-8", errors="replace"))

    def cut_off(self, name: str) -> int:
        """End every session with a database, as an operator or a restart would; returns how many."""
        ended = sql.SQL("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = {}")
        return len(self.run(ended.format(sql.Literal(name))))


@contextlib.contextmanager
def running() -> Iterator[Cluster]:
    """Start a server and stop it; raises `PostgresMissing`."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="yinxin-postgres-"))
    try:
        password = secrets.token_hex(16)
        owner = _owner()
        if owner is not None:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        _make(binaries, folder, password, owner)
        cluster = _start(binaries, folder, password)
        try:
            yield cluster
        finally:
            cluster.process.send_signal(signal.SIGQUIT)
            cluster.process.wait(_PATIENCE_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    if on_path := shutil.which("initdb"):
        return Path(on_path).resolve().parent
    raise PostgresMissing("PostgreSQL: got no initdb, wanted one; scripts/setup tests installs it")


def _owner() -> pwd.struct_passwd | None:
    """Return who the server is to be, None for who runs the tests: it refuses to be root."""
    if os.getuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam("postgres")
    return pwd.getpwnam("nobody")


def _as(owner: pwd.struct_passwd | None) -> dict[str, object]:
    return {} if owner is None else {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}


def _make(binaries: Path, folder: Path, password: str, owner: pwd.struct_passwd | None) -> None:
    secret = folder / "password"
    secret.write_text(password, encoding="ascii")
    secret.chmod(0o644)
    made = subprocess.run(
        [
            *(binaries / "initdb", "--pgdata", folder / "data", "--username", _USER, "--pwfile", secret),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
        ],
        **_as(owner),
        cwd=folder,
        capture_output=True,
        check=False,
    )
    secret.unlink()
    if made.returncode:
        raise PostgresMissing(f"initdb: {made.stderr.decode(errors='replace')}")


def _start(binaries: Path, folder: Path, password: str) -> Cluster:
    for _ in range(5):
        port = _free_port()
        cluster = Cluster(folder, port, password, binaries, _launch(binaries, folder, port))
        if _is_ready(cluster):
            return cluster
    raise PostgresMissing((folder / "log").read_text(encoding="utf-8", errors="replace"))


def _launch(binaries: Path, folder: Path, port: int) -> subprocess.Popen[bytes]:
    options = [f"--{name.replace('_', '-')}={value}" for name, value in _SETTINGS.items()]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", f"--port={port}", *options],
            **_as(_owner()),
            cwd=folder,
            stdout=log,
            stderr=log,
        )


def _is_ready(cluster: Cluster) -> bool:
    """Wait until the server answers; False if it ended, as it does where somebody took its port meanwhile."""
    deadline = time.monotonic() + _PATIENCE_S
    while cluster.process.poll() is None:
        try:
            cluster.run(sql.SQL("SELECT 1"))
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                cluster.process.kill()
                cluster.process.wait()
                raise
            time.sleep(0.05)
        else:
            return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
