"""Verification: how many verdicts a second, in the library and over HTTP, each beside its yardstick, in one run.

Works take turns, and each figure is a median: what disturbs one disturbs all. Compare ratios, not times. The limit is
one ES256 verification by OpenSSL, 15,300 a second on one undisturbed core of the machine that the targets are from.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import subprocess
import sys
import tempfile
import time
import zlib
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, TypeAlias

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # A script's own folder is on the path, the repository's root is not.

import pikepdf  # noqa: E402
import pypdfium2  # type: ignore[import-untyped]  # noqa: E402
import zxingcpp  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from cryptography.hazmat.primitives.hashes import SHA256  # noqa: E402

from tests.verifier.chain_in_memory import ListRegistry, index_of  # noqa: E402
from tests.verifier.made_up_index import BATCH, LATER, TODAY, made_up  # noqa: E402
from tests.verifier.printed import issue  # noqa: E402
from verifier import logs  # noqa: E402
from verifier.checking import check_presented  # noqa: E402
from verifier.indexing.index import Index  # noqa: E402
from verifier.indexing.snapshot import Freshness  # noqa: E402
from verifier.indexing.store import Store  # noqa: E402
from verifier.uploads import reading, warm  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.verifier.made_up_index import MadeUp
    from verifier.check.presented import Presented

SMALL, LARGE = 1, int(os.environ.get("YINXIN_BENCH_BATCHES", "1000"))
"""Batches of 1,000 leaves."""
ASKED, TURN = 3_000, 50
"""Questions of each kind, and how many of them are asked in a row."""
PAPERS = 60
PDF_ROUNDS = 15
HTTP_S, CONNECTIONS = 4.0, 16
PAGE = ROOT / "verifier" / "pages" / "static"
BOUND = 200_000
"""Bytes of the page, compressed, before the scanner's WebAssembly."""


def main() -> None:
    """Print all figures."""
    logs.configure("error")
    # How an interpreter was built makes a tenth: distributions optimise theirs by profiles, pyenv does not.
    python = f"Python {platform.python_version()} in {sys.base_prefix}"
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} when it began, {python}\n")
    with tempfile.TemporaryDirectory() as folder:
        small, large = _read(Path(folder, "small"), SMALL), _read(Path(folder, "large"), LARGE)
        _print_library({world.leaves: (world.folder, _questions(world.made)) for world in (small, large)})
        _print_http(Path(folder, "large"), large.made)
    _print_documents()
    _print_page()
    print(f"\nload {os.getloadavg()[0]:.1f} when it ended")


# The index.


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """An index, and the certificates that are anchored in it."""

    folder: Path
    made: MadeUp

    @property
    def leaves(self) -> int:
        """How many there are."""
        return len(self.made.registry.leaves) * BATCH


def _read(folder: Path, batches: int) -> World:
    folder.mkdir()
    made = made_up(batches, papers=PAPERS)
    index = index_of(made.registry, folder)
    begun, worked = time.perf_counter(), time.process_time()
    progress = index.follow(LATER)
    took, work = time.perf_counter() - begun, time.process_time() - worked
    if progress is None or progress.trouble:
        raise SystemExit(f"the index could not be read: {progress}")
    leaves = batches * BATCH
    print(
        f"{f'index of {leaves:,} leaves, from records in memory':52}{leaves / took:10,.0f} leaves/s"
        f"  {leaves / work:10,.0f} a core  (a core: by the processor time of this process)"
    )
    return World(folder, made)


# In the library.


Questions: TypeAlias = "dict[str, list[Presented]]"


def _questions(made: MadeUp) -> Questions:
    return {
        "a code": [paper.presented_code for paper in made.papers],
        "a certificate (SD-JWT, all claims disclosed)": [paper.presented for paper in made.papers],
        "a short number": [paper.presented_short_number for paper in made.papers],
    }


def _print_library(worlds: dict[int, tuple[Path, Questions]]) -> None:
    """Ask in a process of its own, as services do: one in which a million leaves were made is full of their holes."""
    asking = multiprocessing.get_context("spawn").Process(target=_ask, args=(worlds,))
    asking.start()
    asking.join()
    if asking.exitcode:
        raise SystemExit("the library could not be asked")


