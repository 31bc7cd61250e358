"""The auditor's desk: an audit of a whole history beside plain reading, and each page beside an empty route.

`--small` takes a history of 10,000 certificates and an index of 20,000 leaves, for a quick look.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # A script's own folder is on the path, the repository's root is not.

from chain.ethereum.network import Anvil  # noqa: E402
from chain.ethereum.rpc import Request, Rpc  # noqa: E402
from tests.audit import long_history  # noqa: E402
from tests.audit.auditing import audit  # noqa: E402
from tests.audit.made_up_agencies import person  # noqa: E402
from tests.audit.made_up_million import Million, asked_at, made_up  # noqa: E402
from tests.verifier.book import IDENTITY  # noqa: E402
from tests.verifier.chain_in_memory import index_of  # noqa: E402
from verifier import logs  # noqa: E402
from verifier.audit.remembering import FILE, Remembered  # noqa: E402
from verifier.audit.rules import found  # noqa: E402
from verifier.settings import Settings  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.audit.long_history import Written

ROUNDS = 3
LOG_RANGE = 10_000
PAGE_ROUNDS = 60
P95_MS = 200
"""The target of every page."""
FINDINGS = 2_000
_LOG_TAIL = 3_000
_START_S = 120
_EMPTY = "yardstick: an empty route of the same server"
_SHOWN = (200, 303)
"""A page, or where what was searched for stands."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is made."""

    plan: long_history.Plan
    batches: int
    """Of 1,000 leaves, in the index that pages are asked of."""
    statuses: int


LARGE = Size(long_history.LARGE, 1_000, 5_000)
SMALL = Size(long_history.SMALL, 20, 500)


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a quick look")
    parser.add_argument("--work", choices=["audit", "plain"], help=argparse.SUPPRESS)
    parser.add_argument("--given", default="{}", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    logs.configure("error")
    if chosen.work:
        _work(chosen.work, **json.loads(chosen.given))
        return
    size = SMALL if chosen.small else LARGE
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} when it began\n")
    _print_audit(size.plan)
    _print_pages(size)
    print(f"\nload {os.getloadavg()[0]:.1f} when it ended")


# An audit of the whole history.


def _print_audit(plan: long_history.Plan) -> None:
    with Anvil.start(options=long_history.OPTIONS) as anvil:
        begun = time.perf_counter()
        written = long_history.write(anvil, plan)
        print(
            f"a history of {written.certificates:,} certificates in {written.batches} batches of "
            f"{len(written.desks)} agencies, {written.status_changes:,} status changes,\n"
            f"{written.rights_changes} changes of rights, {written.last_block + 1:,} blocks; "
            f"written in {time.perf_counter() - begun:.0f} s\n"
        )
        works = {"audit run": "audit", "yardstick: its blocks and logs, read and not looked at": "plain"}
        told: dict[str, list[dict[str, float]]] = {name: [] for name in works}
        for _ in range(ROUNDS):
            # One after the other, each time: then whatever slows the machine down slows each of them down alike.
            for name, work in works.items():
                told[name].append(_told(work, written))
    print(f"{'from the first block, median of three':58}{'s':>8}{'blocks/s':>10}{'leaves/s':>10}{'peak MB':>9}")
    for name, answers in told.items():
        took = median(each["seconds"] for each in answers)
        print(
            f"{name:58}{took:8.1f}{(written.last_block + 1) / took:10,.0f}{written.certificates / took:10,.0f}"
            f"{max(each['peak_mb'] for each in answers):9.0f}"
        )
    again = median(each["again_s"] for each in told["audit run"])
    found_any = sum(each["findings"] for each in told["audit run"])
    print(f"{'audit run again, when nothing is new':58}{again:8.1f}")
    print(f"{'findings of grade FAULT or ALARM':58}{found_any:8.0f}  {'met' if not found_any else 'MISSED'} (0)\n")


