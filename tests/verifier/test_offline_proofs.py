"""Offline, what a proof is worth: against a trust list that it does not suit, and beside an older checkpoint."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from chain import type_file
from chain.certificate_types import shipped_files
from chain.code import short_number
from chain.errors import InvalidInput
from chain.ethereum.network import Anvil
from chain.keys import PublicKey
from chain.pack import Pack
from chain.registry import BatchToAnchor
from chain.seals import SealScheme
from tests import sealed
from tests.deployed import Deployed, document_key, make_deployed
from tests.verifier.book import TYPE
from tests.verifier.offline_desk import Desk, beside, check, other_of, paper_of, proof_of, said, with_proof
from tests.verifier.offline_evidence import STRANGERS, VALIDATORS, Chain, numbered, path_of
from tests.verifier.papers_on_chain import certificate_of
from verifier import offline
from verifier.check.moments import moment
from verifier.check.presented import Presented
from verifier.check.report import Outcome, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric import ec

    from chain.proof import Proof
    from tests.verifier.book import Paper

SEALED = tuple(scheme for scheme in SealScheme if scheme is not SealScheme.NONE)


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    """Return a registry on a chain of these tests, with an agency under another."""
    with Anvil.start() as anvil:
        yield make_deployed(anvil, levels=2)


@pytest.fixture
def chain(deployed: Deployed) -> Chain:
    return Chain(deployed)


@pytest.fixture
def desk(chain: Chain, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    return Desk(chain, tmp_path / "state", request.node.name)


@pytest.fixture
def made(chain: Chain, request: pytest.FixtureRequest) -> Paper:
    """Return a certificate that only this test has, in a batch of two."""
    return paper_of(chain, request.node.name)


def with_headers(shown: Proof, *headers: bytes) -> Proof:
    return replace(shown, evidence=replace(shown.evidence, headers=headers))


class TestSuits:
    """A block that a trust list does not make believed says nothing against the certificate."""

    def refused(self, desk: Desk, made: Paper, shown: Proof) -> None:
        """Assert that a proof cannot be verified, attached or beside, with a checkpoint or without."""
        cut = desk.chain.checkpoint()
        for checkpoint in (cut, None):
            for report in (
                desk.ask(with_proof(made.presented_document(), shown), checkpoint),
                desk.ask(made.presented, checkpoint, extra=[shown]),
            ):
                assert report.verdict is Verdict.CANNOT_CHECK, report.checks
                assert said(report, "inclusion") == (Outcome.UNKNOWN, "inclusion.proof_not_sealed")
                assert report.offline is not None
                assert report.offline.proof is None

    @pytest.mark.parametrize("theirs", SealScheme)
    @pytest.mark.parametrize("ours", SEALED)
    def test_a_proof_sealed_under_another_scheme(
        self, deployed: Deployed, desk: Desk, made: Paper, ours: SealScheme, theirs: SealScheme
    ) -> None:
        shown = proof_of(Chain(deployed, theirs), made, desk.name)
        desk.chain = Chain(deployed, ours)
        if ours is theirs:
            assert desk.ask(with_proof(made.presented, shown), desk.chain.checkpoint()).verdict is Verdict.VALID
        else:
            self.refused(desk, made, shown)

    @pytest.mark.parametrize("scheme", SEALED)
    def test_a_proof_of_other_validators(self, deployed: Deployed, desk: Desk, made: Paper, scheme: SealScheme) -> None:
        desk.chain = chain = Chain(deployed, scheme)
        self.refused(desk, made, proof_of(chain, made, desk.name, by=STRANGERS[:3]))
        self.refused(desk, made, proof_of(chain, made, desk.name, by=VALIDATORS[:2]))

    def test_a_run_of_clique_longer_than_needed_shows_the_same(
        self, deployed: Deployed, desk: Desk, made: Paper
    ) -> None:
        desk.chain = chain = Chain(deployed, SealScheme.CLIQUE)
        for by in (VALIDATORS, (*VALIDATORS, *VALIDATORS[:2])):
            shown = proof_of(chain, made, desk.name, by=by)
            report = desk.ask(with_proof(made.presented, shown), chain.checkpoint())
            assert report.verdict is Verdict.VALID, report.checks
        assert report.offline is not None
        assert report.offline.proof is not None
        assert report.offline.proof.sealing is not None
        assert len(report.offline.proof.sealing.signers) == 4
        assert desk.ask(with_proof(made.presented, shown), chain.checkpoint(by=VALIDATORS)).verdict is Verdict.VALID

    def test_headers_that_do_not_hang_together(self, deployed: Deployed, desk: Desk, made: Paper) -> None:
        desk.chain = chain = Chain(deployed, SealScheme.CLIQUE)
        shown = proof_of(chain, made, desk.name)
        first, second, third = shown.evidence.headers
        for headers in ((first, third, second), (first, third), (first, second, numbered(third, 1)), (first,)):
            self.refused(desk, made, with_headers(shown, *headers))
        # Elsewhere nothing follows the block.
        desk.chain = chain = Chain(deployed)
        (only,) = proof_of(chain, made, desk.name).evidence.headers
        desk.folder /= "another"
        self.refused(desk, made, with_headers(shown, only, second))

    def test_a_block_below_or_above_the_lists_ranges(self, chain: Chain, desk: Desk, made: Paper) -> None:
        shown = proof_of(chain, made, desk.name)
        trust = chain.trust_file(sets=[(10**6, None, sealed.addresses(VALIDATORS))])
        for presented, extra in ((with_proof(made.presented, shown), ()), (made.presented, (shown,))):
            report = desk.ask(presented, None, trust=trust, extra=extra)
            assert report.verdict is Verdict.CANNOT_CHECK
            assert said(report, "inclusion") == (Outcome.UNKNOWN, "inclusion.proof_not_sealed")

    def test_a_header_that_is_none_is_damage(self, chain: Chain, desk: Desk, made: Paper) -> None:
        damaged = with_headers(proof_of(chain, made, desk.name), b"no header")
        assert desk.ask(with_proof(made.presented_document(), damaged), None).verdict is Verdict.ALTERED


class TestAfterTheCheckpoint:
    """What a proof shows of a block after the checkpoint counts, as far as it can be told."""

    def key(self, chain: Chain, label: str, *, valid_until: int = 0) -> ec.EllipticCurvePrivateKey:
        key, office = document_key(label), chain.deployed.offices[1]
        public = PublicKey.of(key)
        chain.deployed.governing().add_key(
            office.agency, x=public.x, y=public.y, valid_from=0, valid_until=valid_until, by=office.managers
        )
        return key

    def test_another_type(self, chain: Chain, desk: Desk) -> None:
        office, cut = chain.deployed.offices[1], chain.checkpoint()
        made = certificate_of(chain.deployed, office, desk.name)
        chain.deployed.anchor(office, BatchToAnchor(office.agency, 1 + (TYPE.number == 1), 1, (made.leaf,)))
        report = desk.ask(with_proof(made.presented, chain.proof(office, made)), cut)
        assert report.verdict is Verdict.ISSUER_NOT_AUTHORISED, report.checks
        assert said(report, "anchoring") == (Outcome.FAILED, "anchoring.other_type")
        # Once it was anchored as what it is, too, that is what counts.
        chain.anchor(office, made, other_of(chain, desk.name))
        both = with_proof(made.presented, chain.proof(office, made), proof_of(chain, made, desk.name))
        assert desk.ask(both, cut).verdict is Verdict.SIGNED

    def test_an_expired_key(self, chain: Chain, desk: Desk) -> None:
        key = self.key(chain, desk.name, valid_until=int(chain.now.timestamp()) - 100)
        cut = chain.checkpoint()
        made = paper_of(chain, desk.name, key=key)
        assert desk.ask(made.presented, cut).verdict is Verdict.SIGNED
        report = desk.ask(with_proof(made.presented, proof_of(chain, made, desk.name)), cut)
        assert report.verdict is Verdict.ISSUER_NOT_AUTHORISED, report.checks
        assert said(report, "anchoring") == (Outcome.FAILED, "anchoring.key_out_of_date")

    def test_a_key_that_was_cut_off(self, chain: Chain, desk: Desk) -> None:
        key, office = self.key(chain, desk.name), chain.deployed.offices[1]
        kid = PublicKey.of(key).kid
        newest = chain.deployed.writer().newest().number
        chain.deployed.governing().cut_off_key(office.agency, kid, newest, by=office.managers[:1])
        cut = chain.checkpoint()
        made = paper_of(chain, desk.name, key=key)
        assert desk.ask(made.presented, cut).verdict is Verdict.CANNOT_CHECK
        report = desk.ask(with_proof(made.presented, proof_of(chain, made, desk.name)), cut)
        assert report.verdict is Verdict.ISSUER_NOT_AUTHORISED, report.checks
        assert said(report, "anchoring") == (Outcome.FAILED, "anchoring.key_cut_off")

    def test_nothing_of_that_makes_it_signed(self, chain: Chain, desk: Desk) -> None:
        cut = chain.checkpoint()
        made = paper_of(chain, desk.name)
        report = desk.ask(with_proof(made.presented, proof_of(chain, made, desk.name)), cut)
        assert report.verdict is Verdict.SIGNED
        assert said(report, "inclusion") == (Outcome.PASSED, "inclusion.after_checkpoint")
        assert said(report, "anchoring") == (Outcome.SKIPPED, "anchoring.unplaced")


class TestAtHand:
    def test_that_the_agency_is_suspended_now_is_told(self, chain: Chain, desk: Desk, made: Paper) -> None:
        path = Presented(codes=(made.code(path=path_of(made, other_of(chain, desk.name))),))
        top, office = chain.deployed.offices
        governing = chain.deployed.governing()
        governing.suspend_agency(top.agency, council=True)
        try:
            cut = chain.checkpoint()
        finally:
            governing.resume_agency(top.agency, council=True)
        for presented in (made.presented, made.presented_code):
            report = desk.ask(presented, cut)
            assert report.verdict is Verdict.SIGNED, report.checks
            assert said(report, "anchoring") == (Outcome.SKIPPED, "anchoring.unplaced_suspended")
            assert check(report, "anchoring").message.arguments["agency"] == top.name != office.name
        # What was anchored before stays what it was.
        assert desk.ask(path, cut).verdict is Verdict.VALID

    def test_a_proof_beside_a_short_number_fits_nothing(self, chain: Chain, desk: Desk, made: Paper) -> None:
        given, when = desk.basis(chain.checkpoint()), moment(None, chain.now)
        typed = Presented(short_number=short_number(made.leaf))
        shown = beside(proof_of(chain, made, desk.name))
        with pytest.raises(InvalidInput, match="fits none of the papers"):
            offline.check([("typed", lambda: typed)], given, when, [shown])

    def test_a_pack_brings_types_that_do_not_come_with_this_software(self, chain: Chain, desk: Desk) -> None:
        told = next(
            read for read in map(json.loads, shipped_files()) if (read["number"], read["version"]) == (TYPE.number, 1)
        )
        told["number"] = 99
        file = json.dumps(told, ensure_ascii=False).encode()
        brought, office = type_file.parse(file), chain.deployed.offices[1]
        unreadable, governing = b"a type of years to come", chain.deployed.governing()
        governing.council.register_types([(99, 1, brought.digest), (98, 1, sha256(unreadable).digest())])
        governing.grant_type(chain.deployed.offices[0].agency, 99, council=True)
        governing.grant_type(office.agency, 99, by=chain.deployed.offices[0].managers)
        made = certificate_of(chain.deployed, office, desk.name, certificate_type=brought)
        chain.deployed.anchor(office, BatchToAnchor(office.agency, 99, 1, (made.leaf,)))
        presented = with_proof(made.presented, chain.proof(office, made))
        cut = chain.checkpoint()
        assert desk.ask(presented, cut).verdict is Verdict.UNSUPPORTED
        assert desk.ask(presented, Pack(cut, (unreadable,))).verdict is Verdict.UNSUPPORTED
        report = desk.ask(presented, Pack(cut, (unreadable, *shipped_files()[:1], file)))
        assert report.verdict is Verdict.VALID, report.checks
        assert desk.ask(made.presented_document(), Pack(cut, (file,))).verdict is Verdict.SIGNED
        # The digest is the registry's, but of another type.
        other = json.dumps(told | {"number": 96}, ensure_ascii=False).encode()
        governing.council.register_types([(97, 1, sha256(other).digest())])
        assert desk.basis(Pack(chain.checkpoint(), (other,))).types == ()
