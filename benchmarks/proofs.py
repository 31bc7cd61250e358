"""Proofs, checkpoints and packs: how large they are and how long they take, each beside its yardstick and its target.

Needs no chain: headers, receipts and states are those kept for the vectors, sealed with test keys; long histories are
made up, but every event of them is one that the contracts could have written. All works take turns, and each time is
the median of its rounds.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zlib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from coincurve import PublicKey as Point
from rlp import decode as rlp_decode
from trie import HexaryTrie

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # A script's own folder is on the path, the repository's root is not.

from chain import checkpoint, history, pack, proof, state, trie  # noqa: E402
from chain.header import Header  # noqa: E402
from chain.history import History, Step  # noqa: E402
from chain.keccak import keccak  # noqa: E402
from chain.keys import PublicKey, sign  # noqa: E402
from chain.steps import arguments  # noqa: E402
from chain.trust_list import TrustList  # noqa: E402
from tests.made_up_history import BATCH, a_status, made_up  # noqa: E402
from tests.sealed import attester, items_of  # noqa: E402
from tests.vectors.making import drafts  # noqa: E402
from tests.vectors.making import parts as proofs  # noqa: E402
from tests.vectors.making.material import material  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Route

ROUNDS = 300
SLOW_ROUNDS = 5
CERTIFICATES = 1_000_000
STATUSES_IN_A_HUNDRED = 1
REPLAYED = 100_000


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should not exceed."""

    most: float
    unit: str

    def said(self, figure: float) -> str:
        """Say whether it is met."""
        return f"{'met' if figure <= self.most else 'MISSED'} (≤ {self.most:,.0f} {self.unit})"


def main() -> None:
    """Print all figures."""
    _print_sizes()
    _print_times()
    _print_javascript()
    _print_pack()
    _print_replay()


# Sizes.

STUDY = {(1, 4): (1_367, 838), (1_000, 4): (1_693, 1_181), (1, 7): (1_565, 1_045), (1_000, 7): (1_891, 1_390)}
"""Receipt proofs in the feasibility study: CBOR and zlib."""
STUDY_STATE = {(1, 4): (3_513, 3_256), (1_000, 4): (3_839, 3_587)}


def _print_sizes() -> None:
    print(f"{'a proof: bytes':44}{'CBOR':>8}{'file':>8}{'study: CBOR':>14}{'zlib':>8}  target")
    for kind, what, study in (
        (proofs.RECEIPT, "by its receipt", STUDY),
        (proofs.STATE, "by its slot", STUDY_STATE),
    ):
        for (size, validators), (studied, packed) in study.items():
            file = _proof(size, validators, kind).packed()
            line = f"{f'{what}, batch of {size:,}, {validators} validators':44}{len(zlib.decompress(file)):8,}"
            said = Target(1_400, "B").said(len(file)) if (size, validators, kind) == (1_000, 4, proofs.RECEIPT) else ""
            print(f"{line}{len(file):8,}{studied:14,}{packed:8,}  {said}")
    print("  The slot lies in the small state of the vectors; the study had 1,000 batches there.\n")


