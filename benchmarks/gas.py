"""What the registry's calls cost in gas, beside their targets and yardsticks; `--write` puts the table into the README.

Two development chains are started, one under Prague rules, one under London rules. Every figure is a transaction's
gas, from its receipt. Keys and signatures are fixed, so that a figure changes only when a contract does; still, which
bytes of a hash are zero moves a figure by some tens of gas.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # A script's own folder is on the path, the repository's root is not.

from chain.ethereum.network import Anvil  # noqa: E402
from tests.contracts.node import ANYBODY, Node, Receipt  # noqa: E402
from tests.contracts.people import person  # noqa: E402
from tests.contracts.world import (  # noqa: E402
    BANNER,
    LEAGUE,
    LOSS,
    REGION,
    REVOKED,
    SUSPENSION,
    World,
    approver,
    credit_code,
    leaves,
    manager,
    managers,
)

if TYPE_CHECKING:
    from tests.contracts.model import Emitted
    from tests.contracts.registry import Contract

README = ROOT / "contracts" / "README.md"
BEGIN, END = "<!-- gas -->", "<!-- /gas -->"
RULES = ("prague", "london")
KEY = (
    bytes.fromhex("8e533b6fa0bf7b4625bb30667c01fb607ef9f8b8a80fef5b300628703187b2a3"),
    bytes.fromhex("73eb1dbde03318366d069f83a6f5900053c73633cb041b21c55e1a86c1f400b4"),
)
"""2 G of P-256; nobody's key."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table."""

    what: str
    targets: dict[str, int]
    yardstick: str = ""


LINES = (
    Line(
        "batch of 1,000 leaves, per leaf",
        {"prague": 1330, "london": 1060},
        "publishing a leaf in calldata: 1,280 Prague, 512 London; spike without checks 1,297 and 913",
    ),
    Line(
        "batch of one leaf, preparer and approver, three levels deep",
        {"prague": 140_000, "london": 140_000},
        "one-slot floor 43,676; spike without checks 49,191; OpenAttestation 48,997; EAS 180,120",
    ),
    Line("each further leaf in a batch of two", {}, "OpenAttestation, 100 in one call, each: 24,452"),
    Line("each further approval", {}),
    Line("each further level", {}),
    Line("anchoring the same batch again (one leaf)", {}),
    Line(
        "status change of one leaf by two officers",
        {"prague": 110_000, "london": 110_000},
        "OpenAttestation revoke 51,812; EAS revoke 59,890",
    ),
    Line("each further leaf in it", {"prague": 40_000, "london": 40_000}),
    Line("second track of a leaf", {}),
    Line("suspension by one officer", {}),
    Line("lifting it", {}),
    Line("replacing one certificate", {}),
    Line("replacing 100 certificates, each", {}),
    Line("registering a child agency", {}),
    Line("enrolling an officer", {}),
    Line("removing an officer", {}),
    Line("adding a document key", {}),
    Line("cutting a key off", {}),
    Line("granting a type", {}),
    Line("suspending an agency", {}),
    Line("resuming it", {}),
    Line("proposing and voting, by one member", {}),
    Line("voting for a proposal", {}),
    Line("carrying out a proposal (a new member)", {}),
    Line("deploying Agencies", {}),
    Line("deploying Certificates", {}),
)


class Meter(World):
    """A registry that remembers what its last call cost."""

    gas = 0

    def send(self, contract: Contract, data: bytes, *, sender: str = ANYBODY, **fields: object) -> Receipt:
        """Send, and remember the gas."""
        receipt = super().send(contract, data, sender=sender, **fields)
        self.gas = receipt.gas
        return receipt

    def of(self, _made: list[Emitted]) -> int:
        """Return what the call cost whose events these are: the last one."""
        return self.gas


def measure(rules: str) -> list[int]:
    """Measure all lines under a hardfork's rules, in the order of `LINES`."""
    with Anvil.start(hardfork=rules) as anvil:
        world = Meter(Node(anvil.url))
        hour = world.hour()
        # The first batch of an agency pays for its sequence number's slot, the first of all for a head's.
        for agency in (BANNER, LEAGUE):
            world.anchor(agency, leaves(1, "first"))
            world.mark(agency, leaves(1, "first"), LOSS, hour)
        figures = [*_batches(world), *_statuses(world, hour), *_rights(world), *_council(world)]
        for name, arguments in (
            ("Agencies", (world.registry_id, True, [person("member").address], 1)),
            ("Certificates", (world.agencies.address,)),
        ):
            world.deploy(name, *arguments)
            figures.append(world.deployed_for)
        return figures


