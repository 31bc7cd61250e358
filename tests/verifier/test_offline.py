"""Without a network: the protocol's table «Offline», on a real registry whose blocks test keys have sealed."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING

import pytest

from chain import cbor
from chain.calendar import today
from chain.errors import InvalidInput
from chain.ethereum.network import Anvil
from chain.ethereum.profiles import ANVIL
from chain.events import AgencySuspended, BatchAnchored, KeyCutOff, StatusChanged, Track
from chain.keys import PublicKey
from chain.pack import Pack
from chain.proof import Proof, ReceiptEvidence, StateEvidence
from chain.registry import BatchToAnchor
from chain.seals import SealScheme
from chain.validity import Validity
from tests import sealed
from tests.deployed import Deployed, document_key, make_deployed
from tests.verifier.book import CLAIMS, PAGE, TYPE
from tests.verifier.offline_desk import (
    MINUTE,
    Desk,
    beside,
    check,
    other_of,
    paper_of,
    proof_of,
    said,
    with_proof,
)
from tests.verifier.offline_evidence import STRANGERS, VALIDATORS, Chain, header_with, path_of, slot_proof
from tests.verifier.papers_on_chain import certificate_of, index_of, set_status
from verifier import offline
from verifier.answer import as_json, heading, next_step
from verifier.check.moments import moment, time_of
from verifier.check.presented import Document, Presented
from verifier.check.report import Outcome, Report, Verdict
from verifier.check.verification import verify
from verifier.offline import Beside
from verifier.seen import StateUnusable
from verifier.uploads.reading import read_text
from verifier.wording import Language, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric import ec

    from chain.events import Record
    from tests.verifier.book import Paper
    from verifier.indexing.index import Index

SCHEMES = tuple(SealScheme)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    """Return a registry on a chain of these tests, with an agency under another."""
    with Anvil.start() as anvil:
        yield make_deployed(anvil, levels=2)


@pytest.fixture(scope="module")
def chain(deployed: Deployed) -> Chain:
    return Chain(deployed)


@pytest.fixture
def made(chain: Chain, request: pytest.FixtureRequest) -> Paper:
    """Return a certificate that only this test has, in a batch of two."""
    return paper_of(chain, request.node.name)


@pytest.fixture
def desk(chain: Chain, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    return Desk(chain, tmp_path / "state", request.node.name)


class TestTable:
    """Row by row, under each scheme of seals, and on a chain without seals that an attester vouches for."""

    @pytest.fixture(params=SCHEMES, ids=[scheme.value for scheme in SCHEMES])
    def chain(self, deployed: Deployed, request: pytest.FixtureRequest) -> Chain:
        return Chain(deployed, request.param)

    def test_with_a_fresh_checkpoint_a_proof_or_path_or_both_make_it_valid(
        self, chain: Chain, desk: Desk, made: Paper
    ) -> None:
        cut, shown = chain.checkpoint(), proof_of(chain, made, desk.name)
        path = path_of(made, other_of(chain, desk.name))
        with_path = Presented(codes=(made.code(path=path),))
        for presented in (
            with_proof(made.presented, shown),
            with_proof(made.presented_code, shown),
            with_path,
            with_proof(with_path, shown),
        ):
            report = desk.ask(presented, cut)
            assert report.verdict is Verdict.VALID, report.checks
            told = heading(report, Language.ENGLISH)
            assert told.startswith("Genuine. Not revoked as of ")
            assert f"(block {cut.block_number})" in told
            assert f"区块{cut.block_number}" in heading(report, Language.CHINESE)
            assert report.register is not None
            assert report.block_age_s == 60
            assert report.subject.anchored is not None
            assert report.subject.agency is not None
            assert len(report.subject.agency.path) == 2

    def test_proofs_beside_the_certificate_will_do(self, chain: Chain, desk: Desk, made: Paper) -> None:
        report = desk.ask(made.presented, chain.checkpoint(), extra=[proof_of(chain, made, desk.name)])
        assert report.verdict is Verdict.VALID, report.checks

    def test_an_older_checkpoint_makes_it_signed_and_says_how_old(self, chain: Chain, desk: Desk, made: Paper) -> None:
        cut, presented = chain.checkpoint(), with_proof(made.presented, proof_of(chain, made, desk.name))
        assert desk.ask(presented, cut, later=DAY).verdict is Verdict.VALID
        for days, ago in ((1, "1 day ago"), (3, "3 days ago")):
            report = desk.ask(presented, cut, later=days * DAY + MINUTE)
            assert report.verdict is Verdict.SIGNED, report.checks
            assert said(report, "status") == (Outcome.PASSED, "status.good_as_of")
            assert {check.outcome for check in report.checks[:6]} == {Outcome.PASSED}
            told = heading(report, Language.ENGLISH)
            assert told.startswith("Genuine. Not revoked as of ")
            assert ago in told
            assert "check online for today" in told

    def test_without_proof_or_path_it_is_signed(self, chain: Chain, desk: Desk, made: Paper) -> None:
        cut = chain.checkpoint()
        for presented in (made.presented, made.presented_code):
            for later in (MINUTE, 3 * DAY):
                report = desk.ask(presented, cut, later=later)
                assert report.verdict is Verdict.SIGNED, report.checks
                assert said(report, "inclusion") == (Outcome.SKIPPED, "inclusion.no_evidence")
                assert said(report, "anchoring") == (Outcome.SKIPPED, "anchoring.unplaced")
                told = heading(report, Language.ENGLISH)
                assert told.startswith("Signed by the agency; not listed as revoked as of ")
                assert told.endswith("not checked against the register")

    def test_what_was_anchored_after_the_checkpoint_is_signed(self, chain: Chain, desk: Desk) -> None:
        cut = chain.checkpoint()
        made = paper_of(chain, desk.name)
        shown, path = proof_of(chain, made, desk.name), path_of(made, other_of(chain, desk.name))
        for presented in (
            with_proof(made.presented, shown),
            Presented(codes=(made.code(path=path),)),
            with_proof(Presented(codes=(made.code(path=path),)), shown),
        ):
            report = desk.ask(presented, cut)
            assert report.verdict is Verdict.SIGNED, report.checks
        is_sealed = chain.scheme is not SealScheme.NONE
        report = desk.ask(with_proof(made.presented, shown), cut)
        assert said(report, "inclusion")[1] == ("inclusion.after_checkpoint" if is_sealed else "inclusion.no_evidence")

    def test_a_proof_alone_shows_that_it_was_genuine_when_issued(self, chain: Chain, desk: Desk, made: Paper) -> None:
        report = desk.ask(with_proof(made.presented, proof_of(chain, made, desk.name)), None)
        assert report.verdict is Verdict.CANNOT_CHECK
        assert report.register is None
        assert report.offline is not None
        told = heading(report, Language.ENGLISH)
        if chain.scheme is SealScheme.NONE:
            assert said(report, "inclusion") == (Outcome.UNKNOWN, "inclusion.proof_without_seals")
            assert told.startswith("We cannot check")
            assert report.offline.proof is None
            return
        assert said(report, "inclusion") == (Outcome.PASSED, "inclusion.proven")
        assert report.offline.proof is not None
        assert report.offline.proof.agency == chain.deployed.offices[1].agency
        assert report.subject.agency is None
        assert told.startswith("Genuine when issued (")
        assert f"block {report.offline.proof.block_number}" in told
        assert report.is_test is True
        assert "online" in next_step(report, Language.ENGLISH)

    def test_neither_proof_nor_checkpoint_is_nothing(self, chain: Chain, desk: Desk, made: Paper) -> None:
        report = desk.ask(Presented(codes=(made.code(path=path_of(made, other_of(chain, desk.name))),)), None)
        assert report.verdict is Verdict.CANNOT_CHECK
        assert said(report, "inclusion") == (Outcome.UNKNOWN, "offline.no_checkpoint")
        assert heading(report, Language.ENGLISH).startswith("We cannot check")

    def test_a_short_number_needs_the_register(self, chain: Chain, desk: Desk, made: Paper) -> None:
        for cut in (chain.checkpoint(), None):
            report = desk.ask(made.presented_short_number, cut)
            assert report.verdict is Verdict.CANNOT_CHECK
        assert said(desk.ask(made.presented_short_number, chain.checkpoint()), "inclusion") == (
            Outcome.UNKNOWN,
            "offline.short_number",
        )

    @pytest.mark.parametrize("later", [MINUTE, 100 * DAY])
    def test_a_revoked_certificate_is_revoked_however_old_the_checkpoint(
        self, chain: Chain, desk: Desk, made: Paper, later: timedelta
    ) -> None:
        set_status(chain.deployed, chain.deployed.offices[1], made.leaf, Track.REVOKED, chain.now)
        cut = chain.checkpoint()
        for presented in (made.presented, with_proof(made.presented, proof_of(chain, made, desk.name))):
            report = desk.ask(presented, cut, later=later)
            assert report.verdict is Verdict.REVOKED, report.checks
            told = heading(report, Language.ENGLISH)
            assert told.startswith("Revoked as a penalty on ")
            assert "(register as of " in told
            assert told.endswith(f"block {cut.block_number})")

    def test_a_pack_does_what_its_checkpoint_does(self, chain: Chain, desk: Desk, made: Paper) -> None:
        presented = with_proof(made.presented, proof_of(chain, made, desk.name))
        assert desk.ask(presented, Pack(chain.checkpoint(), ())).verdict is Verdict.VALID

    def test_json_tells_what_the_answer_rests_on(self, chain: Chain, desk: Desk, made: Paper) -> None:
        cut = chain.checkpoint()
        presented = with_proof(made.presented, proof_of(chain, made, desk.name))
        told = as_json(desk.ask(presented, cut), Language.ENGLISH)
        found = told["offline"]
        assert isinstance(found, dict)
        seals = None
        if chain.scheme is not SealScheme.NONE:
            seals = {"scheme": chain.scheme.value, "signers": 3, "needed": 3, "validators": 4}
        assert found["seals"] == seals
        assert isinstance(found["checkpoint"], dict)
        assert found["checkpoint"]["block_number"] == told["block_number"] == cut.block_number
        assert found["checkpoint"]["age_s"] == told["block_age_s"] == 60
        assert len(found["checkpoint"]["attesters"]) == 1  # type: ignore[arg-type]
        assert found["times"] == "attested"
        assert isinstance(found["proof"], dict)
        assert found["proof"]["seals"] == seals
        assert found["trust_list_version"] == 1
        nothing = as_json(desk.ask(made.presented, None), Language.ENGLISH)["offline"]
        assert isinstance(nothing, dict)
        assert (nothing["checkpoint"], nothing["seals"], nothing["proof"]) == (None, None, None)


class TestProofs:
    """What does not fit is ALTERED; what nobody vouches for is not believed."""

    def bent(self, chain: Chain, made: Paper, label: str) -> Iterator[tuple[str, Proof]]:
        shown = proof_of(chain, made, label)
        evidence = shown.evidence
        assert isinstance(evidence, ReceiptEvidence)
        node = evidence.nodes[-1]
        flipped = node[:-1] + bytes([node[-1] ^ 1])
        hashed = shown.path.hashes[0]
        yield "path", replace(shown, path=replace(shown.path, hashes=(hashed[::-1],)))
        yield "index", replace(shown, path=replace(shown.path, index=1))
        yield "size", replace(shown, path=replace(shown.path, size=1, hashes=()))
        yield "node", replace(shown, evidence=replace(evidence, nodes=(*evidence.nodes[:-1], flipped)))
        yield "missing node", replace(shown, evidence=replace(evidence, nodes=evidence.nodes[:-1]))
        yield "extra node", replace(shown, evidence=replace(evidence, nodes=(*evidence.nodes, node)))
        yield "other receipt", replace(shown, evidence=replace(evidence, transaction_index=1))
        yield "other certificate", proof_of(chain, paper_of(chain, label + "2"), label + "2")

    def test_one_that_does_not_fit_is_altered_with_a_checkpoint_or_without(
        self, chain: Chain, desk: Desk, made: Paper
    ) -> None:
        proofs = list(self.bent(chain, made, desk.name))
        cut = chain.checkpoint()
        for what, shown in proofs:
            for checkpoint in (cut, None):
                report = desk.ask(with_proof(made.presented, shown), checkpoint)
                assert report.verdict is Verdict.ALTERED, (what, report.checks)
                assert said(report, "inclusion") == (Outcome.FAILED, "inclusion.proof_does_not_fit"), what
                assert said(report, "anchoring") == (Outcome.SKIPPED, "check.proof_refused"), what
                assert heading(report, Language.ENGLISH).startswith("This is not what the agency issued")

    def test_a_genuine_one_beside_it_does_not_save_it(self, chain: Chain, desk: Desk, made: Paper) -> None:
        shown = proof_of(chain, made, desk.name)
        (_, bent), *_ = self.bent(chain, made, desk.name)
        assert desk.ask(with_proof(made.presented, shown, bent), chain.checkpoint()).verdict is Verdict.ALTERED

    @pytest.mark.parametrize("data", [b"", b"certificate.proof", b"x\x9c"])
    def test_a_damaged_attachment_is_altered(self, chain: Chain, desk: Desk, made: Paper, data: bytes) -> None:
        whole = proof_of(chain, made, desk.name).encode()
        for damaged in (data, whole[:-1], whole + b"x"):
            document = with_proof(made.presented_document(), damaged)
            for cut in (chain.checkpoint(), None):
                report = desk.ask(document, cut)
                assert report.verdict is Verdict.ALTERED, report.checks
                assert said(report, "document") == (Outcome.FAILED, "document.proof_malformed")

    def test_one_of_a_format_to_come_is_unsupported(self, chain: Chain, desk: Desk, made: Paper) -> None:
        later = zlib.compress(cbor.encode(["yinxin-proof", 2]))
        report = desk.ask(with_proof(made.presented_document(), later), chain.checkpoint())
        assert report.verdict is Verdict.UNSUPPORTED
        assert said(report, "document") == (Outcome.FAILED, "document.proof_unsupported")

    def test_one_of_another_registry_is_unsupported(self, chain: Chain, desk: Desk, made: Paper) -> None:
        foreign = replace(proof_of(chain, made, desk.name), registry_id=bytes(32))
        report = desk.ask(with_proof(made.presented, foreign), chain.checkpoint())
        assert report.verdict is Verdict.UNSUPPORTED
        assert said(report, "inclusion") == (Outcome.FAILED, "inclusion.proof_other_registry")

    def test_one_that_too_few_or_strangers_sealed_is_not_believed(self, chain: Chain, desk: Desk, made: Paper) -> None:
        cut = chain.checkpoint()
        for by in (VALIDATORS[:2], STRANGERS[:3], (*VALIDATORS[:2], VALIDATORS[0]), (*VALIDATORS[:3], STRANGERS[0])):
            shown = proof_of(chain, made, desk.name, by=by)
            for checkpoint in (cut, None):
                report = desk.ask(with_proof(made.presented, shown), checkpoint)
                assert report.verdict is Verdict.CANNOT_CHECK
                assert said(report, "inclusion") == (Outcome.UNKNOWN, "inclusion.proof_not_sealed")

    def test_one_of_a_batch_that_the_checkpoint_lists_otherwise_tells_another_history(
        self, chain: Chain, desk: Desk, made: Paper
    ) -> None:
        def told(records: list[Record]) -> list[Record]:
            """Tell another time of all blocks but the last: the heads do not bind it."""
            return [replace(record, block_timestamp=record.block_timestamp - 1) for record in records[:-1]] + records[
                -1:
            ]

        paper_of(chain, desk.name + " afterwards")
        cut = chain.checkpoint(bend=told)
        report = desk.ask(with_proof(made.presented, proof_of(chain, made, desk.name)), cut)
        assert report.verdict is Verdict.CANNOT_CHECK, report.checks
        assert said(report, "inclusion") == (Outcome.UNKNOWN, "inclusion.two_histories")

    def test_on_a_chain_without_seals_one_that_no_checkpoint_lists_is_another_history(
        self, deployed: Deployed, desk: Desk, made: Paper
    ) -> None:
        desk.chain = unsealed = Chain(deployed, SealScheme.NONE)
        shown = proof_of(unsealed, made, desk.name)
        earlier = header_with(shown, number=1)
        report = desk.ask(with_proof(made.presented, earlier), unsealed.checkpoint())
        assert report.verdict is Verdict.CANNOT_CHECK, report.checks
        assert said(report, "inclusion") == (Outcome.UNKNOWN, "inclusion.two_histories")

    def test_the_batchs_slot_does_what_a_receipt_does(self, chain: Chain, desk: Desk, made: Paper) -> None:
        shown = slot_proof(chain, proof_of(chain, made, desk.name), made.leaf)
        assert isinstance(shown.evidence, StateEvidence)
        report = desk.ask(with_proof(made.presented, shown), chain.checkpoint())
        assert report.verdict is Verdict.VALID, report.checks

    def test_a_proof_beside_several_certificates_belongs_to_the_one_that_it_fits(
        self, chain: Chain, desk: Desk, made: Paper
    ) -> None:
        second = paper_of(chain, desk.name + "2")
        proofs = [proof_of(chain, made, desk.name), proof_of(chain, second, desk.name + "2")]
        extra = [beside(shown) for shown in proofs]
        given, when = desk.basis(chain.checkpoint()), moment(None, chain.now + MINUTE)
        inputs = [
            ("one", lambda: made.presented),
            ("two", lambda: second.presented),
            ("neither", lambda: Presented(foreign_codes=1)),
        ]
        verdicts = [report.verdict for report in offline.check(inputs, given, when, extra)]
        assert verdicts == [Verdict.VALID, Verdict.VALID, Verdict.UNSUPPORTED]
        stray = beside(proof_of(chain, paper_of(chain, desk.name + "3"), desk.name + "3"), "stray.proof")
        with pytest.raises(InvalidInput, match=r"^stray\.proof: got a proof that fits none of the papers"):
            offline.check(inputs, given, when, [*extra, stray])

        def crash() -> Presented:
            raise ZeroDivisionError

        # Of a paper that could not be read here nobody knows what fits it.
        reports = offline.check([*inputs[:1], ("", crash)], given, when, [*extra, stray])
        assert [report.verdict for report in reports] == [Verdict.VALID, Verdict.CANNOT_CHECK]
        assert desk.ask(made.presented, None, trust=b" ", extra=[stray.proof]).verdict is Verdict.CANNOT_CHECK

    def test_a_file_that_is_no_proof_is_a_mistake_of_who_named_it(self, chain: Chain, desk: Desk, made: Paper) -> None:
        shown = proof_of(chain, made, desk.name)
        assert Beside.read("one", shown.encode()).proof == shown
        with pytest.raises(InvalidInput, match=r"other\.proof"):
            Beside.read("other.proof", b"nothing")
        # The same file named twice is one.
        assert desk.ask(made.presented, chain.checkpoint(), extra=[shown, shown]).verdict is Verdict.VALID

    def test_a_path_in_a_batch_of_another_size_belongs_to_no_certificate(self, chain: Chain, desk: Desk) -> None:
        office = chain.deployed.offices[1]
        papers = [certificate_of(chain.deployed, office, f"{desk.name} {number}") for number in range(3)]
        chain.anchor(office, *papers)
        shown = chain.proof(office, *papers)
        four, cut = replace(shown, path=replace(shown.path, size=4)), chain.checkpoint()
        for bent, verdict in ((shown, Verdict.VALID), (four, Verdict.ALTERED)):
            assert desk.ask(with_proof(papers[0].presented, bent), cut).verdict is verdict
        with pytest.raises(InvalidInput, match="fits none"):
            desk.ask(papers[0].presented, cut, extra=[four])

    def test_a_path_that_cannot_be_is_altered_and_one_that_leads_nowhere_says_nothing(
        self, chain: Chain, desk: Desk, made: Paper
    ) -> None:
        path = path_of(made, other_of(chain, desk.name))
        cut = chain.checkpoint()
        report = desk.ask(Presented(codes=(made.code(path=replace(path, hashes=())),)), cut)
        assert (report.verdict, said(report, "inclusion")[1]) == (Verdict.ALTERED, "inclusion.path")
        elsewhere = Presented(codes=(made.code(path=replace(path, hashes=(bytes(32),))),))
        assert desk.ask(elsewhere, cut).verdict is Verdict.SIGNED
        assert desk.ask(with_proof(elsewhere, proof_of(chain, made, desk.name)), cut).verdict is Verdict.VALID

    def test_what_was_anchored_as_another_type_was_not_genuine_when_issued(self, chain: Chain, desk: Desk) -> None:
        office = chain.deployed.offices[1]
        made = certificate_of(chain.deployed, office, desk.name)
        chain.deployed.anchor(office, BatchToAnchor(office.agency, 1 + (TYPE.number == 1), 1, (made.leaf,)))
        presented = with_proof(made.presented, chain.proof(office, made))
        report = desk.ask(presented, None)
        assert said(report, "anchoring") == (Outcome.FAILED, "anchoring.other_type")
        assert heading(report, Language.ENGLISH).startswith("We cannot check")
        assert desk.ask(presented, chain.checkpoint()).verdict is Verdict.ISSUER_NOT_AUTHORISED

    def test_a_certificate_of_another_registry_is_unsupported_without_a_checkpoint_too(
        self, chain: Chain, desk: Desk
    ) -> None:
        office = chain.deployed.offices[1]
        made = certificate_of(chain.deployed, office, desk.name, registry_id=bytes(32))
        assert desk.ask(made.presented, None).verdict is Verdict.UNSUPPORTED


class TestOnline:
    """With the register at hand, a document's proof is held to it: it must not say anything else."""

    @pytest.fixture
    def index(self, chain: Chain, tmp_path: Path) -> Index:
        return index_of(chain.deployed, tmp_path)

    def ask(self, chain: Chain, index: Index, presented: Presented) -> Report:
        newest = chain.deployed.writer().newest().number
        progress = index.follow(chain.now)
        assert progress is not None
        assert (progress.trouble, progress.block_number) == ("", newest)
        with index.snapshot() as snapshot:
            return verify(presented, snapshot, moment(None, chain.now), name="a paper")

    def test_a_proof_that_says_the_same_changes_nothing(
        self, chain: Chain, desk: Desk, made: Paper, index: Index
    ) -> None:
        shown = proof_of(chain, made, desk.name)
        later(chain)
        by_strangers = proof_of(chain, made, desk.name, by=STRANGERS)
        for proofs in ((), (shown,), (slot_proof(chain, shown, made.leaf),), (by_strangers,)):
            report = self.ask(chain, index, with_proof(made.presented_document(), *proofs))
            assert report.verdict is Verdict.VALID, report.checks
            assert report.offline is None

    def test_what_contradicts_the_register_is_judged_as_what_contradicts_a_checkpoint(
        self, chain: Chain, desk: Desk, made: Paper, index: Index
    ) -> None:
        shown = proof_of(chain, made, desk.name)
        other = proof_of(chain, paper_of(chain, desk.name + "2"), desk.name + "2")
        later(chain)
        desk.chain = unsealed = Chain(chain.deployed, SealScheme.NONE)
        for bent, verdict, message in (
            (other, Verdict.ALTERED, "document.proof_does_not_fit"),
            (replace(shown, path=replace(shown.path, size=3)), Verdict.ALTERED, "document.proof_does_not_fit"),
            (replace(shown, registry_id=bytes(32)), Verdict.UNSUPPORTED, "inclusion.proof_other_registry"),
            (header_with(shown, number=1), Verdict.CANNOT_CHECK, "document.two_histories"),
            (header_with(shown, number=10**6), Verdict.CANNOT_CHECK, "document.two_histories"),
        ):
            presented = with_proof(made.presented_document(), bent)
            report = self.ask(chain, index, presented)
            assert report.verdict is verdict, report.checks
            assert said(report, "document")[1] == message
            # Without seals, so that the block is not what is at fault.
            assert desk.ask(presented, unsealed.checkpoint()).verdict is verdict

    def test_a_damaged_one_is_altered(self, chain: Chain, desk: Desk, made: Paper, index: Index) -> None:
        later(chain)
        whole = proof_of(chain, made, desk.name).encode()
        for damaged in (b"", whole[:-1], b"certificate.proof"):
            report = self.ask(chain, index, with_proof(made.presented_document(), damaged))
            assert report.verdict is Verdict.ALTERED, report.checks
            assert said(report, "document") == (Outcome.FAILED, "document.proof_malformed")

    def test_one_of_a_block_that_the_index_has_not_reached_says_nothing(
        self, chain: Chain, desk: Desk, index: Index
    ) -> None:
        index.follow(chain.now)
        made = paper_of(chain, desk.name)
        presented = with_proof(made.presented_document(), proof_of(chain, made, desk.name))
        with index.snapshot() as snapshot:
            report = verify(presented, snapshot, moment(None, chain.now), name="a paper")
        assert report.verdict is Verdict.NOT_FOUND, report.checks
        assert said(report, "document")[0] is Outcome.PASSED

    def test_without_an_index_nothing_is_compared(self, chain: Chain, made: Paper) -> None:
        presented = with_proof(made.presented_document(), b"nothing")
        assert verify(presented, None, moment(None, chain.now), name="").verdict is Verdict.CANNOT_CHECK