def _ask(worlds: dict[int, tuple[Path, Questions]]) -> None:
    logs.configure("error")
    registry = ListRegistry([])
    questions: dict[tuple[str, int], tuple[list[Presented], Index]] = {}
    for leaves, (folder, asked_of) in worlds.items():
        store = Store(f"sqlite:///{folder / 'index.db'}")
        index = Index(store, registry, Freshness(1, 30), read_heads=registry.heads)
        questions |= {(kind, leaves): (asked, index) for kind, asked in asked_of.items()}
    bare = _p256()
    times: dict[object, list[float]] = {key: [] for key in (*questions, "bare")}
    for first in range(0, ASKED, TURN):
        # In turns: whatever slows the machine down slows all of them down alike, and each runs as warm as it does where
        # it is asked for all day.
        times["bare"].extend(_timed(bare) for _ in range(TURN))
        for question, (asked, index) in questions.items():
            for number in range(first, first + TURN):
                presented = asked[number % len(asked)]
                times[question].append(_timed(lambda: check_presented(presented, index, TODAY, name="")))  # noqa: B023 (called at once)
    limit = 1 / median(times["bare"])
    print(f"\n{'in the library, one core':46}{'leaves':>10}{'a second':>10}{'of limit':>9}{'p50 ms':>8}{'p99 ms':>8}")
    print(f"{'limit: one P-256 signature, `cryptography`':46}{'':>10}{limit:10,.0f}{'':>9}")
    for kind, leaves in sorted(questions):
        taken = sorted(times[kind, leaves])
        print(
            f"{kind:46}{leaves:10,}{1 / median(taken):10,.0f}{1 / median(taken) / limit:9.0%}"
            f"{1000 * median(taken):8.2f}{1000 * taken[len(taken) * 99 // 100]:8.2f}"
        )
    print("  target: a code 5,000 where the limit is 15,300 (33 %); p99 flat from 1,000 to 1,000,000 leaves\n")


def _p256() -> Callable[[], None]:
    private = ec.generate_private_key(ec.SECP256R1())
    public, said = private.public_key(), bytes(200)
    signature = private.sign(said, ec.ECDSA(SHA256()))
    return lambda: public.verify(signature, said, ec.ECDSA(SHA256()))


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


# Over HTTP.

_SERVER = """
import os, sys
sys.path.insert(0, {root!r})
from pathlib import Path
import uvicorn
from fastapi import FastAPI
from tests.verifier.chain_in_memory import ListRegistry
from tests.verifier.made_up_index import LATER
from verifier import logs  # noqa: E402
from verifier.app import make_app
from verifier.indexing.index import Index
from verifier.serving import run_several
from verifier.settings import Settings
from verifier.indexing.snapshot import Freshness
from verifier.indexing.store import Store
def application():
    logs.configure("info")
    registry = ListRegistry([])
    index = Index(Store("sqlite:///" + {database!r}), registry, Freshness(1, 30), read_heads=registry.heads)
    settings = Settings(poll_s=3600, data_dir=Path({data!r}), limit_reading=0, limit_verifying=0, limit_certificate=0)
    app = make_app(index, settings, clock=lambda: LATER, leads=lambda: False)
    @app.get("/empty")
    async def empty() -> dict[str, bool]:
        return {{"ok": True}}
    return app
bare = FastAPI()
@bare.get("/empty")
async def nothing() -> dict[str, bool]:
    return {{"ok": True}}
def plain():
    return bare
if __name__ == "__main__":
    name, port, workers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    config = uvicorn.Config(
        f"{code}:{{name}}", factory=True, port=port, workers=workers, access_log=False, log_level="error"
    )
    uvicorn.Server(config).run() if workers == 1 else run_several(config)
"""


@contextmanager
def _served(folder: Path, name: str, workers: int) -> Iterator[tuple[int, int]]:
    """Run a server of so many processes; yield its port, and the number of the first process."""
    port = _free_port()
    code = f"{name}_of_benchmark"
    text = _SERVER.format(root=str(ROOT), code=code, database=str(folder / "index.db"), data=str(folder / "data"))
    (folder / f"{code}.py").write_text(text, "utf-8")
    command = [sys.executable, f"{code}.py", name, str(port), str(workers)]
    with (folder / f"{code}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 120
        while not _hit(port, [("GET", "/empty", None)], seconds=0.1, connections=1):
            if time.monotonic() > deadline or process.poll() is not None:
                raise SystemExit((folder / f"{code}.log").read_text("utf-8"))
            time.sleep(0.2)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(60)


def _free_port() -> int:
    import socket  # noqa: PLC0415 (here alone)

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _worked(process: int) -> float:
    """Return the processor time of a process and its children so far, in seconds (proc(5))."""
    folder = Path("/proc", str(process))
    fields = (folder / "stat").read_text("ascii").rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(_worked(int(child)) for child in (folder / "task" / folder.name / "children").read_text().split())


def _hit(
    port: int, requests: list[tuple[str, str, str | None]], *, seconds: float = HTTP_S, connections: int = CONNECTIONS
) -> dict[str, float]:
    """Have another process ask; nothing if nobody answers."""
    given = {"host": "127.0.0.1", "port": port, "seconds": seconds, "connections": connections, "requests": requests}
    command = [sys.executable, str(ROOT / "tests" / "verifier" / "hammer.py")]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False)
    return dict(json.loads(done.stdout)) if done.returncode == 0 else {}


