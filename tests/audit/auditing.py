"""Audits of a world in tests: over real nodes or lying ones, remembered in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from verifier.audit.finding import Grade
from verifier.audit.remembering import FILE, Remembered
from verifier.audit.running import Auditor, Pinned
from verifier.wiring import audited_nodes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from chain.ethereum.auditing import AuditedNode
    from verifier.audit.finding import Finding
    from verifier.audit.outcomes import State
    from verifier.audit.rules import Family
    from verifier.audit.running import Outcome
    from verifier.settings import Settings

_MANY = 10_000


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit came to."""

    outcome: Outcome
    findings: tuple[Finding, ...]
    """All that stand now, of grade FAULT and ALARM."""

    @property
    def codes(self) -> set[str]:
        """What was found, without where."""
        return {finding.code for finding in self.findings}

    def state(self, family: Family) -> State:
        """Return how a family of checks came out."""
        return next(each.state for each in self.outcome.families if each.family is family)

    def of(self, code: str) -> Finding:
        """Return the finding of a code; an error if there is not exactly one."""
        (found,) = [finding for finding in self.findings if finding.code == code]
        return found


def audit(settings: Settings, *, now: datetime) -> Audited:
    """Audit the nodes of a verifier's settings, as its command does; goes on where the last run ended."""
    return audit_over(audited_nodes(settings), settings, now=now)


def audit_over(
    sources: Sequence[AuditedNode], settings: Settings, *, now: datetime, pinned: Pinned | None = None
) -> Audited:
    """Audit these sources, and close them."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    remembered = Remembered(settings.data_dir / FILE)
    try:
        outcome = Auditor(sources, remembered, pinned, clock=lambda: now).run()
        kept = remembered.findings(limit=_MANY, since=remembered.current_since())
        return Audited(outcome, tuple(each.finding for each in kept if each.finding.grade is not Grade.REMARK))
    finally:
        remembered.close()
        for source in sources:
            source.close()
