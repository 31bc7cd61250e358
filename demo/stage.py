"""The stage of the demonstration: folders, ports, settings, and the processes that run on it."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from chain.errors import EvidenceMalformed, YinxinError
from chain.ethereum.network import Anvil
from chain.ethereum.rpc import Rpc
from chain.trust_list import TrustList

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[1]
BLOCK_TIME_S = 2
HASTE_S = 0.15
"""From block to block while demo data are made; nobody wants to watch that at the chain's own pace."""
READY_S = 60
STOP_S = 20
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demonstration lives."""

    folder: Path
    chain_port: int
    issuer_port: int
    verifier_port: int

    @property
    def rpc_url(self) -> str:
        """The chain's address."""
        return f"http://127.0.0.1:{self.chain_port}"

    @property
    def issuer_url(self) -> str:
        """The issuer's address."""
        return f"http://127.0.0.1:{self.issuer_port}"

    @property
    def pages_url(self) -> str:
        """The clerks' pages; by a name, since passkeys answer to no address."""
        return f"http://localhost:{self.issuer_port}"

    @property
    def verifier_url(self) -> str:
        """The verifier's address."""
        return f"http://127.0.0.1:{self.verifier_port}"

    @property
    def documents(self) -> Path:
        """Folder of the holders' documents, one folder for each type."""
        return self.folder / "documents"

    @property
    def forgeries(self) -> Path:
        """Folder of forgeries."""
        return self.folder / "forgeries"

    @property
    def issuer_settings(self) -> Path:
        """The issuer's settings file."""
        return self.folder / "issuer.env"

    @property
    def verifier_settings(self) -> Path:
        """The verifier's settings file."""
        return self.folder / "verifier.env"

    @property
    def keystore(self) -> Path:
        """Folder of everybody's keys."""
        return self.folder / "keystore"

    @property
    def trust_list(self) -> Path:
        """The list by which others believe the registry, signed by the council."""
        return self.folder / "trust.json"

    def write_plan(self, template: Path) -> Path:
        """Write the plan of who takes part, with this run's verifying host as the official one; return its path."""
        plan = json.loads(template.read_text(encoding="utf-8"))
        plan["verifying_hosts"] = [*plan["verifying_hosts"], f"127.0.0.1:{self.verifier_port}"]
        path = self.folder / "plan.json"
        path.write_text(json.dumps(plan, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        return path

    def write_issuer_settings(self) -> None:
        """Write the settings that the issuer needs, and make the password of the keys."""
        password = self.keystore / "password"
        if not password.exists():
            password.parent.mkdir(parents=True, exist_ok=True)
            password.touch(mode=0o600)
            password.write_text(secrets.token_urlsafe(18) + "\n", encoding="utf-8")
        _write_env(
            self.issuer_settings,
            {
                "RPC_URLS": self.rpc_url,
                "PROFILE": "anvil",
                "DATABASE_URL": f"sqlite:///{self.folder / 'issuer.db'}",
                "KEYSTORE": str(self.keystore),
                "KEYSTORE_PASSWORD_FILE": str(password),
                "LIGHT_KEYS": "true",
                "VERIFYING_HOST": f"127.0.0.1:{self.verifier_port}",
                "ISSUER_DID": f"did:web:127.0.0.1%3A{self.issuer_port}",
                "DATA_DIR": str(self.folder / "issuer"),
                "PORT": str(self.issuer_port),
                "PUBLIC_URL": self.pages_url,
                "LIGHT_PASSWORDS": "true",
            },
        )

    def write_verifier_settings(self, *, registry: str, registry_id: str, chain_id: int) -> None:
        """Write the settings that the verifier needs."""
        _write_env(
            self.verifier_settings,
            {
                "RPC_URLS": self.rpc_url,
                "PROFILE": "anvil",
                "REGISTRY": registry,
                "REGISTRY_ID": registry_id,
                "CHAIN_ID": str(chain_id),
                "DATABASE_URL": f"sqlite:///{self.folder / 'verifier.db'}",
                "VERIFYING_HOST": f"127.0.0.1:{self.verifier_port}",
                "DATA_DIR": str(self.folder / "verifier"),
                "TRUST_LIST": str(self.trust_list),
                "PORT": str(self.verifier_port),
                # All who try it come from one address.
                "LIMIT_READING": "0",
                "LIMIT_VERIFYING": "0",
                "LIMIT_CERTIFICATE": "0",
                "LIMIT_MISSES": "1000",
            },
        )

    def environment(self, settings: Path) -> dict[str, str]:
        """Return the environment of a program that is to use a settings file and nothing of the caller's settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("YINXIN_")}
        if "YINXIN_ANVIL" in os.environ:
            kept["YINXIN_ANVIL"] = os.environ["YINXIN_ANVIL"]
        # A dozen commands are run here; each starts in half the time if compiled modules are kept.
        kept.pop("PYTHONDONTWRITEBYTECODE", None)
        return {**kept, "YINXIN_SETTINGS": str(settings)}

    def write_trust_list(self, *, registry_id: str) -> None:
        """Have the council sign the trust list that names the verifier's key, unless it did so before."""
        if _is_current(self.trust_list, registry_id):
            return
        key = self.verifier("key")
        self.issuer("registry", "trust-list", "--out", self.trust_list, "--attester", json.dumps(key["jwk"]))

    def issuer(self, *words: str | Path) -> dict[str, object]:
        """Run `yinxin-issuer … --json` and return what it answers; ends the program if it fails."""
        return self._answer("yinxin-issuer", self.issuer_settings, *words)

    def verifier(self, *words: str | Path) -> dict[str, object]:
        """Run `yinxin-verifier … --json`, likewise."""
        return self._answer("yinxin-verifier", self.verifier_settings, *words)

    def _answer(self, program: str, settings: Path, *words: str | Path) -> dict[str, object]:
        done = subprocess.run(
            [_program(program), *map(str, words), "--json"],
            env=self.environment(settings),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            shown = " ".join(map(str, words))
            raise SystemExit(f"{program} {shown}\nended with {done.returncode}:\n{done.stderr}{done.stdout}")
        answer = json.loads(done.stdout)
        return answer if isinstance(answer, dict) else {"answer": answer}


class Service:
    """One of our services, running."""

    def __init__(self, stage: Stage, name: str, settings: Path, *, port: int) -> None:
        """Start it; its log goes to `logs/<name>.log`."""
        log = stage.folder / "logs" / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log
        self._output: IO[bytes] = log.open("ab")
        self.name = name
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [_program(f"yinxin-{name}"), "serve", "--host", "127.0.0.1", "--port", str(port)],
            env=stage.environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def wait_until_ready(self) -> None:
        """Return once `/readyz` answers 200; ends the program with the log's tail if it does not."""
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=2):  # noqa: S310 — Our own address.
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(_POLL_S)
        self.stop()
        raise SystemExit(f"The {self.name} did not get ready; the end of {self._log}:\n{self._tail}")

    def require_running(self) -> None:
        """End the program with the log's tail if this one has ended by itself."""
        if self.process.poll() is not None:
            code = self.process.returncode
            raise SystemExit(f"The {self.name} has ended with code {code}; the end of {self._log}:\n{self._tail}")

    @property
    def _tail(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-2000:]

    def stop(self) -> None:
        """Ask it to end, and wait for that."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        self._output.close()


class Haste:
    """Makes blocks quickly for as long as it is open, on a development chain only."""

    def __init__(self, url: str) -> None:
        """`url` is the development chain's."""
        self._anvil = Anvil.attach(url)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        """Begin."""
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        """End."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(HASTE_S):
            try:
                self._anvil.mine()
            except YinxinError:
                return


def free_ports(number: int) -> list[int]:
    """Return ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(number)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]
    finally:
        for each in sockets:
            each.close()


def require_free(ports: Sequence[tuple[str, int]]) -> None:
    """End the program if somebody listens on a port that is wanted."""
    for option, port in ports:
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                raise SystemExit(
                    f"Port {port} is taken. Is the demonstration running already? Or choose another: {option}."
                ) from None


def chain_id_of(url: str) -> int:
    """Ask the chain for its id."""
    return int(str(Rpc(url, timeout_s=10).ask("eth_chainId")), 16)


def _is_current(path: Path, registry_id: str) -> bool:
    """Whether there is a trust list of this registry that has not expired."""
    if not path.exists():
        return False
    try:
        listed = TrustList.parse(path.read_bytes())
    except EvidenceMalformed:
        # Left by an earlier version.
        return False
    return listed.registry_id.hex() == registry_id.removeprefix("0x") and datetime.now(UTC) < listed.expires


def _program(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _write_env(path: Path, settings: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"YINXIN_{name}={value}\n" for name, value in settings.items()), encoding="utf-8")
