"""A development chain: starts and stops anvil.

Anvil keeps its state in a file and writes it every few seconds and when it is asked to stop (SIGTERM). Killed with
SIGKILL it loses the blocks since the last writing. Started again with the same file it goes on with the same chain and
the same genesis; block timestamps follow the clock.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chain.errors import RegistryUnavailable
from chain.ethereum.rpc import Rpc
from chain.ethereum.wire import quantity, to_hex

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from chain.ethereum.wire import Json

DEFAULT_CHAIN_ID = 31337
"""Anvil's own."""

_ROOT = Path(__file__).resolve().parents[2]
_LISTENING = re.compile(r"Listening on 127\.0\.0\.1:(\d+)")
_START_S = 30.0
_STOP_S = 30.0
_POLL_S = 0.02
_LOG_TAIL = 2000


@dataclass(frozen=True, slots=True)
class Account:
    """An account that anvil has given money at genesis. Its key is public knowledge; never use it elsewhere."""

    address: bytes
    private_key: bytes


class Anvil:
    """A running anvil; a context manager that stops it at the end."""

    def __init__(
        self,
        url: str,
        *,
        process: subprocess.Popen[bytes] | None = None,
        folder: Path | None = None,
        own_folder: bool = False,
        accounts: tuple[Account, ...] = (),
    ) -> None:
        """For `start` and `attach`, which know what these are."""
        self.url = url
        self.rpc = Rpc(url, timeout_s=30)
        self.folder = folder
        self.accounts = accounts
        self._process = process
        self._own_folder = own_folder

    @classmethod
    def start(
        cls,
        folder: Path | None = None,
        *,
        chain_id: int = DEFAULT_CHAIN_ID,
        block_time: float | None = None,
        port: int = 0,
        hardfork: str | None = None,
        accounts: int = 10,
        state_interval: int = 5,
        options: tuple[str, ...] = (),
    ) -> Self:
        """Start anvil and return once it answers.

        Args:
            folder: Keeps `anvil-state.json` and `anvil.log`; None: nothing is kept.
            chain_id: The chain's id.
            block_time: Seconds from block to block; None: every transaction makes its block at once.
            port: 0 lets the system choose.
            hardfork: Such as `london` or `prague`; None: anvil's newest.
            accounts: How many accounts have money at genesis.
            state_interval: Seconds between two writings of the state; only with a folder.
            options: More of anvil's own options.
        """
        own_folder = folder is None
        place = Path(tempfile.mkdtemp(prefix="yinxin-anvil-")) if folder is None else folder.resolve()
        place.mkdir(parents=True, exist_ok=True)
        # Transactions are mined in the order in which they came, not by fee: fees mean nothing here.
        command = [str(_binary()), "--port", str(port), "--chain-id", str(chain_id), "--order", "fifo"]
        command += ["--color", "never", "--accounts", str(accounts), "--config-out", str(place / "anvil-config.json")]
        command += ["--cache-path", str(place / "anvil-cache")]
        if block_time is not None:
            command += ["--block-time", f"{block_time:g}"]
        if hardfork is not None:
            command += ["--hardfork", hardfork]
        if not own_folder:
            state = place / "anvil-state.json"
            _begin_with(state)
            command += ["--state", str(state), "--state-interval", str(state_interval)]
        log = place / "anvil.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*command, *options],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for whoever started us; they stop anvil when they are done.
            )
        try:
            url = f"http://127.0.0.1:{_wait_for_port(process, log)}"
            anvil = cls(url, process=process, folder=place, own_folder=own_folder, accounts=_accounts(place))
            _wait_for_answer(anvil.rpc, process, log, chain_id)
        except BaseException:
            process.kill()
            process.wait()
            if own_folder:
                shutil.rmtree(place, ignore_errors=True)
            raise
        return anvil

    @classmethod
    def attach(cls, url: str) -> Self:
        """Return an anvil that somebody else started and will stop."""
        return cls(url)

    @property
    def pid(self) -> int | None:
        """The process's id; None for one that was not started here."""
        return None if self._process is None else self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process that was started here still lives."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Ask it to write its state and end, and wait for that; one not started here is left alone."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would: blocks since the last writing of the state are lost."""
        self._end(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # What only a development chain lets one do.

    def ask(self, method: str, *params: Json) -> Json:
        """Call any of its methods, such as `anvil_reorg`."""
        return self.rpc.ask(method, *params)

    def fund(self, address: bytes, *, ether: int = 1000) -> None:
        """Give an account money."""
        self.ask("anvil_setBalance", to_hex(address), to_hex(ether * 10**18))

    def mine(self, blocks: int = 1) -> None:
        """Mine empty blocks at once."""
        self.ask("anvil_mine", to_hex(blocks))

    def mine_instantly(self) -> None:
        """Let every transaction make its block at once, as while a demonstration is being prepared."""
        self.ask("evm_setAutomine", True)  # noqa: FBT003 - the RPC's own argument

    def mine_every(self, seconds: int) -> None:
        """Make a block every so many seconds."""
        self.ask("evm_setIntervalMining", seconds)

    def _end(self, how: signal.Signals) -> None:
        self.rpc.close()
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()
        if self._own_folder and self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def _binary() -> Path:
    """Find anvil: by `YINXIN_ANVIL`, else the npm package's program itself, else its wrapper.

    The program itself is preferred, because the wrapper is a node process in between, and a signal that cannot be
    passed on would leave anvil behind.
    """
    named = os.environ.get("YINXIN_ANVIL")
    if named:
        return Path(named)
    for pattern in ("@foundry-rs/anvil-*/bin/anvil", ".bin/anvil"):
        found = sorted((_ROOT / "node_modules").glob(pattern))
        if found:
            return found[0]
    on_path = shutil.which("anvil")
    if on_path:
        return Path(on_path)
    raise RegistryUnavailable(f"no anvil under {_ROOT / 'node_modules'}; run «npm ci», or name one by YINXIN_ANVIL")


def _begin_with(state: Path) -> None:
    """Mend the state that anvil begins with, and keep a copy, since anvil does not replace the file at one stroke.

    Each start makes a genesis block of its own and writes it into the state beside the true one, the earliest; which of
    them a later start takes is chance. So all but the earliest are left out. A state that a killed anvil left
    half-written is refused, rather than begin another chain in its place.
    """
    if not state.exists():
        return
    copy = state.with_suffix(".previous.json")
    try:
        held = json.loads(state.read_bytes())
        blocks = held["blocks"]
        beginnings = [block["header"]["timestamp"] for block in blocks if _height(block) == 0]
        earliest = min(beginnings, key=_number, default=None)
    except (ValueError, KeyError, TypeError) as exc:
        raise RegistryUnavailable(
            f"{state} is damaged ({exc}); put back {copy.name}, or remove it to begin a new chain"
        ) from exc
    held["blocks"] = [block for block in blocks if _height(block) > 0 or block["header"]["timestamp"] == earliest]
    copy.write_text(json.dumps(held), encoding="utf-8")
    shutil.copyfile(copy, state)


def _height(block: dict[str, dict[str, str]]) -> int:
    return _number(block["header"]["number"])


def _number(text: str) -> int:
    return int(text, 16)


def _wait_for_port(process: subprocess.Popen[bytes], log: Path) -> int:
    """Return the port anvil listens on, which it says in its log."""
    deadline = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < deadline:
        listening = _LISTENING.search(log.read_text(errors="replace"))
        if listening:
            return int(listening[1])
        time.sleep(_POLL_S)
    raise RegistryUnavailable(f"anvil did not start: {log.read_text(errors='replace')[-_LOG_TAIL:].strip()}")


def _wait_for_answer(rpc: Rpc, process: subprocess.Popen[bytes], log: Path, chain_id: int) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            got = quantity(rpc.ask("eth_chainId"), "eth_chainId")
        except RegistryUnavailable as exc:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RegistryUnavailable(f"anvil does not answer: {log.read_text(errors='replace')[-500:]}") from exc
            time.sleep(_POLL_S)
            continue
        if got != chain_id:
            raise RegistryUnavailable(f"anvil serves chain {got}, wanted {chain_id}")
        return


def _accounts(folder: Path) -> tuple[Account, ...]:
    config = json.loads((folder / "anvil-config.json").read_bytes())
    return tuple(
        Account(bytes.fromhex(address[2:]), bytes.fromhex(key[2:]))
        for address, key in zip(config["available_accounts"], config["private_keys"], strict=True)
    )