def _told(work: str, written: Written) -> dict[str, float]:
    """Have a process of its own do a work, so that its memory is its own."""
    with tempfile.TemporaryDirectory() as folder:
        given = {
            "url": written.deployed.url,
            "registry": written.deployed.record.address.hex(),
            "agencies": written.deployed.record.agencies_address.hex(),
            "last": written.last_block,
            "folder": folder,
        }
        command = [sys.executable, __file__, "--work", work, "--given", json.dumps(given)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return dict(json.loads(done.stdout))


def _work(work: str, *, url: str, registry: str, agencies: str, last: int, folder: str) -> None:
    """Do one of the works, and print what it came to as JSON."""
    told = {"findings": 0.0, "again_s": 0.0}
    begun = time.perf_counter()
    if work == "audit":
        settings = Settings(rpc_urls=url, registry=f"0x{registry}", data_dir=Path(folder), rpc_timeout_s=60)
        came_to = audit(settings, now=asked_at())
        told["seconds"] = time.perf_counter() - begun
        if not came_to.outcome.is_answered:
            raise SystemExit(came_to.outcome.trouble)
        told["findings"] = len(came_to.findings)
        begun = time.perf_counter()
        audit(settings, now=asked_at())
        told["again_s"] = time.perf_counter() - begun
    else:
        rpc = Rpc(url, timeout_s=60, batch_size=100)
        rpc.ask_all([Request("eth_getBlockByNumber", (hex(number), False)) for number in range(last + 1)])
        for first in range(0, last + 1, LOG_RANGE):
            wanted = {"fromBlock": hex(first), "toBlock": hex(min(last, first + LOG_RANGE - 1))}
            rpc.ask("eth_getLogs", {**wanted, "address": [f"0x{registry}", f"0x{agencies}"]})
        told["seconds"] = time.perf_counter() - begun
    told["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(told))


# Pages.

_SERVER = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.audit.made_up_million import asked_at
from tests.verifier.chain_in_memory import ListRegistry
from verifier import logs
from verifier.app import make_app
from verifier.indexing.index import Index
from verifier.settings import Settings
from verifier.indexing.snapshot import Freshness
from verifier.indexing.store import Store
def application():
    logs.configure("error")
    registry = ListRegistry([])
    index = Index(Store("sqlite:///" + {database!r}), registry, Freshness(1, 30), read_heads=registry.heads)
    settings = Settings(
        poll_s=3600, data_dir=Path({data!r}), limit_reading=0, limit_verifying=0, limit_certificate=0
    )
    app = make_app(index, settings, clock=asked_at, leads=lambda: False)
    @app.get("/empty")
    async def empty() -> dict[str, bool]:
        return {{"ok": True}}
    return app
"""


def _print_pages(size: Size) -> None:
    with tempfile.TemporaryDirectory() as named:
        folder = Path(named)
        begun = time.perf_counter()
        made = made_up(size.batches, size.statuses)
        progress = index_of(made.registry, folder).follow(asked_at())
        if progress is None or progress.trouble:
            raise SystemExit(f"the index could not be read: {progress}")
        leaves = sum(len(each) for each in made.registry.leaves.values())
        _remember_findings(folder / "data")
        print(
            f"an index of {leaves:,} leaves in {size.batches:,} batches of {len(made.levels)} agencies, "
            f"{size.statuses:,} status changes; made in {time.perf_counter() - begun:.0f} s\n"
        )
        with _served(folder) as (port, server):
            times = _timed(_pages(made, port), port, server)
    print(
        f"{'pages, one reader, ' + str(PAGE_ROUNDS) + ' times each':48}{'p50 ms':>8}{'p95 ms':>8}{'of empty':>10}"
        f"{'processor p50 ms':>18}{'p95 ms':>8}"
    )
    yardstick = median(each.took_ms for each in times[_EMPTY])
    missed = missed_on_processor = 0
    for name, asked in times.items():
        took, worked = [each.took_ms for each in asked], [each.worked_ms for each in asked]
        missed += _p95(took) > P95_MS
        missed_on_processor += _p95(worked) > P95_MS
        print(
            f"{name:48}{median(took):8.1f}{_p95(took):8.1f}{median(took) / yardstick:10.0f}"
            f"{median(worked):18.1f}{_p95(worked):8.1f}"
        )
    print(
        f"  target: p95 of every page ≤ {P95_MS} ms: {_met(missed)}; of the server's processor time alone, which what "
        f"else runs does not lengthen: {_met(missed_on_processor)}"
    )


def _p95(values: list[float]) -> float:
    return sorted(values)[len(values) * 95 // 100]


def _met(missed: int) -> str:
    return f"MISSED by {missed}" if missed else "met"


def _remember_findings(folder: Path) -> None:
    """Have an audit remember findings, so that their page has something to show."""
    folder.mkdir()
    remembered = Remembered(folder / FILE)
    registry = IDENTITY.chain_id, IDENTITY.registry_id, IDENTITY.genesis_hash
    run = remembered.begin(started=asked_at(), first_block=0, registry=registry)
    remembered.keep(
        run, [found("sequence_gap", block=block, agency=1 + block % 50, first=1, last=2) for block in range(FINDINGS)]
    )
    remembered.end(run, ended=asked_at(), families=())
    remembered.close()


def _pages(made: Million, port: int) -> dict[str, list[str]]:
    """Return the addresses to ask for, by the page's name; several of a kind, so that no cache answers them."""
    few = range(0, len(made.batches), max(1, len(made.batches) // 25))
    agencies = [made.batches[number][0] for number in few]
    events = "/audit/events"
    deep = [events]
    for _ in range(20):
        following = re.search(r'rel="next" href="([^"]+)"', _get(port, deep[-1])[1])
        if following is None:
            break
        deep.append(following[1].replace("&amp;", "&"))
    return {
        "start": ["/audit"],
        "search: a leaf": [f"/audit/search?q={made.leaves[number].hex()}" for number in few],
        "search: an agency's name": ["/audit/search?q=%E6%BC%94%E7%A4%BA%E5%B8%82"],
        "a certificate, with a status": [f"/audit/certificates/{leaf.hex()}" for leaf in made.changed[:25]],
        "a certificate, without": [f"/audit/certificates/{made.leaves[number].hex()}" for number in few],
        "a batch": [f"/audit/batches/{made.batches[number][0]}/{made.batches[number][1].hex()}" for number in few],
        "a block": [f"/audit/blocks/{block}" for block in list(made.registry.leaves)[:: len(few)]],
        "a transaction": [
            f"/audit/transactions/{made.registry.block(block).hash.hex()}"
            for block in list(made.registry.leaves)[:: len(few)]
        ],
        "events, the newest": [events],
        "events, twenty pages back": deep[-1:],
        "events of an agency": [f"{events}?agency={agency}" for agency in agencies],
        "events: changes of status": [f"{events}?kind=StatusChanged"],
        "events of a type in half a year": [
            f"{events}?type={kind}&first=2026-09-01&last=2027-03-01" for kind in range(1, 9)
        ],
        "an address": [f"/audit/addresses/{person(f'approver {agency}').hex()}" for agency in agencies],
        "agencies": ["/audit/agencies"],
        "an agency": [f"/audit/agencies/{agency}" for agency in agencies],
        "an agency, a year earlier": [f"/audit/agencies/{agency}?as_of=2027-06-01" for agency in agencies],
        "the council": ["/audit/council"],
        "the registry": ["/audit/registry"],
        "findings": ["/audit/findings"],
        "anomalies": ["/audit/anomalies"],
        "citations": [f"/audit/citations/{made.leaves[number].hex()}" for number in few],
        "checkpoints": ["/audit/checkpoints"],
        "completeness, its form": ["/audit/complete"],
        "evidence package, its form": ["/audit/package"],
        "sampling, its form": ["/audit/sample"],
        "manifests, its form": ["/audit/manifests"],
    }


@dataclass(frozen=True, slots=True)
class Answer:
    """How long one answer took."""

    took_ms: float
    worked_ms: float
    """Of the server's processor time."""


def _timed(pages: dict[str, list[str]], port: int, server: int) -> dict[str, list[Answer]]:
    """Ask for all pages in turn, again and again."""
    asked = {_EMPTY: cycle(["/empty"])}
    for name, paths in pages.items():
        status = _get(port, paths[0])[0]
        if status in _SHOWN:
            asked[name] = cycle(paths)
        else:
            print(f"{name}: HTTP {status}, not measured ({paths[0][:60]})")
    times: dict[str, list[Answer]] = {name: [] for name in asked}
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    for _ in range(PAGE_ROUNDS):
        for name, paths in asked.items():
            begun, worked = time.perf_counter(), _worked_ms(server)
            connection.request("GET", next(paths))
            answer = connection.getresponse()
            answer.read()
            took = 1000 * (time.perf_counter() - begun)
            times[name].append(Answer(took, _worked_ms(server) - worked))
            if answer.status not in _SHOWN:
                raise SystemExit(f"{name}: HTTP {answer.status}")
    connection.close()
    return times


def _worked_ms(process: int) -> float:
    """Return how long all threads of a process have been on a processor (Linux, /proc/PID/schedstat)."""
    told = (task.joinpath("schedstat").read_text() for task in Path(f"/proc/{process}/task").iterdir())
    return sum(int(each.split()[0]) for each in told) / 1e6


def _get(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    told = answer.status, answer.read().decode()
    connection.close()
    return told


@contextmanager
def _served(folder: Path) -> Iterator[tuple[int, int]]:
    """Run a server over the index in a folder; yield its port and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    text = _SERVER.format(root=str(ROOT), database=str(folder / "index.db"), data=str(folder / "data"))
    (folder / "audit_of_benchmark.py").write_text(text, "utf-8")
    command = [sys.executable, "-m", "uvicorn", "audit_of_benchmark:application", "--factory", "--port", str(port)]
    command += ["--no-access-log", "--log-level", "error"]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        _wait_until_it_answers(port, process)
        yield port, process.pid
    except SystemExit:
        sys.stderr.write((folder / "server.log").read_text("utf-8")[-_LOG_TAIL:])
        raise
    finally:
        process.terminate()
        process.wait(60)


def _wait_until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_S
    while not _answers(port):
        if time.monotonic() > deadline or process.poll() is not None:
            raise SystemExit("the server did not start")
        time.sleep(0.2)


def _answers(port: int) -> bool:
    try:
        return _get(port, "/empty")[0] in _SHOWN
    except OSError:
        return False


if __name__ == "__main__":
    main()