def _proof(size: int, validators: int, kind: int = proofs.RECEIPT) -> proofs.Parts:
    batch = {1: "the example", 1_000: "one thousand"}[size]
    return proofs.parts("", "osaka", batch, index=size // 2, count=validators, kind=kind)


def _trust(validators: int) -> TrustList:
    return TrustList.parse(proofs.trust_of(material("osaka"), "qbft", validators).encode())


# Times in Python.


def _print_times() -> None:
    made = _proof(1_000, 4)
    slot = _proof(1_000, 4, proofs.STATE)
    header = Header.parse(made.headers[0])
    nodes = tuple(made.evidence[2])
    among = proofs.parts("", "osaka", "among twenty transactions")
    roots, among_nodes = Header.parse(among.headers[0]).receipts_root, tuple(among.evidence[2])
    print(f"{'in Python: milliseconds':44}{'ours':>9}{'yardstick':>11}{'ours is':>9}  yardstick; target")
    _print_time(
        "a proof, receipt, batch of 1,000, 4 validators",
        lambda: _verify(made, _TRUST[4]),
        "3 bare recovers and 10 SHA-256",
        lambda: _bare_seals(made),
        Target(2, "ms"),
    )
    _print_time(
        "a proof by its slot, the same batch",
        lambda: _verify(slot, _TRUST[4]),
        "the same and HexaryTrie twice",
        lambda: (_bare_seals(slot), _by_library(slot, header)),
        Target(2, "ms"),
    )
    _print_time(
        "a proof, receipt, batch of 1,000, 7 validators",
        lambda: _verify(_SEVEN, _TRUST[7]),
        "5 bare recovers and 10 SHA-256",
        lambda: _bare_seals(_SEVEN),
        Target(2, "ms"),
    )
    index = b"\x80"
    _print_time(
        "  of it, the receipt's trie",
        lambda: trie.value_at(header.receipts_root, index, nodes),
        "HexaryTrie.get_from_proof",
        lambda: HexaryTrie.get_from_proof(header.receipts_root, index, [rlp_decode(node) for node in nodes]),
    )
    _print_time(
        "the trie of a block of 20 transactions",
        lambda: trie.value_at(roots, b"\x0c", among_nodes),
        "HexaryTrie.get_from_proof",
        lambda: HexaryTrie.get_from_proof(roots, b"\x0c", [rlp_decode(node) for node in among_nodes]),
    )
    _print_time(
        "an account and a slot",
        lambda: _by_us(slot, header),
        "HexaryTrie.get_from_proof, twice",
        lambda: _by_library(slot, header),
    )
    print()


_TRUST = {4: _trust(4), 7: _trust(7)}
_SEVEN = _proof(1_000, 7)


def _verify(made: proofs.Parts, trust: TrustList) -> object:
    file = _FILES.setdefault(id(made), made.packed())
    return proof.verify(proof.Proof.parse(file), leaf=made.leaf, agency=made.agency, trust=trust)


_FILES: dict[int, bytes] = {}


def _bare_seals(made: proofs.Parts) -> bytes:
    """Do the least that a proof cannot be checked without: recover the seals' keys, and hash up the path."""
    seals = rlp_decode(items_of(made.headers[0])[12])[4]
    for seal in seals:
        Point.from_signature_and_message(seal, made.leaf, hasher=None)
    node = made.leaf
    for other in made.path[2]:
        node = sha256(b"\x01" + node + other).digest()
    return node


def _by_us(made: proofs.Parts, header: Header) -> bytes:
    _, account, storage = made.evidence
    root = state.storage_root(header.state_root, made.kept.registry, account)
    return state.word(root, proof.batch_slot(made.agency, made.batch.root), storage)


def _by_library(made: proofs.Parts, header: Header) -> object:
    _, account, storage = made.evidence
    found = HexaryTrie.get_from_proof(
        header.state_root, keccak(made.kept.registry), [rlp_decode(node) for node in account]
    )
    key = keccak(proof.batch_slot(made.agency, made.batch.root))
    return HexaryTrie.get_from_proof(rlp_decode(found)[2], key, [rlp_decode(node) for node in storage])


def _print_time(
    name: str,
    ours: Callable[[], object],
    yardstick: str,
    other: Callable[[], object],
    target: Target | None = None,
    *,
    rounds: int = ROUNDS,
) -> None:
    mine, theirs = _measure([ours, other], rounds)
    said = f"; {target.said(1_000 * mine)}" if target else ""
    print(f"{name:44}{1_000 * mine:9.3f}{1_000 * theirs:11.3f}{mine / theirs:8.1f}×  {yardstick}{said}")


def _measure(works: list[Callable[[], object]], rounds: int) -> list[float]:
    """Return the median seconds of each work; they take turns, so that what disturbs one disturbs all."""
    times: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, taken in zip(works, times, strict=True):
            begun = perf_counter()
            work()
            taken.append(perf_counter() - begun)
    return [median(taken) for taken in times]


# Times in JavaScript.

EVIDENCE = ROOT / "verifier" / "pages" / "static" / "evidence.js"
MEASURING = Path(__file__).with_suffix(".mjs")


def _print_javascript() -> None:
    made = _proof(1_000, 4)
    given = {
        "proof": made.packed().hex(),
        "trustList": proofs.trust_of(material("osaka"), "qbft", 4),
        "leaf": made.leaf.hex(),
        "agency": made.agency,
        "rounds": ROUNDS,
    }
    print(f"{'in JavaScript: milliseconds':44}{'ours':>9}")
    for name, measure in (("Node", _in_node), ("Chromium", _in_chromium)):
        if (figure := measure(given)) is None:
            print(f"{name:44}{'–':>9}  not there")
            continue
        said = f"  {Target(20, 'ms').said(figure)}" if name == "Chromium" else ""
        print(f"{f'a proof, as above, in {name}':44}{figure:9.3f}{said}")
    print()


def _in_node(given: dict[str, object]) -> float | None:
    node = shutil.which("node")
    if node is None or not EVIDENCE.exists():
        return None
    command = [node, str(MEASURING), str(EVIDENCE)]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=True)
    return float(done.stdout)


