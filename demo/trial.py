"""Has everything judged that was made, over every public interface, and compares verdicts with expected ones."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

from chain.ethereum.network import Anvil
from demo import crimes, judging
from demo.judging import Exhibit, Judgement
from demo.stage import BLOCK_TIME_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from demo.clock import Clock
    from demo.stage import Stage

SHOWN = "shown.json"
"""What was issued, and which verdict each document must get; written when all demo data are made."""


def judged(stage: Stage, clock: Clock, head: int) -> dict[str, object]:
    """Have everything checked over the public interfaces."""
    shown = json.loads((stage.folder / SHOWN).read_text(encoding="utf-8"))
    papers = [Exhibit(Path(path), each["expected"]) for path, each in shown.items()]
    told = json.loads((stage.forgeries / crimes.EXPECTED).read_text(encoding="utf-8"))
    forged = [Exhibit(stage.forgeries / name, each["expected"]) for name, each in told.items()]
    with clock.timed("documents over HTTP"):
        judgements = judging.over_http(stage.verifier_url, papers)
    with clock.timed("forgeries over HTTP"):
        judgements += judging.over_http(stage.verifier_url, forged)
    with clock.timed("command line"):
        environment = stage.environment(stage.verifier_settings)
        judgements += judging.on_the_command_line(environment, [*forged, *_other_ways(stage, shown, papers)])
    with clock.timed("offline"):
        pdfs = [each for each in [*papers, *forged] if each.path.suffix == ".pdf"]
        judgements += _offline(stage, pdfs, head=head)
    with clock.timed("doctor"):
        # Ends the program if anything is wrong, or could not be asked.
        doctor = stage.issuer("doctor")
    table: dict[str, dict[str, int]] = {}
    for judgement in judgements:
        counts = table.setdefault(judgement.exhibit.expected, {})
        counts[judgement.got] = counts.get(judgement.got, 0) + 1
    ways: dict[str, int] = {}
    for judgement in judgements:
        ways[judgement.way] = ways.get(judgement.way, 0) + 1
    wrong = [
        {"file": each.exhibit.path.name, "way": each.way, "expected": each.exhibit.expected, "got": each.got}
        for each in judgements
        if not each.agrees
    ]
    return {
        "ok": not wrong and bool(papers) and bool(forged),
        "certificates": len(papers),
        "forgeries": len(forged),
        "checks": len(judgements),
        "ways": ways,
        "expected_vs_got": table,
        "wrong": wrong,
        "doctor": doctor["outcome"],
        "seconds": clock.seconds,
        "head": head,
    }


def _offline(stage: Stage, exhibits: Sequence[Exhibit], *, head: int) -> list[Judgement]:
    """Fetch the trust list and a checkpoint that covers everything, and judge once more without a network."""
    anvil = Anvil.attach(stage.rpc_url)
    # A checkpoint is of a final block: one more must follow.
    while int(str(anvil.ask("eth_blockNumber")), 16) <= head:
        time.sleep(BLOCK_TIME_S / 4)
    stage.verifier("checkpoint", "cut")
    folder = stage.folder / "offline"
    folder.mkdir(exist_ok=True)
    return judging.offline(
        stage.environment(stage.verifier_settings),
        exhibits,
        trust=judging.fetched(f"{stage.verifier_url}/api/v1/trust-list", folder / "trust.json"),
        checkpoint=judging.fetched(f"{stage.verifier_url}/api/v1/checkpoints/latest", folder / "latest.checkpoint"),
        state=folder / "state",
    )


def _other_ways(stage: Stage, shown: dict[str, dict[str, str]], papers: Sequence[Exhibit]) -> list[Exhibit]:
    """Take one certificate of each type, as a turned picture, as SD-JWT, as the code's text and as its short number."""
    folder = stage.folder / "other-ways"
    folder.mkdir(exist_ok=True)
    chosen: dict[str, Exhibit] = {}
    for paper in papers:
        if paper.expected == "VALID":
            chosen.setdefault(shown[str(paper.path)]["type"], paper)
    exhibits: list[Exhibit] = []
    for paper in chosen.values():
        number = folder / f"{paper.path.stem}.short-number.txt"
        number.write_text(shown[str(paper.path)]["short_number"], encoding="ascii")
        exhibits += [
            paper,
            Exhibit(judging.photographed(paper.path, folder), paper.expected),
            Exhibit(paper.path.with_suffix(".sd-jwt"), paper.expected),
            Exhibit(paper.path.with_suffix(".code.txt"), paper.expected),
            # A short number says nothing of whose certificate it is.
            Exhibit(number, "INCOMPLETE"),
        ]
    return exhibits
