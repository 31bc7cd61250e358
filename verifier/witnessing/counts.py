"""What an operator's monitoring reads of a witness (Prometheus): only what it tells everybody anyway."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from verifier.witnessing.folder import ALARMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verifier.witnessing.witness import Witness


def text(witness: Witness) -> bytes:
    """Return how a witness stands now, in Prometheus' text format."""
    whole = CollectorRegistry()
    whole.register(_OfWitness(witness))
    return generate_latest(whole)


class _OfWitness(Collector):
    """Tells what is in a witness's folder when it is asked for."""

    def __init__(self, witness: Witness) -> None:
        self._witness = witness

    def collect(self) -> Iterator[GaugeMetricFamily]:
        witness = self._witness
        newest = witness.newest
        # Without one there is no age; an alert on its absence tells of a witness that never began.
        if newest is not None:
            age = int(witness.clock().timestamp()) - newest.statement.timestamp
            yield _gauge("yinxin_witness_cosigned_block", "The newest block co-signed.", newest.statement.number)
            yield _gauge("yinxin_witness_cosigned_age_seconds", "How old that block is.", age)
        raised = Counter(str(each.get("kind")) for each in witness.folder.alarms() if isinstance(each, dict))
        alarms = GaugeMetricFamily("yinxin_witness_alarms", "Alarms kept, by kind.", labels=["kind"])
        # Those that never came are told as well, so that the first is seen to come.
        for kind in ALARMS:
            alarms.add_metric([kind], raised[kind])
        yield alarms
        yield _gauge("yinxin_witness_split_views", "Split views kept.", len(witness.folder.splits.names()))


def _gauge(name: str, what: str, value: int) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value=value)