def _in_chromium(given: dict[str, object]) -> float | None:
    chromium = os.environ.get("YINXIN_CHROMIUM") or shutil.which("chromium")
    if chromium is None or not EVIDENCE.exists():
        return None
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    files = {"/evidence.js": EVIDENCE.read_text("utf-8"), "/measure.mjs": MEASURING.read_text("utf-8")}

    def answer(route: Route) -> None:
        """Stand in for a server: nothing leaves the browser."""
        script = files.get(urlsplit(route.request.url).path)
        kind = "text/html" if script is None else "text/javascript"
        route.fulfill(body=script or "<!doctype html>", content_type=kind)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        page = browser.new_page()
        page.route("**/*", answer)
        page.goto("http://localhost/")
        figure = page.evaluate(
            "async (given) => (await import('/measure.mjs')).measure(await import('/evidence.js'), given)", given
        )
        browser.close()
    return float(figure)


# Long histories.


def _cut(steps: list[Step], *, sealed: bool) -> checkpoint.Checkpoint:
    """Return a checkpoint of a history, with the header and state of the kept one if sealed, else attested.

    The kept state does not hold the heads of a history that is made up: for its size only.
    """
    real = drafts.draft("", "osaka")
    written = history.encode(steps)
    proven = checkpoint.StateProof(tuple(real.headers), *(tuple(nodes) for nodes in real.state)) if sealed else None
    made = checkpoint.Checkpoint(
        registry_id=real.registry[0],
        chain_id=real.registry[1],
        registry=real.registry[2][0],
        agencies=real.registry[2][1],
        block_number=steps[-1].block_number,
        block_hash=real.block[1],
        timestamp=steps[-1].timestamp,
        heads=History.parse(written).heads(),
        state=proven,
        history=written,
    )
    key = attester()
    return made if sealed else made.attested(PublicKey.of(key).kid, lambda message: sign(key, message))


def _print_pack() -> None:
    batches = CERTIFICATES // BATCH
    statuses = CERTIFICATES * STATUSES_IN_A_HUNDRED // 100
    files = tuple(file.read_bytes() for file in sorted((ROOT / "chain" / "certificate_types").glob("*.json")))
    file = pack.Pack(_cut(made_up(batches, statuses), sealed=True), files).encode()
    incompressible = 32 * batches + 64 * statuses
    print(
        f"a pack: {CERTIFICATES:,} certificates in batches of {BATCH:,}, {statuses:,} statuses, {len(files)} type files"
    )
    print(
        f"{len(file):>12,} bytes  {len(file) / incompressible:.2f}× the bare roots, leaves and decisions"
        f" ({incompressible:,})  {Target(1_000_000, 'B').said(len(file))}"
    )
    print(f"{len(zlib.decompress(file)):>12,} bytes unpacked\n")


def _print_replay() -> None:
    cut = _cut(made_up(0, REPLAYED), sealed=False)
    file, written = cut.encode(), cut.history
    trust = TrustList.parse(proofs.trust_of(material("osaka"), "none", attesters=(attester(),)).encode())
    event = a_status(Random(1), 1, (bytes(20), bytes(20)))  # noqa: S311 - for variety
    long, short = arguments(event), bytes(128)
    ours, bare, replayed, parsing = _measure(
        [
            lambda: checkpoint.verify(checkpoint.Checkpoint.parse(file), trust),
            lambda: _hashes(long, short),
            lambda: History.parse(written).heads(),
            lambda: History.parse(written),
        ],
        SLOW_ROUNDS,
    )
    print(f"a checkpoint of {REPLAYED:,} statuses, {len(file):,} bytes: seconds")
    print(f"{'the whole file: unpacked, read, replayed':44}{ours:9.3f}  {Target(1, 's').said(ours)}")
    print(f"{'  of it, its lists read and replayed':44}{replayed:9.3f}  {replayed / bare:.1f}× the yardstick")
    print(f"{'  of that, read':44}{parsing:9.3f}")
    print(f"{f'{2 * REPLAYED:,} bare Keccaks of these lengths':44}{bare:9.3f}  yardstick")


def _hashes(long: bytes, short: bytes) -> None:
    for _ in range(REPLAYED):
        keccak(long)
        keccak(short)


if __name__ == "__main__":
    main()