def later(chain: Chain) -> None:
    """Let blocks follow, until what was anchored is final for the index."""
    for number in range(ANVIL.confirmations + 1):
        paper_of(chain, f"{chain.now} {number}")


class TestHiding:
    """A checkpoint with something left out, and everything else as it is, is caught; the list is named."""

    @pytest.mark.parametrize("scheme", SCHEMES)
    @pytest.mark.parametrize(
        ("kind", "which"),
        [
            (StatusChanged, "statuses"),
            (KeyCutOff, "rights"),
            (AgencySuspended, "rights"),
            (BatchAnchored, "anchors"),
        ],
    )
    def test_one_event_withheld(
        self, deployed: Deployed, desk: Desk, scheme: SealScheme, kind: type, which: str
    ) -> None:
        desk.chain = chain = Chain(deployed, scheme)
        office = deployed.offices[1]
        made = paper_of(chain, f"{desk.name} {scheme}")
        set_status(deployed, office, made.leaf, Track.REVOKED, chain.now)
        spare = document_key(f"{desk.name} {scheme}")
        public, governing = PublicKey.of(spare), deployed.governing()
        governing.add_key(office.agency, x=public.x, y=public.y, valid_from=0, by=office.managers)
        governing.cut_off_key(office.agency, public.kid, chain.records()[-1].block_number, by=office.managers[:1])
        governing.suspend_agency(office.agency, by=deployed.offices[0].managers[:1])
        governing.resume_agency(office.agency, by=deployed.offices[0].managers)

        def without(records: list[Record]) -> list[Record]:
            place = max(place for place, record in enumerate(records) if isinstance(record.event, kind))
            return records[:place] + records[place + 1 :]

        presented = with_proof(made.presented, proof_of(chain, made, f"{desk.name} {scheme}"))
        report = desk.ask(presented, chain.checkpoint(bend=without))
        assert report.verdict is Verdict.CANNOT_CHECK
        assert {said(report, name)[1] for name in ("signature", "inclusion", "anchoring", "status")} == {
            "offline.checkpoint_refused"
        }
        assert which in str(check(report, "status").message.arguments["detail"])
        assert report.register is None
        assert desk.ask(presented, chain.checkpoint()).verdict is Verdict.REVOKED


