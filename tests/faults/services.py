"""An issuer on a real chain whose workers are processes of their own, to be killed; and what must hold in the end."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlmodel import select

from chain.certificate_types import by_identifier
from chain.events import BatchAnchored
from issuer import approvals, cli, issuing
from issuer.draft import drafting
from issuer.settings import Settings
from issuer.tables.document_models import StoredDocument
from issuer.tables.models import State
from issuer.wiring import open_issuer
from tests.deployed import credit_code
from tests.issuer.offices import permits
from tests.issuer.terminal import Terminal
from tests.waiting import PATIENCE_S, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from multiprocessing.process import BaseProcess
    from typing import Self

    from issuer.tables.models import Batch
    from issuer.wiring import Issuer

PERMIT = by_identifier("food-operation-permit")
_AGENCY = 1
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["issuer.cli", "issuer.app", "issuer.document.documents", "tests.faults.services"])


@dataclass(slots=True)
class Worker:
    """One `yinxin-issuer work`."""

    process: BaseProcess
    said: Path
    begun: str
    """What it says once it has begun."""

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self.process.pid is not None
        return self.process.pid

    def killed(self) -> None:
        """Wait until it was killed."""
        self.process.join(PATIENCE_S)
        assert self.process.exitcode == -signal.SIGKILL, (self.process.exitcode, self.said.read_text("utf-8"))

    def kill(self) -> None:
        """Kill it as a power cut would."""
        os.kill(self.pid, signal.SIGKILL)
        self.killed()

    def stop(self) -> None:
        """Ask it to stop, once it has begun, and wait until it has."""
        wait_until(lambda: self.said.exists() and self.begun in self.said.read_text("utf-8"), what="it began to work")
        os.kill(self.pid, signal.SIGTERM)
        self.process.join(PATIENCE_S)
        assert self.process.exitcode == 0, (self.process.exitcode, self.said.read_text("utf-8"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.is_alive():
            self.stop()


@dataclass(slots=True)
class Service:
    """An issuer whose one agency is enrolled on a chain."""

    folder: Path
    settings: Mapping[str, str]
    serials: Iterator[int]
    _workers: list[int] = field(default_factory=list)

    @contextmanager
    def open(self) -> Iterator[Issuer]:
        """Open it here, as another process of the same service would."""
        fields = {name.removeprefix("YINXIN_").lower(): value for name, value in self.settings.items()}
        with open_issuer(Settings.model_validate(fields)) as opened:
            yield opened

    def through(self, url: str) -> Service:
        """Return the same service, whose workers reach the chain at another address."""
        return replace(self, settings={**self.settings, "YINXIN_RPC_URLS": url})

    def approved(self, opened: Issuer, *, size: int = 1) -> int:
        """Bring a batch of new certificates to approval."""
        office = opened.office
        data = permits(*(next(self.serials) for _ in range(size)))
        (batch,) = drafting.draft(office, data, PERMIT, agency=_AGENCY).batches
        issuing.prepare(office, batch, office.keystore.officer("market-preparer"))
        approvals.approve(office, batch, office.keystore.officer("market-approver"))
        return batch

    def work(self, *command: str, **environment: str) -> Worker:
        """Start a worker, or another command that works; keywords are more environment variables."""
        self._workers.append(len(self._workers))
        said = self.folder / f"worker-{len(self._workers)}.log"
        process = _FORKS.Process(
            target=_live, args=(str(said), command or ("work",), {**self.settings, **environment}), daemon=True
        )
        process.start()
        return Worker(process, said, begun="Uvicorn running" if "serve" in command else "Working")


def deployed(folder: Path, *, node: str, database: str) -> Service:
    """Deploy a registry and enrol an agency with the commands that people use."""
    (folder / "password").write_text("secret\n", encoding="utf-8")
    types = ["food-operation-permit"]
    agency = {
        "key": "market",
        "parent": None,
        "code": credit_code(501),
        "name": "演示市场监管机关",
        "types": types,
        "managers": ["market-manager"],
        "officers": {"market-preparer": ["PREPARE", "STATUS"], "market-approver": ["APPROVE", "STATUS"]},
    }
    plan = {"council": ["council-1", "council-2"], "types": types, "agencies": [agency]}
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    settings = {
        "YINXIN_RPC_URLS": node,
        "YINXIN_DATABASE_URL": database,
        "YINXIN_KEYSTORE": str(folder / "keystore"),
        "YINXIN_KEYSTORE_PASSWORD_FILE": str(folder / "password"),
        "YINXIN_DATA_DIR": str(folder / "data"),
        "YINXIN_LIGHT_KEYS": "true",
        "YINXIN_POLL_S": "0.02",
        "YINXIN_SENDER": "market-issuer",
    }
    terminal = Terminal(folder, settings)
    members = ["--member", "council-1", "--member", "council-2"]
    for command in (["registry", "deploy", *members], ["enrol", "plan.json"]):
        finished = terminal.run(*command)
        assert finished.code == 0, finished.err
    return Service(folder, settings, iter(range(1, 100_000)))


def batches_of(opened: Issuer, numbers: Sequence[int]) -> list[Batch]:
    """Return batches as they are now."""
    with opened.office.store.reading() as work:
        return [work.batch(number) for number in numbers]


def wait_until_documents(opened: Issuer, numbers: Sequence[int]) -> None:
    """Wait until all documents of these batches are made."""
    wait_until(
        lambda: all(batch.documents_at for batch in batches_of(opened, numbers)),
        what=", ".join(f"{batch.id} {batch.state} {batch.failure}" for batch in batches_of(opened, numbers)),
    )


def require_each_once(opened: Issuer, numbers: Sequence[int]) -> None:
    """Check that each batch is anchored exactly once, that database and chain agree, and each document is made once."""
    registry = opened.office.registry
    anchored = Counter(
        record.event.root
        for record in registry.records(registry.identity().deployed_at_block, registry.newest().number)
        if isinstance(record.event, BatchAnchored)
    )
    with opened.office.store.reading() as work:
        for number in numbers:
            batch = work.batch(number)
            assert (batch.state, batch.failure) == (State.ISSUED, ""), (number, batch.state, batch.failure)
            assert anchored[batch.root or b""] == 1, f"batch {number} is anchored {anchored[batch.root or b'']} times"
            assert batch.block_number == registry.batch_block(batch.agency, batch.root or b"")
            assert batch.block_hash == registry.block(batch.block_number or 0).hash
            lines = Counter(line.what for line in work.history(batch_id=number))
            assert (lines["issued"], lines["documents made"], lines["final"]) == (1, 1, 1), lines
            for certificate in work.certificates(number):
                rows = work.session.exec(
                    select(StoredDocument).where(StoredDocument.certificate_id == certificate.id)
                ).all()
                assert len(rows) == 1


def _live(said: str, command: tuple[str, ...], environment: dict[str, str]) -> None:
    os.environ.update(environment)
    with Path(said).open("w", buffering=1, encoding="utf-8") as sys.stdout:
        sys.stderr = sys.stdout
        code = cli.run([*command])
        sys.stdout.flush()
        os._exit(code)
