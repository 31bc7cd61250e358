"""Whose word it is when something was recorded: the heads that a block proves bind numbers of blocks, and no times."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from chain import history
from chain.calendar import first_hour, hour_of
from chain.checkpoint import Believed, Checkpoint
from chain.ethereum.network import Anvil
from chain.events import (
    AgencyRegistered,
    AgencyResumed,
    AgencySuspended,
    BatchAnchored,
    KeyAdded,
    Record,
    Track,
    TypeGranted,
    TypeRegistered,
)
from chain.history import Heads, History, Step
from chain.keys import PublicKey
from chain.trust_list import TrustList
from chain.validity import Validity
from tests import sealed
from tests.deployed import Deployed, document_key, make_deployed
from tests.verifier.book import REGISTRY_ID, TYPE, anchored, on
from tests.verifier.offline_desk import Desk, other_of, paper_of, proof_of, said, with_proof
from tests.verifier.offline_evidence import ATTESTER, Chain, path_of
from tests.verifier.papers_on_chain import set_status
from verifier.answer import as_json
from verifier.check import anchoring
from verifier.check.checkpointed import CheckpointSnapshot
from verifier.check.presented import Presented
from verifier.check.report import Outcome, Verdict
from verifier.check.verification import verify
from verifier.wording import Language

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric import ec

    from chain.events import Event
    from tests.verifier.book import Paper

DAYS = 86_400


@pytest.fixture(scope="module")
def deployed() -> Iterator[Deployed]:
    """Return a registry on a chain of these tests, with an agency under another."""
    with Anvil.start() as anvil:
        yield make_deployed(anvil, levels=2)


@pytest.fixture(scope="module")
def chain(deployed: Deployed) -> Chain:
    return Chain(deployed)


@pytest.fixture
def desk(chain: Chain, tmp_path: Path, request: pytest.FixtureRequest) -> Desk:
    return Desk(chain, tmp_path / "state", request.node.name)


def back(records: list[Record]) -> list[Record]:
    """Tell that everything but the newest block was ten days earlier."""
    newest = records[-1].block_number
    return [
        record if record.block_number == newest else replace(record, block_timestamp=record.block_timestamp - 10 * DAYS)
        for record in records
    ]


class TestKeys:
    """A key counts for what was anchored within its dates, and the checkpoint alone does not prove when that was."""

    def key(self, chain: Chain, label: str, *, valid_from: int, valid_until: int) -> ec.EllipticCurvePrivateKey:
        key, office = document_key(label), chain.deployed.offices[1]
        public = PublicKey.of(key)
        chain.deployed.governing().add_key(
            office.agency, x=public.x, y=public.y, valid_from=valid_from, valid_until=valid_until, by=office.managers
        )
        return key

    def paper(self, desk: Desk, *, valid_from: int, valid_until: int) -> tuple[Paper, Presented]:
        """Return what was anchored with such a key, and its code with a path; another batch comes after it."""
        key = self.key(desk.chain, desk.name, valid_from=valid_from, valid_until=valid_until)
        made = paper_of(desk.chain, desk.name, key=key)
        paper_of(desk.chain, desk.name + " afterwards")
        return made, Presented(codes=(made.code(path=path_of(made, other_of(desk.chain, desk.name))),))

    def test_an_expired_keys_batch_is_not_dated_back(self, chain: Chain, desk: Desk) -> None:
        ended = int(chain.now.timestamp()) - 5 * DAYS
        made, presented = self.paper(desk, valid_from=0, valid_until=ended)
        shown = with_proof(made.presented, proof_of(chain, made, desk.name))
        for bend, verdict, attested in (
            (list, Verdict.ISSUER_NOT_AUTHORISED, True),
            (list, Verdict.CANNOT_CHECK, False),
            (back, Verdict.VALID, True),
            (back, Verdict.CANNOT_CHECK, False),
        ):
            cut = chain.checkpoint(bend=bend, attested=attested)
            report = desk.ask(presented, cut)
            assert report.verdict is verdict, (bend, attested, report.checks)
            if not attested:
                assert said(report, "anchoring") == (Outcome.UNKNOWN, "anchoring.times_unvouched")
                assert as_json(report, Language.ENGLISH)["offline"]["times"] == "nobody"  # type: ignore[index,call-overload]
            # A header shows the time, whoever vouches.
            report = desk.ask(shown, cut)
            assert report.verdict is (Verdict.CANNOT_CHECK if bend is back else Verdict.ISSUER_NOT_AUTHORISED)
            wanted = "inclusion.two_histories" if bend is back else "inclusion.found"
            assert said(report, "inclusion")[1] == wanted

    def test_fewer_attesters_than_the_list_demands_are_nobody(self, chain: Chain, desk: Desk) -> None:
        made, presented = self.paper(desk, valid_from=5, valid_until=0)
        attesters = (ATTESTER, sealed.attester("second"))
        cut = chain.checkpoint()
        for version, (threshold, verdict) in enumerate([(1, Verdict.VALID), (2, Verdict.CANNOT_CHECK)], 2):
            trust = chain.trust_file(version=version, attesters=attesters, attester_threshold=threshold)
            assert desk.ask(presented, cut, trust=trust).verdict is verdict
        nobody = chain.trust_file(version=4, attesters=())
        assert desk.ask(presented, cut, trust=nobody).verdict is Verdict.CANNOT_CHECK
        report = desk.ask(with_proof(made.presented, proof_of(chain, made, desk.name)), cut, trust=nobody)
        assert report.verdict is Verdict.VALID
        assert as_json(report, Language.ENGLISH)["offline"]["times"] == "proven"  # type: ignore[index,call-overload]

    def test_a_key_whose_dates_hold_at_any_time_needs_nobodys_word(self, chain: Chain, desk: Desk) -> None:
        until = int(chain.now.timestamp()) + DAYS
        _, presented = self.paper(desk, valid_from=0, valid_until=until)
        report = desk.ask(presented, chain.checkpoint(attested=False))
        assert report.verdict is Verdict.VALID, report.checks
        assert said(report, "anchoring") == (Outcome.PASSED, "anchoring.good")

    def test_a_key_that_is_yet_to_begin_counted_at_no_time(self, chain: Chain, desk: Desk) -> None:
        begins = int(chain.now.timestamp()) + DAYS
        _, presented = self.paper(desk, valid_from=begins, valid_until=0)
        report = desk.ask(presented, chain.checkpoint(attested=False))
        assert report.verdict is Verdict.ISSUER_NOT_AUTHORISED, report.checks
        assert said(report, "anchoring") == (Outcome.FAILED, "anchoring.key_out_of_date")

    def test_the_time_of_the_checkpoints_own_block_is_proven(self, chain: Chain, desk: Desk) -> None:
        made = paper_of(chain, desk.name)
        presented = Presented(codes=(made.code(path=path_of(made, other_of(chain, desk.name))),))
        assert desk.ask(presented, chain.checkpoint(attested=False)).verdict is Verdict.VALID
        paper_of(chain, desk.name + " afterwards")
        assert desk.ask(presented, chain.checkpoint(attested=False)).verdict is Verdict.CANNOT_CHECK


class TestPastDays:
    """An entry ends when the one that took its place was recorded, which the heads do not bind either."""

    def test_a_lifted_suspension_is_not_lifted_earlier(self, chain: Chain, desk: Desk) -> None:
        made, office = paper_of(chain, desk.name), chain.deployed.offices[1]
        presented = with_proof(made.presented, proof_of(chain, made, desk.name))
        begun = hour_of(chain.now - timedelta(days=5))
        set_status(chain.deployed, office, made.leaf, Track.SUSPENSION, chain.now, from_hour=begun)
        set_status(chain.deployed, office, made.leaf, Track.SUSPENSION, chain.now, from_hour=0)
        paper_of(chain, desk.name + " afterwards")
        before, during = (str((chain.now - timedelta(days=days)).date()) for days in (9, 2))

        report = desk.ask(presented, chain.checkpoint(), on=during)
        assert report.verdict is Verdict.SUSPENDED, report.checks
        unvouched = chain.checkpoint(attested=False)
        report = desk.ask(presented, unvouched, on=during)
        assert report.verdict is Verdict.CANNOT_CHECK
        assert said(report, "status") == (Outcome.UNKNOWN, "status.times_unvouched")
        for day in (None, before):
            assert desk.ask(presented, unvouched, on=day).verdict is Verdict.VALID

    def test_a_renewal_that_was_refused_is_not_refused_earlier(self) -> None:
        book, made = anchored(validity=Validity(date(2026, 1, 1), date(2026, 2, 28)))
        made_at = int(datetime(2026, 5, 1, tzinfo=UTC).timestamp())
        hours = {"from_hour": first_hour(date(2026, 2, 1)), "until_hour": first_hour(date(2026, 11, 1))}
        book.record(made.leaf, Track.RENEWAL_PENDING, **hours)
        book.record(made.leaf, Track.RENEWAL_PENDING, from_hour=0, until_hour=0, timestamp=made_at)
        asked = verify(made.presented, book, on("2026-04-01"), name="")
        assert asked.verdict is Verdict.RENEWAL_PENDING, asked.checks
        book.times_vouched = False
        asked = verify(made.presented, book, on("2026-04-01"), name="")
        assert asked.verdict is Verdict.CANNOT_CHECK
        assert said(asked, "validity") == (Outcome.UNKNOWN, "status.times_unvouched")
        for day, verdict in (("2026-02-10", Verdict.VALID), ("2026-11-10", Verdict.EXPIRED)):
            assert verify(made.presented, book, on(day), name="").verdict is verdict


KEY = PublicKey.of(document_key("of a block with two events"))
ROOT = b"r" * 32
OFFICE = AgencyRegistered(1, 0, 0, "11150100X00000027D", "演示市", ())
SUSPENDED, RESUMED = AgencySuspended(1, 1, ()), AgencyResumed(1, ())
ANCHOR = BatchAnchored(1, ROOT, TYPE.number, TYPE.version, 1, 1, b"o" * 20, ())
SETTING: list[Event] = [
    OFFICE,
    TypeRegistered(TYPE.number, TYPE.version, TYPE.digest),
    TypeGranted(1, TYPE.number, ()),
    KeyAdded(1, KEY.kid, 1, KEY.x, KEY.y, 0, 0, ()),
]


def snapshot_of(in_one_block: Sequence[Event], *, attested: bool) -> CheckpointSnapshot:
    """Return what a checkpoint knows in which these events, in this order, share a block."""
    records = [
        *(Record(event, 5, b"", 50, b"", place) for place, event in enumerate(SETTING)),
        *(Record(event, 7, b"", 70, b"", place) for place, event in enumerate(in_one_block)),
    ]
    encoded = history.encode(map(Step.of, records))
    cut = Checkpoint(REGISTRY_ID, 1, b"c" * 20, b"a" * 20, 9, b"h" * 32, 90, Heads(), None, encoded)
    signed = sealed.signed_part(
        registry_id=REGISTRY_ID,
        registry=b"c" * 20,
        agencies=b"a" * 20,
        chain_id=1,
        scheme="qbft",
        sets=[(0, None, [b"v" * 20])],
        attesters=(ATTESTER,),
    )
    trust = TrustList.parse(sealed.trust_list(signed).encode())
    attesters = (PublicKey.of(ATTESTER).kid,) if attested else ()
    return CheckpointSnapshot(Believed(cut, History.parse(encoded), None, attesters), trust)


@pytest.mark.parametrize(
    ("events", "outcome"),
    [
        ([ANCHOR], Outcome.PASSED),
        ([ANCHOR, SUSPENDED], Outcome.PASSED),
        ([SUSPENDED, ANCHOR], Outcome.FAILED),
        ([ANCHOR, SUSPENDED, RESUMED], Outcome.PASSED),
        ([SUSPENDED, ANCHOR, RESUMED], Outcome.FAILED),
        ([SUSPENDED, RESUMED, ANCHOR], Outcome.PASSED),
    ],
)
@pytest.mark.parametrize("attested", [True, False])
@pytest.mark.parametrize("is_time_proven", [True, False])
def test_the_order_of_logs_in_the_anchors_block_is_the_attesters_word(
    events: list[Event], outcome: Outcome, *, attested: bool, is_time_proven: bool
) -> None:
    snapshot = snapshot_of(events, attested=attested)
    batch = snapshot.batch(1, ROOT)
    assert batch is not None
    (key,) = snapshot.keys(1, KEY.kid)
    batch = replace(batch, is_time_proven=is_time_proven)
    assert snapshot.possibly(batch, (0, 0))[0] == batch
    check, found = anchoring.check(TYPE, [batch], key, snapshot)
    if not attested and len(events) > 1:
        assert (check.outcome, check.message.key) == (Outcome.UNKNOWN, "anchoring.times_unvouched")
        assert found is None
    else:
        assert check.outcome is outcome


def test_rights_of_other_blocks_leave_no_doubt() -> None:
    snapshot = snapshot_of([ANCHOR], attested=False)
    batch = snapshot.batch(1, ROOT)
    assert batch is not None
    assert snapshot.possibly(replace(batch, is_time_proven=True), (1, 2)) == [replace(batch, is_time_proven=True)]
    assert [each.timestamp for each in snapshot.possibly(batch, (20, 90, 95))] == [70, 0, 20, 90]