class TestCutOff:
    @pytest.fixture
    def spare(self, deployed: Deployed) -> ec.EllipticCurvePrivateKey:
        """Return a second key of the agency, to be cut off."""
        key, office = document_key("to be cut off"), deployed.offices[1]
        public = PublicKey.of(key)
        governing = deployed.governing()
        governing.add_key(office.agency, x=public.x, y=public.y, valid_from=0, by=office.managers)
        return key

    def test_a_cut_off_key_counts_only_for_what_is_shown_to_be_older(
        self, chain: Chain, desk: Desk, spare: ec.EllipticCurvePrivateKey
    ) -> None:
        office = chain.deployed.offices[1]
        before = paper_of(chain, desk.name, key=spare)
        shown = proof_of(chain, before, desk.name)
        assert desk.ask(before.presented_code, chain.checkpoint()).verdict is Verdict.SIGNED
        cut_off = chain.deployed.writer().newest().number + 1
        chain.deployed.governing().cut_off_key(office.agency, PublicKey.of(spare).kid, cut_off, by=office.managers[:1])
        after = paper_of(chain, desk.name + " after", key=spare)
        cut = chain.checkpoint()
        for presented in (before.presented_code, before.presented, after.presented_code):
            report = desk.ask(presented, cut)
            assert report.verdict is Verdict.CANNOT_CHECK
            assert said(report, "anchoring") == (Outcome.UNKNOWN, "anchoring.cut_off_unplaced")
        assert desk.ask(with_proof(before.presented, shown), cut).verdict is Verdict.VALID
        path = path_of(before, other_of(chain, desk.name))
        assert desk.ask(Presented(codes=(before.code(path=path),)), cut).verdict is Verdict.VALID
        report = desk.ask(with_proof(after.presented, proof_of(chain, after, desk.name + " after")), cut)
        assert report.verdict is Verdict.ISSUER_NOT_AUTHORISED
        assert said(report, "anchoring") == (Outcome.FAILED, "anchoring.key_cut_off")


