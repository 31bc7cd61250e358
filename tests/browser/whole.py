"""All services at once, each a process of its own: chain, issuer with its worker, verifier; one agency in them."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chain.ethereum.network import Anvil
from demo.stage import Haste, Service, Stage, chain_id_of, free_ports
from issuer.tables import account_rows
from issuer.tables.store import Store
from tests.deployed import credit_code
from tests.issuer.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AGENCY = "演示旗市场监督管理局"
KIND = "food-operation-permit"
BLOCK_TIME_S = 1
PATIENCE_S = 60.0
_LONG_AGO = timedelta(minutes=6)


@dataclass(frozen=True, slots=True)
class Whole:
    """A running issuer and verifier over one chain."""

    stage: Stage
    chain: Anvil
    terminal: Terminal
    database: str

    def say(self, *words: str) -> object:
        """Run `yinxin-issuer … --json`, which must end well; returns what it answers."""
        finished = self.terminal.run(*words, "--json")
        assert finished.code == 0, f"{' '.join(words)}\n{finished.out}{finished.err}"
        return json.loads(finished.out)

    def invite(self, login: str, name: str, *roles: str, key: str) -> str:
        """Invite somebody with the key that the registry lists for them; returns the address to open."""
        named = [word for role in roles for word in ("--role", role)]
        answer = self.say("people", "invite", login, "--name", name, *named, "--agency", AGENCY, "--key", key)
        assert isinstance(answer, dict)
        return str(answer["url"])

    @contextmanager
    def no_blocks(self) -> Iterator[None]:
        """Have the chain stand still, so that each step of the way to it can be looked at."""
        self.chain.ask("evm_setIntervalMining", 0)
        try:
            yield
        finally:
            self.chain.ask("evm_setIntervalMining", BLOCK_TIME_S)

    def long_after_signing_in(self, login: str) -> None:
        """Let more than five minutes pass for somebody who is signed in."""
        store = Store(self.database, locks=self.stage.folder / "issuer")
        with store.writing() as work:
            person = account_rows.person_called(work, login)
            assert person is not None
            for session in account_rows.sessions(work, account_rows.number(person)):
                if session.fresh_at is not None:
                    session.fresh_at -= _LONG_AGO
        store.close()


@contextmanager
def up(folder: Path, *, database: str) -> Iterator[Whole]:
    """Bring everything up with the commands that operators use, and down at the end."""
    stage = Stage(folder, *free_ports(3))
    database = database or f"sqlite:///{folder / 'issuer.db'}"
    with ExitStack() as stack:
        chain = Anvil.start(folder / "chain", port=stage.chain_port, block_time=BLOCK_TIME_S)
        stack.callback(chain.stop)
        stage.write_issuer_settings()
        with stage.issuer_settings.open("a", encoding="utf-8") as settings:
            settings.write(f"YINXIN_DATABASE_URL={database}\nYINXIN_POLL_S=0.1\nYINXIN_SENDER=market-issuer\n")
        plan = stage.write_plan(_plan(folder))
        whole = Whole(stage, chain, Terminal(folder, {"YINXIN_SETTINGS": str(stage.issuer_settings)}), database)
        with Haste(stage.rpc_url):
            registry = whole.say("registry", "deploy", "--member", "council-1", "--member", "council-2")
            whole.say("enrol", str(plan))
        assert isinstance(registry, dict)
        stage.write_verifier_settings(
            registry=str(registry["registry"]),
            registry_id=str(registry["registry_id"]),
            chain_id=chain_id_of(stage.rpc_url),
        )
        with stage.verifier_settings.open("a", encoding="utf-8") as settings:
            settings.write("YINXIN_TRUST_LIST=\nYINXIN_POLL_S=0.25\n")
        services = [
            Service(stage, "issuer", stage.issuer_settings, port=stage.issuer_port),
            Service(stage, "verifier", stage.verifier_settings, port=stage.verifier_port),
        ]
        for service in services:
            stack.callback(service.stop)
        for service in services:
            service.wait_until_ready()
        yield whole


def deadline() -> float:
    """Return until when something is waited for."""
    return time.monotonic() + PATIENCE_S


def _plan(folder: Path) -> Path:
    agency = {
        "key": "market",
        "parent": None,
        "code": credit_code(501),
        "name": AGENCY,
        "types": [KIND],
        "managers": ["market-manager"],
        "officers": {"market-preparer": ["PREPARE", "STATUS"], "market-approver": ["APPROVE", "STATUS"]},
    }
    plan = {
        "council": ["council-1", "council-2"],
        "sender": "governor",
        "types": [KIND],
        "verifying_hosts": [],
        "agencies": [agency],
    }
    path = folder / "wanted.json"
    path.write_text(json.dumps(plan, ensure_ascii=False), encoding="utf-8")
    return path
