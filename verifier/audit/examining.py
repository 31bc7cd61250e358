"""The audit of events: a pure fold over what happened, which holds each event against all that came before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chain.events import BatchAnchored, CertificateReplaced, KeyCutOff, StatusChanged
from verifier.audit import rules_batches, rules_procedure, rules_statuses
from verifier.audit.folded import Folded, Happened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from verifier.audit.finding import Finding
    from verifier.audit.sources import RawTransaction

Anchored = tuple[bytes, int, int, int]
"""A leaf, and the agency, type and version under which it was anchored."""


class Examiner:
    """Folds events in the chain's order. Nothing is asked of anybody here but for leaves anchored long before."""

    def __init__(self, type_of: Callable[[int, bytes], tuple[int, int] | None]) -> None:
        """`type_of` tells the type and version under which an agency anchored a leaf before what is held here."""
        self.folded = Folded()
        self._type_of = type_of
        self._leaves: dict[tuple[int, bytes], tuple[int, int]] = {}

    def refold(self, happened: Iterable[Happened]) -> None:
        """Take events as true that were examined before."""
        for each in happened:
            self.folded.apply(each)

    def examine(self, happened: Happened, sent: RawTransaction | None = None) -> Iterator[Finding]:
        """Say what is wrong with an event, then take it as true; `sent` is a batch's transaction."""
        match happened.event:
            case BatchAnchored() as event:
                yield from rules_batches.leaves(event, happened, sent)
                yield from rules_batches.anchored(event, happened, self.folded)
                for leaf in (sent.leaves or ()) if sent is not None else ():
                    self._leaves.setdefault((event.agency, leaf), (event.certificate_type, event.version))
            case StatusChanged() as event:
                # Lifting what should never have been set is no second fault.
                if event.from_hour:
                    anchored_as = self._anchored_as(event.agency, event.leaf)
                    yield from rules_statuses.subject(event, happened, anchored_as)
                yield from rules_statuses.changed(event, happened, self.folded)
            case CertificateReplaced() as event:
                anchored_as = self._anchored_as(event.agency, event.old_leaf)
                yield from rules_statuses.subject(event, happened, anchored_as)
                yield from rules_statuses.replaced(event, happened, self.folded)
            case KeyCutOff() as event:
                yield from rules_procedure.changed(happened, self.folded)
                yield from rules_batches.cut_off(event, happened, self.folded)
            case _:
                yield from rules_procedure.changed(happened, self.folded)
        self.folded.apply(happened)

    def take_leaves(self) -> list[Anchored]:
        """Hand over the leaves anchored since the last time; from then on `type_of` must know them."""
        taken = [(leaf, agency, *kind) for (agency, leaf), kind in self._leaves.items()]
        self._leaves.clear()
        return taken

    def _anchored_as(self, agency: int, leaf: bytes) -> tuple[int, int] | None:
        return self._leaves.get((agency, leaf)) or self._type_of(agency, leaf)