class TestTime:
    def test_a_clock_behind_the_checkpoint_is_told_with_both_times(self, chain: Chain, desk: Desk, made: Paper) -> None:
        cut, presented = chain.checkpoint(), with_proof(made.presented, proof_of(chain, made, desk.name))
        assert desk.ask(presented, cut, later=-5 * MINUTE).verdict is Verdict.VALID
        report = desk.ask(presented, cut, later=-5 * MINUTE - timedelta(seconds=1))
        assert report.verdict is Verdict.CANNOT_CHECK
        assert said(report, "status") == (Outcome.UNKNOWN, "offline.clock_behind")
        arguments = check(report, "status").message.arguments
        assert arguments["known"] == chain.now
        assert arguments["now"] == report.checked_at
        assert f"block {cut.block_number})" in heading(report, Language.ENGLISH)

    def test_an_expired_trust_list_proves_nothing(self, chain: Chain, desk: Desk, made: Paper) -> None:
        presented = with_proof(made.presented, proof_of(chain, made, desk.name))
        for cut in (chain.checkpoint(), None):
            report = desk.ask(presented, cut, later=400 * DAY)
            assert report.verdict is Verdict.CANNOT_CHECK
            assert said(report, "inclusion") == (Outcome.UNKNOWN, "offline.trust_list_not_current")
            arguments = check(report, "inclusion").message.arguments
            assert arguments["now"] == report.checked_at
            assert arguments["expires"] <= report.checked_at
            assert report.is_test is None
        # One that expires while somebody goes on asking with what was believed before.
        given = desk.basis(chain.checkpoint())
        (late,) = offline.check([("", lambda: presented)], given, moment(None, chain.now + 400 * DAY))
        assert late.verdict is Verdict.CANNOT_CHECK
        assert said(late, "inclusion") == (Outcome.UNKNOWN, "offline.trust_list_not_current")

    def test_a_trust_list_from_the_future_is_neither_believed_nor_remembered(
        self, chain: Chain, desk: Desk, made: Paper
    ) -> None:
        future = chain.trust_file(version=99, issued=(chain.now + DAY).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        report = desk.ask(made.presented, chain.checkpoint(), trust=future)
        assert said(report, "inclusion") == (Outcome.UNKNOWN, "offline.trust_list_not_current")
        assert not desk.folder.exists()
        assert desk.ask(made.presented, chain.checkpoint()).verdict is Verdict.SIGNED

    def test_a_day_after_the_checkpoints_cannot_be_asked_about(self, chain: Chain, desk: Desk) -> None:
        given = desk.basis(chain.checkpoint())
        now = chain.now + 2 * DAY
        given.require_known(moment(str(today(chain.now)), now))
        with pytest.raises(InvalidInput, match="the day of the checkpoint"):
            given.require_known(moment(str(today(chain.now) + DAY), now))
        desk.basis(None).require_known(moment(None, now))

    def test_a_past_day_is_answered(self, chain: Chain, desk: Desk, made: Paper) -> None:
        presented = with_proof(made.presented, proof_of(chain, made, desk.name))
        set_status(chain.deployed, chain.deployed.offices[1], made.leaf, Track.LOSS, chain.now)
        cut = chain.checkpoint()
        assert desk.ask(presented, cut).verdict is Verdict.LOST
        report = desk.ask(presented, cut, on="2026-03-01")
        assert report.verdict is Verdict.VALID
        # What was entered since must not be denied.
        told = heading(report, Language.ENGLISH)
        assert told.startswith("Genuine. In force on 1 March 2026 by the register as of ")
        assert told.endswith(f"(block {cut.block_number})")
        assert "2026年3月1日有效" in heading(report, Language.CHINESE)
        report = desk.ask(presented, cut, on="2026-03-01", later=2 * DAY)
        assert report.verdict is Verdict.SIGNED
        assert re.fullmatch(
            r"Genuine\. In force on 1 March 2026 by .* 2 days ago\); check online for newer entries",
            heading(report, Language.ENGLISH),
        )
        report = desk.ask(made.presented_code, cut, on="2026-03-01")
        assert "; for 1 March 2026 not listed as revoked as of " in heading(report, Language.ENGLISH)

    def test_what_is_none_of_ours_is_said_without_the_register(self, chain: Chain, desk: Desk) -> None:
        cut = chain.checkpoint()
        for brought, verdict in (("hello", Verdict.UNREADABLE), ("https://example.com/x", Verdict.UNSUPPORTED)):
            report = desk.ask(read_text(brought), cut)
            assert report.verdict is verdict, report.checks
            assert report.register is not None
            for language in Language:
                assert heading(report, language) == sentence(f"verdict.{verdict}", language)


class TestDocument:
    def test_a_document_with_its_proof_is_valid_and_a_changed_one_altered(
        self, chain: Chain, desk: Desk, made: Paper
    ) -> None:
        cut, shown = chain.checkpoint(), proof_of(chain, made, desk.name)
        assert desk.ask(with_proof(made.presented_document(), shown), cut).verdict is Verdict.VALID
        forged = Document(pages=(PAGE.replace(CLAIMS["company_name"], "演示盗用"),), annotations=0)
        report = desk.ask(with_proof(replace(made.presented_document(), document=forged), shown), cut)
        assert report.verdict is Verdict.ALTERED
        assert said(report, "document")[1] == "document.text"

    def test_an_expired_certificate_was_genuine_but_that_is_not_said(self, chain: Chain, desk: Desk) -> None:
        made = paper_of(chain, desk.name, validity=Validity(date(2026, 1, 1), date(2026, 2, 1)))
        shown = proof_of(chain, made, desk.name)
        report = desk.ask(with_proof(made.presented, shown), None)
        assert heading(report, Language.ENGLISH).startswith("We cannot check")
        report = desk.ask(with_proof(made.presented, shown), chain.checkpoint(), later=3 * DAY)
        assert report.verdict is Verdict.EXPIRED
        assert "(register as of " in heading(report, Language.ENGLISH)

    def test_what_fails_here_is_told_as_such(self, chain: Chain, desk: Desk) -> None:
        def crash() -> Presented:
            raise ZeroDivisionError

        given = desk.basis(chain.checkpoint())
        (report,) = offline.check([("", crash)], given, moment(None, chain.now))
        assert report.verdict is Verdict.CANNOT_CHECK
        assert report.offline is not None


class TestGoingBack:
    def test_an_older_checkpoint_than_one_seen_before_is_refused(self, chain: Chain, desk: Desk, made: Paper) -> None:
        presented = with_proof(made.presented, proof_of(chain, made, desk.name))
        older = chain.checkpoint()
        assert desk.ask(presented, older).verdict is Verdict.VALID
        set_status(chain.deployed, chain.deployed.offices[1], made.leaf, Track.REVOKED, chain.now)
        newer = chain.checkpoint()
        assert desk.ask(presented, newer).verdict is Verdict.REVOKED
        before = remembered(desk)
        report = desk.ask(presented, older)
        assert report.verdict is Verdict.CANNOT_CHECK
        assert said(report, "status") == (Outcome.UNKNOWN, "offline.went_back")
        assert remembered(desk) == before
        assert desk.ask(presented, newer).verdict is Verdict.REVOKED
        # Nor is the one that is remembered used in place of one that is not given.
        assert desk.ask(presented, None).verdict is Verdict.CANNOT_CHECK

    def test_another_history_at_the_same_height_is_refused(self, chain: Chain, desk: Desk, made: Paper) -> None:
        cut = chain.checkpoint()
        assert desk.ask(made.presented, cut).verdict is Verdict.SIGNED
        unsealed = Chain(chain.deployed, SealScheme.NONE)
        other = unsealed.checkpoint()
        assert (other.block_number, other.block_hash == cut.block_hash) == (cut.block_number, False)
        trust = unsealed.trust_file(version=2)
        report = desk.ask(made.presented, other, trust=trust)
        assert said(report, "status") == (Outcome.UNKNOWN, "offline.went_back")

    def test_one_that_is_not_believed_is_not_remembered(self, chain: Chain, desk: Desk, made: Paper) -> None:
        older = chain.checkpoint()
        assert desk.ask(made.presented, older).verdict is Verdict.SIGNED
        paper_of(chain, desk.name + " afterwards")
        before = remembered(desk)
        for refused in (chain.checkpoint(by=STRANGERS[:3]).encode(), b"", b"x\x9c", b"nothing of ours"):
            report = desk.ask(made.presented, refused)
            assert report.verdict is Verdict.CANNOT_CHECK
            assert said(report, "status") == (Outcome.UNKNOWN, "offline.checkpoint_refused")
            assert heading(report, Language.ENGLISH).startswith("We cannot check")
        assert remembered(desk) == before
        assert desk.ask(made.presented, older).verdict is Verdict.SIGNED

    def test_a_newer_trust_list_is_remembered_whatever_becomes_of_the_checkpoint_beside_it(
        self, chain: Chain, desk: Desk, made: Paper
    ) -> None:
        older = chain.checkpoint()
        paper_of(chain, desk.name + " newer")
        assert desk.ask(made.presented, chain.checkpoint()).verdict is Verdict.SIGNED
        for version, refused, key in ((2, b"", "offline.checkpoint_refused"), (3, older, "offline.went_back")):
            report = desk.ask(made.presented, refused, trust=chain.trust_file(version=version))
            assert said(report, "status") == (Outcome.UNKNOWN, key)
            report = desk.ask(made.presented, None, trust=chain.trust_file(version=version - 1))
            assert said(report, "status") == (Outcome.UNKNOWN, "offline.went_back")

    def test_what_is_refused_is_named_as_far_as_it_could_be_read(self, chain: Chain, desk: Desk, made: Paper) -> None:
        older = chain.checkpoint()
        stated = f"block {older.block_number} of {time_of(older.timestamp).isoformat()}"
        paper_of(chain, desk.name + " newer")
        newer = chain.checkpoint()
        desk.ask(made.presented, newer)
        trust = chain.trust()
        for refused, named in (
            (older, (f"{stated}: got", f"saw one of block {newer.block_number} before")),
            (replace(older, attestations=(), state=None), (f"{stated}: ",)),
            (replace(older, timestamp=2**63), (f"block {older.block_number}: ",)),
            (b"", ()),
        ):
            report = desk.ask(made.presented, refused)
            assert report.verdict is Verdict.CANNOT_CHECK
            detail = str(check(report, "status").message.arguments["detail"])
            assert all(words in detail for words in named), detail
            told = as_json(report, Language.ENGLISH)
            assert (told["chain_id"], told["registry"], told["registry_id"]) == (
                trust.chain_id,
                f"0x{trust.registry.hex()}",
                f"0x{trust.registry_id.hex()}",
            )
            assert (told["block_number"], told["known_at"]) == (None, None)
        untrusted = as_json(desk.ask(made.presented, newer, trust=b" "), Language.ENGLISH)
        assert [untrusted[name] for name in ("chain_id", "registry", "registry_id")] == [None] * 3

    def test_a_trust_list_does_not_go_back_either(self, chain: Chain, desk: Desk, made: Paper) -> None:
        presented, cut = with_proof(made.presented, proof_of(chain, made, desk.name)), chain.checkpoint()
        old, new = chain.trust_file(), chain.trust_file(version=2)
        assert desk.ask(presented, cut, trust=old).verdict is Verdict.VALID
        assert desk.ask(presented, cut, trust=new).verdict is Verdict.VALID
        report = desk.ask(presented, cut, trust=old)
        assert report.verdict is Verdict.CANNOT_CHECK
        assert said(report, "status") == (Outcome.UNKNOWN, "offline.went_back")
        # Nor does a council take the place of another one that has not signed for it.
        usurped = chain.trust_file(version=3, council=sealed.COUNCIL[1:], by=sealed.COUNCIL[2:])
        report = desk.ask(presented, cut, trust=usurped)
        assert said(report, "status") == (Outcome.UNKNOWN, "offline.went_back")

    def test_a_trust_list_that_names_others_believes_neither_checkpoint_nor_proof(
        self, chain: Chain, desk: Desk, made: Paper
    ) -> None:
        presented = with_proof(made.presented, proof_of(chain, made, desk.name))
        ours, strangers = sealed.addresses(VALIDATORS), sealed.addresses(STRANGERS)
        for version, sets in enumerate([[(0, None, strangers)], [(0, 1, ours)], [(10**6, None, ours)]], 2):
            trust = chain.trust_file(version=version, sets=sets)
            for cut, name, key in (
                (chain.checkpoint(), "status", "offline.checkpoint_refused"),
                (None, "inclusion", "inclusion.proof_not_sealed"),
            ):
                report = desk.ask(presented, cut, trust=trust)
                assert report.verdict is Verdict.CANNOT_CHECK
                assert said(report, name) == (Outcome.UNKNOWN, key)
                assert heading(report, Language.ENGLISH).startswith("We cannot check")

    def test_on_a_chain_without_seals_an_attester_that_the_list_names_is_needed(
        self, deployed: Deployed, desk: Desk, made: Paper
    ) -> None:
        desk.chain = unsealed = Chain(deployed, SealScheme.NONE)
        cut = unsealed.checkpoint()
        for version, attesters in enumerate([(), (sealed.attester("another"),)], 2):
            report = desk.ask(made.presented, cut, trust=unsealed.trust_file(version=version, attesters=attesters))
            assert said(report, "status") == (Outcome.UNKNOWN, "offline.checkpoint_refused")
        report = desk.ask(made.presented, replace(cut, attestations=()), trust=unsealed.trust_file(version=4))
        assert said(report, "status") == (Outcome.UNKNOWN, "offline.checkpoint_refused")

    def test_without_memory_nothing_is_believed(self, chain: Chain, desk: Desk, made: Paper) -> None:
        desk.folder.touch()
        with pytest.raises(StateUnusable) as told:
            desk.basis(chain.checkpoint())
        given = offline.without_memory(told.value)
        (report,) = offline.check([("", lambda: made.presented)], given, moment(None, chain.now))
        assert report.verdict is Verdict.CANNOT_CHECK
        assert said(report, "status") == (Outcome.UNKNOWN, "offline.state_unusable")
        assert str(desk.folder) in str(check(report, "status").message.arguments["detail"])

    def test_a_garbled_trust_list_checks_nothing(self, chain: Chain, desk: Desk, made: Paper) -> None:
        for garbled in (b"", b"{}", chain.trust_file()[:-1], b"\xff"):
            report = desk.ask(made.presented, chain.checkpoint(), trust=garbled or b" ")
            assert report.verdict is Verdict.CANNOT_CHECK
            assert report.offline is not None
            assert report.offline.trust is None
        assert not desk.folder.exists()


def remembered(desk: Desk) -> bytes:
    return (desk.folder / f"{desk.chain.deployed.record.registry_id.hex()}.json").read_bytes()