def _batches(world: Meter) -> list[int]:
    thousand = world.of(world.anchor(BANNER, leaves(1000, "thousand"))) // 1000
    one = world.of(world.anchor(BANNER, leaves(1, "one")))
    two = world.of(world.anchor(BANNER, leaves(2, "two")))
    more = world.of(world.anchor(BANNER, leaves(1, "approved twice"), approved=[approver(BANNER, i) for i in (1, 2)]))
    higher = world.of(world.anchor(LEAGUE, leaves(1, "higher")))
    again = world.of(world.anchor(BANNER, leaves(1, "one")))
    return [thousand, one, two - one, more - one, one - higher, again]


def _statuses(world: Meter, hour: int) -> list[int]:
    one = world.of(world.mark(BANNER, leaves(1, "status"), REVOKED, hour))
    eleven = world.of(world.mark(BANNER, leaves(11, "statuses"), REVOKED, hour))
    second = world.of(world.mark(BANNER, leaves(1, "status"), LOSS, hour))
    officer = world.change(BANNER, leaves(1, "alone"), SUSPENSION, hour, hour + 24)
    alone = world.of(world.act(world.certificates, "changeStatus", (*officer[:-1], officer[-1][:1])))
    lifted = world.of(world.mark(BANNER, leaves(1, "alone"), SUSPENSION, 0))
    replaced = world.of(world.replace(BANNER, leaves(1, "newer"), leaves(1, "older")))
    hundred = world.of(world.replace(BANNER, leaves(100, "new"), leaves(100, "old"))) // 100
    return [one, (eleven - one) // 10, second, alone, lifted, replaced, hundred]


def _rights(world: Meter) -> list[int]:
    officer = person("measured officer").address
    child = (LEAGUE, credit_code(90), "演示旗县市场监督管理局", officer)
    calls = (
        (managers(LEAGUE), "registerAgency", *child),
        (managers(BANNER), "setOfficer", BANNER, officer, 3),
        ([manager(BANNER)], "setOfficer", BANNER, officer, 0),
        (managers(BANNER), "addKey", BANNER, 1, *KEY, 1, 2),
    )
    figures = [world.of(world.by(*call)) for call in calls]
    [kid] = [event.arguments[1] for event in world.history() if event.name == "KeyAdded"]
    more = (
        ([manager(BANNER)], "cutOffKey", BANNER, kid, 1_000_000),
        (managers(LEAGUE), "grantType", BANNER, 2),
        ([manager(LEAGUE)], "suspendAgency", BANNER),
        (managers(LEAGUE), "resumeAgency", BANNER),
    )
    world.by(managers(REGION), "grantType", LEAGUE, 2)
    return figures + [world.of(world.by(*call)) for call in more]


def _council(world: Meter) -> list[int]:
    number = world.propose(world.agencies, "addMember", person("newcomer").address, 2)
    proposed = world.gas
    second = person("council 1").address
    voted = world.of(world.act(world.agencies, "vote", number, sender=second))
    return [proposed, voted, world.of(world.act(world.agencies, "execute", number, sender=second))]


def table(figures: dict[str, list[int]]) -> str:
    """Write the figures as a Markdown table."""
    rows = ["| call | Prague | London | target | yardstick |", "|---|---:|---:|---|---|"]
    for i, line in enumerate(LINES):
        targets = sorted(set(line.targets.values()), reverse=True)
        target = " / ".join(f"≤ {value:,}" for value in targets)
        shown = []
        for rules in RULES:
            figure = figures[rules][i]
            missed = figure > line.targets.get(rules, figure)
            shown.append(f"**{figure:,} (missed)**" if missed else f"{figure:,}")
        rows.append(f"| {line.what} | {' | '.join(shown)} | {target} | {line.yardstick} |")
    return "\n".join(rows)


def missed(figures: dict[str, list[int]]) -> bool:
    """Say whether a target is missed."""
    return any(figures[rules][i] > target for i, line in enumerate(LINES) for rules, target in line.targets.items())


def main() -> int:
    """Measure, print, and write if asked to; exit 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the table into contracts/README.md")
    wanted = parser.parse_args()
    figures = {rules: measure(rules) for rules in RULES}
    shown = table(figures)
    print(shown)
    if wanted.write:
        text = README.read_text()
        before, after = text.index(BEGIN) + len(BEGIN), text.index(END)
        README.write_text(f"{text[:before]}\n{shown}\n{text[after:]}")
    return int(missed(figures))


if __name__ == "__main__":
    raise SystemExit(main())
