"""A node and a network that misbehave, two ways at once, by seed: what was approved is anchored once, nothing else is.

After every step the database is compared with the chain itself, asked without the proxy in between: whatever it calls
final or signed must be so. In the end a checker goes through what was promised: no approval lost, none doubled. Set
YINXIN_NIGHT to run two hundred seeds.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from chain.errors import RegistryError
from chain.ethereum.network import Anvil
from chain.events import StatusChanged
from issuer import carrying
from issuer.carrying import Carrier
from issuer.delivery.document_making import DocumentMaker
from issuer.sending import lane_conditions
from issuer.sending.outbox import Strikes
from issuer.status import statuses
from issuer.status.statuses import Wish
from issuer.tables.models import State
from tests.faults import services
from tests.faults.chaos_proxy import ChaosProxy, Way
from tests.faults.services import batches_of, require_each_once
from tests.issuer.papers import renderer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from issuer.wiring import Issuer
    from tests.faults.services import Service

SEEDS = 200 if os.environ.get("YINXIN_NIGHT") else 12
STEPS = 80
FAULTY_STEPS = 20
SENDING = "eth_sendRawTransaction"
RECEIPT = "eth_getTransactionReceipt"
ASKED = (SENDING, RECEIPT, "eth_getTransactionByHash", "eth_getTransactionCount", "eth_call", "eth_getBlockByNumber")


@dataclass(slots=True)
class Storm:
    """What is to go wrong in one run, and when."""

    proxy: ChaosProxy
    anvil: Anvil
    dice: random.Random
    told: list[str] = field(default_factory=list)
    """What went wrong, for whoever reads why a run failed."""

    def plan(self) -> dict[int, Callable[[], None]]:
        """Choose two faults and the steps before which they strike."""
        return {self.dice.randrange(FAULTY_STEPS): self.fault() for _ in range(2)}

    def fault(self) -> Callable[[], None]:
        ways = [Way.DROP_BEFORE, Way.DROP_AFTER, Way.DELAY, Way.DUPLICATE, Way.TOO_MANY_REQUESTS, Way.SERVER_ERROR]
        ways += [Way.TRUNCATED, Way.CUT, Way.WRONG_ID, Way.CLOSE]
        kinds: list[Callable[[], None]] = [partial(self.fail, way) for way in ways]
        kinds += [self.other_chain, self.stale_head, self.no_receipt, self.receipt_then_none]
        kinds += [self.reverted_receipt, self.receipt_of_another_block, self.receipt_without_records]
        kinds += [self.reorganise, self.drop_transactions, self.nonce_of_the_past]
        return self.dice.choice(kinds)

    def fail(self, way: Way) -> None:
        method, times = self.dice.choice(ASKED), self.dice.randint(1, 4)
        self.told.append(f"{way.name} {method} x{times}")
        self.proxy.fail(way, method, times=times, delay_s=0.01)

    def other_chain(self) -> None:
        self.told.append("another chain")
        self.proxy.answer("0x1", "eth_chainId", times=self.dice.randint(1, 4))

    def stale_head(self) -> None:
        self.told.append("a stale head")
        number = int(str(self.anvil.ask("eth_blockNumber")), 16)
        self.proxy.freeze_head(max(1, number - self.dice.randint(0, 2)))

    def no_receipt(self) -> None:
        self.told.append("no receipts for a while")
        self.proxy.answer(None, RECEIPT, times=self.dice.randint(1, 8))

    def receipt_then_none(self) -> None:
        self.told.append("a receipt, then none")
        seen: list[object] = []

        def forget(_method: str, _params: list[Any], true: object) -> object:
            seen.append(true)
            return true if len(seen) % 2 else None

        self.proxy.lie(forget, RECEIPT, times=6)

    def lie_about_receipts(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        def lie(_method: str, _params: list[Any], true: Any) -> object:  # noqa: ANN401 — as the proxy has it
            return change(true) if true else true

        self.proxy.lie(lie, RECEIPT, times=self.dice.randint(1, 3))

    def reverted_receipt(self) -> None:
        self.told.append("a receipt that says it reverted")
        self.lie_about_receipts(lambda true: {**true, "status": "0x0", "logs": []})

    def receipt_of_another_block(self) -> None:
        self.told.append("a receipt of another block")
        self.lie_about_receipts(lambda true: {**true, "blockHash": "0x" + "ab" * 32})

    def receipt_without_records(self) -> None:
        self.told.append("a receipt without records")
        self.lie_about_receipts(lambda true: {**true, "logs": []})

    def reorganise(self) -> None:
        self.told.append("the newest block is no more")
        self.anvil.ask("anvil_reorg", 1, [])

    def drop_transactions(self) -> None:
        self.told.append("the pool is forgotten")
        self.anvil.ask("anvil_dropAllTransactions")

    def nonce_of_the_past(self) -> None:
        self.told.append("an older count of transactions")
        self.proxy.lie(
            lambda _method, _params, true: hex(max(0, int(true, 16) - 1)),
            "eth_getTransactionCount",
            times=self.dice.randint(1, 3),
        )


@pytest.fixture(scope="module")
def chain() -> Iterator[Anvil]:
    with Anvil.start() as running:
        yield running


@pytest.fixture(scope="module")
def service(chain: Anvil, tmp_path_factory: pytest.TempPathFactory) -> Service:
    """Return an issuer on a chain that makes a block only when it is told to, so that transactions can be lost."""
    folder: Path = tmp_path_factory.mktemp("chaos")
    made = services.deployed(folder, node=chain.url, database=f"sqlite:///{folder}/issuer.db")
    chain.ask("evm_setAutomine", False)  # noqa: FBT003 — the RPC's own argument
    return made


@pytest.mark.parametrize("seed", range(SEEDS))
def test_two_faults_at_once_lose_and_double_nothing(service: Service, chain: Anvil, seed: int) -> None:
    dice = random.Random(seed)
    with (
        ChaosProxy(chain.url) as proxy,
        service.open() as truth,
        service.through(proxy.url).open() as opened,
    ):
        storm = Storm(proxy, chain, dice)
        approved = [service.approved(truth) for _ in range(2)]
        now = [0.0]
        worker, maker = carrier(opened, chain, lambda: now[0]), DocumentMaker(opened.office, renderer)
        plan = storm.plan()
        wanted: int | None = None
        for step in range(STEPS):
            if step in plan:
                plan[step]()
            if step == FAULTY_STEPS:
                proxy.clear()
            now[0] += carrying.LONGEST_PAUSE_S + 1
            worker.step()
            make(maker)
            require_true(truth, approved, storm)
            if wanted is None and step > FAULTY_STEPS // 2:
                wanted = suspension(truth, approved[0])
            if step > FAULTY_STEPS and wanted is not None and is_over(truth, approved, wanted):
                break
        assert is_over(truth, approved, wanted), (storm.told, [batch.state for batch in batches_of(truth, approved)])
        require_each_once(truth, approved)
        require_changed_once(truth, wanted)
        with truth.office.store.reading() as work:
            assert all(not each.trouble for each in lane_conditions.all_of(work))


def carrier(opened: Issuer, chain: Anvil, clock: Callable[[], float]) -> Carrier:
    lane = replace(opened.lane(), wait=lambda: False, strikes=Strikes(carrying.MOST_STRIKES))
    return Carrier(opened.office, lane, nudge=chain.mine, clock=clock)


def make(maker: DocumentMaker) -> None:
    try:
        maker.step()
    except RegistryError:
        # Its round pauses and tries again.
        return


def suspension(truth: Issuer, batch: int) -> int | None:
    """Have two officers suspend a batch's certificate, once it is there."""
    with truth.office.store.reading() as work:
        if work.batch(batch).state != State.ISSUED:
            return None
        (certificate,) = work.certificates(batch)
    officers = [truth.office.keystore.officer(name) for name in ("market-preparer", "market-approver")]
    return statuses.request(truth.office, certificate, Wish("suspend", None, None, "复查", None), officers)


def is_over(truth: Issuer, approved: list[int], change: int | None) -> bool:
    with truth.office.store.reading() as work:
        done = change is not None and work.status_change(change).state == State.FINAL
    return done and all(batch.documents_at for batch in batches_of(truth, approved))


def require_true(truth: Issuer, approved: list[int], storm: Storm) -> None:
    """Check that nothing is called final or signed that the chain does not hold."""
    registry = truth.office.registry
    for batch in batches_of(truth, approved):
        assert batch.state not in {State.FAILED, State.DISCARDED}, (storm.told, batch.failure)
        if batch.state in {State.FINAL, State.ISSUED}:
            assert registry.batch_block(batch.agency, batch.root or b"") == batch.block_number, storm.told
            assert registry.block(batch.block_number or 0).hash == batch.block_hash, storm.told


def require_changed_once(truth: Issuer, number: int | None) -> None:
    registry = truth.office.registry
    with truth.office.store.reading() as work:
        change = work.status_change(number or 0)
    found = [
        record
        for record in registry.records(registry.identity().deployed_at_block, registry.newest().number)
        if isinstance(record.event, StatusChanged) and record.event.decision == change.decision
    ]
    assert len(found) == 1
    assert found[0].block_number == change.block_number
