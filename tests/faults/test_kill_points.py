"""Killed at any named point, by SIGKILL, on a real chain: one anchoring, every document once, by the next worker."""

from __future__ import annotations

import os
import random
import signal
from typing import TYPE_CHECKING

import pytest

from issuer.delivery import document_making, finishing
from issuer.sending import sealing
from tests.faults.chaos_proxy import ChaosProxy
from tests.faults.services import require_each_once, wait_until_documents

if TYPE_CHECKING:
    from tests.faults.services import Service

POINTS = (*sealing.CRASH_POINTS, *finishing.CRASH_POINTS, *document_making.CRASH_POINTS)
"""In the order in which a batch passes them. Between `before_send` and `after_reply` it is the node that kills."""
TELLING = ("before_commit", "after_commit", "after_reply", "after_block", "before_final", "after_signing")
PAIRS = 6


def test_points_are_before_and_after_everything_that_must_not_happen_twice_or_never() -> None:
    named = {"nonce", "commit", "receipt", "block", "final", "signing", "document"}
    assert {f"{when}_{what}" for when in ("before", "after") for what in named} <= set(POINTS)
    assert {"after_sign", "before_send", "after_reply"} <= set(POINTS)


@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_on_sqlite(on_sqlite: Service, point: str) -> None:
    killed_and_taken_up_again(on_sqlite, [point])


@pytest.mark.parametrize("point", TELLING)
def test_killed_anywhere_on_postgresql(on_postgresql: Service, point: str) -> None:
    killed_and_taken_up_again(on_postgresql, [point])


@pytest.mark.parametrize("seed", range(PAIRS))
def test_killed_twice_in_a_row(on_sqlite: Service, seed: int) -> None:
    dice = random.Random(seed)
    killed_and_taken_up_again(on_sqlite, sorted((dice.choice(POINTS), dice.choice(POINTS)), key=POINTS.index))


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_killed_between_sending_and_the_reply(request: pytest.FixtureRequest, database: str) -> None:
    service: Service = request.getfixturevalue(f"on_{database}")
    with ChaosProxy(service.settings["YINXIN_RPC_URLS"]) as proxy, service.open() as opened:
        batch = service.approved(opened)
        killing: list[int] = []

        def kill(_method: str, _params: list[object], true: object) -> object:
            # The node has the transaction, and nobody hears of it.
            os.kill(killing[0], signal.SIGKILL)
            return true

        doomed = service.through(proxy.url)
        proxy.lie(kill, "eth_sendRawTransaction", times=1)
        worker = doomed.work()
        killing.append(worker.pid)
        worker.killed()
        assert proxy.passed_on["eth_sendRawTransaction"] == 1
        with service.work():
            wait_until_documents(opened, [batch])
        require_each_once(opened, [batch])


def killed_and_taken_up_again(service: Service, points: list[str]) -> None:
    """Have a worker killed at each of these points in turn, then let one live."""
    with service.open() as opened:
        batch = service.approved(opened, size=2)
        for point in points:
            service.work(YINXIN_CRASH_AT=point).killed()
        with service.work():
            wait_until_documents(opened, [batch])
        require_each_once(opened, [batch])
