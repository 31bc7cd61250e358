"""Whoever asks offline with what is at hand, and what is in their hands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chain.checkpoint import Checkpoint
from chain.pack import Pack
from tests.verifier.papers_on_chain import certificate_of
from verifier import offline
from verifier.check.moments import moment
from verifier.offline import Beside

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from chain.proof import Proof
    from tests.verifier.book import Paper
    from tests.verifier.offline_evidence import Chain
    from verifier.check.presented import Presented
    from verifier.check.report import Check, Outcome, Report
    from verifier.offline import Basis

MINUTE = timedelta(minutes=1)


def paper_of(chain: Chain, label: str, **changes: object) -> Paper:
    """Anchor a certificate of that label, in a batch of two."""
    office = chain.deployed.offices[1]
    new = certificate_of(chain.deployed, office, label, **changes)
    chain.anchor(office, new, other_of(chain, label))
    return new


def other_of(chain: Chain, label: str) -> Paper:
    """Return the certificate that lies beside the one of that label."""
    return certificate_of(chain.deployed, chain.deployed.offices[1], f"beside {label}")


def proof_of(chain: Chain, made: Paper, label: str, **how: object) -> Proof:
    """Return the proof of the certificate of that label."""
    return chain.proof(chain.deployed.offices[1], made, other_of(chain, label), **how)  # type: ignore[arg-type]


class Desk:
    """Asks with what is at hand."""

    def __init__(self, chain: Chain, folder: Path, name: str) -> None:
        self.chain, self.folder, self.name = chain, folder, name

    def basis(
        self,
        checkpoint: Checkpoint | Pack | bytes | None,
        *,
        now: datetime | None = None,
        trust: bytes | None = None,
    ) -> Basis:
        file = checkpoint.encode() if isinstance(checkpoint, Checkpoint | Pack) else checkpoint
        return offline.basis(trust or self.chain.trust_file(), file, now or self.chain.now + MINUTE, state=self.folder)

    def ask(
        self,
        presented: Presented,
        checkpoint: Checkpoint | Pack | bytes | None,
        *,
        later: timedelta = MINUTE,
        trust: bytes | None = None,
        extra: Sequence[Proof] = (),
        on: str | None = None,
    ) -> Report:
        now = self.chain.now + later
        given = self.basis(checkpoint, now=now, trust=trust)
        (report,) = offline.check(
            [("a paper", lambda: presented)], given, moment(on, now), [beside(proof) for proof in extra]
        )
        return report


def beside(shown: Proof, name: str = "certificate.proof") -> Beside:
    """Return a proof as the command line reads it."""
    return Beside.read(name, shown.encode())


def with_proof(presented: Presented, *proofs: Proof | bytes) -> Presented:
    """Return what was brought, with proofs attached."""
    return replace(presented, proofs=tuple(each if isinstance(each, bytes) else each.encode() for each in proofs))


def check(report: Report, name: str) -> Check:
    """Return one check of a report."""
    return next(check for check in report.checks if check.name == name)


def said(report: Report, name: str) -> tuple[Outcome, str]:
    """Return how a check ended, and which message says it."""
    found = check(report, name)
    return found.outcome, found.message.key
