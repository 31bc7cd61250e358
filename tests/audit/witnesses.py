"""Verifiers and witnesses that really serve, in threads of the test's process."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

import uvicorn

from tests.verifier.test_checkpoints import follow
from tests.verifier.test_index import now_of
from tests.verifier.trust import settings_of, trust_list_of
from verifier.app import make_app
from verifier.attesting import make_attester
from verifier.published.trust_file import Expected, TrustFile
from verifier.routes import witness_service
from verifier.wiring import open_collector, open_trust_file, open_verifier
from verifier.witnessing.folder import Folder
from verifier.witnessing.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from tests.deployed import Deployed
    from verifier.settings import Settings
    from verifier.wiring import Verifier
    from verifier.witnessing.collecting import Collector

NAME = "演示审计厅"
PATIENCE_S = 30


@contextmanager
def serving(app: FastAPI, port: int = 0) -> Iterator[str]:
    """Serve an application, on a free port if none is named; yield its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + PATIENCE_S
    while not server.started:
        assert thread.is_alive()
        assert time.monotonic() < until
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)


@dataclass(frozen=True, slots=True)
class Desk:
    """A verifier whose steps the test takes itself: it reads the chain and cuts when it is told to."""

    deployed: Deployed
    folder: Path
    settings: Settings
    verifier: Verifier
    collector: Collector | None

    @classmethod
    def opened(cls, deployed: Deployed, folder: Path, **changes: object) -> Desk:
        """Open one whose key the trust list in its folder names; both are made if there are none yet."""
        attester = make_attester(folder)
        trust = folder / "trust.json"
        if not trust.exists():
            trust.write_bytes(trust_list_of(deployed, now=now_of(deployed), attesters=[attester.public]))
        settings = settings_of(deployed, folder, **{"poll_s": 3_600, "trust_list": str(trust), **changes})
        verifier = open_verifier(settings)
        listed = open_trust_file(settings, now_of(deployed), identity=verifier.index.identity)
        collector = open_collector(settings, verifier.witnessed, listed, clock=lambda: now_of(deployed))
        return cls(deployed, folder, settings, verifier, collector)

    def cut(self) -> int | None:
        """Read what is new and cut a checkpoint; return its block."""
        return follow(self.verifier, self.deployed)

    @contextmanager
    def served(self, port: int = 0) -> Iterator[str]:
        """Serve it; yield its address. It does not read the chain meanwhile."""
        listed = open_trust_file(self.settings, now_of(self.deployed), identity=self.verifier.index.identity)
        app = make_app(
            self.verifier.index,
            self.settings,
            clock=lambda: now_of(self.deployed),
            evidence_files=self.verifier.files,
            trust=listed,
            witnessed=self.verifier.witnessed,
            leads=lambda: False,
        )
        with serving(app, port) as url:
            yield url


@dataclass(frozen=True, slots=True)
class Outsider:
    """A witness that serves."""

    witness: Witness
    url: str

    def listed_in(self, path: Path, **changes: object) -> str:
        """Write the file by which a verifier knows it; return where it is."""
        entry = {"name": self.witness.name, "url": self.url, "key": self.witness.key.jwk(), **changes}
        path.write_text(json.dumps({"witnesses": [entry]}))
        return str(path)


@contextmanager
def outsider(deployed: Deployed, folder: Path, trust: Path) -> Iterator[Outsider]:
    """Serve a witness that believes a trust list."""
    record = deployed.record
    expected = Expected(record.address, record.registry_id, record.chain_id)
    folder.mkdir(exist_ok=True)
    listed = TrustFile(trust, expected, folder=folder)
    witness = Witness(NAME, Folder(folder), listed, clock=lambda: now_of(deployed))
    with serving(witness_service.make_app(witness)) as url:
        yield Outsider(witness, url)


def copied(desk: Desk, folder: Path, *, with_index: bool) -> Path:
    """Copy a verifier's key and trust list to another folder, and its index too if that is wanted."""
    folder.mkdir()
    names = ["key.pem", "trust.json"]
    if with_index:
        names += [each.name for each in desk.folder.glob("index.db*")]
    for name in names:
        shutil.copy(desk.folder / name, folder / name)
    return folder