def _print_http(folder: Path, made: MadeUp) -> None:
    codes: list[tuple[str, str, str | None]] = [
        ("POST", "/api/v1/verify", json.dumps({"code": paper.code()})) for paper in made.papers
    ]
    certificates: list[tuple[str, str, str | None]] = [
        ("POST", "/api/v1/verify", json.dumps({"certificate": paper.sd_jwt})) for paper in made.papers
    ]
    empty: list[tuple[str, str, str | None]] = [("GET", "/empty", None)]
    print(
        f"{f'over HTTP, {CONNECTIONS} connections kept open':46}{'workers':>10}{'a second':>10}{'of empty':>9}"
        f"{'p50 ms':>8}{'p99 ms':>8}{'a core':>8}"
    )
    for workers in (1, 2):
        with ExitStack() as stack:
            ours = stack.enter_context(_served(folder, "application", workers))
            plain = stack.enter_context(_served(folder, "plain", workers))
            works = {
                "an empty route of plain FastAPI": (plain, empty),
                "an empty route of this server": (ours, empty),
                "a verdict about a code": (ours, codes),
                "a verdict about a certificate": (ours, certificates),
            }
            found: dict[str, list[dict[str, float]]] = {name: [] for name in works}
            for _ in range(3):
                for name, ((port, process), requests) in works.items():
                    worked = _worked(process)
                    told = _hit(port, requests)
                    found[name].append({**told, "worked": _worked(process) - worked})
        yardstick = median(each["answered"] / each["seconds"] for each in found["an empty route of this server"])
        for name, answers in found.items():
            rate = median(each["answered"] / each["seconds"] for each in answers)
            a_core = median(each["answered"] / each["worked"] for each in answers)
            failed = sum(each["failed"] for each in answers)
            print(
                f"{name:46}{workers:10}{rate:10,.0f}{rate / yardstick:9.0%}"
                f"{median(each['p50_ms'] for each in answers):8.1f}{median(each['p99_ms'] for each in answers):8.1f}"
                f"{a_core:8,.0f}{f'  {failed:.0f} FAILED' if failed else ''}"
            )
    print(
        "  target: 2 workers 2,000 verdicts a second, and 40 % of this server's empty route\n"
        "  a core: answers for each second of the server's processor time, whoever asks taking none of it\n"
    )


# Documents.


def _print_documents() -> None:
    pdf = issue()[2]
    with pikepdf.open(BytesIO(pdf)) as opened:
        del opened.Root.Names
        if "/AF" in opened.Root:
            del opened.Root.AF
        held = BytesIO()
        opened.save(held)
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=150 / 72).to_pil().convert("L")
    drawn = BytesIO()
    picture.save(drawn, "PNG")
    warm.READY.start()
    _until_loaded()
    works: dict[str, Callable[[], object]] = {
        "a PDF with its attachment": lambda: reading.read_upload(pdf),
        "  yardstick: pikepdf, pypdfium2 and zxing, bare": lambda: _bare_pdf(pdf),
        "a PDF without it": lambda: reading.read_upload(held.getvalue()),
        "a picture at 150 dpi": lambda: reading.read_upload(drawn.getvalue()),
        "  yardstick: Pillow and zxing, bare": lambda: _bare_picture(drawn.getvalue()),
    }
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(PDF_ROUNDS):
        for name, work in works.items():
            begun = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - begun)
    warm.READY.stop()
    afresh = []
    for _ in range(5):
        begun = time.perf_counter()
        reading.read_upload(pdf)
        afresh.append(time.perf_counter() - begun)
    times["  a PDF by a process of its own, as `check` does"] = afresh
    print(f"{'documents, in a confined child':56}{'p50 ms':>8}{'p95 ms':>8}")
    for name, taken in times.items():
        ordered = sorted(taken)
        print(f"{name:56}{1000 * median(ordered):8.0f}{1000 * ordered[len(ordered) * 95 // 100]:8.0f}")
    print("  target: with attachment p95 150 ms, from a bitmap 1,500 ms\n")


def _until_loaded() -> None:
    deadline = time.monotonic() + 60
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as answered:
        while time.monotonic() < deadline:
            try:
                warm.READY.run(given, answered, [], seconds=10)
            except warm.Cold:
                time.sleep(0.05)
            else:
                return
    raise SystemExit("no decoder came up: is this the interpreter that the packages are installed for?")


def _bare_pdf(pdf: bytes) -> object:
    with pikepdf.open(BytesIO(pdf)) as opened:
        _ = [opened.attachments[name].get_file().read_bytes() for name in opened.attachments]
    found = []
    for page in pypdfium2.PdfDocument(pdf):
        page.get_textpage().get_text_bounded()
        picture = page.render(scale=200 / 72, grayscale=True).to_pil()
        found += zxingcpp.read_barcodes(picture, formats=zxingcpp.barcode_formats_from_str("QRCode"), try_invert=False)
    return found


def _bare_picture(file: bytes) -> object:
    from PIL import Image  # noqa: PLC0415 (here alone)

    with Image.open(BytesIO(file)) as picture:
        return zxingcpp.read_barcodes(picture, formats=zxingcpp.barcode_formats_from_str("QRCode"), try_invert=False)


# The page.


def _print_page() -> None:
    names = ("page.js", "page.css", "evidence.js")
    sizes = {name: len(zlib.compress((PAGE / name).read_bytes(), 9)) for name in names if (PAGE / name).exists()}
    total = sum(sizes.values())
    each = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
    print(f"the page, compressed: {total:,} bytes ({each}); {'met' if total <= BOUND else 'MISSED'} (≤ {BOUND:,})")


if __name__ == "__main__":
    main()
