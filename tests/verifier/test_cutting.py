"""Checkpoints are cut at a pace: big ones seldom, small ones at once, and after a failure less and less often."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest

from chain.errors import RegistryUnavailable
from verifier import logs
from verifier.indexing.store import Store
from verifier.polling import Loop
from verifier.published.checkpoints import Checkpoints, TooLate
from verifier.published.cutting import Cutter

if TYPE_CHECKING:
    from pathlib import Path

    from verifier.indexing.checkpoint_rows import Entry

PATIENCE_S = 20


class Cuts(Checkpoints):
    """Checkpoints of nothing, that fail or take long."""

    def __init__(self, folder: Path) -> None:
        store = Store(f"sqlite:///{folder / 'index.db'}")
        super().__init__(store, lambda _: None, attester=_no_key, confirmations=1, anchors_every_s=0)
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.worked = 0.0
        self.takes = 0.0
        self.fault: Exception | None = None

    def cut(self, now: datetime, *, at_once: bool = False) -> Entry | None:
        if self.fault is not None:
            raise self.fault
        self.worked += self.takes
        return super().cut(now, at_once=at_once)

    def cutter(self) -> Cutter:
        return Cutter(self, clock=lambda: self.now, spent=lambda: self.worked)


def _no_key() -> None:  # type: ignore[misc]  # Nothing is signed here.
    raise AssertionError


@pytest.fixture
def cuts(tmp_path: Path) -> Cuts:
    logs.configure("info")
    return Cuts(tmp_path)


@pytest.mark.parametrize(("took", "pause"), [(0.0, 0.0), (0.1, 0.0), (0.5, 10.0), (4.0, 20.0)])
def test_pause_after_a_cut_is_as_long_as_its_work_demands(cuts: Cuts, took: float, pause: float) -> None:
    cuts.takes = took
    assert cuts.cutter().turn() == pause


def test_waits_grow_with_each_failure_and_begin_anew_after_a_success(cuts: Cuts) -> None:
    cutter = cuts.cutter()
    cuts.fault = RegistryUnavailable("silence")
    assert [cutter.turn() for _ in range(6)] == [60, 120, 240, 480, 600, 600]
    assert cutter.failing is not None
    assert (cutter.failing.since, cutter.failing.error) == (cuts.now, "RegistryUnavailable")
    cuts.fault = None
    assert cutter.turn() == 0
    assert cutter.failing is None
    cuts.fault = ZeroDivisionError()
    assert cutter.turn() == 60


def test_failing_for_an_hour_is_an_error(cuts: Cuts, capsys: pytest.CaptureFixture[str]) -> None:
    cutter = cuts.cutter()
    cuts.fault = RegistryUnavailable("silence")
    cutter.turn()
    assert '"level": "warning"' in "".join(capsys.readouterr())
    cuts.now += timedelta(seconds=30)
    cutter.turn()
    assert "".join(capsys.readouterr()) == ""
    cuts.now += timedelta(hours=1)
    cutter.turn()
    told = "".join(capsys.readouterr())
    assert '"level": "error"' in told
    assert '"since": "2026-01-01T00:00:00+00:00"' in told


def test_block_missed_is_told_and_the_next_one_tried_at_once(cuts: Cuts, capsys: pytest.CaptureFixture[str]) -> None:
    cutter = cuts.cutter()
    cuts.fault = TooLate("block 3 is no longer the newest")
    assert [cutter.turn() for _ in range(3)] == [0, 0, 0]
    assert "".join(capsys.readouterr()).count("checkpoint.too_late") == 1
    assert cutter.failing is not None


def test_loop_that_waits_for_calls_does_nothing_without_one_and_ends_when_told() -> None:
    done = Event()
    times: list[int] = []

    def do() -> float:
        times.append(1)
        done.set()
        return 0.0

    loop = Loop("test", do, when_called=True)
    loop.start()
    assert times == []
    loop.call()
    assert done.wait(PATIENCE_S)
    loop.stop()
    assert times == [1]
