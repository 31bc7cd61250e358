"""What an operator's monitoring reads (Prometheus). No label holds anything that names a certificate or a person.

With `PROMETHEUS_MULTIPROC_DIR` set, several processes of one service keep their counts in that folder, and each of them
tells those of all.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from verifier.check.report import Verdict
    from verifier.indexing.index import Progress
    from verifier.limiting import Limit

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The counts of one application."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._verdicts = Counter(
            "yinxin_verdicts", "Verdicts given, by what was brought.", ["verdict", "input"], registry=self._registry
        )
        self._requests = Histogram(
            "yinxin_request_seconds",
            "How long requests took, by route.",
            ["method", "route", "status"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._limited = Counter("yinxin_limited", "Requests refused by a limit.", ["limit"], registry=self._registry)
        self._waiting = Gauge(
            "yinxin_uploads_waiting",
            "Uploads that wait for their turn, or have it.",
            multiprocess_mode="livesum",
            registry=self._registry,
        )

    def verdict(self, verdict: Verdict, kind: str) -> None:
        """Count a verdict; `kind` is what was brought, one of a few words."""
        self._verdicts.labels(verdict.value, kind).inc()

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request by its route's template, which has no values in it."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def limited(self, limit: Limit) -> None:
        """Count a request that a limit refused."""
        self._limited.labels(limit.value).inc()

    def upload_comes(self) -> None:
        """Count an upload that has come."""
        self._waiting.inc()

    def upload_goes(self) -> None:
        """Count an upload that has been dealt with."""
        self._waiting.dec()

    def text(self, state: State) -> bytes:
        """Return all counts in Prometheus' text format, with the present state of the index."""
        whole = CollectorRegistry()
        whole.register(_OfIndex(state))
        if folder := os.environ.get(_FOLDER):
            _forget_the_dead(Path(folder))
            MultiProcessCollector(whole)  # type: ignore[no-untyped-call]  # The library has no types here.
            return generate_latest(whole)
        return generate_latest(self._registry) + generate_latest(whole)


class State:
    """What the index is like now."""

    def __init__(
        self, progress: Callable[[], Progress | None], checkpoint_time: Callable[[], int | None], now: datetime
    ) -> None:
        """`checkpoint_time` returns the time of the newest checkpoint's block."""
        self.progress, self.checkpoint_time = progress(), checkpoint_time()
        self.now = int(now.timestamp())


class _OfIndex(Collector):
    """Tells what is in the index, which all processes share, when it is asked for."""

    def __init__(self, state: State) -> None:
        self._state = state

    def collect(self) -> Iterator[GaugeMetricFamily]:
        progress, now = self._state.progress, self._state.now
        yield _gauge("yinxin_index_reached", "Whether the registry was ever reached.", int(progress is not None))
        if progress is not None:
            yield _gauge("yinxin_index_head_block", "The newest block that was read.", progress.block_number)
            yield _gauge("yinxin_index_head_age_seconds", "How old that block is.", now - progress.block_timestamp)
            yield _gauge(
                "yinxin_index_poll_age_seconds", "How long ago all nodes agreed last.", now - progress.polled_at
            )
            trouble = GaugeMetricFamily(
                "yinxin_index_trouble", "Whether the last poll went wrong, and how.", labels=["kind"]
            )
            trouble.add_metric(["unavailable"], int(bool(progress.trouble) and not progress.is_mismatch))
            trouble.add_metric(["mismatch"], int(bool(progress.trouble) and progress.is_mismatch))
            yield trouble
        if self._state.checkpoint_time is not None:
            yield _gauge(
                "yinxin_checkpoint_age_seconds", "How old the newest checkpoint is.", now - self._state.checkpoint_time
            )


def _forget_the_dead(folder: Path) -> None:
    """Leave out what processes that have ended had waiting."""
    for path in folder.glob("gauge_live*.db"):
        number = int(path.stem.rpartition("_")[2])
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            mark_process_dead(number, str(folder))  # type: ignore[no-untyped-call]  # As above.
        except PermissionError:
            # It lives, and is somebody else's by now.
            continue


def _gauge(name: str, what: str, value: int) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=value)
