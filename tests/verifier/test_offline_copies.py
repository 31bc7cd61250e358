"""Limited copies without a network: as good as the proof that came with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from chain.calendar import today
from tests.verifier.copied import TERMS, limited
from tests.verifier.offline_desk import Desk, paper_of, proof_of, said, with_proof
from tests.verifier.offline_evidence import Chain
from tests.verifier.papers_on_chain import certificate_of
from tests.verifier.test_offline_proofs import deployed
from verifier.answer import heading
from verifier.check.presented import Presented
from verifier.check.report import Outcome, Verdict
from verifier.wording import Language

if TYPE_CHECKING:
    from pathlib import Path

    from chain.copy import LimitedCopy
    from tests.deployed import Deployed
    from tests.verifier.book import Paper

__all__ = ["deployed"]


@pytest.fixture
def desk(deployed: Deployed, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    return Desk(Chain(deployed), tmp_path / "state", request.node.name)


def paper_like(desk: Desk) -> Paper:
    """Return the certificate of this test again."""
    return certificate_of(desk.chain.deployed, desk.chain.deployed.offices[1], desk.name)


def copy_of(desk: Desk) -> LimitedCopy:
    made = paper_of(desk.chain, desk.name)
    day = today(desk.chain.now)
    return limited(made, key=made.key, terms=replace(TERMS, made=day, expires=day + timedelta(days=10)))


def test_a_file_with_its_proof_and_a_checkpoint_is_valid(desk: Desk) -> None:
    signed = copy_of(desk)
    shown = proof_of(desk.chain, paper_like(desk), desk.name)
    presented = with_proof(Presented(copies=(signed.encode(),)), shown)
    report = desk.ask(presented, desk.chain.checkpoint())
    assert report.verdict is Verdict.VALID, [(each.name, each.message) for each in report.checks]
    assert heading(report, Language.ENGLISH).startswith("Limited copy for ")
    assert "Not revoked as of" in heading(report, Language.ENGLISH)


def test_without_a_proof_it_is_signed_and_by_its_code_alone_incomplete(desk: Desk) -> None:
    signed, cut = copy_of(desk), desk.chain.checkpoint()
    assert desk.ask(Presented(copies=(signed.encode(),)), cut).verdict is Verdict.SIGNED
    report = desk.ask(Presented(copies=(signed.closed().encode(),)), cut)
    assert report.verdict is Verdict.INCOMPLETE
    assert said(report, "signature") == (Outcome.PASSED, "signature.copy_alone")


def test_with_a_proof_alone_nothing_is_known_of_its_key(desk: Desk) -> None:
    signed = copy_of(desk)
    shown = proof_of(desk.chain, paper_like(desk), desk.name)
    report = desk.ask(with_proof(Presented(copies=(signed.encode(),)), shown), None)
    assert report.verdict is Verdict.CANNOT_CHECK
